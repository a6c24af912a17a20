/* SPDX-License-Identifier: MIT */
/* MainCall - lets a CGI thread have something done on the main loop and wait for it. */
#pragma once

#include <gio/gio.h>
#include <jansson.h>

typedef struct MainCalls MainCalls;
typedef struct MainCall MainCall;
/* Runs on the main loop; must lead to finishMainCall(), at once or later. */
typedef void (*MainCallFunc)(MainCall* call, gpointer data);

MainCalls* newMainCalls(void);
void freeMainCalls(MainCalls* calls);
/* Main loop: refuses new calls and runs the loop until those under way are finished. */
void closeMainCalls(MainCalls* calls);

/* CGI threads. Runs func(call, data) on the main loop and waits for its result: a new reference to
 * JSON, or NULL and error (CONFIG_ERROR; G_IO_ERROR_CLOSED when the app is stopping). */
json_t* callMainLoop(MainCalls* calls, MainCallFunc func, gpointer data, GError** error);

/* Main loop: hands result, or error, over and takes it. */
void finishMainCall(MainCall* call, json_t* result, GError* error);
