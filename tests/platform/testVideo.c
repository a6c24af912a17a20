/* SPDX-License-Identifier: MIT */
#include "TestCamera.h"

#include <vdo-channel.h>
#include <vdo-error.h>
#include <vdo-stream.h>

#include <poll.h>
#include <string.h>

static VdoMap* newSettings(VdoFormat format, guint width, guint height) {
    VdoMap* settings = vdo_map_new();

    vdo_map_set_uint32(settings, "format", (guint32)format);
    vdo_map_set_uint32(settings, "width", width);
    vdo_map_set_uint32(settings, "height", height);
    return settings;
}

static guint countDescriptors(void) {
    g_autoptr(GDir) folder = g_dir_open("/proc/self/fd", 0, NULL);
    guint count = 0;

    while (g_dir_read_name(folder))
        count++;
    return count;
}

static void testMapConvertsNumbers(void) {
    g_autoptr(VdoMap) map = vdo_map_new();

    vdo_map_set_uint32(map, "count", 7);
    vdo_map_set_double(map, "rate", 25.0);
    vdo_map_set_double(map, "half", 0.5);
    vdo_map_set_int32(map, "negative", -1);
    vdo_map_set_string(map, "text", "abc");

    g_assert_cmpfloat(vdo_map_get_double(map, "count", 0.0), ==, 7.0);
    g_assert_cmpuint(vdo_map_get_uint32(map, "rate", 0), ==, 25);
    g_assert_cmpuint(vdo_map_get_uint32(map, "half", 9), ==, 9);
    g_assert_cmpuint(vdo_map_get_uint32(map, "negative", 9), ==, 9);
    g_assert_cmpuint(vdo_map_get_uint32(map, "text", 9), ==, 9);
    g_assert_cmpuint(vdo_map_get_byte(map, "count", 0), ==, 7);
    g_assert_cmpint(vdo_map_get_int64(map, "missing", -3), ==, -3);
    g_assert_false(vdo_map_get_boolean(map, "count", FALSE));
}

static void testMapPairsAndTexts(void) {
    g_autoptr(VdoMap) map = vdo_map_new();
    VdoPair32u size = {.w = 640, .h = 480};
    guint32 four[] = {1, 2, 3, 4};
    gsize length;

    vdo_map_set_pair32u(map, "resolution", size);
    vdo_map_set_uint32x4(map, "box", four);
    vdo_map_set_quad32i(map, "crop", (VdoQuad32i){.x = -1, .h = 9});
    vdo_map_set_string(map, "text", "abc");

    g_assert_cmpuint(vdo_map_get_pair32u(map, "resolution", (VdoPair32u){0}).res.height, ==, 480);
    g_assert_cmpuint(vdo_map_get_uint32x2(map, "resolution", NULL)[0], ==, 640);
    g_assert_cmpuint(vdo_map_get_uint32x4(map, "box", NULL)[3], ==, 4);
    g_assert_cmpuint(vdo_map_get_quad32u(map, "box", (VdoQuad32u){0}).target, ==, 2);
    g_assert_cmpint(vdo_map_get_quad32i(map, "crop", (VdoQuad32i){0}).x, ==, -1);
    g_assert_cmpint(vdo_map_get_quad32i(map, "box", (VdoQuad32i){.w = 5}).w, ==, 5);
    g_assert_null(vdo_map_get_uint32x4(map, "resolution", NULL));
    g_assert_cmpstr(vdo_map_get_string(map, "text", &length, NULL), ==, "abc");
    g_assert_cmpuint(length, ==, 3);
    g_assert_cmpstr(vdo_map_get_string(map, "missing", NULL, "def"), ==, "def");
}

static void testMapSets(void) {
    g_autoptr(VdoMap) map = vdo_map_new();
    vdo_map_set_uint32(map, "a.x", 1);
    vdo_map_set_uint32(map, "a.y", 2);
    vdo_map_set_uint32(map, "b", 3);
    g_autoptr(VdoMap) copy = vdo_map_clone(map);
    g_autoptr(VdoMap) onlyA = vdo_map_filter_prefix(map, "a.");
    g_autoptr(VdoMap) some = vdo_map_filter_va(map, "b", "c", NULL);
    g_autoptr(GVariant) variant = vdo_map_to_variant(map);
    g_autoptr(VdoMap) again = vdo_map_new_from_variant(variant);

    g_assert_true(vdo_map_equals(map, copy) && vdo_map_equals(map, again));
    g_assert_cmpuint(vdo_map_size(onlyA), ==, 2);
    g_assert_cmpuint(vdo_map_size(some), ==, 1);
    g_assert_true(vdo_map_contains_va(map, "a.x", "b", NULL));
    g_assert_false(vdo_map_contains_va(map, "a.x", "c", NULL));
    vdo_map_set_uint32(copy, "b", 4);
    g_assert_true(vdo_map_entry_updates(map, copy, "b"));
    g_assert_true(vdo_map_equals_va(map, copy, "a.x", "a.y", "c", NULL));
    vdo_map_merge(map, copy);
    g_assert_cmpuint(vdo_map_get_uint32(map, "b", 0), ==, 4);
    vdo_map_remove_va(map, "a.x", "a.y", NULL);
    vdo_map_swap(map, some);
    g_assert_cmpuint(vdo_map_get_uint32(map, "b", 0), ==, 3);
    vdo_map_clear(map);
    g_assert_true(vdo_map_empty(map));
}

