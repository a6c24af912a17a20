/* SPDX-License-Identifier: MIT */
/* ModelBudget - the part of the model that knows what is spent: in memory, and on the disk, which a
 * crash goes back to. What a crash left of a reserved block counts as spent from the next start.
 * And the rule behind it: whatever happens, an hour of the world has no more calls under a limit
 * than the limit, unless somebody sets the clock forward or the disk was full. */
#pragma once

#include "Model.h"

/* A new world: nothing was ever spent. */
void startModelBudget(void);
/* The app starts, and reads its disk. */
void modelBudgetStarts(void);
/* It ends as it should, and saves. */
void modelBudgetStops(void);
/* A worker wants a call; FALSE when there is none left. */
gboolean modelTakeCall(void);

/* The camera reboots: the monotonic clock begins anew. */
void modelReboots(void);
/* Somebody sets the clock forward. */
void modelClockIsSetForward(void);
