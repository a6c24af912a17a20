/* SPDX-License-Identifier: MIT
 * EventLink - the connection to the camera's event service, one for the process.
 *
 * Messages are read where they arrive, in the bus's own thread, so that replies and broadcasts are
 * seen in the order in which the service sent them. Everything here is guarded by eventLock. */
#ifndef PLATFORM_EVENT_LINK_H
#define PLATFORM_EVENT_LINK_H

#include <gio/gio.h>

extern GMutex eventLock;

/* Called with eventLock held, in the bus's thread. */
typedef struct {
    /* A broadcast event; keys has EVENT_KEYS_TYPE, time is in microseconds UTC. */
    void (*onEvent)(gint64 time, GVariant* keys);
    /* The answer to a call; body is NULL when the service refused or is not there. */
    void (*onReply)(guint32 serial, GVariant* body, const char* refusal);
    /* The service has gone, or is another one now. */
    void (*onServiceDown)(void);
    /* The service has started anew and has forgotten everything. */
    void (*onServiceUp)(void);
} EventLinkHandlers;

/* Connects, once; FALSE with error set when there is no bus. Call it without eventLock. */
gboolean openEventLink(const EventLinkHandlers* handlers, GError** error);

/* FALSE while nobody owns the service's name on the bus. */
gboolean isEventServiceUp(void);

/* Sends a call and returns its serial; body may be floating. The answer goes to onReply. */
guint32 callEventService(const char* method, GVariant* body);

/* As callEventService, but without an answer. */
void tellEventService(const char* method, GVariant* body);

/* Asks the bus for the broadcasts of topics that begin with these levels; asked for twice, it has
 * to be stopped twice. */
void watchTopic(const char* const* levels, guint count);
void unwatchTopic(const char* const* levels, guint count);

/* Waits until everything that was sent has left the process. Call it without eventLock. */
void flushEventLink(void);

#endif
