/* SPDX-License-Identifier: MIT */
#include "VideoService.h"

#include "Bus.h"

#include <gio/gunixfdlist.h>
#include <vdo-error.h>

#define SERVICE "virtualcamera.Video1"
#define SERVICE_PATH "/virtualcamera/Video1"
#define TIMEOUT_MS 30000

static gint codeOfRefusal(const char* refusal) {
    static const struct {
        const char* name;
        gint code;
    } codes[] = {
        {"NotFound", VDO_ERROR_NOT_FOUND},         {"InvalidArgument", VDO_ERROR_INVALID_ARGUMENT},
        {"NotSupported", VDO_ERROR_NOT_SUPPORTED}, {"Busy", VDO_ERROR_BUSY},
        {"NoVideo", VDO_ERROR_NO_VIDEO},           {"Failed", VDO_ERROR_FAILED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
        if (g_str_equal(refusal, codes[i].name))
            return codes[i].code;
    return VDO_ERROR_FAILED;
}

static gint codeOf(GError* reason) {
    g_autofree char* refusal = takeServiceErrorName(reason, SERVICE ".Error.");

    if (refusal)
        return codeOfRefusal(refusal);
    if (g_error_matches(reason, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
        g_error_matches(reason, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
        g_error_matches(reason, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
        g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_CLOSED))
        return VDO_ERROR_INTERFACE_DOWN;
    return VDO_ERROR_DBUS;
}

static gboolean takeDescriptor(GUnixFDList* descriptors, int* fd, GError** error) {
    if (!fd)
        return TRUE;
    *fd = descriptors ? g_unix_fd_list_get(descriptors, 0, NULL) : -1;
    if (*fd < 0)
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_IO, "the video service sent no descriptor");
    return *fd >= 0;
}

GVariant* callVideoService(const char* method, GVariant* arguments, const char* replyType, int* fd,
                           GError** error) {
    g_autoptr(GVariant) owned = g_variant_ref_sink(arguments);
    g_autoptr(GError) reason = NULL;
    g_autoptr(GUnixFDList) descriptors = NULL;

    GDBusConnection* bus = getBus(&reason);
    g_autoptr(GVariant) reply =
        bus ? g_dbus_connection_call_with_unix_fd_list_sync(
                  bus, SERVICE, SERVICE_PATH, SERVICE, method, owned, G_VARIANT_TYPE(replyType),
                  G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MS, NULL, &descriptors, NULL, &reason)
            : NULL;
    if (!reply) {
        gint code = bus ? codeOf(reason) : VDO_ERROR_DBUS;
        g_set_error_literal(error, VDO_ERROR, code, reason->message);
        return NULL;
    }
    return takeDescriptor(descriptors, fd, error) ? g_steal_pointer(&reply) : NULL;
}
