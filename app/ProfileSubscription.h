/* SPDX-License-Identifier: MIT */
/* ProfileSubscription - one profile, its one event subscription, and what an edge of its trigger
 * means: active starts a session, inactive ends the monitoring. No callback loops over profiles.
 * Main loop only. */
#pragma once

#include "Config.h"
#include "EventSubscribe.h"
#include "SessionRunner.h"

/* The subscriptions in force, one for each enabled profile. */
typedef struct ProfileSubscriptions ProfileSubscriptions;

/* Both are borrowed and must outlive the subscriptions. */
ProfileSubscriptions* newProfileSubscriptions(EventSource* source, SessionRunner* runner);
/* Unsubscribes all; their sessions end as `shutdown`. */
void freeProfileSubscriptions(ProfileSubscriptions* subscriptions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProfileSubscriptions, freeProfileSubscriptions)

/* Makes the subscriptions those of config's enabled profiles. What did not change is not touched;
 * what was edited, disabled or deleted is unsubscribed and freed, and its sessions end as
 * `config`. */
void setupProfileSubscriptions(ProfileSubscriptions* subscriptions, const Config* config);

/* For level checks: tries those again that the event service refused, after 1, 2, 4 and from then
 * on 8 checks. Until then a profile hears of its trigger by the checks alone. */
void retrySubscriptions(ProfileSubscriptions* subscriptions);
/* What a level check has to ask for: the kinds of the triggers in force, and those of type `event`,
 * copied into extras. */
TriggerKinds collectTriggers(const ProfileSubscriptions* subscriptions, GPtrArray* extras);
/* Compares the triggers' real states (TriggerState*, borrowed), which the camera was asked for at
 * askedAt (clockNow()), with what the subscriptions believe, and acts on what differs as on an
 * edge; but not where a state has come since. TRUE when a trigger was not found for the first time
 * and should be looked for again soon: the second time its sessions end as `triggerMissing`. */
gboolean compareLevels(ProfileSubscriptions* subscriptions, const GPtrArray* states,
                       gint64 askedAt);

/* One for each subscription, as status.cgi shows it; a new reference to a JSON array. */
json_t* profileSubscriptionsToJson(const ProfileSubscriptions* subscriptions);
/* Whether any has a problem. */
gboolean haveSubscriptionProblem(const ProfileSubscriptions* subscriptions);
