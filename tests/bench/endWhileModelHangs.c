/* SPDX-License-Identifier: MIT */
/* endWhileModelHangs - 100 monitoring sessions whose calls all hang, and one inactive edge: until
 * every session has ended and the describer's process has seen every connection closed. The pool is
 * made large enough for all calls to be under way at once. */
#include "Engine.h"
#include "EventBus.h"
#include "Harness.h"

enum { SESSIONS = 100, HOUR_MS = 60 * 60 * 1000 };

typedef struct {
    EventBus* bus;
    Engine* engine;
    Describer* describer;
    guint sessions;
    gint hangingFrom;             /* requests before this round */
    GArray *all, *ended, *closed; /* milliseconds from the edge's sending, one each round */
} Run;

static gboolean doAllHang(gconstpointer data) {
    const Run* run = data;

    return g_atomic_int_get(&run->describer->requests) - run->hangingFrom == (gint)run->sessions;
}

static gboolean haveAllEnded(gconstpointer data) {
    SessionRegistry* registry = ((Run*)data)->engine->app->registry;

    return countOpenSessions(registry) == 0 && countClosingSessions(registry) == 0;
}

static gboolean areAllClosed(gconstpointer data) {
    return g_atomic_int_get(&((Run*)data)->describer->connections) == 0;
}

static void measure(Run* run) {
    run->hangingFrom = g_atomic_int_get(&run->describer->requests);
    sendEdge(run->bus, 0, TRUE);
    pollFor(doAllHang, run, "all calls to hang");

    sendEdge(run->bus, 0, FALSE);
    waitFor(haveAllEnded, run, "all sessions to end");
    gint64 ended = g_get_monotonic_time();
    pollFor(areAllClosed, run, "all connections to close");
    gint64 sent = edgeSentAt(run->bus);
    gint64 closed = __atomic_load_n(&run->describer->lastClosedAt, __ATOMIC_SEQ_CST);
    addSample(run->ended, (double)(ended - sent) / 1000);
    addSample(run->closed, (double)(closed - sent) / 1000);
    addSample(run->all, (double)(MAX(ended, closed) - sent) / 1000);
    waitForQuiet(run->engine);
}

static void printFigures(Run* run) {
    printFigure("endWhileModelHangs", percentile(run->all, 0.99), "ms", NULL, 0);
    printFigure("endWhileModelHangs.p50", percentile(run->all, 0.5), "ms", NULL, 0);
    printFigure("endWhileModelHangs.sessionsEnded.p99", percentile(run->ended, 0.99), "ms", NULL,
                0);
    printFigure("endWhileModelHangs.socketsClosed.p99", percentile(run->closed, 0.99), "ms", NULL,
                0);
}

int main(int argc, char** argv) {
    readOptions(argc, argv);
    char* folder = newWorkFolder();
    Run run = {.describer = startDescriber(folder),
               .bus = startEventBus(1),
               .sessions = rounds(SESSIONS, 10),
               .all = newSamples(),
               .ended = newSamples(),
               .closed = newSamples()};

    g_atomic_int_set(&run.describer->isHanging, TRUE);
    run.engine =
        startEngine(benchConfig(run.describer, 4, benchProfiles(run.sessions, 0, TRUE, HOUR_MS)));
    setThreadPoolSize(run.engine->app->pool, run.sessions);
    for (guint i = 0; i < rounds(100, 2); i++)
        measure(&run);
    printFigures(&run);
    stopEngine(run.engine);
    stopEventBus(run.bus);
    stopDescriber(run.describer);
    g_array_unref(run.all);
    g_array_unref(run.ended);
    g_array_unref(run.closed);
    removeWorkFolder(folder);
    return 0;
}
