/* SPDX-License-Identifier: MIT */
#include <axsdk/axevent.h>

#include "Callbacks.h"
#include "Declarations.h"
#include "EventLink.h"
#include "EventWire.h"
#include "KeyValueSet.h"
#include "Subscriptions.h"

/* Handlers own what was made through them; the tables are the process's. */
struct _AXEventHandler {
    GHashTable*
        notifications; /* pending ends of subscriptions, Notification*; guarded by eventLock */
};

typedef struct {
    AXEventHandler* handler; /* NULL: the handler is gone */
    guint subscription;
    AXUnsubscribeCompleteCallback callback;
    gpointer userData;
} Notification;

static void dispatchReply(guint32 serial, GVariant* body, const char* refusal) {
    if (!deliverStates(serial, body, refusal))
        completeDeclaration(serial, body, refusal);
}

static void renewAll(void) {
    renewDeclarations();
    renewSubscriptions();
}

static gboolean connectHandler(AXEventErrorCode code, GError** error) {
    static const EventLinkHandlers handlers = {
        .onEvent = deliverEvent,
        .onReply = dispatchReply,
        .onServiceDown = loseDeclarations,
        .onServiceUp = renewAll,
    };
    g_autoptr(GError) reason = NULL;

    if (openEventLink(&handlers, &reason))
        return TRUE;
    g_set_error(error, AX_EVENT_ERROR, (gint)code, "no event system: %s", reason->message);
    return FALSE;
}

/* Ids are unique in the process, so that one handler's id is never valid for another. */
static guint nextId(void) {
    static gint last;
    return (guint)g_atomic_int_add(&last, 1) + 1;
}

static gboolean checkArguments(gconstpointer handler, gconstpointer argument, const char* name,
                               GError** error) {
    if (handler && argument)
        return TRUE;
    g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_INVALID_ARGUMENT, "there is no %s",
                handler ? name : "event handler");
    return FALSE;
}

AXEventHandler* ax_event_handler_new(void) {
    AXEventHandler* handler = g_new0(AXEventHandler, 1);

    handler->notifications = g_hash_table_new(NULL, NULL);
    return handler;
}

static void orphanNotifications(AXEventHandler* handler) {
    GHashTableIter iterator;
    gpointer notification;

    g_hash_table_iter_init(&iterator, handler->notifications);
    while (g_hash_table_iter_next(&iterator, &notification, NULL))
        ((Notification*)notification)->handler = NULL;
}

void ax_event_handler_free(AXEventHandler* event_handler) {
    if (!event_handler)
        return;
    g_mutex_lock(&eventLock);
    removeAllSubscriptions(event_handler);
    removeAllDeclarations(event_handler);
    orphanNotifications(event_handler);
    awaitCallbacks(event_handler);
    g_mutex_unlock(&eventLock);
    flushEventLink();
    g_hash_table_unref(event_handler->notifications);
    g_free(event_handler);
}

gboolean ax_event_handler_declare2(AXEventHandler* event_handler, AXEventKeyValueSet* key_value_set,
                                   gboolean stateless, gchar* property_name, guint* declaration,
                                   AXDeclarationCompleteCallback callback, gpointer user_data,
                                   GError** error) {
    if (!checkArguments(event_handler, key_value_set, "key/value set", error))
        return FALSE;

    const char* levels[MAX_TOPIC_LEVELS];
    if (getTopic(key_value_set, levels) == 0 || !levels[0]) {
        g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_DECLARATION,
                    "key topic0: a declaration needs it");
        return FALSE;
    }
    if (property_name && !findAnyKeyValue(key_value_set, property_name, NULL)) {
        g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_DECLARATION,
                    "key %s: the declaration names it as its state but does not have it",
                    property_name);
        return FALSE;
    }
    if (!connectHandler(AX_EVENT_ERROR_DECLARATION, error))
        return FALSE;

    guint id = nextId();
    if (declaration)
        *declaration = id;
    g_mutex_lock(&eventLock);
    addDeclaration(id, event_handler, key_value_set, stateless, property_name, callback, user_data);
    g_mutex_unlock(&eventLock);
    return TRUE;
}

