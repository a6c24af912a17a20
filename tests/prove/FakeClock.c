/* SPDX-License-Identifier: MIT */
#include "FakeClock.h"

#include "Clock.h"
#include "FakeThreadPool.h"

typedef struct {
    guint id;
    gint64 due, everyUs;
    TimerFunc func;
    gpointer data;
} Timer;

static const gint64 firstWallUs = G_GINT64_CONSTANT(1790000000000000);
static gint64 now = 0, wallUs = 0;
static GList* timers = NULL; /* Timer*, in the order in which they come due */
static guint lastId = 0, moments = 0;

gint64 clockNow(void) {
    return now;
}

gint64 clockWall(void) {
    return firstWallUs + wallUs + now;
}

char* clockText(void) {
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(clockWall() / 1000000);

    return g_date_time_format(time, "%Y-%m-%dT%H:%M:%S.000Z");
}

static gint compareDue(gconstpointer a, gconstpointer b) {
    const Timer *left = a, *right = b;

    if (left->due != right->due)
        return left->due < right->due ? -1 : 1;
    return left->id < right->id ? -1 : left->id > right->id;
}

guint startTimer(guint ms, TimerFunc func, gpointer data) {
    Timer* timer = g_new(Timer, 1);
    gint64 everyUs = (gint64)ms * 1000;

    *timer = (Timer){++lastId, now + everyUs, everyUs, func, data};
    timers = g_list_insert_sorted(timers, timer, compareDue);
    return timer->id;
}

void stopTimer(guint* id) {
    for (GList* link = timers; link && *id; link = link->next) {
        Timer* timer = link->data;
        if (timer->id != *id)
            continue;
        timers = g_list_delete_link(timers, link);
        g_free(timer);
        break;
    }
    *id = 0;
}

gboolean waitUnlessCancelled(GCancellable* cancel, guint ms) {
    return blockOnTime(cancel, ms);
}

void bootClock(gint64 us) {
    g_assert(!timers);
    now = us;
    moments = 0;
}

gint64 nextTimerDue(void) {
    return timers ? ((Timer*)timers->data)->due : G_MAXINT64;
}

void moveClock(gint64 us) {
    g_assert(us >= now);
    now = us;
}

void fireDueTimers(void) {
    while (timers && ((Timer*)timers->data)->due <= now) {
        Timer* timer = timers->data;
        TimerFunc func = timer->func;
        gpointer data = timer->data;
        timers = g_list_delete_link(timers, timers);
        timer->due += MAX(timer->everyUs, 1000);
        timers = g_list_insert_sorted(timers, timer, compareDue);
        func(data);
    }
}

guint countTimers(void) {
    return g_list_length(timers);
}

gint64 uniqueMoment(gint64 ms) {
    gint64 moment = (now / 1000 + ms) * 1000 + ++moments % 1000;

    return moment > now + ms * 1000 ? moment : moment + 1000;
}

void jumpWallClock(gint64 us) {
    wallUs += us;
}