static void testSnapshot(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_JPEG, 640, 360);
    g_autoptr(GError) error = NULL;
    const char *digest, *name;

    g_autoptr(VdoBuffer) buffer = vdo_stream_snapshot(settings, &error);
    g_assert_no_error(error);
    VdoFrame* frame = vdo_buffer_get_frame(buffer);
    const guchar* data = vdo_buffer_get_data(buffer);
    gsize size = vdo_frame_get_size(frame);

    g_assert_cmpint(vdo_frame_get_frame_type(frame), ==, VDO_FRAME_TYPE_JPEG);
    g_assert_true(data[0] == 0xff && data[1] == 0xd8);
    g_assert_true(data[size - 2] == 0xff && data[size - 1] == 0xd9);
    g_assert_cmpuint(vdo_frame_get_timestamp(frame), <=, (guint64)g_get_monotonic_time());
    g_autofree char* own = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, size);
    g_autoptr(GVariant) logged = askCamera("LastSnapshot", NULL);
    g_variant_get(logged, "(&s&s)", &digest, &name);
    g_assert_cmpstr(own, ==, digest);
    g_assert_true(g_str_has_prefix(name, "pattern#"));
}

static void testSnapshotLeaksNoDescriptors(void) {
    enum { SNAPSHOTS = 40 };
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_JPEG, 320, 180);
    guint before = countDescriptors();

    for (guint turn = 0; turn < SNAPSHOTS; turn++) {
        g_autoptr(VdoBuffer) buffer = vdo_stream_snapshot(settings, NULL);
        g_assert_nonnull(vdo_buffer_get_data(buffer));
    }

    /* The bus's thread may still hold the last few messages. */
    g_assert_cmpuint(countDescriptors(), <, before + SNAPSHOTS / 2);
}

static gpointer takeSnapshots(gpointer settings) {
    for (guint turn = 0; turn < 10; turn++) {
        g_autoptr(VdoBuffer) buffer = vdo_stream_snapshot(settings, NULL);
        g_assert_nonnull(buffer);
    }
    return NULL;
}

static void testSnapshotsFromThreads(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_JPEG, 320, 180);
    GThread* threads[4];

    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("snapshots", takeSnapshots, settings);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

static gboolean takeInTimeout(gpointer data) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_JPEG, 320, 180);
    *(VdoBuffer**)data = vdo_stream_snapshot(settings, NULL);
    return G_SOURCE_REMOVE;
}

static gboolean isSet(gconstpointer data) {
    return *(gconstpointer const*)data != NULL;
}

static void testSnapshotInTimeoutCallback(void) {
    g_autoptr(VdoBuffer) buffer = NULL;

    g_timeout_add(1, takeInTimeout, &buffer);
    waitUntil(isSet, &buffer, "the snapshot of a timeout callback");
}

static void assertRefused(VdoMap* settings, gint code) {
    g_autoptr(GError) error = NULL;

    g_assert_null(vdo_stream_snapshot(settings, &error));
    g_assert_error(error, VDO_ERROR, code);
}

static void testRefusals(void) {
    g_autoptr(VdoMap) huge = newSettings(VDO_FORMAT_JPEG, 100000, 360);
    g_autoptr(VdoMap) h264 = newSettings(VDO_FORMAT_H264, 640, 360);
    g_autoptr(VdoMap) odd = newSettings(VDO_FORMAT_YUV, 641, 360);
    g_autoptr(VdoMap) channel = newSettings(VDO_FORMAT_JPEG, 640, 360);
    vdo_map_set_uint32(channel, "channel", 7);

    assertRefused(huge, VDO_ERROR_INVALID_ARGUMENT);
    assertRefused(h264, VDO_ERROR_NOT_SUPPORTED);
    assertRefused(odd, VDO_ERROR_INVALID_ARGUMENT);
    assertRefused(channel, VDO_ERROR_NOT_FOUND);
    assertRefused(NULL, VDO_ERROR_INVALID_ARGUMENT);
}

