/* SPDX-License-Identifier: MIT */
#include "Clock.h"

typedef struct {
    TimerFunc func;
    gpointer data;
} Timer;

gint64 clockNow(void) {
    return g_get_monotonic_time();
}

char* clockText(void) {
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char* seconds = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");

    return g_strdup_printf("%s.%03dZ", seconds, g_date_time_get_microsecond(now) / 1000);
}

static gboolean onTimer(gpointer data) {
    const Timer* timer = data;

    timer->func(timer->data);
    return G_SOURCE_CONTINUE;
}

guint startTimer(guint ms, TimerFunc func, gpointer data) {
    Timer* timer = g_new(Timer, 1);

    timer->func = func;
    timer->data = data;
    return g_timeout_add_full(G_PRIORITY_DEFAULT, ms, onTimer, timer, g_free);
}

void stopTimer(guint* timer) {
    if (*timer)
        g_source_remove(*timer);
    *timer = 0;
}

typedef struct {
    GMutex lock; /* guards cancelled */
    GCond cond;
    gboolean cancelled;
} Waiter;

static void onCancelled(GCancellable* cancel, gpointer data) {
    Waiter* waiter = data;

    (void)cancel;
    g_mutex_lock(&waiter->lock);
    waiter->cancelled = TRUE;
    g_cond_signal(&waiter->cond);
    g_mutex_unlock(&waiter->lock);
}

gboolean waitUnlessCancelled(GCancellable* cancel, guint ms) {
    Waiter waiter = {.cancelled = FALSE};
    gint64 until = clockNow() + (gint64)ms * 1000;

    g_mutex_init(&waiter.lock);
    g_cond_init(&waiter.cond);
    gulong handler = g_cancellable_connect(cancel, G_CALLBACK(onCancelled), &waiter, NULL);
    g_mutex_lock(&waiter.lock);
    while (!waiter.cancelled && g_cond_wait_until(&waiter.cond, &waiter.lock, until))
        ;
    g_mutex_unlock(&waiter.lock);
    g_cancellable_disconnect(cancel, handler);
    g_cond_clear(&waiter.cond);
    g_mutex_clear(&waiter.lock);
    return waiter.cancelled;
}
