/* SPDX-License-Identifier: MIT */
/* Log - sends GLib's log to syslog, which the camera shows in its system log.
 *
 * One grammar: what, which, event, reason, as in "session 7f3a profile door: running -> stopping
 * (inactive)". Lines are ASCII, without secrets and without image bytes. Any thread may log. */
#pragma once

#include <glib.h>

/* Lines below level are dropped; G_LOG_LEVEL_INFO keeps every session's life. */
void initLog(const char* appName);
/* TRUE, on the main loop: from now on its lines of level info and debug wait until the loop has
 * nothing else to do, so that no edge and no end waits for the log daemon; but on a loop that never
 * rests, a tenth of a second at most. Lines that matter more are written at once, after those that
 * wait. FALSE: writes what waits, and no line waits any more. */
void queueLog(gboolean queue);
void setLogLevel(GLogLevelFlags level);
/* "info", "debug" or "warning"; FALSE for anything else. */
gboolean setLogLevelByName(const char* name);
/* Text from outside made fit for a line: ASCII, no control characters, at most `most` bytes;
 * g_free(). */
char* logText(const char* text, gsize most);
