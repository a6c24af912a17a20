/* SPDX-License-Identifier: MIT */
#include <axsdk/axevent.h>

#include <string.h>

static void testValuesOfEachType(void) {
    g_autoptr(AXEventKeyValueSet) set = ax_event_key_value_set_new();
    g_autoptr(AXEventElementItem) element = ax_event_element_item_new("box", "tt");
    g_autoptr(AXEventElementItem) found = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char* text = NULL;
    gint port = -7, integer;
    gboolean active = 5, boolean;
    gdouble level = 0.25, number;

    ax_event_key_value_set_add_key_values(
        set, &error, "port", NULL, &port, AX_VALUE_TYPE_INT, "active", NULL, &active,
        AX_VALUE_TYPE_BOOL, "level", "tns1", &level, AX_VALUE_TYPE_DOUBLE, "name", NULL, "Tür",
        AX_VALUE_TYPE_STRING, "box", NULL, element, AX_VALUE_TYPE_ELEMENT, NULL);
    g_assert_no_error(error);
    port = 0; /* the set has copies */

    g_assert_true(ax_event_key_value_set_get_integer(set, "port", NULL, &integer, &error));
    g_assert_true(ax_event_key_value_set_get_boolean(set, "active", NULL, &boolean, &error));
    g_assert_true(ax_event_key_value_set_get_double(set, "level", "tns1", &number, &error));
    g_assert_true(ax_event_key_value_set_get_string(set, "name", NULL, &text, &error));
    g_assert_true(ax_event_key_value_set_get_element(set, "box", NULL, &found, &error));
    g_assert_cmpint(integer, ==, -7);
    g_assert_cmpint(boolean, ==, TRUE);
    g_assert_cmpfloat(number, ==, 0.25);
    g_assert_cmpstr(text, ==, "Tür");
}

static void testAddingAgainReplaces(void) {
    g_autoptr(AXEventKeyValueSet) set = ax_event_key_value_set_new();
    gint port = 1, found;
    g_autofree char* text = NULL;

    ax_event_key_value_set_add_key_value(set, "port", NULL, "one", AX_VALUE_TYPE_STRING, NULL);
    ax_event_key_value_set_add_key_value(set, "port", "tns1", "other", AX_VALUE_TYPE_STRING, NULL);
    ax_event_key_value_set_add_key_value(set, "port", NULL, &port, AX_VALUE_TYPE_INT, NULL);

    g_assert_true(ax_event_key_value_set_get_integer(set, "port", NULL, &found, NULL));
    g_assert_cmpint(found, ==, 1);
    g_assert_true(ax_event_key_value_set_get_string(set, "port", "tns1", &text, NULL));
    g_assert_cmpstr(text, ==, "other");
}

static void assertRefused(AXEventKeyValueSet* set, const char* key, AXEventErrorCode code) {
    g_autoptr(GError) error = NULL;
    gboolean value = 17;

    g_assert_false(ax_event_key_value_set_get_boolean(set, key, NULL, &value, &error));
    g_assert_error(error, AX_EVENT_ERROR, (gint)code);
    g_assert_cmpint(value, ==, 17);
}

static void testErrors(void) {
    g_autoptr(AXEventKeyValueSet) set = ax_event_key_value_set_new();
    g_autoptr(GError) error = NULL;

    ax_event_key_value_set_add_key_value(set, "text", NULL, "1", AX_VALUE_TYPE_STRING, NULL);
    ax_event_key_value_set_add_key_value(set, "unset", NULL, NULL, AX_VALUE_TYPE_BOOL, NULL);

    assertRefused(set, "missing", AX_EVENT_ERROR_KEY_NOT_FOUND);
    assertRefused(set, "text", AX_EVENT_ERROR_INCOMPATIBLE_VALUE);
    assertRefused(set, "unset", AX_EVENT_ERROR_INCOMPATIBLE_VALUE);
    assertRefused(set, NULL, AX_EVENT_ERROR_INVALID_ARGUMENT);
    assertRefused(NULL, "text", AX_EVENT_ERROR_INVALID_ARGUMENT);
    g_assert_false(ax_event_key_value_set_add_key_value(set, "bad", NULL, "\xff",
                                                        AX_VALUE_TYPE_STRING, &error));
    g_assert_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_INVALID_ARGUMENT);
    g_assert_false(ax_event_key_value_set_mark_as_source(set, "missing", NULL, NULL));
}

