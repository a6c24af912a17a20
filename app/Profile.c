/* SPDX-License-Identifier: MIT */
#include "Profile.h"

#include <string.h>

#include "JsonReader.h"

static const char* const sessionTypeNames[] = {"oneShot", "activeMonitoring", NULL};
static const char* const questionTypeNames[] = {"bool", "integer", "number", "string", NULL};

enum {
    DAY_SEC = 24 * 60 * 60,
    LEAST_INTERVAL_MS = 200,
    DEFAULT_INTERVAL_MS = 5000,
    DEFAULT_IN_FLIGHT = 3,
    MOST_PROMPT = 8000,
    MOST_QUESTIONS = 16,
};

const char* sessionTypeName(SessionType type) {
    return sessionTypeNames[type];
}

const char* questionTypeName(QuestionType type) {
    return type == QUESTION_BOOL ? "boolean" : questionTypeNames[type];
}

static void freeQuestion(gpointer data) {
    Question* question = data;

    g_free(question->name);
    g_free(question->text);
    g_free(question);
}

/* Ids and names of questions become keys, file names and log words: no other characters. */
static void checkName(JsonReader* reader, const char* field, const char* text) {
    const char* allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    if (!hasFailed(reader) && strspn(text, allowed) != strlen(text))
        failField(reader, field, "may have letters, digits, '_', '-' and '.' only");
}

static char* joinPath(const char* path, const char* name) {
    return g_strdup_printf("%s%s%s", path, path[0] ? "." : "", name);
}

static gboolean readQuestion(Profile* profile, const json_t* json, const char* path,
                             GError** error) {
    Question* question = g_new0(Question, 1);
    JsonReader* reader = newJsonReader(json, path);

    g_ptr_array_add(profile->questions, question);
    question->name = readString(reader, "name", NULL, 1, 64);
    checkName(reader, "name", question->name);
    if (!hasFailed(reader) && strcmp(question->name, "description") == 0)
        failField(reader, "name", "'description' is taken by the description itself");
    for (guint i = 0; !hasFailed(reader) && i + 1 < profile->questions->len; i++) {
        const Question* other = g_ptr_array_index(profile->questions, i);
        if (strcmp(other->name, question->name) == 0)
            failField(reader, "name", "'%s' is used twice", question->name);
    }
    question->type = (QuestionType)readEnum(reader, "type", questionTypeNames, QUESTION_BOOL);
    question->text = readString(reader, "text", NULL, 1, 500);
    return endJsonReader(reader, error);
}

