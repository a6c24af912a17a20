/* SPDX-License-Identifier: MIT */
/* Sessions as events of the camera, and what waits while its event service is away. */
#include <string.h>

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

int main(int argc, char** argv) {
    setUpEngineTests(&argc, &argv);
    addEngineTest("/camera-output/camera-events", testSessionsAreEventsOfTheCamera);
    addEngineTest("/camera-output/old-end-new-session", testAnOldEndDoesNotHideTheNextSession);
    addEngineTest("/camera-output/events-wait", testEndsWaitForTheEventServiceInTheirOrder);
    addEngineTest("/camera-output/events-are-bounded", testQueuedEventsAreBoundedAndEndsAreKept);
    return runEngineTests();
}
