/* SPDX-License-Identifier: MIT */
/* The life of sessions: real subscriptions, runner, registry and pool; faked camera, describer and
 * clock. */
#include <glib/gstdio.h>
#include <string.h>

#include "Clock.h"
#include "Counters.h"
#include "FakeClock.h"
#include "FakeDescribeClient.h"
#include "FakeEventSubscribe.h"
#include "FakeFrameSource.h"
#include "LevelCheck.h"
#include "ProfileSubscription.h"
#include "TestData.h"

static const char trigger1[] = "objectAnalytics:Device1Scenario1";
static const char trigger2[] = "objectAnalytics:Device1Scenario2";

static char* folder = NULL; /* of the journals */

typedef struct {
    SessionRegistry* registry;
    ThreadPool* pool;
    DescribeClient* client;
    Budget* budget;
    Publisher* publisher;
    SessionJournal* journal;
    SessionRunner* runner;
    EventSource* events;
    CameraOutput* output;
    ProfileSubscriptions* subscriptions;
    LevelCheck* levelCheck;
} Engine;

static void setUp(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_ANSWERS);
    failFakeFrames(FALSE);
    engine->registry = newSessionRegistry();
    engine->pool = newThreadPool(4);
    engine->client = newDescribeClient();
    engine->budget = newBudget();
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
    freeSessionRunner(engine->runner);
    freeSessionJournal(engine->journal);
    freePublisher(engine->publisher);
    freeBudget(engine->budget);
    freeDescribeClient(engine->client);
    freeSessionRegistry(engine->registry);
    clearFakeTriggers();
    g_assert_cmpuint(countTimers(), ==, 0);
    g_assert_cmpuint(countFakeSubscriptions(), ==, 0);
    g_assert_cmpuint(countFakeDeclarations(), ==, 0);
}

/* Takes config, and lets the first states come. */
static void configure(Engine* engine, Config* config) {
    setRunnerConfig(engine->runner, config, NULL);
    setupProfileSubscriptions(engine->subscriptions, config);
    setupCameraOutput(engine->output, config);
    unrefConfig(config);
    runMainLoop();
}

static void configureOne(Engine* engine, const char* sessionType, const char* more) {
    configure(engine, makeConfig(profileJson("door", sessionType, "Device1Scenario1", more), NULL));
}

/* The only open session; a new reference. */
static SessionContext* theSession(Engine* engine) {
    g_autoptr(GPtrArray) open = copyOpenSessions(engine->registry);

    g_assert_cmpuint(open->len, ==, 1);
    return refSession(g_ptr_array_index(open, 0));
}

/* How the newest ended session ended. */
static EndReason lastEnd(Engine* engine) {
    g_autoptr(GPtrArray) ended = copyEndedSessions(engine->registry);

    g_assert_cmpuint(ended->len, >, 0);
    return copySessionInfo(g_ptr_array_index(ended, ended->len - 1)).endReason;
}

static guint countEnded(Engine* engine) {
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

static void waitForDescriptions(SessionContext* session, guint descriptions) {
    Wanted wanted = {session, descriptions};

    waitUntil(hasDescriptions, &wanted, "descriptions");
}

static gboolean isHanging(gconstpointer data) {
    return countHangingCalls() == GPOINTER_TO_UINT(data);
}

static void waitForHangingCalls(guint calls) {
    waitUntil(isHanging, GUINT_TO_POINTER(calls), "calls that hang");
}

static gboolean hasNothingClosing(gconstpointer data) {
    return countClosingSessions((SessionRegistry*)data) == 0;
}

static void waitForEnds(Engine* engine) {
    waitUntil(allHaveEnded, engine->registry, "all sessions to end");
}

static void testMonitoringLivesExactlyAsLongAsItsTrigger(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 0);

    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    waitForDescriptions(session, 1);
    advanceClock(1000);
    waitForDescriptions(session, 2);
    setFakeTrigger(trigger1, FALSE);

    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 0);
    waitForEnds(engine);
    g_assert_cmpint(lastEnd(engine), ==, END_INACTIVE);
    advanceClock(60000);
    runMainLoop();
    g_assert_cmpuint(copySessionInfo(session).descriptions, ==, 2);
}

