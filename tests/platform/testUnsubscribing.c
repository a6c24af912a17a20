/* SPDX-License-Identifier: MIT */
#include "TestCamera.h"

static void testNoCallbackAfterUnsubscribe(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    guint declaration = declareByCamera("Unsubscribe/Event", "active", FALSE, TRUE);
    g_autoptr(Recorder) fence = newRecorder(handler, "active", "Unsubscribe", "Event", NULL);
    waitForCount(&fence->count, 1, "the state at the fence");

    for (guint turn = 0; turn < 20; turn++) {
        Recorder* recorder = newRecorder(handler, "active", "Unsubscribe", "Event", NULL);
        guint before = fence->count;
        tellCamera("SendMany", g_variant_new("(usu)", declaration, "active", 5u));
        freeRecorder(recorder); /* a later callback would write to freed memory */
        waitForCount(&fence->count, before + 5, "the events at the fence");
    }
}

static gboolean setFlag(gpointer flag) {
    *(gboolean*)flag = TRUE;
    return G_SOURCE_REMOVE;
}

static void noteEnd(guint subscription, gpointer userData, GError* error) {
    guint* ended = userData;

    g_assert_no_error(error);
    *ended = subscription;
}

static void testUnsubscribeAndNotify(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    g_autoptr(GError) error = NULL;
    guint ended = 0;
    declareByCamera("Notify/Event", "active", FALSE, TRUE);
    Recorder* recorder = newRecorder(handler, "active", "Notify", "Event", NULL);
    guint subscription = recorder->subscription;

    waitForCount(&recorder->count, 1, "the state");
    g_assert_true(
        ax_event_handler_unsubscribe_and_notify(handler, subscription, noteEnd, &ended, &error));
    g_assert_cmpuint(ended, ==, 0);
    waitForCount(&ended, subscription, "the notification");
    dropRecorder(recorder);

    g_assert_false(ax_event_handler_unsubscribe(handler, subscription, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_UNSUBSCRIBE);
}

static void testFreeCancelsCallbacks(void) {
    gboolean turned = FALSE;
    guint ended = 0;
    guint declaration = declareByCamera("Free/Event", "active", FALSE, TRUE);

    for (guint turn = 0; turn < 10; turn++) {
        AXEventHandler* handler = ax_event_handler_new();
        Recorder* recorder = newRecorder(handler, "active", "Free", "Event", NULL);
        Recorder* notified = newRecorder(handler, "active", "Free", "Event", NULL);
        tellCamera("SendMany", g_variant_new("(usu)", declaration, "active", 3u));
        ax_event_handler_unsubscribe_and_notify(handler, notified->subscription, noteEnd, &ended,
                                                NULL);
        ax_event_handler_free(handler);
        dropRecorder(recorder); /* a later callback would write to freed memory */
        dropRecorder(notified);
    }
    g_idle_add(setFlag, &turned);
    while (!turned)
        g_main_context_iteration(NULL, TRUE);

    g_assert_cmpuint(ended, ==, 0);
}

static void unsubscribeInCallback(guint subscription, AXEvent* event, gpointer userData) {
    AXEventHandler** handler = userData;

    ax_event_free(event);
    g_assert_nonnull(*handler); /* comes once */
    g_assert_true(ax_event_handler_unsubscribe(*handler, subscription, NULL));
    ax_event_handler_free(*handler);
    *handler = NULL;
}

static gboolean isNull(gconstpointer data) {
    return *(gconstpointer const*)data == NULL;
}

static void testUnsubscribeAndFreeInCallback(void) {
    AXEventHandler* handler = ax_event_handler_new();
    g_autoptr(AXEventKeyValueSet) set = newTopicSet("Inside", NULL);
    guint subscription;
    declareByCamera("Inside/One", "active", FALSE, TRUE);
    declareByCamera("Inside/Two", "active", FALSE, TRUE);

    ax_event_handler_subscribe(handler, set, &subscription, unsubscribeInCallback, &handler, NULL);
    waitUntil(isNull, &handler, "the callback that frees the handler");
    settle();
}

static gpointer subscribeAndUnsubscribe(gpointer data) {
    AXEventHandler* handler = data;
    GPtrArray* recorders = g_ptr_array_new_with_free_func((GDestroyNotify)dropRecorder);

    for (guint turn = 0; turn < 100; turn++) {
        Recorder* recorder = newRecorder(handler, "active", "Threads", "Event", NULL);
        ax_event_handler_unsubscribe(handler, recorder->subscription, NULL);
        g_ptr_array_add(recorders, recorder); /* a callback may still be under way */
    }
    return recorders;
}

static void testThreads(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    guint declaration = declareByCamera("Threads/Event", "active", FALSE, TRUE);
    g_autoptr(Recorder) recorder = newRecorder(handler, "active", "Threads", "Event", NULL);
    GThread* threads[4];
    GPtrArray* recorders[4];

    waitForCount(&recorder->count, 1, "the state");
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("subscriber", subscribeAndUnsubscribe, handler);
    tellCamera("SendMany", g_variant_new("(usu)", declaration, "active", 200u));
    waitForCount(&recorder->count, 201, "200 events");
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        recorders[i] = g_thread_join(threads[i]);
    settle();
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_ptr_array_unref(recorders[i]);

    g_assert_true(recorder->thread == g_thread_self());
}

static void blockWhileFreed(guint subscription, AXEvent* event, gpointer userData) {
    (void)subscription;
    gint* stage = userData;

    ax_event_free(event);
    g_atomic_int_set(stage, 1); /* the other thread frees the handler now */
    while (g_atomic_int_get(stage) < 2)
        g_thread_yield();
    for (guint i = 0; i < 10000; i++)
        g_thread_yield(); /* time for a handler that does not wait to show it */
    g_atomic_int_set(stage, 4);
}

typedef struct {
    AXEventHandler* handler;
    gint stage; /* 1 in the callback, 2 freeing, 4 out of the callback */
} FreeRace;

static gpointer freeHandler(gpointer data) {
    FreeRace* race = data;

    while (g_atomic_int_get(&race->stage) < 1)
        g_thread_yield();
    g_atomic_int_set(&race->stage, 2);
    ax_event_handler_free(race->handler);
    return GINT_TO_POINTER(g_atomic_int_get(&race->stage));
}

static gboolean isDone(gconstpointer data) {
    return g_atomic_int_get(&((FreeRace*)data)->stage) == 4;
}

static void testFreeWaitsForRunningCallback(void) {
    FreeRace race = {.handler = ax_event_handler_new()};
    g_autoptr(AXEventKeyValueSet) set = newTopicSet("Wait", "Event", NULL);
    guint subscription;
    declareByCamera("Wait/Event", "active", FALSE, TRUE);

    ax_event_handler_subscribe(race.handler, set, &subscription, blockWhileFreed, &race.stage,
                               NULL);
    GThread* thread = g_thread_new("freeing", freeHandler, &race);
    waitUntil(isDone, &race, "the callback to end");

    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), ==, 4);
}

static void testBadArguments(void) {
    g_autoptr(AXEventHandler) handler = ax_event_handler_new();
    g_autoptr(GError) error = NULL;
    guint subscription;

    g_assert_false(
        ax_event_handler_subscribe(handler, NULL, &subscription, blockWhileFreed, NULL, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_INVALID_ARGUMENT);
    g_assert_false(ax_event_handler_unsubscribe(handler, 4711, NULL));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unsubscribing/none-after-unsubscribe", testNoCallbackAfterUnsubscribe);
    g_test_add_func("/unsubscribing/unsubscribe-and-notify", testUnsubscribeAndNotify);
    g_test_add_func("/unsubscribing/free-cancels-callbacks", testFreeCancelsCallbacks);
    g_test_add_func("/unsubscribing/free-in-callback", testUnsubscribeAndFreeInCallback);
    g_test_add_func("/unsubscribing/threads", testThreads);
    g_test_add_func("/unsubscribing/free-waits-for-callback", testFreeWaitsForRunningCallback);
    g_test_add_func("/unsubscribing/bad-arguments", testBadArguments);
    return g_test_run();
}
