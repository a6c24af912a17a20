/* SPDX-License-Identifier: MIT */
/* EdgeTimes - when an event reached its callback and when a job was submitted: the linker lets
 * ax_event_handler_subscribe(), submitJob() and runDescription() pass through here (--wrap).
 *
 * A job was submitted when submitJob() returned, or when a worker began it, if that was first: the
 * scheduler may let the worker that submitJob() wakes go before submitJob() itself. */
#pragma once

#include <axsdk/axevent.h>
#include <glib.h>

#include "ThreadPool.h"

typedef struct {
    guint delivered, submitted;      /* how many */
    gint64 deliveredNs, submittedNs; /* the last one, CLOCK_MONOTONIC */
} EdgeTimes;

extern EdgeTimes edgeTimes;

gint64 nowNs(void);
/* Waits until one more job than `before` was submitted. */
void waitForSubmit(guint before);

gboolean __real_ax_event_handler_subscribe(AXEventHandler* handler, AXEventKeyValueSet* set,
                                           guint* number, AXSubscriptionCallback callback,
                                           gpointer data, GError** error);
gboolean __wrap_ax_event_handler_subscribe(AXEventHandler* handler, AXEventKeyValueSet* set,
                                           guint* number, AXSubscriptionCallback callback,
                                           gpointer data, GError** error);
PoolJob* __real_submitJob(ThreadPool* pool, PoolFunc run, PoolFunc done, gpointer data);
PoolJob* __wrap_submitJob(ThreadPool* pool, PoolFunc run, PoolFunc done, gpointer data);
void __real_runDescription(gpointer data);
void __wrap_runDescription(gpointer data);
