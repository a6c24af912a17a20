/* SPDX-License-Identifier: MIT */
/* BudgetFile - what was spent of the budget, as one small file of JSON, written whole or not at
 * all. Any thread, one at a time. */
#pragma once

#include <glib.h>

enum { BUDGET_MINUTES = 60, BUDGET_HOURS = 24 };

/* As of one moment. */
typedef struct {
    guint minutes[BUDGET_MINUTES]; /* calls made: [0] in that minute, [1] in the one before */
    guint hours[BUDGET_HOURS];     /* the same calls, by hours */
    guint reserved;                /* calls that may have been made since */
    gint64 at;                     /* the moment, clockNow() */
    gint64 latestWall;             /* the latest that clockWall() was ever seen to show */
} SpentCalls;

gboolean writeSpentCalls(const char* path, const SpentCalls* spent, GError** error);
/* FALSE when there is none, or it cannot be used: it is then kept aside, with a warning. */
gboolean readSpentCalls(const char* path, SpentCalls* spent);
