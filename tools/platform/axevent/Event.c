/* SPDX-License-Identifier: MIT */
#include "Event.h"

#include "KeyValueSet.h"

G_GNUC_BEGIN_IGNORE_DEPRECATIONS /* GTimeVal: the deprecated functions have it in their prototypes
                                  */

    struct _AXEvent {
    AXEventKeyValueSet* set;
    GDateTime* timeStamp;
    GTimeVal timeValue; /* what ax_event_get_time_stamp() lends */
};

GQuark ax_event_error_quark(void) {
    return g_quark_from_static_string("ax-event-error");
}

static AXEvent* newEvent(AXEventKeyValueSet* set, GDateTime* timeStamp) {
    AXEvent* event = g_new0(AXEvent, 1);

    event->set = set;
    event->timeStamp = timeStamp;
    event->timeValue.tv_sec = (glong)g_date_time_to_unix(timeStamp);
    event->timeValue.tv_usec = g_date_time_get_microsecond(timeStamp);
    return event;
}

AXEvent* newSharedEvent(const AXEventKeyValueSet* set, GDateTime* timeStamp) {
    return newEvent(refKeyValueSet(set), g_date_time_ref(timeStamp));
}

AXEvent* ax_event_new2(AXEventKeyValueSet* key_value_set, GDateTime* time_stamp) {
    g_return_val_if_fail(key_value_set != NULL, NULL);

    return newEvent(copyKeyValueSet(key_value_set),
                    time_stamp ? g_date_time_ref(time_stamp) : g_date_time_new_now_local());
}

AXEvent* ax_event_new(AXEventKeyValueSet* key_value_set, GTimeVal* time_stamp) {
    g_autoptr(GDateTime) timeStamp =
        time_stamp ? g_date_time_new_from_timeval_local(time_stamp) : NULL;
    return ax_event_new2(key_value_set, timeStamp);
}

void ax_event_free(AXEvent* event) {
    if (!event)
        return;
    ax_event_key_value_set_free(event->set);
    g_date_time_unref(event->timeStamp);
    g_free(event);
}

const AXEventKeyValueSet* ax_event_get_key_value_set(AXEvent* event) {
    g_return_val_if_fail(event != NULL, NULL);
    return event->set;
}

GDateTime* ax_event_get_time_stamp2(AXEvent* event) {
    g_return_val_if_fail(event != NULL, NULL);
    return event->timeStamp;
}

const GTimeVal* ax_event_get_time_stamp(AXEvent* event) {
    g_return_val_if_fail(event != NULL, NULL);
    return &event->timeValue;
}

G_GNUC_END_IGNORE_DEPRECATIONS
