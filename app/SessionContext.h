/* SPDX-License-Identifier: MIT */
/* SessionContext - one doing of a profile: created -> running -> stopping -> ended, nothing else.
 *
 * `stopping` begins when the end is decided: the registry forgets the session, its timers and its
 * call are cancelled. `ended` follows as soon as the call has let go. Shared by reference; the
 * state changes on the main loop only, and any thread may copy it. */
#pragma once

#include <gio/gio.h>

#include "Profile.h"
#include "ThreadPool.h"

typedef enum { SESSION_CREATED, SESSION_RUNNING, SESSION_STOPPING, SESSION_ENDED } SessionState;

typedef enum {
    END_NONE,
    END_COMPLETED,       /* a one-shot has its description */
    END_INACTIVE,        /* the trigger ended */
    END_MAX_DURATION,    /* the profile's cap */
    END_BUDGET,          /* no calls left in this hour or day */
    END_CONFIG,          /* the profile was edited, disabled or deleted */
    END_TRIGGER_MISSING, /* the trigger's source is gone */
    END_INTERRUPTED,     /* left over by a crash */
    END_SHUTDOWN,        /* the app stops */
    END_ERROR,           /* a one-shot's call failed */
} EndReason;

/* What changes in a session's life. */
typedef struct {
    SessionState state;
    EndReason endReason;
    guint ticks, skippedTicks, descriptions, failures;
    gboolean callInFlight, callAborted;
    gint64 endedUs;    /* clockNow() when it ended; 0 before */
    gint64 endDelayUs; /* from what ended it, such as the event's delivery, until it had ended */
    char endedAt[32];  /* UTC, ISO 8601 */
    char error[160];   /* the last failure, "" if none */
} SessionInfo;

typedef struct SessionContext SessionContext;
/* Ends the session. since: clockNow() of what ended it. Main loop. */
typedef void (*SessionStopper)(SessionContext* session, EndReason reason, gint64 since,
                               gpointer data);

struct SessionContext {
    gatomicrefcount refs;

    /* Never change. */
    char* id;
    Profile* profile;
    char* startedAt; /* UTC, ISO 8601 */
    gint64 createdUs;
    SessionStopper stopper;
    gpointer stopperData;
    GCancellable* cancel; /* cancelled when the session stops; workers wait on it */

    /* Main loop only. */
    guint tickTimer, capTimer, endTimer;
    PoolJob* job;     /* the description under way, or NULL */
    guint generation; /* of that job; a result of another one is discarded */
    gint64 stopSince;
    /* Of the picture described last, see takeFrame(); 0 before. */
    gint64 lastTimestampUs;
    gsize lastBytes;

    GMutex lock;      /* guards info */
    SessionInfo info; /* the main loop writes */
};

SessionContext* newSession(const char* id, Profile* profile, SessionStopper stopper,
                           gpointer stopperData);
SessionContext* refSession(SessionContext* session);
void unrefSession(SessionContext* session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SessionContext, unrefSession)

/* Any thread. */
SessionInfo copySessionInfo(SessionContext* session);

/* Main loop only. Moves on to the next state and logs it; reason END_NONE before stopping. */
void moveSession(SessionContext* session, SessionState state, EndReason reason);
/* Main loop only: calls the stopper, unless the session is stopping already. */
void stopSession(SessionContext* session, EndReason reason, gint64 since);
/* Change the info under its lock; main loop only. */
void noteTick(SessionContext* session);
void noteSkippedTick(SessionContext* session);
void noteDescription(SessionContext* session);
void noteFailure(SessionContext* session, const char* error);
void noteCallOver(SessionContext* session, gboolean aborted);

const char* sessionStateName(SessionState state);
/* NULL for END_NONE. */
const char* endReasonName(EndReason reason);
