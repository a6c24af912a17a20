/* SPDX-License-Identifier: MIT */
/* OutputQueue - what the app has to send as events of the camera, in order and with the time at
 * which it happened, kept while the event service does not take it.
 *
 * Beyond 500 the oldest descriptions are dropped first, then the oldest states that a later state
 * of the same event replaces: the last state of each event always stays. Main loop only. */
#pragma once

#include "EventSubscribe.h"

typedef struct OutputQueue OutputQueue;

/* sent(data): after something was sent. */
OutputQueue* newOutputQueue(void (*sent)(gpointer data), gpointer data);
void freeOutputQueue(OutputQueue* queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OutputQueue, freeOutputQueue)

/* The stateful event's `active`. */
void queueState(OutputQueue* queue, EventDeclaration* declaration, gboolean active);
/* A stateless event, of at most four values; they are copied. */
void queueDescription(OutputQueue* queue, EventDeclaration* declaration, const EventValue* values,
                      guint count);
/* An EventReadyCallback; data is an OutputQueue: sends what the event service takes. */
void flushOutputQueue(gpointer data);

gboolean isQueued(const OutputQueue* queue, const EventDeclaration* declaration);
/* The event is about to be undeclared: nothing of it will be sent. */
void forgetQueued(OutputQueue* queue, const EventDeclaration* declaration);
guint countQueued(const OutputQueue* queue);
