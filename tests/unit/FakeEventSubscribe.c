/* SPDX-License-Identifier: MIT */
#include "FakeEventSubscribe.h"

#include <gio/gio.h>
#include <string.h>

#include "Clock.h"
#include "EventSubscribe.h"

struct EventSource {
    int unused;
};

struct EventSubscription {
    char* triggerId;
    TriggerCallback callback;
    gpointer data;
};

static GHashTable* states = NULL; /* trigger id -> active */
static GList* subscriptions = NULL;
static guint refusals = 0;

static GHashTable* getStates(void) {
    if (!states)
        states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return states;
}

EventSource* newEventSource(void) {
    return g_new0(EventSource, 1);
}

void freeEventSource(EventSource* source) {
    g_free(source);
}

/* The first state comes from the main loop, after subscribing has returned. */
static gboolean deliverFirst(gpointer data) {
    EventSubscription* subscription = data;
    gpointer active;

    if (!g_list_find(subscriptions, subscription))
        return G_SOURCE_REMOVE;
    if (g_hash_table_lookup_extended(getStates(), subscription->triggerId, NULL, &active))
        subscription->callback(GPOINTER_TO_INT(active), clockNow(), subscription->data);
    return G_SOURCE_REMOVE;
}

EventSubscription* subscribeTrigger(EventSource* source, const Trigger* trigger,
                                    TriggerCallback callback, gpointer data, GError** error) {
    (void)source;
    if (refusals) {
        refusals--;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the fake camera refuses");
        return NULL;
    }
    EventSubscription* subscription = g_new0(EventSubscription, 1);
    subscription->triggerId = g_strdup(trigger->id);
    subscription->callback = callback;
    subscription->data = data;
    subscriptions = g_list_append(subscriptions, subscription);
    g_idle_add(deliverFirst, subscription);
    return subscription;
}

void freeEventSubscription(EventSubscription* subscription) {
    if (!subscription)
        return;
    subscriptions = g_list_remove(subscriptions, subscription);
    g_idle_remove_by_data(subscription);
    g_free(subscription->triggerId);
    g_free(subscription);
}

const char* eventSubscriptionProblem(const EventSubscription* subscription) {
    (void)subscription;
    return NULL;
}

typedef struct {
    TriggerStatesCallback callback;
    gpointer data;
} Inquiry;

static void freeTriggerState(gpointer data) {
    TriggerState* state = data;

    freeTrigger(state->trigger);
    g_free(state);
}

/* Like the camera's, the answer comes later. Only object analytics are known here. */
static gboolean answerInquiry(gpointer data) {
    g_autofree Inquiry* inquiry = data;
    GPtrArray* found = g_ptr_array_new_with_free_func(freeTriggerState);
    GHashTableIter entries;
    gpointer id, active;

    g_hash_table_iter_init(&entries, getStates());
    while (g_hash_table_iter_next(&entries, &id, &active)) {
        TriggerState* state = g_new0(TriggerState, 1);
        state->trigger = newScenarioTrigger(strchr(id, ':') + 1);
        state->active = GPOINTER_TO_INT(active);
        g_ptr_array_add(found, state);
    }
    inquiry->callback(found, inquiry->data);
    return G_SOURCE_REMOVE;
}

void findTriggerStates(EventSource* source, TriggerKinds kinds, const GPtrArray* extras,
                       TriggerStatesCallback callback, gpointer data) {
    Inquiry* inquiry = g_new(Inquiry, 1);

    (void)source;
    (void)kinds;
    (void)extras;
    *inquiry = (Inquiry){callback, data};
    g_idle_add(answerInquiry, inquiry);
}

void loseFakeEdge(const char* triggerId, gboolean active) {
    g_hash_table_insert(getStates(), g_strdup(triggerId), GINT_TO_POINTER(active));
}

void removeFakeTrigger(const char* triggerId) {
    g_hash_table_remove(getStates(), triggerId);
}

