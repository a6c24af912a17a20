/* SPDX-License-Identifier: MIT */
#include "Engine.h"

#include "Counters.h"
#include "Harness.h"
#include "Log.h"

json_t* benchProfile(const char* id, guint scenario, guint intervalMs, guint width) {
    g_autofree char* event = g_strdup_printf("Device1Scenario%u", scenario);

    return json_pack("{sss{ssss}sssiss s{sisi}}", "id", id, "trigger", "type", "objectAnalytics",
                     "scenario", event, "sessionType", "activeMonitoring", "intervalMs",
                     (int)intervalMs, "prompt", "Describe what the persons in the picture do.",
                     "frame", "width", (int)width, "height", 720);
}

json_t* benchProfiles(guint count, guint firstScenario, gboolean sameScenario, guint intervalMs) {
    json_t* list = json_array();

    for (guint i = 0; i < count; i++) {
        g_autofree char* id = g_strdup_printf("p%u", i);
        json_array_append_new(
            list, benchProfile(id, firstScenario + (sameScenario ? 0 : i), intervalMs, 16 + i));
    }
    return list;
}

json_t* benchConfig(const Describer* describer, guint maxConcurrent, json_t* profiles) {
    g_autofree char* url = describerUrl(describer);

    return json_pack("{si s{sssisi} s{sisi} so}", "version", CONFIG_VERSION, "describer", "url",
                     url, "maxConcurrent", (int)maxConcurrent, "retries", 0, "budget",
                     "callsPerHour", 0, "callsPerDay", 0, "profiles", profiles);
}

void writeBenchConfig(const char* folder, json_t* config) {
    g_autofree char* path = g_build_filename(folder, "config.json", NULL);

    if (json_dump_file(config, path, 0) != 0)
        fail("cannot write %s", path);
    json_decref(config);
}

/* Each subscription's first state counts as an edge. */
static gboolean haveFirstStates(gconstpointer data) {
    return countOf(COUNT_EDGES) >= GPOINTER_TO_UINT(data);
}

static void waitForStates(guint edgesBefore, guint profiles) {
    waitFor(haveFirstStates, GUINT_TO_POINTER(edgesBefore + profiles),
            "the first states of all triggers");
}

Engine* startEngine(json_t* config) {
    Engine* engine = g_new0(Engine, 1);
    guint before = countOf(COUNT_EDGES);

    initLog("bench");
    engine->folder = newWorkFolder();
    writeBenchConfig(engine->folder, config);
    engine->app = newApplication("bench", "0.0.0", engine->folder);
    if (engine->app->configProblem)
        fail("%s", engine->app->configProblem);
    queueLog(TRUE); /* as the app's main() does */
    waitForStates(before, engine->app->config->profiles->len);
    return engine;
}

void setEngineProfiles(Engine* engine, json_t* profiles) {
    json_auto_t* none = json_array();
    json_auto_t* list = profiles;
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) empty = withProfiles(engine->app->config, none, &error);

    /* Without this, profiles that stay the same would keep their subscriptions. */
    if (!empty || !applyConfig(engine->app, empty, &error))
        fail("%s", error->message);
    guint before = countOf(COUNT_EDGES);
    g_autoptr(Config) config = withProfiles(engine->app->config, list, &error);
    if (!config || !applyConfig(engine->app, config, &error))
        fail("%s", error->message);
    waitForStates(before, config->profiles->len);
}

static gboolean isQuiet(gconstpointer data) {
    const Engine* engine = data;
    ThreadPoolInfo pool = threadPoolInfo(engine->app->pool);

    return countOpenSessions(engine->app->registry) == 0 &&
           countClosingSessions(engine->app->registry) == 0 && pool.busy == 0 && pool.queued == 0;
}

void waitForQuiet(Engine* engine) {
    pollFor(isQuiet, engine, "all sessions to end");
}

void stopEngine(Engine* engine) {
    stopApplication(engine->app);
    if (!freeApplication(engine->app))
        fail("a call has not come back");
    queueLog(FALSE);
    removeWorkFolder(engine->folder);
    g_free(engine);
}
