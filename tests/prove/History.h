/* SPDX-License-Identifier: MIT */
/* History - runs one history and compares engine and model after each step. */
#pragma once

#include "Step.h"

/* Returns only when all is well; otherwise fail() ends the process. */
void runHistory(const GArray* steps, guint64 seed, gboolean isTold);