static void testOneShotCompletesAndIsNotTouchedByTheEnd(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_HANGS);
    configureOne(engine, "oneShot", NULL);

    setFakeTrigger(trigger1, TRUE);
    waitForHangingCalls(1);
    setFakeTrigger(trigger1, FALSE);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
    releaseFakeCalls();

    waitForEnds(engine);
    g_assert_cmpint(lastEnd(engine), ==, END_COMPLETED);
}

static void testEndCancelsTheCallUnderWay(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_HANGS);
    configureOne(engine, "activeMonitoring", NULL);

    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    waitForHangingCalls(1);
    setFakeTrigger(trigger1, FALSE);

    g_assert_cmpint(copySessionInfo(session).state, ==, SESSION_STOPPING);
    waitForEnds(engine);
    g_assert_true(copySessionInfo(session).callAborted);
    g_assert_cmpuint(countHangingCalls(), ==, 0);
}

static gboolean isFrameHanging(gconstpointer unused) {
    (void)unused;
    return countHangingFrames() == 1;
}

/* A call that is never made must not be taken from the budget. */
static void testEndDuringTheSnapshotCostsNoCall(Engine* engine, gconstpointer unused) {
    (void)unused;
    guint calls = countOf(COUNT_CALLS);
    hangFakeFrames(TRUE);
    configureOne(engine, "activeMonitoring", "{'frame': {'count': 2}}");

    setFakeTrigger(trigger1, TRUE);
    waitUntil(isFrameHanging, NULL, "the snapshot to hang");
    setFakeTrigger(trigger1, FALSE);
    hangFakeFrames(FALSE);
    waitForEnds(engine);

    g_assert_cmpuint(countOf(COUNT_CALLS), ==, calls);
}

static void testLateResultIsDiscarded(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_ANSWERS_LATE);
    configureOne(engine, "activeMonitoring", NULL);

    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    waitForHangingCalls(1);
    setFakeTrigger(trigger1, FALSE);
    advanceClock(40);
    g_assert_cmpint(copySessionInfo(session).state, ==, SESSION_ENDED);

    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) next = theSession(engine);
    waitForHangingCalls(2);
    releaseFakeCalls();
    waitForDescriptions(next, 1);
    g_assert_cmpuint(copySessionInfo(session).descriptions, ==, 0);
}

static void testEndNeedsNoFreeWorker(Engine* engine, gconstpointer unused) {
    (void)unused;
    json_auto_t* list = json_array();
    g_autoptr(Config) empty = makeConfig(NULL, NULL);
    setFakeDescriber(FAKE_ANSWERS_LATE); /* holds its worker whatever becomes of the session */
    for (int i = 0; i < 10; i++) {
        g_autofree char* id = g_strdup_printf("p%d", i);
        json_array_append_new(list, profileJson(id, "activeMonitoring", "Device1Scenario1", NULL));
    }
    configure(engine, withProfiles(empty, list, NULL));

    setFakeTrigger(trigger1, TRUE);
    waitForHangingCalls(4);
    g_assert_cmpuint(threadPoolInfo(engine->pool).queued, ==, 6);
    setFakeTrigger(trigger1, FALSE);

    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 0);
    g_assert_cmpuint(threadPoolInfo(engine->pool).queued, ==, 0);
    g_assert_cmpuint(countEnded(engine), ==, 6);
    releaseFakeCalls();
    waitForEnds(engine);
    g_assert_cmpuint(countEnded(engine), ==, 10);
}

static void testTicksDoNotOverlap(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_HANGS);
    configureOne(engine, "activeMonitoring", NULL);

    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    guint before = countFakeCalls();
    waitForHangingCalls(1);
    advanceClock(3000);

    g_assert_cmpuint(copySessionInfo(session).skippedTicks, ==, 3);
    g_assert_cmpuint(countFakeCalls() - before, <=, 1);
}

