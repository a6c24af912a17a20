/* SPDX-License-Identifier: MIT */
/* ConfigStore - the configuration and the secrets in localdata.
 *
 * config.json is written whole or not at all (temporary file, fsync, rename, fsync of the
 * directory). A file that cannot be used is kept aside under a new name and reported; it is never
 * overwritten. Secrets lie in secrets.json, mode 0600, and are never part of a Config.
 * Main loop only. */
#pragma once

#include <glib.h>

#include "Config.h"

typedef struct ConfigStore ConfigStore;

/* directory: the package's localdata; it is made when it is not there. */
ConfigStore* newConfigStore(const char* directory);
void freeConfigStore(ConfigStore* store);

/* Never NULL: an empty configuration when there is none or it cannot be used. *problem then says
 * why and where the old file is kept (g_free(); NULL when all is well). */
Config* loadConfig(ConfigStore* store, char** problem);
gboolean saveConfig(ConfigStore* store, const Config* config, GError** error);

/* NULL when none is set; g_free(). */
char* loadApiKey(ConfigStore* store);
/* key "" forgets it. */
gboolean saveApiKey(ConfigStore* store, const char* key, GError** error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConfigStore, freeConfigStore)
