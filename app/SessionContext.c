/* SPDX-License-Identifier: MIT */
#include "SessionContext.h"

#include "Clock.h"
#include "Log.h"

static const char* const stateNames[] = {"created", "running", "stopping", "ended"};
static const char* const reasonNames[] = {NULL,       "completed", "inactive",       "maxDuration",
                                          "budget",   "config",    "triggerMissing", "interrupted",
                                          "shutdown", "error"};

const char* sessionStateName(SessionState state) {
    return stateNames[state];
}

const char* endReasonName(EndReason reason) {
    return reasonNames[reason];
}

SessionContext* newSession(const char* id, Profile* profile, SessionStopper stopper,
                           gpointer stopperData) {
    SessionContext* session = g_new0(SessionContext, 1);

    g_atomic_ref_count_init(&session->refs);
    g_mutex_init(&session->lock);
    session->id = g_strdup(id);
    session->profile = refProfile(profile);
    session->startedAt = clockText();
    session->createdUs = clockNow();
    session->stopper = stopper;
    session->stopperData = stopperData;
    session->cancel = g_cancellable_new();
    return session;
}

SessionContext* refSession(SessionContext* session) {
    g_atomic_ref_count_inc(&session->refs);
    return session;
}

void unrefSession(SessionContext* session) {
    if (!session || !g_atomic_ref_count_dec(&session->refs))
        return;
    g_mutex_clear(&session->lock);
    g_object_unref(session->cancel);
    unrefProfile(session->profile);
    g_free(session->startedAt);
    g_free(session->id);
    g_free(session);
}

SessionInfo copySessionInfo(SessionContext* session) {
    g_mutex_lock(&session->lock);
    SessionInfo info = session->info;
    g_mutex_unlock(&session->lock);
    return info;
}

static void noteEnd(SessionContext* session) {
    g_autofree char* now = clockText();

    session->info.endedUs = clockNow();
    session->info.endDelayUs = session->info.endedUs - session->stopSince;
    g_strlcpy(session->info.endedAt, now, sizeof session->info.endedAt);
}

void moveSession(SessionContext* session, SessionState state, EndReason reason) {
    SessionState from = session->info.state;

    g_return_if_fail(state == from + 1 || (state == SESSION_STOPPING && from == SESSION_CREATED));
    g_mutex_lock(&session->lock);
    session->info.state = state;
    if (reason != END_NONE)
        session->info.endReason = reason;
    if (state == SESSION_ENDED)
        noteEnd(session);
    g_mutex_unlock(&session->lock);

    const char* why = endReasonName(session->info.endReason);
    g_info("session %s profile %s: %s -> %s%s%s%s", session->id, session->profile->id,
           stateNames[from], stateNames[state], why ? " (" : "", why ? why : "", why ? ")" : "");
}

void stopSession(SessionContext* session, EndReason reason, gint64 since) {
    if (session->info.state < SESSION_STOPPING)
        session->stopper(session, reason, since, session->stopperData);
}

void noteTick(SessionContext* session) {
    g_mutex_lock(&session->lock);
    session->info.ticks++;
    session->info.callInFlight = TRUE;
    g_mutex_unlock(&session->lock);
}

void noteSkippedTick(SessionContext* session) {
    g_mutex_lock(&session->lock);
    session->info.skippedTicks++;
    g_mutex_unlock(&session->lock);
}

void noteDescription(SessionContext* session) {
    g_mutex_lock(&session->lock);
    session->info.descriptions++;
    session->info.error[0] = '\0';
    g_mutex_unlock(&session->lock);
}

void noteFailure(SessionContext* session, const char* error) {
    g_autofree char* text = logText(error, sizeof session->info.error - 1);

    g_mutex_lock(&session->lock);
    session->info.failures++;
    g_strlcpy(session->info.error, text, sizeof session->info.error);
    g_mutex_unlock(&session->lock);
}

void noteCallOver(SessionContext* session, gboolean aborted) {
    g_mutex_lock(&session->lock);
    session->info.callInFlight = FALSE;
    session->info.callAborted = aborted;
    g_mutex_unlock(&session->lock);
}
