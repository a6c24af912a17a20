/* SPDX-License-Identifier: MIT
 * Pictures from the camera (ACAP VDO API). The calls block until the service answers; any thread
 * may make them, one stream must be used by one thread at a time. */
#ifndef PLATFORM_VDO_STREAM_H
#define PLATFORM_VDO_STREAM_H

#include <glib-object.h>

#include "vdo-buffer.h"
#include "vdo-frame.h"
#include "vdo-map.h"
#include "vdo-types.h"

G_BEGIN_DECLS

#define VDO_TYPE_STREAM (vdo_stream_get_type())
G_DECLARE_FINAL_TYPE(VdoStream, vdo_stream, VDO, STREAM, GObject)

/* One picture: "format" (VDO_FORMAT_JPEG), "width" and "height" or "resolution", "channel" or
 * "input", "compression". NULL on error; release with g_object_unref(). */
VdoBuffer* vdo_stream_snapshot(VdoMap* settings, GError** error);

/* A stream with these settings; fin, when given, is called before a buffer of the stream ends.
 * NULL on error; release with g_object_unref(). */
VdoStream* vdo_stream_new(VdoMap* settings, VdoBufferFinalizer fin, GError** error);

/* The same for raw pictures of an input, 1 and up (AXIS OS 12.8). */
VdoStream* vdo_stream_rgb_new(const VdoMap* settings, guint32 input, VdoResolution resolution,
                              GError** error);
VdoStream* vdo_stream_nv12_new(const VdoMap* settings, guint32 input, VdoResolution resolution,
                               GError** error);
VdoStream* vdo_stream_y800_new(const VdoMap* settings, guint32 input, VdoResolution resolution,
                               GError** error);

/* A stream that is open, of any application, or with id 0 none, to watch all (then attach with a
 * map and use vdo_stream_get_event()). Release with g_object_unref(). */
VdoStream* vdo_stream_get(guint id, GError** error);
/* Every open stream; release with g_list_free_full(list, g_object_unref). NULL also when there is
 * none. */
GList* vdo_stream_get_all(GError** error);

/* What a stream of vdo_stream_get() is to be used for: "intent", VDO_INTENT_DEFAULT when it is
 * missing. "filter" is accepted; every stream passes. */
gboolean vdo_stream_attach(VdoStream* self, VdoMap* intent, GError** error);

/* Readable when vdo_stream_get_event() has something; lent, -1 on error. */
gint vdo_stream_get_event_fd(VdoStream* self, GError** error);
/* A new map with "event", a VdoStreamEvent, and "id", the stream; VDO_ERROR_NO_EVENT when there is
 * none. Of streams this camera tells EXISTING, CREATED and CLOSED. */
VdoMap* vdo_stream_get_event(VdoStream* self, GError** error);

guint vdo_stream_get_id(VdoStream* self);

/* New maps; release with g_object_unref(). The info shows the values really used. */
VdoMap* vdo_stream_get_info(VdoStream* self, GError** error);
VdoMap* vdo_stream_get_settings(VdoStream* self, GError** error);

/* Only "framerate" can change while the stream runs. */
gboolean vdo_stream_set_settings(VdoStream* self, VdoMap* settings, GError** error);
gboolean vdo_stream_set_framerate(VdoStream* self, gdouble framerate, GError** error);

gboolean vdo_stream_start(VdoStream* self, GError** error);
void vdo_stream_stop(VdoStream* self);

/* Readable when a frame waits; lent, -1 on error. */
gint vdo_stream_get_fd(VdoStream* self, GError** error);

/* The camera's way to send encoded frames to a descriptor and to encode an application's pictures,
 * and to start a stream with more settings: VDO_ERROR_NOT_SUPPORTED here. */
VdoStream* vdo_stream_to_fd(VdoMap* settings, int data_fd, int meta_fd, GError** error);
gboolean vdo_stream_encode(VdoStream* self, VdoBuffer** in_buf, VdoMap* settings, GError** error);
gboolean vdo_stream_play(VdoStream* self, VdoMap* settings, GError** error);

/* The next frame is a key frame. No effect on formats without them. */
gboolean vdo_stream_force_key_frame(VdoStream* self, GError** error);

/* The next frame. Waits for it unless "socket.blocking" is FALSE, then VDO_ERROR_NO_DATA; also
 * after "socket.timeout_ms". */
VdoBuffer* vdo_stream_get_buffer(VdoStream* self, GError** error);

/* A buffer for frames of this stream, of a raw format, that the application keeps: from then on,
 * and with the "buffer.strategy" VDO_BUFFER_STRATEGY_EXPLICIT, frames come in the buffers that have
 * been enqueued, in this order; VDO_ERROR_NO_BUFFER_SPACE when there is none.
 * vdo_stream_get_buffer() then adds no reference. End it with vdo_stream_buffer_unref(). */
VdoBuffer* vdo_stream_buffer_alloc(VdoStream* self, gpointer opaque, GError** error);
gboolean vdo_stream_buffer_enqueue(VdoStream* self, VdoBuffer* buffer, GError** error);

/* Gives the buffer back and sets *buffer to NULL. */
gboolean vdo_stream_buffer_unref(VdoStream* self, VdoBuffer** buffer, GError** error);

G_END_DECLS

#endif
