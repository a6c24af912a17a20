/* SPDX-License-Identifier: MIT */
#include <vdo-error.h>
#include <vdo-stream.h>

#include "StreamParts.h"
#include "VdoFrame.h"
#include "VideoService.h"

G_DEFINE_TYPE(VdoStream, vdo_stream, G_TYPE_OBJECT)

static void finalizeStream(GObject* object) {
    VdoStream* self = VDO_STREAM(object);

    g_clear_object(&self->settings);
    g_clear_object(&self->info);
    g_clear_pointer(&self->socket, closeFrameSocket);
    if (self->eventFd >= 0)
        close(self->eventFd);
    freeExplicitBuffers(self->buffers); /* each holds a reference to us: none is left */
    G_OBJECT_CLASS(vdo_stream_parent_class)->finalize(object);
}

static void vdo_stream_class_init(VdoStreamClass* class) {
    G_OBJECT_CLASS(class)->finalize = finalizeStream;
}

static void vdo_stream_init(VdoStream* self) {
    self->eventFd = -1;
    self->buffers = newExplicitBuffers();
}

static gboolean checkArgument(gconstpointer argument, const char* name, GError** error) {
    if (!argument)
        g_set_error(error, VDO_ERROR, VDO_ERROR_INVALID_ARGUMENT, "%s is NULL", name);
    return argument != NULL;
}

VdoBuffer* vdo_stream_snapshot(VdoMap* settings, GError** error) {
    if (!checkArgument(settings, "settings", error))
        return NULL;

    int fd;
    g_autoptr(GVariant) wanted = vdo_map_to_variant(settings);
    g_autoptr(GVariant) reply =
        callVideoService("Snapshot", g_variant_new("(@a{sv})", wanted), "(uutuh)", &fd, error);
    if (!reply)
        return NULL;

    guint32 type, sequence, size;
    guint64 timestamp;
    g_variant_get(reply, "(uutuh)", &type, &sequence, &timestamp, &size, NULL);
    FrameFacts facts = {.type = type, .sequence = sequence, .timestamp = timestamp, .size = size};
    return newFrame(fd, &facts, NULL, NULL);
}

VdoStream* vdo_stream_new(VdoMap* settings, VdoBufferFinalizer fin, GError** error) {
    if (!checkArgument(settings, "settings", error))
        return NULL;

    int fd;
    g_autoptr(GVariant) wanted = vdo_map_to_variant(settings);
    g_autoptr(GVariant) reply =
        callVideoService("OpenStream", g_variant_new("(@a{sv})", wanted), "(ua{sv}h)", &fd, error);
    if (!reply)
        return NULL;

    VdoStream* self = g_object_new(VDO_TYPE_STREAM, NULL);
    g_autoptr(GVariant) info = NULL;
    g_variant_get(reply, "(u@a{sv}h)", &self->id, &info, NULL);
    self->settings = vdo_map_clone(settings);
    self->info = vdo_map_new_from_variant(info);
    self->socket = newFrameSocket(fd);
    self->finalizer = fin;
    return self;
}

static VdoStream* newRawStream(const VdoMap* settings, guint32 input, VdoResolution resolution,
                               VdoFormat format, const char* subformat, GError** error) {
    g_autoptr(VdoMap) all = settings ? vdo_map_clone(settings) : vdo_map_new();

    vdo_map_set_uint32(all, "input", input);
    vdo_map_set_uint32(all, "format", (guint32)format);
    vdo_map_set_uint32(all, "width", resolution.width);
    vdo_map_set_uint32(all, "height", resolution.height);
    if (subformat)
        vdo_map_set_string(all, "subformat", subformat);
    return vdo_stream_new(all, NULL, error);
}

VdoStream* vdo_stream_rgb_new(const VdoMap* settings, guint32 input, VdoResolution resolution,
                              GError** error) {
    return newRawStream(settings, input, resolution, VDO_FORMAT_RGB, NULL, error);
}

VdoStream* vdo_stream_nv12_new(const VdoMap* settings, guint32 input, VdoResolution resolution,
                               GError** error) {
    return newRawStream(settings, input, resolution, VDO_FORMAT_YUV, "NV12", error);
}