static void assertFrameSize(VdoFormat format, const char* subformat, gsize expected) {
    g_autoptr(VdoMap) settings = newSettings(format, 320, 180);
    g_autoptr(GError) error = NULL;

    if (subformat)
        vdo_map_set_string(settings, "subformat", subformat);
    g_autoptr(VdoBuffer) buffer = vdo_stream_snapshot(settings, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(vdo_frame_get_size(buffer), ==, expected);
    g_assert_nonnull(vdo_buffer_get_data(buffer));
}

static void testRawFormats(void) {
    assertFrameSize(VDO_FORMAT_YUV, NULL, 320 * 180 * 3 / 2);
    assertFrameSize(VDO_FORMAT_YUV, "Y800", 320 * 180);
    assertFrameSize(VDO_FORMAT_RGB, NULL, 320 * 180 * 3);
    assertFrameSize(VDO_FORMAT_PLANAR_RGB, NULL, 320 * 180 * 3);
    assertFrameSize(VDO_FORMAT_RGBA, NULL, 320 * 180 * 4);
}

static VdoStream* startStream(VdoMap* settings) {
    g_autoptr(GError) error = NULL;
    VdoStream* stream = vdo_stream_new(settings, NULL, &error);

    g_assert_no_error(error);
    vdo_stream_start(stream, &error);
    g_assert_no_error(error);
    return stream;
}

static void testStreamDeliversFrames(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_YUV, 320, 180);
    g_autoptr(VdoStream) stream = startStream(settings);
    g_autoptr(GError) error = NULL;
    guint64 last = 0;

    for (guint turn = 0; turn < 8; turn++) {
        VdoBuffer* buffer = vdo_stream_get_buffer(stream, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(vdo_frame_get_sequence_nbr(buffer), ==, turn);
        g_assert_cmpuint(vdo_frame_get_timestamp(buffer), >, last);
        last = vdo_frame_get_timestamp(buffer);
        g_assert_true(vdo_stream_buffer_unref(stream, &buffer, &error));
        g_assert_null(buffer);
    }
}

static void testStreamInfo(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_RGB, 320, 180);
    vdo_map_set_uint32(settings, "framerate", 1000);
    g_autoptr(VdoStream) stream = startStream(settings);
    g_autoptr(VdoMap) info = vdo_stream_get_info(stream, NULL);

    g_assert_cmpuint(vdo_map_get_uint32(info, "pitch", 0), ==, 960);
    g_assert_cmpuint(vdo_map_get_pair32u(info, "aspect_ratio", (VdoPair32u){0}).w, ==, 16);
    g_assert_cmpuint(vdo_map_get_pair32u(info, "resolution", (VdoPair32u){0}).h, ==, 180);
    g_assert_cmpfloat(vdo_map_get_double(info, "framerate", 0.0), ==, 30.0);
    g_assert_true(vdo_stream_set_framerate(stream, 5.0, NULL));
    g_assert_false(vdo_stream_set_framerate(stream, 0.0, NULL));
    g_autoptr(VdoMap) other = newSettings(VDO_FORMAT_RGB, 640, 360);
    g_autoptr(GError) error = NULL;
    g_assert_false(vdo_stream_set_settings(stream, other, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NOT_SUPPORTED);
}

/* While the application holds all buffers, frames are left out and nothing piles up. */
static void testHeldBuffers(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_YUV, 64, 64);
    g_autoptr(GError) error = NULL;
    vdo_map_set_uint32(settings, "buffer.count", 2);
    vdo_map_set_uint32(settings, "socket.timeout_ms", 200);
    g_autoptr(VdoStream) stream = startStream(settings);
    g_autoptr(VdoBuffer) first = vdo_stream_get_buffer(stream, NULL);
    g_autoptr(VdoBuffer) second = vdo_stream_get_buffer(stream, NULL);

    g_assert_true(first && second);
    g_assert_null(vdo_stream_get_buffer(stream, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NO_DATA);
    g_clear_object(&first);
    g_autoptr(VdoBuffer) third = vdo_stream_get_buffer(stream, NULL);
    g_assert_nonnull(third);
}

static void testNonBlocking(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_YUV, 64, 64);
    g_autoptr(GError) error = NULL;
    vdo_map_set_boolean(settings, "socket.blocking", FALSE);
    vdo_map_set_uint32(settings, "buffer.count", 1);
    g_autoptr(VdoStream) stream = startStream(settings);
    struct pollfd ready = {.fd = vdo_stream_get_fd(stream, NULL), .events = POLLIN};

    g_assert_cmpint(poll(&ready, 1, 10000), ==, 1);
    g_autoptr(VdoBuffer) only = vdo_stream_get_buffer(stream, NULL);
    g_assert_nonnull(only);
    g_assert_null(vdo_stream_get_buffer(stream, &error)); /* there is no second buffer */
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NO_DATA);
}

