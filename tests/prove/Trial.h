/* SPDX-License-Identifier: MIT */
/* Trial - histories in a process of their own, so that a crash of the engine ends only that. */
#pragma once

#include "Step.h"
#include "Verdict.h"

/* Memory that a child process shares with this one. */
Verdict* newSharedVerdict(void);

/* Runs histories first to first + count - 1 of seed in a child, which fills verdict in. */
int startWorker(Verdict* verdict, guint64 seed, guint64 first, guint64 count, guint steps);
/* What a child's wait status means; FAULTS when all is well. Fills verdict's text in. */
Fault judgeWorker(Verdict* verdict, int status);

/* Whether tryHistory() tells each step on stderr. */
void tellSteps(gboolean tell);
/* Runs this history in a child and waits for it. seconds: after which it counts as a hang. */
Fault tryHistory(const GArray* steps, Verdict* verdict, guint seconds);
/* The shortest history found that fails in the same way; the caller frees it. */
GArray* shrinkHistory(const GArray* steps, Fault fault, guint seconds);
