/* SPDX-License-Identifier: MIT
 * A video channel: what one sensor or one view area sees (ACAP VDO API). Channel 0 is the overview,
 * 1 and up are view areas; the virtual camera has 0 and 1, which show the same picture. */
#ifndef PLATFORM_VDO_CHANNEL_H
#define PLATFORM_VDO_CHANNEL_H

#include <glib-object.h>

#include "vdo-frame.h"
#include "vdo-map.h"
#include "vdo-types.h"

G_BEGIN_DECLS

#define VDO_TYPE_CHANNEL (vdo_channel_get_type())
G_DECLARE_FINAL_TYPE(VdoChannel, vdo_channel, VDO, CHANNEL, GObject)

/* Release with g_object_unref(); VDO_ERROR_NOT_FOUND for a channel that is not there. */
VdoChannel* vdo_channel_get(guint channel_nbr, GError** error);
/* desc has "channel" or "input". */
VdoChannel* vdo_channel_get_ex(VdoMap* desc, GError** error);

/* Release with g_list_free_full(list, g_object_unref). */
GList* vdo_channel_get_all(GError** error);
GList* vdo_channel_get_filtered(VdoMap* filter, GError** error);

/* New maps; release with g_object_unref(). */
VdoMap* vdo_channel_get_info(VdoChannel* self, GError** error);
VdoMap* vdo_channel_get_settings(VdoChannel* self, GError** error);

/* The settings of a stream profile; the virtual camera has none, so always VDO_ERROR_NOT_FOUND. */
VdoMap* vdo_channel_get_stream_profile(VdoChannel* self, const gchar* profile, VdoFormat format,
                                       GError** error);

/* The resolutions a stream of "format" can have. "select": "all" (default), "minmax", "min" or
 * "max"; "aspect_ratio": "native" or "W:H". Free with g_free(). */
VdoResolutionSet* vdo_channel_get_resolutions(VdoChannel* self, VdoMap* filter, GError** error);

/* The most frames a second that streams of the channel have; only "framerate" can be set. */
gboolean vdo_channel_set_framerate(VdoChannel* self, gdouble framerate, GError** error);
gboolean vdo_channel_set_settings(VdoChannel* self, VdoMap* settings, GError** error);

guint vdo_channel_get_id(VdoChannel* self);

G_END_DECLS

#endif
