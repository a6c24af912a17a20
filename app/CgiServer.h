/* SPDX-License-Identifier: MIT */
/* CgiServer - answers the camera's web server over FastCGI; the only file that knows libfcgi.
 *
 * One thread waits for requests; while it answers one, a second waits in its place. A request that
 * waits for news (a long poll) is parked and holds neither. */
#pragma once

#include <glib.h>

typedef struct CgiServer CgiServer;

typedef struct {
    char* method;      /* "GET" */
    char* name;        /* the last part of the path: "status.cgi" */
    GHashTable* query; /* names and values, decoded */
    char* contentType; /* "" when there is none */
    char* body;        /* ends with a NUL that bodyLength does not count */
    gsize bodyLength;
    gint64 receivedAt;  /* clockNow() */
    gboolean isLastTry; /* answer now: the wait is over */
} CgiRequest;

typedef struct {
    guint status;     /* HTTP */
    char* body;       /* JSON; the server frees it. NULL: nothing yet, ask again after
                         wakeCgiServer(), or at waitUntil for the last time */
    gint64 waitUntil; /* clockNow() */
} CgiReply;

/* Called in a server's thread; must not block for long. */
typedef void (*CgiHandler)(const CgiRequest* request, CgiReply* reply, gpointer data);

/* socketPath: what the camera gives in FCGI_SOCKET_NAME. NULL and error when it cannot be opened.
 */
CgiServer* newCgiServer(const char* socketPath, CgiHandler handler, gpointer data, GError** error);
/* Answers what is parked, waits for its threads and frees. */
void freeCgiServer(CgiServer* server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgiServer, freeCgiServer)

/* There may be news for parked requests. Any thread. */
void wakeCgiServer(CgiServer* server);
