/* SPDX-License-Identifier: MIT */
#include "Step.h"

#include <gio/gio.h>
#include <string.h>

static const struct {
    char letter;
    int arguments;
    int weight; /* how often, relative to the others */
} kinds[STEPS] = {
    [STEP_PROFILE] = {'P', 11, 40},    [STEP_DELETE] = {'D', 1, 15},
    [STEP_TOGGLE] = {'X', 1, 25},      [STEP_SETTINGS] = {'G', 5, 15},
    [STEP_SAME_CONFIG] = {'=', 0, 10}, [STEP_EDGE] = {'E', 3, 300},
    [STEP_REPEAT] = {'R', 1, 20},      [STEP_BURST] = {'B', 2, 8},
    [STEP_VANISH] = {'V', 1, 20},      [STEP_MANNERS] = {'A', 3, 15},
    [STEP_REFUSE] = {'U', 1, 6},       [STEP_SERVICE] = {'Y', 1, 15},
    [STEP_TIME] = {'T', 1, 200},       [STEP_WORKERS] = {'N', 3, 60},
    [STEP_WORK] = {'W', 1, 110},       [STEP_RESULT] = {'M', 0, 70},
    [STEP_OUTCOME] = {'O', 2, 60},     [STEP_RESTART] = {'S', 0, 6},
    [STEP_CRASH] = {'C', 2, 10},       [STEP_WALL] = {'J', 1, 6},
    [STEP_DISK] = {'K', 1, 8},
};

/* What each argument is picked below, for the kinds without rules of their own. */
static const int limits[STEPS][MOST_ARGUMENTS] = {
    [STEP_PROFILE] = {SLOTS, 2, TRIGGERS, 4, 5, 4, 4, 3, 3, 2, 2},
    [STEP_DELETE] = {SLOTS},
    [STEP_TOGGLE] = {SLOTS},
    [STEP_SETTINGS] = {5, 3, 4, 4, 8},
    [STEP_REPEAT] = {TRIGGERS},
    [STEP_VANISH] = {TRIGGERS},
    [STEP_MANNERS] = {3, 3, 2},
    [STEP_REFUSE] = {3},
    [STEP_SERVICE] = {3},
    [STEP_WORKERS] = {3, 8, 5},
    [STEP_WORK] = {6},
    [STEP_OUTCOME] = {4, 5},
    [STEP_CRASH] = {3, 3},
    [STEP_WALL] = {4000},
    [STEP_DISK] = {4},
};

static StepKind pickKind(Random* random) {
    int sum = 0;

    for (int i = 0; i < STEPS; i++)
        sum += kinds[i].weight;
    int left = pickBelow(random, sum);
    for (int i = 0; i < STEPS; i++) {
        left -= kinds[i].weight;
        if (left < 0)
            return (StepKind)i;
    }
    return STEP_TIME;
}

static int pickMs(Random* random) {
    static const int often[] = {1, 10, 20, 39, 41, 150, 400, 700, 1000, 2000, 3000};

    if (pickChance(random, 60))
        return often[pickBelow(random, G_N_ELEMENTS(often))];
    return 1 + pickBelow(random, pickChance(random, 10) ? 20000 : 2500);
}

static Step pickStep(Random* random, StepKind kind) {
    Step step = {.kind = kind};

    for (int i = 0; i < MOST_ARGUMENTS; i++) {
        if (limits[kind][i])
            step.arguments[i] = pickBelow(random, limits[kind][i]);
    }
    if (kind == STEP_PROFILE && pickChance(random, 70)) {
        step.arguments[2] = pickBelow(random, 2); /* where most edges are */
    } else if (kind == STEP_EDGE) {
        step.arguments[0] = pickBelow(random, pickChance(random, 70) ? 2 : TRIGGERS);
        step.arguments[1] = pickChance(random, 60) ? EDGE_TOGGLES : pickBelow(random, 2);
        step.arguments[2] = pickChance(random, 60) ? EDGE_NOW : pickBelow(random, EDGE_WAYS);
    } else if (kind == STEP_BURST) {
        step.arguments[0] = pickBelow(random, pickChance(random, 70) ? 2 : TRIGGERS);
        step.arguments[1] = 2 + pickBelow(random, pickChance(random, 15) ? 1500 : 6);
    } else if (kind == STEP_TIME) {
        step.arguments[0] = pickMs(random);
    }
    return step;
}

GArray* generateHistory(Random* random, guint steps) {
    GArray* history = g_array_new(FALSE, FALSE, sizeof(Step));
    int profiles = 1 + pickBelow(random, 4);

    for (guint i = 0; i < steps; i++) {
        StepKind kind = i < (guint)profiles ? STEP_PROFILE : pickKind(random);
        Step step = pickStep(random, kind);
        g_array_append_val(history, step);
    }
    return history;
}

char* formatStep(const Step* step) {
    GString* text = g_string_new(NULL);

    g_string_append_c(text, kinds[step->kind].letter);
    for (int i = 0; i < kinds[step->kind].arguments; i++)
        g_string_append_printf(text, "%s%d", i ? "," : "", step->arguments[i]);
    return g_string_free(text, FALSE);
}

char* formatHistory(const GArray* steps) {
    GString* text = g_string_new(NULL);

    for (guint i = 0; i < steps->len; i++) {
        g_autofree char* step = formatStep(&g_array_index(steps, Step, i));
        g_string_append_printf(text, "%s%s", i ? ";" : "", step);
    }
    return g_string_free(text, FALSE);
}

static gboolean parseStep(const char* text, Step* step) {
    g_auto(GStrv) words = g_strsplit(text[0] ? text + 1 : "", ",", -1);
    int count = (int)g_strv_length(words);

    for (int kind = 0; kind < STEPS; kind++) {
        if (kinds[kind].letter != text[0] || kinds[kind].arguments != count)
            continue;
        *step = (Step){.kind = (StepKind)kind};
        for (int i = 0; i < count; i++) {
            gint64 number;
            if (!g_ascii_string_to_signed(words[i], 10, 0, 1000000, &number, NULL))
                return FALSE;
            step->arguments[i] = (int)number;
        }
        return TRUE;
    }
    return FALSE;
}

GArray* parseHistory(const char* text, GError** error) {
    g_auto(GStrv) words = g_strsplit(text, ";", -1);
    GArray* history = g_array_new(FALSE, FALSE, sizeof(Step));

    for (guint i = 0; words[i]; i++) {
        Step step;
        if (!words[i][0])
            continue;
        if (!parseStep(words[i], &step)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "step %u is none: '%.60s'",
                        i + 1, words[i]);
            g_array_unref(history);
            return NULL;
        }
        g_array_append_val(history, step);
    }
    return history;
}
