/* SPDX-License-Identifier: MIT */
#include "Bus.h"

#include <string.h>

GDBusConnection* getBus(GError** error) {
    static GMutex lock;
    static GDBusConnection* bus; /* guarded by lock */

    g_mutex_lock(&lock);
    if (!bus) {
        bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);
        /* The camera stops its applications itself; a lost bus alone must not end one. */
        if (bus)
            g_dbus_connection_set_exit_on_close(bus, FALSE);
    }
    GDBusConnection* found = bus;
    g_mutex_unlock(&lock);
    return found;
}

static void callBus(GDBusConnection* bus, const char* method, const char* rule) {
    g_autoptr(GDBusMessage) message = g_dbus_message_new_method_call(
        "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method);

    g_dbus_message_set_body(message, g_variant_new("(s)", rule));
    g_dbus_message_set_flags(message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
    g_dbus_connection_send_message(bus, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

void addBusMatch(GDBusConnection* bus, const char* rule) {
    callBus(bus, "AddMatch", rule);
}

void removeBusMatch(GDBusConnection* bus, const char* rule) {
    callBus(bus, "RemoveMatch", rule);
}

char* takeServiceErrorName(GError* error, const char* prefix) {
    g_autofree char* name = g_dbus_error_get_remote_error(error);

    if (!name || !g_str_has_prefix(name, prefix))
        return NULL;
    g_dbus_error_strip_remote_error(error);
    return g_strdup(name + strlen(prefix));
}
