/* SPDX-License-Identifier: MIT */
/* The budget: its two windows, and that no crash, reboot or clock gives it back. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "Budget.h"
#include "Clock.h"
#include "Disk.h"
#include "FakeClock.h"
#include "TestData.h"

enum { MINUTE_MS = 60 * 1000 };

#define YEAR_US (365 * G_TIME_SPAN_DAY)

typedef struct {
    char* folder;
    char* path;
    Budget* budget;
} Fixture;

/* The disk: counts what is written, refuses, or hangs. */
static GMutex lock; /* guards all below */
static GCond changed;
static guint writes = 0;
static gboolean refuses = FALSE, hangs = FALSE, isHanging = FALSE;

gboolean __real_writeFileWhole(const char* path, const char* text, int mode, GError** error);
gboolean __wrap_writeFileWhole(const char* path, const char* text, int mode, GError** error);

gboolean __wrap_writeFileWhole(const char* path, const char* text, int mode, GError** error) {
    g_mutex_lock(&lock);
    writes++;
    isHanging = hangs;
    while (hangs)
        g_cond_wait(&changed, &lock);
    isHanging = FALSE;
    gboolean isRefused = refuses;
    g_mutex_unlock(&lock);
    if (!isRefused)
        return __real_writeFileWhole(path, text, mode, error);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "the test's disk is full");
    return FALSE;
}

static void hangDisk(gboolean hang) {
    g_mutex_lock(&lock);
    hangs = hang;
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
}

static gboolean isDiskHanging(gconstpointer unused) {
    (void)unused;
    g_mutex_lock(&lock);
    gboolean isSo = isHanging;
    g_mutex_unlock(&lock);
    return isSo;
}

static void setUp(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    fixture->folder = g_dir_make_tmp("budget-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->folder, "budget.json", NULL);
    fixture->budget = newBudget(fixture->folder);
    writes = 0;
    refuses = FALSE;
}

static void tearDown(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    freeBudget(fixture->budget);
    g_unlink(fixture->path);
    g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
    g_free(fixture->path);
    g_free(fixture->folder);
}

static void limit(Fixture* fixture, guint hour, guint day) {
    setBudgetLimits(fixture->budget, (BudgetConfig){hour, day});
}

static guint spendAll(Fixture* fixture, guint most) {
    guint spent = 0;

    while (spent < most && takeCall(fixture->budget))
        spent++;
    return spent;
}

static void stop(Fixture* fixture) {
    g_clear_pointer(&fixture->budget, freeBudget);
}

/* Nothing is saved on the way down. */
static void crash(Fixture* fixture) {
    g_autofree char* text = NULL;
    gboolean exists = g_file_get_contents(fixture->path, &text, NULL, NULL);

    stop(fixture);
    g_unlink(fixture->path);
    g_assert_true(!exists || g_file_set_contents(fixture->path, text, -1, NULL));
}

static void startAgain(Fixture* fixture, guint hour, guint day) {
    fixture->budget = newBudget(fixture->folder);
    limit(fixture, hour, day);
}

static void testHourSlides(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 10, 0);
    g_assert_cmpuint(spendAll(fixture, 6), ==, 6);
    advanceClock(30 * MINUTE_MS);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 4);
    advanceClock(31 * MINUTE_MS);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 6);
    advanceClock(500 * MINUTE_MS);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 10);
}

static void testDayBoundsManyHours(Fixture* fixture, gconstpointer unused) {
    guint spent = 0;

    (void)unused;
    limit(fixture, 10, 25);
    for (int hour = 0; hour < 12; hour++) {
        spent += spendAll(fixture, 100);
        advanceClock(61 * MINUTE_MS);
    }

    g_assert_cmpuint(spent, ==, 25);
}

static void testZeroIsNoLimitAndNeedsNoDisk(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 0, 0);

    g_assert_cmpuint(spendAll(fixture, 10000), ==, 10000);
    g_assert_cmpuint(writes, ==, 0);
}

static void testNewLimitsKeepWhatWasSpent(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 10, 0);
    g_assert_cmpuint(spendAll(fixture, 10), ==, 10);
    limit(fixture, 12, 0);

    g_assert_cmpuint(spendAll(fixture, 10), ==, 2);
}

static void testARestartGivesNothingBack(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 100, 0);
    g_assert_cmpuint(spendAll(fixture, 60), ==, 60);

    stop(fixture);
    advanceClock(30 * MINUTE_MS);
    startAgain(fixture, 100, 0);

    g_assert_cmpuint(spendAll(fixture, 1000), ==, 40);
    advanceClock(31 * MINUTE_MS);
    g_assert_cmpuint(spendAll(fixture, 1000), ==, 60);
}

