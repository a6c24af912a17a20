/* SPDX-License-Identifier: MIT */
/* FakeCamera - the EventSubscribe port: triggers with a true state, subscriptions to which edges
 * come when the history lets them, level checks, and the events that the app declares. */
#pragma once

#include <glib.h>

#include "Step.h"

/* Forgets everything; all triggers are there and inactive. */
void startCamera(void);
/* The slots whose subscriptions come next (int), in their order. */
void expectSubscriptions(const GArray* slots);
/* Those that have not come. */
guint countExpected(void);
/* How it answers: first states after firstMs, level checks after answerMs, with the states as they
 * were when asked or as they are then. */
void setCameraManners(guint firstMs, guint answerMs, gboolean isStale);
void refuseSubscriptions(int count);
void setEventService(gboolean up);

/* The true state: -1 not there, 0, 1. */
int trueState(int trigger);
void setTrueState(int trigger, gboolean active, EdgeWay way);
void repeatTrueState(int trigger);
void removeTrigger(int trigger);

/* When the next thing comes that is under way; G_MAXINT64 when nothing is. */
gint64 nextDelivery(void);
/* Delivers what is due. */
void deliverDue(void);

guint countSubscriptions(void);
guint countDeclarations(void);
/* When the app last asked for the levels. */
gint64 lastAsked(void);
/* What an observer of the slot's Session event saw last: 0, 1, or -1 for nothing. */
int observedSession(int slot);
/* The trigger's id, as the engine must call it. */
const char* triggerId(int trigger);
/* The trigger as in a profile's JSON, with single quotes. */
const char* triggerJson(int trigger);
