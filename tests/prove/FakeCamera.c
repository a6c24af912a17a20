/* SPDX-License-Identifier: MIT */
#include "FakeCamera.h"

#include <gio/gio.h>
#include <string.h>

#include "Clock.h"
#include "EventSubscribe.h"
#include "FakeClock.h"
#include "Model.h"
#include "Verdict.h"

static const struct {
    const char *id, *json;
    TriggerType type;
} triggers[TRIGGERS] = {
    {"objectAnalytics:Device1Scenario1", "{'type':'objectAnalytics','scenario':'Device1Scenario1'}",
     TRIGGER_OBJECT_ANALYTICS},
    /* Its name begins with another one's. */
    {"objectAnalytics:Device1Scenario12",
     "{'type':'objectAnalytics','scenario':'Device1Scenario12'}", TRIGGER_OBJECT_ANALYTICS},
    {"virtualInput:1", "{'type':'virtualInput','port':1}", TRIGGER_VIRTUAL_INPUT},
    {"manual:2", "{'type':'manual','port':2}", TRIGGER_MANUAL},
    {"event:tns1:Device/tnsaxis:IO/Port?port=3#state",
     "{'type':'event','topic':'tns1:Device/tnsaxis:IO/Port','key':'state','source':{'port':3}}",
     TRIGGER_EVENT},
};

struct EventSource {
    int unused;
};

struct EventSubscription {
    int slot, trigger;
    TriggerCallback callback;
    gpointer data;
};

typedef struct {
    guint kinds;
    const GPtrArray* extras;
    TriggerStatesCallback callback;
    gpointer data;
    gint64 askedAt;
    int states[TRIGGERS]; /* when asked */
} Inquiry;

/* Something on its way to the app: a state, or the answer to an inquiry. */
typedef struct {
    gint64 due;
    EventSubscription* subscription;
    gboolean active;
    Inquiry* inquiry;
} Delivery;

static int states[TRIGGERS];
static GPtrArray* subscriptions = NULL; /* in their order */
static GPtrArray* deliveries = NULL;    /* Delivery, in the order they were sent */
static GArray* expected = NULL;
static GHashTable* refused = NULL; /* the subscriber's data -> the slot, once refused */
static guint firstDelay, answerDelay;
static gboolean isStale;
static int refusals;
static gint64 askedAt;

const char* triggerId(int trigger) {
    return triggers[trigger].id;
}

const char* triggerJson(int trigger) {
    return triggers[trigger].json;
}

void setCameraManners(guint firstMs, guint answerMs, gboolean stale) {
    firstDelay = firstMs;
    answerDelay = answerMs;
    isStale = stale;
}

void startCamera(void) {
    if (!subscriptions) {
        subscriptions = g_ptr_array_new();
        deliveries = g_ptr_array_new();
        expected = g_array_new(FALSE, FALSE, sizeof(int));
        refused = g_hash_table_new(g_direct_hash, g_direct_equal);
    }
    g_hash_table_remove_all(refused);
    memset(states, 0, sizeof states);
    g_array_set_size(expected, 0);
    setCameraManners(1, 400, FALSE);
    refusals = 0;
    askedAt = 0;
    setEventService(TRUE);
}

void expectSubscriptions(const GArray* slots) {
    g_array_append_vals(expected, slots->data, slots->len);
}

guint countExpected(void) {
    return expected->len;
}

void refuseSubscriptions(int count) {
    refusals = count;
}

int trueState(int trigger) {
    return states[trigger];
}

guint countSubscriptions(void) {
    return subscriptions->len;
}

gint64 lastAsked(void) {
    return askedAt;
}

EventSource* newEventSource(void) {
    return g_new0(EventSource, 1);
}

/* The slot that subscribes: because its profile is new, or again after a refusal. */
static int takeExpected(const char* id, gpointer data) {
    gpointer slotAgain;

    if (!expected->len && g_hash_table_steal_extended(refused, data, NULL, &slotAgain))
        return GPOINTER_TO_INT(slotAgain);
    g_hash_table_remove(refused, data);
    for (guint i = 0; i < expected->len; i++) {
        int slot = g_array_index(expected, int, i);
        if (strcmp(id, triggers[model.slots[slot].spec.trigger].id) != 0)
            continue;
        g_array_remove_index(expected, i);
        return slot;
    }
    fail(FAULT_MISMATCH, "a subscription to %s that no profile calls for", id);
}

static void send(EventSubscription* subscription, gboolean active, gint64 due) {
    Delivery* delivery = g_new0(Delivery, 1);

    *delivery = (Delivery){.due = due, .subscription = subscription, .active = active};
    g_ptr_array_add(deliveries, delivery);
}

EventSubscription* subscribeTrigger(EventSource* source, const Trigger* trigger,
                                    TriggerCallback callback, gpointer data, GError** error) {
    int slot = takeExpected(trigger->id, data);

    (void)source;
    if (refusals > 0) {
        refusals--;
        g_hash_table_insert(refused, data, GINT_TO_POINTER(slot));
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the fake camera refuses");
        return NULL;
    }
    EventSubscription* subscription = g_new0(EventSubscription, 1);
    *subscription = (EventSubscription){slot, model.slots[slot].spec.trigger, callback, data};
    g_ptr_array_add(subscriptions, subscription);
    if (states[subscription->trigger] >= 0)
        send(subscription, states[subscription->trigger], uniqueMoment(firstDelay));
    return subscription;
}

