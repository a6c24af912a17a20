/* SPDX-License-Identifier: MIT */
/* Edges that were lost, triggers that are gone, subscriptions that were refused. */
#include <string.h>

#include "Counters.h"
#include "Engine.h"
#include "FakeClock.h"
#include "FakeDescribeClient.h"
#include "FakeEventSubscribe.h"
#include "TestData.h"

/* Lets a level check run and be answered. */
static void checkLevels(Engine* engine, guint seconds) {
    setLevelCheckPeriod(engine->levelCheck, seconds);
    advanceClock(seconds * 1000);
    runMainLoop();
}

static guint complaints = 0;

static void countComplaints(const char* domain, GLogLevelFlags level, const char* message,
                            gpointer unused) {
    (void)domain;
    (void)unused;
    if ((level & G_LOG_LEVEL_WARNING) && strstr(message, "cannot subscribe"))
        complaints++;
}

/* With longer and longer waits, up to eight checks. */
static void testARefusedSubscriptionIsTriedAgain(Engine* engine, gconstpointer unused) {
    (void)unused;
    GLogFunc before = g_log_set_default_handler(countComplaints, NULL);
    refuseSubscriptions(6);
    configureOne(engine, "activeMonitoring", NULL);
    g_assert_true(haveSubscriptionProblem(engine->subscriptions));

    static const guint waits[] = {1, 2, 4, 8, 8};
    for (gsize i = 0; i < G_N_ELEMENTS(waits); i++) {
        for (guint check = 0; check < waits[i]; check++)
            checkLevels(engine, 5);
        g_assert_true(haveSubscriptionProblem(engine->subscriptions));
    }
    g_assert_cmpuint(countFakeSubscriptions(), ==, 0);
    for (int check = 0; check < 8; check++)
        checkLevels(engine, 5);

    g_assert_cmpuint(countFakeSubscriptions(), ==, 1);
    g_assert_false(haveSubscriptionProblem(engine->subscriptions));
    g_assert_cmpuint(complaints, ==, 1);
    setFakeTrigger(trigger1, TRUE);
    g_assert_cmpuint(countOpenSessions(engine->registry), ==, 1);
    g_log_set_default_handler(before, NULL);
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

int main(int argc, char** argv) {
    setUpEngineTests(&argc, &argv);
    addEngineTest("/level-check/refused-subscription", testARefusedSubscriptionIsTriedAgain);
    addEngineTest("/level-check/lost-edges-are-healed", testLostEdgesAreHealedInBothDirections);
    addEngineTest("/level-check/same-period-again", testTheSamePeriodAgainDoesNotPutTheCheckOff);
    addEngineTest("/level-check/edge-newer-than-level", testAnEdgeIsNewerThanALevelAskedForBefore);
    addEngineTest("/level-check/vanished-trigger", testVanishedTriggerEndsWhenLookedForTwice);
    addEngineTest("/level-check/missed-once", testATriggerMissedOnceIsNotGone);
    return runEngineTests();
}
