/* SPDX-License-Identifier: MIT */
/* edgeCostByProfiles - what one active edge costs the app, from its delivery to the submitted job,
 * with 1, 10, 100 and 1,000 profiles on other triggers. Baseline of each: the callback of the old
 * design, which goes through all profiles. */
#include "EdgeTimes.h"
#include "Engine.h"
#include "EventBus.h"
#include "Harness.h"
#include "LoopingCallback.h"

/* No scenario's name begins with the last one's: the old design would have started those too. */
enum {
    APP_SCENARIO,
    FIRST_OTHER,
    MOST_OTHERS = 1000,
    LOOPING_SCENARIO = FIRST_OTHER + MOST_OTHERS
};
enum { HOUR_MS = 60 * 60 * 1000, SIZES = 4 };

static const guint sizes[SIZES] = {1, 10, 100, MOST_OTHERS};

typedef struct {
    GArray *app, *looping, *fromSending; /* microseconds */
} Sizes;

typedef struct {
    EventBus* bus;
    Engine* engine;
    LoopingCallback* looping;
    Sizes samples[SIZES];
} Run;

static json_t* profilesFor(guint others) {
    json_t* list = benchProfiles(others, FIRST_OTHER, FALSE, HOUR_MS);

    json_array_append_new(list, benchProfile("hot", APP_SCENARIO, HOUR_MS, 1280));
    return list;
}

/* An active edge and its end; microseconds from delivery to submission. */
static double measureEdge(Run* run, guint scenario, GArray* fromSending) {
    guint before = edgeTimes.submitted;

    sendEdge(run->bus, scenario, TRUE);
    waitForSubmit(before);
    double cost = (double)(edgeTimes.submittedNs - edgeTimes.deliveredNs) / 1000;
    if (fromSending)
        addSample(fromSending, (double)edgeTimes.submittedNs / 1000 - (double)edgeSentAt(run->bus));
    sendEdge(run->bus, scenario, FALSE);
    waitForQuiet(run->engine);
    return cost;
}

static void measureSize(Run* run, guint size, guint edges) {
    Sizes* samples = &run->samples[size];

    setEngineProfiles(run->engine, profilesFor(sizes[size]));
    setLoopingProfiles(run->looping);
    /* One after the other: going through 1,000 profiles leaves the caches to the next edge. */
    for (guint i = 0; i < edges; i++)
        addSample(samples->app, measureEdge(run, APP_SCENARIO, samples->fromSending));
    for (guint i = 0; i < edges; i++)
        addSample(samples->looping, measureEdge(run, LOOPING_SCENARIO, NULL));
}

static void printFigures(Run* run) {
    Sizes *least = &run->samples[0], *most = &run->samples[SIZES - 1];

    printFigure("edgeCostByProfiles", percentile(most->app, 0.5), "us",
                "the same with 1 other profile instead of 1,000", percentile(least->app, 0.5));
    for (guint i = 0; i < SIZES; i++) {
        g_autofree char* name = g_strdup_printf("edgeCostByProfiles.%u", sizes[i]);
        printFigure(name, percentile(run->samples[i].app, 0.5), "us",
                    "a callback that loops over all profiles",
                    percentile(run->samples[i].looping, 0.5));
    }
    printFigure("edgeCostByProfiles.fromSending", percentile(most->fromSending, 0.5), "us",
                "the same with 1 other profile instead of 1,000",
                percentile(least->fromSending, 0.5));
}

int main(int argc, char** argv) {
    readOptions(argc, argv);
    char* folder = newWorkFolder();
    Describer* describer = startDescriber(folder);
    Run run = {.bus = startEventBus(LOOPING_SCENARIO + 1)};

    for (guint i = 0; i < SIZES; i++)
        run.samples[i] = (Sizes){newSamples(), newSamples(), newSamples()};
    run.engine = startEngine(benchConfig(describer, 4, profilesFor(1)));
    run.looping = newLoopingCallback(run.engine, LOOPING_SCENARIO);
    for (guint round = 0; round < rounds(8, 1); round++) {
        for (guint i = 0; i < SIZES; i++)
            measureSize(&run, i, rounds(60, 2));
        progress("edgeCostByProfiles: round %u", round + 1);
    }
    printFigures(&run);
    freeLoopingCallback(run.looping);
    stopEngine(run.engine);
    stopEventBus(run.bus);
    stopDescriber(describer);
    for (guint i = 0; i < SIZES; i++) {
        g_array_unref(run.samples[i].app);
        g_array_unref(run.samples[i].looping);
        g_array_unref(run.samples[i].fromSending);
    }
    removeWorkFolder(folder);
    return 0;
}
