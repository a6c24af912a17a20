/* SPDX-License-Identifier: MIT */
#include "Ledger.h"

#include <string.h>

#include "Verdict.h"

static GHashTable* entries = NULL; /* id -> Entry */
static guint starts[SLOTS], refusals[SLOTS];
static guint started = 0, lastLeft = 0; /* sessions; the order of the leftover that ended last */
static guint64 lastSequence = 0;
static gboolean isMuted = FALSE;

void startLedger(void) {
    entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    memset(starts, 0, sizeof starts);
    memset(refusals, 0, sizeof refusals);
    restartLedger(FALSE);
}

void clearLedger(void) {
    g_clear_pointer(&entries, g_hash_table_unref);
}

void restartLedger(gboolean muted) {
    isMuted = muted;
    lastLeft = 0;
    lastSequence = 0;
}

Entry* findEntry(const char* id) {
    return g_hash_table_lookup(entries, id);
}

ModelSession* findModelSession(const char* id) {
    const Entry* entry = findEntry(id);

    if (!entry)
        fail(FAULT_MISMATCH, "session %s was never told of", id);
    return entry->session;
}

guint countStarts(int slot) {
    return starts[slot];
}

guint countRefusals(int slot) {
    return refusals[slot];
}

static const char* getText(const json_t* record, const char* key) {
    const char* text = json_string_value(json_object_get(record, key));

    return text ? text : "";
}

static int slotOf(const json_t* record) {
    const char* profile = getText(record, "profile");

    if (profile[0] != 'p' || profile[1] < '0' || profile[1] >= '0' + SLOTS || profile[2])
        fail(FAULT_MISMATCH, "a record of a profile that is none: '%s'", profile);
    return profile[1] - '0';
}

static void readStart(const char* id, const json_t* record) {
    const Entry* known = findEntry(id);
    int slot = slotOf(record);
    guint serial = starts[slot]++;

    getVerdict()->starts++;
    if (known && !known->ends)
        fail(FAULT_MISMATCH, "p%d: session %s starts twice", slot, id);
    if (serial >= model.slots[slot].sessions->len)
        fail(FAULT_ORPHAN, "p%d: session %s starts, and nothing called for it", slot, id);
    Entry* entry = g_new0(Entry, 1);
    g_strlcpy(entry->id, id, sizeof entry->id);
    entry->slot = slot;
    entry->order = ++started;
    entry->session = g_ptr_array_index(model.slots[slot].sessions, serial);
    entry->session->entry = entry;
    /* An old session may have had the same id: ids are random. Its model session keeps no entry. */
    if (known)
        known->session->entry = NULL;
    g_hash_table_replace(entries, entry->id, entry);
}

static void readDescription(Entry* entry, const json_t* record) {
    const ModelSession* session = entry->session;
    gint64 number = json_integer_value(json_object_get(record, "number"));
    char text[32];

    g_snprintf(text, sizeof text, "look %u", session->expectedText);
    if (entry->ends || (session->state != MODEL_OPEN && number > (gint64)session->descriptions))
        fail(FAULT_EVENT_AFTER_END, "p%d: description %d of session %s after its end", entry->slot,
             (int)number, entry->id);
    if (number != (gint64)++entry->descriptions || number != (gint64)session->descriptions)
        fail(FAULT_MISMATCH, "p%d: session %s tells description %d, must be %u", entry->slot,
             entry->id, (int)number, session->descriptions);
    if (strcmp(getText(record, "text"), text) != 0)
        fail(FAULT_MISMATCH, "p%d: session %s tells '%s', its own is '%s'", entry->slot, entry->id,
             getText(record, "text"), text);
}

static void checkReason(const Entry* entry, const char* reason) {
    const ModelSession* session = entry->session;

    if (entry->isLeft || entry->mayEndAgain) {
        if (strcmp(reason, "interrupted") != 0)
            fail(FAULT_MISMATCH, "p%d: session %s was left by a crash and ends as %s", entry->slot,
                 entry->id, reason);
        if (entry->order < lastLeft)
            fail(FAULT_MISMATCH, "p%d: session %s was left by a crash and ends out of order",
                 entry->slot, entry->id);
        lastLeft = entry->order;
        return;
    }
    if (session->state == MODEL_OPEN)
        fail(FAULT_MISSED_START, "p%d: session %s ends (%s) but must go on", entry->slot, entry->id,
             reason);
    if (g_strcmp0(session->endReason, reason) != 0)
        fail(FAULT_MISMATCH, "p%d: session %s ends as %s, must be %s", entry->slot, entry->id,
             reason, session->endReason);
}

static void readEnd(Entry* entry, const json_t* record) {
    const char* reason = getText(record, "endReason");

    getVerdict()->ends++;
    if (entry->ends && !entry->mayEndAgain)
        fail(FAULT_DOUBLE_END, "p%d: session %s ends again (%s)", entry->slot, entry->id, reason);
    if (entry->isLost)
        fail(FAULT_MISMATCH, "p%d: session %s ends, which no journal told of", entry->slot,
             entry->id);
    checkReason(entry, reason);
    entry->ends++;
    entry->mayEndAgain = FALSE;
}

static void readRecord(const json_t* record) {
    const char* type = getText(record, "type");
    const char* id = getText(record, "session");

    if (strcmp(type, "refusal") == 0) {
        refusals[slotOf(record)]++;
        return;
    }
    if (strcmp(type, "start") == 0) {
        readStart(id, record);
        return;
    }
    Entry* entry = findEntry(id);
    if (!entry)
        fail(FAULT_MISMATCH, "a record '%s' of session %s, which never started", type, id);
    if (strcmp(type, "description") == 0)
        readDescription(entry, record);
    else if (strcmp(type, "end") == 0)
        readEnd(entry, record);
    else
        fail(FAULT_MISMATCH, "a record of type '%s'", type);
}

void readRecords(gpointer publisher) {
    guint copied;
    guint64 next;

    if (isMuted)
        return;
    GString* text = copyRecords(publisher, lastSequence, 1000, TRUE, &copied, &next);
    json_auto_t* records = json_loadb(text->str, text->len, 0, NULL);
    g_string_free(text, TRUE);
    if (next != lastSequence + copied || json_array_size(records) != copied)
        fail(FAULT_MISMATCH, "records are missing after %d", (int)lastSequence);
    lastSequence = next;
    for (guint i = 0; i < copied; i++)
        readRecord(json_array_get(records, i));
}

static void loseEntry(Entry* entry) {
    entry->isLost = TRUE;
    getVerdict()->lost++;
}

void noteCrash(GHashTable* journal) {
    GHashTableIter all;
    gpointer value;

    g_hash_table_iter_init(&all, entries);
    while (g_hash_table_iter_next(&all, NULL, &value)) {
        Entry* entry = value;
        gboolean isInJournal = g_hash_table_contains(journal, entry->id);
        if (entry->ends)
            entry->mayEndAgain = isInJournal;
        else if (!entry->isLost && isInJournal)
            entry->isLeft = TRUE;
        else if (!entry->isLost)
            loseEntry(entry);
    }
}

void checkLeftovers(void) {
    GHashTableIter all;
    gpointer value;

    g_hash_table_iter_init(&all, entries);
    while (g_hash_table_iter_next(&all, NULL, &value)) {
        const Entry* entry = value;
        if (entry->isLeft && entry->ends != 1)
            fail(FAULT_ORPHAN, "p%d: session %s was left by a crash and never ends", entry->slot,
                 entry->id);
    }
}
