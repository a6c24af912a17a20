/* SPDX-License-Identifier: MIT */
/* The life of sessions from their start to their end. */
#include "Counters.h"
#include "Engine.h"
#include "FakeClock.h"
#include "FakeDescribeClient.h"
#include "FakeEventSubscribe.h"
#include "FakeFrameSource.h"
#include "TestData.h"

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

/* The camera's picture stands still: nothing new to pay for. */
static void testFrozenPictureCostsNoCall(Engine* engine, gconstpointer unused) {
    (void)unused;
    configure(engine,
              makeConfig(profileJson("watch", "activeMonitoring", "Device1Scenario1", NULL), NULL));
    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) session = theSession(engine);
    waitForDescriptions(session, 1);

    freezeFakeFrames(TRUE);
    guint calls = countFakeCalls();
    advanceClock(1000);
    while (copySessionInfo(session).failures == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(countFakeCalls(), ==, calls);
    g_assert_cmpstr(copySessionInfo(session).error, ==,
                    "the camera still gives the picture that was described before");

    freezeFakeFrames(FALSE);
    advanceClock(1000);
    waitForDescriptions(session, 2);
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

int main(int argc, char** argv) {
    setUpEngineTests(&argc, &argv);
    addEngineTest("/sessions/monitoring-lives-with-its-trigger",
                  testMonitoringLivesExactlyAsLongAsItsTrigger);
    addEngineTest("/sessions/one-shot-completes", testOneShotCompletesAndIsNotTouchedByTheEnd);
    addEngineTest("/sessions/end-cancels-the-call", testEndCancelsTheCallUnderWay);
    addEngineTest("/sessions/end-during-snapshot", testEndDuringTheSnapshotCostsNoCall);
    addEngineTest("/sessions/late-result-is-discarded", testLateResultIsDiscarded);
    addEngineTest("/sessions/end-needs-no-worker", testEndNeedsNoFreeWorker);
    addEngineTest("/sessions/ticks-do-not-overlap", testTicksDoNotOverlap);
    addEngineTest("/sessions/failures", testFailureEndsAOneShotButNotMonitoring);
    addEngineTest("/sessions/frozen-picture", testFrozenPictureCostsNoCall);
    addEngineTest("/sessions/budget", testBudgetEndsMonitoring);
    addEngineTest("/sessions/records-are-in-order", testRecordsAreInOrder);
    return runEngineTests();
}
