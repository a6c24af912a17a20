/* SPDX-License-Identifier: MIT
 * StorageSubscriptions - who wants to hear of changes of which storage. Any thread may call these
 * functions; the callbacks run in the default main context. */
#ifndef PLATFORM_STORAGE_SUBSCRIPTIONS_H
#define PLATFORM_STORAGE_SUBSCRIPTIONS_H

#include <axsdk/axstorage.h>

/* Returns the subscription's id and calls back once soon. */
guint addStorageSubscription(const char* storageId, AXStorageSubscriptionCallback callback,
                             gpointer userData);

/* FALSE when there is none. */
gboolean removeStorageSubscription(guint id);

/* Calls back everyone who has subscribed to the storage. */
void announceStorage(const char* storageId);

#endif
