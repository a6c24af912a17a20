/* SPDX-License-Identifier: MIT */
#include "LevelCheck.h"

#include "Clock.h"

/* How soon a trigger that was not found is looked for again before it counts as gone. */
enum { CONFIRM_MS = 1000 };

struct LevelCheck {
    EventSource* source;
    ProfileSubscriptions* subscriptions;
    GPtrArray* extras; /* Trigger*, asked for now; NULL between two checks */
    gint64 askedAt;    /* clockNow() of the last question */
    guint seconds;     /* the period */
    guint timer, confirmTimer;
    gboolean isFreed; /* while an answer is on its way, which then frees the rest */
};

LevelCheck* newLevelCheck(EventSource* source, ProfileSubscriptions* subscriptions) {
    LevelCheck* check = g_new0(LevelCheck, 1);

    check->source = source;
    check->subscriptions = subscriptions;
    return check;
}

void freeLevelCheck(LevelCheck* check) {
    if (!check)
        return;
    stopTimer(&check->timer);
    stopTimer(&check->confirmTimer);
    if (check->extras)
        check->isFreed = TRUE;
    else
        g_free(check);
}

static void onStates(GPtrArray* states, gpointer data);

static void runCheck(gpointer data) {
    LevelCheck* check = data;

    stopTimer(&check->confirmTimer);
    if (check->extras)
        return; /* the one before is not answered yet */
    retrySubscriptions(check->subscriptions);
    check->extras = g_ptr_array_new_with_free_func((GDestroyNotify)freeTrigger);
    TriggerKinds kinds = collectTriggers(check->subscriptions, check->extras);
    check->askedAt = clockNow();
    if (kinds || check->extras->len)
        findTriggerStates(check->source, kinds | ASK_SUBSCRIBED, check->extras, onStates, check);
    else
        g_clear_pointer(&check->extras, g_ptr_array_unref);
}

static void onStates(GPtrArray* states, gpointer data) {
    LevelCheck* check = data;

    g_clear_pointer(&check->extras, g_ptr_array_unref);
    if (check->isFreed)
        g_free(check);
    else if (compareLevels(check->subscriptions, states, check->askedAt) && !check->confirmTimer)
        check->confirmTimer = startTimer(CONFIRM_MS, runCheck, check);
    g_ptr_array_unref(states);
}

void setLevelCheckPeriod(LevelCheck* check, guint seconds) {
    if (check->timer && seconds == check->seconds)
        return;
    stopTimer(&check->timer);
    check->seconds = seconds;
    check->timer = startTimer(seconds * 1000, runCheck, check);
}
