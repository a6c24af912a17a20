/* SPDX-License-Identifier: MIT */
#include "Counters.h"

static gint counts[COUNTERS];

static const char* const names[COUNTERS] = {
    [COUNT_EDGES] = "edges",
    [COUNT_IGNORED] = "ignoredEvents",
    [COUNT_HEALED] = "healedEdges",
    [COUNT_MISSING] = "missingTriggers",
    [COUNT_STARTED] = "sessionsStarted",
    [COUNT_ENDED] = "sessionsEnded",
    [COUNT_REFUSED] = "sessionsRefused",
    [COUNT_TICKS] = "ticks",
    [COUNT_SKIPPED_TICKS] = "skippedTicks",
    [COUNT_CALLS] = "calls",
    [COUNT_FAILED_CALLS] = "failedCalls",
    [COUNT_ABORTED_CALLS] = "abortedCalls",
    [COUNT_LATE_RESULTS] = "lateResults",
    [COUNT_DROPPED_EVENTS] = "droppedEvents",
};

void count(Counter counter) {
    g_atomic_int_inc(&counts[counter]);
}

guint countOf(Counter counter) {
    return (guint)g_atomic_int_get(&counts[counter]);
}

const char* counterName(Counter counter) {
    return names[counter];
}
