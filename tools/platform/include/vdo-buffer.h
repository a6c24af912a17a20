/* SPDX-License-Identifier: MIT
 * The memory of a video frame (ACAP VDO API). A buffer is a frame: both pointers are the same
 * object. Release with g_object_unref(), or vdo_stream_buffer_unref() when it came from a stream.
 */
#ifndef PLATFORM_VDO_BUFFER_H
#define PLATFORM_VDO_BUFFER_H

#include "vdo-frame.h"

G_BEGIN_DECLS

typedef VdoFrame VdoBuffer;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VdoBuffer, g_object_unref)

typedef void (*VdoBufferFinalizer)(VdoBuffer* self);

/* A buffer over memory of the caller, which its descriptor names; the descriptor stays the
 * caller's. */
VdoBuffer* vdo_buffer_new(gint fd, gsize capacity, guint64 offset, gpointer opaque);
VdoBuffer* vdo_buffer_new_full(gint fd, gsize capacity, guint64 offset, gpointer opaque,
                               VdoMap* settings);

guint32 vdo_buffer_get_id(VdoBuffer* self);
gint vdo_buffer_get_fd(VdoBuffer* self);
gint64 vdo_buffer_get_offset(VdoBuffer* self);
gsize vdo_buffer_get_capacity(VdoBuffer* self);
gboolean vdo_buffer_is_complete(VdoBuffer* self);
gboolean vdo_buffer_is_contiguous(VdoBuffer* self);
gpointer vdo_buffer_get_opaque(VdoBuffer* self);

/* Lent: both live as long as the buffer. The data is NULL when it cannot be mapped. */
gpointer vdo_buffer_get_data(VdoBuffer* self);
VdoFrame* vdo_buffer_get_frame(VdoBuffer* self);

G_END_DECLS

#endif