static gboolean readQuestions(Profile* profile, const json_t* list, const char* path,
                              GError** error) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        g_autofree char* name = g_strdup_printf("questions[%zu]", i);
        g_autofree char* place = joinPath(path, name);
        if (!readQuestion(profile, json_array_get(list, i), place, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean readFrame(Profile* profile, const json_t* json, const char* path, GError** error) {
    g_autofree char* place = joinPath(path, "frame");
    json_auto_t* empty = json_object();
    JsonReader* reader = newJsonReader(json ? json : empty, place);

    profile->frame.width = (guint)readInt(reader, "width", 1280, 16, 7680);
    profile->frame.height = (guint)readInt(reader, "height", 720, 16, 4320);
    profile->frame.channel = (guint)readInt(reader, "channel", 1, 0, 64);
    profile->frame.count = (guint)readInt(reader, "count", 1, 1, 8);
    return endJsonReader(reader, error);
}

/* Webhooks are named by the configuration's format but not called by this version: one that is set
 * is refused, so that nobody waits for it. */
static gboolean readPublish(Profile* profile, const json_t* json, const char* path,
                            GError** error) {
    g_autofree char* place = joinPath(path, "publish");
    json_auto_t* empty = json_object();
    JsonReader* reader = newJsonReader(json ? json : empty, place);

    profile->publishEvent = readBool(reader, "event", TRUE);
    g_autofree char* webhook = readString(reader, "webhook", "", 0, 1000);
    if (webhook[0])
        failField(reader, "webhook", "is not supported by this version; leave it empty");
    return endJsonReader(reader, error);
}

static gboolean readTrigger(Profile* profile, const json_t* json, const char* path,
                            GError** error) {
    g_autofree char* place = joinPath(path, "trigger");

    profile->trigger = newTrigger(json, place, error);
    return profile->trigger != NULL;
}

static void readTimes(Profile* profile, JsonReader* reader) {
    profile->intervalMs = (guint)readInt(reader, "intervalMs", DEFAULT_INTERVAL_MS,
                                         LEAST_INTERVAL_MS, (gint64)DAY_SEC * 1000);
    profile->maxDurationSec = (guint)readInt(reader, "maxDurationSec", 0, 0, 7 * DAY_SEC);
    profile->graceMs = (guint)readInt(reader, "graceMs", 0, 0, 10 * 60 * 1000);
    profile->cooldownSec = (guint)readInt(reader, "cooldownSec", 0, 0, DAY_SEC);
    profile->maxInFlight = (guint)readInt(reader, "maxInFlight", DEFAULT_IN_FLIGHT, 1, 100);
}

/* The nested parts, kept until the flat fields are known to be good. */
typedef struct {
    const json_t *trigger, *frame, *questions, *publish;
} Parts;

static gboolean readFlatFields(Profile* profile, const json_t* json, const char* path, Parts* parts,
                               GError** error) {
    JsonReader* reader = newJsonReader(json, path);

    profile->id = readString(reader, "id", NULL, 1, 64);
    checkName(reader, "id", profile->id);
    profile->name = readString(reader, "name", profile->id, 0, 200);
    profile->enabled = readBool(reader, "enabled", TRUE);
    parts->trigger = readObject(reader, "trigger", TRUE);
    profile->sessionType = (SessionType)readEnum(reader, "sessionType", sessionTypeNames, -1);
    readTimes(profile, reader);
    profile->whenActiveAtStart =
        readBool(reader, "whenActiveAtStart", profile->sessionType == SESSION_ACTIVE_MONITORING);
    parts->frame = readObject(reader, "frame", FALSE);
    profile->prompt = readString(reader, "prompt", NULL, 1, MOST_PROMPT);
    parts->questions = readArray(reader, "questions", FALSE);
    if (json_array_size(parts->questions) > MOST_QUESTIONS)
        failField(reader, "questions", "may be %d at most", MOST_QUESTIONS);
    parts->publish = readObject(reader, "publish", FALSE);
    return endJsonReader(reader, error);
}

Profile* newProfile(const json_t* json, const char* path, GError** error) {
    g_autoptr(Profile) profile = g_new0(Profile, 1);
    Parts parts = {NULL, NULL, NULL, NULL};

    g_atomic_ref_count_init(&profile->refs);
    profile->questions = g_ptr_array_new_with_free_func(freeQuestion);
    if (!readFlatFields(profile, json, path, &parts, error) ||
        !readTrigger(profile, parts.trigger, path, error) ||
        !readFrame(profile, parts.frame, path, error) ||
        !readQuestions(profile, parts.questions, path, error) ||
        !readPublish(profile, parts.publish, path, error))
        return NULL;
    return g_steal_pointer(&profile);
}

Profile* refProfile(Profile* profile) {
    g_atomic_ref_count_inc(&profile->refs);
    return profile;
}

void unrefProfile(Profile* profile) {
    if (!profile || !g_atomic_ref_count_dec(&profile->refs))
        return;
    g_free(profile->id);
    g_free(profile->name);
    freeTrigger(profile->trigger);
    g_free(profile->prompt);
    g_ptr_array_unref(profile->questions);
    g_free(profile);
}

static json_t* questionsToJson(const GPtrArray* questions) {
    json_t* list = json_array();

    for (guint i = 0; i < questions->len; i++) {
        const Question* question = g_ptr_array_index(questions, i);
        json_array_append_new(list,
                              json_pack("{ssssss}", "name", question->name, "type",
                                        questionTypeNames[question->type], "text", question->text));
    }
    return list;
}

json_t* profileToJson(const Profile* profile) {
    const FrameSpec* frame = &profile->frame;
    json_t* json = json_pack(
        "{sssssbso ss si si si si si sb so ss so}", "id", profile->id, "name", profile->name,
        "enabled", profile->enabled, "trigger", triggerToJson(profile->trigger), "sessionType",
        sessionTypeName(profile->sessionType), "intervalMs", (int)profile->intervalMs,
        "maxDurationSec", (int)profile->maxDurationSec, "graceMs", (int)profile->graceMs,
        "cooldownSec", (int)profile->cooldownSec, "maxInFlight", (int)profile->maxInFlight,
        "whenActiveAtStart", profile->whenActiveAtStart, "frame",
        json_pack("{sisisisi}", "width", (int)frame->width, "height", (int)frame->height, "channel",
                  (int)frame->channel, "count", (int)frame->count),
        "prompt", profile->prompt, "questions", questionsToJson(profile->questions));

    json_object_set_new(json, "publish",
                        json_pack("{sbss}", "event", profile->publishEvent, "webhook", ""));
    return json;
}

gboolean profilesEqual(const Profile* a, const Profile* b) {
    json_auto_t* left = profileToJson(a);
    json_auto_t* right = profileToJson(b);

    return json_equal(left, right);
}
