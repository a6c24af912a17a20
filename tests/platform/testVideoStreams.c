/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>
#include <vdo-channel.h>
#include <vdo-error.h>
#include <vdo-stream.h>

#include "TestCamera.h"

static VdoMap* newSettings(VdoFormat format, guint width, guint height) {
    VdoMap* settings = vdo_map_new();

    vdo_map_set_uint32(settings, "format", (guint32)format);
    vdo_map_set_uint32(settings, "width", width);
    vdo_map_set_uint32(settings, "height", height);
    return settings;
}

static void testExplicitBuffers(void) {
    enum { BUFFERS = 2 };
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_YUV, 64, 64);
    g_autoptr(GError) error = NULL;
    VdoBuffer* buffers[BUFFERS];
    int mark;

    vdo_map_set_uint32(settings, "buffer.strategy", VDO_BUFFER_STRATEGY_EXPLICIT);
    g_autoptr(VdoStream) stream = vdo_stream_new(settings, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < BUFFERS; i++) {
        buffers[i] = vdo_stream_buffer_alloc(stream, &mark, &error);
        g_assert_no_error(error);
        memset(vdo_buffer_get_data(buffers[i]), 0, 64 * 64);
        g_assert_true(vdo_stream_buffer_enqueue(stream, buffers[i], &error));
    }
    g_assert_false(vdo_stream_buffer_enqueue(stream, buffers[0], &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_INVALID_ARGUMENT);
    g_clear_error(&error);
    g_assert_true(vdo_stream_start(stream, NULL));

    for (guint turn = 0; turn < 3 * BUFFERS; turn++) {
        VdoBuffer* buffer = vdo_stream_get_buffer(stream, &error);
        g_assert_no_error(error);
        const guchar* data = vdo_buffer_get_data(buffer);
        g_assert_true(buffer == buffers[turn % BUFFERS]);
        g_assert_true(vdo_buffer_get_opaque(buffer) == &mark);
        g_assert_cmpuint(vdo_frame_get_size(buffer), ==, 64 * 64 * 3 / 2);
        g_assert_cmpuint(vdo_frame_get_sequence_nbr(buffer), ==, turn);
        guchar same;
        g_assert_cmpint(pread(vdo_buffer_get_fd(buffer), &same, 1, 64 * 32), ==, 1);
        g_assert_cmpuint(same, ==, data[64 * 32]);
        g_assert_cmpuint(data[64 * 64], !=, 0); /* chroma, which nobody has written before */
        g_assert_true(vdo_stream_buffer_enqueue(stream, buffer, NULL));
    }
    for (guint i = 0; i < BUFFERS; i++)
        g_assert_true(vdo_stream_buffer_unref(stream, &buffers[i], NULL));
    g_assert_null(vdo_stream_get_buffer(stream, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NO_BUFFER_SPACE);
}

static void testNoBuffersForJpeg(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_JPEG, 64, 64);
    g_autoptr(VdoStream) stream = vdo_stream_new(settings, NULL, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_null(vdo_stream_buffer_alloc(stream, NULL, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NOT_SUPPORTED);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/streams/explicit-buffers", testExplicitBuffers);
    g_test_add_func("/streams/no-buffers-for-jpeg", testNoBuffersForJpeg);
    return g_test_run();
}
