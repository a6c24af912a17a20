/* SPDX-License-Identifier: MIT */
#include "StorageCallbacks.h"

void pushStorageCallback(MainTask task, gpointer data) {
    static gsize once = 0;
    static MainQueue* queue;

    if (g_once_init_enter(&once)) {
        queue = newMainQueue();
        g_once_init_leave(&once, 1);
    }
    pushMainQueue(queue, task, data);
}
