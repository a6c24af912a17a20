/* SPDX-License-Identifier: MIT */
#include "Describer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "Harness.h"

enum { MOST_EVENTS = 64, MOST_HEADERS = 8192, CHUNK = 256 * 1024, BACKLOG = 512 };

/* What epoll tells apart; a Connection begins with it too. */
typedef enum { LISTENER, LOG, CONNECTION } Kind;

typedef struct {
    Kind kind;
    int socket;
    char headers[MOST_HEADERS + 1];
    gsize headersLength;
    gsize bodyLeft; /* 0 while headers are read */
} Connection;

typedef struct {
    Describer* state;
    Connection listener, log;
    int epoll;
    char* chunk;
} Server;

static const char body[] =
    "{\"id\":\"1\",\"object\":\"chat.completion\",\"model\":\"instant\",\"choices\":[{\"index\":0,"
    "\"message\":{\"role\":\"assistant\",\"content\":\"Nobody is in the picture.\"},"
    "\"finish_reason\":\"stop\"}]}";

static void watch(Server* server, Connection* connection) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = connection};

    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, connection->socket, &event) < 0)
        fail("describer: epoll");
}

static void acceptConnection(Server* server) {
    int socket = accept4(server->listener.socket, NULL, NULL, SOCK_CLOEXEC);
    int yes = 1;

    if (socket < 0)
        return;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Connection* connection = g_new0(Connection, 1);
    connection->kind = CONNECTION;
    connection->socket = socket;
    watch(server, connection);
    g_atomic_int_inc(&server->state->connections);
}

static void dropConnection(Server* server, Connection* connection) {
    close(connection->socket);
    g_free(connection);
    __atomic_store_n(&server->state->lastClosedAt, g_get_monotonic_time(), __ATOMIC_SEQ_CST);
    g_atomic_int_add(&server->state->connections, -1);
}

static void endRequest(Server* server, const Connection* connection) {
    char reply[sizeof body + 128];
    int length = g_snprintf(reply, sizeof reply,
                            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            sizeof body - 1, body);

    g_atomic_int_inc(&server->state->requests);
    if (g_atomic_int_get(&server->state->isHanging))
        return;
    if (send(connection->socket, reply, (size_t)length, MSG_NOSIGNAL) != length)
        shutdown(connection->socket, SHUT_RDWR);
}

/* The headers' end, or NULL when they have not all come. Of the body, what came with them is taken
 * off bodyLeft. */
static void takeHeaders(Server* server, Connection* connection) {
    connection->headers[connection->headersLength] = '\0';
    const char* end = strstr(connection->headers, "\r\n\r\n");
    const char* length = strcasestr(connection->headers, "\r\nContent-Length:");

    if (!end)
        return;
    gsize extra = connection->headersLength - (gsize)(end + 4 - connection->headers);
    connection->bodyLeft = length ? strtoul(length + 17, NULL, 10) : 0;
    connection->headersLength = 0;
    connection->bodyLeft -= MIN(extra, connection->bodyLeft);
    if (connection->bodyLeft == 0)
        endRequest(server, connection);
}

static void readConnection(Server* server, Connection* connection) {
    gboolean inBody = connection->bodyLeft > 0;
    char* target = inBody ? server->chunk : connection->headers + connection->headersLength;
    gsize room =
        inBody ? MIN(CHUNK, connection->bodyLeft) : (gsize)MOST_HEADERS - connection->headersLength;
    ssize_t got = recv(connection->socket, target, room, 0);

    if (got <= 0) {
        dropConnection(server, connection);
        return;
    }
    if (!inBody) {
        connection->headersLength += (gsize)got;
        takeHeaders(server, connection);
        return;
    }
    connection->bodyLeft -= (gsize)got;
    if (connection->bodyLeft == 0)
        endRequest(server, connection);
}

static void serveForever(gpointer data) {
    Server* server = data;
    struct epoll_event events[MOST_EVENTS];

    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->chunk = g_malloc(CHUNK);
    watch(server, &server->listener);
    watch(server, &server->log);
    for (;;) {
        int ready = epoll_wait(server->epoll, events, MOST_EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            Connection* connection = events[i].data.ptr;
            if (connection->kind == LISTENER)
                acceptConnection(server);
            else if (connection->kind == CONNECTION)
                readConnection(server, connection);
            else if (recv(connection->socket, server->chunk, CHUNK, 0) >= 0)
                g_atomic_int_inc(&server->state->logLines);
        }
    }
}

static int listenOnLoopback(gint* port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listener < 0 || bind(listener, (struct sockaddr*)&address, sizeof address) < 0 ||
        listen(listener, BACKLOG) < 0 ||
        getsockname(listener, (struct sockaddr*)&address, &length) < 0)
        fail("describer: cannot listen on the loopback");
    *port = ntohs(address.sin_port);
    return listener;
}

static int openLogSocket(const char* folder) {
    g_autofree char* path = g_build_filename(folder, "log", NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    if (log < 0 || bind(log, (struct sockaddr*)&address, sizeof address) < 0)
        fail("describer: cannot open %s", path);
    g_setenv("VIRTUAL_SYSLOG_SOCKET", path, TRUE);
    return log;
}

Describer* startDescriber(const char* folder) {
    Server server = {
        .state = shareMemory(sizeof(Describer)), .listener.kind = LISTENER, .log.kind = LOG};

    server.listener.socket = listenOnLoopback(&server.state->port);
    server.log.socket = openLogSocket(folder);
    server.state->pid = startChild(serveForever, &server);
    close(server.listener.socket);
    close(server.log.socket);
    return server.state;
}

void stopDescriber(Describer* describer) {
    stopChild(describer->pid);
}

char* describerUrl(const Describer* describer) {
    return g_strdup_printf("http://127.0.0.1:%d/v1", describer->port);
}
