/* SPDX-License-Identifier: MIT */
#include "ConfigStore.h"

#include <glib/gstdio.h>

#include "JsonReader.h"

struct ConfigStore {
    char* directory;
    char* configPath;
    char* secretsPath;
};

ConfigStore* newConfigStore(const char* directory) {
    ConfigStore* store = g_new0(ConfigStore, 1);

    store->directory = g_strdup(directory);
    store->configPath = g_build_filename(directory, "config.json", NULL);
    store->secretsPath = g_build_filename(directory, "secrets.json", NULL);
    if (g_mkdir_with_parents(directory, 0700) != 0)
        g_warning("config: cannot make the folder %s: %s", directory, g_strerror(errno));
    return store;
}

void freeConfigStore(ConfigStore* store) {
    if (!store)
        return;
    g_free(store->directory);
    g_free(store->configPath);
    g_free(store->secretsPath);
    g_free(store);
}

/* Writes json whole or not at all. mode: of the new file. */
static gboolean writeJson(const char* path, const json_t* json, int mode, GError** error) {
    g_autofree char* text = json_dumps(json, JSON_INDENT(2));
    g_autoptr(GError) failed = NULL;

    if (g_file_set_contents_full(path, text, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, mode,
                                 &failed))
        return TRUE;
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_STORAGE, "localdata: nothing was saved: %s",
                failed->message);
    return FALSE;
}

/* A name beside path that is not taken: "config.json.broken-20261122T101500Z", then "...-2". */
static char* findFreeName(const char* path, const char* why) {
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char* stamp = g_date_time_format(now, "%Y%m%dT%H%M%SZ");
    char* name = g_strdup_printf("%s.%s-%s", path, why, stamp);

    for (int i = 2; g_file_test(name, G_FILE_TEST_EXISTS); i++) {
        g_free(name);
        name = g_strdup_printf("%s.%s-%s-%d", path, why, stamp, i);
    }
    return name;
}

/* Moves the file aside; returns what to tell the owner. */
static char* keepAside(const char* path, const GError* error) {
    g_autofree char* kept = findFreeName(path, "broken");
    g_autofree char* name = g_path_get_basename(kept);

    if (g_rename(path, kept) != 0)
        return g_strdup_printf("the configuration cannot be used (%s) and cannot be moved aside: "
                               "%s; changes will not be saved until it is gone",
                               error->message, g_strerror(errno));
    return g_strdup_printf("the configuration cannot be used (%s); it is kept as localdata/%s and "
                           "the app runs without profiles",
                           error->message, name);
}

static json_t* readJson(const char* path, GError** error) {
    g_autofree char* text = NULL;
    gsize length = 0;
    json_error_t where;

    if (!g_file_get_contents(path, &text, &length, error))
        return NULL;
    json_t* json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    if (!json)
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "line %d, column %d: %s", where.line,
                    where.column, where.text);
    return json;
}

/* The old shape becomes the new one on disk; the old file stays beside it. */
static void keepMigrated(ConfigStore* store, const Config* config) {
    g_autofree char* kept = findFreeName(store->configPath, "v1");
    g_autoptr(GError) error = NULL;
    g_autofree char* text = NULL;

    if (!g_file_get_contents(store->configPath, &text, NULL, &error) ||
        !g_file_set_contents(kept, text, -1, &error) || !saveConfig(store, config, &error)) {
        g_warning("config: migrated for this run only: %s", error->message);
        return;
    }
    g_autofree char* name = g_path_get_basename(kept);
    g_message("config: migrated from version 1, %u profile(s); the old file is localdata/%s",
              config->profiles->len, name);
}

static Config* readConfig(ConfigStore* store, GError** error) {
    json_auto_t* json = readJson(store->configPath, error);
    gboolean migrated = FALSE;

    if (!json)
        return NULL;
    Config* config = parseConfig(json, &migrated, error);
    if (config && migrated)
        keepMigrated(store, config);
    return config;
}

Config* loadConfig(ConfigStore* store, char** problem) {
    g_autoptr(GError) error = NULL;

    *problem = NULL;
    Config* config = readConfig(store, &error);
    if (config)
        return config;
    if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        g_message("config: none yet, starting without profiles");
        return newConfig();
    }
    *problem = keepAside(store->configPath, error);
    g_warning("config: %s", *problem);
    return newConfig();
}

gboolean saveConfig(ConfigStore* store, const Config* config, GError** error) {
    json_auto_t* json = configToJson(config);

    return writeJson(store->configPath, json, 0644, error);
}

char* loadApiKey(ConfigStore* store) {
    g_autoptr(GError) error = NULL;
    json_auto_t* json = readJson(store->secretsPath, &error);

    if (!json) {
        if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            g_warning("config: secrets.json cannot be read; set the API key again");
        return NULL;
    }
    return g_strdup(json_string_value(json_object_get(json, "apiKey")));
}

gboolean saveApiKey(ConfigStore* store, const char* key, GError** error) {
    json_auto_t* json = json_pack("{ss}", "apiKey", key);

    if (!key[0]) {
        g_unlink(store->secretsPath);
        return TRUE;
    }
    return writeJson(store->secretsPath, json, 0600, error);
}
