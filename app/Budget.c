/* SPDX-License-Identifier: MIT */
#include "Budget.h"

#include "BudgetFile.h"
#include "Clock.h"

/* How often, at least, a budget that is spent is written anew, so that its hour passes even on a
 * camera that has no clock and reboots again and again. */
#define PROGRESS_US (10 * G_TIME_SPAN_MINUTE)

/* A block is 1 + a twentieth of the limit: about twenty writes an hour. */
enum { BLOCKS = 20 };

/* A sliding window of `length` steps, each stepUs long. */
typedef struct {
    guint calls[BUDGET_MINUTES];
    guint length, sum;
    gint64 stepUs, step; /* the number of the step that is filled now */
} Window;

struct Budget {
    char* path;
    GMutex writing; /* held over a write; taken before `lock`, by workers only */
    GMutex lock;    /* guards all below; never held over a write */
    BudgetConfig limits;
    Window hour, day;
    guint reserved; /* calls that the file has as reserved and that are not made yet */
    gint64 savedAt; /* clockNow(); 0: never */
    gint64 latestWall;
    char* problem; /* why it could not be saved the last time; NULL: it could */
};

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

/* The place of the step `age` steps ago. */
static guint* callsAgo(Window* window, gint64 age) {
    gint64 length = window->length;

    return &window->calls[((window->step - age) % length + length) % length];
}

static void spend(Window* window, gint64 age, guint calls) {
    if (age >= window->length)
        return;
    *callsAgo(window, age) += calls;
    window->sum += calls;
}

static guint64 roomIn(Window* window, guint limit, gint64 now) {
    slideWindow(window, now);
    if (limit == 0)
        return G_MAXUINT;
    return limit > window->sum ? limit - window->sum : 0;
}

/* How many calls may be made now. */
static guint countRoom(Budget* budget) {
    gint64 now = clockNow();
    guint64 hourly = roomIn(&budget->hour, budget->limits.callsPerHour, now);
    guint64 daily = roomIn(&budget->day, budget->limits.callsPerDay, now);

    return (guint)MIN(hourly, daily);
}

/* 0 when nothing is limited: then nothing needs to be written. */
static guint blockSize(BudgetConfig limits) {
    guint smaller = MIN(limits.callsPerHour - 1, limits.callsPerDay - 1) + 1; /* 0 is the largest */

    return smaller ? 1 + smaller / BLOCKS : 0;
}

static void spendOne(Budget* budget) {
    spend(&budget->hour, 0, 1);
    spend(&budget->day, 0, 1);
    if (budget->reserved)
        budget->reserved--;
}

/* error: NULL when the write went well. Said once until it does. */
static void noteWrite(Budget* budget, const GError* error) {
    if (error && !budget->problem)
        g_warning("budget: what is spent cannot be saved, and a crash would forget it (%s)",
                  error->message);
    g_free(budget->problem);
    budget->problem = error ? g_strdup(error->message) : NULL;
}

static SpentCalls copySpent(Budget* budget) {
    SpentCalls spent = {.reserved = budget->reserved, .at = clockNow()};

    slideWindow(&budget->hour, spent.at);
    slideWindow(&budget->day, spent.at);
    for (guint i = 0; i < BUDGET_MINUTES; i++)
        spent.minutes[i] = *callsAgo(&budget->hour, i);
    for (guint i = 0; i < BUDGET_HOURS; i++)
        spent.hours[i] = *callsAgo(&budget->day, i);
    budget->latestWall = MAX(budget->latestWall, clockWall());
    spent.latestWall = budget->latestWall;
    return spent;
}

/* Saves what is spent and reserves `block` more. Called with both locks held; lets go of `lock`
 * while it writes. */
static void save(Budget* budget, guint block) {
    SpentCalls spent = copySpent(budget);
    g_autoptr(GError) error = NULL;

    spent.reserved += block;
    g_mutex_unlock(&budget->lock);
    gboolean saved = writeSpentCalls(budget->path, &spent, &error);
    g_mutex_lock(&budget->lock);
    noteWrite(budget, error);
    if (!saved)
        return;
    budget->reserved += block;
    budget->savedAt = spent.at;
}