static void testSameStateAgainStartsNothing(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);

    setFakeTrigger(trigger1, TRUE);
    repeatFakeTrigger(trigger1);
    repeatFakeTrigger(trigger1);

    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
    setFakeTrigger(trigger1, FALSE);
    repeatFakeTrigger(trigger1);
    waitForEnds(engine);
    g_assert_cmpuint(countEnded(engine), ==, 1);
}

static void testActiveAtStart(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeTrigger(trigger1, TRUE);
    setFakeDescriber(FAKE_HANGS);

    configure(engine, makeConfig(profileJson("watch", "activeMonitoring", "Device1Scenario1", NULL),
                                 profileJson("once", "oneShot", "Device1Scenario1", NULL),
                                 profileJson("willing", "oneShot", "Device1Scenario1",
                                             "{'whenActiveAtStart': true}"),
                                 profileJson("shy", "activeMonitoring", "Device1Scenario1",
                                             "{'whenActiveAtStart': false}"),
                                 NULL));

    g_assert_cmpuint(countProfileSessions(engine->registry, "watch"), ==, 1);
    g_assert_cmpuint(countProfileSessions(engine->registry, "once"), ==, 0);
    g_assert_cmpuint(countProfileSessions(engine->registry, "willing"), ==, 1);
    g_assert_cmpuint(countProfileSessions(engine->registry, "shy"), ==, 0);
}

static void testTwoTriggersDoNotDisturbEachOther(Engine* engine, gconstpointer unused) {
    (void)unused;
    configure(engine,
              makeConfig(profileJson("a", "activeMonitoring", "Device1Scenario1", NULL),
                         profileJson("b", "activeMonitoring", "Device1Scenario2", NULL), NULL));

    setFakeTrigger(trigger1, TRUE);
    setFakeTrigger(trigger2, TRUE);
    setFakeTrigger(trigger1, FALSE);

    g_assert_cmpuint(countProfileSessions(engine->registry, "a"), ==, 0);
    g_assert_cmpuint(countProfileSessions(engine->registry, "b"), ==, 1);
    g_autoptr(GPtrArray) onSecond = copyTriggerSessions(engine->registry, trigger2);
    g_assert_cmpuint(onSecond->len, ==, 1);
}

static void testEditEndsOnlyTheEditedProfile(Engine* engine, gconstpointer unused) {
    (void)unused;
    configure(engine,
              makeConfig(profileJson("a", "activeMonitoring", "Device1Scenario1", NULL),
                         profileJson("b", "activeMonitoring", "Device1Scenario1", NULL), NULL));
    setFakeTrigger(trigger1, TRUE);
    g_autoptr(GPtrArray) before = copyProfileSessions(engine->registry, "b");

    configure(engine,
              makeConfig(profileJson("a", "activeMonitoring", "Device1Scenario1",
                                     "{'prompt': 'Anything new?'}"),
                         profileJson("b", "activeMonitoring", "Device1Scenario1", NULL), NULL));

    g_autoptr(GPtrArray) after = copyProfileSessions(engine->registry, "b");
    g_assert_true(g_ptr_array_index(before, 0) == g_ptr_array_index(after, 0));
    g_assert_cmpuint(countProfileSessions(engine->registry, "a"), ==, 1);
    g_autoptr(GPtrArray) open = copyOpenSessions(engine->registry);
    g_assert_cmpuint(open->len + countEnded(engine), ==, 3);
}

static void testDeletedProfileEndsAndLeavesNoSubscription(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);
    setFakeTrigger(trigger1, TRUE);

    configure(engine, makeConfig(NULL, NULL));

    g_assert_cmpuint(countFakeSubscriptions(), ==, 0);
    waitForEnds(engine);
    g_assert_cmpint(lastEnd(engine), ==, END_CONFIG);
    setFakeTrigger(trigger1, FALSE);
    setFakeTrigger(trigger1, TRUE);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 0);
}

static void testDisabledProfileEndsItsOneShotToo(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_HANGS);
    configureOne(engine, "oneShot", NULL);
    setFakeTrigger(trigger1, TRUE);

    configureOne(engine, "oneShot", "{'enabled': false}");

    waitForEnds(engine);
    g_assert_cmpint(lastEnd(engine), ==, END_CONFIG);
}