void freeEventSubscription(EventSubscription* subscription) {
    if (!subscription)
        return;
    for (guint i = deliveries->len; i-- > 0;) {
        Delivery* delivery = g_ptr_array_index(deliveries, i);
        if (delivery->subscription == subscription)
            g_free(g_ptr_array_remove_index(deliveries, i));
    }
    g_ptr_array_remove(subscriptions, subscription);
    g_free(subscription);
}

const char* eventSubscriptionProblem(const EventSubscription* subscription) {
    (void)subscription;
    return NULL;
}

void findTriggerStates(EventSource* source, TriggerKinds kinds, const GPtrArray* extras,
                       TriggerStatesCallback callback, gpointer data) {
    Inquiry* inquiry = g_new0(Inquiry, 1);
    Delivery* delivery = g_new0(Delivery, 1);

    (void)source;
    askedAt = clockNow();
    *inquiry = (Inquiry){kinds, extras, callback, data, askedAt, {0}};
    memcpy(inquiry->states, states, sizeof states);
    *delivery = (Delivery){.due = uniqueMoment(answerDelay), .inquiry = inquiry};
    g_ptr_array_add(deliveries, delivery);
}

static void freeTriggerState(gpointer data) {
    TriggerState* state = data;

    freeTrigger(state->trigger);
    g_free(state);
}

static Trigger* makeTrigger(int trigger) {
    switch (triggers[trigger].type) {
    case TRIGGER_OBJECT_ANALYTICS:
        return newScenarioTrigger(strchr(triggers[trigger].id, ':') + 1);
    case TRIGGER_VIRTUAL_INPUT:
        return newPortTrigger(TRIGGER_VIRTUAL_INPUT, 1);
    default:
        return newPortTrigger(TRIGGER_MANUAL, 2);
    }
}

/* The asked one among the extras, or a trigger of an asked kind; NULL when nobody asked. */
static Trigger* findAsked(const Inquiry* inquiry, int trigger) {
    if (inquiry->kinds & (1u << triggers[trigger].type))
        return makeTrigger(trigger);
    for (guint i = 0; inquiry->extras && i < inquiry->extras->len; i++) {
        const Trigger* extra = g_ptr_array_index(inquiry->extras, i);
        if (strcmp(extra->id, triggers[trigger].id) == 0)
            return copyTrigger(extra);
    }
    return NULL;
}

static void answer(Inquiry* inquiry) {
    GPtrArray* found = g_ptr_array_new_with_free_func(freeTriggerState);
    const int* told = isStale ? inquiry->states : states;

    for (int i = 0; i < TRIGGERS; i++) {
        Trigger* trigger = told[i] >= 0 ? findAsked(inquiry, i) : NULL;
        if (!trigger)
            continue;
        TriggerState* state = g_new0(TriggerState, 1);
        *state = (TriggerState){trigger, told[i]};
        g_ptr_array_add(found, state);
    }
    modelLevels(told, inquiry->askedAt);
    inquiry->callback(found, inquiry->data);
    g_free(inquiry);
}

static void deliver(EventSubscription* subscription, gboolean active) {
    modelHears(subscription->slot, active);
    subscription->callback(active, clockNow(), subscription->data);
}

void freeEventSource(EventSource* source) {
    if (subscriptions->len)
        fail(FAULT_LEAK, "%u subscription(s) left when the event source is freed",
             subscriptions->len);
    while (deliveries->len) {
        g_autofree Delivery* delivery = g_ptr_array_steal_index(deliveries, 0);
        answer(delivery->inquiry);
    }
    g_free(source);
}

static guint findFirst(gint64 until) {
    guint first = G_MAXUINT;

    for (guint i = 0; i < deliveries->len; i++) {
        const Delivery* delivery = g_ptr_array_index(deliveries, i);
        if (delivery->due <= until &&
            (first == G_MAXUINT || delivery->due < ((Delivery*)deliveries->pdata[first])->due))
            first = i;
    }
    return first;
}

gint64 nextDelivery(void) {
    guint first = findFirst(G_MAXINT64);

    return first == G_MAXUINT ? G_MAXINT64 : ((Delivery*)deliveries->pdata[first])->due;
}

void deliverDue(void) {
    for (guint i; (i = findFirst(clockNow())) != G_MAXUINT;) {
        g_autofree Delivery* delivery = g_ptr_array_steal_index(deliveries, i);
        if (delivery->inquiry)
            answer(delivery->inquiry);
        else
            deliver(delivery->subscription, delivery->active);
    }
}

static void sendEdge(EventSubscription* subscription, gboolean active, EdgeWay way, guint number) {
    if (way == EDGE_LOST || (way == EDGE_HALF_LOST && number % 2))
        return;
    if (way == EDGE_LATE || way == EDGE_VERY_LATE)
        send(subscription, active, uniqueMoment(way == EDGE_LATE ? 20 : 3000));
    else
        deliver(subscription, active);
    if (way == EDGE_DOUBLED)
        deliver(subscription, active);
}

static void tellSubscriptions(int trigger, EdgeWay way) {
    /* A delivery may change nothing about the subscriptions themselves. */
    for (guint i = 0, number = 0; i < subscriptions->len; i++) {
        EventSubscription* subscription = g_ptr_array_index(subscriptions, i);
        if (subscription->trigger == trigger)
            sendEdge(subscription, states[trigger], way, number++);
    }
}

void setTrueState(int trigger, gboolean active, EdgeWay way) {
    if (states[trigger] == active)
        return;
    states[trigger] = active;
    tellSubscriptions(trigger, way);
}

void repeatTrueState(int trigger) {
    if (states[trigger] >= 0)
        tellSubscriptions(trigger, EDGE_NOW);
}

void removeTrigger(int trigger) {
    states[trigger] = -1;
}
