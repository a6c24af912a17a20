/* SPDX-License-Identifier: MIT */
/* FakeDescribeClient - the DescribeClient port: answers, fails or hangs as a test says. A call that
 * hangs ends only when its session is cancelled or the test releases it. */
#pragma once

#include <glib.h>

typedef enum { FAKE_ANSWERS, FAKE_HANGS, FAKE_FAILS, FAKE_ANSWERS_LATE } FakeBehaviour;

void setFakeDescriber(FakeBehaviour behaviour);
/* Calls begun so far. */
guint countFakeCalls(void);
/* Calls that hang now. */
guint countHangingCalls(void);
/* FAKE_HANGS and FAKE_ANSWERS_LATE: every call that hangs now answers. FAKE_ANSWERS_LATE does not
 * listen to cancelling, like a result that was on its way already. */
void releaseFakeCalls(void);
