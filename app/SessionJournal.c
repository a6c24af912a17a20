/* SPDX-License-Identifier: MIT */
/* The file has a line of JSON for each start and each end. It is emptied whenever no session is
 * open, and rewritten with the open ones alone, in their order, when it has grown long. */
#include "SessionJournal.h"

#include <string.h>

#include "Clock.h"
#include "Disk.h"

enum { MOST_LINES = 2000 };

struct SessionJournal {
    char* path;
    GQueue starts;    /* the start lines of the open sessions, the oldest first */
    GHashTable* open; /* session id -> its link there */
    guint lines;      /* in the file */
    gboolean isStale; /* a write failed: the file lacks something, and is written anew next time */
};

SessionJournal* newSessionJournal(const char* directory) {
    SessionJournal* journal = g_new0(SessionJournal, 1);

    journal->path = g_build_filename(directory, "sessions.journal", NULL);
    journal->open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_queue_init(&journal->starts);
    return journal;
}

void freeSessionJournal(SessionJournal* journal) {
    if (!journal)
        return;
    g_hash_table_unref(journal->open);
    g_queue_clear_full(&journal->starts, g_free);
    g_free(journal->path);
    g_free(journal);
}

/* error: NULL when the write went well. Said once until it does. */
static void noteWrite(SessionJournal* journal, const GError* error) {
    if (error && !journal->isStale)
        g_warning("journal: a crash now would go unnoticed (%s)", error->message);
    journal->isStale = error != NULL;
}

static void rewrite(SessionJournal* journal) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    for (const GList* link = journal->starts.head; link; link = link->next)
        g_string_append(text, link->data);
    writeFileWhole(journal->path, text->str, 0600, &error);
    noteWrite(journal, error);
    journal->lines = g_hash_table_size(journal->open);
}

static void append(SessionJournal* journal, const char* line) {
    g_autoptr(GError) error = NULL;

    if (journal->isStale) {
        rewrite(journal);
        return;
    }
    appendToFile(journal->path, line, &error);
    noteWrite(journal, error);
    journal->lines++;
}

void journalStart(SessionJournal* journal, const SessionContext* session) {
    json_auto_t* json = json_pack("{ssssso}", "start", session->id, "at", session->startedAt,
                                  "profile", profileToJson(session->profile));
    g_autofree char* text = json_dumps(json, JSON_COMPACT);
    char* line = g_strconcat(text, "\n", NULL);

    g_queue_push_tail(&journal->starts, line);
    g_hash_table_insert(journal->open, g_strdup(session->id), journal->starts.tail);
    append(journal, line);
}

void journalEnd(SessionJournal* journal, const SessionContext* session) {
    g_autofree char* line = g_strdup_printf("{\"end\":\"%s\"}\n", session->id);

    GList* start = g_hash_table_lookup(journal->open, session->id);

    if (!start)
        return;
    g_hash_table_remove(journal->open, session->id);
    g_free(start->data);
    g_queue_delete_link(&journal->starts, start);
    if (g_hash_table_size(journal->open) == 0) {
        removeFile(journal->path);
        journal->lines = 0;
        journal->isStale = FALSE;
    } else if (journal->lines >= MOST_LINES + 2 * g_hash_table_size(journal->open)) {
        rewrite(journal);
    } else {
        append(journal, line);
    }
}

/* A session as it was, but for what it did; NULL when the line is damaged. */
static SessionContext* restoreSession(const json_t* json) {
    g_autoptr(GError) error = NULL;
    const char* id = json_string_value(json_object_get(json, "start"));
    const char* at = json_string_value(json_object_get(json, "at"));
    g_autoptr(Profile) profile = newProfile(json_object_get(json, "profile"), "", &error);
    g_autoptr(GDateTime) started = at ? g_date_time_new_from_iso8601(at, NULL) : NULL;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();

    if (!id || !at || !profile)
        return NULL;
    SessionContext* session = newSession(id, profile, NULL, NULL);
    g_free(session->startedAt);
    session->startedAt = g_strdup(at);
    if (started)
        session->createdUs -= MAX(g_date_time_difference(now, started), 0);
    return session;
}

/* A crash may have cut the last line; what cannot be read is passed over. */
static void readLine(GPtrArray* found, const char* line) {
    json_auto_t* json = json_loads(line, 0, NULL);
    const char* ended = json_string_value(json_object_get(json, "end"));

    if (json_object_get(json, "start")) {
        SessionContext* session = restoreSession(json);
        if (session)
            g_ptr_array_add(found, session);
    }
    for (guint i = 0; ended && i < found->len; i++) {
        const SessionContext* session = g_ptr_array_index(found, i);
        if (strcmp(session->id, ended) == 0) {
            g_ptr_array_remove_index(found, i);
            break;
        }
    }
}

GPtrArray* takeLeftovers(SessionJournal* journal) {
    GPtrArray* found = g_ptr_array_new_with_free_func((GDestroyNotify)unrefSession);
    g_autofree char* text = readFile(journal->path, NULL, NULL);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

    for (guint i = 0; lines[i]; i++)
        readLine(found, lines[i]);
    removeFile(journal->path);
    return found;
}
