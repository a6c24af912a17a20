/* SPDX-License-Identifier: MIT */
#include "EventSubscribe.h"

#include <axsdk/axevent.h>
#include <string.h>

#include "Clock.h"
#include "Counters.h"
#include "Log.h"

/* Stateful events answer a subscription at once, but a busy camera takes its time over many of
 * them: we look each LOOK_MS whether some have come, and listen until none has at SILENT_LOOKS in a
 * row; MOST_LOOKS at most. */
enum { LOOK_MS = 200, SILENT_LOOKS = 2, MOST_LOOKS = 25 };

struct EventSource {
    AXEventHandler* handler;
    GHashTable* subscriptions; /* axevent's number -> EventSubscription, borrowed: a callback that
                                  comes after the end finds nothing */
    GHashTable* inquiries;     /* the same for inquiries: axevent's number -> Inquiry */
    GHashTable* declarations;  /* the same for declarations: number -> EventDeclaration */
};

struct EventSubscription {
    EventSource* source;
    guint number; /* axevent's; 0 before it is known */
    Trigger* trigger;
    char* triggerId; /* for the log */
    char* key;
    TriggerCallback callback;
    gpointer data;
    char* problem;
};

EventSource* newEventSource(void) {
    EventSource* source = g_new0(EventSource, 1);

    source->handler = ax_event_handler_new();
    source->subscriptions = g_hash_table_new(g_direct_hash, g_direct_equal);
    source->inquiries = g_hash_table_new(g_direct_hash, g_direct_equal);
    source->declarations = g_hash_table_new(g_direct_hash, g_direct_equal);
    return source;
}

static gboolean addString(AXEventKeyValueSet* set, const char* key, const char* nameSpace,
                          const char* value, GError** error) {
    return ax_event_key_value_set_add_key_value(set, key, nameSpace, value, AX_VALUE_TYPE_STRING,
                                                error);
}

/* "tns1:Device/tnsaxis:IO" as topic0 and topic1; a level without a prefix is Axis's own. */
static gboolean addTopic(AXEventKeyValueSet* set, const char* topic, GError** error) {
    g_auto(GStrv) levels = g_strsplit(topic, "/", -1);

    for (guint i = 0; levels[i]; i++) {
        char* colon = strchr(levels[i], ':');
        g_autofree char* key = g_strdup_printf("topic%u", i);
        if (colon)
            *colon = '\0';
        if (!addString(set, key, colon ? levels[i] : "tnsaxis", colon ? colon + 1 : levels[i],
                       error))
            return FALSE;
    }
    return TRUE;
}

static gboolean addSource(AXEventKeyValueSet* set, const char* key, const json_t* value,
                          GError** error) {
    gboolean truth = json_is_true(value);
    gint number = (gint)json_integer_value(value);

    if (json_is_string(value))
        return addString(set, key, NULL, json_string_value(value), error);
    if (json_is_boolean(value))
        return ax_event_key_value_set_add_key_value(set, key, NULL, &truth, AX_VALUE_TYPE_BOOL,
                                                    error);
    return ax_event_key_value_set_add_key_value(set, key, NULL, &number, AX_VALUE_TYPE_INT, error);
}

static gboolean addPort(AXEventKeyValueSet* set, const char* event, int port, GError** error) {
    g_autofree char* topic = g_strdup_printf("tns1:Device/tnsaxis:IO/tnsaxis:%s", event);

    return addTopic(set, topic, error) &&
           ax_event_key_value_set_add_key_value(set, "port", NULL, &port, AX_VALUE_TYPE_INT, error);
}

/* What the trigger's events have in common. */
static gboolean addTrigger(AXEventKeyValueSet* set, const Trigger* trigger, GError** error) {
    switch (trigger->type) {
    case TRIGGER_OBJECT_ANALYTICS:
        return addTopic(set, "CameraApplicationPlatform/ObjectAnalytics", error) &&
               addString(set, "topic2", "tnsaxis", trigger->scenario, error);
    case TRIGGER_VIRTUAL_INPUT:
        return addPort(set, "VirtualInput", trigger->port, error);
    case TRIGGER_MANUAL:
        return addPort(set, "VirtualPort", trigger->port, error);
    case TRIGGER_EVENT:
    default:
        return addTopic(set, trigger->topic, error) &&
               (!trigger->sourceKey ||
                addSource(set, trigger->sourceKey, trigger->sourceValue, error));
    }
}

