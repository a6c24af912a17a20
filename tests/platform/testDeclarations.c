/* SPDX-License-Identifier: MIT */
#include "TestCamera.h"

static void noteComplete(guint declaration, gpointer userData) {
    *(guint*)userData = declaration;
}

/* Declares tnsaxis:Mine/NAME with a boolean, and waits until that is complete. */
static guint declare(AXEventHandler* handler, const char* name, const gboolean* active) {
    g_autoptr(AXEventKeyValueSet) set = newTopicSet("Mine", name, NULL);
    g_autoptr(GError) error = NULL;
    guint declaration, complete = 0;

    ax_event_key_value_set_add_key_value(set, "active", NULL, active, AX_VALUE_TYPE_BOOL, NULL);
    ax_event_key_value_set_mark_as_data(set, "active", NULL, NULL);
    ax_event_handler_declare(handler, set, active == NULL, &declaration, noteComplete, &complete,
                             &error);
    g_assert_no_error(error);
    g_assert_cmpuint(complete, ==, 0); /* never before declare has returned */
    waitForCount(&complete, declaration, "the declaration to be complete");
    return declaration;
}

static gboolean sendValue(AXEventHandler* handler, guint declaration, const char* key,
                          gconstpointer value, AXEventValueType type, GError** error) {
    g_autoptr(AXEventKeyValueSet) set = ax_event_key_value_set_new();

    ax_event_key_value_set_add_key_value(set, key, NULL, value, type, NULL);
    g_autoptr(AXEvent) event = ax_event_new2(set, NULL);
    return ax_event_handler_send_event(handler, declaration, event, error);
}

static void sendActive(AXEventHandler* handler, guint declaration, gboolean active) {
    g_autoptr(GError) error = NULL;

    sendValue(handler, declaration, "active", &active, AX_VALUE_TYPE_BOOL, &error);
    g_assert_no_error(error);
}

static void testStatefulRoundTrip(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    gboolean active = TRUE;
    g_autoptr(Recorder) early = newRecorder(handler, "active", "Mine", "Stateful", NULL);
    guint declaration = declare(handler, "Stateful", &active);

    waitForCount(&early->count, 1, "the initial state");
    sendActive(handler, declaration, FALSE);
    waitForCount(&early->count, 2, "the change");
    g_autoptr(Recorder) late = newRecorder(handler, "active", "Mine", "Stateful", NULL);
    waitForCount(&late->count, 1, "the changed state");

    g_assert_cmpstr(early->states->str, ==, "10");
    g_assert_cmpstr(late->states->str, ==, "0");
}

static void testStatelessRoundTrip(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    guint declaration = declare(handler, "Stateless", NULL);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "Mine", "Stateless", NULL);

    sendActive(handler, declaration, TRUE);
    sendActive(handler, declaration, FALSE);
    waitForCount(&recorder->count, 2, "both events");

    g_assert_cmpstr(recorder->states->str, ==, "10");
}

