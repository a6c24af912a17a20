/* SPDX-License-Identifier: MIT */
#include "Subscriptions.h"

#include "Callbacks.h"
#include "Event.h"
#include "EventLink.h"
#include "EventWire.h"
#include "KeyValueSet.h"
#include "TopicIndex.h"

typedef struct {
    gatomicrefcount references; /* the table's, and one for each queued event */
    guint id;
    gconstpointer owner;
    AXEventKeyValueSet* filter;
    AXSubscriptionCallback callback;
    gpointer userData;
    guint32 awaitedStates; /* serial of the call for the states; 0: they have come */
    gboolean removed;
} Subscription;

typedef struct {
    Subscription* subscription;
    AXEvent* event;
} QueuedEvent;

static GHashTable* subscriptions; /* id to Subscription* */
static GHashTable* awaited;       /* serial to Subscription* */
static TopicIndex* byTopic;

static void unrefSubscription(Subscription* subscription) {
    if (!g_atomic_ref_count_dec(&subscription->references))
        return;
    ax_event_key_value_set_free(subscription->filter);
    g_free(subscription);
}

static void runQueuedEvent(gpointer data) {
    QueuedEvent* queued = data;
    Subscription* subscription = queued->subscription;

    g_mutex_lock(&eventLock);
    if (subscription->removed) {
        ax_event_free(queued->event);
    } else {
        enterCallback(subscription->owner);
        subscription->callback(subscription->id, queued->event, subscription->userData);
        leaveCallback();
    }
    g_mutex_unlock(&eventLock);
    unrefSubscription(subscription);
    g_free(queued);
}

static void queueEvent(Subscription* subscription, const AXEventKeyValueSet* set,
                       GDateTime* timeStamp) {
    QueuedEvent* queued = g_new(QueuedEvent, 1);

    g_atomic_ref_count_inc(&subscription->references);
    queued->subscription = subscription;
    queued->event = newSharedEvent(set, timeStamp);
    pushCallback(runQueuedEvent, queued);
}

static GDateTime* newTimeStamp(gint64 time) {
    g_autoptr(GDateTime) seconds = g_date_time_new_from_unix_local(time / G_USEC_PER_SEC);
    GDateTime* timeStamp = seconds ? g_date_time_add(seconds, time % G_USEC_PER_SEC) : NULL;

    return timeStamp ? timeStamp : g_date_time_new_now_local();
}

/* Asks for the current states of the topic; the answer comes to deliverStates(). */
static void askForStates(Subscription* subscription) {
    const char* levels[MAX_TOPIC_LEVELS];
    guint count = getTopic(subscription->filter, levels);
    GVariantBuilder topic;

    g_variant_builder_init(&topic, G_VARIANT_TYPE("as"));
    for (guint i = 0; i < count; i++)
        g_variant_builder_add(&topic, "s", levels[i] ? levels[i] : "");
    subscription->awaitedStates = callEventService("GetStates", g_variant_new("(as)", &topic));
    g_hash_table_insert(awaited, GUINT_TO_POINTER(subscription->awaitedStates), subscription);
}

void addSubscription(guint id, gconstpointer owner, const AXEventKeyValueSet* filter,
                     AXSubscriptionCallback callback, gpointer userData) {
    if (!subscriptions) {
        subscriptions = g_hash_table_new(NULL, NULL);
        awaited = g_hash_table_new(NULL, NULL);
        byTopic = newTopicIndex();
    }

    Subscription* subscription = g_new0(Subscription, 1);
    g_atomic_ref_count_init(&subscription->references);
    subscription->id = id;
    subscription->owner = owner;
    subscription->filter = copyKeyValueSet(filter);
    subscription->callback = callback;
    subscription->userData = userData;
    g_hash_table_insert(subscriptions, GUINT_TO_POINTER(id), subscription);

    const char* levels[MAX_TOPIC_LEVELS];
    guint count = getTopic(subscription->filter, levels);
    addToTopicIndex(byTopic, levels, count, subscription);
    watchTopic(levels, count);
    askForStates(subscription);
}

