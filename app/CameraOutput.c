/* SPDX-License-Identifier: MIT */
#include "CameraOutput.h"

#include <string.h>

#include "OutputQueue.h"

/* The declared events of one profile, whatever it is edited to. */
typedef struct {
    CameraOutput* output;
    char* profile;     /* its id */
    gboolean isWanted; /* FALSE: until its last session has ended and everything is sent */
    EventDeclaration* session;
    EventDeclaration* description;
    GHashTable* answers; /* question -> EventDeclaration */
    GHashTable* open;    /* ids of its open sessions */
} ProfileEvents;

struct CameraOutput {
    EventSource* source;
    char* app;
    GHashTable* byProfile; /* profile id -> ProfileEvents; owns it */
    OutputQueue* queue;
    gboolean hasUnwanted; /* some of them go as soon as they can */
};

static void freeProfileEvents(gpointer data) {
    ProfileEvents* events = data;

    freeEventDeclaration(events->session);
    freeEventDeclaration(events->description);
    g_hash_table_unref(events->answers);
    g_hash_table_unref(events->open);
    g_free(events->profile);
    g_free(events);
}

static gboolean isInUse(const ProfileEvents* events) {
    const OutputQueue* queue = events->output->queue;
    GHashTableIter entries;
    gpointer declaration;

    if (events->isWanted || g_hash_table_size(events->open) || isQueued(queue, events->session) ||
        isQueued(queue, events->description))
        return TRUE;
    g_hash_table_iter_init(&entries, events->answers);
    while (g_hash_table_iter_next(&entries, NULL, &declaration)) {
        if (isQueued(queue, declaration))
            return TRUE;
    }
    return FALSE;
}

/* Undeclares what nobody needs any more; data is a CameraOutput. */
static void dropUnused(gpointer data) {
    CameraOutput* output = data;
    GHashTableIter entries;
    gpointer events;

    if (!output->hasUnwanted)
        return;
    output->hasUnwanted = FALSE;
    g_hash_table_iter_init(&entries, output->byProfile);
    while (g_hash_table_iter_next(&entries, NULL, &events)) {
        if (!isInUse(events))
            g_hash_table_iter_remove(&entries);
        else if (!((ProfileEvents*)events)->isWanted)
            output->hasUnwanted = TRUE;
    }
}

CameraOutput* newCameraOutput(EventSource* source, const char* app) {
    CameraOutput* output = g_new0(CameraOutput, 1);

    output->source = source;
    output->app = g_strdup(app);
    output->byProfile = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, freeProfileEvents);
    output->queue = newOutputQueue(dropUnused, output);
    return output;
}

void freeCameraOutput(CameraOutput* output) {
    if (!output)
        return;
    freeOutputQueue(output->queue);
    g_hash_table_unref(output->byProfile);
    g_free(output->app);
    g_free(output);
}

guint countQueuedOutput(const CameraOutput* output) {
    return countQueued(output->queue);
}

/* An event with a string as source; NULL after a warning. */
static EventDeclaration* declare(ProfileEvents* events, const char* name, EventValue* values,
                                 guint count, gboolean isStateful) {
    CameraOutput* output = events->output;
    g_autoptr(GError) error = NULL;
    EventDeclaration* declaration =
        declareEvent(output->source, output->app, name, values, count, isStateful, flushOutputQueue,
                     output->queue, &error);

    if (!declaration)
        g_warning("profile %s: event %s cannot be declared (%s)", events->profile, name,
                  error->message);
    return declaration;
}

static void declareAnswer(ProfileEvents* events, const char* question) {
    g_autofree char* source = g_strdup_printf("%s/%s", events->profile, question);
    EventValue values[] = {{"question", EVENT_STRING, TRUE, source, 0},
                           {"active", EVENT_BOOL, FALSE, NULL, FALSE}};
    EventDeclaration* declaration = declare(events, "Answer", values, G_N_ELEMENTS(values), TRUE);

    if (declaration)
        g_hash_table_insert(events->answers, g_strdup(question), declaration);
}

