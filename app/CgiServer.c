/* SPDX-License-Identifier: MIT */
#include "CgiServer.h"

#include <fcgiapp.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "Clock.h"

enum { MOST_THREADS = 2, BACKLOG = 64, MOST_BODY = 1024 * 1024, MOST_PARKED = 64 };

/* One request, with what libfcgi knows of it. */
typedef struct {
    FCGX_Request fcgi;
    CgiRequest request;
    gint64 waitUntil;
    gint seenNews; /* the server's `news` when the handler was last asked */
} Exchange;

struct CgiServer {
    int listener;
    int wake; /* an eventfd: the thread that waits for requests is to look at what is below */
    CgiHandler handler;
    gpointer data;
    GMutex lock;        /* guards threads, isWatched and parked */
    GCond left;         /* a thread is about to end */
    guint threads;      /* running */
    gboolean isWatched; /* one of them waits for requests */
    GPtrArray* parked;  /* Exchange* */
    gint exchanges;     /* atomic: requests that are not answered yet */
    gint news;          /* atomic: counts what parked requests wait for */
    gint closing;       /* atomic */
};

/* Makes the thread that waits for requests look again. */
static void wake(CgiServer* server) {
    guint64 one = 1;

    if (write(server->wake, &one, sizeof one) < 0)
        g_debug("cgi: a wake-up is pending already");
}

static void freeExchange(CgiServer* server, Exchange* exchange) {
    g_atomic_int_add(&server->exchanges, -1);
    FCGX_Finish_r(&exchange->fcgi);
    FCGX_Free(&exchange->fcgi, 1);
    g_free(exchange->request.method);
    g_free(exchange->request.name);
    g_clear_pointer(&exchange->request.query, g_hash_table_unref);
    g_free(exchange->request.contentType);
    g_free(exchange->request.body);
    g_free(exchange);
}

static const char* getParam(Exchange* exchange, const char* name) {
    const char* value = FCGX_GetParam(name, exchange->fcgi.envp);

    return value ? value : "";
}

/* "/local/app/status.cgi?x=1" -> "status.cgi" */
static char* findName(Exchange* exchange) {
    const char* path = getParam(exchange, "SCRIPT_NAME");

    if (!path[0])
        path = getParam(exchange, "REQUEST_URI");
    g_autofree char* bare = g_strndup(path, strcspn(path, "?"));
    const char* slash = strrchr(bare, '/');
    return g_strdup(slash ? slash + 1 : bare);
}

static GHashTable* parseQuery(const char* query) {
    GHashTable* values = g_uri_parse_params(query, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);

    return values ? values : g_hash_table_new(g_str_hash, g_str_equal);
}

/* FALSE when the body is too large. */
static gboolean readBody(Exchange* exchange) {
    CgiRequest* request = &exchange->request;
    guint64 length = g_ascii_strtoull(getParam(exchange, "CONTENT_LENGTH"), NULL, 10);

    if (length > MOST_BODY)
        return FALSE;
    request->body = g_malloc0(length + 1);
    while (request->bodyLength < length) {
        int got = FCGX_GetStr(request->body + request->bodyLength,
                              (int)(length - request->bodyLength), exchange->fcgi.in);
        if (got <= 0)
            break;
        request->bodyLength += (gsize)got;
    }
    return TRUE;
}

