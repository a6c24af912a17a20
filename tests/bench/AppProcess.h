/* SPDX-License-Identifier: MIT */
/* AppProcess - the app in a process of its own, as a camera starts it, and what /proc says of it.
 */
#pragma once

#include <glib.h>

typedef struct {
    int pid;
    char* folder; /* its working folder, with localdata below; owned */
} AppProcess;

/* Starts program in a new folder whose localdata has config.json of this text. The environment is
 * this process's, with FCGI_SOCKET_NAME. */
AppProcess* startAppProcess(const char* program, const char* config);
/* SIGTERM; fails when it does not end well. */
void stopAppProcess(AppProcess* app);

/* KiB of memory that is resident, and threads. */
guint residentKib(const AppProcess* app);
guint countThreads(const AppProcess* app);
/* Processor time so far, microseconds. */
gint64 processorUs(const AppProcess* app);
/* Waits until it has used no processor time for a while. */
void waitUntilIdle(const AppProcess* app);
