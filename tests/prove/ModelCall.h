/* SPDX-License-Identifier: MIT */
/* ModelCall - the part of the model that follows a description through snapshot, calls and
 * retries. Its functions are declared in Model.h. */
#pragma once

#include "Model.h"

void endModelSession(ModelSession* session, const char* reason);
