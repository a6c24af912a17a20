/* SPDX-License-Identifier: MIT */
#include "ProfileSubscription.h"

#include "Clock.h"
#include "Counters.h"

/* A restart of the event service looks like a missing trigger, but not twice. */
enum { MISSES_UNTIL_GONE = 2 };
/* In level checks: how long a subscription that was refused again and again waits at most. */
enum { LONGEST_BACK_OFF = 8 };

typedef struct {
    Profile* profile;
    SessionRunner* runner;
    EventSubscription* events; /* NULL when the event service refused */
    char* problem;             /* why it refused */
    guint backOff, checksLeft; /* level checks between two tries, and until the next one */
    gboolean seen;             /* the first state has come */
    gboolean active;           /* the last state that came */
    gint64 heardAt;            /* clockNow() when it came; before: when we subscribed */
    guint misses;              /* level checks in a row that did not find the trigger */
    guint graceTimer;          /* runs while an inactive edge is waited out */
    gint64 cooldownUntil;      /* clockNow() before which nothing starts; 0: none */
} ProfileSubscription;

struct ProfileSubscriptions {
    EventSource* source;
    SessionRunner* runner;
    GHashTable* byProfile; /* profile id -> ProfileSubscription; owns it */
};

static void refuse(const ProfileSubscription* subscription, const char* why) {
    count(COUNT_REFUSED);
    g_info("profile %s: activation starts nothing (%s)", subscription->profile->id, why);
    publishRefusal(runnerPublisher(subscription->runner), subscription->profile, why);
}

static void beginSession(ProfileSubscription* subscription) {
    const Profile* profile = subscription->profile;
    guint open = countProfileSessions(runnerRegistry(subscription->runner), profile->id);

    if (clockNow() < subscription->cooldownUntil)
        refuse(subscription, "cooldown");
    else if (profile->sessionType == SESSION_ONE_SHOT && open >= profile->maxInFlight)
        refuse(subscription, "maxInFlight");
    else
        startSession(subscription->runner, subscription->profile);
}

static void endMonitoring(ProfileSubscription* subscription, gint64 since) {
    stopTimer(&subscription->graceTimer);
    terminateProfileSessions(runnerRegistry(subscription->runner), subscription->profile->id,
                             END_INACTIVE, since);
}

static void onGraceOver(gpointer data) {
    endMonitoring(data, clockNow());
}

static void onActive(ProfileSubscription* subscription, gboolean isFirst) {
    gboolean waitedOut = subscription->graceTimer != 0;

    stopTimer(&subscription->graceTimer);
    if (waitedOut) {
        g_info("profile %s: active again within the grace", subscription->profile->id);
        return;
    }
    if (isFirst && !subscription->profile->whenActiveAtStart) {
        g_info("profile %s: was active before the subscription, no session",
               subscription->profile->id);
        return;
    }
    beginSession(subscription);
}

static void onInactive(ProfileSubscription* subscription, gint64 deliveredAt) {
    if (subscription->profile->graceMs)
        subscription->graceTimer =
            startTimer(subscription->profile->graceMs, onGraceOver, subscription);
    else
        endMonitoring(subscription, deliveredAt);
}

/* The TriggerCallback of exactly one profile. */
static void onTriggerState(gboolean active, gint64 deliveredAt, gpointer data) {
    ProfileSubscription* subscription = data;
    gboolean isFirst = !subscription->seen;

    subscription->heardAt = clockNow();
    if (!isFirst && active == subscription->active)
        return; /* the payload changed, the state did not */
    subscription->seen = TRUE;
    subscription->active = active;
    count(COUNT_EDGES);
    g_info("profile %s: trigger %s is %s%s", subscription->profile->id,
           subscription->profile->trigger->id, active ? "active" : "inactive",
           isFirst ? " (first state)" : "");
    if (active)
        onActive(subscription, isFirst);
    else if (!isFirst)
        onInactive(subscription, deliveredAt);
}

/* The trigger is gone: what depends on it ends, and its return counts as a first state. */
static void loseTrigger(ProfileSubscription* subscription) {
    const Profile* profile = subscription->profile;

    count(COUNT_MISSING);
    g_warning("profile %s: trigger %s is gone", profile->id, profile->trigger->id);
    stopTimer(&subscription->graceTimer);
    subscription->seen = subscription->active = FALSE;
    terminateProfileSessions(runnerRegistry(subscription->runner), profile->id, END_TRIGGER_MISSING,
                             clockNow());
}

/* found: NULL when the camera does not know the trigger. TRUE: look for it again soon. A state that
 * came since the camera was asked is newer than its answer. */
