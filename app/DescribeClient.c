/* SPDX-License-Identifier: MIT */
#include "DescribeClient.h"

#include <curl/curl.h>

enum { MOST_REPLY = 1024 * 1024, LONGEST_WAIT_MS = 60 * 1000, SHOWN_ERROR = 120 };

/* One worker's handles; the multi handle keeps the connection for the next call. */
typedef struct {
    CURL* easy;
    CURLM* multi;
} Line;

struct DescribeClient {
    GMutex lock;     /* guards idle */
    GPtrArray* idle; /* Line* that nobody uses */
};

static void freeLine(gpointer data) {
    Line* line = data;

    curl_easy_cleanup(line->easy);
    curl_multi_cleanup(line->multi);
    g_free(line);
}

DescribeClient* newDescribeClient(void) {
    DescribeClient* client = g_new0(DescribeClient, 1);

    curl_global_init(CURL_GLOBAL_DEFAULT);
    g_mutex_init(&client->lock);
    client->idle = g_ptr_array_new_with_free_func(freeLine);
    return client;
}

void freeDescribeClient(DescribeClient* client) {
    if (!client)
        return;
    g_ptr_array_unref(client->idle);
    g_mutex_clear(&client->lock);
    g_free(client);
    curl_global_cleanup();
}

static Line* takeLine(DescribeClient* client) {
    g_mutex_lock(&client->lock);
    guint count = client->idle->len;
    Line* line = count ? g_ptr_array_steal_index(client->idle, count - 1) : NULL;
    g_mutex_unlock(&client->lock);
    if (line)
        return line;
    line = g_new0(Line, 1);
    line->easy = curl_easy_init();
    line->multi = curl_multi_init();
    return line;
}

static void giveLineBack(DescribeClient* client, Line* line) {
    curl_easy_reset(line->easy);
    g_mutex_lock(&client->lock);
    g_ptr_array_add(client->idle, line);
    g_mutex_unlock(&client->lock);
}

static size_t onReply(char* data, size_t size, size_t count, void* userData) {
    GString* reply = userData;

    if (reply->len + size * count > MOST_REPLY)
        return 0; /* makes curl fail with CURLE_WRITE_ERROR */
    g_string_append_len(reply, data, (gssize)(size * count));
    return size * count;
}

/* What is on its way. */
typedef struct {
    const RequestBody* request;
    gsize sent;
} Sending;

static size_t onSend(char* buffer, size_t size, size_t count, void* userData) {
    Sending* sending = userData;
    gsize copied = readRequestBody(sending->request, sending->sent, buffer, size * count);

    sending->sent += copied;
    return copied;
}

/* When a kept connection turns out to be closed, the request is sent again on a new one. */
static int onSendAgain(void* userData, curl_off_t offset, int origin) {
    Sending* sending = userData;

    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    sending->sent = (gsize)offset;
    return CURL_SEEKFUNC_OK;
}

static struct curl_slist* formatHeaders(const char* apiKey) {
    struct curl_slist* headers = curl_slist_append(NULL, "Content-Type: application/json");

    headers = curl_slist_append(headers, "Accept: application/json");
    headers = curl_slist_append(headers, "Expect:");
    if (apiKey && apiKey[0]) {
        g_autofree char* bearer = g_strdup_printf("Authorization: Bearer %s", apiKey);
        headers = curl_slist_append(headers, bearer);
    }
    return headers;
}

static void setUpCall(CURL* easy, const DescriberConfig* describer, struct curl_slist* headers,
                      Sending* sending, GString* reply) {
    const char* slash = g_str_has_suffix(describer->url, "/") ? "" : "/";
    g_autofree char* url = g_strdup_printf("%s%schat/completions", describer->url, slash);

    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)requestBodySize(sending->request));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, onSend);
    curl_easy_setopt(easy, CURLOPT_READDATA, sending);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, onSendAgain);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, sending);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, onReply);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, reply);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)describer->timeoutMs);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "batonDescribe");
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A name look-up that hangs must not hold a cancelled worker. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static void onCancelled(GCancellable* cancel, gpointer multi) {
    (void)cancel;
    curl_multi_wakeup(multi);
}

