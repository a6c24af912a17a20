/* SPDX-License-Identifier: MIT */
#include "Publisher.h"

#include "Clock.h"

typedef struct {
    guint64 sequence;
    gboolean isDescription;
    char* json;
} Record;

struct Publisher {
    GMutex lock;    /* guards records and last */
    GQueue records; /* Record*, oldest first */
    guint64 last;
    guint capacity;
    void (*listener)(gpointer);
    gpointer listenerData;
    CameraOutput* output; /* or NULL */
};

static void freeRecord(gpointer data) {
    Record* record = data;

    g_free(record->json);
    g_free(record);
}

Publisher* newPublisher(guint capacity) {
    Publisher* publisher = g_new0(Publisher, 1);

    g_mutex_init(&publisher->lock);
    g_queue_init(&publisher->records);
    publisher->capacity = capacity;
    return publisher;
}

void freePublisher(Publisher* publisher) {
    if (!publisher)
        return;
    g_queue_clear_full(&publisher->records, freeRecord);
    g_mutex_clear(&publisher->lock);
    g_free(publisher);
}

void setPublisherListener(Publisher* publisher, void (*listener)(gpointer), gpointer data) {
    publisher->listener = listener;
    publisher->listenerData = data;
}

void setPublisherOutput(Publisher* publisher, CameraOutput* output) {
    publisher->output = output;
}

/* Takes json. */
static void publish(Publisher* publisher, gboolean isDescription, json_t* json) {
    Record* record = g_new0(Record, 1);
    Record* oldest = NULL;

    record->isDescription = isDescription;
    g_mutex_lock(&publisher->lock);
    record->sequence = ++publisher->last;
    json_object_set_new(json, "sequence", json_integer((json_int_t)record->sequence));
    record->json = json_dumps(json, JSON_COMPACT);
    g_queue_push_tail(&publisher->records, record);
    if (g_queue_get_length(&publisher->records) > publisher->capacity)
        oldest = g_queue_pop_head(&publisher->records);
    g_mutex_unlock(&publisher->lock);
    g_clear_pointer(&oldest, freeRecord);
    json_decref(json);
    if (publisher->listener)
        publisher->listener(publisher->listenerData);
}

static json_t* newRecord(const char* type, const Profile* profile, const char* session) {
    g_autofree char* now = clockText();

    return json_pack("{ss ss? ss ss ss ss}", "type", type, "session", session, "profile",
                     profile->id, "trigger", profile->trigger->id, "sessionType",
                     sessionTypeName(profile->sessionType), "at", now);
}

void publishStart(Publisher* publisher, SessionContext* session) {
    publish(publisher, FALSE, newRecord("start", session->profile, session->id));
    if (publisher->output)
        outputStart(publisher->output, session);
}

void publishDescription(Publisher* publisher, SessionContext* session, const Answer* answer,
                        const FrameInfo* frame, gint64 latencyUs) {
    json_t* json = newRecord("description", session->profile, session->id);
    json_t* pictured =
        json_pack("{sisisIsIss}", "width", (int)frame->width, "height", (int)frame->height, "bytes",
                  (json_int_t)frame->bytes, "timestampUs", (json_int_t)frame->timestampUs,
                  "takenAt", frame->takenAt);

    json_object_set_new(json, "number", json_integer(session->info.descriptions));
    json_object_set_new(json, "text", json_string(answer->text));
    json_object_set_new(json, "answers",
                        answer->answers ? json_incref(answer->answers) : json_object());
    json_object_set_new(json, "model", json_string(answer->model));
    json_object_set_new(json, "latencyMs", json_real((double)latencyUs / 1000));
    json_object_set_new(json, "frame", pictured);
    publish(publisher, TRUE, json);
    if (publisher->output)
        outputDescription(publisher->output, session, answer, latencyUs);
}

void publishEnd(Publisher* publisher, SessionContext* session) {
    const SessionInfo* info = &session->info;
    json_t* json = newRecord("end", session->profile, session->id);

    json_object_set_new(json, "endReason", json_string(endReasonName(info->endReason)));
    json_object_set_new(json, "endDelayMs", json_real((double)info->endDelayUs / 1000));
    json_object_set_new(json, "descriptions", json_integer(info->descriptions));
    json_object_set_new(json, "callAborted", json_boolean(info->callAborted));
    if (info->error[0])
        json_object_set_new(json, "error", json_string(info->error));
    publish(publisher, FALSE, json);
    if (publisher->output)
        outputEnd(publisher->output, session);
}

void publishRefusal(Publisher* publisher, const Profile* profile, const char* why) {
    json_t* json = newRecord("refusal", profile, NULL);

    json_object_set_new(json, "reason", json_string(why));
    publish(publisher, FALSE, json);
}

/* The oldest record after since: found from the new end, where callers that follow are. */
static GList* findFirstAfter(Publisher* publisher, guint64 since) {
    GList* found = NULL;

    for (GList* link = publisher->records.tail; link; link = link->prev) {
        const Record* record = link->data;
        if (record->sequence <= since)
            break;
        found = link;
    }
    return found;
}

GString* copyRecords(Publisher* publisher, guint64 since, guint limit, gboolean all, guint* copied,
                     guint64* next) {
    GString* text = g_string_new("[");

    *copied = 0;
    g_mutex_lock(&publisher->lock);
    if (since > publisher->last)
        since = 0;
    *next = since;
    for (GList* link = findFirstAfter(publisher, since); link && *copied < limit;
         link = link->next) {
        const Record* record = link->data;
        *next = record->sequence;
        if (!all && !record->isDescription)
            continue;
        g_string_append_printf(text, "%s%s", *copied ? "," : "", record->json);
        (*copied)++;
    }
    g_mutex_unlock(&publisher->lock);
    return g_string_append_c(text, ']');
}
