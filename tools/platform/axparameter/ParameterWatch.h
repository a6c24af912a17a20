/* SPDX-License-Identifier: MIT
 * ParameterWatch - the callbacks of one AXParameter. They run in the default main context; while
 * one runs, its thread may not use parameters. Any thread may call these functions. */
#ifndef PLATFORM_PARAMETER_WATCH_H
#define PLATFORM_PARAMETER_WATCH_H

#include <axsdk/axparameter.h>
#include <gio/gio.h>

typedef struct ParameterWatch ParameterWatch;

ParameterWatch* newParameterWatch(void);

/* name is a full name, root.Group.Name; replaces an earlier callback for it. */
void watchParameter(ParameterWatch* watch, GDBusConnection* bus, const char* name,
                    AXParameterCallback* callback, gpointer userData);

void unwatchParameter(ParameterWatch* watch, const char* name);

/* Cancels pending callbacks and waits for one that runs in another thread. */
void freeParameterWatch(ParameterWatch* watch);

/* True while a callback runs in this thread. */
gboolean isInParameterCallback(void);

#endif
