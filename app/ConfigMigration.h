/* SPDX-License-Identifier: MIT */
/* ConfigMigration - version 1 of the configuration, one subscription per trigger holding many
 * profiles, becomes version 2, where each profile names its own trigger. Pure functions. */
#pragma once

#include <glib.h>
#include <jansson.h>

/* The old shape: `subscriptions`, and no version or version 1. */
gboolean isVersion1(const json_t* json);
/* The same profiles as version 2; a new reference. An old profile's id is made from its name.
 * NULL and error (CONFIG_ERROR, with the old file's path of the field) for what version 1 never
 * had. */
json_t* migrateVersion1(const json_t* json, GError** error);
