/* SPDX-License-Identifier: MIT */
#include "TestCamera.h"

static void testStateComesFirst(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    guint declaration = declareByCamera("First/Active", "active", TRUE, TRUE);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "First", "Active", NULL);

    g_assert_cmpuint(recorder->count, ==, 0); /* nothing before subscribe has returned */
    waitForCount(&recorder->count, 1, "the current state");
    sendByCamera(declaration, "active", FALSE);
    waitForCount(&recorder->count, 2, "the change");

    g_assert_cmpstr(recorder->states->str, ==, "10");
    g_assert_true(recorder->thread == g_thread_self());
}

static void testInactiveStateComesToo(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    declareByCamera("First/Inactive", "active", FALSE, TRUE);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "First", "Inactive", NULL);

    waitForCount(&recorder->count, 1, "the current state");

    g_assert_cmpstr(recorder->states->str, ==, "0");
}

static gboolean alternates(const char* states) {
    for (; states[0] && states[1]; states++)
        if (states[0] == states[1])
            return FALSE;
    return TRUE;
}

/* While the state changes all the time, a new subscription misses none and sees none twice. */
static void testEachStateExactlyOnce(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    guint declaration = declareByCamera("First/Race", "active", FALSE, TRUE);

    tellCamera("StartToggling", g_variant_new("(us)", declaration, "active"));
    for (guint turn = 0; turn < 30; turn++) {
        g_autoptr(Recorder) recorder = newRecorder(handler, "active", "First", "Race", NULL);
        waitForCount(&recorder->count, 4, "a state and three changes");
        g_assert_true(alternates(recorder->states->str));
    }
    tellCamera("StopToggling", NULL);
}

static void testSameStateTwiceComesTwice(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    guint declaration = declareByCamera("First/Twice", "active", FALSE, TRUE);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "First", "Twice", NULL);

    waitForCount(&recorder->count, 1, "the state");
    sendByCamera(declaration, "active", TRUE);
    sendByCamera(declaration, "active", TRUE);
    waitForCount(&recorder->count, 3, "the new state twice");

    g_assert_cmpstr(recorder->states->str, ==, "011");
}

static void testStatelessOnlyWhenSent(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    guint pulse = declareByCamera("Stateless/Pulse", "go", FALSE, FALSE);
    declareByCamera("Stateless/Fence", "active", TRUE, TRUE);
    g_autoptr(Recorder) recorder = newRecorder(handler, "go", "Stateless", "Pulse", NULL);
    g_autoptr(Recorder) fence = newRecorder(handler, "active", "Stateless", "Fence", NULL);

    waitForCount(&fence->count, 1, "the state of the event declared last");
    g_assert_cmpuint(recorder->count, ==, 0);
    sendByCamera(pulse, "go", TRUE);
    waitForCount(&recorder->count, 1, "the pulse");

    g_assert_cmpstr(recorder->states->str, ==, "1");
}

static void testDeclaredLater(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "Later", "Event", NULL);

    declareByCamera("Later/Event", "active", TRUE, TRUE);
    waitForCount(&recorder->count, 1, "the state of the new event");

    g_assert_cmpstr(recorder->states->str, ==, "1");
}

static void testUndeclaredIsSilent(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    guint declaration = declareByCamera("Gone/Event", "active", TRUE, TRUE);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "Gone", "Event", NULL);

    waitForCount(&recorder->count, 1, "the state");
    tellCamera("Undeclare", g_variant_new("(u)", declaration));
    declareByCamera("Gone/Event", "active", FALSE, TRUE);
    waitForCount(&recorder->count, 2, "the state of the new declaration");

    g_assert_cmpstr(recorder->states->str, ==, "10");
}

static void testSubtree(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    declareByCamera("Tree/Branch/One", "active", TRUE, TRUE);
    declareByCamera("Tree/Branch/Two", "active", FALSE, TRUE);
    declareByCamera("Tree/Other", "active", TRUE, TRUE);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "Tree", "Branch", NULL);

    waitForCount(&recorder->count, 2, "both events below the branch");
    declareByCamera("Tree/Branch", "active", TRUE, TRUE);
    waitForCount(&recorder->count, 3, "the branch itself");

    g_assert_cmpstr(recorder->topics->str, ==, "One Two Branch ");
}

static void testWildcardLevel(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    declareByCamera("Wild/A/State", "active", TRUE, TRUE);
    declareByCamera("Wild/B/State", "active", FALSE, TRUE);
    declareByCamera("Wild/C/Else", "active", TRUE, TRUE);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "Wild", "", "State", NULL);

    waitForCount(&recorder->count, 2, "the states at any second level");
    guint last = declareByCamera("Wild/D/State", "active", TRUE, TRUE);
    waitForCount(&recorder->count, 3, "a later event");
    sendByCamera(last, "active", FALSE);
    waitForCount(&recorder->count, 4, "its change");

    g_assert_cmpstr(recorder->states->str, ==, "1010");
}

static Recorder* recordPort(AXEventHandler* handler, gint port, const gboolean* active) {
    g_autoptr(AXEventKeyValueSet) set = newTopicSet("Ports", "Port", NULL);

    ax_event_key_value_set_add_key_values(set, NULL, "port", NULL, &port, AX_VALUE_TYPE_INT,
                                          "active", NULL, active, AX_VALUE_TYPE_BOOL, NULL);
    return newRecorderFor(handler, "active", set);
}

