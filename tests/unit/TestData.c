/* SPDX-License-Identifier: MIT */
#include "TestData.h"

json_t* jsonOf(const char* text) {
    g_autofree char* quoted = g_strdup(text);
    json_error_t where;

    g_strdelimit(quoted, "'", '"');
    json_t* json = json_loads(quoted, 0, &where);
    if (!json)
        g_error("test data: %s in %s", where.text, text);
    return json;
}

json_t* profileJson(const char* id, const char* sessionType, const char* scenario,
                    const char* more) {
    json_t* profile = json_pack("{sss{ssss}sssssi}", "id", id, "trigger", "type", "objectAnalytics",
                                "scenario", scenario, "sessionType", sessionType, "prompt",
                                "What is there?", "intervalMs", 1000);

    if (more) {
        json_auto_t* changes = jsonOf(more);
        json_object_update(profile, changes);
    }
    return profile;
}

Profile* makeProfile(const char* id, const char* sessionType, const char* scenario,
                     const char* more) {
    json_auto_t* json = profileJson(id, sessionType, scenario, more);
    g_autoptr(GError) error = NULL;
    Profile* profile = newProfile(json, "", &error);

    g_assert_no_error(error);
    return profile;
}

Config* makeConfig(json_t* profile, ...) {
    json_t* list = json_array();
    g_autoptr(GError) error = NULL;
    va_list more;

    va_start(more, profile);
    for (json_t* next = profile; next; next = va_arg(more, json_t*))
        json_array_append_new(list, next);
    va_end(more);
    json_auto_t* json = json_pack("{siso s{sssisi}}", "version", 2, "profiles", list, "describer",
                                  "url", "http://127.0.0.1:9/v1", "maxConcurrent", 4, "retries", 0);
    Config* config = parseConfig(json, NULL, &error);
    g_assert_no_error(error);
    return config;
}

static gboolean onTooLong(gpointer what) {
    g_error("waited 10 s in vain for %s", (const char*)what);
    return G_SOURCE_REMOVE;
}

void waitUntil(gboolean (*check)(gconstpointer data), gconstpointer data, const char* what) {
    guint alarm = g_timeout_add_seconds(10, onTooLong, (gpointer)what);

    while (!check(data)) {
        if (!g_main_context_iteration(NULL, FALSE))
            g_thread_yield();
    }
    g_source_remove(alarm);
}

void runMainLoop(void) {
    while (g_main_context_iteration(NULL, FALSE))
        ;
}
