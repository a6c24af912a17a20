/* SPDX-License-Identifier: MIT */
#include "JsonReader.h"

#include <string.h>

/* Not G_DEFINE_QUARK: its cache is written by whichever thread comes first, without a lock. */
GQuark configError_quark(void) {
    return g_quark_from_static_string("config-error");
}

struct JsonReader {
    const json_t* object;
    const char* path;
    GHashTable* read; /* names that were asked for; borrowed literals */
    GError* error;
};

JsonReader* newJsonReader(const json_t* object, const char* path) {
    JsonReader* reader = g_new0(JsonReader, 1);

    reader->object = object;
    reader->path = path;
    reader->read = g_hash_table_new(g_str_hash, g_str_equal);
    if (!json_is_object(object))
        g_set_error(&reader->error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "%s%smust be a JSON object",
                    path, path[0] ? ": " : "");
    return reader;
}

gboolean hasFailed(const JsonReader* reader) {
    return reader->error != NULL;
}

void failField(JsonReader* reader, const char* name, const char* format, ...) {
    va_list args;

    if (reader->error)
        return;
    va_start(args, format);
    g_autofree char* text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(&reader->error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "%s%s%s: %s", reader->path,
                reader->path[0] ? "." : "", name, text);
}

static void checkUnknownFields(JsonReader* reader) {
    const char* name;
    json_t* value;

    json_object_foreach((json_t*)reader->object, name, value) {
        if (g_hash_table_contains(reader->read, name))
            continue;
        g_autofree char* shown = g_strndup(name, 40);
        failField(reader, shown, "is not a known field");
    }
}

gboolean endJsonReader(JsonReader* reader, GError** error) {
    if (!reader->error)
        checkUnknownFields(reader);
    GError* found = reader->error;
    g_hash_table_destroy(reader->read);
    g_free(reader);
    if (!found)
        return TRUE;
    g_propagate_error(error, found);
    return FALSE;
}

/* The field, or NULL when it is absent or an error came before. */
static const json_t* readField(JsonReader* reader, const char* name, gboolean required) {
    if (reader->error)
        return NULL;
    g_hash_table_add(reader->read, (gpointer)name);
    const json_t* value = json_object_get(reader->object, name);
    if (!value && required)
        failField(reader, name, "is missing");
    return value;
}

const json_t* readAny(JsonReader* reader, const char* name) {
    return readField(reader, name, FALSE);
}

char* readString(JsonReader* reader, const char* name, const char* fallback, size_t least,
                 size_t most) {
    const json_t* value = readField(reader, name, fallback == NULL);

    if (!value)
        return g_strdup(fallback ? fallback : "");
    if (!json_is_string(value))
        failField(reader, name, "must be a string");
    else if (json_string_length(value) < least)
        failField(reader, name, least == 1 ? "must not be empty" : "is too short");
    else if (json_string_length(value) > most)
        failField(reader, name, "is longer than %zu bytes", most);
    return g_strdup(reader->error ? "" : json_string_value(value));
}

static gint64 readIntField(JsonReader* reader, const char* name, const json_t* value, gint64 least,
                           gint64 most) {
    if (!json_is_integer(value)) {
        failField(reader, name, "must be a whole number");
        return least;
    }
    gint64 number = json_integer_value(value);
    if (number < least)
        failField(reader, name, "must be %" G_GINT64_FORMAT " or more, not %" G_GINT64_FORMAT,
                  least, number);
    else if (number > most)
        failField(reader, name, "must be %" G_GINT64_FORMAT " or less, not %" G_GINT64_FORMAT, most,
                  number);
    return CLAMP(number, least, most);
}

gint64 readInt(JsonReader* reader, const char* name, gint64 fallback, gint64 least, gint64 most) {
    const json_t* value = readField(reader, name, FALSE);

    return value ? readIntField(reader, name, value, least, most) : fallback;
}

gint64 readRequiredInt(JsonReader* reader, const char* name, gint64 least, gint64 most) {
    const json_t* value = readField(reader, name, TRUE);

    return value ? readIntField(reader, name, value, least, most) : least;
}

gboolean readBool(JsonReader* reader, const char* name, gboolean fallback) {
    const json_t* value = readField(reader, name, FALSE);

    if (!value)
        return fallback;
    if (!json_is_boolean(value))
        failField(reader, name, "must be true or false");
    return json_is_true(value);
}

int readEnum(JsonReader* reader, const char* name, const char* const* names, int fallback) {
    const json_t* value = readField(reader, name, fallback < 0);

    if (!value)
        return MAX(fallback, 0);
    const char* text = json_string_value(value);
    for (int i = 0; text && names[i]; i++) {
        if (strcmp(names[i], text) == 0)
            return i;
    }
    g_autofree char* choices = g_strjoinv(", ", (char**)names);
    failField(reader, name, "must be one of: %s", choices);
    return MAX(fallback, 0);
}

const json_t* readObject(JsonReader* reader, const char* name, gboolean required) {
    const json_t* value = readField(reader, name, required);

    if (value && !json_is_object(value)) {
        failField(reader, name, "must be a JSON object");
        return NULL;
    }
    return value;
}

const json_t* readArray(JsonReader* reader, const char* name, gboolean required) {
    const json_t* value = readField(reader, name, required);

    if (value && !json_is_array(value)) {
        failField(reader, name, "must be a JSON array");
        return NULL;
    }
    return value;
}

char* errorField(const GError* error) {
    const char* colon = error->domain == CONFIG_ERROR ? strstr(error->message, ": ") : NULL;

    return g_strndup(error->message, colon ? (gsize)(colon - error->message) : 0);
}

const char* errorText(const GError* error) {
    const char* colon = error->domain == CONFIG_ERROR ? strstr(error->message, ": ") : NULL;

    return colon ? colon + 2 : error->message;
}
