/* SPDX-License-Identifier: MIT */
#include "CameraOutput.h"

#include "Clock.h"

enum { MOST_QUEUED = 500, MOST_PUT_OFF = 250, RETRY_MS = 1000, MOST_VALUES = 4 };

/* The declared events of one profile. */
typedef struct {
    CameraOutput* output;
    Profile* profile;
    EventDeclaration* session;
    EventDeclaration* description;
    GHashTable* answers; /* question -> EventDeclaration */
    guint open;          /* sessions */
    guint queued;        /* items that still name these events */
} ProfileEvents;

/* One event to send. */
typedef struct {
    ProfileEvents* events;
    EventDeclaration* declaration;
    EventValue values[MOST_VALUES];
    guint count;
    gint64 realTimeUs;
    gboolean isExpendable;
    char* texts[2]; /* what values point to */
} Item;

struct CameraOutput {
    EventSource* source;
    char* app;
    GHashTable* byProfile; /* profile id -> ProfileEvents, those in force */
    GPtrArray* retired;    /* ProfileEvents of profiles that are gone, until nothing of them is open
                              or queued */
    GQueue queue;          /* Item */
    guint retryTimer;
    guint flushSource; /* pending while there is something new to send */
    gboolean isDown;   /* said once */
};

static void freeItem(gpointer data) {
    Item* item = data;

    g_free(item->texts[0]);
    g_free(item->texts[1]);
    g_free(item);
}

static void freeProfileEvents(gpointer data) {
    ProfileEvents* events = data;

    freeEventDeclaration(events->session);
    freeEventDeclaration(events->description);
    g_hash_table_unref(events->answers);
    unrefProfile(events->profile);
    g_free(events);
}

CameraOutput* newCameraOutput(EventSource* source, const char* app) {
    CameraOutput* output = g_new0(CameraOutput, 1);

    output->source = source;
    output->app = g_strdup(app);
    output->byProfile = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, freeProfileEvents);
    output->retired = g_ptr_array_new_with_free_func(freeProfileEvents);
    g_queue_init(&output->queue);
    return output;
}

void freeCameraOutput(CameraOutput* output) {
    if (!output)
        return;
    stopTimer(&output->retryTimer);
    g_clear_handle_id(&output->flushSource, g_source_remove);
    g_queue_clear_full(&output->queue, freeItem);
    g_hash_table_unref(output->byProfile);
    g_ptr_array_unref(output->retired);
    g_free(output->app);
    g_free(output);
}

guint countQueuedOutput(const CameraOutput* output) {
    return g_queue_get_length((GQueue*)&output->queue);
}

static void dropRetired(CameraOutput* output) {
    for (guint i = output->retired->len; i-- > 0;) {
        const ProfileEvents* events = g_ptr_array_index(output->retired, i);
        if (!events->open && !events->queued)
            g_ptr_array_remove_index_fast(output->retired, i);
    }
}

static void flush(gpointer data) {
    CameraOutput* output = data;
    g_autoptr(GError) error = NULL;
    Item* item;

    stopTimer(&output->retryTimer);
    g_clear_handle_id(&output->flushSource, g_source_remove);
    while ((item = g_queue_peek_head(&output->queue))) {
        if (!sendEvent(item->declaration, item->values, item->count, item->realTimeUs, &error))
            break;
        item->events->queued--;
        freeItem(g_queue_pop_head(&output->queue));
        output->isDown = FALSE;
    }
    if (item) {
        if (!output->isDown)
            g_info("events: %u wait for the event service (%s)", countQueuedOutput(output),
                   error->message);
        output->isDown = TRUE;
        output->retryTimer = startTimer(RETRY_MS, flush, output);
    }
    dropRetired(output);
}

static gboolean onFlush(gpointer data) {
    CameraOutput* output = data;

    output->flushSource = 0;
    flush(output);
    return G_SOURCE_REMOVE;
}

/* Sends what is new once the loop has nothing to start or to end: that comes first. */
static void flushSoon(CameraOutput* output) {
    if (countQueuedOutput(output) >= MOST_PUT_OFF)
        flush(output);
    else if (!output->flushSource)
        output->flushSource = g_idle_add_full(G_PRIORITY_HIGH_IDLE, onFlush, output, NULL);
}

