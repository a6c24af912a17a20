/* SPDX-License-Identifier: MIT */
/* BareLoop - the baseline of describeThroughput: threads that do nothing but post the same bytes to
 * the same endpoint with libcurl's easy interface over kept connections. */
#pragma once

#include <glib.h>

/* The body of a request; g_string_free(). */
typedef GString* (*MakeBody)(gpointer data);

/* Posts with this many threads for a while: each its own body, made once, or with isMadeAnew made
 * for each request. Requests answered per second. */
double runBareLoop(const char* url, guint threads, double seconds, MakeBody make, gpointer data,
                   gboolean isMadeAnew);
