/* SPDX-License-Identifier: MIT */
#include "Config.h"

#include <string.h>

#include "ConfigMigration.h"
#include "JsonReader.h"

enum { MOST_PROFILES = 2000, MOST_URL = 1000, MOST_CALLS = 1000000, DEFAULT_LEVEL_CHECK_SEC = 30 };

static Config* newConfigWith(GPtrArray* profiles) {
    Config* config = g_new0(Config, 1);

    g_atomic_ref_count_init(&config->refs);
    config->describer = (DescriberConfig){g_strdup(""), g_strdup(""), 30000, 4, 2};
    config->budget = (BudgetConfig){600, 5000};
    config->levelCheckSec = DEFAULT_LEVEL_CHECK_SEC;
    config->profiles = profiles;
    return config;
}

static GPtrArray* newProfiles(void) {
    return g_ptr_array_new_with_free_func((GDestroyNotify)unrefProfile);
}

Config* newConfig(void) {
    return newConfigWith(newProfiles());
}

Config* refConfig(Config* config) {
    g_atomic_ref_count_inc(&config->refs);
    return config;
}

void unrefConfig(Config* config) {
    if (!config || !g_atomic_ref_count_dec(&config->refs))
        return;
    g_free(config->describer.url);
    g_free(config->describer.model);
    g_ptr_array_unref(config->profiles);
    g_free(config);
}

static gboolean isHttpUrl(const char* url) {
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);

    if (!uri || !g_uri_get_host(uri) || !g_uri_get_host(uri)[0])
        return FALSE;
    return strcmp(g_uri_get_scheme(uri), "http") == 0 ||
           strcmp(g_uri_get_scheme(uri), "https") == 0;
}

/* Reads over what is there, so that a partial object changes only what it names. */
static gboolean readDescriber(DescriberConfig* describer, const json_t* json, GError** error) {
    JsonReader* reader = newJsonReader(json, "describer");
    g_autofree char* url = readString(reader, "url", describer->url, 0, MOST_URL);
    g_autofree char* model = readString(reader, "model", describer->model, 0, 200);

    if (url[0] && !hasFailed(reader) && !isHttpUrl(url))
        failField(reader, "url", "must be an http:// or https:// address");
    describer->timeoutMs =
        (guint)readInt(reader, "timeoutMs", describer->timeoutMs, 100, 10 * 60 * 1000);
    describer->maxConcurrent =
        (guint)readInt(reader, "maxConcurrent", describer->maxConcurrent, 1, 64);
    describer->retries = (guint)readInt(reader, "retries", describer->retries, 0, 10);
    if (!endJsonReader(reader, error))
        return FALSE;
    g_free(describer->url);
    describer->url = g_steal_pointer(&url);
    g_free(describer->model);
    describer->model = g_steal_pointer(&model);
    return TRUE;
}

static gboolean readBudget(BudgetConfig* budget, const json_t* json, GError** error) {
    JsonReader* reader = newJsonReader(json, "budget");

    budget->callsPerHour =
        (guint)readInt(reader, "callsPerHour", budget->callsPerHour, 0, MOST_CALLS);
    budget->callsPerDay = (guint)readInt(reader, "callsPerDay", budget->callsPerDay, 0, MOST_CALLS);
    return endJsonReader(reader, error);
}

static Profile* findProfile(const GPtrArray* profiles, const char* id, guint* index) {
    for (guint i = 0; i < profiles->len; i++) {
        Profile* profile = g_ptr_array_index(profiles, i);
        if (strcmp(profile->id, id) == 0) {
            if (index)
                *index = i;
            return profile;
        }
    }
    return NULL;
}

/* Adds the profile that json describes; path names it in errors. */
static gboolean addProfile(GPtrArray* profiles, GHashTable* ids, const json_t* json,
                           const char* path, GError** error) {
    g_autoptr(Profile) profile = newProfile(json, path, error);

    if (!profile)
        return FALSE;
    if (!g_hash_table_add(ids, profile->id)) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_DUPLICATE,
                    "%s%sid: '%s' is used by another profile", path, path[0] ? "." : "",
                    profile->id);
        return FALSE;
    }
    g_ptr_array_add(profiles, g_steal_pointer(&profile));
    return TRUE;
}

static gboolean readProfiles(GPtrArray* profiles, const json_t* list, GError** error) {
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

    if (json_array_size(list) > MOST_PROFILES) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "profiles: may be %d at most",
                    MOST_PROFILES);
        return FALSE;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        g_autofree char* path = g_strdup_printf("profiles[%zu]", i);
        if (!addProfile(profiles, ids, json_array_get(list, i), path, error))
            return FALSE;
    }
    return TRUE;
}

