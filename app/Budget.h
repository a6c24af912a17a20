/* SPDX-License-Identifier: MIT */
/* Budget - how many calls to the describer this hour and this day may still take.
 *
 * Both windows slide: an hour is the last 60 minutes in steps of one, a day the last 24 hours in
 * steps of one. Monotonic time. Any thread may call. */
#pragma once

#include "Config.h"

typedef struct Budget Budget;

Budget* newBudget(void);
void freeBudget(Budget* budget);
/* What was spent stays spent. */
void setBudgetLimits(Budget* budget, BudgetConfig limits);
/* Spends one call; FALSE when there is none left. */
gboolean takeCall(Budget* budget);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Budget, freeBudget)
