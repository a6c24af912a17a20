/* SPDX-License-Identifier: MIT */
/* BareSubscriber - the baseline of edgeToSession: the smallest possible axevent subscriber. Its
 * callback reads the state and notes the time. */
#pragma once

#include <axsdk/axevent.h>

typedef struct {
    AXEventHandler* handler;
    guint number;
    guint calls;
    gboolean active;
    gint64 calledNs; /* CLOCK_MONOTONIC, when the callback had read the state */
} BareSubscriber;

BareSubscriber* newBareSubscriber(guint scenario);
void freeBareSubscriber(BareSubscriber* subscriber);

/* The filter of a scenario's events; ax_event_key_value_set_free(). */
AXEventKeyValueSet* newScenarioFilter(guint scenario);
