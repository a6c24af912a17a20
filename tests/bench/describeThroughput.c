/* SPDX-License-Identifier: MIT */
/* describeThroughput - descriptions per second with a picture of 300 KiB against an instant
 * endpoint: monitoring sessions with a shorter interval than the machine keeps up with, so that
 * every worker always has a job. Baseline: as many bare threads that post the same bytes. */
#include "BareLoop.h"
#include "ChatProtocol.h"
#include "Counters.h"
#include "Engine.h"
#include "EventBus.h"
#include "FrameSource.h"
#include "Harness.h"

enum { FRAME_BYTES = 300 * 1024, WORKERS = 4, INTERVAL_MS = 200, MOST_SESSIONS = 1000 };

static GString* formatBody(const Profile* profile) {
    g_autoptr(GPtrArray) frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);

    g_ptr_array_add(frames, takeFrame(&profile->frame, NULL));
    return formatChatRequest(profile, "", frames);
}

static gboolean haveTicks(gconstpointer data) {
    return countOf(COUNT_TICKS) >= GPOINTER_TO_UINT(data);
}

/* One edge starts the sessions, one ends them; the middle counts. */
static double runEngine(Engine* engine, EventBus* bus, double seconds) {
    guint sessions = engine->app->config->profiles->len;

    sendEdge(bus, 0, TRUE);
    waitFor(haveTicks, GUINT_TO_POINTER(countOf(COUNT_TICKS) + sessions), "the first ticks");
    gint64 began = g_get_monotonic_time();
    guint before = countOf(COUNT_CALLS), failedBefore = countOf(COUNT_FAILED_CALLS);
    runUntil(began + (gint64)(seconds * 1e6));
    guint calls = countOf(COUNT_CALLS) - before;
    double took = (double)(g_get_monotonic_time() - began) / 1e6;
    if (countOf(COUNT_FAILED_CALLS) != failedBefore)
        fail("a call failed: %s", lastRunnerError(engine->app->runner));
    sendEdge(bus, 0, FALSE);
    waitForQuiet(engine);
    return calls / took;
}

/* More than the machine can do, so that no worker ever waits for a tick. */
static guint countSessions(double bareRate) {
    return (guint)CLAMP(1.3 * bareRate * INTERVAL_MS / 1000, 2 * WORKERS, MOST_SESSIONS);
}

int main(int argc, char** argv) {
    readOptions(argc, argv);
    g_setenv("BENCH_FRAME_BYTES", G_STRINGIFY(307200), TRUE);
    G_STATIC_ASSERT(FRAME_BYTES == 307200);
    char* folder = newWorkFolder();
    Describer* describer = startDescriber(folder);
    EventBus* bus = startEventBus(1);
    g_autofree char* url = describerUrl(describer);
    Engine* engine =
        startEngine(benchConfig(describer, WORKERS, benchProfiles(1, 0, TRUE, INTERVAL_MS)));
    g_autoptr(GArray) app = newSamples();
    g_autoptr(GArray) bare = newSamples();
    double seconds = rounds(30, 2) / 10.0;

    GString* body = formatBody(g_ptr_array_index(engine->app->config->profiles, 0));
    double first = runBareLoop(url, body, WORKERS, seconds / 2);
    setEngineProfiles(engine, benchProfiles(countSessions(first), 0, TRUE, INTERVAL_MS));
    for (guint i = 0; i < rounds(4, 1); i++) {
        addSample(bare, runBareLoop(url, body, WORKERS, seconds));
        addSample(app, runEngine(engine, bus, seconds));
        progress("describeThroughput: round %u: %.0f/s, bare %.0f/s", i + 1,
                 g_array_index(app, double, app->len - 1),
                 g_array_index(bare, double, bare->len - 1));
    }
    printFigure("describeThroughput", percentile(app, 0.5), "1/s",
                "bare libcurl threads posting the same bytes", percentile(bare, 0.5));
    g_string_free(body, TRUE);
    stopEngine(engine);
    stopEventBus(bus);
    stopDescriber(describer);
    removeWorkFolder(folder);
    return 0;
}
