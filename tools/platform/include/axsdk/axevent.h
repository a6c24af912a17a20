/* SPDX-License-Identifier: MIT
 * axevent: the camera's event system for applications (ACAP axevent API).
 *
 * A producer declares events and sends them, a consumer subscribes to them. Callbacks run in the
 * default main context, so the application needs a running GMainLoop. */
#ifndef PLATFORM_AXEVENT_H
#define PLATFORM_AXEVENT_H

#include <glib.h>

#include <axsdk/axevent/ax_event.h>
#include <axsdk/axevent/ax_event_element_item.h>
#include <axsdk/axevent/ax_event_error.h>
#include <axsdk/axevent/ax_event_handler.h>
#include <axsdk/axevent/ax_event_key_value_set.h>
#include <axsdk/axevent/ax_event_types.h>

#endif
