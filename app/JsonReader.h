/* SPDX-License-Identifier: MIT */
/* JsonReader - reads the fields of one JSON object strictly: types, limits, no unknown names.
 *
 * The first error is kept and every later read returns its default, so that callers read all fields
 * in a row and ask once at the end. Error messages begin with the field's path
 * ("profiles[1].prompt:
 * ..."); errorField() and errorText() take the two apart again.
 * Not thread-safe; the JSON value is borrowed. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define CONFIG_ERROR (configError_quark())
GQuark configError_quark(void);

typedef enum {
    CONFIG_ERROR_INVALID,   /* a field has a wrong value, or is missing or unknown */
    CONFIG_ERROR_DUPLICATE, /* an id that is taken */
    CONFIG_ERROR_UNKNOWN,   /* an id that is not there */
    CONFIG_ERROR_STORAGE,   /* the disk said no */
} ConfigErrorCode;

typedef struct JsonReader JsonReader;

/* path: what error messages call the object, "" at the top; both are borrowed until the end. */
JsonReader* newJsonReader(const json_t* object, const char* path);
/* FALSE and error when a read failed or the object has fields that nobody read. Frees the reader.
 */
gboolean endJsonReader(JsonReader* reader, GError** error);

/* Lengths are in bytes. With fallback NULL the field is required. Returns a new string, "" after an
 * error. */
char* readString(JsonReader* reader, const char* name, const char* fallback, size_t least,
                 size_t most);
gint64 readInt(JsonReader* reader, const char* name, gint64 fallback, gint64 least, gint64 most);
gint64 readRequiredInt(JsonReader* reader, const char* name, gint64 least, gint64 most);
gboolean readBool(JsonReader* reader, const char* name, gboolean fallback);
/* names ends with NULL. Returns an index into it; fallback -1: the field is required. */
int readEnum(JsonReader* reader, const char* name, const char* const* names, int fallback);
/* Borrowed, or NULL when absent. required: absent is an error. */
const json_t* readObject(JsonReader* reader, const char* name, gboolean required);
const json_t* readArray(JsonReader* reader, const char* name, gboolean required);
/* Any type; NULL when absent. */
const json_t* readAny(JsonReader* reader, const char* name);
/* Reports a rule of the caller's own about a field. */
void failField(JsonReader* reader, const char* name, const char* format, ...) G_GNUC_PRINTF(3, 4);
gboolean hasFailed(const JsonReader* reader);

/* The path of the field an error is about ("" if it is about none); g_free(). */
char* errorField(const GError* error);
/* The message without the path; borrowed from the error. */
const char* errorText(const GError* error);
