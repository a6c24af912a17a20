/* SPDX-License-Identifier: MIT */
#include "FakeDescribeClient.h"

#include "DescribeClient.h"

struct DescribeClient {
    int unused;
};

static GMutex lock; /* guards all below */
static GCond changed;
static FakeBehaviour behaviour = FAKE_ANSWERS;
static guint calls = 0, hanging = 0, released = 0;

DescribeClient* newDescribeClient(void) {
    return g_new0(DescribeClient, 1);
}

void freeDescribeClient(DescribeClient* client) {
    g_free(client);
}

void setFakeDescriber(FakeBehaviour wanted) {
    g_mutex_lock(&lock);
    behaviour = wanted;
    g_mutex_unlock(&lock);
}

guint countFakeCalls(void) {
    g_mutex_lock(&lock);
    guint counted = calls;
    g_mutex_unlock(&lock);
    return counted;
}

guint countHangingCalls(void) {
    g_mutex_lock(&lock);
    guint counted = hanging;
    g_mutex_unlock(&lock);
    return counted;
}

void releaseFakeCalls(void) {
    g_mutex_lock(&lock);
    released++;
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
}

static void onCancelled(GCancellable* cancel, gpointer data) {
    (void)cancel;
    (void)data;
    g_mutex_lock(&lock);
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
}

/* TRUE when the call was released, FALSE when it was cancelled. */
static gboolean hang(GCancellable* cancel, gboolean listens) {
    gulong handler = g_cancellable_connect(cancel, G_CALLBACK(onCancelled), NULL, NULL);

    g_mutex_lock(&lock);
    guint before = released;
    hanging++;
    while (released == before && !(listens && g_cancellable_is_cancelled(cancel)))
        g_cond_wait(&changed, &lock);
    gboolean wasReleased = released != before;
    hanging--;
    g_mutex_unlock(&lock);
    g_cancellable_disconnect(cancel, handler);
    return wasReleased;
}

GString* callDescriber(DescribeClient* client, const DescriberConfig* describer, const char* apiKey,
                       const RequestBody* request, GCancellable* cancel, guint* retryAfterSec,
                       GError** error) {
    (void)client;
    (void)describer;
    (void)apiKey;
    (void)request;
    *retryAfterSec = 0;
    g_mutex_lock(&lock);
    calls++;
    FakeBehaviour now = behaviour;
    g_mutex_unlock(&lock);
    if (now == FAKE_FAILS) {
        g_set_error(error, DESCRIBE_ERROR, DESCRIBE_ERROR_REFUSED, "the fake describer refuses");
        return NULL;
    }
    if (now != FAKE_ANSWERS && !hang(cancel, now == FAKE_HANGS)) {
        g_set_error(error, DESCRIBE_ERROR, DESCRIBE_ERROR_CANCELLED, "aborted");
        return NULL;
    }
    return g_string_new(
        "{\"model\":\"fake\",\"choices\":[{\"message\":{\"content\":\"A door.\"}}]}");
}
