/* SPDX-License-Identifier: MIT */
/* Describer - an OpenAI-compatible endpoint that reads each request and answers at once with a
 * fixed chat completion over kept connections, or never answers: a process of its own, one thread
 * around epoll, loopback only. It also reads away what the app sends to the system log, as a log
 * daemon does. */
#pragma once

#include <glib.h>

/* Shared with the describer's process; fields are atomic. */
typedef struct {
    gint port;
    gint isHanging;      /* set it: requests are read and never answered */
    gint connections;    /* open now */
    gint requests;       /* read to their end since the start */
    gint logLines;       /* read since the start */
    gint64 lastClosedAt; /* g_get_monotonic_time() when the last connection closed */
    int pid;
} Describer;

/* Only before anything has started a thread. Sets VIRTUAL_SYSLOG_SOCKET, so that what this process
 * and its children log goes to the describer's process; folder is where that socket lies. */
Describer* startDescriber(const char* folder);
void stopDescriber(Describer* describer);
/* "http://127.0.0.1:PORT/v1"; g_free(). */
char* describerUrl(const Describer* describer);
