/* SPDX-License-Identifier: MIT */
#include "CgiApi.h"

#include <string.h>

#include "ApiReports.h"
#include "Clock.h"
#include "ConfigEdit.h"
#include "JsonReader.h"

enum { DEFAULT_LIMIT = 100, MOST_LIMIT = 1000, MOST_WAIT_SEC = 60 };

struct CgiApi {
    Application* app;
    CgiServer* server;
};

static void onNews(gpointer data) {
    const CgiApi* api = data;

    if (api->server)
        wakeCgiServer(api->server);
}

CgiApi* newCgiApi(Application* app) {
    CgiApi* api = g_new0(CgiApi, 1);

    api->app = app;
    setPublisherListener(app->publisher, onNews, api);
    return api;
}

void freeCgiApi(CgiApi* api) {
    if (!api)
        return;
    setPublisherListener(api->app->publisher, NULL, NULL);
    g_free(api);
}

void setCgiApiServer(CgiApi* api, CgiServer* server) {
    api->server = server;
}

/* Takes json. */
static void reply(CgiReply* out, guint status, json_t* json) {
    out->status = status;
    out->body = json_dumps(json, JSON_COMPACT);
    json_decref(json);
}

static void replyError(CgiReply* out, guint status, const char* code, const char* message,
                       const char* field) {
    reply(out, status,
          json_pack("{s{ssssss}}", "error", "code", code, "message", message, "field", field));
}

/* The status and code that an error of the configuration has. */
static void replyGError(CgiReply* out, const GError* error) {
    static const struct {
        guint status;
        const char* code;
    } kinds[] = {[CONFIG_ERROR_INVALID] = {400, "invalid"},
                 [CONFIG_ERROR_DUPLICATE] = {409, "duplicateId"},
                 [CONFIG_ERROR_UNKNOWN] = {404, "unknownProfile"},
                 [CONFIG_ERROR_STORAGE] = {500, "notSaved"}};
    g_autofree char* field = errorField(error);

    if (error->domain == CONFIG_ERROR)
        replyError(out, kinds[error->code].status, kinds[error->code].code, errorText(error),
                   field);
    else
        replyError(out, 503, "stopping", error->message, "");
}

/* A number of the query; fallback when it is absent. FALSE and an error reply when it is none. */
static gboolean readNumber(const CgiRequest* request, const char* name, guint64 fallback,
                           guint64 most, guint64* number, CgiReply* out) {
    const char* text = g_hash_table_lookup(request->query, name);

    *number = fallback;
    if (!text || g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, number, NULL)) {
        *number = MIN(*number, most);
        return TRUE;
    }
    replyError(out, 400, "invalid", "must be a whole number", name);
    return FALSE;
}

static void getSessions(CgiApi* api, const CgiRequest* request, CgiReply* out) {
    (void)request;
    reply(out, 200, sessionsToJson(api->app->registry));
}

static void getDescriptions(CgiApi* api, const CgiRequest* request, CgiReply* out) {
    const char* include = g_hash_table_lookup(request->query, "include");
    guint64 since, limit, wait, next;
    guint copied;

    if (!readNumber(request, "since", 0, G_MAXINT64, &since, out) ||
        !readNumber(request, "limit", DEFAULT_LIMIT, MOST_LIMIT, &limit, out) ||
        !readNumber(request, "wait", 0, MOST_WAIT_SEC, &wait, out))
        return;
    gboolean all = include && strcmp(include, "sessions") == 0;
    GString* records = copyRecords(api->app->publisher, since, (guint)limit, all, &copied, &next);
    if (copied || !wait || request->isLastTry)
        out->body = g_strdup_printf("{\"descriptions\":%s,\"next\":%" G_GUINT64_FORMAT "}",
                                    records->str, next);
    else
        out->waitUntil = request->receivedAt + (gint64)wait * G_TIME_SPAN_SECOND;
    g_string_free(records, TRUE);
}

/* Has func done on the main loop and replies with its JSON. */
static void replyFromMainLoop(CgiApi* api, MainCallFunc func, gpointer data, guint status,
                              CgiReply* out) {
    g_autoptr(GError) error = NULL;
    json_t* json = callMainLoop(api->app->calls, func, data, &error);

    if (json)
        reply(out, status, json);
    else
        replyGError(out, error);
}

