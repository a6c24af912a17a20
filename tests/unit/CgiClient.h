/* SPDX-License-Identifier: MIT */
/* CgiClient - asks an app over FastCGI as the camera's web server does: one connection for each
 * request. Any thread. */
#pragma once

#include <glib.h>

/* target: "status.cgi" or "descriptions.cgi?since=1"; body: JSON, or NULL. Blocks until the answer
 * is there: *status is its HTTP status, and what is returned its body; g_free(). Aborts when the
 * app does not speak the protocol. */
char* askCgi(const char* socketPath, const char* method, const char* target, const char* body,
             guint* status);