/* A block of a limit of 100 is 6 calls. */
static void testACrashLosesTheRestOfABlock(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 100, 0);
    g_assert_cmpuint(spendAll(fixture, 8), ==, 8);

    crash(fixture);
    startAgain(fixture, 100, 0);

    g_assert_cmpuint(spendAll(fixture, 1000), ==, 88);
}

/* Those that were reserved may have been made at the last moment. */
static void testWhatACrashLeavesCountsFromTheStart(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 100, 0);
    g_assert_cmpuint(spendAll(fixture, 1), ==, 1);
    crash(fixture);
    advanceClock(50 * MINUTE_MS);
    startAgain(fixture, 100, 0);
    crash(fixture);
    advanceClock(50 * MINUTE_MS);
    startAgain(fixture, 100, 0);
    g_assert_cmpuint(spendAll(fixture, 1000), ==, 94);

    crash(fixture);
    advanceClock(61 * MINUTE_MS);
    startAgain(fixture, 100, 0);
    g_assert_cmpuint(spendAll(fixture, 1000), >=, 94);
}

static void testALoopOfCrashesCostsNoMoreThanTheBudget(Fixture* fixture, gconstpointer unused) {
    guint spent = 0;

    (void)unused;
    limit(fixture, 100, 0);
    for (int i = 0; i < 300; i++) {
        spent += spendAll(fixture, 1);
        crash(fixture);
        advanceClock(5000);
        startAgain(fixture, 100, 0);
    }

    g_assert_cmpuint(spent, >, 0);
    g_assert_cmpuint(spent, <=, 100);
}

static void testTheDiskIsSpared(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 600, 5000);

    g_assert_cmpuint(spendAll(fixture, 10000), ==, 600);
    g_assert_cmpuint(writes, <=, 21);
    for (int i = 0; i < 60; i++) {
        g_assert_false(takeCall(fixture->budget));
        advanceClock(MINUTE_MS / 2);
    }
    g_assert_cmpuint(writes, <=, 24);
}

static void testAfterAnHourWithoutPowerAllIsBack(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 10, 0);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 10);
    crash(fixture);

    setWallClock(clockWall() + 2 * G_TIME_SPAN_HOUR);
    rebootClock(20 * G_TIME_SPAN_SECOND);
    startAgain(fixture, 10, 0);

    g_assert_cmpuint(spendAll(fixture, 100), ==, 9); /* the last block of one counts from now on */
}

static void testAClockThatIsNotSetNeitherGivesNorBlocks(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 10, 20);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 10);
    crash(fixture);

    rebootClock(20 * G_TIME_SPAN_SECOND);
    setWallClock(0);
    startAgain(fixture, 10, 20);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 0);
    advanceClock(61 * MINUTE_MS);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 10);
    advanceClock(23 * 60 * MINUTE_MS);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 10);
}

/* Without a clock, and never up for as long as an hour. */
static void testRebootsWithoutAClockDoNotBlockForEver(Fixture* fixture, gconstpointer unused) {
    guint spent = 0, reboots = 0;

    (void)unused;
    limit(fixture, 10, 0);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 10);
    for (; reboots < 20 && !spent; reboots++) {
        crash(fixture);
        rebootClock(20 * G_TIME_SPAN_SECOND);
        setWallClock(0);
        startAgain(fixture, 10, 0);
        for (int minute = 0; minute < 15 && !spent; minute++) {
            spent += spendAll(fixture, 100);
            advanceClock(MINUTE_MS);
        }
    }

    g_assert_cmpuint(spent, >, 0);
    g_assert_cmpuint(reboots, >, 3);
}

static void testAClockThatIsSetToAndFroGivesNothing(Fixture* fixture, gconstpointer unused) {
    gint64 today = clockWall();
    guint spent = 0;

    (void)unused;
    limit(fixture, 10, 0);
    for (int i = 0; i < 20; i++) {
        spent += spendAll(fixture, 100);
        crash(fixture);
        rebootClock(20 * G_TIME_SPAN_SECOND);
        setWallClock(i % 2 ? today : today + YEAR_US);
        startAgain(fixture, 10, 0);
    }

    g_assert_cmpuint(spent, <=, 20); /* the year has passed once */
}

static void testTheClockOfARunningCameraDoesNotMatter(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 10, 0);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 10);

    setWallClock(clockWall() + YEAR_US);
    crash(fixture);
    startAgain(fixture, 10, 0);

    g_assert_cmpuint(spendAll(fixture, 100), ==, 0);
}

