/* SPDX-License-Identifier: MIT */
/* Verdict - what a run of histories counts and finds; shared between the process that runs them and
 * the one that watches it. */
#pragma once

#include <glib.h>

/* What can be wrong; each is a key of the result. */
typedef enum {
    FAULT_ORPHAN,          /* a session is open that must not be */
    FAULT_MISSED_START,    /* a session is not open that must be */
    FAULT_DOUBLE_END,      /* a session has ended twice */
    FAULT_EVENT_AFTER_END, /* something of a session came after its end */
    FAULT_LEAK,            /* a timer, subscription, job, session or block of memory is left */
    FAULT_MISMATCH,        /* anything else: a wrong reason, count, index, journal or record */
    FAULT_CRASH,           /* the engine died */
    FAULT_HANG,            /* the engine did not come back */
    FAULTS,
} Fault;

/* The key in the result; crashes and hangs are mismatches there. */
const char* faultName(Fault fault);

typedef struct {
    guint64 histories, steps, starts, ends;
    guint64 lost; /* sessions that a crash took together with their line in the journal */
    gint step;    /* of the history under way */
    gint fault;
    char text[600];
} Verdict;

/* Where the counts go: memory that outlives this process. */
void setVerdict(Verdict* verdict);
Verdict* getVerdict(void);
/* The history has failed: notes what, and ends this process. */
void fail(Fault fault, const char* format, ...) G_GNUC_PRINTF(2, 3) G_GNUC_NORETURN;

enum { EXIT_FAULT = 3, EXIT_LEAK_SANITIZER = 23 };
