/* SPDX-License-Identifier: MIT */
/* The real client against a server in this process that answers, refuses or hangs. */
#include <gio/gio.h>
#include <string.h>

#include "DescribeClient.h"
#include "TestData.h"

typedef struct {
    GSocketService* service;
    char* url;
    const char* answer;    /* NULL: hang until the client closes */
    gboolean answersOnce;  /* closes a connection when a second request has come on it */
    gint requests, closed; /* atomic */
    GMutex lock;           /* guards received */
    GString* received;
} Server;

/* Reads until the body's end mark, answers or waits for the client to close. */
static gboolean onConnection(GThreadedSocketService* service, GSocketConnection* connection,
                             GObject* source, gpointer data) {
    Server* server = data;
    GInputStream* in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    GOutputStream* out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    char buffer[4096];
    gboolean answered = FALSE;
    gssize got;

    (void)service;
    (void)source;
    while ((got = g_input_stream_read(in, buffer, sizeof buffer, NULL, NULL)) > 0) {
        g_mutex_lock(&server->lock);
        g_string_append_len(server->received, buffer, got);
        gboolean complete = g_str_has_suffix(server->received->str, "END}");
        g_mutex_unlock(&server->lock);
        if (!complete)
            continue;
        g_atomic_int_inc(&server->requests);
        if (server->answersOnce && answered)
            break;
        answered = TRUE;
        if (server->answer)
            g_output_stream_write_all(out, server->answer, strlen(server->answer), NULL, NULL,
                                      NULL);
    }
    g_atomic_int_inc(&server->closed);
    return TRUE;
}

