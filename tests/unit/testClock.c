/* SPDX-License-Identifier: MIT */
/* The real clock's timers. Times are only bounded from the side that a busy machine cannot break.
 */
#include <string.h>

#include "Clock.h"
#include "TestData.h"

enum { MOST_CALLS = 64, TRIES = 50 };

static gint64 wallClockUs = 0;

/* GLib's, in this program: the wall clock, which somebody sets while the app runs. */
gint64 g_get_real_time(void) {
    return wallClockUs;
}

typedef struct {
    guint timer;
    guint calls;
    guint stopAfter;  /* calls; 0: never */
    gint64 spinUntil; /* clockNow() up to which the first call keeps the loop */
    gint64 at[MOST_CALLS];
} Ticker;

static void onTick(gpointer data) {
    Ticker* ticker = data;

    ticker->at[ticker->calls % MOST_CALLS] = clockNow();
    ticker->calls++;
    while (clockNow() < ticker->spinUntil)
        ;
    if (ticker->calls == ticker->stopAfter)
        stopTimer(&ticker->timer);
}

static gboolean isStopped(gconstpointer data) {
    return ((const Ticker*)data)->timer == 0;
}

static void testTimerRepeatsUntilItStopsItself(void) {
    Ticker ticker = {.stopAfter = 3};
    gint64 began = clockNow();

    ticker.timer = startTimer(2, onTick, &ticker);
    waitUntil(isStopped, &ticker, "the third call");
    runMainLoop();

    g_assert_cmpuint(ticker.calls, ==, 3);
    for (guint i = 0; i < 3; i++)
        g_assert_cmpint(ticker.at[i] - began, >=, (i + 1) * 2000);
}

/* Sets the later one first; FALSE when so much time went by in between that it is not the later one
 * any more. */
static gboolean startInReverse(Ticker* late, Ticker* early) {
    gint64 began = clockNow();

    late->timer = startTimer(30, onTick, late);
    early->timer = startTimer(3, onTick, early);
    if (clockNow() - began < 20000)
        return TRUE;
    stopTimer(&late->timer);
    stopTimer(&early->timer);
    return FALSE;
}

static void testTimersComeInTheOrderOfTheirTimes(void) {
    Ticker late = {.stopAfter = 1}, early = {.stopAfter = 1};

    while (!startInReverse(&late, &early))
        ;
    waitUntil(isStopped, &late, "the later timer");

    g_assert_cmpuint(early.calls, ==, 1);
    g_assert_cmpint(early.at[0], <=, late.at[0]);
}

static void stopOther(gpointer data) {
    stopTimer(&((Ticker*)data)->timer);
}

static void testTimerStoppedByAnotherIsNotCalled(void) {
    Ticker victim = {.calls = 0};
    Ticker witness = {.stopAfter = 1};
    guint killer = startTimer(1, stopOther, &victim);

    victim.timer = startTimer(2, onTick, &victim);
    witness.timer = startTimer(4, onTick, &witness);
    /* All three are due at once when the loop turns for the first time. */
    for (gint64 until = clockNow() + 5000; clockNow() < until;)
        ;
    waitUntil(isStopped, &witness, "the last timer");
    stopTimer(&killer);

    g_assert_cmpuint(victim.calls, ==, 0);
    g_assert_cmpuint(killer, ==, 0);
}

static void testStopIgnoresNoTimer(void) {
    guint none = 0;

    stopTimer(&none);

    g_assert_cmpuint(none, ==, 0);
}

static void testLateTimerLeavesOutWhatItMissed(void) {
    Ticker ticker = {.stopAfter = 5};
    gint64 began = clockNow();

    ticker.spinUntil = began + 20000;
    ticker.timer = startTimer(2, onTick, &ticker);
    waitUntil(isStopped, &ticker, "the fifth call");

    /* The first call kept the loop for ten intervals; those after it are on the schedule. */
    g_assert_cmpint(ticker.at[1] - began, >=, 20000);
    g_assert_cmpint(ticker.at[4] - began, >=, 20000 + 2 * 2000);
}

/* Whether ten calls of 5 ms, the first of which comes 4 ms late, keep a schedule of 5 ms. */
static gboolean keepsSchedule(void) {
    Ticker ticker = {.stopAfter = 10};
    Ticker blocker = {.stopAfter = 1};
    gint64 began = clockNow();

    ticker.timer = startTimer(5, onTick, &ticker);
    blocker.spinUntil = began + 9000;
    blocker.timer = startTimer(1, onTick, &blocker);
    waitUntil(isStopped, &ticker, "the tenth call");
    return ticker.at[9] - began < 10 * 5000 + 3000;
}

static void testLateCallDoesNotPushTheNextOnesBack(void) {
    gboolean kept = FALSE;

    for (guint i = 0; i < TRIES && !kept; i++) /* a busy machine may spoil some */
        kept = keepsSchedule();

    g_assert_true(kept);
}

static void setWallClock(gpointer iso) {
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(iso, NULL);

    wallClockUs = g_date_time_to_unix(time) * G_USEC_PER_SEC;
}

/* One day ahead, and back behind where it was, as after a reboot without a battery. */
static void testWallClockJumpsMoveNoTimer(void) {
    static char ahead[] = "2026-03-02T10:00:00Z", behind[] = "1970-01-01T00:00:07Z";
    char* const times[] = {ahead, behind};
    g_autoptr(GCancellable) cancel = g_cancellable_new();

    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        Ticker ticker = {.stopAfter = 3};
        setWallClock("2026-03-01T10:00:00Z");
        gint64 began = clockNow();
        ticker.timer = startTimer(4, onTick, &ticker);
        guint jump = startTimer(6, setWallClock, times[i]);
        waitUntil(isStopped, &ticker, "the third call");

        g_autofree char* text = clockText();
        g_assert_true(strncmp(text, times[i], strlen("2026-03-02T10:00:0")) == 0);
        g_assert_cmpuint(ticker.calls, ==, 3);
        g_assert_cmpint(ticker.at[2] - began, >=, 3 * 4000);
        g_assert_false(waitUnlessCancelled(cancel, 2));
        g_assert_cmpint(clockNow() - ticker.at[2], >=, 2000);
        stopTimer(&jump);
    }
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock/repeats", testTimerRepeatsUntilItStopsItself);
    g_test_add_func("/clock/order", testTimersComeInTheOrderOfTheirTimes);
    g_test_add_func("/clock/stoppedByAnother", testTimerStoppedByAnotherIsNotCalled);
    g_test_add_func("/clock/noTimer", testStopIgnoresNoTimer);
    g_test_add_func("/clock/leavesOut", testLateTimerLeavesOutWhatItMissed);
    g_test_add_func("/clock/schedule", testLateCallDoesNotPushTheNextOnesBack);
    g_test_add_func("/clock/wall-clock-jumps", testWallClockJumpsMoveNoTimer);
    return g_test_run();
}