static void testCapEndsOnceAndWaitsForANewEdge(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", "{'maxDurationSec': 3}");

    setFakeTrigger(trigger1, TRUE);
    advanceClock(3000);
    waitForEnds(engine);
    g_assert_cmpint(lastEnd(engine), ==, END_MAX_DURATION);
    repeatFakeTrigger(trigger1);
    advanceClock(10000);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 0);

    setFakeTrigger(trigger1, FALSE);
    setFakeTrigger(trigger1, TRUE);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
}

static void testGraceRidesOutAFlap(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", "{'graceMs': 500}");

    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    setFakeTrigger(trigger1, FALSE);
    advanceClock(499);
    setFakeTrigger(trigger1, TRUE);
    advanceClock(5000);
    g_assert_cmpint(copySessionInfo(session).state, ==, SESSION_RUNNING);

    setFakeTrigger(trigger1, FALSE);
    advanceClock(500);
    waitForEnds(engine);
    g_assert_cmpint(lastEnd(engine), ==, END_INACTIVE);
}

static void testCooldownCountsFromASessionThatRan(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", "{'cooldownSec': 10}");

    setFakeTrigger(trigger1, TRUE);
    setFakeTrigger(trigger1, FALSE);
    waitForEnds(engine);
    advanceClock(9000);
    setFakeTrigger(trigger1, TRUE);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 0);
    setFakeTrigger(trigger1, FALSE);
    advanceClock(1001);
    setFakeTrigger(trigger1, TRUE);

    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
}

/* A call that lets go late must not leave a gap through which the next session slips. */
static void testCooldownCountsFromTheDecision(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_ANSWERS_LATE);
    configureOne(engine, "activeMonitoring", "{'cooldownSec': 10}");

    setFakeTrigger(trigger1, TRUE);
    waitForHangingCalls(1);
    setFakeTrigger(trigger1, FALSE);
    g_assert_cmpuint(countClosingSessions(engine->registry), ==, 1);
    setFakeTrigger(trigger1, TRUE);

    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 0);
}

static void testOneShotsAreBounded(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_HANGS);
    configureOne(engine, "oneShot", "{'maxInFlight': 2}");

    for (int i = 0; i < 5; i++) {
        setFakeTrigger(trigger1, TRUE);
        setFakeTrigger(trigger1, FALSE);
    }

    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 2);
}

static void testFailureEndsAOneShotButNotMonitoring(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_FAILS);
    configure(engine,
              makeConfig(profileJson("once", "oneShot", "Device1Scenario1", NULL),
                         profileJson("watch", "activeMonitoring", "Device1Scenario2", NULL), NULL));

    setFakeTrigger(trigger1, TRUE);
    waitForEnds(engine);
    g_assert_cmpint(lastEnd(engine), ==, END_ERROR);

    failFakeFrames(TRUE);
    setFakeTrigger(trigger2, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    while (copySessionInfo(session).failures == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpint(copySessionInfo(session).state, ==, SESSION_RUNNING);
    failFakeFrames(FALSE);
    setFakeDescriber(FAKE_ANSWERS);
    advanceClock(1000);
    waitForDescriptions(session, 1);
}

static void testBudgetEndsMonitoring(Engine* engine, gconstpointer unused) {
    (void)unused;
    g_autoptr(Config) config =
        makeConfig(profileJson("door", "activeMonitoring", "Device1Scenario1", NULL), NULL);
    json_auto_t* budget = jsonOf("{'budget': {'callsPerHour': 2}}");
    configure(engine, withSettings(config, budget, NULL));

    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    waitForDescriptions(session, 1);
    advanceClock(1000);
    waitForDescriptions(session, 2);
    advanceClock(1000);
    waitForEnds(engine);

    g_assert_cmpint(lastEnd(engine), ==, END_BUDGET);
}

static void testRefusedSubscriptionIsReported(Engine* engine, gconstpointer unused) {
    (void)unused;
    refuseNextSubscription();
    configureOne(engine, "activeMonitoring", NULL);

    g_assert_true(haveSubscriptionProblem(engine->subscriptions));
}

/* Lets a level check run and be answered. */
static void checkLevels(Engine* engine, guint seconds) {
    setLevelCheckPeriod(engine->levelCheck, seconds);
    advanceClock(seconds * 1000);
    runMainLoop();
}

static void testLostEdgesAreHealedInBothDirections(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);
    guint healed = countOf(COUNT_HEALED);

    loseFakeEdge(trigger1, TRUE);
    checkLevels(engine, 5);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
    loseFakeEdge(trigger1, FALSE);
    checkLevels(engine, 5);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 0);
    checkLevels(engine, 5);

    g_assert_cmpuint(countOf(COUNT_HEALED) - healed, ==, 2);
    waitForEnds(engine);
    g_assert_cmpint(lastEnd(engine), ==, END_INACTIVE);
}

