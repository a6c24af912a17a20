/* SPDX-License-Identifier: MIT */
#include "Trigger.h"

#include <string.h>

#include "JsonReader.h"

static const char* const typeNames[] = {"objectAnalytics", "virtualInput", "manual", "event", NULL};

enum { MOST_NAME = 128, MOST_TOPIC = 512, MOST_PORT = 4096 };

static char* formatSource(const Trigger* trigger) {
    if (!trigger->sourceKey)
        return g_strdup("");
    g_autofree char* value = json_dumps(trigger->sourceValue, JSON_ENCODE_ANY);
    return g_strdup_printf("?%s=%s", trigger->sourceKey, value);
}

static char* formatId(const Trigger* trigger) {
    const char* type = typeNames[trigger->type];

    switch (trigger->type) {
    case TRIGGER_OBJECT_ANALYTICS:
        return g_strdup_printf("%s:%s", type, trigger->scenario);
    case TRIGGER_VIRTUAL_INPUT:
    case TRIGGER_MANUAL:
        return g_strdup_printf("%s:%d", type, trigger->port);
    case TRIGGER_EVENT:
    default: {
        g_autofree char* source = formatSource(trigger);
        return g_strdup_printf("%s:%s%s#%s", type, trigger->topic, source, trigger->key);
    }
    }
}

/* Letters, digits, '_', '-' and '.': what topic levels and keys are made of. */
static gboolean isName(const char* text) {
    return text[0] && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "_-.") == strlen(text);
}

static gboolean isTopicLevel(const char* level) {
    const char* name = level;

    if (g_str_has_prefix(level, "tns1:"))
        name += strlen("tns1:");
    else if (g_str_has_prefix(level, "tnsaxis:"))
        name += strlen("tnsaxis:");
    return isName(name);
}

static gboolean isTopic(const char* topic) {
    g_auto(GStrv) levels = g_strsplit(topic, "/", -1);
    guint count = g_strv_length(levels);

    for (guint i = 0; i < count; i++) {
        if (!isTopicLevel(levels[i]))
            return FALSE;
    }
    return count >= 1 && count <= 4;
}

static void readSource(Trigger* trigger, JsonReader* reader) {
    const json_t* source = readObject(reader, "source", FALSE);

    if (!source || json_object_size(source) == 0)
        return;
    void* entry = json_object_iter((json_t*)source);
    const char* key = json_object_iter_key(entry);
    json_t* value = json_object_iter_value(entry);
    if (json_object_size(source) > 1)
        failField(reader, "source", "must have one key at most");
    else if (!isName(key) || strlen(key) > MOST_NAME)
        failField(reader, "source", "has a key that is not a name");
    else if (!json_is_integer(value) && !json_is_string(value) && !json_is_boolean(value))
        failField(reader, "source", "must have a whole number, a string or a boolean as value");
    else if (json_string_length(value) > MOST_NAME)
        failField(reader, "source", "has a value longer than %d bytes", MOST_NAME);
    else {
        trigger->sourceKey = g_strdup(key);
        trigger->sourceValue = json_incref(value);
    }
}

static void readEvent(Trigger* trigger, JsonReader* reader) {
    trigger->topic = readString(reader, "topic", NULL, 1, MOST_TOPIC);
    if (!hasFailed(reader) && !isTopic(trigger->topic))
        failField(reader, "topic",
                  "must be 1 to 4 names joined by '/', each with tns1: or tnsaxis: before it");
    trigger->key = readString(reader, "key", "active", 1, MOST_NAME);
    readSource(trigger, reader);
}

static void readFields(Trigger* trigger, JsonReader* reader) {
    switch (trigger->type) {
    case TRIGGER_OBJECT_ANALYTICS:
        trigger->scenario = readString(reader, "scenario", NULL, 1, MOST_NAME);
        if (!hasFailed(reader) && !isName(trigger->scenario))
            failField(reader, "scenario", "must be an event's name, such as Device1Scenario1");
        break;
    case TRIGGER_VIRTUAL_INPUT:
    case TRIGGER_MANUAL:
        trigger->port = (int)readRequiredInt(reader, "port", 1, MOST_PORT);
        break;
    case TRIGGER_EVENT:
    default:
        readEvent(trigger, reader);
        break;
    }
}

Trigger* newTrigger(const json_t* json, const char* path, GError** error) {
    g_autoptr(Trigger) trigger = g_new0(Trigger, 1);
    JsonReader* reader = newJsonReader(json, path);

    trigger->type = (TriggerType)readEnum(reader, "type", typeNames, -1);
    readFields(trigger, reader);
    if (!endJsonReader(reader, error))
        return NULL;
    trigger->id = formatId(trigger);
    return g_steal_pointer(&trigger);
}

Trigger* newScenarioTrigger(const char* scenario) {
    Trigger* trigger = g_new0(Trigger, 1);

    trigger->type = TRIGGER_OBJECT_ANALYTICS;
    trigger->scenario = g_strdup(scenario);
    trigger->id = formatId(trigger);
    return trigger;
}

Trigger* newPortTrigger(TriggerType type, int port) {
    Trigger* trigger = g_new0(Trigger, 1);

    trigger->type = type;
    trigger->port = port;
    trigger->id = formatId(trigger);
    return trigger;
}

Trigger* copyTrigger(const Trigger* trigger) {
    Trigger* copy = g_new0(Trigger, 1);

    *copy = *trigger;
    copy->id = g_strdup(trigger->id);
    copy->scenario = g_strdup(trigger->scenario);
    copy->topic = g_strdup(trigger->topic);
    copy->key = g_strdup(trigger->key);
    copy->sourceKey = g_strdup(trigger->sourceKey);
    json_incref(copy->sourceValue);
    return copy;
}

void freeTrigger(Trigger* trigger) {
    if (!trigger)
        return;
    g_free(trigger->id);
    g_free(trigger->scenario);
    g_free(trigger->topic);
    g_free(trigger->key);
    g_free(trigger->sourceKey);
    json_decref(trigger->sourceValue);
    g_free(trigger);
}

json_t* triggerToJson(const Trigger* trigger) {
    json_t* json = json_pack("{ss}", "type", typeNames[trigger->type]);

    switch (trigger->type) {
    case TRIGGER_OBJECT_ANALYTICS:
        json_object_set_new(json, "scenario", json_string(trigger->scenario));
        break;
    case TRIGGER_VIRTUAL_INPUT:
    case TRIGGER_MANUAL:
        json_object_set_new(json, "port", json_integer(trigger->port));
        break;
    case TRIGGER_EVENT:
    default:
        json_object_set_new(json, "topic", json_string(trigger->topic));
        json_object_set_new(json, "key", json_string(trigger->key));
        if (trigger->sourceKey)
            json_object_set_new(json, "source",
                                json_pack("{sO}", trigger->sourceKey, trigger->sourceValue));
        break;
    }
    return json;
}