static const char* stateKey(const Trigger* trigger) {
    if (trigger->type == TRIGGER_EVENT)
        return trigger->key;
    return trigger->type == TRIGGER_MANUAL ? "state" : "active";
}

/* The event's state; FALSE when it has none that is a boolean. */
static gboolean readState(const AXEventKeyValueSet* set, const char* key, gboolean* active) {
    AXEventValueType type;

    return ax_event_key_value_set_get_value_type(set, key, NULL, &type, NULL) &&
           type == AX_VALUE_TYPE_BOOL &&
           ax_event_key_value_set_get_boolean(set, key, NULL, active, NULL);
}

/* Said once for a subscription, not for each of its events. */
static void noteProblem(EventSubscription* subscription) {
    count(COUNT_IGNORED);
    if (subscription->problem)
        return;
    subscription->problem =
        g_strdup_printf("its events have no boolean '%s' and are ignored", subscription->key);
    g_warning("trigger %s: %s", subscription->triggerId, subscription->problem);
}

static void onEvent(guint number, AXEvent* event, gpointer data) {
    gint64 deliveredAt = clockNow();
    const EventSource* source = data;
    EventSubscription* subscription =
        g_hash_table_lookup(source->subscriptions, GUINT_TO_POINTER(number));
    gboolean active = FALSE;

    if (!subscription) {
        ax_event_free(event);
        return;
    }
    gboolean hasState = readState(ax_event_get_key_value_set(event), subscription->key, &active);
    ax_event_free(event);
    if (hasState)
        subscription->callback(active, deliveredAt, subscription->data);
    else
        noteProblem(subscription);
}

EventSubscription* subscribeTrigger(EventSource* source, const Trigger* trigger,
                                    TriggerCallback callback, gpointer data, GError** error) {
    AXEventKeyValueSet* set = ax_event_key_value_set_new();
    guint number = 0;
    gboolean subscribed =
        addTrigger(set, trigger, error) &&
        ax_event_handler_subscribe(source->handler, set, &number, onEvent, source, error);

    ax_event_key_value_set_free(set);
    if (!subscribed)
        return NULL;
    EventSubscription* subscription = g_new0(EventSubscription, 1);
    subscription->source = source;
    subscription->number = number;
    subscription->trigger = copyTrigger(trigger);
    subscription->triggerId = logText(trigger->id, 200);
    subscription->key = g_strdup(stateKey(trigger));
    subscription->callback = callback;
    subscription->data = data;
    g_hash_table_insert(source->subscriptions, GUINT_TO_POINTER(number), subscription);
    return subscription;
}

void freeEventSubscription(EventSubscription* subscription) {
    g_autoptr(GError) error = NULL;

    if (!subscription)
        return;
    EventSource* source = subscription->source;
    g_hash_table_remove(source->subscriptions, GUINT_TO_POINTER(subscription->number));
    if (!ax_event_handler_unsubscribe(source->handler, subscription->number, &error))
        g_warning("trigger %s: unsubscribing failed (%s)", subscription->triggerId, error->message);
    freeTrigger(subscription->trigger);
    g_free(subscription->triggerId);
    g_free(subscription->key);
    g_free(subscription->problem);
    g_free(subscription);
}

const char* eventSubscriptionProblem(const EventSubscription* subscription) {
    return subscription->problem;
}

/* One question to the camera: which triggers are there, and in which state? */
typedef struct {
    EventSource* source;
    GHashTable* asked;   /* axevent's number -> the trigger it asks for, NULL for a known kind */
    GHashTable* found;   /* trigger id -> TriggerState */
    GHashTable* missing; /* ids of the triggers that it waits for; NULL: for all that may come */
    TriggerStatesCallback callback;
    gpointer data;
    guint timer;
    guint looks, silentLooks; /* onLook() so far, and since the last answer */
    guint endSource;          /* pending when nothing is missing any more */
} Inquiry;

