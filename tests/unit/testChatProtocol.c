/* SPDX-License-Identifier: MIT */
#include "ChatProtocol.h"
#include "TestData.h"

#include <string.h>

static const char withQuestions[] =
    "{'questions': [{'name': 'person', 'type': 'bool', 'text': 'Anyone?'},"
    " {'name': 'cars', 'type': 'integer', 'text': 'How many cars?'}]}";

static json_t* format(const Profile* profile, const char* model, const guchar* picture,
                      gsize size) {
    g_autoptr(GPtrArray) frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);

    g_ptr_array_add(frames, g_bytes_new(picture, size));
    g_autoptr(RequestBody) request = formatChatRequest(profile, model, frames);
    gsize length = requestBodySize(request);
    g_autofree char* text = g_malloc(length);
    g_assert_cmpuint(readRequestBody(request, 0, text, length), ==, length);
    json_t* json = json_loadb(text, length, 0, NULL);
    g_assert_nonnull(json);
    return json;
}

static void testRequestCarriesThePicture(void) {
    g_autoptr(Profile) profile = makeProfile("a", "oneShot", "S", "{'prompt': 'Say \\'hi\\'.'}");

    for (gsize size = 1; size < 10; size++) {
        json_auto_t* json = format(profile, "m", (const guchar*)"\xff\xd8\x00 bytes", size);
        json_t* message = json_array_get(json_object_get(json, "messages"), 0);
        json_t* picture = json_array_get(json_object_get(message, "content"), 1);
        const char* url =
            json_string_value(json_object_get(json_object_get(picture, "image_url"), "url"));
        gsize decodedSize;
        g_assert_true(g_str_has_prefix(url, "data:image/jpeg;base64,"));
        g_autofree guchar* decoded = g_base64_decode(strchr(url, ',') + 1, &decodedSize);
        g_assert_cmpmem(decoded, decodedSize, "\xff\xd8\x00 bytes", size);
        g_assert_cmpstr(json_string_value(json_object_get(json, "model")), ==, "m");
        g_assert_null(json_object_get(json, "response_format"));
    }
}

static void testNoModelLeavesTheChoiceToTheDescriber(void) {
    g_autoptr(Profile) profile = makeProfile("a", "oneShot", "S", NULL);
    json_auto_t* json = format(profile, "", (const guchar*)"x", 1);

    g_assert_null(json_object_get(json, "model"));
}

static void testQuestionsAskForStructure(void) {
    g_autoptr(Profile) profile = makeProfile("a", "oneShot", "S", withQuestions);
    json_auto_t* json = format(profile, "m", (const guchar*)"x", 1);
    json_t* schema = json_object_get(
        json_object_get(json_object_get(json, "response_format"), "json_schema"), "schema");

    g_assert_cmpuint(json_array_size(json_object_get(schema, "required")), ==, 3);
    json_t* person = json_object_get(json_object_get(schema, "properties"), "person");
    g_assert_cmpstr(json_string_value(json_array_get(json_object_get(person, "type"), 0)), ==,
                    "boolean");
}

static GString* replyWith(const char* content) {
    json_auto_t* json =
        json_pack("{sss[{s{ss}}]}", "model", "m", "choices", "message", "content", content);
    char* text = json_dumps(json, 0);
    GString* reply = g_string_new(text);

    free(text);
    return reply;
}

static void testPlainAnswer(void) {
    g_autoptr(Profile) profile = makeProfile("a", "oneShot", "S", NULL);
    g_autoptr(GString) reply = replyWith("A door.");
    g_autoptr(GError) error = NULL;
    Answer answer;

    g_assert_true(parseChatReply(reply, profile, &answer, &error));
    g_assert_cmpstr(answer.text, ==, "A door.");
    g_assert_cmpstr(answer.model, ==, "m");
    g_assert_null(answer.answers);
    clearAnswer(&answer);
}

static void testTypedAnswers(void) {
    g_autoptr(Profile) profile = makeProfile("a", "oneShot", "S", withQuestions);
    g_autoptr(GString) reply =
        replyWith("{\"description\": \"A door.\", \"person\": true, \"cars\": null, \"x\": 1}");
    Answer answer;

    g_assert_true(parseChatReply(reply, profile, &answer, NULL));
    g_assert_cmpstr(answer.text, ==, "A door.");
    g_assert_true(json_is_true(json_object_get(answer.answers, "person")));
    g_assert_true(json_is_null(json_object_get(answer.answers, "cars")));
    g_assert_cmpuint(json_object_size(answer.answers), ==, 2);
    clearAnswer(&answer);
}

static void assertRefused(const Profile* profile, const char* text, const char* part) {
    g_autoptr(GString) reply = g_string_new(text);
    g_autoptr(GError) error = NULL;
    Answer answer;

    g_assert_false(parseChatReply(reply, profile, &answer, &error));
    g_assert_error(error, DESCRIBE_ERROR, DESCRIBE_ERROR_ANSWER);
    if (!strstr(error->message, part))
        g_error("'%s' does not say '%s'", error->message, part);
    g_assert_null(answer.text);
}

static void testGarbageIsAnError(void) {
    g_autoptr(Profile) plain = makeProfile("a", "oneShot", "S", NULL);
    g_autoptr(Profile) asking = makeProfile("a", "oneShot", "S", withQuestions);

    assertRefused(plain, "<html>", "is not JSON");
    assertRefused(plain, "[]", "has no text");
    assertRefused(plain, "{\"choices\":[]}", "has no text");
    assertRefused(plain, "{\"choices\":[{\"message\":{\"content\":null}}]}", "has no text");
    assertRefused(plain, "{\"choices\":[{\"message\":{\"content\":\"\"}}]}", "has no text");
    assertRefused(plain, "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"No.\"}}]}",
                  "is a refusal: No.");
    assertRefused(asking, "{\"choices\":[{\"message\":{\"content\":\"A door.\"}}]}",
                  "is not the JSON");
    assertRefused(asking,
                  "{\"choices\":[{\"message\":{\"content\":\"{\\\"description\\\":\\\"d\\\"}\"}}]}",
                  "lacks 'person'");
    assertRefused(asking,
                  "{\"choices\":[{\"message\":{\"content\":\"{\\\"description\\\":\\\"d\\\","
                  "\\\"person\\\":\\\"yes\\\"}\"}}]}",
                  "not of type boolean");
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/chat/picture", testRequestCarriesThePicture);
    g_test_add_func("/chat/no-model", testNoModelLeavesTheChoiceToTheDescriber);
    g_test_add_func("/chat/questions", testQuestionsAskForStructure);
    g_test_add_func("/chat/plain-answer", testPlainAnswer);
    g_test_add_func("/chat/typed-answers", testTypedAnswers);
    g_test_add_func("/chat/garbage", testGarbageIsAnError);
    return g_test_run();
}
