/* SPDX-License-Identifier: MIT */
#include "Application.h"

#include "Clock.h"

enum { KEPT_RECORDS = 500, WORKER_WAIT_MS = 1000 };

static void openParameters(Application* app) {
    g_autoptr(GError) error = NULL;

    app->parameters = newCameraParameters(app->name, &error);
    if (!app->parameters)
        g_warning("parameters: not available (%s)", error->message);
    app->serial = app->parameters ? getCameraSerial(app->parameters) : g_strdup("");
}

Application* newApplication(const char* name, const char* version, const char* directory) {
    Application* app = g_new0(Application, 1);

    app->name = name;
    app->version = version;
    app->startedUs = clockNow();
    openParameters(app);
    app->store = newConfigStore(directory);
    app->config = loadConfig(app->store, &app->configProblem);
    app->apiKey = loadApiKey(app->store);
    app->calls = newMainCalls();
    app->registry = newSessionRegistry();
    app->publisher = newPublisher(KEPT_RECORDS);
    app->pool = newThreadPool(app->config->describer.maxConcurrent);
    app->client = newDescribeClient();
    app->budget = newBudget(directory);
    app->journal = newSessionJournal(directory);
    app->runner = newSessionRunner(app->registry, app->pool, app->client, app->budget,
                                   app->publisher, app->journal);
    setRunnerConfig(app->runner, app->config, app->apiKey);
    endLeftovers(app->runner);
    app->events = newEventSource();
    app->output = newCameraOutput(app->events, app->name);
    setPublisherOutput(app->publisher, app->output);
    setupCameraOutput(app->output, app->config);
    app->subscriptions = newProfileSubscriptions(app->events, app->runner);
    setupProfileSubscriptions(app->subscriptions, app->config);
    app->levelCheck = newLevelCheck(app->events, app->subscriptions);
    setLevelCheckPeriod(app->levelCheck, app->config->levelCheckSec);
    return app;
}

gboolean applyConfig(Application* app, Config* config, GError** error) {
    if (!saveConfig(app->store, config, error))
        return FALSE;
    Config* old = app->config;
    app->config = refConfig(config);
    unrefConfig(old);
    g_clear_pointer(&app->configProblem, g_free);
    g_info("config: saved, %u profile(s)", config->profiles->len);
    setRunnerConfig(app->runner, config, app->apiKey);
    setupProfileSubscriptions(app->subscriptions, config);
    setupCameraOutput(app->output, config);
    setLevelCheckPeriod(app->levelCheck, config->levelCheckSec);
    return TRUE;
}

gboolean applyApiKey(Application* app, const char* key, GError** error) {
    if (!saveApiKey(app->store, key, error))
        return FALSE;
    g_free(app->apiKey);
    app->apiKey = key[0] ? g_strdup(key) : NULL;
    g_info("config: the API key was %s", key[0] ? "set" : "removed");
    setRunnerConfig(app->runner, app->config, app->apiKey);
    return TRUE;
}

void stopApplication(Application* app) {
    g_autoptr(GPtrArray) open = NULL;

    closeMainCalls(app->calls);
    g_clear_pointer(&app->levelCheck, freeLevelCheck);
    g_clear_pointer(&app->subscriptions, freeProfileSubscriptions);
    open = copyOpenSessions(app->registry);
    for (guint i = 0; i < open->len; i++)
        stopSession(g_ptr_array_index(open, i), END_SHUTDOWN, clockNow());
    while (countClosingSessions(app->registry))
        g_main_context_iteration(NULL, TRUE);
}

gboolean freeApplication(Application* app) {
    if (!freeThreadPool(app->pool, WORKER_WAIT_MS))
        return FALSE;
    while (g_main_context_iteration(NULL, FALSE))
        ; /* results of the last jobs */
    freeCameraOutput(app->output);
    freeEventSource(app->events);
    freeSessionRunner(app->runner);
    freeSessionJournal(app->journal);
    freeBudget(app->budget);
    freeDescribeClient(app->client);
    freePublisher(app->publisher);
    freeSessionRegistry(app->registry);
    freeMainCalls(app->calls);
    freeCameraParameters(app->parameters);
    unrefConfig(app->config);
    freeConfigStore(app->store);
    g_free(app->configProblem);
    g_free(app->apiKey);
    g_free(app->serial);
    g_free(app);
    return TRUE;
}