/* Whoever saves the configuration often must not keep lost edges from being found. */
static void testTheSamePeriodAgainDoesNotPutTheCheckOff(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);
    loseFakeEdge(trigger1, TRUE);

    for (int i = 0; i < 6; i++) {
        setLevelCheckPeriod(engine->levelCheck, 5);
        advanceClock(1000);
        runMainLoop();
    }

    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
}

/* The camera's answer takes a while; an edge that comes meanwhile is newer than it. */
static void testAnEdgeIsNewerThanALevelAskedForBefore(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);
    setLevelCheckPeriod(engine->levelCheck, 5);

    advanceClock(5000); /* asks */
    setFakeTrigger(trigger1, TRUE);
    loseFakeEdge(trigger1, FALSE); /* as the answer will tell */
    runMainLoop();
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);

    advanceClock(5000);
    runMainLoop();
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 0);
}

static void testVanishedTriggerEndsWhenLookedForTwice(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);
    setFakeTrigger(trigger1, TRUE);

    removeFakeTrigger(trigger1);
    checkLevels(engine, 30);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
    advanceClock(1000);
    runMainLoop();
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 0);
    waitForEnds(engine);
    g_assert_cmpint(lastEnd(engine), ==, END_TRIGGER_MISSING);

    setFakeTrigger(trigger1, TRUE);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
}

static void testATriggerMissedOnceIsNotGone(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);
    setFakeTrigger(trigger1, TRUE);

    removeFakeTrigger(trigger1);
    checkLevels(engine, 30);
    loseFakeEdge(trigger1, TRUE);
    advanceClock(1000);
    runMainLoop();
    checkLevels(engine, 30);

    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
    g_assert_cmpuint(countEnded(engine), ==, 0);
}

/* Events are sent when the loop has nothing else to do. */
static char* takeSent(void) {
    runMainLoop();
    return takeSentEvents();
}

static void assertSent(const char* expected) {
    g_autofree char* text = takeSent();

    g_assert_cmpstr(text, ==, expected);
}

static void testSessionsAreEventsOfTheCamera(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring",
                 "{'questions': [{'name': 'person', 'type': 'bool', 'text': 'Anyone?'}]}");
    setFakeDescriber(FAKE_HANGS);

    setFakeTrigger(trigger1, TRUE);
    assertSent("Session door active=1");
    setFakeTrigger(trigger1, FALSE);
    waitForEnds(engine);
    assertSent("Session door active=0, Answer door/person active=0");
}

/* An edit ends a session whose call lets go late; the profile's next one has begun by then. */
static void testAnOldEndDoesNotHideTheNextSession(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_ANSWERS_LATE);
    configureOne(engine, "activeMonitoring", NULL);
    setFakeTrigger(trigger1, TRUE);
    waitForHangingCalls(1);

    configureOne(engine, "activeMonitoring", "{'prompt': 'Anything new?'}");
    assertSent("Session door active=1, Session door active=1");
    setFakeDescriber(FAKE_HANGS);
    releaseFakeCalls();
    waitUntil(hasNothingClosing, engine->registry, "the old session to end");

    g_autofree char* text = takeSent();
    g_assert_null(strstr(text, "active=0"));
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
}

