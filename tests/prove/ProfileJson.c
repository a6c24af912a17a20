/* SPDX-License-Identifier: MIT */
#include "ProfileJson.h"

#include "FakeCamera.h"
#include "Verdict.h"

static json_t* formatTrigger(int trigger) {
    g_autofree char* text = g_strdup(triggerJson(trigger));

    return json_loads(g_strdelimit(text, "'", '"'), 0, NULL);
}

static json_t* formatProfile(int slot, const Spec* spec) {
    g_autofree char* id = g_strdup_printf("p%d", slot);
    g_autofree char* prompt = g_strdup_printf("What is there? (%d)", spec->prompt);
    json_t* json =
        json_pack("{ss sb so ss si si si si si ss s{si}}", "id", id, "enabled", spec->isEnabled,
                  "trigger", formatTrigger(spec->trigger), "sessionType",
                  spec->isMonitoring ? "activeMonitoring" : "oneShot", "intervalMs",
                  (int)spec->intervalMs, "maxDurationSec", (int)spec->capSec, "graceMs",
                  (int)spec->graceMs, "cooldownSec", (int)spec->cooldownSec, "maxInFlight",
                  (int)spec->inFlight, "prompt", prompt, "frame", "count", (int)spec->frames);

    if (spec->atStart)
        json_object_set_new(json, "whenActiveAtStart", json_boolean(spec->startsWhenActive));
    return json;
}

static json_t* formatSettings(const Settings* settings) {
    return json_pack("{s{ss si si} s{si si} si}", "describer", "url",
                     settings->hasUrl ? "http://127.0.0.1:9/v1" : "", "retries",
                     (int)settings->retries, "maxConcurrent", (int)settings->maxConcurrent,
                     "budget", "callsPerHour", (int)settings->callsPerHour, "callsPerDay", 0,
                     "levelCheckSec", (int)settings->levelCheckSec);
}

Config* makeConfigOf(const Config* config, const Spec* specs, const Settings* settings) {
    json_auto_t* profiles = json_array();
    json_auto_t* rest = formatSettings(settings);
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < SLOTS; i++) {
        if (specs[i].isUsed)
            json_array_append_new(profiles, formatProfile(i, &specs[i]));
    }
    g_autoptr(Config) changed = withProfiles(config, profiles, &error);
    Config* made = changed ? withSettings(changed, rest, &error) : NULL;
    if (!made)
        fail(FAULT_MISMATCH, "a good configuration is refused: %s", error->message);
    return made;
}
