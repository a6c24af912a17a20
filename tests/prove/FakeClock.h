/* SPDX-License-Identifier: MIT */
/* FakeClock - the Clock port with a time that a history moves. Microseconds throughout. */
#pragma once

#include <glib.h>

/* A boot: monotonic time begins at `us`. No timer may be set. */
void bootClock(gint64 us);
/* When the next timer is due; G_MAXINT64 without any. */
gint64 nextTimerDue(void);
/* Never backwards. */
void moveClock(gint64 us);
/* Calls the timers that are due by now, in their order. */
void fireDueTimers(void);
guint countTimers(void);
/* A moment at least `ms` from now that shares its fraction of a millisecond with no other one (of
 * the last thousand): two timers that were started at different moments never come due at the same
 * one, so that what must happen first is never a matter of taste. */
gint64 uniqueMoment(gint64 ms);
/* Someone sets the camera's time. */
void jumpWallClock(gint64 us);