gboolean ax_event_handler_declare(AXEventHandler* event_handler, AXEventKeyValueSet* key_value_set,
                                  gboolean stateless, guint* declaration,
                                  AXDeclarationCompleteCallback callback, gpointer user_data,
                                  GError** error) {
    return ax_event_handler_declare2(event_handler, key_value_set, stateless, NULL, declaration,
                                     callback, user_data, error);
}

gboolean ax_event_handler_declare_from_template(AXEventHandler* event_handler,
                                                const char* event_template,
                                                AXEventKeyValueSet* key_value_set,
                                                guint* declaration,
                                                AXDeclarationCompleteCallback callback,
                                                gpointer user_data, GError** error) {
    (void)event_handler;
    (void)key_value_set;
    (void)declaration;
    (void)callback;
    (void)user_data;
    g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_DECLARATION,
                "template %s: templates of events do not work from AXIS OS 12",
                event_template ? event_template : "(null)");
    return FALSE;
}

gboolean ax_event_handler_undeclare(AXEventHandler* event_handler, guint declaration,
                                    GError** error) {
    if (!checkArguments(event_handler, event_handler, "event handler", error))
        return FALSE;
    g_mutex_lock(&eventLock);
    gboolean removed = removeDeclaration(declaration, event_handler, error);
    g_mutex_unlock(&eventLock);
    return removed;
}

gboolean ax_event_handler_send_event(AXEventHandler* event_handler, guint declaration,
                                     AXEvent* event, GError** error) {
    if (!checkArguments(event_handler, event, "event", error))
        return FALSE;
    g_mutex_lock(&eventLock);
    gboolean sent = sendDeclared(declaration, event_handler, ax_event_get_key_value_set(event),
                                 ax_event_get_time_stamp2(event), error);
    g_mutex_unlock(&eventLock);
    return sent;
}

gboolean ax_event_handler_subscribe(AXEventHandler* event_handler,
                                    AXEventKeyValueSet* key_value_set, guint* subscription,
                                    AXSubscriptionCallback callback, gpointer user_data,
                                    GError** error) {
    if (!checkArguments(event_handler, key_value_set, "key/value set", error) ||
        !checkArguments(event_handler, (gconstpointer)callback, "callback", error) ||
        !connectHandler(AX_EVENT_ERROR_SUBSCRIPTION, error))
        return FALSE;

    guint id = nextId();
    if (subscription)
        *subscription = id;
    g_mutex_lock(&eventLock);
    addSubscription(id, event_handler, key_value_set, callback, user_data);
    g_mutex_unlock(&eventLock);
    return TRUE;
}

static void runNotification(gpointer data) {
    Notification* notification = data;

    g_mutex_lock(&eventLock);
    if (notification->handler) {
        g_hash_table_remove(notification->handler->notifications, notification);
        enterCallback(notification->handler);
        notification->callback(notification->subscription, notification->userData, NULL);
        leaveCallback();
    }
    g_mutex_unlock(&eventLock);
    g_free(notification);
}

static void addNotification(AXEventHandler* handler, guint subscription,
                            AXUnsubscribeCompleteCallback callback, gpointer userData) {
    Notification* notification = g_new(Notification, 1);

    notification->handler = handler;
    notification->subscription = subscription;
    notification->callback = callback;
    notification->userData = userData;
    g_hash_table_add(handler->notifications, notification);
    pushCallback(runNotification, notification);
}

gboolean ax_event_handler_unsubscribe_and_notify(AXEventHandler* event_handler, guint subscription,
                                                 AXUnsubscribeCompleteCallback callback,
                                                 gpointer user_data, GError** error) {
    if (!checkArguments(event_handler, event_handler, "event handler", error))
        return FALSE;

    g_mutex_lock(&eventLock);
    gboolean removed = removeSubscription(subscription, event_handler);
    if (removed && callback)
        addNotification(event_handler, subscription, callback, user_data);
    g_mutex_unlock(&eventLock);
    if (!removed)
        g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_UNSUBSCRIBE,
                    "there is no subscription %u", subscription);
    return removed;
}

gboolean ax_event_handler_unsubscribe(AXEventHandler* event_handler, guint subscription,
                                      GError** error) {
    return ax_event_handler_unsubscribe_and_notify(event_handler, subscription, NULL, NULL, error);
}
