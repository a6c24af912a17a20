/* SPDX-License-Identifier: MIT */
/* BareLoop - the baseline of describeThroughput: threads that do nothing but post the same bytes to
 * the same endpoint with libcurl's easy interface over kept connections. */
#pragma once

#include <glib.h>

/* Posts body with this many threads for a while; requests answered per second. */
double runBareLoop(const char* url, const GString* body, guint threads, double seconds);
