/* SPDX-License-Identifier: MIT */
/* ApiReports - the app's state as JSON, for the API's GET requests. */
#pragma once

#include "Application.h"

/* {"open": [...], "ended": [...]}; any thread, a new reference. */
json_t* sessionsToJson(SessionRegistry* registry);

/* MainCallFuncs; data is the Application. */
void reportStatus(MainCall* call, gpointer app);
void reportProfiles(MainCall* call, gpointer app);
void reportSettings(MainCall* call, gpointer app);
/* Answers later: the camera is asked first. */
void reportTriggers(MainCall* call, gpointer app);

json_t* settingsToJson(const Application* app);
/* TriggerState* -> JSON array, ordered by the triggers' ids; a new reference. */
json_t* triggerStatesToJson(GPtrArray* states);
