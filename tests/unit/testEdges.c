/* SPDX-License-Identifier: MIT */
/* What an edge of a trigger, or an edit of its profile, means for the sessions. */
#include "Engine.h"
#include "FakeClock.h"
#include "FakeDescribeClient.h"
#include "FakeEventSubscribe.h"
#include "TestData.h"

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

int main(int argc, char** argv) {
    setUpEngineTests(&argc, &argv);
    addEngineTest("/edges/same-state-again", testSameStateAgainStartsNothing);
    addEngineTest("/edges/active-at-start", testActiveAtStart);
    addEngineTest("/edges/two-triggers", testTwoTriggersDoNotDisturbEachOther);
    addEngineTest("/edges/cap-ends-once", testCapEndsOnceAndWaitsForANewEdge);
    addEngineTest("/edges/grace", testGraceRidesOutAFlap);
    addEngineTest("/edges/cooldown", testCooldownCountsFromASessionThatRan);
    addEngineTest("/edges/cooldown-from-decision", testCooldownCountsFromTheDecision);
    addEngineTest("/edges/one-shots-are-bounded", testOneShotsAreBounded);
    addEngineTest("/edges/edit-ends-only-the-edited", testEditEndsOnlyTheEditedProfile);
    addEngineTest("/edges/delete-leaves-nothing", testDeletedProfileEndsAndLeavesNoSubscription);
    addEngineTest("/edges/disable-ends-one-shots", testDisabledProfileEndsItsOneShotToo);
    return runEngineTests();
}
