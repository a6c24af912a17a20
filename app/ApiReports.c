/* SPDX-License-Identifier: MIT */
#include "ApiReports.h"

#include <string.h>

#include "Clock.h"
#include "Counters.h"

static json_t* toMs(gint64 us) {
    return json_real((double)us / 1000);
}

static json_t* sessionToJson(SessionContext* session) {
    SessionInfo info = copySessionInfo(session);
    const Profile* profile = session->profile;
    gboolean ended = info.state == SESSION_ENDED;
    gint64 until = ended ? info.endedUs : clockNow();

    return json_pack("{ssss ssss ssss so si si si si sb ss? ss? so sb ss?}", "id", session->id,
                     "profile", profile->id, "trigger", profile->trigger->id, "sessionType",
                     sessionTypeName(profile->sessionType), "state", sessionStateName(info.state),
                     "startedAt", session->startedAt, "ageMs", toMs(until - session->createdUs),
                     "ticks", (int)info.ticks, "skippedTicks", (int)info.skippedTicks,
                     "descriptions", (int)info.descriptions, "failures", (int)info.failures,
                     "callInFlight", info.callInFlight, "endReason", endReasonName(info.endReason),
                     "endedAt", ended ? info.endedAt : NULL, "endDelayMs",
                     ended ? toMs(info.endDelayUs) : json_null(), "callAborted", info.callAborted,
                     "error", info.error[0] ? info.error : NULL);
}

/* Takes sessions. */
static json_t* listToJson(GPtrArray* sessions) {
    json_t* list = json_array();

    for (guint i = 0; i < sessions->len; i++)
        json_array_append_new(list, sessionToJson(g_ptr_array_index(sessions, i)));
    g_ptr_array_unref(sessions);
    return list;
}

static gint compareAge(gconstpointer a, gconstpointer b) {
    const SessionContext* left = *(SessionContext* const*)a;
    const SessionContext* right = *(SessionContext* const*)b;

    return (left->createdUs > right->createdUs) - (left->createdUs < right->createdUs);
}

json_t* sessionsToJson(SessionRegistry* registry) {
    GPtrArray* open = copyOpenSessions(registry);

    g_ptr_array_sort(open, compareAge);
    return json_pack("{soso}", "open", listToJson(open), "ended",
                     listToJson(copyEndedSessions(registry)));
}

static void appendProblem(json_t* problems, const char* code, const char* message) {
    json_array_append_new(problems, json_pack("{ssss}", "code", code, "message", message));
}

static json_t* problemsToJson(const Application* app) {
    json_t* problems = json_array();
    g_autofree char* unsaved = budgetProblem(app->budget);

    if (app->configProblem)
        appendProblem(problems, "config", app->configProblem);
    if (!app->config->describer.url[0])
        appendProblem(problems, "describer",
                      "no describer is set; give its address in settings.cgi");
    else if (lastRunnerError(app->runner))
        appendProblem(problems, "description", lastRunnerError(app->runner));
    if (unsaved)
        appendProblem(problems, "budget", unsaved);
    if (haveSubscriptionProblem(app->subscriptions))
        appendProblem(problems, "subscription",
                      "a profile's trigger has a problem, see subscriptions");
    return problems;
}

static json_t* countersToJson(void) {
    json_t* counters = json_object();

    for (int i = 0; i < COUNTERS; i++)
        json_object_set_new(counters, counterName((Counter)i), json_integer(countOf((Counter)i)));
    return counters;
}

void reportStatus(MainCall* call, gpointer data) {
    const Application* app = data;
    const DescriberConfig* describer = &app->config->describer;
    ThreadPoolInfo pool = threadPoolInfo(app->pool);
    json_t* problems = problemsToJson(app);
    guint open = countOpenSessions(app->registry) + countClosingSessions(app->registry);
    json_t* status = json_pack(
        "{s{ssss} ss so so s{ss} s{ssss} so s{si} s{sisisi} si so}", "app", "name", app->name,
        "version", app->version, "health", json_array_size(problems) ? "degraded" : "ok",
        "problems", problems, "uptimeSec",
        json_real((double)(clockNow() - app->startedUs) / G_TIME_SPAN_SECOND), "camera", "serial",
        app->serial, "describer", "url", describer->url, "model", describer->model, "subscriptions",
        profileSubscriptionsToJson(app->subscriptions), "sessions", "open", (int)open, "pool",
        "threads", (int)pool.threads, "busy", (int)pool.busy, "queued", (int)pool.queued,
        "queuedEvents", (int)countQueuedOutput(app->output), "counters", countersToJson());

    finishMainCall(call, status, NULL);
}

void reportProfiles(MainCall* call, gpointer data) {
    const Application* app = data;

    finishMainCall(call, json_pack("{so}", "profiles", profilesToJson(app->config)), NULL);
}

json_t* settingsToJson(const Application* app) {
    json_t* describer = describerToJson(&app->config->describer);

    json_object_set_new(describer, "apiKeySet", json_boolean(app->apiKey != NULL));
    return json_pack("{sososi}", "describer", describer, "budget",
                     budgetToJson(&app->config->budget), "levelCheckSec",
                     (int)app->config->levelCheckSec);
}

void reportSettings(MainCall* call, gpointer data) {
    finishMainCall(call, settingsToJson(data), NULL);
}

static gint compareTriggers(gconstpointer a, gconstpointer b) {
    const TriggerState* left = *(TriggerState* const*)a;
    const TriggerState* right = *(TriggerState* const*)b;

    return strcmp(left->trigger->id, right->trigger->id);
}

json_t* triggerStatesToJson(GPtrArray* states) {
    json_t* list = json_array();

    g_ptr_array_sort(states, compareTriggers);
    for (guint i = 0; i < states->len; i++) {
        const TriggerState* state = g_ptr_array_index(states, i);
        json_t* json = triggerToJson(state->trigger);
        json_object_set_new(json, "active", json_boolean(state->active));
        json_object_set_new(json, "stateful", json_true());
        json_array_append_new(list, json);
    }
    return list;
}

static void onTriggerStates(GPtrArray* states, gpointer call) {
    finishMainCall(call, json_pack("{so}", "triggers", triggerStatesToJson(states)), NULL);
    g_ptr_array_unref(states);
}

void reportTriggers(MainCall* call, gpointer data) {
    const Application* app = data;

    findTriggerStates(app->events, ASK_ALL, NULL, onTriggerStates, call);
}