void repeatFakeTrigger(const char* triggerId) {
    gboolean active = GPOINTER_TO_INT(g_hash_table_lookup(getStates(), triggerId));
    g_autoptr(GList) copy = g_list_copy(subscriptions);

    for (GList* link = copy; link; link = link->next) {
        EventSubscription* subscription = link->data;
        if (g_list_find(subscriptions, subscription) &&
            strcmp(subscription->triggerId, triggerId) == 0)
            subscription->callback(active, clockNow(), subscription->data);
    }
}

void setFakeTrigger(const char* triggerId, gboolean active) {
    loseFakeEdge(triggerId, active);
    repeatFakeTrigger(triggerId);
}

void clearFakeTriggers(void) {
    g_clear_pointer(&states, g_hash_table_unref);
}

guint countFakeSubscriptions(void) {
    return g_list_length(subscriptions);
}

void refuseSubscriptions(guint count) {
    refusals = count;
}

struct EventDeclaration {
    char* name; /* with its source: "Session door" */
    EventReadyCallback ready;
    gpointer data;
};

static gboolean serviceIsUp = TRUE;
static guint declarations = 0;
static GString* sent = NULL;
static GString* declared = NULL;
static gint64 sentTime = 0;
static gboolean refuseDeclaration = FALSE;

void setFakeEventService(gboolean isUp) {
    serviceIsUp = isUp;
}

guint countFakeDeclarations(void) {
    return declarations;
}

static char* takeText(GString** text) {
    char* taken = *text ? g_string_free(*text, FALSE) : g_strdup("");

    *text = NULL;
    return taken;
}

char* takeSentEvents(void) {
    return takeText(&sent);
}

char* takeDeclared(void) {
    return takeText(&declared);
}

gint64 lastSentTime(void) {
    return sentTime;
}

void refuseNextDeclaration(void) {
    refuseDeclaration = TRUE;
}

static void noteDeclared(char sign, const char* name) {
    if (!declared)
        declared = g_string_new(NULL);
    g_string_append_printf(declared, "%s%c%s", declared->len ? ", " : "", sign, name);
}

static gboolean becomeReady(gpointer data) {
    EventDeclaration* declaration = data;

    declaration->ready(declaration->data);
    return G_SOURCE_REMOVE;
}

EventDeclaration* declareEvent(EventSource* source, const char* app, const char* name,
                               const EventValue* values, guint count, gboolean isStateful,
                               EventReadyCallback ready, gpointer data, GError** error) {
    (void)source;
    (void)app;
    (void)count;
    (void)isStateful;
    if (refuseDeclaration) {
        refuseDeclaration = FALSE;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the fake camera declares nothing");
        return NULL;
    }
    EventDeclaration* declaration = g_new0(EventDeclaration, 1);
    declaration->name = g_strdup_printf("%s %s", name, values[0].string);
    declaration->ready = ready;
    declaration->data = data;
    declarations++;
    noteDeclared('+', declaration->name);
    g_idle_add(becomeReady, declaration);
    return declaration;
}

void freeEventDeclaration(EventDeclaration* declaration) {
    if (!declaration)
        return;
    declarations--;
    noteDeclared('-', declaration->name);
    g_idle_remove_by_data(declaration);
    g_free(declaration->name);
    g_free(declaration);
}

gboolean sendEvent(EventDeclaration* declaration, const EventValue* values, guint count,
                   gint64 realTimeUs, GError** error) {
    sentTime = realTimeUs;
    if (!serviceIsUp) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the fake event service is down");
        return FALSE;
    }
    if (!sent)
        sent = g_string_new(NULL);
    g_string_append_printf(sent, "%s%s", sent->len ? ", " : "", declaration->name);
    for (guint i = 0; i < count; i++) {
        if (values[i].type == EVENT_STRING)
            g_string_append_printf(sent, " %s", values[i].key);
        else
            g_string_append_printf(sent, " %s=%d", values[i].key, values[i].number);
    }
    return TRUE;
}
