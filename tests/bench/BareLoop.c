/* SPDX-License-Identifier: MIT */
#include "BareLoop.h"

#include <curl/curl.h>

#include "Harness.h"

typedef struct {
    const char* url;
    const GString* body;
    gint64 until;
    guint answered;
} Work;

static size_t dropReply(char* data, size_t size, size_t count, void* unused) {
    (void)data, (void)unused;
    return size * count;
}

static gpointer post(gpointer data) {
    Work* work = data;
    CURL* easy = curl_easy_init();
    struct curl_slist* headers = curl_slist_append(NULL, "Content-Type: application/json");

    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(easy, CURLOPT_URL, work->url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, work->body->str);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)work->body->len);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, dropReply);
    while (g_get_monotonic_time() < work->until) {
        CURLcode result = curl_easy_perform(easy);
        if (result != CURLE_OK)
            fail("bare loop: %s", curl_easy_strerror(result));
        work->answered++;
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return NULL;
}

double runBareLoop(const char* url, const GString* body, guint threads, double seconds) {
    g_autofree char* target = g_strdup_printf("%s/chat/completions", url);
    g_autofree Work* work = g_new0(Work, threads);
    g_autofree GThread** running = g_new0(GThread*, threads);
    gint64 began = g_get_monotonic_time();
    guint answered = 0;

    for (guint i = 0; i < threads; i++) {
        work[i] = (Work){target, body, began + (gint64)(seconds * 1e6), 0};
        running[i] = g_thread_new("bare", post, &work[i]);
    }
    for (guint i = 0; i < threads; i++) {
        g_thread_join(running[i]);
        answered += work[i].answered;
    }
    return answered / ((double)(g_get_monotonic_time() - began) / 1e6);
}
