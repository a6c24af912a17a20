/* SPDX-License-Identifier: MIT */
#include <vdo-channel.h>
#include <vdo-error.h>

#include "VideoService.h"

struct _VdoChannel {
    GObject parent;
    guint id;
    VdoMap* info;
};

G_DEFINE_TYPE(VdoChannel, vdo_channel, G_TYPE_OBJECT)

static void finalizeChannel(GObject* object) {
    g_clear_object(&VDO_CHANNEL(object)->info);
    G_OBJECT_CLASS(vdo_channel_parent_class)->finalize(object);
}

static void vdo_channel_class_init(VdoChannelClass* class) {
    G_OBJECT_CLASS(class)->finalize = finalizeChannel;
}

static void vdo_channel_init(VdoChannel* self) {
    (void)self;
}

VdoChannel* vdo_channel_get(guint channel_nbr, GError** error) {
    g_autoptr(GVariant) reply =
        callVideoService("GetChannel", g_variant_new("(u)", channel_nbr), "(a{sv})", NULL, error);
    if (!reply)
        return NULL;

    VdoChannel* self = g_object_new(VDO_TYPE_CHANNEL, NULL);
    g_autoptr(GVariant) info = g_variant_get_child_value(reply, 0);
    self->id = channel_nbr;
    self->info = vdo_map_new_from_variant(info);
    return self;
}

VdoChannel* vdo_channel_get_ex(VdoMap* desc, GError** error) {
    if (desc && (vdo_map_contains(desc, "channel") || vdo_map_contains(desc, "input")))
        return vdo_channel_get(
            vdo_map_get_uint32(desc, "channel", vdo_map_get_uint32(desc, "input", 0)), error);
    g_set_error_literal(error, VDO_ERROR, VDO_ERROR_INVALID_ARGUMENT,
                        "channel: the description has neither channel nor input");
    return NULL;
}

static gboolean matchesMap(VdoMap* info, VdoMap* filter) {
    g_autoptr(GVariant) wanted = vdo_map_to_variant(filter);
    GVariantIter iterator;
    const char* name;

    g_variant_iter_init(&iterator, wanted);
    while (g_variant_iter_next(&iterator, "{&sv}", &name, NULL))
        if (!vdo_map_entry_equals(info, filter, name))
            return FALSE;
    return TRUE;
}

GList* vdo_channel_get_filtered(VdoMap* filter, GError** error) {
    g_autoptr(GVariant) reply =
        callVideoService("GetChannels", g_variant_new("()"), "(au)", NULL, error);
    if (!reply)
        return NULL;

    GList* channels = NULL;
    g_autoptr(GVariantIter) ids = NULL;
    guint32 id;
    g_variant_get(reply, "(au)", &ids);
    while (g_variant_iter_next(ids, "u", &id)) {
        VdoChannel* channel = vdo_channel_get(id, error);
        if (!channel) {
            g_list_free_full(channels, g_object_unref);
            return NULL;
        }
        if (!filter || matchesMap(channel->info, filter))
            channels = g_list_append(channels, channel);
        else
            g_object_unref(channel);
    }
    return channels;
}

GList* vdo_channel_get_all(GError** error) {
    return vdo_channel_get_filtered(NULL, error);
}

VdoMap* vdo_channel_get_info(VdoChannel* self, GError** error) {
    (void)error;
    return vdo_map_clone(self->info);
}

VdoMap* vdo_channel_get_settings(VdoChannel* self, GError** error) {
    (void)error;
    return vdo_map_filter_va(self->info, "framerate", "rotation", NULL);
}

VdoMap* vdo_channel_get_stream_profile(VdoChannel* self, const gchar* profile, VdoFormat format,
                                       GError** error) {
    (void)self;
    (void)format;
    g_set_error(error, VDO_ERROR, VDO_ERROR_NOT_FOUND, "there is no stream profile %s",
                profile ? profile : "(null)");
    return NULL;
}

VdoResolutionSet* vdo_channel_get_resolutions(VdoChannel* self, VdoMap* filter, GError** error) {
    g_autoptr(VdoMap) wanted = filter ? g_object_ref(filter) : vdo_map_new();
    g_autoptr(GVariant) settings = vdo_map_to_variant(wanted);
    g_autoptr(GVariant) reply = callVideoService(
        "GetResolutions", g_variant_new("(u@a{sv})", self->id, settings), "(a(uu))", NULL, error);
    if (!reply)
        return NULL;

    g_autoptr(GVariant) list = g_variant_get_child_value(reply, 0);
    gsize count = g_variant_n_children(list);
    VdoResolutionSet* set = g_malloc0(sizeof(VdoResolutionSet) + count * sizeof(VdoResolution));
    set->count = count;
    for (gsize i = 0; i < count; i++)
        g_variant_get_child(list, i, "(uu)", &set->resolutions[i].width,
                            &set->resolutions[i].height);
    return set;
}

gboolean vdo_channel_set_framerate(VdoChannel* self, gdouble framerate, GError** error) {
    g_autoptr(GVariant) reply = callVideoService(
        "SetFramerate", g_variant_new("(ud)", self->id, framerate), "()", NULL, error);

    if (reply)
        vdo_map_set_double(self->info, "framerate", framerate);
    return reply != NULL;
}

gboolean vdo_channel_set_settings(VdoChannel* self, VdoMap* settings, GError** error) {
    if (!settings || vdo_map_size(settings) != 1 || !vdo_map_contains(settings, "framerate")) {
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_NOT_SUPPORTED,
                            "settings: only framerate can be set");
        return FALSE;
    }
    return vdo_channel_set_framerate(self, vdo_map_get_double(settings, "framerate", 0.0), error);
}

guint vdo_channel_get_id(VdoChannel* self) {
    return self->id;
}
