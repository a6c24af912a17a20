/* SPDX-License-Identifier: MIT */
#include "TestCamera.h"

#include <vdo-error.h>
#include <vdo-stream.h>

#include <string.h>

static VdoStream* startStream(guint gop) {
    g_autoptr(VdoMap) settings = vdo_map_new();
    g_autoptr(GError) error = NULL;

    vdo_map_set_uint32(settings, "format", VDO_FORMAT_H264);
    vdo_map_set_uint32(settings, "width", 320);
    vdo_map_set_uint32(settings, "height", 180);
    vdo_map_set_uint32(settings, "gop_length", gop);
    VdoStream* stream = vdo_stream_new(settings, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(vdo_stream_start(stream, &error));
    return stream;
}

/* The next frame: true for a key frame, which has the parameter sets before the picture. */
static gboolean takeFrame(VdoStream* stream) {
    static const guint8 start[] = {0, 0, 0, 1};
    g_autoptr(GError) error = NULL;
    g_autoptr(VdoBuffer) frame = vdo_stream_get_buffer(stream, &error);
    g_assert_no_error(error);
    const guint8* data = vdo_buffer_get_data(frame);
    gboolean isKey = vdo_frame_is_key(frame);

    g_assert_cmpint(vdo_frame_get_frame_type(frame), ==,
                    isKey ? VDO_FRAME_TYPE_H264_IDR : VDO_FRAME_TYPE_H264_P);
    g_assert_cmpmem(data, 4, start, sizeof start);
    g_assert_cmpuint(data[4] & 0x1f, ==, isKey ? 7 : 1); /* sequence parameters or a slice */
    gssize header = vdo_frame_get_header_size(frame);
    g_assert_cmpint(header, <, (gssize)vdo_frame_get_size(frame));
    if (isKey)
        g_assert_true(header > 8 && data[header] == 0 && data[header + 1] == 0);
    else
        g_assert_cmpint(header, ==, 0);
    return isKey;
}

static void testKeyFramesComeRegularly(void) {
    g_autoptr(VdoStream) stream = startStream(3);

    for (guint turn = 0; turn < 9; turn++)
        g_assert_cmpint(takeFrame(stream), ==, turn % 3 == 0);
}

static void testKeyFrameOnRequest(void) {
    g_autoptr(VdoStream) stream = startStream(1000);
    guint frames = 1;

    g_assert_true(takeFrame(stream));
    g_assert_false(takeFrame(stream));
    g_assert_true(vdo_stream_force_key_frame(stream, NULL));
    while (!takeFrame(stream))
        g_assert_cmpuint(++frames, <, 100);
    g_assert_false(takeFrame(stream));
}

static void testAStreamBeginsWithAKeyFrame(void) {
    g_autoptr(VdoStream) stream = startStream(1000);

    g_assert_true(takeFrame(stream));
    vdo_stream_stop(stream);
    g_assert_true(vdo_stream_start(stream, NULL));
    for (guint frames = 0; !takeFrame(stream); frames++) /* what was under way when it stopped */
        g_assert_cmpuint(frames, <, 10);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/encoded/key-frames", testKeyFramesComeRegularly);
    g_test_add_func("/encoded/on-request", testKeyFrameOnRequest);
    g_test_add_func("/encoded/restart", testAStreamBeginsWithAKeyFrame);
    return g_test_run();
}
