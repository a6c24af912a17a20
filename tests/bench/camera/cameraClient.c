/* SPDX-License-Identifier: MIT */
/* What an app does with a camera, as small as it can be.
 *
 *   cameraClient events TOPIC COUNT   subscribes to TOPIC below tnsaxis, says "ready" when it has
 * the state, then for COUNT changes when its callback ran (monotonic clock, ns); with COUNT over
 * 1000 for the last one alone cameraClient snapshots COUNT      takes snapshots of 640x360 and says
 * how long that took (ns)
 */
#include <axsdk/axevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vdo-buffer.h>
#include <vdo-frame.h>
#include <vdo-map.h>
#include <vdo-stream.h>

#define EACH_IS_SAID 1000

static GMainLoop* loop;
static long wanted, got;

static long long nanoseconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void onEvent(guint subscription, AXEvent* event, gpointer unused) {
    long long now = nanoseconds();

    (void)subscription;
    (void)unused;
    ax_event_free(event);
    if (got == 0) {
        puts("ready");
    } else if (wanted <= EACH_IS_SAID || got == wanted) {
        printf("%lld\n", now);
    }
    fflush(stdout);
    if (got++ == wanted)
        g_main_loop_quit(loop);
}

static int followEvents(const char* topic) {
    AXEventHandler* handler = ax_event_handler_new();
    AXEventKeyValueSet* filter = ax_event_key_value_set_new();
    guint subscription;

    loop = g_main_loop_new(NULL, FALSE);
    ax_event_key_value_set_add_key_value(filter, "topic0", "tnsaxis", topic, AX_VALUE_TYPE_STRING,
                                         NULL);
    if (!ax_event_handler_subscribe(handler, filter, &subscription, onEvent, NULL, NULL))
        return 1;
    ax_event_key_value_set_free(filter);
    g_main_loop_run(loop);
    return 0;
}

static int takeSnapshots(void) {
    VdoMap* settings = vdo_map_new();

    vdo_map_set_uint32(settings, "format", VDO_FORMAT_JPEG);
    vdo_map_set_uint32(settings, "width", 640);
    vdo_map_set_uint32(settings, "height", 360);
    long long began = nanoseconds();
    for (long i = 0; i < wanted; i++) {
        g_autoptr(GError) error = NULL;
        VdoBuffer* buffer = vdo_stream_snapshot(settings, &error);
        if (!buffer) {
            fprintf(stderr, "%s\n", error->message);
            return 1;
        }
        g_object_unref(buffer);
    }
    printf("%lld\n", nanoseconds() - began);
    return 0;
}

int main(int argc, char** argv) {
    wanted = argc > 2 ? strtol(argv[argc - 1], NULL, 10) : 0;
    if (argc == 4 && wanted > 0 && strcmp(argv[1], "events") == 0)
        return followEvents(argv[2]);
    if (argc == 3 && wanted > 0 && strcmp(argv[1], "snapshots") == 0)
        return takeSnapshots();
    fprintf(stderr, "cameraClient events TOPIC COUNT | snapshots COUNT\n");
    return 2;
}
