/* SPDX-License-Identifier: MIT */
/* FakeEventSubscribe - the EventSubscribe port with a camera whose triggers a test sets. */
#pragma once

#include <glib.h>

/* Sets a trigger's state and tells its subscriptions, like a stateful event; a state that was never
 * set is not declared. */
void setFakeTrigger(const char* triggerId, gboolean active);
/* Delivers the present state again, as an event with another payload does. */
void repeatFakeTrigger(const char* triggerId);
/* Changes the state without telling anybody: the edge is lost. */
void loseFakeEdge(const char* triggerId, gboolean active);
/* The camera does not know the trigger any more; nobody is told. */
void removeFakeTrigger(const char* triggerId);
/* Forgets all triggers. */
void clearFakeTriggers(void);
guint countFakeSubscriptions(void);
/* The next subscriptions are refused. */
void refuseSubscriptions(guint count);

/* Whether the event service takes what the app sends; TRUE at first. */
void setFakeEventService(gboolean isUp);
/* What the app sent since the last call, "Session door active=1" and so on, joined by ", ";
 * g_free(). */
char* takeSentEvents(void);
/* When the last of them happened, as the app said; microseconds since 1970. */
gint64 lastSentTime(void);
guint countFakeDeclarations(void);
/* What was declared and undeclared since the last call: "+Session door, -Session door"; g_free().
 */
char* takeDeclared(void);
/* The next declaration is refused. */
void refuseNextDeclaration(void);
