/* SPDX-License-Identifier: MIT */
#include "SessionRunner.h"

#include "Clock.h"
#include "Counters.h"
#include "Description.h"
#include "Log.h"

/* How long `stopping` waits for a call that lets go late, such as a snapshot that hangs. */
enum { END_WAIT_MS = 40, SHOWN_TEXT = 80 };

struct SessionRunner {
    SessionRegistry* registry;
    ThreadPool* pool;
    DescribeClient* client;
    Budget* budget;
    Publisher* publisher;
    SessionJournal* journal;
    Config* config;
    char* apiKey;
    char* lastError; /* of the newest description; NULL when it went well */
    void (*listener)(SessionContext* session, gpointer data);
    gpointer listenerData;
};

SessionRunner* newSessionRunner(SessionRegistry* registry, ThreadPool* pool, DescribeClient* client,
                                Budget* budget, Publisher* publisher, SessionJournal* journal) {
    SessionRunner* runner = g_new0(SessionRunner, 1);

    runner->registry = registry;
    runner->pool = pool;
    runner->client = client;
    runner->budget = budget;
    runner->publisher = publisher;
    runner->journal = journal;
    runner->config = newConfig();
    return runner;
}

void freeSessionRunner(SessionRunner* runner) {
    if (!runner)
        return;
    unrefConfig(runner->config);
    g_free(runner->apiKey);
    g_free(runner->lastError);
    g_free(runner);
}

void setRunnerConfig(SessionRunner* runner, Config* config, const char* apiKey) {
    Config* old = runner->config;

    runner->config = refConfig(config);
    unrefConfig(old);
    g_free(runner->apiKey);
    runner->apiKey = g_strdup(apiKey);
    setBudgetLimits(runner->budget, config->budget);
    setThreadPoolSize(runner->pool, config->describer.maxConcurrent);
}

SessionRegistry* runnerRegistry(const SessionRunner* runner) {
    return runner->registry;
}

Publisher* runnerPublisher(const SessionRunner* runner) {
    return runner->publisher;
}

const char* lastRunnerError(const SessionRunner* runner) {
    return runner->lastError;
}

void setSessionStopListener(SessionRunner* runner,
                            void (*listener)(SessionContext* session, gpointer data),
                            gpointer data) {
    runner->listener = listener;
    runner->listenerData = data;
}

/* stopping -> ended. */
static void finishSession(SessionRunner* runner, SessionContext* session) {
    stopTimer(&session->endTimer);
    moveSession(session, SESSION_ENDED, END_NONE);
    count(COUNT_ENDED);
    publishEnd(runner->publisher, session);
    journalEnd(runner->journal, session);
    recordEndedSession(runner->registry, session);
    g_info("session %s profile %s: removed, %u description(s)", session->id, session->profile->id,
           session->info.descriptions);
}

static void onEndTimer(gpointer data) {
    SessionContext* session = data;

    g_warning("session %s profile %s: its call has not let go after %d ms and is left behind",
              session->id, session->profile->id, END_WAIT_MS);
    finishSession(session->stopperData, session);
}

/* A description that still waits for a worker will never need one. */
static void withdrawDescription(SessionRunner* runner, SessionContext* session) {
    Description* description = session->job ? withdrawJob(runner->pool, session->job) : NULL;

    if (!description)
        return;
    session->job = NULL;
    noteCallOver(session, FALSE);
    freeDescription(description);
}

/* A SessionStopper: running -> stopping, and ended at once when no call is under way. */
static void endSession(SessionContext* session, EndReason reason, gint64 since, gpointer data) {
    SessionRunner* runner = data;
    g_autoptr(SessionContext) keep = refSession(session);

    session->stopSince = since;
    session->generation++;
    stopTimer(&session->tickTimer);
    stopTimer(&session->capTimer);
    moveSession(session, SESSION_STOPPING, reason);
    removeSession(runner->registry, session);
    if (runner->listener)
        runner->listener(session, runner->listenerData);
    g_cancellable_cancel(session->cancel);
    withdrawDescription(runner, session);
    if (session->job)
        session->endTimer = startTimer(END_WAIT_MS, onEndTimer, session);
    else
        finishSession(runner, session);
}

