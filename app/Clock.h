/* SPDX-License-Identifier: MIT */
/* Clock - time and timers, so that tests can replace them by a clock of their own.
 * Intervals use the monotonic clock: setting the camera's time does not touch them. */
#pragma once

#include <gio/gio.h>

/* Microseconds, monotonic. Any thread. */
gint64 clockNow(void);
/* Microseconds since 1970 UTC, as the camera's clock is set: it may be wrong, and jump. Any thread.
 */
gint64 clockWall(void);
/* UTC as ISO 8601 with milliseconds, for people and records; g_free(). Any thread. */
char* clockText(void);

typedef void (*TimerFunc)(gpointer data);
/* Main loop only. Calls func every `ms` milliseconds until stopTimer(); returns an id, never 0. */
guint startTimer(guint ms, TimerFunc func, gpointer data);
/* Sets *timer to 0; 0 is ignored. */
void stopTimer(guint* timer);

/* Worker threads: waits for ms, or until the session is cancelled; TRUE when it was cancelled. */
gboolean waitUnlessCancelled(GCancellable* cancel, guint ms);