static void testRemoving(void) {
    g_autoptr(AXEventKeyValueSet) set = ax_event_key_value_set_new();
    AXEventValueType type;

    ax_event_key_value_set_add_key_value(set, "key", "tns1", NULL, AX_VALUE_TYPE_DOUBLE, NULL);
    g_assert_true(ax_event_key_value_set_get_value_type(set, "key", "tns1", &type, NULL));
    g_assert_cmpint(type, ==, AX_VALUE_TYPE_DOUBLE);
    g_assert_true(ax_event_key_value_set_remove_key(set, "key", "tns1", NULL));
    g_assert_false(ax_event_key_value_set_remove_key(set, "key", "tns1", NULL));
}

/* What applications that look into a set take it for (seen in published sources). */
typedef struct {
    gchar *nameSpace, *key;
} SeenName;
typedef struct {
    gint integer;
    gboolean boolean;
    gdouble number;
    gchar* text;
    AXEventElementItem* element;
    gchar* elementText;
    GList* tags;
    gchar *keyNiceName, *valueNiceName;
    gboolean defined, onvifData;
    AXEventValueType type;
} SeenValue;

static const SeenValue* lookInto(const AXEventKeyValueSet* set, const char* key) {
    GHashTableIter iterator;
    const SeenName* name;
    const SeenValue* value;

    g_hash_table_iter_init(&iterator, *(GHashTable* const*)set);
    while (g_hash_table_iter_next(&iterator, (gpointer*)&name, (gpointer*)&value))
        if (g_str_equal(name->key, key))
            return value;
    return NULL;
}

static void testAppsThatLookInside(void) {
    g_autoptr(AXEventKeyValueSet) set = ax_event_key_value_set_new();
    gint port = 7;
    gboolean active = TRUE;
    gdouble level = 0.5;

    ax_event_key_value_set_add_key_values(
        set, NULL, "topic0", "tns1", "Device", AX_VALUE_TYPE_STRING, "port", NULL, &port,
        AX_VALUE_TYPE_INT, "active", NULL, &active, AX_VALUE_TYPE_BOOL, "level", NULL, &level,
        AX_VALUE_TYPE_DOUBLE, "any", NULL, NULL, AX_VALUE_TYPE_INT, "gone", NULL, &port,
        AX_VALUE_TYPE_INT, NULL);
    ax_event_key_value_set_remove_key(set, "gone", NULL, NULL);
    ax_event_key_value_set_mark_as_user_defined(set, "port", NULL, "tag", NULL);
    ax_event_key_value_set_add_nice_names(set, "port", NULL, "Port", "Seven", NULL);
    AXEvent* event = ax_event_new2(set, NULL);
    const AXEventKeyValueSet* sent = ax_event_get_key_value_set(event);

    g_assert_cmpstr(lookInto(sent, "topic0")->text, ==, "Device");
    const SeenValue* seen = lookInto(sent, "port");
    g_assert_true(seen->defined && seen->type == AX_VALUE_TYPE_INT);
    g_assert_cmpint(seen->integer, ==, 7);
    g_assert_cmpstr(seen->tags->data, ==, "tag");
    g_assert_cmpstr(seen->keyNiceName, ==, "Port");
    g_assert_cmpstr(seen->valueNiceName, ==, "Seven");
    g_assert_true(lookInto(sent, "active")->boolean);
    g_assert_cmpfloat(lookInto(sent, "level")->number, ==, 0.5);
    g_assert_false(lookInto(sent, "any")->defined);
    g_assert_null(lookInto(sent, "gone"));
    ax_event_free(event);
}