static void testEndsWaitForTheEventServiceInTheirOrder(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);

    setFakeEventService(FALSE);
    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    waitForDescriptions(session, 1);
    setFakeTrigger(trigger1, FALSE);
    waitForEnds(engine);
    assertSent("");
    g_assert_cmpuint(countQueuedOutput(engine->output), ==, 3);
    setFakeEventService(TRUE);
    advanceClock(1000);

    assertSent("Session door active=1, Description door session number=1 text latencyMs=0, "
               "Session door active=0");
    g_assert_cmpuint(countQueuedOutput(engine->output), ==, 0);
}

static void testQueuedEventsAreBoundedAndEndsAreKept(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);

    setFakeEventService(FALSE);
    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    for (guint i = 1; i <= 510; i++) {
        waitForDescriptions(session, i);
        advanceClock(1000);
    }
    setFakeTrigger(trigger1, FALSE);
    waitForEnds(engine);
    g_assert_cmpuint(countQueuedOutput(engine->output), ==, 500);
    setFakeEventService(TRUE);
    advanceClock(1000);

    g_autofree char* text = takeSent();
    g_assert_true(g_str_has_prefix(text, "Session door active=1, Description"));
    g_assert_true(g_str_has_suffix(text, "Session door active=0"));
}

static void testJournalIsEmptyWhenNothingIsOpen(Engine* engine, gconstpointer unused) {
    (void)unused;
    g_autofree char* path = g_build_filename(folder, "sessions.journal", NULL);
    configureOne(engine, "activeMonitoring", NULL);

    setFakeTrigger(trigger1, TRUE);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    setFakeTrigger(trigger1, FALSE);
    waitForEnds(engine);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* What could not be written is written as soon as the disk takes it again. */
static void testJournalIsWrittenAnewAfterAFailure(Engine* engine, gconstpointer unused) {
    (void)unused;
    g_autofree char* path = g_build_filename(folder, "sessions.journal", NULL);
    g_autofree char* text = NULL;
    configure(engine,
              makeConfig(profileJson("a", "activeMonitoring", "Device1Scenario1", NULL),
                         profileJson("b", "activeMonitoring", "Device1Scenario2", NULL), NULL));

    g_assert_cmpint(g_mkdir(path, 0700), ==, 0); /* a folder in its place: writing fails */
    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) unnoticed = theSession(engine);
    g_assert_cmpint(g_rmdir(path), ==, 0);
    setFakeTrigger(trigger2, TRUE);

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_nonnull(strstr(text, unnoticed->id));
}

static void testLeftoversEndAsInterrupted(Engine* engine, gconstpointer unused) {
    (void)unused;
    g_autofree char* path = g_build_filename(folder, "sessions.journal", NULL);
    g_autofree char* text = NULL;
    setFakeDescriber(FAKE_HANGS);
    configure(engine,
              makeConfig(profileJson("a", "activeMonitoring", "Device1Scenario1", NULL),
                         profileJson("b", "activeMonitoring", "Device1Scenario2", NULL), NULL));
    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) left = theSession(engine);
    setFakeTrigger(trigger2, TRUE);
    setFakeTrigger(trigger2, FALSE);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    setFakeTrigger(trigger1, FALSE);
    waitForEnds(engine);
    guint before = countEnded(engine);

    /* As a crash leaves it, with the last line cut. */
    g_autofree char* cut = g_strconcat(text, "{\"start\":\"ab", NULL);
    g_assert_true(g_file_set_contents(path, cut, -1, NULL));
    endLeftovers(engine->runner);

    g_autoptr(GPtrArray) ended = copyEndedSessions(engine->registry);
    g_assert_cmpuint(ended->len, >, before);
    const SessionContext* first = g_ptr_array_index(ended, before);
    g_assert_cmpstr(first->id, ==, left->id);
    g_assert_cmpint(lastEnd(engine), ==, END_INTERRUPTED);
    endLeftovers(engine->runner);
    g_assert_cmpuint(countEnded(engine), ==, ended->len);
}