static const char* statusText(guint status) {
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

static void sendReply(Exchange* exchange, guint status, const char* body) {
    FCGX_Stream* out = exchange->fcgi.out;

    FCGX_FPrintF(out,
                 "Status: %u %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
                 "X-Content-Type-Options: nosniff\r\n\r\n",
                 status, statusText(status));
    FCGX_PutStr(body, (int)strlen(body), out);
    FCGX_PutS("\n", out);
}

static gboolean park(CgiServer* server, Exchange* exchange, gint64 waitUntil) {
    exchange->waitUntil = waitUntil;
    g_mutex_lock(&server->lock);
    gboolean hasRoom = server->parked->len < MOST_PARKED;
    if (hasRoom)
        g_ptr_array_add(server->parked, exchange);
    g_mutex_unlock(&server->lock);
    wake(server); /* its wait may be the first to end, or the news has come meanwhile */
    return hasRoom;
}

/* Asks the handler; the exchange is parked or gone afterwards. */
static void handle(CgiServer* server, Exchange* exchange) {
    CgiReply reply = {200, NULL, 0};

    exchange->request.isLastTry = exchange->request.isLastTry ||
                                  g_atomic_int_get(&server->closing) ||
                                  (exchange->waitUntil && clockNow() >= exchange->waitUntil);
    exchange->seenNews = g_atomic_int_get(&server->news);
    server->handler(&exchange->request, &reply, server->data);
    if (!reply.body) {
        if (!exchange->request.isLastTry && park(server, exchange, reply.waitUntil))
            return;
        exchange->request.isLastTry = TRUE;
        server->handler(&exchange->request, &reply, server->data);
    }
    sendReply(exchange, reply.status, reply.body ? reply.body : "{}");
    g_free(reply.body);
    freeExchange(server, exchange);
}

static void answer(CgiServer* server, Exchange* exchange) {
    CgiRequest* request = &exchange->request;

    request->receivedAt = clockNow();
    request->method = g_strdup(getParam(exchange, "REQUEST_METHOD"));
    request->name = findName(exchange);
    request->query = parseQuery(getParam(exchange, "QUERY_STRING"));
    request->contentType = g_strdup(getParam(exchange, "CONTENT_TYPE"));
    if (readBody(exchange)) {
        handle(server, exchange);
        return;
    }
    sendReply(exchange, 413,
              "{\"error\":{\"code\":\"tooLarge\",\"message\":\"the body is larger than 1 MiB\"}}");
    freeExchange(server, exchange);
}

/* Asks again for those whose time has come or who have not seen the news, or for all. */
static void answerParked(CgiServer* server, gboolean all) {
    g_autoptr(GPtrArray) due = g_ptr_array_new();
    gint64 now = clockNow();
    gint news = g_atomic_int_get(&server->news);

    g_mutex_lock(&server->lock);
    for (guint i = server->parked->len; i-- > 0;) {
        Exchange* exchange = g_ptr_array_index(server->parked, i);
        if (all || exchange->waitUntil <= now || exchange->seenNews != news)
            g_ptr_array_add(due, g_ptr_array_steal_index_fast(server->parked, i));
    }
    g_mutex_unlock(&server->lock);
    for (guint i = 0; i < due->len; i++)
        handle(server, g_ptr_array_index(due, i));
}

/* Milliseconds until the first parked request must be answered; -1 when none is parked. */
static int findTimeout(CgiServer* server) {
    gint64 first = G_MAXINT64;

    g_mutex_lock(&server->lock);
    for (guint i = 0; i < server->parked->len; i++)
        first = MIN(first, ((Exchange*)g_ptr_array_index(server->parked, i))->waitUntil);
    g_mutex_unlock(&server->lock);
    return first == G_MAXINT64 ? -1 : (int)CLAMP((first - clockNow()) / 1000 + 1, 0, 60000);
}

static Exchange* acceptExchange(CgiServer* server) {
    Exchange* exchange = g_new0(Exchange, 1);

    FCGX_InitRequest(&exchange->fcgi, server->listener, 0);
    if (FCGX_Accept_r(&exchange->fcgi) == 0) {
        g_atomic_int_inc(&server->exchanges); /* before the handler looks for news */
        return exchange;
    }
    FCGX_Free(&exchange->fcgi, 1);
    g_free(exchange);
    return NULL;
}

static gpointer serve(gpointer data);

/* Called with the lock held. */
static void startThread(CgiServer* server) {
    server->threads++;
    server->isWatched = TRUE;
    g_thread_unref(g_thread_new("cgi", serve, server));
}

/* Lets another thread wait for requests while this one answers. */
static void stopWatching(CgiServer* server) {
    g_mutex_lock(&server->lock);
    server->isWatched = FALSE;
    if (server->threads < MOST_THREADS)
        startThread(server);
    g_mutex_unlock(&server->lock);
}

/* FALSE when another thread waits for requests already, or the server closes: this one ends. */
static gboolean watchAgain(CgiServer* server) {
    g_mutex_lock(&server->lock);
    gboolean isNeeded = !server->isWatched && !g_atomic_int_get(&server->closing);
    server->isWatched = server->isWatched || isNeeded;
    g_mutex_unlock(&server->lock);
    return isNeeded;
}

/* Waits for a request or for parked ones that are due, and answers; FALSE: this thread ends. */
static gboolean serveOnce(CgiServer* server) {
    struct pollfd files[] = {{server->listener, POLLIN, 0}, {server->wake, POLLIN, 0}};
    Exchange* exchange = NULL;
    guint64 wakeUps;

    int ready = poll(files, G_N_ELEMENTS(files), findTimeout(server));
    if (g_atomic_int_get(&server->closing))
        return FALSE;
    if ((files[1].revents & POLLIN) && read(server->wake, &wakeUps, sizeof wakeUps) < 0)
        g_debug("cgi: the wake-up was taken already");
    if (ready > 0 && (files[0].revents & POLLIN))
        exchange = acceptExchange(server);
    stopWatching(server);
    if (exchange)
        answer(server, exchange);
    answerParked(server, FALSE);
    return watchAgain(server);
}

static gpointer serve(gpointer data) {
    CgiServer* server = data;

    while (serveOnce(server))
        ;
    g_mutex_lock(&server->lock);
    server->threads--;
    g_cond_signal(&server->left);
    g_mutex_unlock(&server->lock);
    return NULL;
}

CgiServer* newCgiServer(const char* socketPath, CgiHandler handler, gpointer data, GError** error) {
    FCGX_Init();
    g_unlink(socketPath);
    int listener = FCGX_OpenSocket(socketPath, BACKLOG);
    if (listener < 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot open the FastCGI socket %s",
                    socketPath);
        return NULL;
    }
    g_chmod(socketPath, 0777); /* the web server runs as another user */
    CgiServer* server = g_new0(CgiServer, 1);
    server->listener = listener;
    server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->handler = handler;
    server->data = data;
    g_mutex_init(&server->lock);
    g_cond_init(&server->left);
    server->parked = g_ptr_array_new();
    g_mutex_lock(&server->lock);
    startThread(server);
    g_mutex_unlock(&server->lock);
    return server;
}

void wakeCgiServer(CgiServer* server) {
    if (g_atomic_int_get(&server->exchanges) == 0) /* there is nobody to tell */
        return;
    g_atomic_int_inc(&server->news);
    wake(server);
}

void freeCgiServer(CgiServer* server) {
    if (!server)
        return;
    g_atomic_int_set(&server->closing, TRUE);
    wake(server);
    g_mutex_lock(&server->lock);
    while (server->threads)
        g_cond_wait(&server->left, &server->lock);
    g_mutex_unlock(&server->lock);
    answerParked(server, TRUE);
    g_ptr_array_unref(server->parked);
    close(server->listener);
    close(server->wake);
    g_cond_clear(&server->left);
    g_mutex_clear(&server->lock);
    g_free(server);
}
