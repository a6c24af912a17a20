/* SPDX-License-Identifier: MIT */
#include "SessionRegistry.h"
#include "TestData.h"

static EndReason stoppedFor[8];
static guint stops = 0;

static void noteStop(SessionContext* session, EndReason reason, gint64 since, gpointer data) {
    (void)since;
    stoppedFor[stops++] = reason;
    moveSession(session, SESSION_STOPPING, reason);
    g_assert_true(removeSession(data, session));
    moveSession(session, SESSION_ENDED, END_NONE);
    recordEndedSession(data, session);
}

static SessionContext* open(SessionRegistry* registry, const char* profileId, const char* type,
                            const char* scenario) {
    g_autoptr(Profile) profile = makeProfile(profileId, type, scenario, NULL);

    return createSession(registry, profile, noteStop, registry);
}

static void testThreeIndexesFindTheSameSession(void) {
    g_autoptr(SessionRegistry) registry = newSessionRegistry();
    g_autoptr(SessionContext) session = open(registry, "door", "activeMonitoring", "S1");
    g_autoptr(SessionContext) other = open(registry, "gate", "activeMonitoring", "S2");

    g_autoptr(SessionContext) byId = findSession(registry, session->id);
    g_autoptr(GPtrArray) byTrigger = copyTriggerSessions(registry, "objectAnalytics:S1");
    g_autoptr(GPtrArray) byProfile = copyProfileSessions(registry, "door");

    g_assert_true(byId == session);
    g_assert_cmpuint(byTrigger->len, ==, 1);
    g_assert_true(g_ptr_array_index(byTrigger, 0) == session);
    g_assert_cmpuint(byProfile->len, ==, 1);
    g_assert_true(g_ptr_array_index(byProfile, 0) == session);
    stopSession(session, END_SHUTDOWN, 0);
    stopSession(other, END_SHUTDOWN, 0);
}

/* The old design's mistake: a key that is the beginning of another one. */
static void testNoKeyIsMatchedByItsBeginning(void) {
    g_autoptr(SessionRegistry) registry = newSessionRegistry();
    g_autoptr(SessionContext) session =
        open(registry, "door", "activeMonitoring", "Device1Scenario1");
    g_autoptr(SessionContext) longer =
        open(registry, "door2", "activeMonitoring", "Device1Scenario12");

    stops = 0;
    g_assert_cmpuint(terminateProfileSessions(registry, "doo", END_INACTIVE, 0), ==, 0);
    g_assert_cmpuint(terminateProfileSessions(registry, "door", END_INACTIVE, 0), ==, 1);

    g_assert_cmpint(copySessionInfo(session).state, ==, SESSION_ENDED);
    g_assert_cmpint(copySessionInfo(longer).state, ==, SESSION_CREATED);
    stopSession(longer, END_SHUTDOWN, 0);
}

static void testInactiveSparesOneShotsAndConfigDoesNot(void) {
    g_autoptr(SessionRegistry) registry = newSessionRegistry();
    g_autoptr(SessionContext) once = open(registry, "door", "oneShot", "S1");
    g_autoptr(SessionContext) watch = open(registry, "door", "activeMonitoring", "S1");

    stops = 0;
    g_assert_cmpuint(terminateProfileSessions(registry, "door", END_INACTIVE, 0), ==, 1);
    g_assert_cmpint(copySessionInfo(once).state, ==, SESSION_CREATED);
    g_assert_cmpuint(terminateProfileSessions(registry, "door", END_CONFIG, 0), ==, 1);
    g_assert_cmpint(copySessionInfo(once).endReason, ==, END_CONFIG);
    g_assert_cmpint(copySessionInfo(watch).endReason, ==, END_INACTIVE);
}

static void testRemovedSessionIsFoundNoMore(void) {
    g_autoptr(SessionRegistry) registry = newSessionRegistry();
    g_autoptr(SessionContext) session = open(registry, "door", "oneShot", "S1");

    g_assert_true(removeSession(registry, session));
    g_assert_false(removeSession(registry, session));

    g_assert_null(findSession(registry, session->id));
    g_assert_cmpuint(countOpenSessions(registry), ==, 0);
    g_assert_cmpuint(countClosingSessions(registry), ==, 1);
    g_autoptr(GPtrArray) visible = copyOpenSessions(registry);
    g_assert_cmpuint(visible->len, ==, 1);
    recordEndedSession(registry, session);
    g_assert_cmpuint(countClosingSessions(registry), ==, 0);
}

static void testSecondStopDoesNothing(void) {
    g_autoptr(SessionRegistry) registry = newSessionRegistry();
    g_autoptr(SessionContext) session = open(registry, "door", "oneShot", "S1");

    stops = 0;
    stopSession(session, END_CONFIG, 0);
    stopSession(session, END_SHUTDOWN, 0);

    g_assert_cmpuint(stops, ==, 1);
    g_assert_cmpint(copySessionInfo(session).endReason, ==, END_CONFIG);
}

static void testEndedOnesAreBounded(void) {
    g_autoptr(SessionRegistry) registry = newSessionRegistry();
    const char* firstKept = NULL;
    g_autofree char* expected = NULL;

    for (int i = 0; i < 205; i++) {
        g_autoptr(SessionContext) session = open(registry, "door", "oneShot", "S1");
        if (i == 5)
            expected = g_strdup(session->id);
        stops = 0;
        stopSession(session, END_COMPLETED, 0);
    }
    g_autoptr(GPtrArray) ended = copyEndedSessions(registry);
    firstKept = ((SessionContext*)g_ptr_array_index(ended, 0))->id;

    g_assert_cmpuint(ended->len, ==, 200);
    g_assert_cmpstr(firstKept, ==, expected);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/three-indexes", testThreeIndexesFindTheSameSession);
    g_test_add_func("/registry/no-prefix-match", testNoKeyIsMatchedByItsBeginning);
    g_test_add_func("/registry/inactive-spares-one-shots",
                    testInactiveSparesOneShotsAndConfigDoesNot);
    g_test_add_func("/registry/removed-is-not-found", testRemovedSessionIsFoundNoMore);
    g_test_add_func("/registry/one-end", testSecondStopDoesNothing);
    g_test_add_func("/registry/ended-are-bounded", testEndedOnesAreBounded);
    return g_test_run();
}