static void testSourceAndValue(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    gboolean active = TRUE;
    tellCamera("DeclareWithSource", g_variant_new("(sib)", "Ports/Port", 1, FALSE));
    g_autoptr(GVariant) reply =
        askCamera("DeclareWithSource", g_variant_new("(sib)", "Ports/Port", 2, FALSE));
    guint second;
    g_variant_get(reply, "(u)", &second);
    g_autoptr(Recorder) whenActive = recordPort(handler, 2, &active);
    g_autoptr(Recorder) any = recordPort(handler, 2, NULL);

    waitForCount(&any->count, 1, "the state of port 2");
    sendByCamera(second, "active", TRUE);
    sendByCamera(second, "active", FALSE);
    sendByCamera(second, "active", TRUE);
    waitForCount(&any->count, 4, "the states of port 2");

    g_assert_cmpstr(any->states->str, ==, "0101");
    g_assert_cmpstr(whenActive->states->str, ==, "11");
}

static void testNamespaces(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    g_autoptr(AXEventKeyValueSet) exact = ax_event_key_value_set_new();
    g_autoptr(AXEventKeyValueSet) other = ax_event_key_value_set_new();
    g_autoptr(AXEventKeyValueSet) left = ax_event_key_value_set_new();

    ax_event_key_value_set_add_key_value(exact, "topic0", "tns1", "Spaces", AX_VALUE_TYPE_STRING,
                                         NULL);
    ax_event_key_value_set_add_key_value(other, "topic0", "tnsaxis", "Spaces", AX_VALUE_TYPE_STRING,
                                         NULL);
    ax_event_key_value_set_add_key_value(left, "topic0", NULL, "Spaces", AX_VALUE_TYPE_STRING,
                                         NULL);
    g_autoptr(Recorder) exactly = newRecorderFor(handler, "active", exact);
    g_autoptr(Recorder) otherwise = newRecorderFor(handler, "active", other);
    g_autoptr(Recorder) leftOut = newRecorderFor(handler, "active", left);
    declareByCamera("tns1:Spaces/tnsaxis:Event", "active", TRUE, TRUE);
    waitForCount(&leftOut->count, 1, "the event for any namespace");

    g_assert_cmpuint(exactly->count, ==, 1);
    g_assert_cmpuint(otherwise->count, ==, 0);
}

static void testServiceRestart(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    guint declaration = declareByCamera("Restart/Event", "active", FALSE, TRUE);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "Restart", "Event", NULL);

    waitForCount(&recorder->count, 1, "the state");
    tellCamera("StopEvents", NULL);
    sendByCamera(declaration, "active", TRUE); /* nobody hears this */
    tellCamera("StartEvents", NULL);
    waitForCount(&recorder->count, 2, "the state that was missed");
    sendByCamera(declaration, "active", FALSE);
    waitForCount(&recorder->count, 3, "a change after the restart");

    g_assert_cmpstr(recorder->states->str, ==, "010");
}

static void testSubscribedWhileServiceIsDown(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    declareByCamera("Down/Event", "active", TRUE, TRUE);

    tellCamera("StopEvents", NULL);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "Down", "Event", NULL);
    tellCamera("CountSnapshots", NULL); /* the refusal has arrived by now */
    tellCamera("StartEvents", NULL);
    waitForCount(&recorder->count, 1, "the state after the service came up");

    g_assert_cmpstr(recorder->states->str, ==, "1");
}

static void testThousandSubscriptions(void) {
    enum { COUNT = 1000 };
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    Recorder* recorders[COUNT];
    guint declaration = declareByCamera("Many/Event7", "active", FALSE, TRUE);

    for (guint i = 0; i < COUNT; i++) {
        g_autofree char* name = g_strdup_printf("Event%u", i);
        recorders[i] = newRecorder(handler, "active", "Many", name, NULL);
    }
    waitForCount(&recorders[7]->count, 1, "the one state there is");
    gint64 start = g_get_monotonic_time();
    tellCamera("SendMany", g_variant_new("(usu)", declaration, "active", 500u));
    waitForCount(&recorders[7]->count, 501, "500 events among 1,000 subscriptions");
    g_test_message("500 events in %" G_GINT64_FORMAT " us", g_get_monotonic_time() - start);

    for (guint i = 0; i < COUNT; i++)
        g_assert_cmpuint(recorders[i]->count, ==, i == 7 ? 501 : 0);
    for (guint i = 0; i < COUNT; i++)
        freeRecorder(recorders[i]);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/subscriptions/state-comes-first", testStateComesFirst);
    g_test_add_func("/subscriptions/inactive-state-comes-too", testInactiveStateComesToo);
    g_test_add_func("/subscriptions/each-state-exactly-once", testEachStateExactlyOnce);
    g_test_add_func("/subscriptions/same-state-twice", testSameStateTwiceComesTwice);
    g_test_add_func("/subscriptions/stateless-only-when-sent", testStatelessOnlyWhenSent);
    g_test_add_func("/subscriptions/declared-later", testDeclaredLater);
    g_test_add_func("/subscriptions/undeclared-is-silent", testUndeclaredIsSilent);
    g_test_add_func("/subscriptions/subtree", testSubtree);
    g_test_add_func("/subscriptions/wildcard-level", testWildcardLevel);
    g_test_add_func("/subscriptions/source-and-value", testSourceAndValue);
    g_test_add_func("/subscriptions/namespaces", testNamespaces);
    g_test_add_func("/subscriptions/service-restart", testServiceRestart);
    g_test_add_func("/subscriptions/service-down", testSubscribedWhileServiceIsDown);
    g_test_add_func("/subscriptions/thousand", testThousandSubscriptions);
    return g_test_run();
}
