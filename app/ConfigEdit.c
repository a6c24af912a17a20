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

/* A copy without what is no setting: the secrets, and apiKeySet, which GET gives and PUT ignores.
 */
static json_t* copySettings(const json_t* body) {
    json_t* settings = json_deep_copy(body);

    json_object_del(settings, "secrets");
    json_object_del(json_object_get(settings, "describer"), "apiKeySet");
    return settings;
}

/* *apiKey: the new one, borrowed; NULL when it stays. */
static gboolean readSecrets(const json_t* body, const char** apiKey, GError** error) {
    const json_t* secrets = json_object_get(body, "secrets");

    *apiKey = NULL;
    if (!secrets)
        return TRUE;
    JsonReader* reader = newJsonReader(secrets, "secrets");
    g_free(readString(reader, "apiKey", NULL, 0, 1000));
    if (!endJsonReader(reader, error))
        return FALSE;
    *apiKey = json_string_value(json_object_get(secrets, "apiKey"));
    return TRUE;
}

static Config* changeSettings(const ConfigEdit* edit, const char** apiKey, GError** error) {
    json_auto_t* settings = copySettings(edit->body);

    return readSecrets(edit->body, apiKey, error) ? withSettings(edit->app->config, settings, error)
                                                  : NULL;
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
    findTriggerStates(edit->app->events, ASK_ALL, edit->asked, onTriggerStates, pending);
}
