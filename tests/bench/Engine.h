/* SPDX-License-Identifier: MIT */
/* Engine - the app's own object graph in this process, with its real configuration, events, HTTP
 * client, journal and log; only its pictures come from BenchFrames. */
#pragma once

#include "Application.h"
#include "Describer.h"

typedef struct {
    Application* app;
    char* folder; /* its localdata */
} Engine;

/* A monitoring profile of the scenario; width tells it apart in a FrameLog. A new reference. */
json_t* benchProfile(const char* id, guint scenario, guint intervalMs, guint width);
/* `count` of them, called p0 and on. Each has a scenario of its own from firstScenario on, or all
 * have that one. */
json_t* benchProfiles(guint count, guint firstScenario, gboolean sameScenario, guint intervalMs);
/* A whole configuration without limits; profiles is taken. */
json_t* benchConfig(const Describer* describer, guint maxConcurrent, json_t* profiles);
void writeBenchConfig(const char* folder, json_t* config);

/* Starts with this configuration (taken) and waits until every profile knows its trigger. */
Engine* startEngine(json_t* config);
/* Replaces the profiles (taken) and waits likewise. No session may be open. */
void setEngineProfiles(Engine* engine, json_t* profiles);
/* Waits until no session is open or closing and no job is under way. */
void waitForQuiet(Engine* engine);
/* Ends all and removes the folder. */
void stopEngine(Engine* engine);
