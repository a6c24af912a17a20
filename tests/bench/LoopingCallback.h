/* SPDX-License-Identifier: MIT */
/* LoopingCallback - the baseline of edgeCostByProfiles: the design that the app had before. One
 * subscription for a trigger, whose callback goes through all profiles, compares names by their
 * beginnings and starts what fits; an end goes through all sessions the same way. It is kept here
 * only. */
#pragma once

#include "Engine.h"

typedef struct LoopingCallback LoopingCallback;

/* Its own profile has this scenario; the others are those of the engine. */
LoopingCallback* newLoopingCallback(Engine* engine, guint scenario);
/* Takes the engine's profiles anew. */
void setLoopingProfiles(LoopingCallback* looping);
void freeLoopingCallback(LoopingCallback* looping);