static void testRecordsAreInOrder(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring", NULL);
    guint copied;
    guint64 next;

    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    waitForDescriptions(session, 1);
    advanceClock(1000);
    waitForDescriptions(session, 2);
    setFakeTrigger(trigger1, FALSE);
    waitForEnds(engine);

    GString* text = copyRecords(engine->publisher, 0, 100, TRUE, &copied, &next);
    json_auto_t* records = json_loads(text->str, 0, NULL);
    g_string_free(text, TRUE);
    static const char* const types[] = {"start", "description", "description", "end"};
    g_assert_cmpuint(copied, ==, G_N_ELEMENTS(types));
    for (guint i = 0; i < copied; i++) {
        json_t* record = json_array_get(records, i);
        g_assert_cmpstr(json_string_value(json_object_get(record, "type")), ==, types[i]);
        g_assert_cmpint(json_integer_value(json_object_get(record, "sequence")), ==, i + 1);
    }
}

static void add(const char* name, void (*test)(Engine*, gconstpointer)) {
    g_test_add(name, Engine, NULL, setUp, test, tearDown);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* warnings are wanted here */
    add("/engine/monitoring-lives-with-its-trigger", testMonitoringLivesExactlyAsLongAsItsTrigger);
    add("/engine/one-shot-completes", testOneShotCompletesAndIsNotTouchedByTheEnd);
    add("/engine/end-cancels-the-call", testEndCancelsTheCallUnderWay);
    add("/engine/end-during-snapshot", testEndDuringTheSnapshotCostsNoCall);
    add("/engine/late-result-is-discarded", testLateResultIsDiscarded);
    add("/engine/end-needs-no-worker", testEndNeedsNoFreeWorker);
    add("/engine/ticks-do-not-overlap", testTicksDoNotOverlap);
    add("/engine/same-state-again", testSameStateAgainStartsNothing);
    add("/engine/active-at-start", testActiveAtStart);
    add("/engine/two-triggers", testTwoTriggersDoNotDisturbEachOther);
    add("/engine/edit-ends-only-the-edited", testEditEndsOnlyTheEditedProfile);
    add("/engine/delete-leaves-nothing", testDeletedProfileEndsAndLeavesNoSubscription);
    add("/engine/disable-ends-one-shots", testDisabledProfileEndsItsOneShotToo);
    add("/engine/cap-ends-once", testCapEndsOnceAndWaitsForANewEdge);
    add("/engine/grace", testGraceRidesOutAFlap);
    add("/engine/cooldown", testCooldownCountsFromASessionThatRan);
    add("/engine/cooldown-from-decision", testCooldownCountsFromTheDecision);
    add("/engine/one-shots-are-bounded", testOneShotsAreBounded);
    add("/engine/failures", testFailureEndsAOneShotButNotMonitoring);
    add("/engine/budget", testBudgetEndsMonitoring);
    add("/engine/refused-subscription", testRefusedSubscriptionIsReported);
    add("/engine/lost-edges-are-healed", testLostEdgesAreHealedInBothDirections);
    add("/engine/same-period-again", testTheSamePeriodAgainDoesNotPutTheCheckOff);
    add("/engine/edge-newer-than-level", testAnEdgeIsNewerThanALevelAskedForBefore);
    add("/engine/vanished-trigger", testVanishedTriggerEndsWhenLookedForTwice);
    add("/engine/missed-once", testATriggerMissedOnceIsNotGone);
    add("/engine/camera-events", testSessionsAreEventsOfTheCamera);
    add("/engine/old-end-new-session", testAnOldEndDoesNotHideTheNextSession);
    add("/engine/events-wait", testEndsWaitForTheEventServiceInTheirOrder);
    add("/engine/events-are-bounded", testQueuedEventsAreBoundedAndEndsAreKept);
    add("/engine/journal-is-emptied", testJournalIsEmptyWhenNothingIsOpen);
    add("/engine/journal-written-anew", testJournalIsWrittenAnewAfterAFailure);
    add("/engine/leftovers", testLeftoversEndAsInterrupted);
    add("/engine/records-are-in-order", testRecordsAreInOrder);
    folder = g_dir_make_tmp("engine-XXXXXX", NULL);
    int failed = g_test_run();
    g_rmdir(folder);
    g_free(folder);
    return failed;
}
