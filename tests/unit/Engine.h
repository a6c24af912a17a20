/* SPDX-License-Identifier: MIT */
/* Engine - what the tests of the engine begin with: real subscriptions, runner, registry, pool and
 * outputs; faked camera, describer and clock. */
#pragma once

#include "LevelCheck.h"
#include "ProfileSubscription.h"

extern const char trigger1[]; /* of Device1Scenario1, and so on; both are inactive at first */
extern const char trigger2[];
extern char* folder; /* the app's localdata */

typedef struct {
    SessionRegistry* registry;
    ThreadPool* pool;
    DescribeClient* client;
    Budget* budget;
    Publisher* publisher;
    SessionJournal* journal;
    SessionRunner* runner;
    EventSource* events;
    CameraOutput* output;
    ProfileSubscriptions* subscriptions;
    LevelCheck* levelCheck;
} Engine;

/* A test program's main(): set up, add each test, run. A test that leaves a timer, a subscription
 * or a declaration fails. */
void setUpEngineTests(int* argc, char*** argv);
void addEngineTest(const char* name, void (*test)(Engine* engine, gconstpointer unused));
int runEngineTests(void);

/* Takes config, and lets the first states come. */
void configure(Engine* engine, Config* config);
/* One profile "door" on trigger1; `more` as in TestData.h. */
void configureOne(Engine* engine, const char* sessionType, const char* more);

/* The only open session; a new reference. */
SessionContext* theSession(Engine* engine);
/* How the newest ended session ended. */
EndReason lastEnd(Engine* engine);
guint countEnded(Engine* engine);
void waitForDescriptions(SessionContext* session, guint descriptions);
void waitForHangingCalls(guint calls);
void waitForEnds(Engine* engine);
