/* SPDX-License-Identifier: MIT
 * Subscriptions - all subscriptions of this process, by id and by topic. A new one first asks for
 * the current states and ignores broadcasts until they have come, so that the states come first
 * and each exactly once. All functions need eventLock. */
#ifndef PLATFORM_SUBSCRIPTIONS_H
#define PLATFORM_SUBSCRIPTIONS_H

#include <axsdk/axevent.h>

/* Copies filter. owner is the handler. */
void addSubscription(guint id, gconstpointer owner, const AXEventKeyValueSet* filter,
                     AXSubscriptionCallback callback, gpointer userData);

/* FALSE when owner has no such subscription. No callback of it starts after this. */
gboolean removeSubscription(guint id, gconstpointer owner);

void removeAllSubscriptions(gconstpointer owner);

/* What the event service says. */
void deliverEvent(gint64 time, GVariant* keys);
gboolean deliverStates(guint32 serial, GVariant* body, const char* refusal);
void renewSubscriptions(void);

#endif
