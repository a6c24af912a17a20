/* SPDX-License-Identifier: MIT */
/* EventSubscribe - the camera's events; the only file that knows axevent.
 *
 * One axevent subscription for each profile and one callback for exactly that profile. Main loop
 * only; callbacks come from it too. Subscribing to a stateful event delivers its state at once
 * (documented), so the first call tells whether the trigger is active already. */
#pragma once

#include <glib.h>

#include "Trigger.h"

typedef struct EventSource EventSource;
typedef struct EventSubscription EventSubscription;

/* active: the trigger's state; deliveredAt: clockNow() when the event reached the app. Called for
 * every event with a state, whether it changed or not. */
typedef void (*TriggerCallback)(gboolean active, gint64 deliveredAt, gpointer data);

EventSource* newEventSource(void);
/* All subscriptions must be gone; inquiries under way are answered with what was found. */
void freeEventSource(EventSource* source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EventSource, freeEventSource)

/* NULL and error when the event service refuses. The trigger is copied from. */
EventSubscription* subscribeTrigger(EventSource* source, const Trigger* trigger,
                                    TriggerCallback callback, gpointer data, GError** error);
/* No callback comes after this; everything of the subscription is freed. */
void freeEventSubscription(EventSubscription* subscription);
/* What is wrong with the trigger's events, such as a key that is no boolean; NULL when nothing is.
 * Borrowed. */
const char* eventSubscriptionProblem(const EventSubscription* subscription);

/* A trigger that can be subscribed to, and its state. */
typedef struct {
    Trigger* trigger;
    gboolean active;
} TriggerState;

/* states: TriggerState*, owned by the caller, who unrefs it. */
typedef void (*TriggerStatesCallback)(GPtrArray* states, gpointer data);
typedef enum {
    ASK_OBJECT_ANALYTICS = 1 << TRIGGER_OBJECT_ANALYTICS,
    ASK_VIRTUAL_INPUT = 1 << TRIGGER_VIRTUAL_INPUT,
    ASK_MANUAL = 1 << TRIGGER_MANUAL,
    ASK_ALL = ASK_OBJECT_ANALYTICS | ASK_VIRTUAL_INPUT | ASK_MANUAL,
    /* Only what is subscribed to and the extras matter: answered once all of them are found. */
    ASK_SUBSCRIBED = 1 << 8,
} TriggerKinds;

/* Asks the camera for the states of all triggers of these kinds, and for those in `extras`
 * (Trigger*, kept by the caller until the callback; may be NULL), by subscribing for a moment:
 * stateful events answer at once (unconfirmed for object analytics on a real camera), others do
 * not. Listens until no answer comes any more, a few seconds at most. What is not found is not
 * there, or the event service is down. */
void findTriggerStates(EventSource* source, TriggerKinds kinds, const GPtrArray* extras,
                       TriggerStatesCallback callback, gpointer data);

/* One value of an event that the app declares. */
typedef struct {
    const char* key;
    enum { EVENT_BOOL, EVENT_INT, EVENT_STRING } type;
    gboolean isSource; /* tells this event from others of its topic */
    const char* string;
    gint number; /* also the boolean */
} EventValue;

typedef struct EventDeclaration EventDeclaration;
/* Main loop; the declaration can be sent from now on. */
typedef void (*EventReadyCallback)(gpointer data);

/* Declares tnsaxis:CameraApplicationPlatform/APP/NAME. A stateful event begins with these values;
 * of a stateless one they say the keys and types. NULL and error when the camera refuses. */
EventDeclaration* declareEvent(EventSource* source, const char* app, const char* name,
                               const EventValue* values, guint count, gboolean isStateful,
                               EventReadyCallback ready, gpointer data, GError** error);
/* Undeclares; no callback comes after this. */
void freeEventDeclaration(EventDeclaration* declaration);
/* Sends the values that changed. realTimeUs: when it happened, microseconds since 1970 UTC. FALSE
 * and error when the event service does not take it, or not yet. */
gboolean sendEvent(EventDeclaration* declaration, const EventValue* values, guint count,
                   gint64 realTimeUs, GError** error);