VdoStream* vdo_stream_y800_new(const VdoMap* settings, guint32 input, VdoResolution resolution,
                               GError** error) {
    return newRawStream(settings, input, resolution, VDO_FORMAT_YUV, "Y800", error);
}

guint vdo_stream_get_id(VdoStream* self) {
    return self->id;
}

VdoMap* vdo_stream_get_info(VdoStream* self, GError** error) {
    (void)error;
    return vdo_map_clone(self->info);
}

VdoMap* vdo_stream_get_settings(VdoStream* self, GError** error) {
    (void)error;
    return vdo_map_clone(self->settings);
}

gboolean vdo_stream_set_framerate(VdoStream* self, gdouble framerate, GError** error) {
    if (!(framerate > 0.0 && framerate <= 1000.0)) {
        g_set_error(error, VDO_ERROR, VDO_ERROR_INVALID_ARGUMENT, "framerate: %g is no frame rate",
                    framerate);
        return FALSE;
    }
    if (!setSocketFramerate(self->socket, framerate, error))
        return FALSE;
    vdo_map_set_double(self->settings, "framerate", framerate);
    vdo_map_set_double(self->info, "framerate", framerate);
    return TRUE;
}

gboolean vdo_stream_set_settings(VdoStream* self, VdoMap* settings, GError** error) {
    if (!checkArgument(settings, "settings", error))
        return FALSE;

    g_autoptr(VdoMap) merged = vdo_map_clone(self->settings);
    vdo_map_merge(merged, settings);
    vdo_map_copy_value(merged, "framerate", "framerate");
    g_autoptr(VdoMap) before = vdo_map_clone(self->settings);
    vdo_map_remove(before, "framerate");
    gboolean hasRate = vdo_map_contains(merged, "framerate");
    gdouble framerate = vdo_map_get_double(merged, "framerate", 0.0);
    vdo_map_remove(merged, "framerate");
    if (!vdo_map_equals(before, merged)) {
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_NOT_SUPPORTED,
                            "settings: only framerate can change in an open stream");
        return FALSE;
    }
    return !hasRate || vdo_stream_set_framerate(self, framerate, error);
}

gboolean vdo_stream_start(VdoStream* self, GError** error) {
    if (self->started)
        return TRUE;
    self->started = startSocketFrames(self->socket, error);
    return self->started;
}

void vdo_stream_stop(VdoStream* self) {
    if (self->started)
        stopSocketFrames(self->socket);
    self->started = FALSE;
}

gint vdo_stream_get_fd(VdoStream* self, GError** error) {
    return getSocketDescriptor(self->socket, error);
}

gboolean vdo_stream_force_key_frame(VdoStream* self, GError** error) {
    return askSocketForKeyFrame(self->socket, error);
}

static void releaseFrame(VdoFrame* frame, gpointer userData) {
    VdoStream* self = userData;

    if (self->finalizer)
        self->finalizer(frame);
    returnSocketFrame(self->socket);
    g_object_unref(self);
}

static void releaseExplicit(VdoFrame* frame, gpointer userData) {
    VdoStream* self = userData;

    forgetExplicitBuffer(self->buffers, frame);
    if (self->finalizer)
        self->finalizer(frame);
    g_object_unref(self);
}

VdoBuffer* vdo_stream_buffer_alloc(VdoStream* self, gpointer opaque, GError** error) {
    guint32 format = vdo_map_get_uint32(self->info, "format", VDO_FORMAT_JPEG);
    gsize pixels = (gsize)vdo_map_get_uint32(self->info, "width", 0) *
                   vdo_map_get_uint32(self->info, "height", 0);

    if (vdo_format_is_encoded((VdoFormat)format)) {
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_NOT_SUPPORTED,
                            "buffers can be allocated for raw formats alone");
        return NULL;
    }
    gsize capacity = pixels * (format == VDO_FORMAT_RGBA ? 4 : 3);
    if (format == VDO_FORMAT_YUV)
        capacity = pixels + pixels / 2;
    g_object_ref(self);
    VdoBuffer* buffer =
        allocateExplicitBuffer(self->buffers, capacity, opaque, releaseExplicit, self, error);
    if (!buffer)
        g_object_unref(self);
    return buffer;
}

