/* SPDX-License-Identifier: MIT */
#include "Rig.h"

#include "Clock.h"
#include "FakeCamera.h"
#include "FakeClock.h"
#include "FakeDescriber.h"
#include "FakeDisk.h"
#include "FakeThreadPool.h"
#include "Ledger.h"
#include "ModelBudget.h"
#include "ProfileJson.h"
#include "Verdict.h"

enum { STOP_MS = 2000, LEVEL_SLACK_MS = 1500, AFTER_REBOOT_MS = 20000 };

Application* app = NULL;
static gboolean isPrompt = TRUE;
static gint64 levelsSince = 0; /* from when the level check's period counts */

void setPromptWorkers(gboolean prompt) {
    isPrompt = prompt;
}

void runAll(void) {
    for (;;) {
        const GPtrArray* movable = findMovableJobs();
        if (movable->len)
            moveJob(g_ptr_array_index(movable, 0));
        else if (!takeOneResult())
            return;
    }
}

void turnMainLoop(void) {
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

/* The next thing that happens by itself. */
static gint64 nextInTime(gboolean withWorkers) {
    gint64 next = MIN(nextTimerDue(), nextDelivery());

    return withWorkers ? MIN(next, nextWakeUp()) : next;
}

static void happen(gint64 moment) {
    moveClock(MAX(moment, clockNow()));
    modelTime(clockNow());
    fireDueTimers();
    deliverDue();
    turnMainLoop();
}

void passTime(gint64 until) {
    while (takeOneResult())
        ;
    if (isPrompt)
        runAll();
    for (gint64 next; (next = nextInTime(isPrompt)) <= until;) {
        happen(next);
        if (isPrompt)
            runAll();
        while (takeOneResult())
            ;
    }
    happen(until);
}

void passMoment(void) {
    gint64 until = uniqueMoment(0);

    for (gint64 next; (next = nextInTime(FALSE)) <= until;)
        happen(next);
    happen(until);
}

static guint countInForce(void) {
    guint count = 0;

    for (int i = 0; i < SLOTS; i++)
        count += model.slots[i].isInForce;
    return count;
}

gint64 levelCheckDeadline(void) {
    if (!countInForce())
        return G_MAXINT64;
    return MAX(levelsSince, lastAsked()) + model.settings.levelCheckSec * G_TIME_SPAN_SECOND +
           LEVEL_SLACK_MS * 1000;
}

/* Tells the model, and the camera which subscriptions it will see. */
static void tellModel(const Spec* specs, const Settings* settings) {
    g_autoptr(GArray) subscribed = g_array_new(FALSE, FALSE, sizeof(int));

    if (!countInForce() || settings->levelCheckSec != model.settings.levelCheckSec)
        levelsSince = clockNow();
    modelConfig(specs, settings, subscribed);
    expectSubscriptions(subscribed);
}

static void checkSubscribed(void) {
    if (countExpected())
        fail(FAULT_MISSED_START, "%u profile(s) were not subscribed", countExpected());
}

void startApp(const Spec* specs, const Settings* settings) {
    tellModel(specs, settings);
    restartLedger(FALSE);
    modelBudgetStarts();
    app = newApplication("batondescribe", "1.0.0", "data");
    setPublisherListener(app->publisher, readRecords, app->publisher);
    readRecords(app->publisher);
    checkSubscribed();
    checkLeftovers();
    if (app->configProblem)
        fail(FAULT_MISMATCH, "after a restart %s", app->configProblem);
}

gboolean configureApp(const Spec* specs, const Settings* settings) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = makeConfigOf(app->config, specs, settings);

    if (isDiskFull()) {
        if (applyConfig(app, config, &error))
            fail(FAULT_MISMATCH, "a configuration is in force that was not saved");
        return FALSE;
    }
    tellModel(specs, settings);
    if (!applyConfig(app, config, &error))
        fail(FAULT_MISMATCH, "a good configuration is refused: %s", error->message);
    checkSubscribed();
    return TRUE;
}

/* While the app runs the main loop by itself: one thing happens. */
static gboolean turnWhileStopping(gpointer mayWait) {
    const GPtrArray* movable = findMovableJobs();

    if (takeOneResult())
        return G_SOURCE_CONTINUE;
    if (movable->len)
        moveJob(g_ptr_array_index(movable, 0));
    else if (!GPOINTER_TO_INT(mayWait))
        return G_SOURCE_REMOVE;
    else if (nextInTime(TRUE) == G_MAXINT64)
        fail(FAULT_HANG, "the app waits while it stops, and nothing will come");
    else
        happen(nextInTime(TRUE));
    return G_SOURCE_CONTINUE;
}

static void letHangingJobsGo(void) {
    for (const GPtrArray* hanging; (hanging = findHangingJobs())->len;)
        ((PoolJob*)g_ptr_array_index(hanging, 0))->outcome = OUTCOME_GOOD;
}

static void checkNothingIsLeft(void) {
    if (allJobs()->len)
        fail(FAULT_LEAK, "%u job(s) left after the stop", allJobs()->len);
    if (countTimers())
        fail(FAULT_LEAK, "%u timer(s) left after the stop", countTimers());
    if (countDeclarations())
        fail(FAULT_LEAK, "%u declared event(s) left after the stop", countDeclarations());
}

static void endApp(void) {
    gint64 began = clockNow();

    modelStops();
    guint source = g_idle_add(turnWhileStopping, GINT_TO_POINTER(TRUE));
    stopApplication(app);
    g_source_remove(source);
    if (clockNow() - began > STOP_MS * 1000)
        fail(FAULT_HANG, "stopping took %d ms", (int)((clockNow() - began) / 1000));
    if (countOpenSessions(app->registry) + countClosingSessions(app->registry))
        fail(FAULT_ORPHAN, "sessions are open after the stop");
    g_idle_add(turnWhileStopping, GINT_TO_POINTER(FALSE));
    if (!freeApplication(app)) {
        /* main() exits here; to see that nothing else is left, what hangs comes back first. */
        letHangingJobsGo();
        if (!freeApplication(app))
            fail(FAULT_HANG, "the app cannot be freed");
    }
    app = NULL;
    checkNothingIsLeft();
}

static void restartAll(void) {
    g_ptr_array_set_size(model.live, 0);
    restartModel();
    levelsSince = clockNow();
}

static void checkAllEnded(void) {
    for (guint i = 0; i < model.live->len; i++) {
        const ModelSession* session = g_ptr_array_index(model.live, i);
        if (!session->entry || session->entry->ends != 1)
            fail(FAULT_ORPHAN, "p%d: a session has no end after the stop", session->slot);
    }
    if (g_hash_table_size(readJournal()) && isJournalWhole())
        fail(FAULT_MISMATCH, "the journal has open sessions after the stop");
}

void stopApp(void) {
    endApp();
    modelBudgetStops();
    checkAllEnded();
    noteCrash(readJournal()); /* a full disk may have left some */
    restartAll();
}

void crashApp(gboolean cut, gboolean reboots) {
    g_autoptr(GHashTable) disk = NULL;

    if (cut)
        cutJournal();
    disk = copyDisk();
    noteCrash(readJournal());
    restartLedger(TRUE);
    endApp();
    restoreDisk(disk);
    if (reboots) {
        modelReboots();
        bootClock(AFTER_REBOOT_MS * 1000);
    }
    restartAll();
}
