/* SPDX-License-Identifier: MIT */
/* Counters - what happened since the start, for status.cgi. Any thread may count and read. */
#pragma once

#include <glib.h>

typedef enum {
    COUNT_EDGES,         /* changes of a trigger's state, one for each profile */
    COUNT_IGNORED,       /* events without a usable state */
    COUNT_HEALED,        /* edges that never came and that a level check made up for */
    COUNT_MISSING,       /* triggers that a level check found gone */
    COUNT_STARTED,       /* sessions */
    COUNT_ENDED,         /* sessions */
    COUNT_REFUSED,       /* activations that started nothing, by cooldown or maxInFlight */
    COUNT_TICKS,         /* descriptions asked for */
    COUNT_SKIPPED_TICKS, /* the one before was still under way */
    COUNT_CALLS,         /* to the describer, retries included */
    COUNT_FAILED_CALLS,
    COUNT_ABORTED_CALLS,  /* by the end of their session */
    COUNT_LATE_RESULTS,   /* came after the end and were discarded */
    COUNT_DROPPED_EVENTS, /* of the camera, while its event service was away */
    COUNTERS,
} Counter;

void count(Counter counter);
guint countOf(Counter counter);
/* The word in JSON: "sessionsStarted". */
const char* counterName(Counter counter);
