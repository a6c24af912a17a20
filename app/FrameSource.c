/* SPDX-License-Identifier: MIT */
#include "FrameSource.h"

#include <vdo-buffer.h>
#include <vdo-frame.h>
#include <vdo-map.h>
#include <vdo-stream.h>
#include <vdo-types.h>

GBytes* takeFrame(const FrameSpec* spec, gint64* timestampUs, GError** error) {
    g_autoptr(VdoMap) settings = vdo_map_new();

    vdo_map_set_uint32(settings, "format", VDO_FORMAT_JPEG);
    vdo_map_set_uint32(settings, "channel", spec->channel);
    vdo_map_set_uint32(settings, "width", spec->width);
    vdo_map_set_uint32(settings, "height", spec->height);
    VdoBuffer* snapshot = vdo_stream_snapshot(settings, error);
    if (!snapshot) {
        g_prefix_error(error, "snapshot: ");
        return NULL;
    }
    VdoFrame* frame = vdo_buffer_get_frame(snapshot);
    gconstpointer data = vdo_buffer_get_data(snapshot);
    *timestampUs = (gint64)vdo_frame_get_timestamp(frame);
    return g_bytes_new_with_free_func(data, vdo_frame_get_size(frame), g_object_unref, snapshot);
}
