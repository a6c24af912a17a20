/* SPDX-License-Identifier: MIT */
/* EventBus - the camera's event service on the bus of DBUS_SYSTEM_BUS_ADDRESS, as small and quick
 * as it can be, in a process of its own: object analytics scenarios Device1Scenario0 and on, whose
 * edges a figure sends. It speaks what tools/virtual_camera/dbus_services.py speaks. */
#pragma once

#include <glib.h>

typedef struct EventBus EventBus;

/* Only before anything has started a thread. All scenarios are inactive. */
EventBus* startEventBus(guint scenarios);
void stopEventBus(EventBus* bus);

/* "Device1Scenario7"; g_free(). */
char* scenarioName(guint scenario);
/* Sets a scenario's state and sends its event; returns before it is sent. */
void sendEdge(EventBus* bus, guint scenario, gboolean active);
/* g_get_monotonic_time() right before the last edge was handed to the bus. */
gint64 edgeSentAt(const EventBus* bus);
/* How often somebody asked for states, as each subscription does. */
guint countStateCalls(const EventBus* bus);
void resetStateCalls(EventBus* bus);
