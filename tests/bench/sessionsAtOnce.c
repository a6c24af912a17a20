/* SPDX-License-Identifier: MIT */
/* sessionsAtOnce - the app as a process, with 1,000 monitoring sessions at intervals of 1 s, each
 * with a picture of 10 KiB for the instant describer. A tick is due a whole number of intervals
 * after its session's edge was sent, and late when its picture is taken more than 100 ms after that
 * or never. Once with starts spread over one interval, once with one edge that starts them all. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "AppProcess.h"
#include "BenchFrames.h"
#include "Engine.h"
#include "EventBus.h"
#include "Harness.h"

enum { SESSIONS = 1000, WORKERS = 4, INTERVAL_MS = 1000, LATE_US = 100 * 1000, FIRST_WIDTH = 16 };

typedef struct {
    const char* program;
    EventBus* bus;
    Describer* describer;
    FrameLog* frames;
    guint sessions, ticks;
    gint64* startedAt; /* of each session: when its edge was sent */
    AppProcess* app;
    guint residentBefore, resident, threads; /* KiB, at most */
} Run;

static FrameLog* openFrameLog(const char* folder) {
    g_autofree char* path = g_build_filename(folder, "frames", NULL);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (file < 0 || ftruncate(file, sizeof(FrameLog)) < 0)
        fail("cannot make %s", path);
    FrameLog* log = mmap(NULL, sizeof(FrameLog), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    g_setenv("BENCH_FRAME_LOG", path, TRUE);
    return log;
}

static gboolean areAllSubscribed(gconstpointer data) {
    const Run* run = data;

    return countStateCalls(run->bus) >= run->sessions;
}

static void startApp(Run* run, gboolean sameScenario) {
    json_auto_t* config = benchConfig(run->describer, WORKERS,
                                      benchProfiles(run->sessions, 0, sameScenario, INTERVAL_MS));
    char* text = json_dumps(config, JSON_COMPACT);

    resetStateCalls(run->bus);
    g_atomic_int_set(&run->frames->frames, 0);
    run->app = startAppProcess(run->program, text);
    free(text);
    pollFor(areAllSubscribed, run, "all profiles to subscribe");
    waitUntilIdle(run->app);
    run->residentBefore = run->resident = residentKib(run->app);
    run->threads = countThreads(run->app);
}

static void observe(Run* run) {
    run->resident = MAX(run->resident, residentKib(run->app));
    run->threads = MAX(run->threads, countThreads(run->app));
}

/* Starts the sessions, each with an edge of its own within one interval, or all with one. */
static void sendStarts(Run* run, gboolean sameScenario) {
    gint64 began = g_get_monotonic_time();
    guint edges = sameScenario ? 1 : run->sessions;

    for (guint i = 0; i < edges; i++) {
        runUntil(began + (gint64)i * INTERVAL_MS * 1000 / edges);
        run->startedAt[i] = g_get_monotonic_time();
        sendEdge(run->bus, i, TRUE);
    }
    for (guint i = edges; i < run->sessions; i++)
        run->startedAt[i] = run->startedAt[0];
}

static void waitForTicks(Run* run) {
    gint64 end = run->startedAt[run->sessions - 1] + (gint64)(run->ticks + 1) * INTERVAL_MS * 1000;

    while (g_get_monotonic_time() < end) {
        runUntil(MIN(end, g_get_monotonic_time() + G_USEC_PER_SEC / 4));
        observe(run);
    }
}

static guint countFrames(const Run* run) {
    return MIN((guint)g_atomic_int_get(&run->frames->frames),
               (guint)G_N_ELEMENTS(run->frames->taken));
}

/* Lets each session's schedule begin with its first picture; milliseconds from the edge until the
 * last session had its one. */
static double startFromPictures(Run* run) {
    gint64 edge = run->startedAt[0], last = 0;

    for (guint i = countFrames(run); i-- > 0;)
        run->startedAt[run->frames->taken[i].width - FIRST_WIDTH] = run->frames->taken[i].takenAt;
    for (guint i = 0; i < run->sessions; i++)
        last = MAX(last, run->startedAt[i]);
    return (double)(last - edge) / 1000;
}

/* Milliseconds that each tick's picture came late, the missing ones as a whole interval. */
static GArray* findDelays(const Run* run) {
    guint frames = countFrames(run);
    gint64 interval = INTERVAL_MS * 1000;
    g_autofree gint64* delays = g_new(gint64, (gsize)run->sessions * run->ticks);
    GArray* samples = newSamples();

    for (guint i = 0; i < run->sessions * run->ticks; i++)
        delays[i] = interval;
    for (guint i = 0; i < frames; i++) {
        guint session = run->frames->taken[i].width - FIRST_WIDTH;
        gint64 since = run->frames->taken[i].takenAt - run->startedAt[session];
        gint64 tick = (since + interval / 2) / interval; /* a little early is still this one */
        if (tick >= 0 && tick < run->ticks) {
            gint64* delay = &delays[session * run->ticks + tick];
            *delay = MIN(*delay, MAX(since - tick * interval, 0));
        }
    }
    for (guint i = 0; i < run->sessions * run->ticks; i++)
        addSample(samples, (double)delays[i] / 1000);
    return samples;
}

static double shareOfLate(const GArray* delays) {
    guint late = 0;

    for (guint i = 0; i < delays->len; i++)
        late += g_array_index(delays, double, i) * 1000 > LATE_US;
    return 100.0 * late / delays->len;
}

static void printTicks(const char* name, GArray* delays) {
    g_autofree char* p99 = g_strdup_printf("%s.delay.p99", name);

    printFigure(name, shareOfLate(delays), "% late", NULL, 0);
    printFigure(p99, percentile(delays, 0.99), "ms", NULL, 0);
}

static void printCosts(const Run* run, gint64 usedUs) {
    double ticks = (double)run->sessions * run->ticks;

    printFigure("sessionsAtOnce.threads", run->threads, "threads", NULL, 0);
    printFigure("sessionsAtOnce.threads.beyondWorkers", (double)run->threads - WORKERS, "threads",
                NULL, 0);
    printFigure("sessionsAtOnce.memory",
                ((double)run->resident - run->residentBefore) / run->sessions, "KiB a session",
                NULL, 0);
    printFigure("sessionsAtOnce.processor", (double)usedUs / ticks, "us a tick", NULL, 0);
}

static void measure(Run* run, gboolean sameScenario, const char* name) {
    progress("sessionsAtOnce: %u sessions, %s", run->sessions,
             sameScenario ? "started by one edge" : "starts spread over one interval");
    startApp(run, sameScenario);
    gint64 usedBefore = processorUs(run->app);
    sendStarts(run, sameScenario);
    waitForTicks(run);
    gint64 used = processorUs(run->app) - usedBefore;
    double lastStart = sameScenario ? startFromPictures(run) : 0;
    g_autoptr(GArray) delays = findDelays(run);
    printTicks(name, delays);
    if (sameScenario)
        printFigure("sessionsAtOnce.oneEdge.lastStart", lastStart, "ms", NULL, 0);
    else
        printCosts(run, used);
    for (guint i = 0; i < (sameScenario ? 1 : run->sessions); i++)
        sendEdge(run->bus, i, FALSE);
    stopAppProcess(run->app);
}

int main(int argc, char** argv) {
    readOptions(argc, argv);
    char* folder = newWorkFolder();
    g_autofree char* here = g_path_get_dirname(argv[0]);
    g_autofree char* absolute = g_canonicalize_filename(here, NULL);
    g_autofree char* program = g_build_filename(absolute, "benchApp", NULL);
    Run run = {.program = program,
               .describer = startDescriber(folder),
               .frames = openFrameLog(folder),
               .sessions = rounds(SESSIONS, 20),
               .ticks = rounds(12, 2)};

    run.bus = startEventBus(run.sessions);
    run.startedAt = g_new0(gint64, run.sessions);
    measure(&run, FALSE, "sessionsAtOnce");
    measure(&run, TRUE, "sessionsAtOnce.oneEdge");
    g_free(run.startedAt);
    stopEventBus(run.bus);
    stopDescriber(run.describer);
    removeWorkFolder(folder);
    return 0;
}
