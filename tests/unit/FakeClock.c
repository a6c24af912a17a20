/* SPDX-License-Identifier: MIT */
#include "FakeClock.h"

#include "Clock.h"

typedef struct {
    guint id;
    gint64 due, everyUs;
    TimerFunc func;
    gpointer data;
} FakeTimer;

static _Atomic gint64 now = G_TIME_SPAN_DAY; /* workers read it */
static _Atomic gint64 wall = G_GINT64_CONSTANT(1790000000000000);
static GList* timers = NULL; /* FakeTimer*, any order */
static guint lastId = 0;

gint64 clockNow(void) {
    return now;
}

gint64 clockWall(void) {
    return wall + now;
}

char* clockText(void) {
    return g_strdup_printf("fake+%" G_GINT64_FORMAT, now / 1000);
}

guint startTimer(guint ms, TimerFunc func, gpointer data) {
    FakeTimer* timer = g_new(FakeTimer, 1);
    gint64 everyUs = (gint64)ms * 1000;

    *timer = (FakeTimer){++lastId, now + everyUs, everyUs, func, data};
    timers = g_list_append(timers, timer);
    return timer->id;
}

void stopTimer(guint* id) {
    for (GList* link = timers; link && *id; link = link->next) {
        FakeTimer* timer = link->data;
        if (timer->id != *id)
            continue;
        timers = g_list_delete_link(timers, link);
        g_free(timer);
        break;
    }
    *id = 0;
}

static FakeTimer* findFirstDue(gint64 until) {
    FakeTimer* first = NULL;

    for (GList* link = timers; link; link = link->next) {
        FakeTimer* timer = link->data;
        if (timer->due <= until && (!first || timer->due < first->due))
            first = timer;
    }
    return first;
}

void advanceClock(guint ms) {
    gint64 until = now + (gint64)ms * 1000;
    FakeTimer* timer;

    while ((timer = findFirstDue(until))) {
        now = timer->due;
        timer->due += timer->everyUs;
        timer->func(timer->data);
    }
    now = until;
}

void setWallClock(gint64 us) {
    wall = us - now;
}

void rebootClock(gint64 uptimeUs) {
    g_assert_null(timers);
    wall += now - uptimeUs; /* a clock that goes on without power */
    now = uptimeUs;
}

guint countTimers(void) {
    return g_list_length(timers);
}

gboolean waitUnlessCancelled(GCancellable* cancel, guint ms) {
    (void)ms;
    return g_cancellable_is_cancelled(cancel);
}
