/* SPDX-License-Identifier: MIT */
/* batonDescribe: options, object graph, main loop, and teardown in reverse. */
#include <glib-unix.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#include "Application.h"
#include "CgiApi.h"
#include "CgiServer.h"
#include "Log.h"

static const char appName[] = "batondescribe";

static char* dataDirectory = NULL;
static gboolean showVersion = FALSE;

static const GOptionEntry options[] = {
    {"data", 'd', 0, G_OPTION_ARG_FILENAME, &dataDirectory,
     "Folder of the configuration (default: localdata)", "DIR"},
    {"version", 'v', 0, G_OPTION_ARG_NONE, &showVersion, "Print the version and exit", NULL},
    G_OPTION_ENTRY_NULL};

static gboolean parseOptions(int argc, char** argv) {
    g_autoptr(GOptionContext) context = g_option_context_new("- describe what a camera sees");
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, options, NULL);
    if (g_option_context_parse(context, &argc, &argv, &error))
        return TRUE;
    g_printerr("%s: %s\n", appName, error->message);
    return FALSE;
}

static gboolean onSignal(gpointer loop) {
    g_message("app: stopping on a signal");
    g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

static CgiServer* openCgiServer(CgiApi* api) {
    const char* path = g_getenv("FCGI_SOCKET_NAME");
    g_autoptr(GError) error = NULL;

    if (!path) {
        g_warning("api: FCGI_SOCKET_NAME is not set, so there is no HTTP API");
        return NULL;
    }
    CgiServer* server = newCgiServer(path, answerCgiRequest, api, &error);
    if (!server)
        g_warning("api: %s", error->message);
    return server;
}

static void runLoop(void) {
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    guint term = g_unix_signal_add(SIGTERM, onSignal, loop);
    guint interrupt = g_unix_signal_add(SIGINT, onSignal, loop);

    g_main_loop_run(loop);
    g_source_remove(term);
    g_source_remove(interrupt);
}

int main(int argc, char** argv) {
    setlocale(LC_ALL, "C.UTF-8");
    if (!parseOptions(argc, argv))
        return EXIT_FAILURE;
    if (showVersion) {
        g_print("%s %s\n", appName, APP_VERSION);
        return EXIT_SUCCESS;
    }
    initLog(appName);
    g_message("app: version %s starts", APP_VERSION);
    Application* app =
        newApplication(appName, APP_VERSION, dataDirectory ? dataDirectory : "localdata");
    CgiApi* api = newCgiApi(app);
    CgiServer* server = openCgiServer(api);
    setCgiApiServer(api, server);

    queueLog(TRUE);
    runLoop();

    stopApplication(app);
    setCgiApiServer(api, NULL);
    freeCgiServer(server);
    freeCgiApi(api);
    gboolean freed = freeApplication(app);
    queueLog(FALSE);
    g_free(dataDirectory);
    g_message("app: stopped%s", freed ? "" : ", a call to the camera has not come back");
    if (!freed)
        _exit(EXIT_SUCCESS); /* its thread must not see memory being torn down */
    return EXIT_SUCCESS;
}
