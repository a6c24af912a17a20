/* SPDX-License-Identifier: MIT */
/* bareProcess - the baseline of idle's memory: a process with a GLib main loop, a libcurl handle
 * and a FastCGI socket (FCGI_SOCKET_NAME) that one thread listens on, and nothing else. */
#include <curl/curl.h>
#include <fcgiapp.h>
#include <glib.h>
#include <stdlib.h>

static gpointer acceptRequests(gpointer data) {
    FCGX_Request request;

    FCGX_InitRequest(&request, GPOINTER_TO_INT(data), 0);
    while (FCGX_Accept_r(&request) == 0)
        FCGX_Finish_r(&request);
    return NULL;
}

int main(void) {
    const char* path = g_getenv("FCGI_SOCKET_NAME");

    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL* easy = curl_easy_init();
    FCGX_Init();
    int listener = path ? FCGX_OpenSocket(path, 16) : -1;
    if (!easy || listener < 0)
        return EXIT_FAILURE;
    g_thread_new("cgi", acceptRequests, GINT_TO_POINTER(listener));
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
    return EXIT_SUCCESS;
}
