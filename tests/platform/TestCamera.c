/* SPDX-License-Identifier: MIT */
#include "TestCamera.h"

#include <stdarg.h>

#define SERVICE "virtualcamera.Test1"
#define PATIENCE_SECONDS 10 /* memcheck is slow */

GVariant* askCamera(const char* method, GVariant* arguments) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);

    g_assert_no_error(error);
    GVariant* reply = g_dbus_connection_call_sync(bus, SERVICE, "/virtualcamera/Test1", SERVICE,
                                                  method, arguments, NULL, G_DBUS_CALL_FLAGS_NONE,
                                                  PATIENCE_SECONDS * 1000, NULL, &error);
    g_assert_no_error(error);
    return reply;
}

void tellCamera(const char* method, GVariant* arguments) {
    g_variant_unref(askCamera(method, arguments));
}

static guint askForNumber(const char* method, GVariant* arguments) {
    g_autoptr(GVariant) reply = askCamera(method, arguments);
    guint number;

    g_variant_get(reply, "(u)", &number);
    return number;
}

guint declareByCamera(const char* topic, const char* key, gboolean value, gboolean stateful) {
    return askForNumber("Declare", g_variant_new("(ssbb)", topic, key, value, stateful));
}

void sendByCamera(guint declaration, const char* key, gboolean value) {
    tellCamera("Send", g_variant_new("(usb)", declaration, key, value));
}

guint countDeclared(const char* topic) {
    return askForNumber("CountDeclared", g_variant_new("(s)", topic));
}

static gboolean giveUp(gpointer what) {
    g_error("waited %d s in vain for %s", PATIENCE_SECONDS, (const char*)what);
    return G_SOURCE_REMOVE;
}

void waitUntil(Condition condition, gconstpointer data, const char* what) {
    guint patience = g_timeout_add_seconds(PATIENCE_SECONDS, giveUp, (gpointer)what);

    while (!condition(data))
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(patience);
}

void waitUntilUndeclared(const char* topic) {
    gint64 deadline = g_get_monotonic_time() + PATIENCE_SECONDS * G_USEC_PER_SEC;

    while (countDeclared(topic) > 0)
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
}

typedef struct {
    const guint* counter;
    guint wanted;
} Wanted;

static gboolean hasCount(gconstpointer data) {
    const Wanted* wanted = data;
    return *wanted->counter >= wanted->wanted;
}

void waitForCount(const guint* counter, guint wanted, const char* what) {
    Wanted data = {counter, wanted};
    waitUntil(hasCount, &data, what);
}

void settle(void) {
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void addLevel(AXEventKeyValueSet* set, guint level, const char* name) {
    g_autofree char* key = g_strdup_printf("topic%u", level);
    g_autoptr(GError) error = NULL;

    ax_event_key_value_set_add_key_value(set, key, "tnsaxis", *name ? name : NULL,
                                         AX_VALUE_TYPE_STRING, &error);
    g_assert_no_error(error);
}

static AXEventKeyValueSet* makeTopicSet(const char* first, va_list levels) {
    AXEventKeyValueSet* set = ax_event_key_value_set_new();

    for (guint level = 0; first; level++, first = va_arg(levels, const char*))
        addLevel(set, level, first);
    return set;
}

AXEventKeyValueSet* newTopicSet(const char* first, ...) {
    va_list levels;

    va_start(levels, first);
    AXEventKeyValueSet* set = makeTopicSet(first, levels);
    va_end(levels);
    return set;
}

static void appendTopic(GString* topics, const AXEventKeyValueSet* set) {
    for (int level = 7; level >= 0; level--) {
        g_autofree char* key = g_strdup_printf("topic%d", level);
        g_autofree char* name = NULL;
        if (ax_event_key_value_set_get_string(set, key, NULL, &name, NULL)) {
            g_string_append_printf(topics, "%s ", name);
            return;
        }
    }
}

static void record(guint subscription, AXEvent* event, gpointer userData) {
    Recorder* recorder = userData;
    const AXEventKeyValueSet* set = ax_event_get_key_value_set(event);
    gboolean value;

    g_assert_cmpuint(subscription, ==, recorder->subscription);
    if (ax_event_key_value_set_get_boolean(set, recorder->key, NULL, &value, NULL))
        g_string_append_c(recorder->states, value ? '1' : '0');
    else
        g_string_append_c(recorder->states, '?');
    appendTopic(recorder->topics, set);
    recorder->thread = g_thread_self();
    recorder->count++;
    ax_event_free(event);
}

Recorder* newRecorderFor(AXEventHandler* handler, const char* key, AXEventKeyValueSet* set) {
    g_autoptr(GError) error = NULL;
    Recorder* recorder = g_new0(Recorder, 1);

    recorder->handler = handler;
    recorder->states = g_string_new(NULL);
    recorder->topics = g_string_new(NULL);
    recorder->key = key;
    ax_event_handler_subscribe(handler, set, &recorder->subscription, record, recorder, &error);
    g_assert_no_error(error);
    return recorder;
}

Recorder* newRecorder(AXEventHandler* handler, const char* key, ...) {
    va_list levels;

    va_start(levels, key);
    const char* first = va_arg(levels, const char*);
    g_autoptr(AXEventKeyValueSet) set = makeTopicSet(first, levels);
    va_end(levels);
    return newRecorderFor(handler, key, set);
}

void dropRecorder(Recorder* recorder) {
    g_string_free(recorder->states, TRUE);
    g_string_free(recorder->topics, TRUE);
    g_free(recorder);
}

void freeRecorder(Recorder* recorder) {
    g_autoptr(GError) error = NULL;

    ax_event_handler_unsubscribe(recorder->handler, recorder->subscription, &error);
    g_assert_no_error(error);
    dropRecorder(recorder);
}