static void countFinalized(VdoBuffer* buffer) {
    guint* counter = g_object_get_data(G_OBJECT(buffer), "counter");
    *counter += 1;
}

static void testFinalizerAndOrder(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_YUV, 64, 64);
    guint finalized = 0;
    VdoStream* stream = vdo_stream_new(settings, countFinalized, NULL);

    vdo_stream_start(stream, NULL);
    VdoBuffer* buffer = vdo_stream_get_buffer(stream, NULL);
    g_object_set_data(G_OBJECT(buffer), "counter", &finalized);
    g_object_unref(stream); /* a buffer may outlive the caller's stream */
    g_assert_cmpuint(finalized, ==, 0);
    g_assert_nonnull(vdo_buffer_get_data(buffer));
    g_object_unref(buffer);

    g_assert_cmpuint(finalized, ==, 1);
}

static void testNotStarted(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_YUV, 64, 64);
    g_autoptr(VdoStream) stream = vdo_stream_new(settings, NULL, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_null(vdo_stream_get_buffer(stream, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_FAILED);
}

static void testChunks(void) {
    g_autoptr(VdoMap) settings = newSettings(VDO_FORMAT_JPEG, 64, 64);
    g_autoptr(VdoBuffer) buffer = vdo_stream_snapshot(settings, NULL);
    VdoChunk whole = vdo_frame_take_chunk(buffer, NULL);
    VdoChunk end = vdo_frame_take_chunk(buffer, NULL);

    g_assert_cmpuint(whole.size, ==, vdo_frame_get_size(buffer));
    g_assert_true(memcmp(whole.data, vdo_buffer_get_data(buffer), whole.size) == 0);
    g_assert_cmpuint(end.size, ==, 0);
}

static void testChannels(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(VdoChannel) channel = vdo_channel_get(1, &error);
    g_assert_no_error(error);
    g_autoptr(VdoMap) filter = vdo_map_new();
    vdo_map_set_string(filter, "select", "minmax");
    vdo_map_set_string(filter, "aspect_ratio", "16:9");
    g_autofree VdoResolutionSet* set = vdo_channel_get_resolutions(channel, filter, &error);
    g_assert_no_error(error);

    g_assert_cmpuint(set->count, ==, 2);
    g_assert_cmpuint(set->resolutions[0].width, ==, 320);
    g_assert_cmpuint(set->resolutions[1].height, ==, 1080);
    GList* all = vdo_channel_get_all(&error);
    g_assert_cmpuint(g_list_length(all), ==, 2);
    g_list_free_full(all, g_object_unref);
    g_assert_null(vdo_channel_get(9, &error));
    g_assert_error(error, VDO_ERROR, VDO_ERROR_NOT_FOUND);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/map/converts-numbers", testMapConvertsNumbers);
    g_test_add_func("/map/pairs-and-texts", testMapPairsAndTexts);
    g_test_add_func("/map/sets", testMapSets);
    g_test_add_func("/snapshot/jpeg", testSnapshot);
    g_test_add_func("/snapshot/leaks-no-descriptors", testSnapshotLeaksNoDescriptors);
    g_test_add_func("/snapshot/from-threads", testSnapshotsFromThreads);
    g_test_add_func("/snapshot/in-timeout-callback", testSnapshotInTimeoutCallback);
    g_test_add_func("/snapshot/refusals", testRefusals);
    g_test_add_func("/snapshot/raw-formats", testRawFormats);
    g_test_add_func("/snapshot/chunks", testChunks);
    g_test_add_func("/stream/delivers-frames", testStreamDeliversFrames);
    g_test_add_func("/stream/info", testStreamInfo);
    g_test_add_func("/stream/held-buffers", testHeldBuffers);
    g_test_add_func("/stream/non-blocking", testNonBlocking);
    g_test_add_func("/stream/finalizer", testFinalizerAndOrder);
    g_test_add_func("/stream/not-started", testNotStarted);
    g_test_add_func("/channel/resolutions", testChannels);
    return g_test_run();
}
