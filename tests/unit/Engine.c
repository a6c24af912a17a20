/* SPDX-License-Identifier: MIT */
#include "Engine.h"

#include <glib/gstdio.h>

#include "Clock.h"
#include "FakeClock.h"
#include "FakeDescribeClient.h"
#include "FakeEventSubscribe.h"
#include "FakeFrameSource.h"
#include "TestData.h"

const char trigger1[] = "objectAnalytics:Device1Scenario1";
const char trigger2[] = "objectAnalytics:Device1Scenario2";

char* folder = NULL;

static void setUp(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_ANSWERS);
    failFakeFrames(FALSE);
    engine->registry = newSessionRegistry();
    engine->pool = newThreadPool(4);
    engine->client = newDescribeClient();
    engine->budget = newBudget(folder);
    engine->publisher = newPublisher(100);
    engine->journal = newSessionJournal(folder);
    engine->runner = newSessionRunner(engine->registry, engine->pool, engine->client,
                                      engine->budget, engine->publisher, engine->journal);
    engine->events = newEventSource();
    engine->output = newCameraOutput(engine->events, "batondescribe");
    setPublisherOutput(engine->publisher, engine->output);
    engine->subscriptions = newProfileSubscriptions(engine->events, engine->runner);
    engine->levelCheck = newLevelCheck(engine->events, engine->subscriptions);
    setFakeTrigger(trigger1, FALSE);
    setFakeTrigger(trigger2, FALSE);
}

static gboolean allHaveEnded(gconstpointer data) {
    SessionRegistry* registry = (SessionRegistry*)data;

    return countOpenSessions(registry) + countClosingSessions(registry) == 0;
}

static void removeFromFolder(const char* name) {
    g_autofree char* path = g_build_filename(folder, name, NULL);

    g_unlink(path);
}

static void tearDown(Engine* engine, gconstpointer unused) {
    (void)unused;
    runMainLoop();
    freeLevelCheck(engine->levelCheck);
    g_clear_pointer(&engine->subscriptions, freeProfileSubscriptions);
    releaseFakeCalls();
    waitUntil(allHaveEnded, engine->registry, "all sessions to end at shutdown");
    g_assert_true(freeThreadPool(engine->pool, 5000));
    runMainLoop();
    freeCameraOutput(engine->output);
    freeEventSource(engine->events);
    g_free(takeSentEvents());
    g_free(takeDeclared());
    freeSessionRunner(engine->runner);
    freeSessionJournal(engine->journal);
    freePublisher(engine->publisher);
    freeBudget(engine->budget);
    removeFromFolder("budget.json");
    freeDescribeClient(engine->client);
    freeSessionRegistry(engine->registry);
    clearFakeTriggers();
    g_assert_cmpuint(countTimers(), ==, 0);
    g_assert_cmpuint(countFakeSubscriptions(), ==, 0);
    g_assert_cmpuint(countFakeDeclarations(), ==, 0);
}

void configure(Engine* engine, Config* config) {
    setRunnerConfig(engine->runner, config, NULL);
    setupProfileSubscriptions(engine->subscriptions, config);
    setupCameraOutput(engine->output, config);
    unrefConfig(config);
    runMainLoop();
}

void configureOne(Engine* engine, const char* sessionType, const char* more) {
    configure(engine, makeConfig(profileJson("door", sessionType, "Device1Scenario1", more), NULL));
}

SessionContext* theSession(Engine* engine) {
    g_autoptr(GPtrArray) open = copyOpenSessions(engine->registry);

    g_assert_cmpuint(open->len, ==, 1);
    return refSession(g_ptr_array_index(open, 0));
}

EndReason lastEnd(Engine* engine) {
    g_autoptr(GPtrArray) ended = copyEndedSessions(engine->registry);

    g_assert_cmpuint(ended->len, >, 0);
    return copySessionInfo(g_ptr_array_index(ended, ended->len - 1)).endReason;
}

guint countEnded(Engine* engine) {
    g_autoptr(GPtrArray) ended = copyEndedSessions(engine->registry);

    return ended->len;
}

typedef struct {
    SessionContext* session;
    guint descriptions;
} Wanted;

static gboolean hasDescriptions(gconstpointer data) {
    const Wanted* wanted = data;

    return copySessionInfo(wanted->session).descriptions >= wanted->descriptions;
}

void waitForDescriptions(SessionContext* session, guint descriptions) {
    Wanted wanted = {session, descriptions};

    waitUntil(hasDescriptions, &wanted, "descriptions");
}

static gboolean isHanging(gconstpointer data) {
    return countHangingCalls() == GPOINTER_TO_UINT(data);
}

void waitForHangingCalls(guint calls) {
    waitUntil(isHanging, GUINT_TO_POINTER(calls), "calls that hang");
}

void waitForEnds(Engine* engine) {
    waitUntil(allHaveEnded, engine->registry, "all sessions to end");
}

void setUpEngineTests(int* argc, char*** argv) {
    g_test_init(argc, argv, NULL);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* warnings are wanted here */
    folder = g_dir_make_tmp("engine-XXXXXX", NULL);
}

void addEngineTest(const char* name, void (*test)(Engine* engine, gconstpointer unused)) {
    g_test_add(name, Engine, NULL, setUp, test, tearDown);
}

int runEngineTests(void) {
    int failed = g_test_run();

    g_rmdir(folder);
    g_clear_pointer(&folder, g_free);
    return failed;
}
