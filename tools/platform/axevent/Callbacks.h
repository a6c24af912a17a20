/* SPDX-License-Identifier: MIT
 * Callbacks - calls into the application, in the default main context and in order. Freeing a
 * handler waits for a callback of that handler which runs in another thread. */
#ifndef PLATFORM_CALLBACKS_H
#define PLATFORM_CALLBACKS_H

#include "MainQueue.h"

/* Queues task(data) for the default main context. Any thread. */
void pushCallback(MainTask task, gpointer data);

/* Around a call into the application, in the default main context, with eventLock held. In between
 * the lock is open. */
void enterCallback(gconstpointer owner);
void leaveCallback(void);

/* Waits, with eventLock held, until no callback of owner runs in another thread. */
void awaitCallbacks(gconstpointer owner);

#endif