static void testABrokenFileIsKeptAside(Fixture* fixture, gconstpointer unused) {
    static const char* const texts[] = {
        "{",
        "[]",
        "",
        "{\"version\":2}",
        "{\"version\":1,\"minutes\":[-1],\"hours\":[],\"reserved\":0,\"at\":0,\"latestWall\":0}",
        "{\"version\":1,\"minutes\":[1e9],\"hours\":[],\"reserved\":0,\"at\":0,\"latestWall\":0}"};

    (void)unused;
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        crash(fixture);
        g_assert_true(g_file_set_contents(fixture->path, texts[i], -1, NULL));
        startAgain(fixture, 10, 0);

        g_autoptr(GDir) folder = g_dir_open(fixture->folder, 0, NULL);
        const char* name = g_dir_read_name(folder);
        g_assert_true(g_str_has_prefix(name, "budget.json.broken-"));
        g_autofree char* kept = g_build_filename(fixture->folder, name, NULL);
        g_autofree char* text = NULL;
        g_assert_true(g_file_get_contents(kept, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, texts[i]);
        g_unlink(kept);
        g_assert_cmpuint(spendAll(fixture, 100), ==, 10);
    }
}

static void testAFullDiskIsAProblemAndNoEnd(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 10, 0);
    refuses = TRUE;
    g_assert_cmpuint(spendAll(fixture, 9), ==, 9);
    g_autofree char* problem = budgetProblem(fixture->budget);
    g_assert_nonnull(strstr(problem, "the test's disk is full"));

    refuses = FALSE;
    g_assert_cmpuint(spendAll(fixture, 100), ==, 1);
    g_assert_null(budgetProblem(fixture->budget));
    crash(fixture);
    startAgain(fixture, 10, 0);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 0);
}

static gpointer takeOne(gpointer budget) {
    return GINT_TO_POINTER(takeCall(budget));
}

/* The main loop sets limits and tells problems; it must not wait for the flash. */
static void testASlowDiskHoldsOnlyTheWorker(Fixture* fixture, gconstpointer unused) {
    (void)unused;
    limit(fixture, 10, 0);
    hangDisk(TRUE);
    GThread* worker = g_thread_new("worker", takeOne, fixture->budget);
    waitUntil(isDiskHanging, NULL, "the worker to write");

    limit(fixture, 20, 0);
    g_assert_null(budgetProblem(fixture->budget));

    hangDisk(FALSE);
    g_assert_true(GPOINTER_TO_INT(g_thread_join(worker)));
}

static gpointer takeMany(gpointer budget) {
    guint taken = 0;

    for (int i = 0; i < 1000; i++)
        taken += (guint)takeCall(budget);
    return GUINT_TO_POINTER(taken);
}

static void testManyWorkersTakeNoMoreThanThereIs(Fixture* fixture, gconstpointer unused) {
    GThread* workers[4];
    guint taken = 0;

    (void)unused;
    limit(fixture, 500, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(workers); i++)
        workers[i] = g_thread_new("worker", takeMany, fixture->budget);
    for (gsize i = 0; i < G_N_ELEMENTS(workers); i++)
        taken += GPOINTER_TO_UINT(g_thread_join(workers[i]));
    g_assert_cmpuint(taken, ==, 500);

    crash(fixture);
    startAgain(fixture, 500, 0);
    g_assert_cmpuint(spendAll(fixture, 100), ==, 0);
}

static void add(const char* name, void (*test)(Fixture*, gconstpointer)) {
    g_test_add(name, Fixture, NULL, setUp, test, tearDown);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* warnings are wanted here */
    add("/budget/hour-slides", testHourSlides);
    add("/budget/day", testDayBoundsManyHours);
    add("/budget/no-limit", testZeroIsNoLimitAndNeedsNoDisk);
    add("/budget/new-limits", testNewLimitsKeepWhatWasSpent);
    add("/budget/restart", testARestartGivesNothingBack);
    add("/budget/crash", testACrashLosesTheRestOfABlock);
    add("/budget/crash-counts-from-start", testWhatACrashLeavesCountsFromTheStart);
    add("/budget/crash-loop", testALoopOfCrashesCostsNoMoreThanTheBudget);
    add("/budget/few-writes", testTheDiskIsSpared);
    add("/budget/hour-without-power", testAfterAnHourWithoutPowerAllIsBack);
    add("/budget/clock-not-set", testAClockThatIsNotSetNeitherGivesNorBlocks);
    add("/budget/reboots-without-clock", testRebootsWithoutAClockDoNotBlockForEver);
    add("/budget/clock-to-and-fro", testAClockThatIsSetToAndFroGivesNothing);
    add("/budget/clock-jumps", testTheClockOfARunningCameraDoesNotMatter);
    add("/budget/broken-file", testABrokenFileIsKeptAside);
    add("/budget/full-disk", testAFullDiskIsAProblemAndNoEnd);
    add("/budget/slow-disk", testASlowDiskHoldsOnlyTheWorker);
    add("/budget/many-workers", testManyWorkersTakeNoMoreThanThereIs);
    return g_test_run();
}
