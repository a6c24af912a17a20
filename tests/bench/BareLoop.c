/* SPDX-License-Identifier: MIT */
#include "BareLoop.h"

#include <curl/curl.h>

#include "Harness.h"

typedef struct {
    const char* url;
    MakeBody make;
    gpointer data;
    gboolean isMadeAnew;
    gint64 until;
    guint answered;
} Work;

static size_t dropReply(char* data, size_t size, size_t count, void* unused) {
    (void)data, (void)unused;
    return size * count;
}

static CURL* newPost(const Work* work, struct curl_slist* headers) {
    CURL* easy = curl_easy_init();

    curl_easy_setopt(easy, CURLOPT_URL, work->url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, dropReply);
    return easy;
}

static gpointer post(gpointer data) {
    Work* work = data;
    struct curl_slist* headers = curl_slist_append(NULL, "Content-Type: application/json");
    GString* body = NULL;

    headers = curl_slist_append(headers, "Expect:");
    CURL* easy = newPost(work, headers);
    while (g_get_monotonic_time() < work->until) {
        if (body && work->isMadeAnew)
            g_string_free(g_steal_pointer(&body), TRUE);
        if (!body)
            body = work->make(work->data);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->str);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
        CURLcode result = curl_easy_perform(easy);
        if (result != CURLE_OK)
            fail("bare loop: %s", curl_easy_strerror(result));
        work->answered++;
    }
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    if (body)
        g_string_free(body, TRUE);
    return NULL;
}

double runBareLoop(const char* url, guint threads, double seconds, MakeBody make, gpointer data,
                   gboolean isMadeAnew) {
    g_autofree char* target = g_strdup_printf("%s/chat/completions", url);
    g_autofree Work* work = g_new0(Work, threads);
    g_autofree GThread** running = g_new0(GThread*, threads);
    gint64 began = g_get_monotonic_time();
    guint answered = 0;

    for (guint i = 0; i < threads; i++) {
        work[i] = (Work){target, make, data, isMadeAnew, began + (gint64)(seconds * 1e6), 0};
        running[i] = g_thread_new("bare", post, &work[i]);
    }
    for (guint i = 0; i < threads; i++) {
        g_thread_join(running[i]);
        answered += work[i].answered;
    }
    return answered / ((double)(g_get_monotonic_time() - began) / 1e6);
}
