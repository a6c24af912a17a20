/* SPDX-License-Identifier: MIT */
/* Application - the object graph, and the one way to change the configuration: saved first, then
 * in force. Main loop only, but for what the comments say. */
#pragma once

#include "Budget.h"
#include "CameraParameters.h"
#include "ConfigStore.h"
#include "DescribeClient.h"
#include "EventSubscribe.h"
#include "LevelCheck.h"
#include "MainCall.h"
#include "ProfileSubscription.h"
#include "Publisher.h"
#include "SessionJournal.h"
#include "SessionRegistry.h"
#include "SessionRunner.h"
#include "ThreadPool.h"

typedef struct {
    /* Never change; any thread. */
    const char* name;
    const char* version;
    gint64 startedUs; /* clockNow() */
    char* serial;     /* the camera's, "" when unknown */
    SessionRegistry* registry;
    ThreadPool* pool;
    Publisher* publisher;
    MainCalls* calls;

    /* Main loop. */
    ConfigStore* store;
    Config* config;               /* in force */
    char* configProblem;          /* why the saved one could not be used, or NULL */
    char* apiKey;                 /* or NULL */
    CameraParameters* parameters; /* NULL where the camera has none */
    DescribeClient* client;
    Budget* budget;
    SessionJournal* journal;
    SessionRunner* runner;
    EventSource* events;
    CameraOutput* output;
    ProfileSubscriptions* subscriptions;
    LevelCheck* levelCheck;
} Application;

/* Loads the configuration from directory (localdata) and subscribes. name and version are
 * borrowed. */
Application* newApplication(const char* name, const char* version, const char* directory);

/* Saves config and puts it in force; on FALSE and error nothing has changed. */
gboolean applyConfig(Application* app, Config* config, GError** error);
/* The same for the API key; "" forgets it. */
gboolean applyApiKey(Application* app, const char* key, GError** error);

/* Unsubscribes and ends all sessions as `shutdown`; runs the main loop until they have ended. */
void stopApplication(Application* app);
/* After stopApplication(). FALSE when a call to the camera has not come back: exit without more. */
gboolean freeApplication(Application* app);
