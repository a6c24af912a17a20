/* SPDX-License-Identifier: MIT
 * Bus - the camera's bus as the platform libraries use it. Any thread may call these functions. */
#ifndef PLATFORM_BUS_H
#define PLATFORM_BUS_H

#include <gio/gio.h>

/* Returns the process's connection, lent for its whole life, or NULL with error set. */
GDBusConnection* getBus(GError** error);

/* Has the bus send us the signals of a match rule, or stop it. Does not wait. */
void addBusMatch(GDBusConnection* bus, const char* rule);
void removeBusMatch(GDBusConnection* bus, const char* rule);

/* The part of a D-Bus error's name behind prefix, such as "NotFound", or NULL when the error is no
 * answer of the service. Free with g_free(). Removes the name from the message. */
char* takeServiceErrorName(GError* error, const char* prefix);

#endif
