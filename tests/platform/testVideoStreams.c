/* SPDX-License-Identifier: MIT */
#include <poll.h>
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

/* The next event as "EXISTING 3", waiting for it. */
static char* nextEvent(VdoStream* watch) {
    struct pollfd wanted = {.fd = vdo_stream_get_event_fd(watch, NULL), .events = POLLIN};
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(poll(&wanted, 1, 10000), ==, 1);
    g_autoptr(VdoMap) event = vdo_stream_get_event(watch, &error);
    g_assert_no_error(error);
    guint kind = vdo_map_get_uint32(event, "event", 0);
    const char* name = kind == VDO_STREAM_EVENT_EXISTING  ? "EXISTING"
                       : kind == VDO_STREAM_EVENT_CREATED ? "CREATED"
                       : kind == VDO_STREAM_EVENT_CLOSED  ? "CLOSED"
                                                          : "?";
    return g_strdup_printf("%s %u", name, vdo_map_get_uint32(event, "id", 0));
}

static void assertEvent(VdoStream* watch, const char* kind, guint id) {
    g_autofree char* wanted = g_strdup_printf("%s %u", kind, id);
    g_autofree char* got = nextEvent(watch);

    g_assert_cmpstr(got, ==, wanted);
}

static void testStreamsComeAndGo(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_YUV, 64, 64);
    g_autoptr(VdoStream) first = vdo_stream_new(settings, NULL, NULL);
    g_autoptr(VdoStream) watch = vdo_stream_get(0, NULL);
    g_autoptr(VdoMap) filter = vdo_map_new();
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(vdo_stream_get_event_fd(watch, &error), ==, -1);
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NOT_CONTROLLED);
    g_clear_error(&error);
    vdo_map_set_string(filter, "filter", "overlay");
    g_assert_true(vdo_stream_attach(watch, filter, &error));
    assertEvent(watch, "EXISTING", vdo_stream_get_id(first));
    g_assert_null(vdo_stream_get_event(watch, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NO_EVENT);

    VdoStream* second = vdo_stream_new(settings, NULL, NULL);
    guint id = vdo_stream_get_id(second);
    assertEvent(watch, "CREATED", id);
    g_object_unref(second);
    assertEvent(watch, "CLOSED", id);
}

static void testStreamOfAnother(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_YUV, 96, 64);
    VdoStream* owner = vdo_stream_new(settings, NULL, NULL);
    guint id = vdo_stream_get_id(owner);
    g_autoptr(GError) error = NULL;
    GList* all = vdo_stream_get_all(&error);

    g_assert_no_error(error);
    g_assert_cmpuint(g_list_length(all), ==, 1);
    g_autoptr(VdoStream) found = all->data;
    g_list_free(all);
    g_autoptr(VdoMap) info = vdo_stream_get_info(found, NULL);
    g_assert_cmpuint(vdo_stream_get_id(found), ==, id);
    g_assert_cmpuint(vdo_map_get_uint32(info, "width", 0), ==, 96);
    g_assert_false(vdo_stream_start(found, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NOT_CONTROLLED);
    g_clear_error(&error);

    g_assert_true(vdo_stream_attach(found, NULL, &error));
    g_assert_true(vdo_stream_start(found, &error));
    g_autoptr(VdoBuffer) buffer = vdo_stream_get_buffer(found, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(vdo_frame_get_size(buffer), ==, 96 * 64 * 3 / 2);

    g_object_unref(owner);
    VdoBuffer* more;
    while ((more = vdo_stream_get_buffer(found, &error)))
        g_object_unref(more);
    g_assert_error(error, VDO_ERROR, VDO_ERROR_INTERFACE_DOWN);
    g_clear_error(&error);
    g_assert_null(vdo_stream_get(id, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NOT_FOUND);
}

static void testChannelLimitsTheRate(void) {
    g_autoptr(VdoChannel) channel = vdo_channel_get(1, NULL);
    g_autoptr(VdoMap) settings = vdo_map_new();
    g_autoptr(GError) error = NULL;

    g_assert_false(vdo_channel_set_framerate(channel, 0.0, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_INVALID_ARGUMENT);
    g_clear_error(&error);
    vdo_map_set_double(settings, "framerate", 10.0);
    g_assert_true(vdo_channel_set_settings(channel, settings, &error));
    g_autoptr(VdoChannel) again = vdo_channel_get(1, NULL);
    g_autoptr(VdoMap) info = vdo_channel_get_info(again, NULL);
    g_assert_cmpfloat(vdo_map_get_double(info, "framerate", 0.0), ==, 10.0);

    g_autoptr(VdoMap) wanted = newSettings(VDO_FORMAT_YUV, 64, 64);
    g_autoptr(VdoStream) stream = vdo_stream_new(wanted, NULL, NULL);
    g_assert_true(vdo_stream_start(stream, NULL));
    guint64 times[4];
    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        g_autoptr(VdoBuffer) buffer = vdo_stream_get_buffer(stream, NULL);
        times[i] = vdo_frame_get_timestamp(buffer);
    }
    /* 300 ms, where the stream alone would take 100; the first frame may come late. */
    g_assert_cmpuint(times[3] - times[0], >, 180000);
    vdo_map_set_uint32(settings, "rotation", 90);
    g_assert_false(vdo_channel_set_settings(channel, settings, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NOT_SUPPORTED);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/streams/explicit-buffers", testExplicitBuffers);
    g_test_add_func("/streams/no-buffers-for-jpeg", testNoBuffersForJpeg);
    g_test_add_func("/streams/come-and-go", testStreamsComeAndGo);
    g_test_add_func("/streams/of-another", testStreamOfAnother);
    g_test_add_func("/streams/channel-limits-the-rate", testChannelLimitsTheRate);
    return g_test_run();
}
