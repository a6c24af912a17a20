/* SPDX-License-Identifier: MIT */
#include "EventBus.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "Harness.h"

static const char service[] = "virtualcamera.Events1";
static const char path[] = "/virtualcamera/Events1";
/* AXEventValueType, as it is on the bus. */
enum { VALUE_BOOL = 1, VALUE_STRING = 3 };

/* Shared with the service's process; fields are atomic. */
typedef struct {
    gint isReady;
    gint stateCalls;
    gint64 sentAt;
} Shared;

typedef struct {
    guint scenario;
    gboolean active;
} Edge;

struct EventBus {
    Shared* shared;
    int edges[2]; /* a pipe of Edge */
    int pid;
    guint scenarios;

    /* The service's process. */
    gboolean* active; /* of each scenario */
    GDBusConnection* connection;
};

char* scenarioName(guint scenario) {
    return g_strdup_printf("Device1Scenario%u", scenario);
}

static void addTopic(GVariantBuilder* keys, guint level, const char* value) {
    g_autofree char* key = g_strdup_printf("topic%u", level);

    g_variant_builder_add(keys, "(ssyv)", key, "tnsaxis", VALUE_STRING,
                          g_variant_new_string(value));
}

static GVariant* formatKeys(const char* name, gboolean active) {
    GVariantBuilder keys;

    g_variant_builder_init(&keys, G_VARIANT_TYPE("a(ssyv)"));
    addTopic(&keys, 0, "CameraApplicationPlatform");
    addTopic(&keys, 1, "ObjectAnalytics");
    addTopic(&keys, 2, name);
    g_variant_builder_add(&keys, "(ssyv)", "active", "", VALUE_BOOL, g_variant_new_boolean(active));
    g_variant_builder_add(&keys, "(ssyv)", "triggerTime", "", VALUE_STRING,
                          g_variant_new_string(""));
    return g_variant_builder_end(&keys);
}

/* The states of the topic's third level, or of all scenarios. */
static GVariant* formatStates(const EventBus* bus, const char* wanted) {
    GVariantBuilder states;

    g_variant_builder_init(&states, G_VARIANT_TYPE("a(xa(ssyv))"));
    for (guint i = 0; i < bus->scenarios; i++) {
        g_autofree char* name = scenarioName(i);
        if (!wanted || strcmp(wanted, name) == 0)
            g_variant_builder_add(&states, "(x@a(ssyv))", g_get_real_time(),
                                  formatKeys(name, bus->active[i]));
    }
    return g_variant_new("(a(xa(ssyv)))", &states);
}

static void onCall(GDBusConnection* connection, const char* sender, const char* object,
                   const char* interface, const char* method, GVariant* parameters,
                   GDBusMethodInvocation* call, gpointer data) {
    const EventBus* bus = data;
    g_autofree const char** levels = NULL;

    (void)connection, (void)sender, (void)object, (void)interface;
    if (strcmp(method, "GetStates") != 0) { /* what the app publishes is taken and dropped */
        g_dbus_method_invocation_return_value(call, NULL);
        return;
    }
    g_variant_get(parameters, "(^a&s)", &levels);
    guint count = g_strv_length((char**)levels);
    g_dbus_method_invocation_return_value(call, formatStates(bus, count > 2 ? levels[2] : NULL));
    g_atomic_int_inc(&bus->shared->stateCalls);
}

static gboolean onEdge(int pipe, GIOCondition condition, gpointer data) {
    EventBus* bus = data;
    Edge edge;

    (void)condition;
    if (read(pipe, &edge, sizeof edge) != sizeof edge)
        _exit(0);
    g_autofree char* name = scenarioName(edge.scenario);
    g_autofree char* topic =
        g_strdup_printf("/CameraApplicationPlatform/ObjectAnalytics/%s/", name);
    bus->active[edge.scenario] = edge.active;
    GVariant* event =
        g_variant_new("(sx@a(ssyv))", topic, g_get_real_time(), formatKeys(name, edge.active));
    __atomic_store_n(&bus->shared->sentAt, g_get_monotonic_time(), __ATOMIC_SEQ_CST);
    g_dbus_connection_emit_signal(bus->connection, NULL, path, service, "Event", event, NULL);
    return G_SOURCE_CONTINUE;
}

static void onName(GDBusConnection* connection, const char* name, gpointer data) {
    const EventBus* bus = data;

    (void)connection, (void)name;
    g_atomic_int_set(&bus->shared->isReady, TRUE);
}

static void serveForever(gpointer data) {
    static const char xml[] = "<node><interface name='virtualcamera.Events1'>"
                              "<method name='GetStates'><arg type='as' direction='in'/>"
                              "<arg type='a(xa(ssyv))' direction='out'/></method>"
                              "<method name='Declare'><arg type='u' direction='in'/>"
                              "<arg type='b' direction='in'/><arg type='s' direction='in'/>"
                              "<arg type='a(ssyvyasss)' direction='in'/></method>"
                              "<method name='Undeclare'><arg type='u' direction='in'/></method>"
                              "<method name='Send'><arg type='u' direction='in'/>"
                              "<arg type='x' direction='in'/>"
                              "<arg type='a(ssyv)' direction='in'/></method>"
                              "</interface></node>";
    static const GDBusInterfaceVTable methods = {.method_call = onCall};
    EventBus* bus = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(xml, NULL);

    bus->active = g_new0(gboolean, bus->scenarios);
    bus->connection = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
    if (!bus->connection)
        fail("event service: %s", error->message);
    g_dbus_connection_register_object(bus->connection, path, node->interfaces[0], &methods, bus,
                                      NULL, NULL);
    g_bus_own_name_on_connection(bus->connection, service, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
                                 onName, NULL, bus, NULL);
    g_unix_fd_add(bus->edges[0], G_IO_IN, onEdge, bus);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}

static gboolean isReady(gconstpointer data) {
    const EventBus* bus = data;

    return g_atomic_int_get(&bus->shared->isReady);
}

EventBus* startEventBus(guint scenarios) {
    EventBus* bus = g_new0(EventBus, 1);

    bus->shared = shareMemory(sizeof(Shared));
    bus->scenarios = scenarios;
    if (pipe(bus->edges) < 0)
        fail("no pipe to the event service");
    bus->pid = startChild(serveForever, bus);
    close(bus->edges[0]);
    pollFor(isReady, bus, "the event service");
    return bus;
}

void stopEventBus(EventBus* bus) {
    stopChild(bus->pid);
    close(bus->edges[1]);
    g_free(bus);
}

void sendEdge(EventBus* bus, guint scenario, gboolean active) {
    Edge edge = {scenario, active};

    if (write(bus->edges[1], &edge, sizeof edge) != sizeof edge)
        fail("the event service is gone");
}

gint64 edgeSentAt(const EventBus* bus) {
    return __atomic_load_n(&bus->shared->sentAt, __ATOMIC_SEQ_CST);
}

guint countStateCalls(const EventBus* bus) {
    return (guint)g_atomic_int_get(&bus->shared->stateCalls);
}

void resetStateCalls(EventBus* bus) {
    g_atomic_int_set(&bus->shared->stateCalls, 0);
}