/* Takes the subscription out of the indexes; it is still in subscriptions. */
static void forgetSubscription(Subscription* subscription) {
    const char* levels[MAX_TOPIC_LEVELS];
    guint count = getTopic(subscription->filter, levels);

    removeFromTopicIndex(byTopic, levels, count, subscription);
    unwatchTopic(levels, count);
    if (subscription->awaitedStates)
        g_hash_table_remove(awaited, GUINT_TO_POINTER(subscription->awaitedStates));
    subscription->removed = TRUE;
}

gboolean removeSubscription(guint id, gconstpointer owner) {
    Subscription* subscription =
        subscriptions ? g_hash_table_lookup(subscriptions, GUINT_TO_POINTER(id)) : NULL;

    if (!subscription || subscription->owner != owner)
        return FALSE;
    forgetSubscription(subscription);
    g_hash_table_remove(subscriptions, GUINT_TO_POINTER(id));
    unrefSubscription(subscription);
    return TRUE;
}

void removeAllSubscriptions(gconstpointer owner) {
    GHashTableIter iterator;
    gpointer value;

    if (!subscriptions)
        return;
    g_hash_table_iter_init(&iterator, subscriptions);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        Subscription* subscription = value;
        if (subscription->owner != owner)
            continue;
        forgetSubscription(subscription);
        g_hash_table_iter_remove(&iterator);
        unrefSubscription(subscription);
    }
}

void deliverEvent(gint64 time, GVariant* keys) {
    if (!subscriptions || g_hash_table_size(subscriptions) == 0)
        return;

    g_autoptr(AXEventKeyValueSet) set = decodeEventKeys(keys);
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    const char* levels[MAX_TOPIC_LEVELS];
    guint count = getTopic(set, levels);
    findInTopicIndex(byTopic, levels, count, found);
    if (found->len == 0)
        return;

    g_autoptr(GDateTime) timeStamp = newTimeStamp(time);
    for (guint i = 0; i < found->len; i++) {
        Subscription* subscription = found->pdata[i];
        if (!subscription->awaitedStates && matchesFilter(subscription->filter, set))
            queueEvent(subscription, set, timeStamp);
    }
}

static void deliverState(Subscription* subscription, gint64 time, GVariant* keys) {
    g_autoptr(AXEventKeyValueSet) set = decodeEventKeys(keys);

    if (matchesFilter(subscription->filter, set)) {
        g_autoptr(GDateTime) timeStamp = newTimeStamp(time);
        queueEvent(subscription, set, timeStamp);
    }
}

gboolean deliverStates(guint32 serial, GVariant* body, const char* refusal) {
    Subscription* subscription =
        awaited ? g_hash_table_lookup(awaited, GUINT_TO_POINTER(serial)) : NULL;

    if (!subscription)
        return FALSE;
    if (!body || !g_variant_is_of_type(body, G_VARIANT_TYPE("(a(x" EVENT_KEYS_TYPE "))"))) {
        /* It stays waiting: the states are asked for again when the service comes back. */
        g_debug("axevent: subscription %u waits for the event service (%s)", subscription->id,
                refusal ? refusal : "no answer");
        return TRUE;
    }
    g_hash_table_remove(awaited, GUINT_TO_POINTER(serial));
    subscription->awaitedStates = 0;

    g_autoptr(GVariantIter) states = NULL;
    g_variant_get(body, "(a(x" EVENT_KEYS_TYPE "))", &states);
    gint64 time;
    GVariant* keys;
    while (g_variant_iter_next(states, "(x@" EVENT_KEYS_TYPE ")", &time, &keys)) {
        deliverState(subscription, time, keys);
        g_variant_unref(keys);
    }
    return TRUE;
}

void renewSubscriptions(void) {
    GHashTableIter iterator;
    gpointer value;

    if (!subscriptions)
        return;
    g_hash_table_remove_all(awaited); /* answers of the old service count no more */
    g_hash_table_iter_init(&iterator, subscriptions);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        askForStates(value);
}