static gboolean compareLevel(ProfileSubscription* subscription, const TriggerState* found,
                             gint64 askedAt) {
    if (subscription->heardAt >= askedAt) {
        subscription->misses = 0;
        return FALSE;
    }
    if (!found) {
        subscription->misses += subscription->seen;
        if (subscription->misses >= MISSES_UNTIL_GONE)
            loseTrigger(subscription);
        else
            return subscription->misses > 0;
    }
    subscription->misses = 0;
    if (found && (!subscription->seen || found->active != subscription->active)) {
        count(COUNT_HEALED);
        g_warning("profile %s: level check: no edge came, but %s is %s", subscription->profile->id,
                  subscription->profile->trigger->id, found->active ? "active" : "inactive");
        onTriggerState(found->active, clockNow(), subscription);
    }
    return FALSE;
}

/* A refusal is said once; after each the next try is later. */
static void noteRefusal(ProfileSubscription* subscription, const GError* error) {
    const Profile* profile = subscription->profile;

    if (!subscription->problem)
        g_warning("profile %s: cannot subscribe to %s (%s); it will be tried again", profile->id,
                  profile->trigger->id, error->message);
    g_free(subscription->problem);
    subscription->problem = g_strdup(error->message);
    subscription->backOff = CLAMP(subscription->backOff * 2, 1, LONGEST_BACK_OFF);
    subscription->checksLeft = subscription->backOff;
}

static void subscribe(EventSource* source, ProfileSubscription* subscription) {
    const Profile* profile = subscription->profile;
    g_autoptr(GError) error = NULL;

    subscription->events =
        subscribeTrigger(source, profile->trigger, onTriggerState, subscription, &error);
    if (!subscription->events) {
        noteRefusal(subscription, error);
        return;
    }
    g_clear_pointer(&subscription->problem, g_free);
    g_info("profile %s: subscribed to %s", profile->id, profile->trigger->id);
}

static ProfileSubscription* newProfileSubscription(EventSource* source, SessionRunner* runner,
                                                   Profile* profile) {
    ProfileSubscription* subscription = g_new0(ProfileSubscription, 1);

    subscription->profile = refProfile(profile);
    subscription->runner = runner;
    subscription->heardAt = clockNow();
    subscribe(source, subscription);
    return subscription;
}

/* Unsubscribes first, so that nothing starts any more, then ends what is open. */
static void freeProfileSubscription(ProfileSubscription* subscription, EndReason reason) {
    const Profile* profile = subscription->profile;

    freeEventSubscription(subscription->events);
    stopTimer(&subscription->graceTimer);
    g_info("profile %s: unsubscribed from %s", profile->id, profile->trigger->id);
    terminateProfileSessions(runnerRegistry(subscription->runner), profile->id, reason, clockNow());
    unrefProfile(subscription->profile);
    g_free(subscription->problem);
    g_free(subscription);
}

/* Cooldown counts from the end of a session that ran, not from a start that it swallowed, and from
 * when the end was decided: a call that lets go late must not leave a gap. */
static void onSessionStop(SessionContext* session, gpointer data) {
    const ProfileSubscriptions* subscriptions = data;
    const Profile* profile = session->profile;
    ProfileSubscription* subscription = g_hash_table_lookup(subscriptions->byProfile, profile->id);

    if (subscription && subscription->profile == profile && profile->cooldownSec)
        subscription->cooldownUntil = clockNow() + profile->cooldownSec * G_TIME_SPAN_SECOND;
}

ProfileSubscriptions* newProfileSubscriptions(EventSource* source, SessionRunner* runner) {
    ProfileSubscriptions* subscriptions = g_new0(ProfileSubscriptions, 1);

    subscriptions->source = source;
    subscriptions->runner = runner;
    subscriptions->byProfile = g_hash_table_new(g_str_hash, g_str_equal);
    setSessionStopListener(runner, onSessionStop, subscriptions);
    return subscriptions;
}

/* Takes the entry out of the table before its sessions end. */
static void dropSubscription(ProfileSubscriptions* subscriptions, ProfileSubscription* subscription,
                             EndReason reason) {
    g_hash_table_remove(subscriptions->byProfile, subscription->profile->id);
    freeProfileSubscription(subscription, reason);
}

void freeProfileSubscriptions(ProfileSubscriptions* subscriptions) {
    if (!subscriptions)
        return;
    g_autoptr(GList) all = g_hash_table_get_values(subscriptions->byProfile);
    for (GList* link = all; link; link = link->next)
        dropSubscription(subscriptions, link->data, END_SHUTDOWN);
    setSessionStopListener(subscriptions->runner, NULL, NULL);
    g_hash_table_unref(subscriptions->byProfile);
    g_free(subscriptions);
}

