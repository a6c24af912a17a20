/* SPDX-License-Identifier: MIT */
#include "BareSubscriber.h"

#include "EdgeTimes.h"
#include "EventBus.h"
#include "Harness.h"

static void onEvent(guint number, AXEvent* event, gpointer data) {
    BareSubscriber* subscriber = data;

    (void)number;
    ax_event_key_value_set_get_boolean(ax_event_get_key_value_set(event), "active", NULL,
                                       &subscriber->active, NULL);
    ax_event_free(event);
    subscriber->calledNs = nowNs();
    subscriber->calls++;
}

AXEventKeyValueSet* newScenarioFilter(guint scenario) {
    AXEventKeyValueSet* filter = ax_event_key_value_set_new();
    g_autofree char* name = scenarioName(scenario);

    ax_event_key_value_set_add_key_value(filter, "topic0", "tnsaxis", "CameraApplicationPlatform",
                                         AX_VALUE_TYPE_STRING, NULL);
    ax_event_key_value_set_add_key_value(filter, "topic1", "tnsaxis", "ObjectAnalytics",
                                         AX_VALUE_TYPE_STRING, NULL);
    ax_event_key_value_set_add_key_value(filter, "topic2", "tnsaxis", name, AX_VALUE_TYPE_STRING,
                                         NULL);
    return filter;
}

BareSubscriber* newBareSubscriber(guint scenario) {
    BareSubscriber* subscriber = g_new0(BareSubscriber, 1);
    AXEventKeyValueSet* filter = newScenarioFilter(scenario);

    subscriber->handler = ax_event_handler_new();
    if (!ax_event_handler_subscribe(subscriber->handler, filter, &subscriber->number, onEvent,
                                    subscriber, NULL))
        fail("the bare subscriber cannot subscribe");
    ax_event_key_value_set_free(filter);
    return subscriber;
}

void freeBareSubscriber(BareSubscriber* subscriber) {
    ax_event_handler_unsubscribe(subscriber->handler, subscriber->number, NULL);
    ax_event_handler_free(subscriber->handler);
    g_free(subscriber);
}