static void freeTriggerState(gpointer data) {
    TriggerState* state = data;

    freeTrigger(state->trigger);
    g_free(state);
}

/* The trigger that an event of a known kind is of; NULL for any other. */
static Trigger* recognizeTrigger(const AXEventKeyValueSet* set) {
    g_autofree char* level1 = NULL;
    g_autofree char* level2 = NULL;
    gint port = 0;

    ax_event_key_value_set_get_string(set, "topic1", "tnsaxis", &level1, NULL);
    ax_event_key_value_set_get_string(set, "topic2", "tnsaxis", &level2, NULL);
    if (!level1 || !level2)
        return NULL;
    if (strcmp(level1, "ObjectAnalytics") == 0)
        return newScenarioTrigger(level2);
    if (strcmp(level1, "IO") != 0 ||
        !ax_event_key_value_set_get_integer(set, "port", NULL, &port, NULL))
        return NULL;
    if (strcmp(level2, "VirtualInput") == 0)
        return newPortTrigger(TRIGGER_VIRTUAL_INPUT, port);
    return strcmp(level2, "VirtualPort") == 0 ? newPortTrigger(TRIGGER_MANUAL, port) : NULL;
}

static gboolean onAllFound(gpointer inquiry);

static void noteState(Inquiry* inquiry, const Trigger* extra, const AXEventKeyValueSet* set) {
    g_autoptr(Trigger) trigger = extra ? copyTrigger(extra) : recognizeTrigger(set);
    gboolean active;

    if (!trigger || !readState(set, stateKey(trigger), &active))
        return;
    TriggerState* state = g_new0(TriggerState, 1);
    state->active = active;
    state->trigger = g_steal_pointer(&trigger);
    g_hash_table_replace(inquiry->found, state->trigger->id, state);
    if (inquiry->missing && g_hash_table_remove(inquiry->missing, state->trigger->id) &&
        g_hash_table_size(inquiry->missing) == 0) /* not in axevent's callback, as a timer's end */
        inquiry->endSource = g_idle_add_full(G_PRIORITY_DEFAULT, onAllFound, inquiry, NULL);
}

static void onInquiryEvent(guint number, AXEvent* event, gpointer data) {
    const EventSource* source = data;
    Inquiry* inquiry = g_hash_table_lookup(source->inquiries, GUINT_TO_POINTER(number));

    if (inquiry) {
        inquiry->silentLooks = 0;
        noteState(inquiry, g_hash_table_lookup(inquiry->asked, GUINT_TO_POINTER(number)),
                  ax_event_get_key_value_set(event));
    }
    ax_event_free(event);
}

static void endInquiry(Inquiry* inquiry) {
    GPtrArray* states = g_ptr_array_new_with_free_func(freeTriggerState);
    GHashTableIter entries;
    gpointer number, state;

    stopTimer(&inquiry->timer);
    g_clear_handle_id(&inquiry->endSource, g_source_remove);
    g_hash_table_iter_init(&entries, inquiry->asked);
    while (g_hash_table_iter_next(&entries, &number, NULL)) {
        g_hash_table_remove(inquiry->source->inquiries, number);
        ax_event_handler_unsubscribe(inquiry->source->handler, GPOINTER_TO_UINT(number), NULL);
    }
    g_hash_table_iter_init(&entries, inquiry->found);
    while (g_hash_table_iter_next(&entries, NULL, &state)) {
        g_hash_table_iter_steal(&entries);
        g_ptr_array_add(states, state);
    }
    inquiry->callback(states, inquiry->data);
    g_clear_pointer(&inquiry->missing, g_hash_table_unref);
    g_hash_table_unref(inquiry->found);
    g_hash_table_unref(inquiry->asked);
    g_free(inquiry);
}

