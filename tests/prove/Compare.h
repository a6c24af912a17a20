/* SPDX-License-Identifier: MIT */
/* Compare - the engine as it is against the model, after each step. */
#pragma once

void compare(void);
/* When the world has been calm for long enough: what the subscriptions believe is true, and every
 * active trigger is monitored unless this activation has its excuse. */
void compareWithTruth(void);
