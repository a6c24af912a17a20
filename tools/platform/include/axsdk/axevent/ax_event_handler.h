/* SPDX-License-Identifier: MIT
 * The way into the event system (ACAP axevent API). Any thread may call these functions; callbacks
 * run in the default main context, never before the call that set them up has returned.
 * The caller keeps and frees every key/value set and event it passes in. */
#ifndef PLATFORM_AX_EVENT_HANDLER_H
#define PLATFORM_AX_EVENT_HANDLER_H

#include <glib.h>

#include <axsdk/axevent/ax_event.h>
#include <axsdk/axevent/ax_event_key_value_set.h>

G_BEGIN_DECLS

typedef struct _AXEventHandler AXEventHandler;

/* The callback owns the event and frees it with ax_event_free(). */
typedef void (*AXSubscriptionCallback)(guint subscription, AXEvent* event, gpointer user_data);

/* The event may be sent from now on. */
typedef void (*AXDeclarationCompleteCallback)(guint declaration, gpointer user_data);

/* The last callback of a subscription; error is lent and NULL on success. */
typedef void (*AXUnsubscribeCompleteCallback)(guint subscription, gpointer user_data,
                                              GError* error);

AXEventHandler* ax_event_handler_new(void);

/* Drops all declarations and subscriptions of the handler and cancels pending callbacks; waits for
 * one that is running in another thread. */
void ax_event_handler_free(AXEventHandler* event_handler);

/* Stateless: a key whose value varies is unset. Stateful: it has its initial value. */
gboolean ax_event_handler_declare(AXEventHandler* event_handler, AXEventKeyValueSet* key_value_set,
                                  gboolean stateless, guint* declaration,
                                  AXDeclarationCompleteCallback callback, gpointer user_data,
                                  GError** error);

/* As declare; property_name is the key of the state of a stateful event. */
gboolean ax_event_handler_declare2(AXEventHandler* event_handler, AXEventKeyValueSet* key_value_set,
                                   gboolean stateless, gchar* property_name, guint* declaration,
                                   AXDeclarationCompleteCallback callback, gpointer user_data,
                                   GError** error);

/* Templates do not work from AXIS OS 12: fails with AX_EVENT_ERROR_DECLARATION. */
gboolean
ax_event_handler_declare_from_template(AXEventHandler* event_handler, const char* event_template,
                                       AXEventKeyValueSet* key_value_set, guint* declaration,
                                       AXDeclarationCompleteCallback callback, gpointer user_data,
                                       GError** error) G_GNUC_DEPRECATED;

gboolean ax_event_handler_undeclare(AXEventHandler* event_handler, guint declaration,
                                    GError** error);

/* Keys that the event leaves out keep their declared value (stateful: their current one). FALSE
 * with AX_EVENT_ERROR_SEND while the event service is down, until it knows the declaration again.
 */
gboolean ax_event_handler_send_event(AXEventHandler* event_handler, guint declaration,
                                     AXEvent* event, GError** error);

/* Events whose keys equal all values of the set arrive; an unset value matches anything. The
 * current states of stateful events arrive first. */
gboolean ax_event_handler_subscribe(AXEventHandler* event_handler,
                                    AXEventKeyValueSet* key_value_set, guint* subscription,
                                    AXSubscriptionCallback callback, gpointer user_data,
                                    GError** error);

/* In the thread of the default main context, no callback comes after this has returned. */
gboolean ax_event_handler_unsubscribe(AXEventHandler* event_handler, guint subscription,
                                      GError** error);

/* As unsubscribe; callback comes when nothing of the subscription is left (ACAP SDK 12.11). */
gboolean ax_event_handler_unsubscribe_and_notify(AXEventHandler* event_handler, guint subscription,
                                                 AXUnsubscribeCompleteCallback callback,
                                                 gpointer user_data, GError** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AXEventHandler, ax_event_handler_free)

G_END_DECLS

#endif