/* The time since `spent`, or less when that is not known. */
static gint64 timeSince(const SpentCalls* spent, gint64 now) {
    gboolean hasRebooted = now < spent->at;

    return hasRebooted ? MAX(now, clockWall() - spent->latestWall) : now - spent->at;
}

/* counts[0] were made in the step of `base`, counts[1] in the one before. */
static void restoreWindow(Window* window, const guint* counts, gint64 base, gint64 now) {
    gint64 baseStep = base / window->stepUs - (base % window->stepUs < 0);

    slideWindow(window, now);
    for (guint i = 0; i < window->length; i++)
        spend(window, window->step - baseStep + i, counts[i]);
}

static void restore(Budget* budget, const SpentCalls* spent) {
    gint64 now = clockNow(), base = now - timeSince(spent, now);

    restoreWindow(&budget->hour, spent->minutes, base, now);
    restoreWindow(&budget->day, spent->hours, base, now);
    spend(&budget->hour, 0, spent->reserved);
    spend(&budget->day, 0, spent->reserved);
    budget->latestWall = spent->latestWall;
    budget->savedAt = now;
}

/* From the main loop while there are no workers. */
static void saveAlone(Budget* budget) {
    g_mutex_lock(&budget->writing);
    g_mutex_lock(&budget->lock);
    save(budget, 0);
    g_mutex_unlock(&budget->lock);
    g_mutex_unlock(&budget->writing);
}

Budget* newBudget(const char* directory) {
    Budget* budget = g_new0(Budget, 1);
    SpentCalls spent;

    g_mutex_init(&budget->writing);
    g_mutex_init(&budget->lock);
    budget->path = g_build_filename(directory, "budget.json", NULL);
    budget->hour.length = BUDGET_MINUTES;
    budget->hour.stepUs = G_TIME_SPAN_MINUTE;
    budget->day.length = BUDGET_HOURS;
    budget->day.stepUs = G_TIME_SPAN_HOUR;
    if (readSpentCalls(budget->path, &spent)) {
        restore(budget, &spent);
        if (spent.reserved) /* else the next crash would count them anew, from then on */
            saveAlone(budget);
    }
    return budget;
}

void freeBudget(Budget* budget) {
    if (!budget)
        return;
    budget->reserved = 0; /* nobody will make these calls */
    if (budget->day.sum)
        saveAlone(budget);
    g_mutex_clear(&budget->writing);
    g_mutex_clear(&budget->lock);
    g_free(budget->problem);
    g_free(budget->path);
    g_free(budget);
}

void setBudgetLimits(Budget* budget, BudgetConfig limits) {
    g_mutex_lock(&budget->lock);
    budget->limits = limits;
    g_mutex_unlock(&budget->lock);
}

char* budgetProblem(Budget* budget) {
    g_mutex_lock(&budget->lock);
    char* problem = g_strdup(budget->problem);
    g_mutex_unlock(&budget->lock);
    return problem;
}

/* With the disk, where needed. */
static gboolean takeAndWrite(Budget* budget) {
    g_mutex_lock(&budget->writing);
    g_mutex_lock(&budget->lock);
    guint room = countRoom(budget), block = blockSize(budget->limits);
    if (room && block && !budget->reserved)
        save(budget, MIN(block, room));
    else if (!room && clockNow() - budget->savedAt >= PROGRESS_US)
        save(budget, 0);
    if (room)
        spendOne(budget);
    g_mutex_unlock(&budget->lock);
    g_mutex_unlock(&budget->writing);
    return room > 0;
}

gboolean takeCall(Budget* budget) {
    g_mutex_lock(&budget->lock);
    gboolean hasRoom = countRoom(budget) > 0;
    gboolean isCovered = hasRoom && (budget->reserved || blockSize(budget->limits) == 0);
    gboolean isRefused = !hasRoom && clockNow() - budget->savedAt < PROGRESS_US;
    if (isCovered)
        spendOne(budget);
    g_mutex_unlock(&budget->lock);
    return isCovered || (!isRefused && takeAndWrite(budget));
}
