/* SPDX-License-Identifier: MIT */
/* describeThroughput - descriptions per second with a picture of 300 KiB against an instant
 * endpoint: monitoring sessions with a shorter interval than the machine keeps up with, so that
 * every worker always has a job. Baseline: as many bare threads that post the same bytes; besides,
 * threads that take and encode a picture for each post, as the app must. The sessions do not
 * declare events, as the baseline does not; what these cost is a figure of its own. */
#include "BareLoop.h"
#include "ChatProtocol.h"
#include "Counters.h"
#include "Engine.h"
#include "EventBus.h"
#include "FrameSource.h"
#include "Harness.h"

enum { FRAME_BYTES = 300 * 1024, WORKERS = 4, INTERVAL_MS = 200, MOST_SESSIONS = 1000 };

/* What a worker does with a picture before it calls the describer; data is the profile. */
static GString* prepareBody(gpointer data) {
    const Profile* profile = data;
    g_autoptr(GPtrArray) frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    gint64 timestampUs;

    g_ptr_array_add(frames, takeFrame(&profile->frame, &timestampUs, NULL));
    g_autoptr(RequestBody) request = formatChatRequest(profile, "", frames);
    gsize size = requestBodySize(request);
    GString* body = g_string_sized_new(size);
    g_string_set_size(body, size);
    readRequestBody(request, 0, body->str, size);
    return body;
}

/* Microseconds of one thread for a picture. */
static double measurePreparing(Profile* profile) {
    g_autoptr(GArray) samples = newSamples();

    for (guint i = 0; i < rounds(100, 3); i++) {
        gint64 began = g_get_monotonic_time();
        g_string_free(prepareBody(profile), TRUE);
        addSample(samples, (double)(g_get_monotonic_time() - began));
    }
    return percentile(samples, 0.5);
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
static guint countSessions(double mostRate) {
    return (guint)CLAMP(2 * mostRate * INTERVAL_MS / 1000, 2 * WORKERS, MOST_SESSIONS);
}

typedef struct {
    Engine* engine;
    EventBus* bus;
    char* url;
    Profile* profile;
    GArray *app, *bare, *preparing, *withEvents; /* per second */
} Run;

static double runBare(const Run* run, double seconds, gboolean isMadeAnew) {
    return runBareLoop(run->url, WORKERS, seconds, prepareBody, run->profile, isMadeAnew);
}

static void setProfiles(const Run* run, guint sessions, gboolean declareEvents) {
    json_t* profiles = benchProfiles(sessions, 0, TRUE, INTERVAL_MS);
    json_t* profile;
    gsize index;

    json_array_foreach(profiles, index, profile)
        json_object_set_new(profile, "publish", json_pack("{sb}", "event", declareEvents));
    setEngineProfiles(run->engine, profiles);
}

static void measure(Run* run) {
    double seconds = rounds(20, 2) / 10.0;

    guint sessions = countSessions(runBare(run, seconds / 2, TRUE));
    for (guint i = 0; i < rounds(5, 1); i++) {
        addSample(run->bare, runBare(run, seconds, FALSE));
        setProfiles(run, sessions, FALSE);
        addSample(run->app, runEngine(run->engine, run->bus, seconds));
        addSample(run->preparing, runBare(run, seconds, TRUE));
        setProfiles(run, sessions, TRUE);
        addSample(run->withEvents, runEngine(run->engine, run->bus, seconds));
        progress("describeThroughput: round %u: %.0f/s, bare %.0f/s, bare with preparing %.0f/s",
                 i + 1, g_array_index(run->app, double, i), g_array_index(run->bare, double, i),
                 g_array_index(run->preparing, double, i));
    }
}

static void printFigures(Run* run) {
    printFigure("describeThroughput", percentile(run->app, 0.5), "1/s",
                "bare libcurl threads posting the same bytes", percentile(run->bare, 0.5));
    printFigure("describeThroughput.engine", percentile(run->app, 0.5), "1/s",
                "the same threads, which also take and encode each picture",
                percentile(run->preparing, 0.5));
    printFigure("describeThroughput.events", percentile(run->withEvents, 0.5), "1/s",
                "the same sessions without events", percentile(run->app, 0.5));
    printFigure("describeThroughput.preparing", measurePreparing(run->profile),
                "us for base64 of a picture", NULL, 0);
}

int main(int argc, char** argv) {
    readOptions(argc, argv);
    g_setenv("BENCH_FRAME_BYTES", G_STRINGIFY(307200), TRUE);
    G_STATIC_ASSERT(FRAME_BYTES == 307200);
    char* folder = newWorkFolder();
    Describer* describer = startDescriber(folder);
    Run run = {.bus = startEventBus(1),
               .url = describerUrl(describer),
               .app = newSamples(),
               .bare = newSamples(),
               .preparing = newSamples(),
               .withEvents = newSamples()};

    run.engine =
        startEngine(benchConfig(describer, WORKERS, benchProfiles(1, 0, TRUE, INTERVAL_MS)));
    run.profile = refProfile(g_ptr_array_index(run.engine->app->config->profiles, 0));
    measure(&run);
    printFigures(&run);
    unrefProfile(run.profile);
    stopEngine(run.engine);
    stopEventBus(run.bus);
    stopDescriber(describer);
    g_array_unref(run.app);
    g_array_unref(run.bare);
    g_array_unref(run.preparing);
    g_array_unref(run.withEvents);
    g_free(run.url);
    removeWorkFolder(folder);
    return 0;
}