/* Makes room: the oldest description goes; ends and answers stay. */
static void dropOldestDescription(CameraOutput* output) {
    for (GList* link = output->queue.head; link; link = link->next) {
        Item* item = link->data;
        if (!item->isExpendable)
            continue;
        item->events->queued--;
        freeItem(item);
        g_queue_delete_link(&output->queue, link);
        return;
    }
}

static Item* enqueue(ProfileEvents* events, EventDeclaration* declaration, gboolean isExpendable) {
    CameraOutput* output = events->output;
    Item* item = g_new0(Item, 1);

    item->events = events;
    item->declaration = declaration;
    item->realTimeUs = g_get_real_time();
    item->isExpendable = isExpendable;
    events->queued++;
    if (countQueuedOutput(output) >= MOST_QUEUED)
        dropOldestDescription(output);
    g_queue_push_tail(&output->queue, item);
    return item;
}

static void enqueueState(ProfileEvents* events, EventDeclaration* declaration, gboolean active) {
    Item* item = enqueue(events, declaration, FALSE);

    item->values[item->count++] = (EventValue){"active", EVENT_BOOL, FALSE, NULL, active};
}

/* An event with a string as source; NULL after a warning. */
static EventDeclaration* declare(ProfileEvents* events, const char* name, EventValue* values,
                                 guint count, gboolean isStateful) {
    CameraOutput* output = events->output;
    g_autoptr(GError) error = NULL;
    EventDeclaration* declaration = declareEvent(output->source, output->app, name, values, count,
                                                 isStateful, flush, output, &error);

    if (!declaration)
        g_warning("profile %s: event %s cannot be declared (%s)", events->profile->id, name,
                  error->message);
    return declaration;
}

static void declareAnswers(ProfileEvents* events) {
    const GPtrArray* questions = events->profile->questions;

    for (guint i = 0; i < questions->len; i++) {
        const Question* question = g_ptr_array_index(questions, i);
        g_autofree char* source = g_strdup_printf("%s/%s", events->profile->id, question->name);
        EventValue values[] = {{"question", EVENT_STRING, TRUE, source, 0},
                               {"active", EVENT_BOOL, FALSE, NULL, FALSE}};
        EventDeclaration* declaration =
            question->type == QUESTION_BOOL
                ? declare(events, "Answer", values, G_N_ELEMENTS(values), TRUE)
                : NULL;
        if (declaration)
            g_hash_table_insert(events->answers, question->name, declaration);
    }
}

static ProfileEvents* declareProfile(CameraOutput* output, Profile* profile) {
    ProfileEvents* events = g_new0(ProfileEvents, 1);
    EventValue session[] = {{"profile", EVENT_STRING, TRUE, profile->id, 0},
                            {"active", EVENT_BOOL, FALSE, NULL, FALSE}};
    EventValue description[] = {{"profile", EVENT_STRING, TRUE, profile->id, 0},
                                {"session", EVENT_STRING, FALSE, NULL, 0},
                                {"number", EVENT_INT, FALSE, NULL, 0},
                                {"text", EVENT_STRING, FALSE, NULL, 0},
                                {"latencyMs", EVENT_INT, FALSE, NULL, 0}};

    events->output = output;
    events->profile = refProfile(profile);
    events->answers =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)freeEventDeclaration);
    events->session = declare(events, "Session", session, G_N_ELEMENTS(session), TRUE);
    events->description =
        declare(events, "Description", description, G_N_ELEMENTS(description), FALSE);
    declareAnswers(events);
    return events;
}

static void retire(CameraOutput* output, ProfileEvents* events) {
    g_hash_table_steal(output->byProfile, events->profile->id);
    g_ptr_array_add(output->retired, events);
}

/* Retires what config does not have as it is. */
static void retireOutdated(CameraOutput* output, GHashTable* wanted) {
    g_autoptr(GList) all = g_hash_table_get_values(output->byProfile);

    for (GList* link = all; link; link = link->next) {
        ProfileEvents* events = link->data;
        const Profile* profile = g_hash_table_lookup(wanted, events->profile->id);
        if (!profile || !profilesEqual(profile, events->profile))
            retire(output, events);
    }
    dropRetired(output);
}

