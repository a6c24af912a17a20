/* SPDX-License-Identifier: MIT */
#include <vdo-error.h>
#include <vdo-stream.h>

#include "StreamParts.h"
#include "VideoService.h"

#include <errno.h>
#include <sys/socket.h>

/* Stands for all streams; only to be watched. */
#define EVERY_STREAM 0

/* Messages of the service, in the machine's own byte order. */
typedef struct {
    guint32 event;
    guint32 stream;
} EventMessage;

static VdoStream* newFoundStream(guint id, VdoMap* info) {
    VdoStream* self = g_object_new(VDO_TYPE_STREAM, NULL);

    self->id = id;
    self->info = info;
    self->settings = vdo_map_clone(info);
    return self;
}

VdoStream* vdo_stream_get(guint id, GError** error) {
    if (id == EVERY_STREAM)
        return newFoundStream(id, vdo_map_new());

    g_autoptr(GVariant) reply =
        callVideoService("GetStream", g_variant_new("(u)", id), "(a{sv})", NULL, error);
    if (!reply)
        return NULL;
    g_autoptr(GVariant) info = g_variant_get_child_value(reply, 0);
    return newFoundStream(id, vdo_map_new_from_variant(info));
}

GList* vdo_stream_get_all(GError** error) {
    g_autoptr(GVariant) reply =
        callVideoService("GetStreams", g_variant_new("()"), "(au)", NULL, error);
    if (!reply)
        return NULL;

    GList* streams = NULL;
    g_autoptr(GVariantIter) ids = NULL;
    guint32 id;
    g_variant_get(reply, "(au)", &ids);
    while (g_variant_iter_next(ids, "u", &id)) {
        VdoStream* stream = vdo_stream_get(id, NULL);
        if (stream) /* it may have ended meanwhile */
            streams = g_list_prepend(streams, stream);
    }
    return g_list_reverse(streams);
}

static gboolean openDescriptor(VdoStream* self, const char* method, int* fd, GError** error) {
    g_autoptr(GVariant) reply =
        callVideoService(method, g_variant_new("(u)", self->id), "(h)", fd, error);

    return reply != NULL;
}

static gboolean watchStream(VdoStream* self, GError** error) {
    return self->eventFd >= 0 || openDescriptor(self, "WatchStreams", &self->eventFd, error);
}

static gboolean consumeStream(VdoStream* self, GError** error) {
    int fd;

    if (self->socket)
        return TRUE; /* documented as redundant for a stream of vdo_stream_new() */
    if (!openDescriptor(self, "AttachStream", &fd, error))
        return FALSE;
    self->socket = newFrameSocket(fd);
    return TRUE;
}

gboolean vdo_stream_attach(VdoStream* self, VdoMap* intent, GError** error) {
    guint32 wanted =
        intent ? vdo_map_get_uint32(intent, "intent", VDO_INTENT_DEFAULT) : VDO_INTENT_DEFAULT;

    if (self->id == EVERY_STREAM)
        return watchStream(self, error);
    if ((wanted & VDO_INTENT_EVENTFD) && !watchStream(self, error))
        return FALSE;
    return !(wanted & VDO_INTENT_CONSUME) || consumeStream(self, error);
}

gint vdo_stream_get_event_fd(VdoStream* self, GError** error) {
    if (self->eventFd < 0)
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_NOT_CONTROLLED,
                            "the stream's events are not watched: see vdo_stream_attach()");
    return self->eventFd;
}

VdoMap* vdo_stream_get_event(VdoStream* self, GError** error) {
    EventMessage message;
    ssize_t length;

    if (vdo_stream_get_event_fd(self, error) < 0)
        return NULL;
    do
        length = recv(self->eventFd, &message, sizeof message, MSG_DONTWAIT);
    while (length < 0 && errno == EINTR);
    if (length != sizeof message) {
        gboolean isEmpty = length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        g_set_error_literal(error, VDO_ERROR,
                            isEmpty ? VDO_ERROR_NO_EVENT : VDO_ERROR_INTERFACE_DOWN,
                            isEmpty ? "there is no event" : "the video service is gone");
        return NULL;
    }
    VdoMap* event = vdo_map_new();
    vdo_map_set_uint32(event, "event", message.event);
    vdo_map_set_uint32(event, "id", message.stream);
    return event;
}
