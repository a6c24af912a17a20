/* SPDX-License-Identifier: MIT */
#include "ConfigMigration.h"

#include <string.h>

#include "JsonReader.h"

static const char* const oldTriggerTypes[] = {"Object", "VirtualInput", NULL};

gboolean isVersion1(const json_t* json) {
    const json_t* version = json_object_get(json, "version");

    return json_object_get(json, "subscriptions") && (!version || json_integer_value(version) == 1);
}

static json_t* migrateTrigger(const json_t* json, const char* path, GError** error) {
    JsonReader* reader = newJsonReader(json, path);
    int type = readEnum(reader, "type", oldTriggerTypes, -1);
    gint64 port = readInt(reader, "port", 1, 0, 4096);
    g_autofree char* scenario = readString(reader, "profile", type == 0 ? NULL : "", 0, 128);

    if (!endJsonReader(reader, error))
        return NULL;
    if (type == 0)
        return json_pack("{ssss}", "type", "objectAnalytics", "scenario", scenario);
    return json_pack("{sssI}", "type", "virtualInput", "port", (json_int_t)port);
}

/* "Loitering at the door" -> "loitering-at-the-door", made unique by a number. */
static char* makeId(const char* name, GHashTable* ids) {
    g_autoptr(GString) id = g_string_new(NULL);

    for (const char* c = name; *c && id->len < 48; c++) {
        if (g_ascii_isalnum(*c))
            g_string_append_c(id, g_ascii_tolower(*c));
        else if (id->len && id->str[id->len - 1] != '-')
            g_string_append_c(id, '-');
    }
    while (id->len && id->str[id->len - 1] == '-')
        g_string_truncate(id, id->len - 1);
    if (!id->len)
        g_string_assign(id, "profile");
    g_autofree char* unique = g_strdup(id->str);
    for (int i = 2; g_hash_table_contains(ids, unique); i++) {
        g_free(unique);
        unique = g_strdup_printf("%s-%d", id->str, i);
    }
    g_hash_table_add(ids, g_strdup(unique));
    return g_steal_pointer(&unique);
}

static gboolean migrateMonitoring(json_t* profile, const json_t* monitoring, const char* path,
                                  GError** error) {
    JsonReader* reader = newJsonReader(monitoring, path);
    gboolean enabled = readBool(reader, "enabled", FALSE);
    const json_t* interval = readAny(reader, "intervalMs");
    const json_t* most = readAny(reader, "maxDurationSec");

    json_object_set_new(profile, "sessionType",
                        json_string(enabled ? "activeMonitoring" : "oneShot"));
    if (interval)
        json_object_set(profile, "intervalMs", (json_t*)interval);
    if (most)
        json_object_set(profile, "maxDurationSec", (json_t*)most);
    return endJsonReader(reader, error);
}

/* Appends to profiles what one old profile becomes. */
static gboolean migrateProfile(json_t* profiles, const json_t* json, const json_t* trigger,
                               const char* path, GHashTable* ids, GError** error) {
    JsonReader* reader = newJsonReader(json, path);
    g_autofree char* name = readString(reader, "name", NULL, 1, 200);
    g_autofree char* prompt = readString(reader, "prompt", NULL, 1, 8000);
    const json_t* monitoring = readObject(reader, "activeMonitoring", FALSE);

    if (!endJsonReader(reader, error))
        return FALSE;
    g_autofree char* id = makeId(name, ids);
    json_auto_t* profile = json_pack("{sssssOssss}", "id", id, "name", name, "trigger", trigger,
                                     "prompt", prompt, "sessionType", "oneShot");
    g_autofree char* place = g_strdup_printf("%s.activeMonitoring", path);
    if (monitoring && !migrateMonitoring(profile, monitoring, place, error))
        return FALSE;
    json_array_append(profiles, profile);
    return TRUE;
}

static gboolean migrateSubscription(json_t* profiles, const json_t* json, const char* path,
                                    GHashTable* ids, GError** error) {
    JsonReader* reader = newJsonReader(json, path);
    const json_t* oldTrigger = readObject(reader, "trigger", TRUE);
    const json_t* oldProfiles = readArray(reader, "profiles", TRUE);

    if (!endJsonReader(reader, error))
        return FALSE;
    g_autofree char* place = g_strdup_printf("%s.trigger", path);
    json_auto_t* trigger = migrateTrigger(oldTrigger, place, error);
    if (!trigger)
        return FALSE;
    for (size_t i = 0; i < json_array_size(oldProfiles); i++) {
        g_autofree char* name = g_strdup_printf("%s.profiles[%zu]", path, i);
        if (!migrateProfile(profiles, json_array_get(oldProfiles, i), trigger, name, ids, error))
            return FALSE;
    }
    return TRUE;
}

json_t* migrateVersion1(const json_t* json, GError** error) {
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_auto_t* profiles = json_array();
    JsonReader* reader = newJsonReader(json, "");
    const json_t* subscriptions = readArray(reader, "subscriptions", TRUE);
    const json_t* describer = readObject(reader, "describer", FALSE);
    const json_t* budget = readObject(reader, "budget", FALSE);

    readAny(reader, "version");
    if (!endJsonReader(reader, error))
        return NULL;
    for (size_t i = 0; i < json_array_size(subscriptions); i++) {
        g_autofree char* path = g_strdup_printf("subscriptions[%zu]", i);
        if (!migrateSubscription(profiles, json_array_get(subscriptions, i), path, ids, error))
            return NULL;
    }
    json_t* current = json_pack("{sisO}", "version", 2, "profiles", profiles);
    if (describer)
        json_object_set(current, "describer", (json_t*)describer);
    if (budget)
        json_object_set(current, "budget", (json_t*)budget);
    return current;
}
