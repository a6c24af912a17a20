/* SPDX-License-Identifier: MIT
 * An app that asks for a VAPIX service account and then, with it, for the camera's brand; both are
 * printed, and errors in the words of GLib. */
#include <gio/gio.h>

static char* getCredentials(GError** error) {
    GDBusConnection* bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);
    GVariant* reply = NULL;
    char* credentials = NULL;

    if (bus)
        reply = g_dbus_connection_call_sync(
            bus, "com.axis.HTTPConf1", "/com/axis/HTTPConf1/VAPIXServiceAccounts1",
            "com.axis.HTTPConf1.VAPIXServiceAccounts1", "GetCredentials",
            g_variant_new("(s)", "tester"), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, error);
    if (reply)
        g_variant_get(reply, "(s)", &credentials);
    return credentials;
}

static char* ask(const char* credentials, GError** error) {
    char* coded = g_base64_encode((const guchar*)credentials, strlen(credentials));
    char* request = g_strdup_printf("GET /axis-cgi/param.cgi?action=list&group=Brand.Brand HTTP/1.0"
                                    "\r\nAuthorization: Basic %s\r\n\r\n",
                                    coded);
    GSocketClient* client = g_socket_client_new();
    g_socket_client_set_enable_proxy(client, FALSE);
    GSocketConnection* connection =
        g_socket_client_connect_to_host(client, "127.0.0.12", 80, NULL, error);
    char answer[4000] = "";
    gsize length = 0;

    if (!connection)
        return NULL;
    GIOStream* stream = G_IO_STREAM(connection);
    g_output_stream_write_all(g_io_stream_get_output_stream(stream), request, strlen(request), NULL,
                              NULL, error);
    g_input_stream_read_all(g_io_stream_get_input_stream(stream), answer, sizeof answer - 1,
                            &length, NULL, error);
    return g_strdup(answer);
}

int main(void) {
    GError* error = NULL;
    char* credentials = getCredentials(&error);
    char* answer = credentials ? ask(credentials, &error) : NULL;

    g_print("%s\n", credentials ? "has an account" : "has no account");
    g_print("%s\n", answer ? answer : error->message);
    return 0;
}
