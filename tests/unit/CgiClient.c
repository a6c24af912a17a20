/* SPDX-License-Identifier: MIT */
/* The records are those of the FastCGI specification 1.0: a header of eight bytes and the content,
 * numbers with the high byte first. */
#include "CgiClient.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>

enum { BEGIN_REQUEST = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

static void addRecord(GByteArray* bytes, guint8 type, const void* content, gsize length) {
    const guint8 header[] = {1, type, 0, 1, (guint8)(length >> 8), (guint8)length, 0, 0};

    g_assert_cmpuint(length, <=, G_MAXUINT16);
    g_byte_array_append(bytes, header, sizeof header);
    if (length)
        g_byte_array_append(bytes, content, (guint)length);
}

static void addParam(GByteArray* params, const char* name, const char* value) {
    const guint8 lengths[] = {(guint8)strlen(name), (guint8)strlen(value)};

    g_assert_cmpuint(strlen(value), <, 128); /* so that each length is one byte */
    g_byte_array_append(params, lengths, sizeof lengths);
    g_byte_array_append(params, (const guint8*)name, lengths[0]);
    g_byte_array_append(params, (const guint8*)value, lengths[1]);
}

static GByteArray* makeRequest(const char* method, const char* target, const char* body) {
    static const guint8 responder[] = {0, 1, 0, 0, 0, 0, 0, 0};
    g_autoptr(GByteArray) params = g_byte_array_new();
    g_autofree char* path = g_strndup(target, strcspn(target, "?"));
    g_autofree char* script = g_strconcat("/local/batondescribe/", path, NULL);
    g_autofree char* length = g_strdup_printf("%zu", body ? strlen(body) : 0);
    const char* question = strchr(target, '?');
    GByteArray* request = g_byte_array_new();

    addParam(params, "REQUEST_METHOD", method);
    addParam(params, "SCRIPT_NAME", script);
    addParam(params, "QUERY_STRING", question ? question + 1 : "");
    addParam(params, "CONTENT_TYPE", body ? "application/json" : "");
    addParam(params, "CONTENT_LENGTH", length);
    addRecord(request, BEGIN_REQUEST, responder, sizeof responder);
    addRecord(request, PARAMS, params->data, params->len);
    addRecord(request, PARAMS, NULL, 0);
    if (body)
        addRecord(request, STDIN, body, strlen(body));
    addRecord(request, STDIN, NULL, 0);
    return request;
}

static void readExactly(GInputStream* in, void* buffer, gsize length) {
    gsize got = 0;

    g_assert_true(g_input_stream_read_all(in, buffer, length, &got, NULL, NULL));
    g_assert_cmpuint(got, ==, length);
}

/* What the app wrote to its standard output, until the request's end. */
static GString* readOutput(GInputStream* in) {
    GString* output = g_string_new(NULL);
    guint8 header[8];

    for (;;) {
        readExactly(in, header, sizeof header);
        gsize length = (gsize)header[4] << 8 | header[5];
        g_autofree char* content = g_malloc(length + header[6] + 1);
        readExactly(in, content, length + header[6]);
        if (header[1] == STDOUT)
            g_string_append_len(output, content, (gssize)length);
        else if (header[1] == END_REQUEST)
            return output;
    }
}

char* askCgi(const char* socketPath, const char* method, const char* target, const char* body,
             guint* status) {
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(socketPath);
    g_autoptr(GByteArray) request = makeRequest(method, target, body);
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, &error);

    g_assert_no_error(error);
    g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), request->data,
                              request->len, NULL, NULL, &error);
    g_assert_no_error(error);
    GString* output = readOutput(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
    const char* start = strstr(output->str, "\r\n\r\n");
    g_assert_nonnull(start);
    g_assert_true(g_str_has_prefix(output->str, "Status: "));
    *status = (guint)g_ascii_strtoull(output->str + strlen("Status: "), NULL, 10);
    char* answer = g_strdup(start + 4);
    g_string_free(output, TRUE);
    return answer;
}
