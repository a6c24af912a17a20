/* SPDX-License-Identifier: MIT */
/* ConfigEdit - the API's changes of the configuration: checked, saved and in force, or refused with
 * nothing changed. A trigger of type `event` is asked of the camera first: one that has no current
 * state is not stateful, or not there, and cannot be told to end. */
#pragma once

#include "Application.h"

typedef enum {
    EDIT_REPLACE_PROFILES, /* body: {"profiles": [...]} */
    EDIT_ADD_PROFILE,      /* body: a profile */
    EDIT_DELETE_PROFILE,   /* id */
    EDIT_SETTINGS,         /* body: any of describer, budget, levelCheckSec, secrets */
} ConfigEditKind;

typedef struct {
    Application* app;
    ConfigEditKind kind;
    const json_t* body; /* borrowed from the thread that waits */
    const char* id;     /* borrowed; NULL unless a profile is deleted */
    GPtrArray* asked;   /* of editConfig() itself; start with NULL */
} ConfigEdit;

/* A MainCallFunc; data is a ConfigEdit. */
void editConfig(MainCall* call, gpointer data);
