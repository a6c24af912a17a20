/* SPDX-License-Identifier: MIT */
/* FakeDescriber - the DescribeClient and the FrameSource port: what becomes of a call or a snapshot
 * is decided by the history, at once or later. */
#pragma once

#include <glib.h>

/* Outcomes; an answer or a picture is 0. */
enum { OUTCOME_GOOD, OUTCOME_REFUSED, OUTCOME_NETWORK, OUTCOME_BUSY, OUTCOME_GARBAGE };

/* What begins from now on. call: an outcome, then HANGS (until cancelled) or DEAF (cancelling does
 * not help, as with an answer that is on its way). frame: 0 good, 1 fails, 2 hangs. */
enum { CALL_MODE_HANGS = 5, CALL_MODE_DEAF, CALL_MODES };
enum { FRAME_GOOD, FRAME_FAILS, FRAME_HANGS };
void setDescriberModes(int call, int frame);
