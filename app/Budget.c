/* SPDX-License-Identifier: MIT */
#include "Budget.h"

#include "Clock.h"

enum { MINUTES = 60, HOURS = 24 };

/* A sliding window of `length` steps, each stepUs long. */
typedef struct {
    guint calls[MINUTES];
    guint length, sum;
    gint64 stepUs, step; /* the number of the step that is filled now */
} Window;

struct Budget {
    GMutex lock; /* guards all below */
    BudgetConfig limits;
    Window hour, day;
};

Budget* newBudget(void) {
    Budget* budget = g_new0(Budget, 1);

    g_mutex_init(&budget->lock);
    budget->hour.length = MINUTES;
    budget->hour.stepUs = G_TIME_SPAN_MINUTE;
    budget->day.length = HOURS;
    budget->day.stepUs = G_TIME_SPAN_HOUR;
    return budget;
}

void freeBudget(Budget* budget) {
    if (!budget)
        return;
    g_mutex_clear(&budget->lock);
    g_free(budget);
}

void setBudgetLimits(Budget* budget, BudgetConfig limits) {
    g_mutex_lock(&budget->lock);
    budget->limits = limits;
    g_mutex_unlock(&budget->lock);
}

/* Forgets the steps that slid out of the window. */
static void slideWindow(Window* window, gint64 now) {
    gint64 step = now / window->stepUs;

    for (guint i = 0; i < window->length && window->step < step; i++) {
        window->step++;
        window->sum -= window->calls[window->step % window->length];
        window->calls[window->step % window->length] = 0;
    }
    window->step = step;
}

static gboolean hasRoom(Window* window, guint limit, gint64 now) {
    slideWindow(window, now);
    return limit == 0 || window->sum < limit;
}

static void spend(Window* window) {
    window->calls[window->step % window->length]++;
    window->sum++;
}

gboolean takeCall(Budget* budget) {
    gint64 now = clockNow();

    g_mutex_lock(&budget->lock);
    gboolean hourly = hasRoom(&budget->hour, budget->limits.callsPerHour, now);
    gboolean daily = hasRoom(&budget->day, budget->limits.callsPerDay, now);
    if (hourly && daily) {
        spend(&budget->hour);
        spend(&budget->day);
    }
    g_mutex_unlock(&budget->lock);
    return hourly && daily;
}
