/* SPDX-License-Identifier: MIT */
/* ModelCall - the part of the model that follows a description through snapshot, calls, retries and
 * budget. Its functions are declared in Model.h. */
#pragma once

#include "Model.h"

/* A new run of the app has spent nothing. */
void forgetModelCalls(void);
void endModelSession(ModelSession* session, const char* reason);
