/* SPDX-License-Identifier: MIT */
#include "ConfigEdit.h"

#include <string.h>

#include "ApiReports.h"
#include "JsonReader.h"

static Config* replaceProfiles(const ConfigEdit* edit, GError** error) {
    JsonReader* reader = newJsonReader(edit->body, "");
    const json_t* profiles = readArray(reader, "profiles", TRUE);

    if (!endJsonReader(reader, error))
        return NULL;
    return withProfiles(edit->app->config, profiles, error);
}

/* apiKeySet is accepted and ignored, so that what GET gave can be sent back. */
static json_t* withoutApiKeySet(const json_t* describer) {
    json_t* copy = json_copy((json_t*)describer);

    json_object_del(copy, "apiKeySet");
    return copy;
}

/* *apiKey: the new one, borrowed; NULL when it stays. */
static Config* changeSettings(const ConfigEdit* edit, const char** apiKey, GError** error) {
    JsonReader* reader = newJsonReader(edit->body, "");
    const json_t* describer = readObject(reader, "describer", FALSE);
    const json_t* budget = readObject(reader, "budget", FALSE);
    const json_t* secrets = readObject(reader, "secrets", FALSE);

    *apiKey = NULL;
    if (!endJsonReader(reader, error))
        return NULL;
    if (secrets) {
        reader = newJsonReader(secrets, "secrets");
        g_free(readString(reader, "apiKey", NULL, 0, 1000));
        if (!endJsonReader(reader, error))
            return NULL;
        *apiKey = json_string_value(json_object_get(secrets, "apiKey"));
    }
    json_auto_t* known = describer ? withoutApiKeySet(describer) : NULL;
    return withSettings(edit->app->config, known, budget, error);
}

/* The configuration as it would be; nothing is changed yet. */
static Config* makeConfig(const ConfigEdit* edit, const char** apiKey, GError** error) {
    *apiKey = NULL;
    switch (edit->kind) {
    case EDIT_REPLACE_PROFILES:
        return replaceProfiles(edit, error);
    case EDIT_ADD_PROFILE:
        return withAddedProfile(edit->app->config, edit->body, error);
    case EDIT_DELETE_PROFILE:
        return withoutProfile(edit->app->config, edit->id, error);
    case EDIT_SETTINGS:
    default:
        return changeSettings(edit, apiKey, error);
    }
}

static json_t* replyTo(const ConfigEdit* edit) {
    if (edit->kind == EDIT_SETTINGS)
        return settingsToJson(edit->app);
    return json_pack("{so}", "profiles", profilesToJson(edit->app->config));
}

static void apply(MainCall* call, const ConfigEdit* edit) {
    const char* apiKey;
    GError* error = NULL;
    g_autoptr(Config) config = makeConfig(edit, &apiKey, &error);
    gboolean applied = config && applyConfig(edit->app, config, &error) &&
                       (!apiKey || applyApiKey(edit->app, apiKey, &error));

    finishMainCall(call, applied ? replyTo(edit) : NULL, error);
}

static gboolean hasTrigger(const GPtrArray* profiles, const char* triggerId) {
    for (guint i = 0; i < profiles->len; i++) {
        const Profile* profile = g_ptr_array_index(profiles, i);
        if (strcmp(profile->trigger->id, triggerId) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The event triggers that config has and the one in force has not; Trigger*, owned. */
static GPtrArray* findNewEventTriggers(const Config* config, const Config* inForce) {
    GPtrArray* found = g_ptr_array_new_with_free_func((GDestroyNotify)freeTrigger);

    for (guint i = 0; i < config->profiles->len; i++) {
        const Profile* profile = g_ptr_array_index(config->profiles, i);
        if (profile->trigger->type == TRIGGER_EVENT &&
            !hasTrigger(inForce->profiles, profile->trigger->id))
            g_ptr_array_add(found, copyTrigger(profile->trigger));
    }
    return found;
}

static gboolean hasState(const GPtrArray* states, const char* triggerId) {
    for (guint i = 0; i < states->len; i++) {
        const TriggerState* state = g_ptr_array_index(states, i);
        if (strcmp(state->trigger->id, triggerId) == 0)
            return TRUE;
    }
    return FALSE;
}

static GError* newStatelessError(const Trigger* trigger, const GPtrArray* states) {
    g_autoptr(GString) valid = g_string_new(NULL);

    for (guint i = 0; i < states->len; i++) {
        const TriggerState* state = g_ptr_array_index(states, i);
        g_string_append_printf(valid, "%s%s", i ? ", " : "", state->trigger->id);
    }
    return g_error_new(
        CONFIG_ERROR, CONFIG_ERROR_INVALID,
        "trigger: %s has no current boolean state '%s', so it is not stateful or not "
        "there; what can be used now: %s",
        trigger->topic, trigger->key, valid->len ? valid->str : "nothing");
}

/* An edit whose triggers the camera was asked for. */
typedef struct {
    MainCall* call;
    ConfigEdit* edit;
} PendingEdit;

static void onTriggerStates(GPtrArray* states, gpointer data) {
    g_autofree PendingEdit* pending = data;
    ConfigEdit* edit = pending->edit;
    g_autoptr(GPtrArray) asked = g_steal_pointer(&edit->asked);
    g_autoptr(GPtrArray) owned = states;

    for (guint i = 0; i < asked->len; i++) {
        const Trigger* trigger = g_ptr_array_index(asked, i);
        if (hasState(owned, trigger->id))
            continue;
        finishMainCall(pending->call, NULL, newStatelessError(trigger, owned));
        return;
    }
    apply(pending->call, edit); /* anew: another edit may have come first */
}

void editConfig(MainCall* call, gpointer data) {
    ConfigEdit* edit = data;
    const char* apiKey;
    GError* error = NULL;
    g_autoptr(Config) config = makeConfig(edit, &apiKey, &error);

    if (!config) {
        finishMainCall(call, NULL, error);
        return;
    }
    edit->asked = findNewEventTriggers(config, edit->app->config);
    if (edit->asked->len == 0) {
        g_clear_pointer(&edit->asked, g_ptr_array_unref);
        apply(call, edit);
        return;
    }
    PendingEdit* pending = g_new(PendingEdit, 1);
    *pending = (PendingEdit){call, edit};
    findTriggerStates(edit->app->events, edit->asked, onTriggerStates, pending);
}
