/* SPDX-License-Identifier: MIT */
#include "Callbacks.h"

#include "EventLink.h"

static GCond left;
static gconstpointer runningOwner; /* guarded by eventLock */
static GThread* runningThread;     /* guarded by eventLock */

void pushCallback(MainTask task, gpointer data) {
    static gsize once = 0;
    static MainQueue* queue;

    if (g_once_init_enter(&once)) {
        queue = newMainQueue();
        g_once_init_leave(&once, 1);
    }
    pushMainQueue(queue, task, data);
}

void enterCallback(gconstpointer owner) {
    runningOwner = owner;
    runningThread = g_thread_self();
    g_mutex_unlock(&eventLock);
}

void leaveCallback(void) {
    g_mutex_lock(&eventLock);
    runningOwner = NULL;
    runningThread = NULL;
    g_cond_broadcast(&left);
}

void awaitCallbacks(gconstpointer owner) {
    while (runningOwner == owner && runningThread != g_thread_self())
        g_cond_wait(&left, &eventLock);
}
