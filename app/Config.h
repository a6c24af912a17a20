/* SPDX-License-Identifier: MIT */
/* Config - the whole configuration: describer, budget and profiles. Immutable and counted by
 * reference; a change makes a new one. Any thread may read, reference and release one. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "Profile.h"

enum { CONFIG_VERSION = 2 };

typedef struct {
    char* url;   /* the OpenAI-compatible base, "http://HOST/v1"; "" until it is set */
    char* model; /* "" lets the describer choose */
    guint timeoutMs;
    guint maxConcurrent; /* calls at once */
    guint retries;       /* after a failed call; 0: none */
} DescriberConfig;

typedef struct {
    guint callsPerHour, callsPerDay; /* 0: no limit */
} BudgetConfig;

typedef struct {
    gatomicrefcount refs;
    DescriberConfig describer;
    BudgetConfig budget;
    guint levelCheckSec; /* between two comparisons with the triggers' real states */
    GPtrArray* profiles; /* Profile*, in the owner's order */
} Config;

/* An empty configuration: no describer, no profiles. */
Config* newConfig(void);
/* Version 2 (design 4.7), or version 1, which is migrated: *migrated tells (may be NULL).
 * NULL and error (CONFIG_ERROR, "PATH: ...") when it is not valid. */
Config* parseConfig(const json_t* json, gboolean* migrated, GError** error);
Config* refConfig(Config* config);
void unrefConfig(Config* config);
/* A new reference. */
json_t* configToJson(const Config* config);
json_t* describerToJson(const DescriberConfig* describer);
json_t* budgetToJson(const BudgetConfig* budget);
json_t* profilesToJson(const Config* config);

/* Copies with one part replaced. NULL and error when the new part is not valid. */
Config* withProfiles(const Config* config, const json_t* profiles, GError** error);
Config* withAddedProfile(const Config* config, const json_t* profile, GError** error);
Config* withoutProfile(const Config* config, const char* id, GError** error);
/* settings: an object with any of describer, budget and levelCheckSec; what they leave out keeps
 * its value. */
Config* withSettings(const Config* config, const json_t* settings, GError** error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, unrefConfig)
