/* SPDX-License-Identifier: MIT */
/* edgeToSession - from an active edge, handed to the bus, until its session is registered and its
 * job submitted. Baseline: until the callback of the smallest subscriber on the same bus, in the
 * same process, has read the state of its own edge; the two take turns. */
#include "BareSubscriber.h"
#include "EdgeTimes.h"
#include "Engine.h"
#include "EventBus.h"
#include "Harness.h"

enum { APP_SCENARIO, BARE_SCENARIO, PRIMER_SCENARIO, SCENARIOS };
enum { HOUR_MS = 60 * 60 * 1000, SETTLE_US = 2000 };

typedef struct {
    EventBus* bus;
    Engine* engine;
    BareSubscriber *bare, *primer;
    GArray *app, *fromDelivery, *baseline; /* microseconds */
} Run;

static gboolean isCalled(gconstpointer data) {
    const BareSubscriber* subscriber = data;

    return subscriber->calls > 0;
}

static void sendTo(Run* run, BareSubscriber* subscriber, guint scenario, gboolean active) {
    subscriber->calls = 0;
    sendEdge(run->bus, scenario, active);
    waitFor(isCalled, subscriber, "a bare subscriber's event");
}

/* The same before each sample, whichever it is: an edge that a third subscriber gets, and then
 * enough time for what came before to run out, such as events that the app publishes. */
static void settle(Run* run) {
    sendTo(run, run->primer, PRIMER_SCENARIO, !run->primer->active);
    runUntil(g_get_monotonic_time() + SETTLE_US);
}

static void takeAppSample(Run* run) {
    guint before = edgeTimes.submitted;

    settle(run);
    sendEdge(run->bus, APP_SCENARIO, TRUE);
    waitForSubmit(before);
    addSample(run->app, (double)edgeTimes.submittedNs / 1000 - (double)edgeSentAt(run->bus));
    addSample(run->fromDelivery, (double)(edgeTimes.submittedNs - edgeTimes.deliveredNs) / 1000);
    sendEdge(run->bus, APP_SCENARIO, FALSE);
    waitForQuiet(run->engine);
}

static void takeBareSample(Run* run) {
    settle(run);
    sendTo(run, run->bare, BARE_SCENARIO, TRUE);
    addSample(run->baseline, (double)run->bare->calledNs / 1000 - (double)edgeSentAt(run->bus));
    sendTo(run, run->bare, BARE_SCENARIO, FALSE);
}

static void printFigures(Run* run) {
    const char* baseline = "the smallest axevent subscriber on the same bus";
    double appP99 = typicalPercentile(run->app, 0.99);
    double fromDeliveryP99 = typicalPercentile(run->fromDelivery, 0.99);
    double baselineP99 = typicalPercentile(run->baseline, 0.99);

    printFigure("edgeToSession", percentile(run->app, 0.5), "us", baseline,
                percentile(run->baseline, 0.5));
    printFigure("edgeToSession.p99", appP99, "us", baseline, baselineP99);
    printFigure("edgeToSession.fromDelivery", percentile(run->fromDelivery, 0.5), "us", NULL, 0);
    printFigure("edgeToSession.fromDelivery.p99", fromDeliveryP99, "us", NULL, 0);
}

int main(int argc, char** argv) {
    readOptions(argc, argv);
    char* folder = newWorkFolder();
    Describer* describer = startDescriber(folder);
    Run run = {.bus = startEventBus(SCENARIOS),
               .app = newSamples(),
               .fromDelivery = newSamples(),
               .baseline = newSamples()};

    run.engine =
        startEngine(benchConfig(describer, 4, benchProfiles(1, APP_SCENARIO, TRUE, HOUR_MS)));
    run.bare = newBareSubscriber(BARE_SCENARIO);
    run.primer = newBareSubscriber(PRIMER_SCENARIO);
    waitFor(isCalled, run.bare, "the bare subscriber's first state");
    waitFor(isCalled, run.primer, "the third subscriber's first state");
    for (guint i = 0; i < rounds(1000, 5); i++) {
        takeAppSample(&run);
        takeBareSample(&run);
    }
    printFigures(&run);
    freeBareSubscriber(run.bare);
    freeBareSubscriber(run.primer);
    stopEngine(run.engine);
    stopEventBus(run.bus);
    stopDescriber(describer);
    g_array_unref(run.app);
    g_array_unref(run.fromDelivery);
    g_array_unref(run.baseline);
    removeWorkFolder(folder);
    return 0;
}
