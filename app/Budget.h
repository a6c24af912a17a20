/* SPDX-License-Identifier: MIT */
/* Budget - how many calls to the describer this hour and this day may still take.
 *
 * Both windows slide: an hour is the last 60 minutes in steps of one, a day the last 24 hours in
 * steps of one. Monotonic time. What was spent is kept in localdata, so that neither a crash nor a
 * loss of power gives a fresh budget. Not each call is written: they are reserved there in blocks
 * of 1 and a twentieth of the smaller limit. What a crash leaves of a block counts as spent when
 * the app starts again, so that a crash may lose calls and never gains one. While nothing is
 * limited, nothing is written.
 *
 * After a reboot, the time that has passed is the uptime, or more if the wall clock says so: but
 * only what it shows beyond the latest time it ever showed. So a clock that is not set, or is set
 * to and fro, gives no calls, and what was spent is forgotten after an hour and a day that the app
 * runs at the latest.
 *
 * takeCall() is for workers: the one that takes a block's first call writes the block, and others
 * may wait for it if they need the block too. The main loop writes when it makes the budget and
 * frees it, and otherwise never waits for the disk. */
#pragma once

#include "Config.h"

typedef struct Budget Budget;

/* directory: localdata. */
Budget* newBudget(const char* directory);
/* Saves what was spent; no worker may be left. */
void freeBudget(Budget* budget);
/* What was spent stays spent. Any thread. */
void setBudgetLimits(Budget* budget, BudgetConfig limits);
/* Spends one call; FALSE when there is none left. When the disk does not take what was spent, calls
 * go on. */
gboolean takeCall(Budget* budget);
/* Why what was spent cannot be saved; g_free(). NULL when it can. Any thread. */
char* budgetProblem(Budget* budget);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Budget, freeBudget)
