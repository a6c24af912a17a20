/* SPDX-License-Identifier: MIT */
#include "ParameterWatch.h"

#include "Bus.h"
#include "MainQueue.h"

#define SERVICE "virtualcamera.Parameters1"

typedef struct {
    char* name; /* as registered: what the callback gets */
    AXParameterCallback* callback;
    gpointer userData;
} Entry;

struct ParameterWatch {
    GHashTable* entries; /* lower-case name to Entry*; cameras do not mind the case of groups */
};

typedef struct {
    char* name; /* lower case */
    char* value;
} Change;

static GMutex lock;
static GCond left;
static GPtrArray* watches;            /* ParameterWatch*, guarded by lock */
static const ParameterWatch* running; /* whose callback runs, guarded by lock */
static GPrivate inCallback = G_PRIVATE_INIT(NULL);

static void freeEntry(Entry* entry) {
    g_free(entry->name);
    g_free(entry);
}

gboolean isInParameterCallback(void) {
    return g_private_get(&inCallback) != NULL;
}

static void callBack(ParameterWatch* watch, const char* key, const char* value) {
    Entry* entry = g_hash_table_lookup(watch->entries, key);
    if (!entry)
        return;

    g_autofree char* name = g_strdup(entry->name);
    AXParameterCallback* callback = entry->callback;
    gpointer userData = entry->userData;
    running = watch;
    g_private_set(&inCallback, watch);
    g_mutex_unlock(&lock);
    callback(name, value, userData);
    g_mutex_lock(&lock);
    g_private_set(&inCallback, NULL);
    running = NULL;
    g_cond_broadcast(&left);
}

static void runChange(gpointer data) {
    Change* change = data;

    g_mutex_lock(&lock);
    g_autoptr(GPtrArray) current = g_ptr_array_copy(watches, NULL, NULL);
    for (guint i = 0; i < current->len; i++)
        if (g_ptr_array_find(watches, current->pdata[i], NULL)) /* not freed by a callback */
            callBack(current->pdata[i], change->name, change->value);
    g_mutex_unlock(&lock);
    g_free(change->name);
    g_free(change->value);
    g_free(change);
}

static void queueChange(const char* name, const char* value) {
    static MainQueue* queue; /* used in the bus's thread alone */
    Change* change = g_new(Change, 1);

    if (!queue)
        queue = newMainQueue();
    change->name = g_ascii_strdown(name, -1);
    change->value = g_strdup(value);
    pushMainQueue(queue, runChange, change);
}

/* Runs in the bus's thread for each message. */
static GDBusMessage* filterMessage(GDBusConnection* bus, GDBusMessage* message, gboolean incoming,
                                   gpointer unused) {
    (void)bus;
    (void)unused;
    if (!incoming || g_dbus_message_get_message_type(message) != G_DBUS_MESSAGE_TYPE_SIGNAL ||
        g_strcmp0(g_dbus_message_get_interface(message), SERVICE) != 0)
        return message;

    GVariant* body = g_dbus_message_get_body(message);
    if (body && g_variant_is_of_type(body, G_VARIANT_TYPE("(ss)"))) {
        const char *name, *value;
        g_variant_get(body, "(&s&s)", &name, &value);
        queueChange(name, value);
    }
    g_object_unref(message);
    return NULL;
}

ParameterWatch* newParameterWatch(void) {
    ParameterWatch* watch = g_new0(ParameterWatch, 1);

    watch->entries =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)freeEntry);
    g_mutex_lock(&lock);
    if (!watches)
        watches = g_ptr_array_new();
    g_ptr_array_add(watches, watch);
    g_mutex_unlock(&lock);
    return watch;
}

void watchParameter(ParameterWatch* watch, GDBusConnection* bus, const char* name,
                    AXParameterCallback* callback, gpointer userData) {
    static gboolean listening; /* guarded by lock */
    Entry* entry = g_new(Entry, 1);

    entry->name = g_strdup(name);
    entry->callback = callback;
    entry->userData = userData;
    g_mutex_lock(&lock);
    if (!listening) {
        listening = TRUE;
        g_dbus_connection_add_filter(bus, filterMessage, NULL, NULL);
        addBusMatch(bus, "type='signal',sender='" SERVICE "',interface='" SERVICE "'");
    }
    g_hash_table_replace(watch->entries, g_ascii_strdown(name, -1), entry);
    g_mutex_unlock(&lock);
}

void unwatchParameter(ParameterWatch* watch, const char* name) {
    g_autofree char* key = g_ascii_strdown(name, -1);

    g_mutex_lock(&lock);
    g_hash_table_remove(watch->entries, key);
    g_mutex_unlock(&lock);
}

void freeParameterWatch(ParameterWatch* watch) {
    g_mutex_lock(&lock);
    g_ptr_array_remove(watches, watch);
    while (running == watch && !isInParameterCallback())
        g_cond_wait(&left, &lock);
    g_mutex_unlock(&lock);
    g_hash_table_unref(watch->entries);
    g_free(watch);
}
