/* SPDX-License-Identifier: MIT
 * Events from the bus share their key/value set among all subscriptions that get them. */
#ifndef PLATFORM_EVENT_H
#define PLATFORM_EVENT_H

#include <axsdk/axevent.h>

/* Shares set and timeStamp; free with ax_event_free(). */
AXEvent* newSharedEvent(const AXEventKeyValueSet* set, GDateTime* timeStamp);

#endif