static void onLook(gpointer data) {
    Inquiry* inquiry = data;

    inquiry->looks++;
    inquiry->silentLooks++;
    if (inquiry->silentLooks == SILENT_LOOKS || inquiry->looks == MOST_LOOKS)
        endInquiry(inquiry);
}

static gboolean onAllFound(gpointer data) {
    Inquiry* inquiry = data;

    inquiry->endSource = 0;
    endInquiry(inquiry);
    return G_SOURCE_REMOVE;
}

/* The ids of the triggers of these kinds that somebody is subscribed to, and those of extras. */
static GHashTable* collectMissing(EventSource* source, TriggerKinds kinds,
                                  const GPtrArray* extras) {
    GHashTable* missing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter entries;
    gpointer value;

    g_hash_table_iter_init(&entries, source->subscriptions);
    while (g_hash_table_iter_next(&entries, NULL, &value)) {
        const Trigger* trigger = ((EventSubscription*)value)->trigger;
        if (kinds & (1u << trigger->type))
            g_hash_table_add(missing, g_strdup(trigger->id));
    }
    for (guint i = 0; extras && i < extras->len; i++)
        g_hash_table_add(missing, g_strdup(((Trigger*)g_ptr_array_index(extras, i))->id));
    return missing;
}

/* Takes set. */
static void ask(Inquiry* inquiry, AXEventKeyValueSet* set, gpointer extra) {
    g_autoptr(GError) error = NULL;
    guint number = 0;

    if (ax_event_handler_subscribe(inquiry->source->handler, set, &number, onInquiryEvent,
                                   inquiry->source, &error)) {
        g_hash_table_insert(inquiry->asked, GUINT_TO_POINTER(number), extra);
        g_hash_table_insert(inquiry->source->inquiries, GUINT_TO_POINTER(number), inquiry);
    } else {
        g_warning("triggers: the camera cannot be asked (%s)", error->message);
    }
    ax_event_key_value_set_free(set);
}

void findTriggerStates(EventSource* source, TriggerKinds kinds, const GPtrArray* extras,
                       TriggerStatesCallback callback, gpointer data) {
    static const char* const topics[] = {
        [TRIGGER_OBJECT_ANALYTICS] = "CameraApplicationPlatform/ObjectAnalytics",
        [TRIGGER_VIRTUAL_INPUT] = "tns1:Device/tnsaxis:IO/VirtualInput",
        [TRIGGER_MANUAL] = "tns1:Device/tnsaxis:IO/VirtualPort"};
    Inquiry* inquiry = g_new0(Inquiry, 1);

    inquiry->source = source;
    inquiry->asked = g_hash_table_new(g_direct_hash, g_direct_equal);
    inquiry->found = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, freeTriggerState);
    if (kinds & ASK_SUBSCRIBED)
        inquiry->missing = collectMissing(source, kinds, extras);
    inquiry->callback = callback;
    inquiry->data = data;
    for (gsize i = 0; i < G_N_ELEMENTS(topics); i++) {
        if (!(kinds & (1 << i)))
            continue;
        AXEventKeyValueSet* set = ax_event_key_value_set_new();
        addTopic(set, topics[i], NULL);
        ask(inquiry, set, NULL);
    }
    for (guint i = 0; extras && i < extras->len; i++) {
        AXEventKeyValueSet* set = ax_event_key_value_set_new();
        addTrigger(set, g_ptr_array_index(extras, i), NULL);
        ask(inquiry, set, g_ptr_array_index(extras, i));
    }
    inquiry->timer = startTimer(LOOK_MS, onLook, inquiry);
}

struct EventDeclaration {
    EventSource* source;
    guint number;
    gboolean isReady;
    EventReadyCallback ready;
    gpointer data;
};

static gboolean addValue(AXEventKeyValueSet* set, const EventValue* value, gboolean isEmpty,
                         GError** error) {
    static const AXEventValueType types[] = {AX_VALUE_TYPE_BOOL, AX_VALUE_TYPE_INT,
                                             AX_VALUE_TYPE_STRING};
    gconstpointer place =
        value->type == EVENT_STRING ? (gconstpointer)value->string : (gconstpointer)&value->number;

    return ax_event_key_value_set_add_key_value(set, value->key, NULL, isEmpty ? NULL : place,
                                                types[value->type], error);
}