static void testEventCopiesItsSet(void) {
    AXEventKeyValueSet* set = ax_event_key_value_set_new();
    g_autoptr(GDateTime) time = g_date_time_new_utc(2026, 8, 18, 10, 11, 12.5);
    g_autofree char* name = NULL;

    ax_event_key_value_set_add_key_value(set, "name", NULL, "a", AX_VALUE_TYPE_STRING, NULL);
    g_autoptr(AXEvent) event = ax_event_new2(set, time);
    ax_event_key_value_set_free(set);

    const AXEventKeyValueSet* own = ax_event_get_key_value_set(event);
    g_assert_true(ax_event_key_value_set_get_string(own, "name", NULL, &name, NULL));
    g_assert_cmpstr(name, ==, "a");
    g_assert_true(g_date_time_equal(ax_event_get_time_stamp2(event), time));
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    const GTimeVal* old = ax_event_get_time_stamp(event);
    g_assert_cmpint(old->tv_sec, ==, g_date_time_to_unix(time));
    g_assert_cmpint(old->tv_usec, ==, 500000);
    G_GNUC_END_IGNORE_DEPRECATIONS
}

static AXEventElementItem* newBranch(const char* name, const char* const* leaves) {
    AXEventElementItem* branch = ax_event_element_item_new(name, NULL);

    for (; *leaves; leaves++) {
        g_autoptr(AXEventElementItem) leaf = ax_event_element_item_new(*leaves, NULL);
        g_assert_true(ax_event_element_item_set_body(leaf, *leaves, NULL));
        g_assert_true(ax_event_element_item_add_child(branch, leaf, NULL));
    }
    return branch;
}

static void testChildrenOneByOne(void) {
    const char* const leaves[] = {"a", "b", "c", NULL};
    g_autoptr(GString) names = g_string_new(NULL);
    AXEventElementItem* branch = newBranch("branch", leaves);
    AXEventElementItem* child = NULL;

    g_assert_true(ax_event_element_item_get_first_child(branch, &child, NULL));
    ax_event_element_item_free(branch); /* what a getter returned lives on */
    while (child) {
        g_autofree char* body = NULL;
        AXEventElementItem* next = NULL;
        g_assert_true(ax_event_element_item_get_body(child, &body, NULL));
        g_string_append(names, body);
        g_assert_true(ax_event_element_item_get_next_child(child, &next, NULL));
        ax_event_element_item_free(child);
        child = next;
    }

    g_assert_cmpstr(names->str, ==, "abc");
}

static void testAttributes(void) {
    g_autoptr(AXEventElementItem) item = ax_event_element_item_new("item", "");
    g_autoptr(GHashTable) table = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) found = NULL;
    g_autofree char* nameSpace = (char*)g_strdup("unchanged");

    g_hash_table_insert(table, (gpointer) "x", (gpointer) "1");
    g_assert_true(ax_event_element_item_set_attributes(item, table, NULL));
    g_hash_table_remove_all(table);
    g_assert_true(ax_event_element_item_get_attributes(item, &found, NULL));
    g_assert_cmpstr(g_hash_table_lookup(found, "x"), ==, "1");

    g_clear_pointer(&found, g_hash_table_unref);
    g_assert_true(ax_event_element_item_set_attributes(item, NULL, NULL));
    g_assert_true(ax_event_element_item_get_attributes(item, &found, NULL));
    g_assert_cmpuint(g_hash_table_size(found), ==, 0);
    g_clear_pointer(&nameSpace, g_free);
    g_assert_true(ax_event_element_item_get_name_space(item, &nameSpace, NULL));
    g_assert_null(nameSpace);
}

static void testNoChildren(void) {
    g_autoptr(AXEventElementItem) item = ax_event_element_item_new("item", NULL);
    AXEventElementItem* child = item;

    g_assert_true(ax_event_element_item_get_first_child(item, &child, NULL));
    g_assert_null(child);
    g_assert_true(ax_event_element_item_get_next_child(item, &child, NULL));
    g_assert_null(child);
    g_assert_null(ax_event_element_item_new(NULL, NULL));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/key-value-set/values-of-each-type", testValuesOfEachType);
    g_test_add_func("/key-value-set/adding-again-replaces", testAddingAgainReplaces);
    g_test_add_func("/key-value-set/errors", testErrors);
    g_test_add_func("/key-value-set/removing", testRemoving);
    g_test_add_func("/event/apps-that-look-inside", testAppsThatLookInside);
    g_test_add_func("/event/copies-its-set", testEventCopiesItsSet);
    g_test_add_func("/element/children-one-by-one", testChildrenOneByOne);
    g_test_add_func("/element/attributes", testAttributes);
    g_test_add_func("/element/no-children", testNoChildren);
    return g_test_run();
}
