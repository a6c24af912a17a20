/* SPDX-License-Identifier: MIT */
/* FakeClock - the Clock port with a time that stands still until a test moves it. */
#pragma once

#include <glib.h>

/* Moves the time and calls every timer that comes due, in its order. */
void advanceClock(guint ms);
/* Someone sets the camera's time: clockWall(). */
void setWallClock(gint64 us);
/* The camera starts anew; its time goes on unless it is set. No timer may be set. */
void rebootClock(gint64 uptimeUs);
/* Timers that are set; a test that ends with some has leaked them. */
guint countTimers(void);
