/* SPDX-License-Identifier: MIT */
#include "TestCamera.h"

#include <vdo-channel.h>
#include <vdo-error.h>
#include <vdo-stream.h>

static VdoMap* newSettings(VdoFormat format) {
    VdoMap* settings = vdo_map_new();

    vdo_map_set_uint32(settings, "format", (guint32)format);
    vdo_map_set_uint32(settings, "width", 64);
    vdo_map_set_uint32(settings, "height", 64);
    return settings;
}

/* Applications drop frames whose own timestamp is old, so it must not stay 0. */
static void testTimestamps(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_YUV);
    vdo_map_set_uint16(settings, "timestamp.type", VDO_TIMESTAMP_MONO_SERVER);
    g_autoptr(VdoStream) stream = vdo_stream_new(settings, NULL, NULL);
    g_assert_true(vdo_stream_start(stream, NULL));
    g_autoptr(VdoBuffer) frame = vdo_stream_get_buffer(stream, NULL);
    gint64 age = g_get_real_time() - (gint64)vdo_frame_get_utc_timestamp(frame);

    g_assert_cmpint(vdo_frame_get_custom_timestamp(frame), ==,
                    (gint64)vdo_frame_get_timestamp(frame));
    g_assert_cmpint(age, >=, 0);
    g_assert_cmpint(age, <, 60 * G_USEC_PER_SEC);
}

static void testEnumerationsHaveNames(void) {
    g_autoptr(GEnumClass) formats = g_type_class_ref(vdo_format_get_type());
    g_autoptr(GEnumClass) frames = g_type_class_ref(vdo_frame_type_get_type());

    g_assert_cmpstr(g_enum_get_value(formats, VDO_FORMAT_YUV)->value_name, ==, "VDO_FORMAT_YUV");
    g_assert_cmpint(g_enum_get_value_by_nick(frames, "AVIF")->value, ==, VDO_FRAME_TYPE_AVIF);
}

/* An application that wants what is not here is told, and goes on. */
static void testEncoderIsRefused(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_JPEG);
    g_autoptr(VdoStream) stream = vdo_stream_new(settings, NULL, NULL);
    g_autoptr(VdoChannel) channel = vdo_channel_get(1, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_null(vdo_stream_to_fd(settings, 1, -1, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NOT_SUPPORTED);
    g_clear_error(&error);
    g_assert_false(vdo_stream_play(stream, settings, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NOT_SUPPORTED);
    g_clear_error(&error);
    g_assert_false(vdo_stream_encode(stream, NULL, settings, NULL));
    g_assert_null(vdo_channel_get_stream_profile(channel, "Mobile", VDO_FORMAT_JPEG, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NOT_FOUND);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/types/timestamps", testTimestamps);
    g_test_add_func("/types/enumerations", testEnumerationsHaveNames);
    g_test_add_func("/types/encoder", testEncoderIsRefused);
    return g_test_run();
}