/* Reads describer, budget and levelCheckSec over what is there. */
static gboolean readSettings(Config* config, const json_t* json, GError** error) {
    JsonReader* reader = newJsonReader(json, "");
    const json_t* describer = readObject(reader, "describer", FALSE);
    const json_t* budget = readObject(reader, "budget", FALSE);

    config->levelCheckSec = (guint)readInt(reader, "levelCheckSec", config->levelCheckSec, 1, 3600);
    return endJsonReader(reader, error) &&
           (!describer || readDescriber(&config->describer, describer, error)) &&
           (!budget || readBudget(&config->budget, budget, error));
}

static Config* parseCurrent(const json_t* json, GError** error) {
    g_autoptr(Config) config = newConfig();
    json_auto_t* settings = json_copy((json_t*)json);
    JsonReader* reader = newJsonReader(json, "");

    readRequiredInt(reader, "version", CONFIG_VERSION, CONFIG_VERSION);
    const json_t* profiles = readArray(reader, "profiles", FALSE);
    readAny(reader, "describer");
    readAny(reader, "budget");
    readAny(reader, "levelCheckSec");
    if (!endJsonReader(reader, error))
        return NULL;
    json_object_del(settings, "version");
    json_object_del(settings, "profiles");
    if (!readSettings(config, settings, error) || !readProfiles(config->profiles, profiles, error))
        return NULL;
    return g_steal_pointer(&config);
}

Config* parseConfig(const json_t* json, gboolean* migrated, GError** error) {
    gboolean old = isVersion1(json);

    if (migrated)
        *migrated = old;
    if (!old)
        return parseCurrent(json, error);
    json_auto_t* current = migrateVersion1(json, error);
    return current ? parseCurrent(current, error) : NULL;
}

json_t* describerToJson(const DescriberConfig* describer) {
    return json_pack("{sssssisisi}", "url", describer->url, "model", describer->model, "timeoutMs",
                     (int)describer->timeoutMs, "maxConcurrent", (int)describer->maxConcurrent,
                     "retries", (int)describer->retries);
}

json_t* budgetToJson(const BudgetConfig* budget) {
    return json_pack("{sisi}", "callsPerHour", (int)budget->callsPerHour, "callsPerDay",
                     (int)budget->callsPerDay);
}

json_t* profilesToJson(const Config* config) {
    json_t* list = json_array();

    for (guint i = 0; i < config->profiles->len; i++)
        json_array_append_new(list, profileToJson(g_ptr_array_index(config->profiles, i)));
    return list;
}

json_t* configToJson(const Config* config) {
    return json_pack("{sisososiso}", "version", CONFIG_VERSION, "describer",
                     describerToJson(&config->describer), "budget", budgetToJson(&config->budget),
                     "levelCheckSec", (int)config->levelCheckSec, "profiles",
                     profilesToJson(config));
}

static gpointer copyProfileRef(gconstpointer profile, gpointer unused) {
    (void)unused;
    return refProfile((Profile*)profile);
}

static Config* copyConfig(const Config* config, GPtrArray* profiles) {
    Config* copy = newConfigWith(profiles);

    g_free(copy->describer.url);
    g_free(copy->describer.model);
    copy->describer = config->describer;
    copy->describer.url = g_strdup(config->describer.url);
    copy->describer.model = g_strdup(config->describer.model);
    copy->budget = config->budget;
    copy->levelCheckSec = config->levelCheckSec;
    return copy;
}

static Config* copyWithSameProfiles(const Config* config) {
    return copyConfig(config, g_ptr_array_copy(config->profiles, copyProfileRef, NULL));
}

Config* withProfiles(const Config* config, const json_t* profiles, GError** error) {
    g_autoptr(Config) copy = copyConfig(config, newProfiles());

    if (!readProfiles(copy->profiles, profiles, error))
        return NULL;
    return g_steal_pointer(&copy);
}

Config* withAddedProfile(const Config* config, const json_t* profile, GError** error) {
    g_autoptr(Config) copy = copyWithSameProfiles(config);
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < copy->profiles->len; i++)
        g_hash_table_add(ids, ((Profile*)g_ptr_array_index(copy->profiles, i))->id);
    if (!addProfile(copy->profiles, ids, profile, "", error))
        return NULL;
    return g_steal_pointer(&copy);
}

Config* withoutProfile(const Config* config, const char* id, GError** error) {
    g_autoptr(Config) copy = copyWithSameProfiles(config);
    guint index;

    if (!findProfile(copy->profiles, id, &index)) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_UNKNOWN, "id: there is no profile '%.64s'",
                    id);
        return NULL;
    }
    g_ptr_array_remove_index(copy->profiles, index);
    return g_steal_pointer(&copy);
}

Config* withSettings(const Config* config, const json_t* settings, GError** error) {
    g_autoptr(Config) copy = copyWithSameProfiles(config);

    if (!readSettings(copy, settings, error))
        return NULL;
    return g_steal_pointer(&copy);
}