static void getStatus(CgiApi* api, const CgiRequest* request, CgiReply* out) {
    (void)request;
    replyFromMainLoop(api, reportStatus, api->app, 200, out);
}

static void getProfiles(CgiApi* api, const CgiRequest* request, CgiReply* out) {
    (void)request;
    replyFromMainLoop(api, reportProfiles, api->app, 200, out);
}

static void getTriggers(CgiApi* api, const CgiRequest* request, CgiReply* out) {
    (void)request;
    replyFromMainLoop(api, reportTriggers, api->app, 200, out);
}

static void getSettings(CgiApi* api, const CgiRequest* request, CgiReply* out) {
    (void)request;
    replyFromMainLoop(api, reportSettings, api->app, 200, out);
}

static void changeConfig(CgiApi* api, const CgiRequest* request, ConfigEditKind kind, guint status,
                         CgiReply* out) {
    json_error_t where;
    json_auto_t* body = NULL;

    if (kind != EDIT_DELETE_PROFILE) {
        body = json_loadb(request->body, request->bodyLength, JSON_REJECT_DUPLICATES, &where);
        if (!body) {
            g_autofree char* text =
                g_strdup_printf("line %d, column %d: %s", where.line, where.column, where.text);
            replyError(out, 400, "notJson", text, "");
            return;
        }
    }
    ConfigEdit edit = {api->app, kind, body, g_hash_table_lookup(request->query, "id"), NULL};
    replyFromMainLoop(api, editConfig, &edit, status, out);
}

static void putProfiles(CgiApi* api, const CgiRequest* request, CgiReply* out) {
    changeConfig(api, request, EDIT_REPLACE_PROFILES, 200, out);
}

static void postProfile(CgiApi* api, const CgiRequest* request, CgiReply* out) {
    changeConfig(api, request, EDIT_ADD_PROFILE, 201, out);
}

static void deleteProfile(CgiApi* api, const CgiRequest* request, CgiReply* out) {
    if (g_hash_table_lookup(request->query, "id"))
        changeConfig(api, request, EDIT_DELETE_PROFILE, 200, out);
    else
        replyError(out, 400, "invalid", "is missing; say which profile: profiles.cgi?id=ID", "id");
}

static void putSettings(CgiApi* api, const CgiRequest* request, CgiReply* out) {
    changeConfig(api, request, EDIT_SETTINGS, 200, out);
}

typedef struct {
    const char* name;
    const char* method;
    void (*answer)(CgiApi* api, const CgiRequest* request, CgiReply* out);
} Route;

static const Route routes[] = {
    {"status.cgi", "GET", getStatus},      {"sessions.cgi", "GET", getSessions},
    {"triggers.cgi", "GET", getTriggers},  {"descriptions.cgi", "GET", getDescriptions},
    {"profiles.cgi", "GET", getProfiles},  {"profiles.cgi", "PUT", putProfiles},
    {"profiles.cgi", "POST", postProfile}, {"profiles.cgi", "DELETE", deleteProfile},
    {"settings.cgi", "GET", getSettings},  {"settings.cgi", "PUT", putSettings},
};

/* No form of another site's page can send this type without the browser asking first. */
static gboolean isAllowedChange(const CgiRequest* request) {
    if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "DELETE") == 0)
        return TRUE;
    return g_ascii_strncasecmp(request->contentType, "application/json", 16) == 0;
}

void answerCgiRequest(const CgiRequest* request, CgiReply* out, gpointer data) {
    gboolean known = FALSE;

    for (gsize i = 0; i < G_N_ELEMENTS(routes); i++) {
        if (strcmp(routes[i].name, request->name) != 0)
            continue;
        known = TRUE;
        if (strcmp(routes[i].method, request->method) != 0)
            continue;
        if (isAllowedChange(request))
            routes[i].answer(data, request, out);
        else
            replyError(out, 415, "mediaType", "send Content-Type: application/json", "");
        return;
    }
    if (known)
        replyError(out, 405, "method", "this endpoint does not know that method", "");
    else
        replyError(out, 404, "unknownEndpoint", "there is no such endpoint", "");
}
