/* SPDX-License-Identifier: MIT */
#include "LoopingCallback.h"

#include <axsdk/axevent.h>

#include "BareSubscriber.h"
#include "Clock.h"
#include "EventBus.h"
#include "Harness.h"

/* As the old one had them: "Object_Device1Scenario1" and what it begins. */
typedef struct {
    char* trigger;
    Profile* profile;
} Entry;

struct LoopingCallback {
    Engine* engine;
    AXEventHandler* handler;
    guint number;
    char* scenario;
    Profile* own;
    GArray* entries; /* Entry */
};

static void clearEntry(gpointer data) {
    Entry* entry = data;

    g_free(entry->trigger);
    unrefProfile(entry->profile);
}

static void addEntry(LoopingCallback* looping, Profile* profile) {
    Entry entry = {g_strdup_printf("Object_%s", profile->trigger->scenario), refProfile(profile)};

    g_array_append_val(looping->entries, entry);
}

static void startMatching(LoopingCallback* looping, const char* trigger) {
    for (guint i = 0; i < looping->entries->len; i++) {
        const Entry* entry = &g_array_index(looping->entries, Entry, i);
        if (g_str_has_prefix(entry->trigger, trigger))
            startSession(looping->engine->app->runner, entry->profile);
    }
}

static void stopMatching(LoopingCallback* looping, const char* trigger) {
    g_autoptr(GPtrArray) open = copyOpenSessions(looping->engine->app->registry);

    for (guint i = 0; i < open->len; i++) {
        SessionContext* session = g_ptr_array_index(open, i);
        g_autofree char* key = g_strdup_printf("Object_%s", session->profile->trigger->scenario);
        if (g_str_has_prefix(key, trigger))
            stopSession(session, END_INACTIVE, clockNow());
    }
}

static void onEvent(guint number, AXEvent* event, gpointer data) {
    LoopingCallback* looping = data;
    g_autofree char* trigger = g_strdup_printf("Object_%s", looping->scenario);
    gboolean active = FALSE;

    (void)number;
    ax_event_key_value_set_get_boolean(ax_event_get_key_value_set(event), "active", NULL, &active,
                                       NULL);
    ax_event_free(event);
    if (active)
        startMatching(looping, trigger);
    else
        stopMatching(looping, trigger);
}

static Profile* newOwnProfile(guint scenario) {
    json_auto_t* json = benchProfile("looping", scenario, 60 * 60 * 1000, 1280);
    g_autoptr(GError) error = NULL;
    Profile* profile = newProfile(json, "", &error);

    if (!profile)
        fail("%s", error->message);
    return profile;
}

LoopingCallback* newLoopingCallback(Engine* engine, guint scenario) {
    LoopingCallback* looping = g_new0(LoopingCallback, 1);
    AXEventKeyValueSet* filter = newScenarioFilter(scenario);

    looping->engine = engine;
    looping->scenario = scenarioName(scenario);
    looping->own = newOwnProfile(scenario);
    looping->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    g_array_set_clear_func(looping->entries, clearEntry);
    setLoopingProfiles(looping);
    looping->handler = ax_event_handler_new();
    if (!ax_event_handler_subscribe(looping->handler, filter, &looping->number, onEvent, looping,
                                    NULL))
        fail("the looping callback cannot subscribe");
    ax_event_key_value_set_free(filter);
    return looping;
}

void setLoopingProfiles(LoopingCallback* looping) {
    const GPtrArray* profiles = looping->engine->app->config->profiles;

    g_array_set_size(looping->entries, 0);
    for (guint i = 0; i < profiles->len; i++)
        addEntry(looping, g_ptr_array_index(profiles, i));
    addEntry(looping, looping->own);
}

void freeLoopingCallback(LoopingCallback* looping) {
    ax_event_handler_unsubscribe(looping->handler, looping->number, NULL);
    ax_event_handler_free(looping->handler);
    g_array_unref(looping->entries);
    unrefProfile(looping->own);
    g_free(looping->scenario);
    g_free(looping);
}
