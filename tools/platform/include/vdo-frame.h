/* SPDX-License-Identifier: MIT
 * A video frame (ACAP VDO API). A frame and its buffer are one object: see vdo-buffer.h. */
#ifndef PLATFORM_VDO_FRAME_H
#define PLATFORM_VDO_FRAME_H

#include <glib-object.h>
#include <unistd.h>

#include "vdo-map.h"
#include "vdo-types.h"

G_BEGIN_DECLS

#define VDO_TYPE_FRAME (vdo_frame_get_type())
G_DECLARE_FINAL_TYPE(VdoFrame, vdo_frame, VDO, FRAME, GObject)

typedef void (*VdoFrameFinalizer)(VdoFrame* self);

VdoFrameType vdo_frame_get_frame_type(VdoFrame* self);
gboolean vdo_frame_is_key(VdoFrame* self);
gboolean vdo_frame_shown(VdoFrame* self);
guint vdo_frame_get_sequence_nbr(VdoFrame* self);
/* Capture time in microseconds of the monotonic clock. */
guint64 vdo_frame_get_timestamp(VdoFrame* self);
/* The same moment in microseconds since 1970. */
guint64 vdo_frame_get_utc_timestamp(VdoFrame* self);
gint64 vdo_frame_get_custom_timestamp(VdoFrame* self);
/* Bytes of the frame's data. */
gsize vdo_frame_get_size(VdoFrame* self);
/* Bytes of H.264/H.265 headers, or -1 for other formats. */
gssize vdo_frame_get_header_size(VdoFrame* self);
/* A descriptor of the data, lent, or -1. */
gint vdo_frame_get_fd(VdoFrame* self);
/* Lent, may be NULL. */
VdoMap* vdo_frame_get_extra_info(VdoFrame* self);
gpointer vdo_frame_get_opaque(VdoFrame* self);
gboolean vdo_frame_get_is_last_buffer(VdoFrame* self);

void vdo_frame_set_size(VdoFrame* self, gsize size);
void vdo_frame_set_frame_type(VdoFrame* self, VdoFrameType type);
void vdo_frame_set_sequence_nbr(VdoFrame* self, guint seqnum);
void vdo_frame_set_timestamp(VdoFrame* self, guint64 timestamp);
void vdo_frame_set_custom_timestamp(VdoFrame* self, gint64 timestamp);
void vdo_frame_set_is_last_buffer(VdoFrame* self, gboolean is_last_buffer);
void vdo_frame_set_extra_info(VdoFrame* self, VdoMap* extra_info);
void vdo_frame_set_header_size(VdoFrame* self, gssize size);

/* Maps the data; NULL on failure. The map lives until vdo_frame_unmap() or the frame's end. */
gpointer vdo_frame_memmap(VdoFrame* self);
void vdo_frame_unmap(VdoFrame* self);

/* The next part of the frame; size 0 after the last one, type VDO_CHUNK_ERROR on failure. */
VdoChunk vdo_frame_take_chunk(VdoFrame* self, GError** error);
VdoChunk vdo_frame_take_chunk_ex(VdoFrame* self, VdoChunkOption options, GError** error);

G_END_DECLS

#endif
