/* SPDX-License-Identifier: MIT */
#include "EventLink.h"

#include "Bus.h"
#include "EventWire.h"

#include <string.h>

#define SERVICE "virtualcamera.Events1"
#define SERVICE_PATH "/virtualcamera/Events1"

/* Rules of one connection cost the bus a comparison for each broadcast; with more topics than this,
 * all events are asked for and sorted here. */
#define MAX_MATCH_RULES 64
#define FIND_TIMEOUT_MS 5000

GMutex eventLock;

static GDBusConnection* bus;               /* set once */
static const EventLinkHandlers* receivers; /* set once */
static GHashTable* watched;                /* match rule to GUINT_TO_POINTER(count) */
static gboolean serviceUp;                 /* somebody owns the service's name */
static gboolean ownerSeen;                 /* serviceUp comes from a NameOwnerChanged */

static void handleSignal(GDBusMessage* message) {
    GVariant* body = g_dbus_message_get_body(message);

    if (!body || !g_variant_is_of_type(body, G_VARIANT_TYPE("(sx" EVENT_KEYS_TYPE ")")))
        return;
    gint64 time;
    g_autoptr(GVariant) keys = NULL;
    g_variant_get(body, "(&sx@" EVENT_KEYS_TYPE ")", NULL, &time, &keys);
    g_mutex_lock(&eventLock);
    receivers->onEvent(time, keys);
    g_mutex_unlock(&eventLock);
}

static void handleOwnerChange(GDBusMessage* message) {
    GVariant* body = g_dbus_message_get_body(message);
    const char *name, *newOwner;

    if (!body || !g_variant_is_of_type(body, G_VARIANT_TYPE("(sss)")))
        return;
    g_variant_get(body, "(&s&s&s)", &name, NULL, &newOwner);
    if (!g_str_equal(name, SERVICE))
        return;
    g_mutex_lock(&eventLock);
    ownerSeen = TRUE;
    serviceUp = *newOwner != '\0';
    receivers->onServiceDown(); /* also when another took over */
    if (serviceUp)
        receivers->onServiceUp();
    g_mutex_unlock(&eventLock);
}

static void handleReply(GDBusMessage* message) {
    gboolean failed = g_dbus_message_get_message_type(message) == G_DBUS_MESSAGE_TYPE_ERROR;
    const char* refusal = NULL;

    if (failed) {
        refusal = g_dbus_message_get_arg0(message);
        refusal = refusal ? refusal : g_dbus_message_get_error_name(message);
    }
    GVariant* answer = g_dbus_message_get_body(message); /* NULL also for an empty answer */
    g_autoptr(GVariant) nothing = g_variant_ref_sink(g_variant_new("()"));
    g_mutex_lock(&eventLock);
    receivers->onReply(g_dbus_message_get_reply_serial(message),
                       failed ? NULL : (answer ? answer : nothing), refusal);
    g_mutex_unlock(&eventLock);
}

/* Runs in the bus's thread for each message; the messages go on to the application's own use of
 * the bus, except for events, which nobody else waits for. */
static GDBusMessage* filterMessage(GDBusConnection* connection, GDBusMessage* message,
                                   gboolean incoming, gpointer unused) {
    (void)connection;
    (void)unused;
    if (!incoming)
        return message;
    switch (g_dbus_message_get_message_type(message)) {
    case G_DBUS_MESSAGE_TYPE_METHOD_RETURN:
    case G_DBUS_MESSAGE_TYPE_ERROR:
        handleReply(message);
        return message;
    case G_DBUS_MESSAGE_TYPE_SIGNAL:
        if (g_strcmp0(g_dbus_message_get_member(message), "NameOwnerChanged") == 0)
            handleOwnerChange(message);
        if (g_strcmp0(g_dbus_message_get_interface(message), SERVICE) != 0)
            return message;
        handleSignal(message);
        g_object_unref(message);
        return NULL;
    default:
        return message;
    }
}

