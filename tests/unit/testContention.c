/* SPDX-License-Identifier: MIT */
/* Real pool, real client, real clock and real threads at once: workers that call a server which
 * answers, stays silent or hangs up, readers that copy whatever they can, and a main loop that
 * starts and ends sessions. Meant for ThreadSanitizer; it must hold without as well.
 * With --planted-race it makes a mistake that ThreadSanitizer must report. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "Counters.h"
#include "FakeEventSubscribe.h"
#include "FakeFrameSource.h"
#include "ProfileSubscription.h"
#include "TestData.h"

enum { PROFILES = 6, READERS = 3, ROUNDS = 12 };

static const char* const triggers[] = {"objectAnalytics:Device1Scenario1",
                                       "objectAnalytics:Device1Scenario2"};

typedef struct {
    GSocket* socket;
    GCancellable* cancel;
    GThread* thread;
    char* url;
    gint requests, connections; /* atomic */
} Server;

typedef struct {
    SessionRegistry* registry;
    ThreadPool* pool;
    DescribeClient* client;
    Budget* budget;
    Publisher* publisher;
    SessionJournal* journal;
    SessionRunner* runner;
    EventSource* events;
    ProfileSubscriptions* subscriptions;
    Server server;
    GThread* readers[READERS];
    gint isOver; /* atomic */
    char* folder;
} Rig;

static gboolean readRequest(GSocket* connection) {
    GString* text = g_string_new(NULL);
    char buffer[4096];
    gssize got = 1;

    while (!g_str_has_suffix(text->str, "]}]}") && got > 0) {
        got = g_socket_receive(connection, buffer, sizeof buffer, NULL, NULL);
        if (got > 0)
            g_string_append_len(text, buffer, got);
    }
    g_string_free(text, TRUE);
    return got > 0;
}

/* One of the server's connections; plain threads, so that nothing but the app's own is shared. */
typedef struct {
    Server* server;
    GSocket* socket;
} Connection;

/* One request after the other: every third hangs until the client closes, every fifth is cut. */
static gpointer serve(gpointer data) {
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 62\r\n\r\n"
                                 "{\"model\":\"m\",\"choices\":[{\"message\":"
                                 "{\"content\":\"A door.\"}}]}     ";
    g_autofree Connection* connection = data;
    Server* server = connection->server;

    while (readRequest(connection->socket)) {
        int number = g_atomic_int_add(&server->requests, 1);
        if (number % 5 == 4)
            break;
        if (number % 3 != 2)
            g_socket_send(connection->socket, answer, strlen(answer), NULL, NULL);
    }
    g_object_unref(connection->socket);
    g_atomic_int_add(&server->connections, -1);
    return NULL;
}

static gpointer acceptAll(gpointer data) {
    Server* server = data;
    GSocket* socket;

    while ((socket = g_socket_accept(server->socket, server->cancel, NULL))) {
        Connection* connection = g_new(Connection, 1);
        *connection = (Connection){server, socket};
        g_atomic_int_inc(&server->connections);
        g_thread_unref(g_thread_new("connection", serve, connection));
    }
    return NULL;
}

static void startServer(Server* server) {
    g_autoptr(GSocketAddress) loopback = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    g_autoptr(GSocketAddress) bound = NULL;
    g_autoptr(GError) error = NULL;

    server->socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
    g_socket_bind(server->socket, loopback, TRUE, &error);
    g_socket_listen(server->socket, &error);
    g_assert_no_error(error);
    bound = g_socket_get_local_address(server->socket, NULL);
    server->url = g_strdup_printf("http://127.0.0.1:%u/v1",
                                  g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
    server->cancel = g_cancellable_new();
    server->thread = g_thread_new("server", acceptAll, server);
}

static gboolean hasNoConnection(gconstpointer data) {
    return g_atomic_int_get(&((Server*)data)->connections) == 0;
}

static void stopServer(Server* server) {
    waitUntil(hasNoConnection, server, "all connections to close");
    g_cancellable_cancel(server->cancel);
    g_thread_join(server->thread);
    g_object_unref(server->cancel);
    g_object_unref(server->socket);
    g_free(server->url);
}

static void readSessions(SessionRegistry* registry, GPtrArray* sessions) {
    for (guint i = 0; i < sessions->len; i++) {
        SessionContext* session = g_ptr_array_index(sessions, i);
        g_autoptr(SessionContext) found = findSession(registry, session->id);
        SessionInfo info = copySessionInfo(session);
        g_assert_cmpint(info.state, <=, SESSION_ENDED);
    }
    g_ptr_array_unref(sessions);
}

/* What API requests do. */
static gpointer readAll(gpointer data) {
    Rig* rig = data;
    guint64 since = 0;

    while (!g_atomic_int_get(&rig->isOver)) {
        guint copied;
        readSessions(rig->registry, copyOpenSessions(rig->registry));
        readSessions(rig->registry, copyEndedSessions(rig->registry));
        readSessions(rig->registry, copyTriggerSessions(rig->registry, triggers[0]));
        readSessions(rig->registry, copyProfileSessions(rig->registry, "p1"));
        g_string_free(copyRecords(rig->publisher, since, 20, TRUE, &copied, &since), TRUE);
        g_assert_cmpuint(threadPoolInfo(rig->pool).threads, <=, 8);
        countOf(COUNT_CALLS);
        g_thread_yield();
    }
    return NULL;
}

static Config* makeProfiles(const Rig* rig) {
    json_t* list = json_array();
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < PROFILES; i++) {
        g_autofree char* id = g_strdup_printf("p%d", i);
        json_array_append_new(list, profileJson(id, i % 3 == 2 ? "oneShot" : "activeMonitoring",
                                                i % 2 ? "Device1Scenario1" : "Device1Scenario2",
                                                "{'intervalMs': 200}"));
    }
    json_auto_t* json =
        json_pack("{si so s{sssisi}}", "version", 2, "profiles", list, "describer", "url",
                  rig->server.url, "timeoutMs", 300, "maxConcurrent", 4, "retries", 1);
    Config* config = parseConfig(json, NULL, &error);
    g_assert_no_error(error);
    return config;
}

