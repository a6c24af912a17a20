/* SPDX-License-Identifier: MIT */
/* Profile - what to do when a trigger becomes active. Immutable and counted by reference, so that a
 * session keeps the profile it was started with whatever the configuration becomes.
 * Any thread may read, reference and release one. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "Trigger.h"

typedef enum { SESSION_ONE_SHOT, SESSION_ACTIVE_MONITORING } SessionType;
typedef enum { QUESTION_BOOL, QUESTION_INTEGER, QUESTION_NUMBER, QUESTION_STRING } QuestionType;

typedef struct {
    char* name; /* the answer's key */
    QuestionType type;
    char* text;
} Question;

typedef struct {
    guint width, height; /* pixels */
    guint channel;       /* VDO channel: 0 overview, 1 first view area */
    guint count;         /* pictures a call */
} FrameSpec;

typedef struct {
    gatomicrefcount refs;
    char* id;   /* 1 to 64 letters, digits, '_', '-', '.' */
    char* name; /* for people */
    gboolean enabled;
    Trigger* trigger;
    SessionType sessionType;
    guint intervalMs;           /* active monitoring: between two descriptions' starts */
    guint maxDurationSec;       /* a session's cap; 0: none */
    guint graceMs;              /* how long an inactive edge is waited out */
    guint cooldownSec;          /* after an executed session, no other start; 0: none */
    guint maxInFlight;          /* one-shot: sessions at once */
    gboolean whenActiveAtStart; /* start although the trigger was active before we subscribed */
    FrameSpec frame;
    char* prompt;
    GPtrArray* questions; /* Question*, may be empty */
    gboolean publishEvent;
} Profile;

/* The JSON of design 4.7; path is what errors call it ("profiles[1]").
 * NULL and error (CONFIG_ERROR) when it is not valid. */
Profile* newProfile(const json_t* json, const char* path, GError** error);
Profile* refProfile(Profile* profile);
void unrefProfile(Profile* profile);
/* All fields, defaults included; a new reference. */
json_t* profileToJson(const Profile* profile);
gboolean profilesEqual(const Profile* a, const Profile* b);
const char* sessionTypeName(SessionType type);
/* "boolean", "integer", "number", "string": the JSON schema's words. */
const char* questionTypeName(QuestionType type);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, unrefProfile)
