/* SPDX-License-Identifier: MIT
 * One event: a key/value set and the time at which it happened (ACAP axevent API).
 * A subscription callback owns the event it gets and frees it. */
#ifndef PLATFORM_AX_EVENT_H
#define PLATFORM_AX_EVENT_H

#include <glib.h>

#include <axsdk/axevent/ax_event_key_value_set.h>

G_BEGIN_DECLS

typedef struct _AXEvent AXEvent;

/* Copies the set; time_stamp NULL means now. Free with ax_event_free(). */
AXEvent* ax_event_new2(AXEventKeyValueSet* key_value_set, GDateTime* time_stamp);

void ax_event_free(AXEvent* event);

/* Both are lent: they live as long as the event. */
const AXEventKeyValueSet* ax_event_get_key_value_set(AXEvent* event);
GDateTime* ax_event_get_time_stamp2(AXEvent* event);

G_GNUC_BEGIN_IGNORE_DEPRECATIONS
/* Deprecated since ACAP 3.2: use ax_event_new2() and ax_event_get_time_stamp2(). */
AXEvent* ax_event_new(AXEventKeyValueSet* key_value_set, GTimeVal* time_stamp) G_GNUC_DEPRECATED;
const GTimeVal* ax_event_get_time_stamp(AXEvent* event) G_GNUC_DEPRECATED;
G_GNUC_END_IGNORE_DEPRECATIONS

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AXEvent, ax_event_free)

G_END_DECLS

#endif
