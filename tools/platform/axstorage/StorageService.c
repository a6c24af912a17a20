/* SPDX-License-Identifier: MIT */
#include "StorageService.h"

#include "Bus.h"

#define SERVICE "virtualcamera.Storage1"
#define SERVICE_PATH "/virtualcamera/Storage1"
#define TIMEOUT_MS 25000

static AXStorageErrorCode codeOf(GError* reason, AXStorageErrorCode code) {
    g_autofree char* refusal = takeServiceErrorName(reason, SERVICE ".Error.");

    return g_strcmp0(refusal, "NotFound") == 0 ? AX_STORAGE_ERROR_INVALID_ARGUMENT : code;
}

GVariant* callStorageService(const char* method, GVariant* arguments, const char* replyType,
                             AXStorageErrorCode code, GError** error) {
    g_autoptr(GVariant) owned = g_variant_ref_sink(arguments);
    g_autoptr(GError) reason = NULL;
    GDBusConnection* bus = getBus(&reason);
    GVariant* reply = bus ? g_dbus_connection_call_sync(bus, SERVICE, SERVICE_PATH, SERVICE, method,
                                                        owned, G_VARIANT_TYPE(replyType),
                                                        G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MS,
                                                        NULL, &reason)
                          : NULL;

    if (!reply) {
        AXStorageErrorCode found = codeOf(reason, code);
        g_set_error(error, AX_STORAGE_ERROR, (gint)found, "storage service: %s", reason->message);
    }
    return reply;
}

/* Runs in the bus's thread for each message. */
static GDBusMessage* filterMessage(GDBusConnection* bus, GDBusMessage* message, gboolean incoming,
                                   gpointer userData) {
    (void)bus;
    if (!incoming || g_dbus_message_get_message_type(message) != G_DBUS_MESSAGE_TYPE_SIGNAL ||
        g_strcmp0(g_dbus_message_get_interface(message), SERVICE) != 0)
        return message;

    const char* id = g_dbus_message_get_arg0(message);
    if (id)
        (*(void (**)(const char*))userData)(id);
    g_object_unref(message);
    return NULL;
}

void watchStorages(void (*onChange)(const char* id)) {
    static gsize once = 0;
    static void (*receiver)(const char* id);

    if (!g_once_init_enter(&once))
        return;
    receiver = onChange;
    GDBusConnection* bus = getBus(NULL);
    if (bus) {
        g_dbus_connection_add_filter(bus, filterMessage, &receiver, NULL);
        addBusMatch(bus, "type='signal',sender='" SERVICE "',interface='" SERVICE "'");
    }
    g_once_init_leave(&once, 1);
}
