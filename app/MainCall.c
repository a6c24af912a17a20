/* SPDX-License-Identifier: MIT */
#include "MainCall.h"

struct MainCalls {
    GMutex lock; /* guards all below and every call's result */
    GCond finished;
    gboolean closed;
    guint underWay;
};

struct MainCall {
    MainCalls* calls;
    MainCallFunc func;
    gpointer data;
    gboolean isFinished;
    json_t* result;
    GError* error;
};

MainCalls* newMainCalls(void) {
    MainCalls* calls = g_new0(MainCalls, 1);

    g_mutex_init(&calls->lock);
    g_cond_init(&calls->finished);
    return calls;
}

void freeMainCalls(MainCalls* calls) {
    if (!calls)
        return;
    g_cond_clear(&calls->finished);
    g_mutex_clear(&calls->lock);
    g_free(calls);
}

static guint countUnderWay(MainCalls* calls) {
    g_mutex_lock(&calls->lock);
    guint underWay = calls->underWay;
    g_mutex_unlock(&calls->lock);
    return underWay;
}

void closeMainCalls(MainCalls* calls) {
    g_mutex_lock(&calls->lock);
    calls->closed = TRUE;
    g_mutex_unlock(&calls->lock);
    while (countUnderWay(calls))
        g_main_context_iteration(NULL, TRUE);
}

static gboolean runCall(gpointer data) {
    MainCall* call = data;

    call->func(call, call->data);
    return G_SOURCE_REMOVE;
}

json_t* callMainLoop(MainCalls* calls, MainCallFunc func, gpointer data, GError** error) {
    MainCall call = {.calls = calls, .func = func, .data = data};

    g_mutex_lock(&calls->lock);
    if (calls->closed) {
        g_mutex_unlock(&calls->lock);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the app is stopping");
        return NULL;
    }
    calls->underWay++;
    g_idle_add_full(G_PRIORITY_DEFAULT, runCall, &call, NULL);
    while (!call.isFinished)
        g_cond_wait(&calls->finished, &calls->lock);
    g_mutex_unlock(&calls->lock);
    if (call.error)
        g_propagate_error(error, call.error);
    return call.result;
}

void finishMainCall(MainCall* call, json_t* result, GError* error) {
    MainCalls* calls = call->calls;

    g_mutex_lock(&calls->lock);
    call->result = result;
    call->error = error;
    call->isFinished = TRUE; /* the call is gone once the lock is free */
    calls->underWay--;
    g_cond_broadcast(&calls->finished);
    g_mutex_unlock(&calls->lock);
}
