/* SPDX-License-Identifier: MIT */
/* The HTTP API with its real server and threads: what asks, and what edits, while the main loop has
 * sessions begin and end. */
#include <glib/gstdio.h>
#include <string.h>

#include "CgiApi.h"
#include "CgiClient.h"
#include "FakeDescribeClient.h"
#include "FakeEventSubscribe.h"
#include "TestData.h"

enum { ASKERS = 3, QUESTIONS = 60, EDITS = 40 };

static const char trigger[] = "objectAnalytics:Device1Scenario1";

typedef struct {
    char* folder;
    char* socket;
    Application* app;
    CgiApi* api;
    CgiServer* server;
    gint running; /* threads; atomic */
} Fixture;

static void setUp(Fixture* fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;

    (void)unused;
    setFakeDescriber(FAKE_ANSWERS);
    setFakeTrigger(trigger, FALSE);
    fixture->folder = g_dir_make_tmp("cgi-XXXXXX", NULL);
    fixture->socket = g_build_filename(fixture->folder, "socket", NULL);
    fixture->app = newApplication("batondescribe", "1.0.0", fixture->folder);
    fixture->api = newCgiApi(fixture->app);
    fixture->server = newCgiServer(fixture->socket, answerCgiRequest, fixture->api, &error);
    g_assert_no_error(error);
    setCgiApiServer(fixture->api, fixture->server);
}