void setupCameraOutput(CameraOutput* output, const Config* config) {
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < config->profiles->len; i++) {
        Profile* profile = g_ptr_array_index(config->profiles, i);
        if (profile->enabled && profile->publishEvent)
            g_hash_table_insert(wanted, profile->id, profile);
    }
    retireOutdated(output, wanted);
    for (guint i = 0; i < config->profiles->len; i++) {
        Profile* profile = g_ptr_array_index(config->profiles, i);
        if (g_hash_table_contains(wanted, profile->id) &&
            !g_hash_table_contains(output->byProfile, profile->id)) {
            ProfileEvents* events = declareProfile(output, profile);
            g_hash_table_insert(output->byProfile, events->profile->id, events);
        }
    }
}

/* The events of the session's profile as it was when the session began; NULL if it has none. */
static ProfileEvents* findEvents(const CameraOutput* output, const SessionContext* session) {
    ProfileEvents* events = g_hash_table_lookup(output->byProfile, session->profile->id);

    if (events && events->profile == session->profile)
        return events;
    for (guint i = 0; i < output->retired->len; i++) {
        ProfileEvents* old = g_ptr_array_index(output->retired, i);
        if (old->profile == session->profile)
            return old;
    }
    return NULL;
}

void outputStart(CameraOutput* output, const SessionContext* session) {
    ProfileEvents* events = findEvents(output, session);

    if (!events)
        return;
    events->open++;
    if (events->session && events->open == 1)
        enqueueState(events, events->session, TRUE);
    flushSoon(output);
}

static void enqueueDescription(ProfileEvents* events, const SessionContext* session,
                               const Answer* answer, gint64 latencyUs) {
    Item* item = enqueue(events, events->description, TRUE);

    item->texts[0] = g_strdup(session->id);
    item->texts[1] = g_strdup(answer->text);
    item->count = MOST_VALUES;
    item->values[0] = (EventValue){"session", EVENT_STRING, FALSE, item->texts[0], 0};
    item->values[1] =
        (EventValue){"number", EVENT_INT, FALSE, NULL, (gint)session->info.descriptions};
    item->values[2] = (EventValue){"text", EVENT_STRING, FALSE, item->texts[1], 0};
    item->values[3] = (EventValue){"latencyMs", EVENT_INT, FALSE, NULL, (gint)(latencyUs / 1000)};
}

void outputDescription(CameraOutput* output, const SessionContext* session, const Answer* answer,
                       gint64 latencyUs) {
    ProfileEvents* events = findEvents(output, session);
    GHashTableIter entries;
    gpointer question, declaration;

    if (!events)
        return;
    if (events->description)
        enqueueDescription(events, session, answer, latencyUs);
    g_hash_table_iter_init(&entries, events->answers);
    while (g_hash_table_iter_next(&entries, &question, &declaration)) {
        const json_t* value = json_object_get(answer->answers, question);
        if (json_is_boolean(value))
            enqueueState(events, declaration, json_is_true(value));
    }
    flushSoon(output);
}

/* Whether the profile goes on under newer events than these: it was edited, and a session of what
 * it is now has begun before the last one of what it was has ended. */
static gboolean isContinued(const CameraOutput* output, const ProfileEvents* events) {
    const ProfileEvents* inForce = g_hash_table_lookup(output->byProfile, events->profile->id);

    return inForce && inForce != events && inForce->open > 0;
}

void outputEnd(CameraOutput* output, const SessionContext* session) {
    ProfileEvents* events = findEvents(output, session);
    GHashTableIter entries;
    gpointer declaration;

    if (!events || !events->open || --events->open > 0)
        return;
    if (isContinued(output, events)) {
        dropRetired(output);
        return;
    }
    if (events->session)
        enqueueState(events, events->session, FALSE);
    g_hash_table_iter_init(&entries, events->answers);
    while (g_hash_table_iter_next(&entries, NULL, &declaration))
        enqueueState(events, declaration, FALSE);
    flushSoon(output);
}