static gboolean hasAnswer(const Profile* profile, const char* name) {
    for (guint i = 0; i < profile->questions->len; i++) {
        const Question* question = g_ptr_array_index(profile->questions, i);
        if (question->type == QUESTION_BOOL && strcmp(question->name, name) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Undeclares the answers that the profile has no more, and declares those that it has now. */
static void setupAnswers(ProfileEvents* events, const Profile* profile) {
    GHashTableIter entries;
    gpointer name, declaration;

    g_hash_table_iter_init(&entries, events->answers);
    while (g_hash_table_iter_next(&entries, &name, &declaration)) {
        if (hasAnswer(profile, name))
            continue;
        forgetQueued(events->output->queue, declaration);
        g_hash_table_iter_remove(&entries);
    }
    for (guint i = 0; i < profile->questions->len; i++) {
        const Question* question = g_ptr_array_index(profile->questions, i);
        if (question->type == QUESTION_BOOL &&
            !g_hash_table_contains(events->answers, question->name))
            declareAnswer(events, question->name);
    }
}

static ProfileEvents* addProfile(CameraOutput* output, const char* profile) {
    ProfileEvents* events = g_new0(ProfileEvents, 1);

    events->output = output;
    events->profile = g_strdup(profile);
    events->open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    events->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify)freeEventDeclaration);
    g_hash_table_insert(output->byProfile, events->profile, events);
    return events;
}

/* Declares what is not declared yet; what is stays as it is. */
static void declareProfile(ProfileEvents* events, const Profile* profile) {
    EventValue session[] = {{"profile", EVENT_STRING, TRUE, profile->id, 0},
                            {"active", EVENT_BOOL, FALSE, NULL, FALSE}};
    EventValue description[] = {{"profile", EVENT_STRING, TRUE, profile->id, 0},
                                {"session", EVENT_STRING, FALSE, NULL, 0},
                                {"number", EVENT_INT, FALSE, NULL, 0},
                                {"text", EVENT_STRING, FALSE, NULL, 0},
                                {"latencyMs", EVENT_INT, FALSE, NULL, 0}};

    if (!events->session)
        events->session = declare(events, "Session", session, G_N_ELEMENTS(session), TRUE);
    if (!events->description)
        events->description =
            declare(events, "Description", description, G_N_ELEMENTS(description), FALSE);
    setupAnswers(events, profile);
}

void setupCameraOutput(CameraOutput* output, const Config* config) {
    GHashTableIter entries;
    gpointer known;

    g_hash_table_iter_init(&entries, output->byProfile);
    while (g_hash_table_iter_next(&entries, NULL, &known))
        ((ProfileEvents*)known)->isWanted = FALSE;
    for (guint i = 0; i < config->profiles->len; i++) {
        const Profile* profile = g_ptr_array_index(config->profiles, i);
        if (!profile->enabled || !profile->publishEvent)
            continue;
        ProfileEvents* events = g_hash_table_lookup(output->byProfile, profile->id);
        if (!events)
            events = addProfile(output, profile->id);
        events->isWanted = TRUE;
        declareProfile(events, profile);
    }
    output->hasUnwanted = TRUE;
    dropUnused(output);
}

/* NULL when the session was not told of by its start. */
static ProfileEvents* findOpen(const CameraOutput* output, const SessionContext* session) {
    ProfileEvents* events = g_hash_table_lookup(output->byProfile, session->profile->id);

    return events && g_hash_table_contains(events->open, session->id) ? events : NULL;
}

void outputStart(CameraOutput* output, const SessionContext* session) {
    ProfileEvents* events = g_hash_table_lookup(output->byProfile, session->profile->id);

    if (!events || !events->isWanted)
        return;
    g_hash_table_add(events->open, g_strdup(session->id));
    if (events->session && g_hash_table_size(events->open) == 1)
        queueState(output->queue, events->session, TRUE);
}

void outputDescription(CameraOutput* output, const SessionContext* session, const Answer* answer,
                       gint64 latencyUs) {
    ProfileEvents* events = findOpen(output, session);
    const EventValue values[] = {
        {"session", EVENT_STRING, FALSE, session->id, 0},
        {"number", EVENT_INT, FALSE, NULL, (gint)session->info.descriptions},
        {"text", EVENT_STRING, FALSE, answer->text, 0},
        {"latencyMs", EVENT_INT, FALSE, NULL, (gint)(latencyUs / 1000)}};
    GHashTableIter entries;
    gpointer question, declaration;

    if (!events)
        return;
    if (events->description)
        queueDescription(output->queue, events->description, values, G_N_ELEMENTS(values));
    g_hash_table_iter_init(&entries, events->answers);
    while (g_hash_table_iter_next(&entries, &question, &declaration)) {
        const json_t* value = json_object_get(answer->answers, question);
        if (json_is_boolean(value))
            queueState(output->queue, declaration, json_is_true(value));
    }
}

/* A session that ended late says nothing while the profile, edited meanwhile, has a newer one. */
void outputEnd(CameraOutput* output, const SessionContext* session) {
    ProfileEvents* events = findOpen(output, session);
    GHashTableIter entries;
    gpointer declaration;

    if (!events)
        return;
    gboolean isLast = g_hash_table_size(events->open) == 1;
    if (isLast && events->session)
        queueState(output->queue, events->session, FALSE);
    g_hash_table_iter_init(&entries, events->answers);
    while (isLast && g_hash_table_iter_next(&entries, NULL, &declaration))
        queueState(output->queue, declaration, FALSE);
    g_hash_table_remove(events->open, session->id); /* only now, as what is queued may be sent */
    dropUnused(output);
}