/* As main() does. */
static void tearDown(Fixture* fixture, gconstpointer unused) {
    g_autoptr(GDir) folder = g_dir_open(fixture->folder, 0, NULL);

    (void)unused;
    stopApplication(fixture->app);
    setCgiApiServer(fixture->api, NULL);
    freeCgiServer(fixture->server);
    freeCgiApi(fixture->api);
    g_assert_true(freeApplication(fixture->app));
    clearFakeTriggers();
    g_free(takeSentEvents());
    g_free(takeDeclared());
    for (const char* name; (name = g_dir_read_name(folder));) {
        g_autofree char* path = g_build_filename(fixture->folder, name, NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
    g_free(fixture->folder);
    g_free(fixture->socket);
}

static json_t* ask(const Fixture* fixture, const char* method, const char* target, json_t* body,
                   guint expected) {
    g_autofree char* text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    guint status;
    g_autofree char* answer = askCgi(fixture->socket, method, target, text, &status);
    json_t* json = json_loads(answer, 0, NULL);

    if (status != expected || !json)
        g_error("%s %s: %u %s", method, target, status, answer);
    if (body)
        json_decref(body);
    return json;
}

static void ended(Fixture* fixture) {
    g_atomic_int_add(&fixture->running, -1);
    g_main_context_wakeup(NULL);
}

static gpointer askAll(gpointer data) {
    static const char* const targets[] = {
        "status.cgi",   "sessions.cgi", "descriptions.cgi?since=0&include=sessions",
        "profiles.cgi", "triggers.cgi", "settings.cgi"};
    Fixture* fixture = data;

    for (int i = 0; i < QUESTIONS; i++)
        json_decref(ask(fixture, "GET", targets[i % (int)G_N_ELEMENTS(targets)], NULL, 200));
    ended(fixture);
    return NULL;
}

/* Follows the records as the page does, by long polls. */
static gpointer follow(gpointer data) {
    Fixture* fixture = data;
    json_int_t next = 0;

    for (int i = 0; i < QUESTIONS && g_atomic_int_get(&fixture->running) > 1; i++) {
        g_autofree char* target = g_strdup_printf(
            "descriptions.cgi?include=sessions&wait=1&since=%" JSON_INTEGER_FORMAT, next);
        json_auto_t* records = ask(fixture, "GET", target, NULL, 200);
        g_assert_cmpint(json_integer_value(json_object_get(records, "next")), >=, next);
        next = json_integer_value(json_object_get(records, "next"));
    }
    ended(fixture);
    return NULL;
}

static json_t* profile(const char* id, int edit) {
    g_autofree char* prompt = g_strdup_printf("{'prompt': 'Edit %d'}", edit);

    return profileJson(id, "activeMonitoring", "Device1Scenario1", prompt);
}

static gpointer edit(gpointer data) {
    Fixture* fixture = data;

    for (int i = 0; i < EDITS; i++) {
        json_decref(ask(fixture, "PUT", "profiles.cgi",
                        json_pack("{s[o]}", "profiles", profile("door", i)), 200));
        json_decref(ask(fixture, "POST", "profiles.cgi", profile("gate", i), 201));
        json_decref(ask(fixture, "PUT", "settings.cgi",
                        json_pack("{s{si}}", "budget", "callsPerHour", 100 + i), 200));
        json_decref(ask(fixture, "DELETE", "profiles.cgi?id=gate", NULL, 200));
        json_decref(ask(fixture, "DELETE", "profiles.cgi?id=gate", NULL, 404));
    }
    ended(fixture);
    return NULL;
}

static void testThreadsAskWhileOthersEdit(Fixture* fixture, gconstpointer unused) {
    GPtrArray* threads = g_ptr_array_new();
    gboolean active = FALSE;

    (void)unused;
    fixture->running = ASKERS + 2;
    for (int i = 0; i < ASKERS; i++)
        g_ptr_array_add(threads, g_thread_new("asker", askAll, fixture));
    g_ptr_array_add(threads, g_thread_new("editor", edit, fixture));
    g_ptr_array_add(threads, g_thread_new("follower", follow, fixture));
    while (g_atomic_int_get(&fixture->running)) {
        setFakeTrigger(trigger, active = !active);
        g_main_context_iteration(NULL, TRUE);
        runMainLoop(); /* until all is done: edges without a pause would leave no turn for others */
    }
    for (guint i = 0; i < threads->len; i++)
        g_thread_join(g_ptr_array_index(threads, i));
    g_ptr_array_unref(threads);
}

typedef struct {
    Fixture* fixture;
    json_t* answer;
} Poll;

static gpointer pollOnce(gpointer data) {
    Poll* waiting = data;

    waiting->answer =
        ask(waiting->fixture, "GET", "descriptions.cgi?include=sessions&wait=30", NULL, 200);
    ended(waiting->fixture);
    return NULL;
}

static gboolean hasEnded(gconstpointer data) {
    return g_atomic_int_get(&((const Fixture*)data)->running) == 0;
}

static gpointer askOnce(gpointer data) {
    json_decref(ask(data, "GET", "sessions.cgi", NULL, 200));
    ended(data);
    return NULL;
}

/* Twice as many as the server has threads wait for news; another request is answered meanwhile,
 * and the news wakes them all. */
static void testLongPollsHoldNoThread(Fixture* fixture, gconstpointer unused) {
    Poll polls[4];
    GThread* threads[G_N_ELEMENTS(polls)];

    (void)unused;
    fixture->running = 1;
    GThread* asker = g_thread_new("asker", askOnce, fixture);
    waitUntil(hasEnded, fixture, "an answer");
    g_thread_join(asker);
    for (gsize i = 0; i < G_N_ELEMENTS(polls); i++) {
        polls[i] = (Poll){fixture, NULL};
        g_atomic_int_inc(&fixture->running);
        threads[i] = g_thread_new("poller", pollOnce, &polls[i]);
    }
    askOnce(fixture); /* nothing of it needs the main loop */
    g_atomic_int_inc(&fixture->running);
    json_auto_t* list = json_array();
    json_array_append_new(list, profile("door", 0));
    g_autoptr(Config) config = withProfiles(fixture->app->config, list, NULL);
    g_assert_true(applyConfig(fixture->app, config, NULL));
    runMainLoop();
    setFakeTrigger(trigger, TRUE);
    waitUntil(hasEnded, fixture, "the news to reach all polls");

    for (gsize i = 0; i < G_N_ELEMENTS(polls); i++) {
        g_thread_join(threads[i]);
        g_assert_cmpuint(json_array_size(json_object_get(polls[i].answer, "descriptions")), >, 0);
        json_decref(polls[i].answer);
    }
}

static gpointer pollShortly(gpointer data) {
    json_auto_t* answer = ask(data, "GET", "descriptions.cgi?wait=1", NULL, 200);

    g_assert_cmpuint(json_array_size(json_object_get(answer, "descriptions")), ==, 0);
    ended(data);
    return NULL;
}

/* Whichever thread waits for requests must know when the first wait is over. */
static void testAPollWithoutNewsIsAnsweredInTheEnd(Fixture* fixture, gconstpointer unused) {
    GThread* threads[20];

    (void)unused;
    fixture->running = G_N_ELEMENTS(threads);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("poller", pollShortly, fixture);
    waitUntil(hasEnded, fixture, "polls to be answered without news");
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

/* A server of its own, whose news come while a poll that has just looked is not parked yet. */
typedef struct {
    char* socket;
    CgiServer* server;
    gint looks, others, answered; /* atomic */
} Late;

static void answerLate(const CgiRequest* request, CgiReply* reply, gpointer data) {
    Late* late = data;

    if (strcmp(request->name, "other.cgi") == 0) {
        reply->body = g_strdup("{}");
        g_atomic_int_inc(&late->others);
        return;
    }
    if (g_atomic_int_add(&late->looks, 1) > 0) {
        reply->body = g_strdup("{}");
        return;
    }
    reply->waitUntil = request->receivedAt + G_TIME_SPAN_MINUTE;
    wakeCgiServer(late->server);
    while (g_atomic_int_get(&late->others) < 2) /* until the other thread has seen the wake-up */
        g_thread_yield();
}

static gpointer askLate(gpointer data) {
    Late* late = data;
    guint status;

    g_free(askCgi(late->socket, "GET", "poll.cgi", NULL, &status));
    g_atomic_int_inc(&late->answered);
    return NULL;
}

static gboolean hasLooked(gconstpointer data) {
    return g_atomic_int_get(&((const Late*)data)->looks) > 0;
}

static gboolean isAnswered(gconstpointer data) {
    return g_atomic_int_get(&((const Late*)data)->answered) > 0;
}

static void testNewsBeforeParkingIsNotMissed(Fixture* fixture, gconstpointer unused) {
    Late late = {.socket = g_build_filename(fixture->folder, "late", NULL)};
    guint status;

    (void)unused;
    late.server = newCgiServer(late.socket, answerLate, &late, NULL);
    GThread* poller = g_thread_new("poller", askLate, &late);
    waitUntil(hasLooked, &late, "the poll to look");
    for (int i = 0; i < 2; i++)
        g_free(askCgi(late.socket, "GET", "other.cgi", NULL, &status));
    waitUntil(isAnswered, &late, "the poll to hear the news");

    g_thread_join(poller);
    freeCgiServer(late.server);
    g_unlink(late.socket);
    g_free(late.socket);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* warnings are wanted here */
    g_test_add("/cgi/ask-while-editing", Fixture, NULL, setUp, testThreadsAskWhileOthersEdit,
               tearDown);
    g_test_add("/cgi/long-polls", Fixture, NULL, setUp, testLongPollsHoldNoThread, tearDown);
    g_test_add("/cgi/news-before-parking", Fixture, NULL, setUp, testNewsBeforeParkingIsNotMissed,
               tearDown);
    g_test_add("/cgi/no-news", Fixture, NULL, setUp, testAPollWithoutNewsIsAnsweredInTheEnd,
               tearDown);
    return g_test_run();
}
