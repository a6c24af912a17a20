/* SPDX-License-Identifier: MIT */
/* TestData - profiles and configurations as JSON, and waiting for named things. */
#pragma once

#include "Config.h"

/* A valid profile of the scenario; `more` is JSON to merge over it, or NULL. A new reference. */
json_t* profileJson(const char* id, const char* sessionType, const char* scenario,
                    const char* more);
Profile* makeProfile(const char* id, const char* sessionType, const char* scenario,
                     const char* more);
/* A configuration of these profiles (taken); ends with NULL. */
Config* makeConfig(json_t* profile, ...) G_GNUC_NULL_TERMINATED;
/* Runs the main loop until check() is TRUE; aborts, naming what, after 10 s. */
void waitUntil(gboolean (*check)(gconstpointer data), gconstpointer data, const char* what);
/* Runs what the main loop has ready. */
void runMainLoop(void);
/* Parses JSON written with single quotes; a new reference. */
json_t* jsonOf(const char* text);