gboolean vdo_stream_buffer_enqueue(VdoStream* self, VdoBuffer* buffer, GError** error) {
    if (!checkArgument(self, "stream", error) || !checkArgument(buffer, "buffer", error))
        return FALSE;
    return enqueueExplicitBuffer(self->buffers, buffer, error);
}

/* What "timestamp.type", a VdoStreamTimestamp, makes of the moment of a frame. Camera and service
 * are one here. */
static gint64 getCustomTimestamp(const VdoStream* self, gint64 taken) {
    switch (vdo_map_get_uint32(self->settings, "timestamp.type", VDO_TIMESTAMP_NONE)) {
    case VDO_TIMESTAMP_UTC:
        return taken + g_get_real_time() - g_get_monotonic_time();
    case VDO_TIMESTAMP_MONO_CAPTURE:
    case VDO_TIMESTAMP_MONO_SERVER:
        return taken;
    case VDO_TIMESTAMP_MONO_CLIENT:
        return g_get_monotonic_time();
    case VDO_TIMESTAMP_MONO_CLIENT_SERVER_DIFF:
    case VDO_TIMESTAMP_MONO_CLIENT_CAPTURE_DIFF:
        return g_get_monotonic_time() - taken;
    default:
        return 0;
    }
}

static int receiveFrame(VdoStream* self, int timeout, FrameFacts* facts, GError** error) {
    int fd = receiveSocketFrame(self->socket, timeout, facts, error);

    if (fd >= 0)
        facts->customTimestamp = getCustomTimestamp(self, (gint64)facts->timestamp);
    return fd;
}

/* The next frame in the buffer that has waited longest. */
static VdoBuffer* getExplicitBuffer(VdoStream* self, int timeout, GError** error) {
    VdoBuffer* buffer = popExplicitBuffer(self->buffers);
    if (!buffer) {
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_NO_BUFFER_SPACE, "no buffer is enqueued");
        return NULL;
    }

    FrameFacts facts;
    int fd = receiveFrame(self, timeout, &facts, error);
    gboolean filled = fd >= 0 && fillExplicitBuffer(buffer, fd, &facts, error);
    if (fd >= 0) {
        close(fd);
        returnSocketFrame(self->socket);
    }
    if (!filled)
        enqueueExplicitBuffer(self->buffers, buffer, NULL);
    return filled ? buffer : NULL;
}

VdoBuffer* vdo_stream_get_buffer(VdoStream* self, GError** error) {
    if (!self->started) {
        g_set_error(error, VDO_ERROR, VDO_ERROR_FAILED, "stream %u is not started", self->id);
        return NULL;
    }

    int timeout = -1;
    if (vdo_map_contains(self->settings, "socket.timeout_ms"))
        timeout = (int)MIN(vdo_map_get_uint32(self->settings, "socket.timeout_ms", 0), G_MAXINT32);
    if (!vdo_map_get_boolean(self->settings, "socket.blocking", TRUE))
        timeout = 0;
    if (hasExplicitBuffers(self->buffers) ||
        vdo_map_get_uint32(self->settings, "buffer.strategy", VDO_BUFFER_STRATEGY_NONE) ==
            VDO_BUFFER_STRATEGY_EXPLICIT)
        return getExplicitBuffer(self, timeout, error);

    FrameFacts facts;
    int fd = receiveFrame(self, timeout, &facts, error);
    return fd < 0 ? NULL : newFrame(fd, &facts, releaseFrame, g_object_ref(self));
}

gboolean vdo_stream_buffer_unref(VdoStream* self, VdoBuffer** buffer, GError** error) {
    if (!checkArgument(self, "stream", error) || !checkArgument(buffer, "buffer", error) ||
        !checkArgument(*buffer, "*buffer", error))
        return FALSE;
    g_clear_object(buffer);
    return TRUE;
}