static void testBadEvents(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    g_autoptr(AXEventHandler) other = ax_event_handler_new();
    g_autoptr(GError) error = NULL;
    guint declaration = declare(handler, "Bad", NULL);
    gboolean active = TRUE;
    gint number = 1;

    g_assert_false(sendValue(handler, declaration, "unknown", &active, AX_VALUE_TYPE_BOOL, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_SEND);
    g_clear_error(&error);
    g_assert_false(sendValue(handler, declaration, "active", &number, AX_VALUE_TYPE_INT, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_INCOMPATIBLE_VALUE);
    g_clear_error(&error);
    g_assert_false(sendValue(handler, declaration, "active", NULL, AX_VALUE_TYPE_BOOL, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_SEND);
    g_clear_error(&error);
    g_assert_false(sendValue(other, declaration, "active", &active, AX_VALUE_TYPE_BOOL, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_SEND);
}

static void testBadDeclarations(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    g_autoptr(AXEventKeyValueSet) empty = ax_event_key_value_set_new();
    g_autoptr(AXEventKeyValueSet) set = newTopicSet("Mine", "Bad", NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char* missing = g_strdup("missing");
    guint declaration;

    g_assert_false(
        ax_event_handler_declare(handler, empty, TRUE, &declaration, NULL, NULL, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_DECLARATION);
    g_clear_error(&error);
    g_assert_false(
        ax_event_handler_declare2(handler, set, FALSE, missing, &declaration, NULL, NULL, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_DECLARATION);
    g_clear_error(&error);
    g_assert_false(ax_event_handler_undeclare(handler, 4711, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_UNDECLARE);
    g_clear_error(&error);
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    g_assert_false(ax_event_handler_declare_from_template(handler, "x.xml", set, &declaration, NULL,
                                                          NULL, &error));
    G_GNUC_END_IGNORE_DEPRECATIONS
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_DECLARATION);
}

static void testUndeclare(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    gboolean active = FALSE;
    guint declaration = declare(handler, "Undeclared", &active);

    g_assert_cmpuint(countDeclared("tnsaxis:Mine/tnsaxis:Undeclared"), ==, 1);
    g_assert_true(ax_event_handler_undeclare(handler, declaration, NULL));
    waitUntilUndeclared("tnsaxis:Mine/tnsaxis:Undeclared");
}

static void testFreeUndeclares(void) {
    AXEventHandler* handler = ax_event_handler_new();
    gboolean active = FALSE;
    declare(handler, "Freed", &active);

    ax_event_handler_free(handler);

    waitUntilUndeclared("tnsaxis:Mine/tnsaxis:Freed");
}

static void testWhatTheCameraSees(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    g_autoptr(AXEventKeyValueSet) set = newTopicSet("Mine", "Seen", NULL);
    g_autofree char* property = g_strdup("active");
    guint declaration, complete = 0;
    gint port = 3;
    gboolean active = TRUE;
    const char* seen;

    ax_event_key_value_set_add_key_values(set, NULL, "port", NULL, &port, AX_VALUE_TYPE_INT,
                                          "active", NULL, &active, AX_VALUE_TYPE_BOOL, NULL);
    ax_event_key_value_set_mark_as_source(set, "port", NULL, NULL);
    ax_event_key_value_set_mark_as_data(set, "active", NULL, NULL);
    ax_event_key_value_set_mark_as_user_defined(set, "port", NULL, "wstype:xs:int", NULL);
    ax_event_key_value_set_add_nice_names(set, "port", NULL, "The port", "Third", NULL);
    ax_event_handler_declare2(handler, set, FALSE, property, &declaration, noteComplete, &complete,
                              NULL);
    waitForCount(&complete, declaration, "the declaration to be complete");

    g_autoptr(GVariant) reply =
        askCamera("DescribeDeclared", g_variant_new("(s)", "tnsaxis:Mine/tnsaxis:Seen"));
    g_variant_get(reply, "(&s)", &seen);
    g_assert_cmpstr(seen, ==, "{'port': 3} {'active': True} active");
}

static void testRestartDeclaresAgain(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    gboolean active = FALSE;
    guint declaration = declare(handler, "Again", &active);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "Mine", "Again", NULL);

    waitForCount(&recorder->count, 1, "the state");
    sendActive(handler, declaration, TRUE);
    waitForCount(&recorder->count, 2, "the change");
    tellCamera("StopEvents", NULL);
    g_assert_cmpuint(countDeclared("tnsaxis:Mine/tnsaxis:Again"), ==, 0);
    tellCamera("StartEvents", NULL);
    waitForCount(&recorder->count, 3, "the state after the restart");
    sendActive(handler, declaration, FALSE);
    waitForCount(&recorder->count, 4, "a change after the restart");

    g_assert_cmpstr(recorder->states->str, ==, "0110");
}

typedef struct {
    AXEventHandler* handler;
    guint declaration;
} Sender;

static gboolean canSend(gconstpointer data) {
    const Sender* sender = data;
    gboolean active = TRUE;

    return sendValue(sender->handler, sender->declaration, "active", &active, AX_VALUE_TYPE_BOOL,
                     NULL);
}

static gboolean wakeUp(gpointer unused) {
    (void)unused;
    return G_SOURCE_CONTINUE;
}

static void testSendingFailsWhileTheServiceIsDown(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    g_autoptr(GError) error = NULL;
    gboolean active = FALSE;
    guint declaration = declare(handler, "Down", &active);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "Mine", "Down", NULL);
    Sender sender = {handler, declaration};

    waitForCount(&recorder->count, 1, "the state");
    tellCamera("StopEvents", NULL);
    active = TRUE;
    g_assert_false(sendValue(handler, declaration, "active", &active, AX_VALUE_TYPE_BOOL, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_SEND);
    tellCamera("StartEvents", NULL);
    guint ticks = g_timeout_add(5, wakeUp, NULL); /* no callback tells of the second declaration */
    waitUntil(canSend, &sender, "sending to work again");
    g_source_remove(ticks);
    waitForCount(&recorder->count, 3, "the state after the restart and the change");

    /* What could not be sent was not sent later either: the state was still the old one. */
    g_assert_cmpstr(recorder->states->str, ==, "001");
}

static void testDeclaringWhileTheServiceIsDown(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    g_autoptr(AXEventKeyValueSet) set = newTopicSet("Mine", "Later", NULL);
    g_autoptr(GError) error = NULL;
    gboolean active = TRUE;
    guint declaration, complete = 0;

    tellCamera("StopEvents", NULL);
    ax_event_key_value_set_add_key_value(set, "active", NULL, &active, AX_VALUE_TYPE_BOOL, NULL);
    ax_event_handler_declare(handler, set, FALSE, &declaration, noteComplete, &complete, &error);
    g_assert_no_error(error);
    g_assert_false(sendValue(handler, declaration, "active", &active, AX_VALUE_TYPE_BOOL, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_SEND);
    tellCamera("StartEvents", NULL);
    waitForCount(&complete, declaration, "the declaration to be complete");

    sendActive(handler, declaration, FALSE);
}

static void keepEvent(guint subscription, AXEvent* event, gpointer userData) {
    (void)subscription;
    *(AXEvent**)userData = event;
}

static gboolean isSet(gconstpointer data) {
    return *(gconstpointer const*)data != NULL;
}

static void testElementsAndTime(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    g_autoptr(AXEventKeyValueSet) set = newTopicSet("Mine", "Element", NULL);
    g_autoptr(AXEventElementItem) box = ax_event_element_item_new("box", "tt");
    g_autoptr(AXEventElementItem) inner = ax_event_element_item_new("inner", NULL);
    g_autoptr(GDateTime) time = g_date_time_new_utc(2026, 1, 2, 3, 4, 5.25);
    g_autoptr(AXEvent) received = NULL;
    guint declaration, complete = 0, subscription;
    gdouble level = 0.5;

    ax_event_element_item_set_body(inner, "text", NULL);
    ax_event_element_item_add_child(box, inner, NULL);
    ax_event_key_value_set_add_key_values(set, NULL, "box", NULL, NULL, AX_VALUE_TYPE_ELEMENT,
                                          "level", NULL, &level, AX_VALUE_TYPE_DOUBLE, NULL);
    ax_event_handler_declare(handler, set, TRUE, &declaration, noteComplete, &complete, NULL);
    waitForCount(&complete, declaration, "the declaration to be complete");
    g_autoptr(AXEventKeyValueSet) filter = newTopicSet("Mine", "Element", NULL);
    ax_event_handler_subscribe(handler, filter, &subscription, keepEvent, &received, NULL);
    g_autoptr(AXEventKeyValueSet) values = ax_event_key_value_set_new();
    ax_event_key_value_set_add_key_value(values, "box", NULL, box, AX_VALUE_TYPE_ELEMENT, NULL);
    g_autoptr(AXEvent) event = ax_event_new2(values, time);
    g_assert_true(ax_event_handler_send_event(handler, declaration, event, NULL));
    waitUntil(isSet, &received, "the event");

    const AXEventKeyValueSet* got = ax_event_get_key_value_set(received);
    g_autoptr(AXEventElementItem) gotBox = NULL;
    g_autoptr(AXEventElementItem) gotInner = NULL;
    g_autofree char* nameSpace = NULL;
    g_autofree char* body = NULL;
    gdouble gotLevel;
    g_assert_true(ax_event_key_value_set_get_element(got, "box", NULL, &gotBox, NULL));
    g_assert_true(ax_event_element_item_get_first_child(gotBox, &gotInner, NULL));
    g_assert_true(ax_event_element_item_get_name_space(gotBox, &nameSpace, NULL));
    g_assert_true(ax_event_element_item_get_body(gotInner, &body, NULL));
    g_assert_true(ax_event_key_value_set_get_double(got, "level", NULL, &gotLevel, NULL));
    g_assert_cmpstr(nameSpace, ==, "tt");
    g_assert_cmpstr(body, ==, "text");
    g_assert_cmpfloat(gotLevel, ==, 0.5);
    g_assert_true(g_date_time_equal(ax_event_get_time_stamp2(received), time));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/declarations/stateful-round-trip", testStatefulRoundTrip);
    g_test_add_func("/declarations/stateless-round-trip", testStatelessRoundTrip);
    g_test_add_func("/declarations/bad-events", testBadEvents);
    g_test_add_func("/declarations/bad-declarations", testBadDeclarations);
    g_test_add_func("/declarations/undeclare", testUndeclare);
    g_test_add_func("/declarations/free-undeclares", testFreeUndeclares);
    g_test_add_func("/declarations/what-the-camera-sees", testWhatTheCameraSees);
    g_test_add_func("/declarations/restart-declares-again", testRestartDeclaresAgain);
    g_test_add_func("/declarations/sending-fails-while-the-service-is-down",
                    testSendingFailsWhileTheServiceIsDown);
    g_test_add_func("/declarations/declaring-while-the-service-is-down",
                    testDeclaringWhileTheServiceIsDown);
    g_test_add_func("/declarations/elements-and-time", testElementsAndTime);
    return g_test_run();
}