static void setUp(Rig* rig) {
    rig->folder = g_dir_make_tmp("contention-XXXXXX", NULL);
    startServer(&rig->server);
    rig->registry = newSessionRegistry();
    rig->pool = newThreadPool(4);
    rig->client = newDescribeClient();
    rig->budget = newBudget(rig->folder);
    rig->publisher = newPublisher(100);
    rig->journal = newSessionJournal(rig->folder);
    rig->runner = newSessionRunner(rig->registry, rig->pool, rig->client, rig->budget,
                                   rig->publisher, rig->journal);
    rig->events = newEventSource();
    rig->subscriptions = newProfileSubscriptions(rig->events, rig->runner);
    for (guint i = 0; i < G_N_ELEMENTS(triggers); i++)
        setFakeTrigger(triggers[i], FALSE);
    g_autoptr(Config) config = makeProfiles(rig);
    setRunnerConfig(rig->runner, config, "secret");
    setupProfileSubscriptions(rig->subscriptions, config);
    runMainLoop();
    for (int i = 0; i < READERS; i++)
        rig->readers[i] = g_thread_new("reader", readAll, rig);
}

static gboolean isNothingOpen(gconstpointer data) {
    SessionRegistry* registry = (SessionRegistry*)data;

    return countOpenSessions(registry) + countClosingSessions(registry) == 0;
}

static gboolean isNothingClosing(gconstpointer data) {
    return countClosingSessions((SessionRegistry*)data) == 0;
}

static void tearDown(Rig* rig) {
    freeProfileSubscriptions(rig->subscriptions);
    waitUntil(isNothingOpen, rig->registry, "all sessions to end");
    g_atomic_int_set(&rig->isOver, TRUE);
    for (int i = 0; i < READERS; i++)
        g_thread_join(rig->readers[i]);
    g_assert_true(freeThreadPool(rig->pool, 10000));
    runMainLoop();
    freeEventSource(rig->events);
    freeSessionRunner(rig->runner);
    freeSessionJournal(rig->journal);
    freePublisher(rig->publisher);
    freeBudget(rig->budget);
    freeDescribeClient(rig->client);
    freeSessionRegistry(rig->registry);
    stopServer(&rig->server);
    clearFakeTriggers();
    g_autofree char* spent = g_build_filename(rig->folder, "budget.json", NULL);
    g_unlink(spent);
    g_rmdir(rig->folder);
    g_free(rig->folder);
}

static gboolean hasCalls(gconstpointer data) {
    return countOf(COUNT_CALLS) >= GPOINTER_TO_UINT(data);
}

static void testEverythingAtOnce(void) {
    Rig rig = {.isOver = FALSE};
    guint started = countOf(COUNT_STARTED), ended = countOf(COUNT_ENDED);

    setUp(&rig);
    for (guint round = 0; round < ROUNDS; round++) {
        guint calls = countOf(COUNT_CALLS);
        setFakeTrigger(triggers[round % 2], TRUE);
        setThreadPoolSize(rig.pool, 2 + round % 5);
        waitUntil(hasCalls, GUINT_TO_POINTER(calls + 3), "calls to begin");
        setFakeTrigger(triggers[round % 2], FALSE);
        waitUntil(isNothingClosing, rig.registry, "ends while others read");
    }
    tearDown(&rig);

    g_assert_cmpuint(countOf(COUNT_STARTED) - started, >=, ROUNDS);
    g_assert_cmpuint(countOf(COUNT_STARTED) - started, ==, countOf(COUNT_ENDED) - ended);
}

typedef struct {
    SessionContext* session;
    gint isOver; /* atomic */
    guint sum;
} Race;

/* The mistake: reads what the lock guards, without it. */
static gpointer readWithoutLock(gpointer data) {
    Race* race = data;

    while (!g_atomic_int_get(&race->isOver))
        race->sum += race->session->info.ticks;
    return NULL;
}

static void testPlantedRace(void) {
    g_autoptr(Profile) profile = makeProfile("p", "activeMonitoring", "Device1Scenario1", NULL);
    Race race = {.session = newSession("race", profile, NULL, NULL)};
    GThread* reader = g_thread_new("reader", readWithoutLock, &race);

    for (int i = 0; i < 10000; i++)
        noteTick(race.session);
    g_atomic_int_set(&race.isOver, TRUE);
    g_thread_join(reader);
    g_assert_cmpuint(race.session->info.ticks, ==, 10000);
    unrefSession(race.session);
}

int main(int argc, char** argv) {
    gboolean isPlanted = argc > 1 && strcmp(argv[argc - 1], "--planted-race") == 0;

    argc -= isPlanted;
    argv[argc] = NULL;
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* warnings are wanted here */
    if (isPlanted)
        g_test_add_func("/contention/planted-race", testPlantedRace);
    else
        g_test_add_func("/contention/everything-at-once", testEverythingAtOnce);
    return g_test_run();
}