static gboolean addDeclared(AXEventKeyValueSet* set, const EventValue* value, gboolean isStateful,
                            GError** error) {
    if (!addValue(set, value, !isStateful && !value->isSource, error))
        return FALSE;
    return value->isSource ? ax_event_key_value_set_mark_as_source(set, value->key, NULL, error)
                           : ax_event_key_value_set_mark_as_data(set, value->key, NULL, error);
}

static void onDeclared(guint number, gpointer data) {
    const EventSource* source = data;
    EventDeclaration* declaration =
        g_hash_table_lookup(source->declarations, GUINT_TO_POINTER(number));

    if (!declaration)
        return;
    declaration->isReady = TRUE;
    declaration->ready(declaration->data);
}

EventDeclaration* declareEvent(EventSource* source, const char* app, const char* name,
                               const EventValue* values, guint count, gboolean isStateful,
                               EventReadyCallback ready, gpointer data, GError** error) {
    AXEventKeyValueSet* set = ax_event_key_value_set_new();
    gboolean declared = addString(set, "topic0", "tnsaxis", "CameraApplicationPlatform", error) &&
                        addString(set, "topic1", "tnsaxis", app, error) &&
                        addString(set, "topic2", "tnsaxis", name, error);
    guint number = 0;

    for (guint i = 0; declared && i < count; i++)
        declared = addDeclared(set, &values[i], isStateful, error);
    declared = declared && ax_event_handler_declare(source->handler, set, !isStateful, &number,
                                                    onDeclared, source, error);
    ax_event_key_value_set_free(set);
    if (!declared)
        return NULL;
    EventDeclaration* declaration = g_new0(EventDeclaration, 1);
    *declaration = (EventDeclaration){source, number, FALSE, ready, data};
    g_hash_table_insert(source->declarations, GUINT_TO_POINTER(number), declaration);
    return declaration;
}

void freeEventDeclaration(EventDeclaration* declaration) {
    if (!declaration)
        return;
    g_hash_table_remove(declaration->source->declarations, GUINT_TO_POINTER(declaration->number));
    ax_event_handler_undeclare(declaration->source->handler, declaration->number, NULL);
    g_free(declaration);
}

gboolean sendEvent(EventDeclaration* declaration, const EventValue* values, guint count,
                   gint64 realTimeUs, GError** error) {
    g_autoptr(GDateTime) second = g_date_time_new_from_unix_utc(realTimeUs / G_USEC_PER_SEC);
    g_autoptr(GDateTime) time = g_date_time_add(second, realTimeUs % G_USEC_PER_SEC);
    AXEventKeyValueSet* set = ax_event_key_value_set_new();
    gboolean sent = TRUE;

    if (!declaration->isReady) {
        sent = FALSE;
        g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_SEND, "not declared yet");
    }
    for (guint i = 0; sent && i < count; i++)
        sent = addValue(set, &values[i], FALSE, error);
    if (sent) {
        AXEvent* event = ax_event_new2(set, time);
        sent = ax_event_handler_send_event(declaration->source->handler, declaration->number, event,
                                           error);
        ax_event_free(event);
    }
    ax_event_key_value_set_free(set);
    return sent;
}

void freeEventSource(EventSource* source) {
    GHashTableIter entries;
    gpointer inquiry;

    if (!source)
        return;
    g_warn_if_fail(g_hash_table_size(source->subscriptions) == 0);
    g_warn_if_fail(g_hash_table_size(source->declarations) == 0);
    for (g_hash_table_iter_init(&entries, source->inquiries);
         g_hash_table_iter_next(&entries, NULL, &inquiry);
         g_hash_table_iter_init(&entries, source->inquiries))
        endInquiry(inquiry);
    ax_event_handler_free(source->handler);
    g_hash_table_unref(source->inquiries);
    g_hash_table_unref(source->declarations);
    g_hash_table_unref(source->subscriptions);
    g_free(source);
}
