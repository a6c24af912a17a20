/* SPDX-License-Identifier: MIT
 * MainQueue - tasks for the default main context, in the order in which they were pushed.
 * Any thread may push. An empty queue causes no wake-ups. */
#ifndef PLATFORM_MAIN_QUEUE_H
#define PLATFORM_MAIN_QUEUE_H

#include <glib.h>

typedef struct MainQueue MainQueue;

/* Runs in the thread that iterates the default main context; takes data. */
typedef void (*MainTask)(gpointer data);

/* Lives as long as the process. */
MainQueue* newMainQueue(void);

/* Runs task(data) soon, never before this function has returned to a caller in the main thread. */
void pushMainQueue(MainQueue* queue, MainTask task, gpointer data);

#endif
