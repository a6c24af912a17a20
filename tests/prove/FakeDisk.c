/* SPDX-License-Identifier: MIT */
#include "FakeDisk.h"

#include <jansson.h>
#include <string.h>

#include "Disk.h"
#include "Verdict.h"

static GHashTable* files = NULL; /* path -> GString */
static gboolean full = FALSE, whole = TRUE;
static GHashTable* journal = NULL; /* ids with a start and no end in the journal file */

static void freeText(gpointer text) {
    g_string_free(text, TRUE);
}

static GHashTable* newFiles(void) {
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, freeText);
}

static GHashTable* getFiles(void) {
    if (!files)
        files = newFiles();
    return files;
}

static gboolean isJournal(const char* path) {
    return g_str_has_suffix(path, "/sessions.journal");
}

/* Takes what a text says into `journal`; a text that is no journal says nothing. */
static void readLines(const char* text) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        json_auto_t* line = lines[i][0] ? json_loads(lines[i], 0, NULL) : NULL;
        const char* start = json_string_value(json_object_get(line, "start"));
        const char* end = json_string_value(json_object_get(line, "end"));
        if (start)
            g_hash_table_add(journal, g_strdup(start));
        if (end)
            g_hash_table_remove(journal, end);
    }
}

static void readAnew(const char* text) {
    if (!journal)
        journal = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_remove_all(journal);
    readLines(text);
}

static gboolean refuse(const char* path, GError** error) {
    if (full) {
        whole = whole && !isJournal(path);
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "%s: the fake disk is full", path);
    }
    return full;
}

void makeFolder(const char* path) {
    (void)path;
}

gboolean writeFileWhole(const char* path, const char* text, int mode, GError** error) {
    (void)mode;
    if (refuse(path, error))
        return FALSE;
    g_hash_table_replace(getFiles(), g_strdup(path), g_string_new(text));
    if (isJournal(path)) {
        whole = TRUE;
        readAnew(text);
    }
    return TRUE;
}

char* readFile(const char* path, gsize* length, GError** error) {
    const GString* text = g_hash_table_lookup(getFiles(), path);

    if (!text) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: not there", path);
        return NULL;
    }
    if (length)
        *length = text->len;
    return g_strndup(text->str, text->len);
}

gboolean appendToFile(const char* path, const char* text, GError** error) {
    GString* found = g_hash_table_lookup(getFiles(), path);

    if (refuse(path, error))
        return FALSE;
    if (isJournal(path) && !whole)
        fail(FAULT_MISMATCH, "the journal goes on although it lacks what could not be written");
    if (found)
        g_string_append(found, text);
    else
        g_hash_table_insert(files, g_strdup(path), g_string_new(text));
    if (isJournal(path))
        readLines(text);
    return TRUE;
}

void removeFile(const char* path) {
    g_hash_table_remove(getFiles(), path);
    if (isJournal(path)) {
        whole = TRUE;
        readAnew("");
    }
}

char* findFreeName(const char* path, const char* why) {
    return g_strdup_printf("%s.%s", path, why);
}

char* keepFileAside(const char* path, GError** error) {
    (void)error;
    fail(FAULT_MISMATCH, "%s is taken for broken", path);
}

void setDiskFull(gboolean isFull) {
    full = isFull;
}

gboolean isDiskFull(void) {
    return full;
}

static GString* findJournal(void) {
    GHashTableIter entries;
    gpointer path, text;

    g_hash_table_iter_init(&entries, getFiles());
    while (g_hash_table_iter_next(&entries, &path, &text)) {
        if (isJournal(path))
            return text;
    }
    return NULL;
}

GHashTable* copyDisk(void) {
    GHashTable* copy = newFiles();
    GHashTableIter entries;
    gpointer path, text;

    g_hash_table_iter_init(&entries, getFiles());
    while (g_hash_table_iter_next(&entries, &path, &text))
        g_hash_table_insert(copy, g_strdup(path), g_string_new(((GString*)text)->str));
    return copy;
}

void restoreDisk(GHashTable* copy) {
    g_clear_pointer(&files, g_hash_table_unref);
    files = g_hash_table_ref(copy);
    const GString* text = findJournal();
    readAnew(text ? text->str : "");
}

void wipeDisk(void) {
    g_clear_pointer(&files, g_hash_table_unref);
    g_clear_pointer(&journal, g_hash_table_unref);
    full = FALSE;
    whole = TRUE;
    readAnew("");
}

GHashTable* readJournal(void) {
    return journal;
}

void cutJournal(void) {
    GString* text = findJournal();

    if (text && text->len > 5) {
        g_string_truncate(text, text->len - 5);
        readAnew(text->str);
    }
}

gboolean isJournalWhole(void) {
    return whole;
}
