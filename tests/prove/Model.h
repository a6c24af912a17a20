/* SPDX-License-Identifier: MIT */
/* Model - what must be open, and why: the reference that the engine is compared with.
 *
 * Written from the design (4.2 to 4.6) and the engine's headers, not from its code: a few plain
 * structs, no callbacks, no timers. It is told what the world does (a state heard, an answer to a
 * level check, a worker's progress, time) and says what must follow. */
#pragma once

#include <glib.h>

#include "Step.h"

/* Where a session's description is. */
typedef enum {
    CALL_NONE,
    CALL_QUEUED,   /* waits for a worker */
    CALL_TAKEN,    /* a worker has it and has not begun */
    CALL_FRAME,    /* waits for the camera */
    CALL_ASKED,    /* waits for the describer */
    CALL_WAITING,  /* before another try */
    CALL_RETURNED, /* the result waits for the main loop */
} CallStage;

typedef enum { RESULT_NONE, RESULT_TEXT, RESULT_FAILED, RESULT_BUDGET } CallResult;
typedef enum { MODEL_OPEN, MODEL_CLOSING, MODEL_ENDED } ModelState;

/* Why an active trigger may have no monitoring session. */
typedef enum { EXCUSE_NONE, EXCUSE_AT_START, EXCUSE_COOLDOWN, EXCUSE_CAP, EXCUSE_BUDGET } Excuse;

/* A profile as a history sets it. */
typedef struct {
    gboolean isUsed, isEnabled, isMonitoring, startsWhenActive;
    int trigger, prompt, atStart;
    guint intervalMs, capSec, graceMs, cooldownSec, inFlight, frames;
} Spec;

typedef struct {
    guint callsPerHour, retries, maxConcurrent, levelCheckSec;
    gboolean hasUrl;
} Settings;

typedef struct ModelSession {
    int slot;
    guint serial; /* of the slot's sessions in this history */
    gboolean isOneShot;
    int trigger;
    guint frames;       /* a call */
    guint subscription; /* which of the slot's subscriptions it began under */
    ModelState state;
    const char* endReason; /* as records say it; NULL while open */
    gint64 stoppedAt;      /* when its end was decided */
    gint64 capAt, nextTick;
    guint intervalMs;
    guint ticks, skippedTicks, descriptions, failures;

    CallStage call;
    CallResult result;
    guint framesLeft, tries, retries, lastCall;
    guint expectedText; /* number of the call whose text came last; 0: none */
    gboolean hasUrl, isChecked;
    struct Entry* entry; /* what the world saw of it, or NULL yet */
} ModelSession;

/* A profile and its subscription. */
typedef struct {
    gboolean isInForce;
    Spec spec;
    guint subscription; /* counts them */
    int known;          /* the trigger's state as it came: 0, 1, or -1 for none yet */
    gint64 heardAt;     /* when a state last came */
    guint misses;
    gint64 graceUntil, coolUntil; /* 0: none */
    Excuse excuse;
    guint refusals;
    GPtrArray* sessions; /* ModelSession, all of this history, in their order */
} Slot;

typedef struct {
    Slot slots[SLOTS];
    Settings settings;
    GPtrArray* live; /* those that the comparison has not seen ended */
    guint calls;     /* to the describer */
    guint lateResults;
} Model;

/* The one model of this process. */
extern Model model;

void startModel(void);
void clearModel(void);
/* A new run of the app: nothing is subscribed, no call was made. */
void restartModel(void);

/* The profiles and settings in force from now on; newly subscribed slots are appended to
 * `subscribed` (int), in their order. */
void modelConfig(const Spec* specs, const Settings* settings, GArray* subscribed);
/* A slot's subscription delivers a state. */
void modelHears(int slot, gboolean active);
/* A level check is answered; states: of each trigger, -1 when it is not there. */
void modelLevels(const int* states, gint64 askedAt);
/* Time has come to `until`. */
void modelTime(gint64 until);
/* Everything ends as `shutdown`. */
void modelStops(void);

/* A worker's progress with a session's description. */
void modelTaken(ModelSession* session);
void modelBegun(ModelSession* session);
void modelFrameAsked(ModelSession* session);
void modelFrameTaken(ModelSession* session, gboolean good);
/* Returns the number of the call. */
guint modelAsked(ModelSession* session);
void modelAnswered(ModelSession* session, int outcome, guint retryAfterSec);
void modelWaits(ModelSession* session, guint ms, gboolean cancelled);
void modelWaited(ModelSession* session, gboolean cancelled);
void modelDone(ModelSession* session);

guint countModelOpen(int slot);
