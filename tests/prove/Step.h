/* SPDX-License-Identifier: MIT */
/* Step - what a history is made of: one thing that happens to the app. Each has its own numbers and
 * depends on nothing before it, so that a history stays one when steps are left out. */
#pragma once

#include <glib.h>

#include "Random.h"

enum { SLOTS = 6, TRIGGERS = 5, MOST_ARGUMENTS = 11, EDGE_TOGGLES = 2 };

typedef enum {
    STEP_PROFILE,     /* P slot type trigger interval cap grace cooldown inFlight atStart prompt
                           frames: the profile in this slot becomes this */
    STEP_DELETE,      /* D slot */
    STEP_TOGGLE,      /* X slot: enabled or not */
    STEP_SETTINGS,    /* G budget retries maxConcurrent levelCheck url */
    STEP_SAME_CONFIG, /* = : saved again without a change */
    STEP_EDGE,        /* E trigger active way: active 0, 1 or EDGE_TOGGLES; see EdgeWay */
    STEP_REPEAT,      /* R trigger: the same state again */
    STEP_BURST,       /* B trigger flaps: on and off at one instant */
    STEP_VANISH,      /* V trigger: its source is gone */
    STEP_MANNERS,     /* A firstMs answerMs stale: how the camera answers */
    STEP_REFUSE,      /* U subscriptions: the next ones are refused */
    STEP_SERVICE,     /* Y up: whether the event service takes the app's events */
    STEP_TIME,        /* T ms */
    STEP_WORKERS,     /* N prompt call frame: how workers and describer behave from now on */
    STEP_WORK,        /* W which: one worker goes on */
    STEP_RESULT,      /* M: the main loop takes one result */
    STEP_OUTCOME,     /* O which outcome: of a call or snapshot that hangs */
    STEP_RESTART,     /* S */
    STEP_CRASH,       /* C cut reboot */
    STEP_WALL,        /* J minutes: the wall clock is set */
    STEP_DISK,        /* K full */
    STEPS,
} StepKind;

/* How an edge reaches the subscriptions. */
typedef enum {
    EDGE_NOW,
    EDGE_LOST,
    EDGE_DOUBLED,
    EDGE_LATE,      /* 20 ms; later edges overtake it */
    EDGE_VERY_LATE, /* 3 s */
    EDGE_HALF_LOST, /* every other subscription does not get it */
    EDGE_WAYS,
} EdgeWay;

typedef struct {
    StepKind kind;
    int arguments[MOST_ARGUMENTS];
} Step;

/* Array of Step; the caller frees it. */
GArray* generateHistory(Random* random, guint steps);
/* "P0,1,...;E0,1,0;T2000"; g_free(). */
char* formatHistory(const GArray* steps);
/* NULL and error when the text is no history. */
GArray* parseHistory(const char* text, GError** error);
char* formatStep(const Step* step);