/* Asks the bus whether the service is there; what NameOwnerChanged said meanwhile is newer. */
static void findService(GDBusConnection* connection) {
    g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
        connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "NameHasOwner", g_variant_new("(s)", SERVICE), G_VARIANT_TYPE("(b)"),
        G_DBUS_CALL_FLAGS_NONE, FIND_TIMEOUT_MS, NULL, NULL);

    g_mutex_lock(&eventLock);
    if (reply && !ownerSeen)
        g_variant_get(reply, "(b)", &serviceUp);
    g_mutex_unlock(&eventLock);
}

gboolean openEventLink(const EventLinkHandlers* handlers, GError** error) {
    GDBusConnection* connection = getBus(error);

    if (!connection)
        return FALSE;
    g_mutex_lock(&eventLock);
    gboolean isNew = !bus;
    if (isNew) {
        bus = connection;
        receivers = handlers;
        watched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_dbus_connection_add_filter(bus, filterMessage, NULL, NULL);
        addBusMatch(bus, "type='signal',sender='org.freedesktop.DBus',"
                         "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                         "arg0='" SERVICE "'");
    }
    g_mutex_unlock(&eventLock);
    if (isNew)
        findService(connection);
    return TRUE;
}

gboolean isEventServiceUp(void) {
    return bus && serviceUp && !g_dbus_connection_is_closed(bus);
}

static guint32 sendCall(const char* method, GVariant* body, GDBusMessageFlags flags) {
    g_autoptr(GDBusMessage) message =
        g_dbus_message_new_method_call(SERVICE, SERVICE_PATH, SERVICE, method);
    volatile guint32 serial = 0;

    g_dbus_message_set_body(message, body);
    g_dbus_message_set_flags(message, flags);
    g_dbus_connection_send_message(bus, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, &serial, NULL);
    return serial;
}

guint32 callEventService(const char* method, GVariant* body) {
    return sendCall(method, body, G_DBUS_MESSAGE_FLAGS_NONE);
}

void tellEventService(const char* method, GVariant* body) {
    sendCall(method, body, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
}

/* Events name their topic as /level0/level1/.../ in their first argument. */
static char* makeRule(const char* const* levels, guint count) {
    GString* rule = g_string_new("type='signal',sender='" SERVICE "',interface='" SERVICE
                                 "',member='Event',arg0path='/");

    for (guint i = 0; i < count && levels[i] && !strpbrk(levels[i], "'\\/,"); i++)
        g_string_append_printf(rule, "%s/", levels[i]);
    g_string_append_c(rule, '\'');
    return g_string_free(rule, FALSE);
}

static char* makeWatchRule(const char* const* levels, guint count) {
    g_autofree char* rule = makeRule(levels, count);

    if (g_hash_table_contains(watched, rule) || g_hash_table_size(watched) < MAX_MATCH_RULES)
        return g_steal_pointer(&rule);
    return makeRule(NULL, 0);
}

void watchTopic(const char* const* levels, guint count) {
    char* rule = makeWatchRule(levels, count);
    guint users = GPOINTER_TO_UINT(g_hash_table_lookup(watched, rule));

    if (users == 0)
        addBusMatch(bus, rule);
    g_hash_table_replace(watched, rule, GUINT_TO_POINTER(users + 1));
}

void unwatchTopic(const char* const* levels, guint count) {
    g_autofree char* own = makeRule(levels, count);
    g_autofree char* rule =
        g_hash_table_contains(watched, own) ? g_steal_pointer(&own) : makeRule(NULL, 0);
    guint users = GPOINTER_TO_UINT(g_hash_table_lookup(watched, rule));

    if (users > 1) {
        g_hash_table_replace(watched, g_steal_pointer(&rule), GUINT_TO_POINTER(users - 1));
    } else if (users == 1) {
        g_hash_table_remove(watched, rule);
        removeBusMatch(bus, rule);
    }
}

void flushEventLink(void) {
    if (bus)
        g_dbus_connection_flush_sync(bus, NULL, NULL);
}
