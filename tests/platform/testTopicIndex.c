/* SPDX-License-Identifier: MIT */
#include "TopicIndex.h"

static char* findAll(const TopicIndex* index, const char* topic) {
    g_auto(GStrv) levels = g_strsplit(topic, "/", -1);
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    GString* names = g_string_new(NULL);

    findInTopicIndex(index, (const char* const*)levels, g_strv_length(levels), found);
    for (guint i = 0; i < found->len; i++)
        g_string_append(names, found->pdata[i]);
    return g_string_free(names, FALSE);
}

#define assertFound(index, topic, expected)                                                        \
    do {                                                                                           \
        g_autofree char* found = findAll(index, topic);                                            \
        g_assert_cmpstr(found, ==, expected);                                                      \
    } while (0)

static void testPrefixesAndWildcards(void) {
    g_autoptr(TopicIndex) index = newTopicIndex();
    const char* const ab[] = {"a", "b"};
    const char* const anyB[] = {NULL, "b"};

    addToTopicIndex(index, ab, 0, "0");
    addToTopicIndex(index, ab, 1, "1");
    addToTopicIndex(index, ab, 2, "2");
    addToTopicIndex(index, anyB, 2, "*");

    assertFound(index, "a", "01");
    assertFound(index, "a/b", "012*");
    assertFound(index, "a/b/c", "012*");
    assertFound(index, "x/b", "0*");
    assertFound(index, "x/y", "0");
    assertFound(index, "b", "0");
}

static void testRemoving(void) {
    g_autoptr(TopicIndex) index = newTopicIndex();
    const char* const ab[] = {"a", "b"};
    const char* const anyB[] = {NULL, "b"};

    addToTopicIndex(index, ab, 2, "x");
    addToTopicIndex(index, ab, 2, "y");
    addToTopicIndex(index, anyB, 2, "z");
    removeFromTopicIndex(index, ab, 2, "x");
    assertFound(index, "a/b", "yz");
    removeFromTopicIndex(index, ab, 2, "y");
    removeFromTopicIndex(index, ab, 2, "y");
    assertFound(index, "a/b", "z");
    removeFromTopicIndex(index, anyB, 2, "z");
    assertFound(index, "a/b", "");
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/topic-index/prefixes-and-wildcards", testPrefixesAndWildcards);
    g_test_add_func("/topic-index/removing", testRemoving);
    return g_test_run();
}
