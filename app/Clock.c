/* SPDX-License-Identifier: MIT */
/* All timers are one source of the main loop, ordered by when they are due: a loop with a thousand
 * timers turns as fast as one with a single one. A timer keeps its schedule: a late call does not
 * push the next ones back, and calls that could not be made in time are left out. */
#include "Clock.h"

#include <time.h>

typedef struct {
    guint id;
    gint64 due, everyUs;
    TimerFunc func;
    gpointer data;
    GSequenceIter* place; /* in the order */
} Timer;

/* Main loop only; made by the first timer and kept. */
static struct {
    GSource* source;
    GSequence* order; /* Timer*, the next one first */
    GHashTable* byId; /* id -> Timer; owns it */
    guint lastId;
} timers;

gint64 clockNow(void) {
    return g_get_monotonic_time();
}

gint64 clockWall(void) {
    return g_get_real_time();
}

char* clockText(void) {
    gint64 now = clockWall();
    time_t seconds = now / G_USEC_PER_SEC;
    struct tm utc;

    gmtime_r(&seconds, &utc); /* a tenth of what GDateTime takes */
    return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                           utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                           (int)(now % G_USEC_PER_SEC / 1000));
}

/* NULL when no timer is set. */
static Timer* firstTimer(void) {
    GSequenceIter* first = g_sequence_get_begin_iter(timers.order);

    return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

static gboolean prepareTimers(GSource* source, gint* timeoutMs) {
    const Timer* first = firstTimer();
    gint64 left = first ? first->due - g_source_get_time(source) : G_MAXINT64;

    *timeoutMs = first ? (gint)CLAMP((left + 999) / 1000, 0, G_MAXINT) : -1;
    return left <= 0;
}

static gboolean checkTimers(GSource* source) {
    const Timer* first = firstTimer();

    return first && first->due <= g_source_get_time(source);
}

static gint compareTimers(gconstpointer a, gconstpointer b, gpointer unused) {
    gint64 left = ((const Timer*)a)->due, right = ((const Timer*)b)->due;

    (void)unused;
    return (left > right) - (left < right);
}

/* The timer may be gone once its func was called. */
static gboolean dispatchTimers(GSource* source, GSourceFunc unused, gpointer data) {
    gint64 now = g_source_get_time(source);
    Timer* timer;

    (void)unused, (void)data;
    while ((timer = firstTimer()) && timer->due <= now) {
        timer->due += timer->everyUs * ((now - timer->due) / timer->everyUs + 1);
        g_sequence_sort_changed(timer->place, compareTimers, NULL);
        timer->func(timer->data);
    }
    return G_SOURCE_CONTINUE;
}

static void setUpTimers(void) {
    static GSourceFuncs functions = {
        .prepare = prepareTimers, .check = checkTimers, .dispatch = dispatchTimers};

    timers.order = g_sequence_new(NULL);
    timers.byId = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    timers.source = g_source_new(&functions, sizeof(GSource));
    g_source_set_name(timers.source, "timers");
    g_source_attach(timers.source, NULL);
}

guint startTimer(guint ms, TimerFunc func, gpointer data) {
    Timer* timer = g_new(Timer, 1);
    gint64 everyUs = (gint64)MAX(ms, 1) * 1000;

    if (!timers.source)
        setUpTimers();
    *timer = (Timer){++timers.lastId, clockNow() + everyUs, everyUs, func, data, NULL};
    timer->place = g_sequence_insert_sorted(timers.order, timer, compareTimers, NULL);
    g_hash_table_insert(timers.byId, GUINT_TO_POINTER(timer->id), timer);
    return timer->id;
}

void stopTimer(guint* id) {
    Timer* timer = *id ? g_hash_table_lookup(timers.byId, GUINT_TO_POINTER(*id)) : NULL;

    *id = 0;
    if (!timer)
        return;
    g_sequence_remove(timer->place);
    g_hash_table_remove(timers.byId, GUINT_TO_POINTER(timer->id));
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
