/* SPDX-License-Identifier: MIT */
#include "StorageSubscriptions.h"

#include "StorageCallbacks.h"

typedef struct {
    const char* storageId; /* interned: applications keep what a callback got */
    AXStorageSubscriptionCallback callback;
    gpointer userData;
} Subscription;

static GMutex lock;
static GHashTable* subscriptions; /* id to Subscription*, owned; guarded by lock */

static void runSubscription(gpointer data) {
    g_mutex_lock(&lock);
    Subscription* found = g_hash_table_lookup(subscriptions, data);
    Subscription subscription = found ? *found : (Subscription){0};
    g_mutex_unlock(&lock);

    if (subscription.callback)
        subscription.callback((gchar*)subscription.storageId, subscription.userData, NULL);
}

guint addStorageSubscription(const char* storageId, AXStorageSubscriptionCallback callback,
                             gpointer userData) {
    static guint lastId; /* guarded by lock */
    Subscription* subscription = g_new(Subscription, 1);

    subscription->storageId = g_intern_string(storageId);
    subscription->callback = callback;
    subscription->userData = userData;
    g_mutex_lock(&lock);
    if (!subscriptions)
        subscriptions = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    guint id = ++lastId;
    g_hash_table_insert(subscriptions, GUINT_TO_POINTER(id), subscription);
    pushStorageCallback(runSubscription, GUINT_TO_POINTER(id));
    g_mutex_unlock(&lock);
    return id;
}

gboolean removeStorageSubscription(guint id) {
    g_mutex_lock(&lock);
    gboolean removed = subscriptions && g_hash_table_remove(subscriptions, GUINT_TO_POINTER(id));
    g_mutex_unlock(&lock);
    return removed;
}

void announceStorage(const char* storageId) {
    GHashTableIter iterator;
    gpointer id, value;

    g_mutex_lock(&lock);
    if (subscriptions) {
        g_hash_table_iter_init(&iterator, subscriptions);
        while (g_hash_table_iter_next(&iterator, &id, &value))
            if (g_str_equal(((Subscription*)value)->storageId, storageId))
                pushStorageCallback(runSubscription, id);
    }
    g_mutex_unlock(&lock);
}