/* Runs the transfer to its end, or until cancelled. Its result is CURLE_ABORTED_BY_CALLBACK then.
 */
static CURLcode runTransfer(const Line* line, GCancellable* cancel) {
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    int running = 1, left = 0;

    while (!g_cancellable_is_cancelled(cancel)) {
        if (curl_multi_perform(line->multi, &running) != CURLM_OK)
            return CURLE_FAILED_INIT;
        const CURLMsg* message = running ? NULL : curl_multi_info_read(line->multi, &left);
        if (message)
            return message->data.result;
        curl_multi_poll(line->multi, NULL, 0, LONGEST_WAIT_MS, NULL);
    }
    return result;
}

/* What the describer says of its error, made short. */
static char* findErrorText(const GString* reply) {
    json_auto_t* json = json_loadb(reply->str, reply->len, 0, NULL);
    const json_t* error = json_object_get(json, "error");
    const char* text =
        json_string_value(json_is_string(error) ? error : json_object_get(error, "message"));

    return g_strndup(text ? text : "", SHOWN_ERROR);
}

static gboolean checkStatus(CURL* easy, const GString* reply, guint* retryAfterSec,
                            GError** error) {
    long status = 0;
    curl_off_t retryAfter = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300)
        return TRUE;
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retryAfter);
    *retryAfterSec = (guint)CLAMP(retryAfter, 0, 3600);
    gboolean busy = status == 408 || status == 429 || status >= 500;
    g_autofree char* text = findErrorText(reply);
    g_set_error(error, DESCRIBE_ERROR, busy ? DESCRIBE_ERROR_BUSY : DESCRIBE_ERROR_REFUSED,
                "the describer answered %ld%s%s", status, text[0] ? ": " : "", text);
    return FALSE;
}

static gboolean checkTransfer(CURLcode result, GCancellable* cancel, GError** error) {
    if (result == CURLE_OK)
        return TRUE;
    if (g_cancellable_is_cancelled(cancel))
        g_set_error(error, DESCRIBE_ERROR, DESCRIBE_ERROR_CANCELLED, "the call was aborted");
    else if (result == CURLE_WRITE_ERROR)
        g_set_error(error, DESCRIBE_ERROR, DESCRIBE_ERROR_ANSWER,
                    "the describer's answer is larger than %d bytes", MOST_REPLY);
    else
        g_set_error(error, DESCRIBE_ERROR, DESCRIBE_ERROR_NETWORK, "the describer: %s",
                    curl_easy_strerror(result));
    return FALSE;
}

GString* callDescriber(DescribeClient* client, const DescriberConfig* describer, const char* apiKey,
                       const RequestBody* request, GCancellable* cancel, guint* retryAfterSec,
                       GError** error) {
    Line* line = takeLine(client);
    Sending sending = {request, 0};
    GString* reply = g_string_sized_new(1024);
    struct curl_slist* headers = formatHeaders(apiKey);

    *retryAfterSec = 0;
    setUpCall(line->easy, describer, headers, &sending, reply);
    curl_multi_add_handle(line->multi, line->easy);
    gulong handler = g_cancellable_connect(cancel, G_CALLBACK(onCancelled), line->multi, NULL);
    CURLcode result = runTransfer(line, cancel);
    g_cancellable_disconnect(cancel, handler);
    gboolean answered = checkTransfer(result, cancel, error) &&
                        checkStatus(line->easy, reply, retryAfterSec, error);
    curl_multi_remove_handle(line->multi, line->easy); /* closes the socket of a cut transfer */
    curl_slist_free_all(headers);
    giveLineBack(client, line);
    if (answered)
        return reply;
    g_string_free(reply, TRUE);
    return NULL;
}
