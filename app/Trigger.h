/* SPDX-License-Identifier: MIT */
/* Trigger - what the camera reports: a stateful event and its boolean. An immutable value.
 *
 * `id` is the trigger's identity in indexes and logs ("objectAnalytics:Device1Scenario1"); it is
 * compared for equality and never taken apart. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef enum {
    TRIGGER_OBJECT_ANALYTICS, /* an AXIS Object Analytics scenario */
    TRIGGER_VIRTUAL_INPUT,    /* a virtual input port */
    TRIGGER_MANUAL,           /* the manual trigger (VirtualPort) */
    TRIGGER_EVENT,            /* any other stateful event, named by its topic and key */
} TriggerType;

typedef struct {
    char* id;
    TriggerType type;
    char* scenario;      /* object analytics: the event's own name, "Device1Scenario1"; else NULL */
    int port;            /* virtual input and manual */
    char* topic;         /* event: "tns1:Device/tnsaxis:IO/Port", 1 to 4 levels; else NULL */
    char* key;           /* event: the boolean's key; else NULL */
    char* sourceKey;     /* event: its source, or NULL for any */
    json_t* sourceValue; /* an integer, string or boolean; NULL without sourceKey */
} Trigger;

/* The JSON of design 4.7. NULL and error (CONFIG_ERROR, "PATH.field: ...") when it is not valid. */
Trigger* newTrigger(const json_t* json, const char* path, GError** error);
Trigger* newScenarioTrigger(const char* scenario);
Trigger* newPortTrigger(TriggerType type, int port);
Trigger* copyTrigger(const Trigger* trigger);
void freeTrigger(Trigger* trigger);
/* A new reference for the caller. */
json_t* triggerToJson(const Trigger* trigger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trigger, freeTrigger)