/* Profile id -> Profile, of those that are enabled; borrowed from config. */
static GHashTable* indexEnabledProfiles(const Config* config) {
    GHashTable* wanted = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < config->profiles->len; i++) {
        Profile* profile = g_ptr_array_index(config->profiles, i);
        if (profile->enabled)
            g_hash_table_insert(wanted, profile->id, profile);
    }
    return wanted;
}

static void dropOutdatedSubscriptions(ProfileSubscriptions* subscriptions, GHashTable* wanted) {
    g_autoptr(GList) all = g_hash_table_get_values(subscriptions->byProfile);

    for (GList* link = all; link; link = link->next) {
        ProfileSubscription* subscription = link->data;
        const Profile* profile = g_hash_table_lookup(wanted, subscription->profile->id);
        if (!profile || !profilesEqual(profile, subscription->profile))
            dropSubscription(subscriptions, subscription, END_CONFIG);
    }
}

void setupProfileSubscriptions(ProfileSubscriptions* subscriptions, const Config* config) {
    g_autoptr(GHashTable) wanted = indexEnabledProfiles(config);

    dropOutdatedSubscriptions(subscriptions, wanted);
    for (guint i = 0; i < config->profiles->len; i++) {
        Profile* profile = g_ptr_array_index(config->profiles, i);
        if (!profile->enabled || g_hash_table_contains(subscriptions->byProfile, profile->id))
            continue;
        ProfileSubscription* subscription =
            newProfileSubscription(subscriptions->source, subscriptions->runner, profile);
        g_hash_table_insert(subscriptions->byProfile, subscription->profile->id, subscription);
    }
}

void retrySubscriptions(ProfileSubscriptions* subscriptions) {
    GHashTableIter entries;
    gpointer value;

    g_hash_table_iter_init(&entries, subscriptions->byProfile);
    while (g_hash_table_iter_next(&entries, NULL, &value)) {
        ProfileSubscription* subscription = value;
        if (!subscription->events && --subscription->checksLeft == 0)
            subscribe(subscriptions->source, subscription);
    }
}

TriggerKinds collectTriggers(const ProfileSubscriptions* subscriptions, GPtrArray* extras) {
    guint kinds = 0;
    GHashTableIter entries;
    gpointer value;

    g_hash_table_iter_init(&entries, subscriptions->byProfile);
    while (g_hash_table_iter_next(&entries, NULL, &value)) {
        const Trigger* trigger = ((ProfileSubscription*)value)->profile->trigger;
        if (trigger->type == TRIGGER_EVENT)
            g_ptr_array_add(extras, copyTrigger(trigger));
        else
            kinds |= 1u << trigger->type;
    }
    return (TriggerKinds)kinds;
}

gboolean compareLevels(ProfileSubscriptions* subscriptions, const GPtrArray* states,
                       gint64 askedAt) {
    g_autoptr(GHashTable) byTrigger = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GList) all = g_hash_table_get_values(subscriptions->byProfile);
    gboolean again = FALSE;

    for (guint i = 0; i < states->len; i++) {
        TriggerState* state = g_ptr_array_index(states, i);
        g_hash_table_insert(byTrigger, state->trigger->id, state);
    }
    for (GList* link = all; link; link = link->next) {
        ProfileSubscription* subscription = link->data;
        const char* triggerId = subscription->profile->trigger->id;
        again |= compareLevel(subscription, g_hash_table_lookup(byTrigger, triggerId), askedAt);
    }
    return again;
}

static const char* findProblem(const ProfileSubscription* subscription) {
    return subscription->events ? eventSubscriptionProblem(subscription->events)
                                : subscription->problem;
}

json_t* profileSubscriptionsToJson(const ProfileSubscriptions* subscriptions) {
    json_t* list = json_array();
    GHashTableIter entries;
    gpointer value;

    g_hash_table_iter_init(&entries, subscriptions->byProfile);
    while (g_hash_table_iter_next(&entries, NULL, &value)) {
        const ProfileSubscription* subscription = value;
        const char* state = subscription->active ? "active" : "inactive";
        json_array_append_new(list, json_pack("{ssssssss?}", "profile", subscription->profile->id,
                                              "trigger", subscription->profile->trigger->id,
                                              "state", subscription->seen ? state : "unknown",
                                              "error", findProblem(subscription)));
    }
    return list;
}

gboolean haveSubscriptionProblem(const ProfileSubscriptions* subscriptions) {
    GHashTableIter entries;
    gpointer value;

    g_hash_table_iter_init(&entries, subscriptions->byProfile);
    while (g_hash_table_iter_next(&entries, NULL, &value)) {
        if (findProblem(value))
            return TRUE;
    }
    return FALSE;
}
