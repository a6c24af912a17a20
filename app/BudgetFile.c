/* SPDX-License-Identifier: MIT */
#include "BudgetFile.h"

#include "Disk.h"
#include "JsonReader.h"

enum { MOST_CALLS = 10 * 1000 * 1000, VERSION = 1 };

static json_t* countsToJson(const guint* counts, guint length) {
    json_t* list = json_array();

    while (length && counts[length - 1] == 0)
        length--;
    for (guint i = 0; i < length; i++)
        json_array_append_new(list, json_integer(counts[i]));
    return list;
}

gboolean writeSpentCalls(const char* path, const SpentCalls* spent, GError** error) {
    json_auto_t* json =
        json_pack("{si so so si sI sI}", "version", VERSION, "minutes",
                  countsToJson(spent->minutes, BUDGET_MINUTES), "hours",
                  countsToJson(spent->hours, BUDGET_HOURS), "reserved", (int)spent->reserved, "at",
                  (json_int_t)spent->at, "latestWall", (json_int_t)spent->latestWall);
    g_autofree char* text = json_dumps(json, JSON_COMPACT);

    return writeFileWhole(path, text, 0600, error);
}

static void readCounts(JsonReader* reader, const char* name, guint* counts, guint most) {
    const json_t* list = readArray(reader, name, TRUE);

    if (json_array_size(list) > most)
        failField(reader, name, "has more than %u numbers", most);
    for (guint i = 0; i < json_array_size(list) && !hasFailed(reader); i++) {
        const json_t* count = json_array_get(list, i);
        json_int_t number = json_integer_value(count);
        if (!json_is_integer(count) || number < 0 || number > MOST_CALLS)
            failField(reader, name, "has something else than a number of calls");
        counts[i] = (guint)number;
    }
}

static gboolean parse(const char* text, gsize length, SpentCalls* spent, GError** error) {
    json_error_t where;
    json_auto_t* json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);

    if (!json) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "line %d, column %d: %s", where.line,
                    where.column, where.text);
        return FALSE;
    }
    JsonReader* reader = newJsonReader(json, "");
    *spent = (SpentCalls){.reserved = 0};
    readRequiredInt(reader, "version", VERSION, VERSION);
    readCounts(reader, "minutes", spent->minutes, BUDGET_MINUTES);
    readCounts(reader, "hours", spent->hours, BUDGET_HOURS);
    spent->reserved = (guint)readRequiredInt(reader, "reserved", 0, MOST_CALLS);
    spent->at = readRequiredInt(reader, "at", 0, G_MAXINT64 / 2);
    spent->latestWall = readRequiredInt(reader, "latestWall", 0, G_MAXINT64 / 2);
    return endJsonReader(reader, error);
}

gboolean readSpentCalls(const char* path, SpentCalls* spent) {
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    g_autofree char* text = readFile(path, &length, &error);

    if (text && parse(text, length, spent, &error))
        return TRUE;
    if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        g_autofree char* kept = keepFileAside(path, NULL);
        g_warning("budget: what was spent cannot be read (%s); it is kept as localdata/%s and the "
                  "budget begins anew",
                  error->message, kept ? kept : "budget.json");
    }
    return FALSE;
}
