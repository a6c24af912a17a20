/* SPDX-License-Identifier: MIT */
#include "ConfigStore.h"

#include "Disk.h"
#include "JsonReader.h"

struct ConfigStore {
    char* configPath;
    char* secretsPath;
};

ConfigStore* newConfigStore(const char* directory) {
    ConfigStore* store = g_new0(ConfigStore, 1);

    store->configPath = g_build_filename(directory, "config.json", NULL);
    store->secretsPath = g_build_filename(directory, "secrets.json", NULL);
    makeFolder(directory);
    return store;
}

void freeConfigStore(ConfigStore* store) {
    if (!store)
        return;
    g_free(store->configPath);
    g_free(store->secretsPath);
    g_free(store);
}

/* Writes json whole or not at all. mode: of the new file. */
static gboolean writeJson(const char* path, const json_t* json, int mode, GError** error) {
    g_autofree char* text = json_dumps(json, JSON_INDENT(2));
    g_autoptr(GError) failed = NULL;

    if (writeFileWhole(path, text, mode, &failed))
        return TRUE;
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_STORAGE, "localdata: nothing was saved: %s",
                failed->message);
    return FALSE;
}

/* Moves the file aside; returns what to tell the owner. */
static char* keepAside(const char* path, const GError* error) {
    g_autoptr(GError) failed = NULL;
    g_autofree char* name = keepFileAside(path, &failed);

    if (!name)
        return g_strdup_printf("the configuration cannot be used (%s) and cannot be moved aside: "
                               "%s; changes will not be saved until it is gone",
                               error->message, failed->message);
    return g_strdup_printf("the configuration cannot be used (%s); it is kept as localdata/%s and "
                           "the app runs without profiles",
                           error->message, name);
}

static json_t* readJson(const char* path, GError** error) {
    gsize length = 0;
    g_autofree char* text = readFile(path, &length, error);
    json_error_t where;

    if (!text)
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
    g_autofree char* text = readFile(store->configPath, NULL, &error);

    if (!text || !writeFileWhole(kept, text, 0644, &error) || !saveConfig(store, config, &error)) {
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
        removeFile(store->secretsPath);
        return TRUE;
    }
    return writeJson(store->secretsPath, json, 0600, error);
}