static void takeResult(SessionRunner* runner, Description* description) {
    SessionContext* session = description->session;
    const char* profile = session->profile->id;

    noteCallOver(session, FALSE);
    g_clear_pointer(&runner->lastError, g_free);
    if (description->error) {
        runner->lastError = g_strdup(description->error->message);
        noteFailure(session, description->error->message);
        g_warning("session %s profile %s: no description (%s)", session->id, profile,
                  session->info.error);
        return;
    }
    g_autofree char* text = logText(description->answer.text, SHOWN_TEXT);
    noteDescription(session);
    session->lastTimestampUs = description->frame.timestampUs;
    session->lastBytes = description->frame.bytes;
    g_info("session %s profile %s: description %u (%d ms): %s", session->id, profile,
           session->info.descriptions, (int)(description->latencyUs / 1000), text);
    publishDescription(runner->publisher, session, &description->answer, &description->frame,
                       description->latencyUs);
}

/* The end was first: nothing of this is published. */
static void discardResult(SessionRunner* runner, Description* description) {
    SessionContext* session = description->session;
    gboolean aborted = description->error != NULL;

    noteCallOver(session, aborted);
    if (!aborted)
        count(COUNT_LATE_RESULTS);
    g_info("session %s profile %s: %s", session->id, session->profile->id,
           aborted ? "call aborted" : "late result discarded");
    if (session->info.state == SESSION_STOPPING)
        finishSession(runner, session);
}

/* What a result may mean for its session: a one-shot is done, and without budget nothing goes on.
 */
static void endIfDone(SessionContext* session, const GError* error) {
    gboolean oneShot = session->profile->sessionType == SESSION_ONE_SHOT;

    if (g_error_matches(error, DESCRIBE_ERROR, DESCRIBE_ERROR_BUDGET))
        stopSession(session, END_BUDGET, clockNow());
    else if (oneShot)
        stopSession(session, error ? END_ERROR : END_COMPLETED, clockNow());
}

static void onDescribed(gpointer data) {
    g_autoptr(Description) description = data;
    SessionRunner* runner = description->owner;
    SessionContext* session = description->session;

    session->job = NULL;
    if (description->generation != session->generation) {
        discardResult(runner, description);
        return;
    }
    takeResult(runner, description);
    endIfDone(session, description->error);
}

static void onTick(gpointer data) {
    SessionContext* session = data;
    SessionRunner* runner = session->stopperData;

    if (session->job) {
        noteSkippedTick(session);
        count(COUNT_SKIPPED_TICKS);
        g_info("session %s profile %s: tick skipped, the call before is still under way",
               session->id, session->profile->id);
        return;
    }
    noteTick(session);
    count(COUNT_TICKS);
    g_info("session %s profile %s: tick %u", session->id, session->profile->id,
           session->info.ticks);
    session->generation++;
    Description* description = newDescription(session, runner->config, runner->apiKey,
                                              runner->client, runner->budget, runner);
    session->job = submitJob(runner->pool, runDescription, onDescribed, description);
}

static void onCap(gpointer data) {
    stopSession(data, END_MAX_DURATION, clockNow());
}

void startSession(SessionRunner* runner, Profile* profile) {
    g_autoptr(SessionContext) session =
        createSession(runner->registry, profile, endSession, runner);

    count(COUNT_STARTED);
    moveSession(session, SESSION_RUNNING, END_NONE);
    if (profile->sessionType == SESSION_ACTIVE_MONITORING)
        session->tickTimer = startTimer(profile->intervalMs, onTick, session);
    if (profile->maxDurationSec)
        session->capTimer = startTimer(profile->maxDurationSec * 1000, onCap, session);
    onTick(session); /* first of all the job; its result comes in a later turn of the loop */
    publishStart(runner->publisher, session);
    journalStart(runner->journal, session);
}

void endLeftovers(SessionRunner* runner) {
    g_autoptr(GPtrArray) leftovers = takeLeftovers(runner->journal);

    for (guint i = 0; i < leftovers->len; i++) {
        SessionContext* session = g_ptr_array_index(leftovers, i);
        session->stopSince = clockNow();
        moveSession(session, SESSION_STOPPING, END_INTERRUPTED);
        finishSession(runner, session);
    }
}