static void startServer(Server* server, const char* answer) {
    g_autoptr(GSocketAddress) loopback = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    g_autoptr(GSocketAddress) bound = NULL;

    *server = (Server){.answer = answer, .received = g_string_new(NULL)};
    g_mutex_init(&server->lock);
    server->service = g_threaded_socket_service_new(4);
    g_assert_true(g_socket_listener_add_address(G_SOCKET_LISTENER(server->service), loopback,
                                                G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                                &bound, NULL));
    server->url = g_strdup_printf("http://127.0.0.1:%u/v1",
                                  g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
    g_signal_connect(server->service, "run", G_CALLBACK(onConnection), server);
}

static gboolean isClosed(gconstpointer data) {
    return g_atomic_int_get(&((Server*)data)->closed) > 0;
}

static gboolean hasRequest(gconstpointer data) {
    return g_atomic_int_get(&((Server*)data)->requests) > 0;
}

/* After the client is gone, so that the last connection has ended too. */
static void stopServer(Server* server) {
    waitUntil(isClosed, server, "the connection to close");
    g_socket_service_stop(server->service);
    g_socket_listener_close(G_SOCKET_LISTENER(server->service));
    g_object_unref(server->service);
    g_string_free(server->received, TRUE);
    g_mutex_clear(&server->lock);
    g_free(server->url);
}

static RequestBody* newRequest(const char* text) {
    RequestBody* request = newRequestBody();

    appendText(request, g_string_new(text));
    return request;
}

/* One call in a thread of its own. */
typedef struct {
    DescribeClient* client;
    DescriberConfig describer;
    GCancellable* cancel;
    GString* reply;
    guint retryAfterSec;
    GError* error;
    gint isOver; /* atomic */
    gint64 overAt;
    GThread* thread;
} Call;

static gpointer runCall(gpointer data) {
    Call* call = data;
    g_autoptr(RequestBody) request = newRequest("{END}");

    call->reply = callDescriber(call->client, &call->describer, "secret", request, call->cancel,
                                &call->retryAfterSec, &call->error);
    call->overAt = g_get_monotonic_time();
    g_atomic_int_set(&call->isOver, TRUE);
    return NULL;
}

static void startCall(Call* call, char* url, guint timeoutMs) {
    *call = (Call){.client = newDescribeClient(),
                   .describer = {url, (char*)"m", timeoutMs, 4, 0},
                   .cancel = g_cancellable_new()};
    call->thread = g_thread_new("call", runCall, call);
}

static gboolean isOver(gconstpointer data) {
    return g_atomic_int_get(&((Call*)data)->isOver);
}

static void waitForCall(Call* call) {
    waitUntil(isOver, call, "the call to end");
    g_thread_join(call->thread);
}

static void endCall(Call* call) {
    waitForCall(call);
    freeDescribeClient(call->client);
    g_object_unref(call->cancel);
}

static void freeResult(Call* call) {
    if (call->reply)
        g_string_free(g_steal_pointer(&call->reply), TRUE);
    g_clear_error(&call->error);
}

static void testAnswerComesBack(void) {
    Server server;
    Call call;

    startServer(&server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    startCall(&call, server.url, 5000);
    endCall(&call);

    g_assert_no_error(call.error);
    g_assert_cmpstr(call.reply->str, ==, "{}");
    waitUntil(isClosed, &server, "the connection to close");
    g_assert_true(g_str_has_prefix(server.received->str, "POST /v1/chat/completions HTTP/1.1\r\n"));
    g_assert_nonnull(strstr(server.received->str, "Authorization: Bearer secret\r\n"));
    freeResult(&call);
    stopServer(&server);
}

static void testCancelAbortsAtOnceAndClosesTheSocket(void) {
    Server server;
    Call call;

    startServer(&server, NULL);
    startCall(&call, server.url, 60000);
    waitUntil(hasRequest, &server, "the request to arrive");
    gint64 cancelledAt = g_get_monotonic_time();
    g_cancellable_cancel(call.cancel);
    waitUntil(isClosed, &server, "the server to see the connection closed");
    endCall(&call);

    g_assert_error(call.error, DESCRIBE_ERROR, DESCRIBE_ERROR_CANCELLED);
    /* Only that nothing waits for a timeout or a polling interval; how fast is the bench's. */
    g_assert_cmpint(call.overAt - cancelledAt, <, 5 * G_TIME_SPAN_SECOND);
    freeResult(&call);
    stopServer(&server);
}

static void testCancelledBeforeItBegins(void) {
    DescribeClient* client = newDescribeClient();
    DescriberConfig describer = {(char*)"http://127.0.0.1:9/v1", (char*)"m", 1000, 4, 0};
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autoptr(RequestBody) request = newRequest("{}");
    g_autoptr(GError) error = NULL;
    guint retryAfterSec;

    g_cancellable_cancel(cancel);
    g_assert_null(callDescriber(client, &describer, NULL, request, cancel, &retryAfterSec, &error));
    g_assert_error(error, DESCRIBE_ERROR, DESCRIBE_ERROR_CANCELLED);
    freeDescribeClient(client);
}

static void testBusyDescriberSaysWhen(void) {
    Server server;
    Call call;

    startServer(&server, "HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\nContent-Length: 33\r\n\r\n"
                         "{\"error\":{\"message\":\"too many\"}}  ");
    startCall(&call, server.url, 5000);
    endCall(&call);

    g_assert_error(call.error, DESCRIBE_ERROR, DESCRIBE_ERROR_BUSY);
    g_assert_cmpstr(call.error->message, ==, "the describer answered 429: too many");
    g_assert_cmpuint(call.retryAfterSec, ==, 7);
    freeResult(&call);
    stopServer(&server);
}

static void testSilenceTimesOut(void) {
    Server server;
    Call call;

    startServer(&server, NULL);
    startCall(&call, server.url, 150);
    endCall(&call);

    g_assert_error(call.error, DESCRIBE_ERROR, DESCRIBE_ERROR_NETWORK);
    freeResult(&call);
    stopServer(&server);
}

static void testNobodyThere(void) {
    Call call;

    startCall(&call, (char*)"http://127.0.0.1:9/v1", 5000);
    endCall(&call);

    g_assert_error(call.error, DESCRIBE_ERROR, DESCRIBE_ERROR_NETWORK);
    freeResult(&call);
}

static gboolean areTwoClosed(gconstpointer data) {
    return g_atomic_int_get(&((Server*)data)->closed) > 1;
}

/* The client keeps the connection and learns only when it has sent that it is of no use any more:
 * the whole request goes out once more, on a new one. */
static void testKeptConnectionIsGone(void) {
    Server server;
    Call call;

    startServer(&server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    server.answersOnce = TRUE;
    startCall(&call, server.url, 5000);
    waitForCall(&call);
    g_assert_no_error(call.error);
    freeResult(&call);
    g_atomic_int_set(&call.isOver, FALSE);
    call.thread = g_thread_new("call", runCall, &call);
    endCall(&call);

    g_assert_no_error(call.error);
    g_assert_cmpstr(call.reply->str, ==, "{}");
    g_assert_cmpint(g_atomic_int_get(&server.requests), ==, 3);
    waitUntil(areTwoClosed, &server, "both connections to close");
    freeResult(&call);
    stopServer(&server);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/client/answer", testAnswerComesBack);
    g_test_add_func("/client/cancel", testCancelAbortsAtOnceAndClosesTheSocket);
    g_test_add_func("/client/cancelled-before", testCancelledBeforeItBegins);
    g_test_add_func("/client/busy", testBusyDescriberSaysWhen);
    g_test_add_func("/client/timeout", testSilenceTimesOut);
    g_test_add_func("/client/kept-connection-is-gone", testKeptConnectionIsGone);
    g_test_add_func("/client/nobody-there", testNobodyThere);
    return g_test_run();
}
