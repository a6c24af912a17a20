/* SPDX-License-Identifier: MIT */
/* LevelCheck - edges get lost; levels do not. Every levelCheckSec the triggers' real states are
 * compared with what the subscriptions believe, and what differs is made up for, in either
 * direction. A trigger that is gone twice in a row ends its sessions as `triggerMissing`, and
 * a subscription that was refused is tried again. Main loop only. */
#pragma once

#include "EventSubscribe.h"
#include "ProfileSubscription.h"

typedef struct LevelCheck LevelCheck;

/* Both are borrowed and must outlive the check, which begins with setLevelCheckPeriod(). */
LevelCheck* newLevelCheck(EventSource* source, ProfileSubscriptions* subscriptions);
/* An answer that is still on its way is dropped. */
void freeLevelCheck(LevelCheck* check);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LevelCheck, freeLevelCheck)

/* The same period again changes nothing: the next check is not put off. */
void setLevelCheckPeriod(LevelCheck* check, guint seconds);
