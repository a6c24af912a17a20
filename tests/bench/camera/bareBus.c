/* SPDX-License-Identifier: MIT */
/* The baseline of events: signals through the bare bus, from one program to others.
 *
 *   bareBus receive COUNT   says "ready", then when it has got COUNT signals (monotonic clock, ns)
 *   bareBus send COUNT      says when it began, and sends
 */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAME "virtualcamera.Bench1"
#define PATH "/virtualcamera/Bench1"
#define RULE "type='signal',interface='" NAME "'"

static GMainLoop* loop;
static long wanted, got;

static void say(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
    fflush(stdout);
}

/* Runs in the bus's thread, as the platform library's does. */
static GDBusMessage* onMessage(GDBusConnection* bus, GDBusMessage* message, gboolean incoming,
                               gpointer unused) {
    (void)bus;
    (void)unused;
    if (!incoming || g_strcmp0(g_dbus_message_get_interface(message), NAME) != 0)
        return message;
    if (++got == wanted) {
        say();
        g_main_loop_quit(loop);
    }
    g_object_unref(message);
    return NULL;
}

static int receiveSignals(GDBusConnection* bus) {
    g_autoptr(GVariant) done = NULL;

    loop = g_main_loop_new(NULL, FALSE);
    g_dbus_connection_add_filter(bus, onMessage, NULL, NULL);
    done = g_dbus_connection_call_sync(
        bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch",
        g_variant_new("(s)", RULE), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    puts("ready");
    fflush(stdout);
    g_main_loop_run(loop);
    return done ? 0 : 1;
}

/* A body of the size of an object analytics event. */
static GVariant* makeBody(long number) {
    GVariantBuilder keys;

    g_variant_builder_init(&keys, G_VARIANT_TYPE("a(ssyv)"));
    for (guint i = 0; i < 7; i++)
        g_variant_builder_add(&keys, "(ssyv)", "key", "tnsaxis", 3, g_variant_new_string("value"));
    return g_variant_new("(sxa(ssyv))", "/CameraApplicationPlatform/Bench/", (gint64)number, &keys);
}

static int sendSignals(GDBusConnection* bus) {
    say();
    for (long i = 0; i < wanted; i++)
        if (!g_dbus_connection_emit_signal(bus, NULL, PATH, NAME, "Event", makeBody(i), NULL))
            return 1;
    return g_dbus_connection_flush_sync(bus, NULL, NULL) ? 0 : 1;
}

int main(int argc, char** argv) {
    g_autoptr(GError) error = NULL;
    GDBusConnection* bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);

    wanted = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (!bus || wanted <= 0) {
        fprintf(stderr, "%s\n", error ? error->message : "bareBus receive|send COUNT");
        return 2;
    }
    return strcmp(argv[1], "send") == 0 ? sendSignals(bus) : receiveSignals(bus);
}
