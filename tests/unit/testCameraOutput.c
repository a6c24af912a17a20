/* SPDX-License-Identifier: MIT */
/* Sessions as events of the camera, and what waits while its event service is away. */
#include <string.h>

#include "Clock.h"
#include "Counters.h"
#include "Engine.h"
#include "FakeClock.h"
#include "FakeDescribeClient.h"
#include "FakeEventSubscribe.h"
#include "TestData.h"

static gboolean hasNothingClosing(gconstpointer data) {
    return countClosingSessions((SessionRegistry*)data) == 0;
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
    assertSent("Session door active=1");
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

/* A trigger that flaps while the event service is away, and a camera that does nothing else. */
static void testAFlappingTriggerIsBounded(Engine* engine, gconstpointer unused) {
    (void)unused;
    guint dropped = countOf(COUNT_DROPPED_EVENTS);
    setFakeDescriber(FAKE_HANGS);
    configureOne(engine, "activeMonitoring", NULL);

    setFakeEventService(FALSE);
    for (int i = 0; i < 2000; i++) {
        setFakeTrigger(trigger1, i % 2 == 0);
        waitUntil(hasNothingClosing, engine->registry, "a session to let go");
        advanceClock(10);
    }
    gint64 ended = clockWall() - 10 * 1000;
    g_assert_cmpuint(countQueuedOutput(engine->output), ==, 500);
    g_assert_cmpuint(countOf(COUNT_DROPPED_EVENTS) - dropped, ==, 1500);
    setFakeEventService(TRUE);
    advanceClock(1000);

    g_autofree char* text = takeSent();
    g_assert_true(g_str_has_prefix(text, "Session door active=1, Session door active=0, "));
    g_assert_true(g_str_has_suffix(text, "Session door active=1, Session door active=0"));
    g_assert_cmpint(lastSentTime(), ==, ended);
}

/* However many flap, what each of them is at last arrives. */
static void testTheLastStateOfEachEventIsKept(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_HANGS);
    configure(engine,
              makeConfig(profileJson("a", "activeMonitoring", "Device1Scenario1", NULL),
                         profileJson("b", "activeMonitoring", "Device1Scenario2", NULL), NULL));

    setFakeEventService(FALSE);
    setFakeTrigger(trigger1, TRUE);
    setFakeTrigger(trigger1, FALSE);
    waitForEnds(engine);
    for (int i = 0; i < 601; i++) {
        setFakeTrigger(trigger2, i % 2 == 0);
        waitUntil(hasNothingClosing, engine->registry, "a session to let go");
    }
    setFakeEventService(TRUE);
    advanceClock(1000);

    g_autofree char* text = takeSent();
    g_assert_true(g_str_has_prefix(text, "Session a active=0, Session b active="));
    g_assert_true(g_str_has_suffix(text, "Session b active=1"));
}

static void assertDeclared(const char* expected) {
    runMainLoop();
    g_autofree char* text = takeDeclared();

    g_assert_cmpstr(text, ==, expected);
}

/* To a VMS, an event that is declared anew has vanished. */
static void testAnEditKeepsTheEventsOfItsProfile(Engine* engine, gconstpointer unused) {
    (void)unused;
    configureOne(engine, "activeMonitoring",
                 "{'questions': [{'name': 'person', 'type': 'bool', 'text': 'Anyone?'}]}");
    assertDeclared("+Session door, +Description door, +Answer door/person");

    configureOne(engine, "activeMonitoring",
                 "{'prompt': 'Anything new?', 'questions': [{'name': 'person', 'type': 'bool', "
                 "'text': 'Anyone there?'}, {'name': 'car', 'type': 'bool', 'text': 'A car?'}]}");
    assertDeclared("+Answer door/car");
    configureOne(engine, "oneShot",
                 "{'questions': [{'name': 'car', 'type': 'bool', 'text': 'A car?'}]}");
    assertDeclared("-Answer door/person");
    configureOne(engine, "oneShot", "{'enabled': false}");
    assertDeclared("-Session door, -Description door, -Answer door/car");
}

/* Its last session lets go late; the profile is back by then. */
static void testAProfileThatComesBackKeepsItsEvents(Engine* engine, gconstpointer unused) {
    (void)unused;
    setFakeDescriber(FAKE_ANSWERS_LATE);
    configureOne(engine, "activeMonitoring", NULL);
    assertDeclared("+Session door, +Description door");
    setFakeTrigger(trigger1, TRUE);
    waitForHangingCalls(1);
    setFakeEventService(FALSE);

    configure(engine, makeConfig(NULL, NULL));
    assertDeclared("");
    configureOne(engine, "activeMonitoring", "{'whenActiveAtStart': false}");
    releaseFakeCalls();
    waitForEnds(engine);
    assertDeclared("");

    configure(engine, makeConfig(NULL, NULL));
    setFakeEventService(TRUE);
    advanceClock(1000);
    assertSent("Session door active=1, Session door active=0");
    assertDeclared("-Session door, -Description door");
}

static void testAnEventThatWasRefusedIsDeclaredLater(Engine* engine, gconstpointer unused) {
    (void)unused;
    refuseNextDeclaration();
    configureOne(engine, "activeMonitoring", NULL);
    assertDeclared("+Description door");

    configureOne(engine, "activeMonitoring", NULL);

    assertDeclared("+Session door");
}

int main(int argc, char** argv) {
    setUpEngineTests(&argc, &argv);
    addEngineTest("/camera-output/camera-events", testSessionsAreEventsOfTheCamera);
    addEngineTest("/camera-output/old-end-new-session", testAnOldEndDoesNotHideTheNextSession);
    addEngineTest("/camera-output/events-wait", testEndsWaitForTheEventServiceInTheirOrder);
    addEngineTest("/camera-output/events-are-bounded", testQueuedEventsAreBoundedAndEndsAreKept);
    addEngineTest("/camera-output/flapping-is-bounded", testAFlappingTriggerIsBounded);
    addEngineTest("/camera-output/last-states-are-kept", testTheLastStateOfEachEventIsKept);
    addEngineTest("/camera-output/edit-keeps-events", testAnEditKeepsTheEventsOfItsProfile);
    addEngineTest("/camera-output/profile-comes-back", testAProfileThatComesBackKeepsItsEvents);
    addEngineTest("/camera-output/refused-event", testAnEventThatWasRefusedIsDeclaredLater);
    return runEngineTests();
}
