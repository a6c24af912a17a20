/* SPDX-License-Identifier: MIT */
/* DescribeClient - HTTP calls to the describer; the only file that knows libcurl.
 *
 * A call blocks its worker until the answer is there, the time is over, or the session is
 * cancelled. A cancel wakes the worker at once and closes the connection; nothing polls. */
#pragma once

#include <gio/gio.h>

#include "ChatProtocol.h"
#include "Config.h"

typedef struct DescribeClient DescribeClient;

/* Main loop, once, before any other thread uses it. */
DescribeClient* newDescribeClient(void);
/* No call may be under way. */
void freeDescribeClient(DescribeClient* client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DescribeClient, freeDescribeClient)

/* Posts request to the describer's chat completions and returns the body of the answer; free it.
 * apiKey may be NULL. NULL and error (DESCRIBE_ERROR) otherwise; *retryAfterSec is then what the
 * describer asked for, 0 if nothing. Worker threads. */
GString* callDescriber(DescribeClient* client, const DescriberConfig* describer, const char* apiKey,
                       const RequestBody* request, GCancellable* cancel, guint* retryAfterSec,
                       GError** error);
