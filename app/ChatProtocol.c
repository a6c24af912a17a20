/* SPDX-License-Identifier: MIT */
#include "ChatProtocol.h"

/* Not G_DEFINE_QUARK: its cache is written by whichever thread comes first, without a lock. */
GQuark describeError_quark(void) {
    return g_quark_from_static_string("describe-error");
}

enum { MOST_TOKENS = 400 };

void clearAnswer(Answer* answer) {
    g_clear_pointer(&answer->text, g_free);
    g_clear_pointer(&answer->answers, json_decref);
    g_clear_pointer(&answer->model, g_free);
}

static void appendJson(GString* out, json_t* value) {
    char* text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

    g_string_append(out, text);
    free(text);
    json_decref(value);
}

/* Each answer may be null: a model that cannot tell must not be made to guess. */
static json_t* formatSchema(const GPtrArray* questions) {
    json_t* properties = json_pack("{s{ss}}", "description", "type", "string");
    json_t* required = json_pack("[s]", "description");

    for (guint i = 0; i < questions->len; i++) {
        const Question* question = g_ptr_array_index(questions, i);
        json_object_set_new(properties, question->name,
                            json_pack("{s[ss]ss}", "type", questionTypeName(question->type), "null",
                                      "description", question->text));
        json_array_append_new(required, json_string(question->name));
    }
    return json_pack("{sss{sssbs{sssososb}}}", "type", "json_schema", "json_schema", "name",
                     "answers", "strict", 1, "schema", "type", "object", "properties", properties,
                     "required", required, "additionalProperties", 0);
}

static char* formatPrompt(const Profile* profile) {
    GString* prompt = g_string_new(profile->prompt);

    if (profile->questions->len)
        g_string_append(prompt, "\n\nGive the description as `description`. Then answer each "
                                "question, with null where the picture does not tell:");
    for (guint i = 0; i < profile->questions->len; i++) {
        const Question* question = g_ptr_array_index(profile->questions, i);
        g_string_append_printf(prompt, "\n- %s: %s", question->name, question->text);
    }
    return g_string_free(prompt, FALSE);
}

/* All up to the pictures. */
static GString* formatHead(const Profile* profile, const char* model) {
    g_autofree char* prompt = formatPrompt(profile);
    GString* head = g_string_new("{");

    if (model[0]) {
        g_string_append(head, "\"model\":");
        appendJson(head, json_string(model));
        g_string_append_c(head, ',');
    }
    g_string_append_printf(head, "\"max_tokens\":%d,", MOST_TOKENS);
    if (profile->questions->len) {
        g_string_append(head, "\"response_format\":");
        appendJson(head, formatSchema(profile->questions));
        g_string_append_c(head, ',');
    }
    g_string_append(head, "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
                          "\"text\":");
    appendJson(head, json_string(prompt));
    return g_string_append_c(head, '}');
}

RequestBody* formatChatRequest(const Profile* profile, const char* model, const GPtrArray* frames) {
    RequestBody* request = newRequestBody();

    appendText(request, formatHead(profile, model));
    for (guint i = 0; i < frames->len; i++) {
        appendText(request,
                   g_string_new(",{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/"
                                "jpeg;base64,"));
        appendPicture(request, g_ptr_array_index(frames, i));
        appendText(request, g_string_new("\"}}"));
    }
    appendText(request, g_string_new("]}]}"));
    return request;
}

static gboolean failAnswer(GError** error, const char* format, ...) {
    va_list args;

    va_start(args, format);
    g_autofree char* text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, DESCRIBE_ERROR, DESCRIBE_ERROR_ANSWER, "the describer's answer %s", text);
    return FALSE;
}

static gboolean hasType(const json_t* value, QuestionType type) {
    if (json_is_null(value))
        return TRUE;
    switch (type) {
    case QUESTION_BOOL:
        return json_is_boolean(value);
    case QUESTION_INTEGER:
        return json_is_integer(value);
    case QUESTION_NUMBER:
        return json_is_number(value);
    case QUESTION_STRING:
    default:
        return json_is_string(value);
    }
}

static gboolean parseAnswers(const char* content, const Profile* profile, Answer* answer,
                             GError** error) {
    json_auto_t* json = json_loads(content, 0, NULL);
    const char* description = json_string_value(json_object_get(json, "description"));

    if (!description)
        return failAnswer(error, "is not the JSON that was asked for, with a description");
    answer->answers = json_object();
    for (guint i = 0; i < profile->questions->len; i++) {
        const Question* question = g_ptr_array_index(profile->questions, i);
        json_t* value = json_object_get(json, question->name);
        if (!value)
            return failAnswer(error, "lacks '%s'", question->name);
        if (!hasType(value, question->type))
            return failAnswer(error, "has a '%s' that is not of type %s", question->name,
                              questionTypeName(question->type));
        json_object_set(answer->answers, question->name, value);
    }
    answer->text = g_strdup(description);
    return TRUE;
}

gboolean parseChatReply(const GString* reply, const Profile* profile, Answer* answer,
                        GError** error) {
    json_auto_t* json = json_loadb(reply->str, reply->len, 0, NULL);
    const json_t* choice = json_array_get(json_object_get(json, "choices"), 0);
    const json_t* message = json_object_get(choice, "message");
    const char* content = json_string_value(json_object_get(message, "content"));
    const char* refusal = json_string_value(json_object_get(message, "refusal"));
    const char* model = json_string_value(json_object_get(json, "model"));

    *answer = (Answer){NULL, NULL, NULL};
    if (!json)
        return failAnswer(error, "is not JSON");
    if (refusal)
        return failAnswer(error, "is a refusal: %.120s", refusal);
    if (!content || !content[0])
        return failAnswer(error, "has no text at choices[0].message.content");
    if (profile->questions->len && !parseAnswers(content, profile, answer, error)) {
        clearAnswer(answer);
        return FALSE;
    }
    if (!answer->text)
        answer->text = g_strdup(content);
    answer->model = g_strdup(model ? model : "");
    return TRUE;
}
