/* SPDX-License-Identifier: MIT */
#include "TestCamera.h"

#include <axsdk/axparameter.h>

#include <string.h>

typedef struct {
    AXParameter* parameter;
    guint count;
    char* name;
    char* value;
    GThread* thread;
} Changes;

static void record(const gchar* name, const gchar* value, gpointer data) {
    Changes* changes = data;

    g_free(changes->name);
    g_free(changes->value);
    changes->name = g_strdup(name);
    changes->value = g_strdup(value);
    changes->thread = g_thread_self();
    changes->count++;
}

static void clearChanges(Changes* changes) {
    g_free(changes->name);
    g_free(changes->value);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Changes, clearChanges)

static AXParameter* newParameter(const char* app) {
    g_autoptr(GError) error = NULL;
    AXParameter* parameter = ax_parameter_new(app, &error);

    g_assert_no_error(error);
    return parameter;
}

static void add(AXParameter* parameter, const char* name, const char* value, const char* type) {
    g_autoptr(GError) error = NULL;

    ax_parameter_add(parameter, name, value, type, &error);
    g_assert_no_error(error);
}

static void assertValue(AXParameter* parameter, const char* name, const char* expected) {
    g_autoptr(GError) error = NULL;
    g_autofree char* value = NULL;

    ax_parameter_get(parameter, name, &value, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(value, ==, expected);
}

static void setByCamera(const char* name, const char* value) {
    tellCamera("SetParameter", g_variant_new("(ss)", name, value));
}

static void testSpellings(void) {
    g_autoptr(AXParameter) parameter = newParameter("spelling_app");
    add(parameter, "Level", "5", "int:min=0;max=9");

    assertValue(parameter, "Level", "5");
    assertValue(parameter, "spelling_app.Level", "5");
    assertValue(parameter, "root.spelling_app.Level", "5");
    assertValue(parameter, "root.Spelling_app.Level", "5");
    assertValue(parameter, "Properties.System.SerialNumber", "B8A44F000001");
    assertValue(parameter, "root.Properties.System.Architecture", "x86_64");
}

static void testListHasShortNames(void) {
    g_autoptr(AXParameter) parameter = newParameter("list_app");
    g_autoptr(GError) error = NULL;
    add(parameter, "One", "1", NULL);
    add(parameter, "Two", NULL, "string");

    GList* names = ax_parameter_list(parameter, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(g_list_length(names), ==, 2);
    g_assert_cmpstr(names->data, ==, "One");
    g_assert_cmpstr(names->next->data, ==, "Two");
    g_list_free_full(names, g_free);
}

static void testEmptyListIsNoError(void) {
    g_autoptr(AXParameter) parameter = newParameter("empty_app");
    g_autoptr(GError) error = NULL;

    g_assert_null(ax_parameter_list(parameter, &error));
    g_assert_no_error(error);
}

static void testErrors(void) {
    g_autoptr(AXParameter) parameter = newParameter("error_app");
    g_autoptr(GError) error = NULL;
    g_autofree char* value = NULL;
    add(parameter, "Level", "5", "int:min=0;max=9");

    g_assert_false(ax_parameter_add(parameter, "Level", "1", NULL, &error));
    g_assert_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_PARAM_ADDED_ERROR);
    g_clear_error(&error);
    g_assert_false(ax_parameter_get(parameter, "Missing", &value, &error));
    g_assert_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_PARAM_GET_ERROR);
    g_clear_error(&error);
    g_assert_false(ax_parameter_set(parameter, "Level", "10", TRUE, &error));
    g_assert_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_PARAM_SET_ERROR);
    g_clear_error(&error);
    g_assert_false(ax_parameter_set(parameter, "Brand.Brand", "X", TRUE, &error));
    g_assert_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_PARAM_SET_ERROR);
    g_clear_error(&error);
    g_assert_false(ax_parameter_remove(parameter, "Missing", &error));
    g_assert_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_PARAM_EXIST_ERROR);
    g_clear_error(&error);
    g_assert_false(ax_parameter_add(parameter, "other.Name", "1", NULL, &error));
    g_assert_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_PARAM_PATH_ERROR);
    g_clear_error(&error);
    g_assert_false(ax_parameter_add(parameter, "Na me", "1", NULL, &error));
    g_assert_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_PARAM_PATH_ERROR);
    g_clear_error(&error);
    g_assert_false(ax_parameter_get(parameter, NULL, &value, &error));
    g_assert_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_INVALID_ARG_ERROR);
    g_clear_error(&error);
    g_assert_null(ax_parameter_new("", &error));
    g_assert_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_INVALID_ARG_ERROR);
    assertValue(parameter, "Level", "5");
}

static void testRemove(void) {
    g_autoptr(AXParameter) parameter = newParameter("remove_app");
    g_autofree char* value = NULL;
    add(parameter, "Gone", "1", NULL);

    g_assert_true(ax_parameter_remove(parameter, "Gone", NULL));

    g_assert_false(ax_parameter_get(parameter, "Gone", &value, NULL));
}

static void testCallback(void) {
    g_autoptr(AXParameter) parameter = newParameter("callback_app");
    g_auto(Changes) changes = {0};
    add(parameter, "Level", "5", NULL);

    ax_parameter_register_callback(parameter, "Level", record, &changes, NULL);
    setByCamera("root.Callback_app.Level", "7");
    g_assert_cmpuint(changes.count, ==, 0); /* only the main loop calls back */
    waitForCount(&changes.count, 1, "the change by a user");

    g_assert_cmpstr(changes.name, ==, "root.callback_app.Level");
    g_assert_cmpstr(changes.value, ==, "7");
    g_assert_true(changes.thread == g_thread_self());
    g_assert_true(ax_parameter_set(parameter, "Level", NULL, TRUE, NULL));
    waitForCount(&changes.count, 2, "the change by the application");
    g_assert_cmpstr(changes.value, ==, "");
}

static void testCallbackBeforeParameter(void) {
    g_autoptr(AXParameter) parameter = newParameter("early_app");
    g_auto(Changes) changes = {0};

    g_assert_true(ax_parameter_register_callback(parameter, "Later", record, &changes, NULL));
    add(parameter, "Later", "1", NULL);
    setByCamera("early_app.Later", "2");
    waitForCount(&changes.count, 1, "the change");

    g_assert_cmpstr(changes.value, ==, "2");
}

static void testSetWithoutSync(void) {
    g_autoptr(AXParameter) parameter = newParameter("sync_app");
    g_auto(Changes) first = {0};
    g_auto(Changes) second = {0};
    add(parameter, "First", "1", NULL);
    add(parameter, "Second", "1", NULL);
    ax_parameter_register_callback(parameter, "First", record, &first, NULL);
    ax_parameter_register_callback(parameter, "Second", record, &second, NULL);

    g_assert_true(ax_parameter_set(parameter, "First", "2", FALSE, NULL));
    assertValue(parameter, "First", "2");
    settle();
    g_assert_cmpuint(first.count, ==, 0);
    g_assert_true(ax_parameter_set(parameter, "Second", "3", TRUE, NULL));
    waitForCount(&second.count, 1, "the synchronized change");

    g_assert_cmpuint(first.count, ==, 1);
    g_assert_cmpstr(first.value, ==, "2");
}

static void testUnregister(void) {
    g_autoptr(AXParameter) parameter = newParameter("quiet_app");
    g_auto(Changes) quiet = {0};
    g_auto(Changes) fence = {0};
    add(parameter, "Quiet", "1", NULL);
    add(parameter, "Fence", "1", NULL);
    ax_parameter_register_callback(parameter, "Quiet", record, &quiet, NULL);
    ax_parameter_register_callback(parameter, "Fence", record, &fence, NULL);

    setByCamera("quiet_app.Quiet", "2");
    ax_parameter_unregister_callback(parameter, "Quiet"); /* its callback is pending */
    setByCamera("quiet_app.Fence", "2");
    waitForCount(&fence.count, 1, "the other change");

    g_assert_cmpuint(quiet.count, ==, 0);
}

static void testFreeCancelsCallbacks(void) {
    g_autoptr(AXParameter) fenceOwner = newParameter("free_app");
    g_auto(Changes) fence = {0};
    g_auto(Changes) quiet = {0};
    AXParameter* parameter = newParameter("free_app");
    add(parameter, "Value", "1", NULL);
    ax_parameter_register_callback(parameter, "Value", record, &quiet, NULL);
    ax_parameter_register_callback(fenceOwner, "Value", record, &fence, NULL);

    setByCamera("free_app.Value", "2");
    ax_parameter_free(parameter);
    waitForCount(&fence.count, 1, "the change at the other instance");

    g_assert_cmpuint(quiet.count, ==, 0);
}

static void useInCallback(const gchar* name, const gchar* value, gpointer data) {
    Changes* changes = data;
    g_autofree char* read = NULL;
    g_autoptr(GError) error = NULL;

    (void)name;
    g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*inside a parameter callback*");
    g_assert_true(ax_parameter_get(changes->parameter, "Value", &read, &error));
    g_test_assert_expected_messages();
    g_assert_no_error(error);
    g_assert_cmpstr(read, ==, value);
    changes->count++;
}

static void testUseInCallbackIsWarnedOf(void) {
    g_autoptr(AXParameter) parameter = newParameter("inside_app");
    g_auto(Changes) changes = {.parameter = parameter};
    add(parameter, "Value", "1", NULL);
    ax_parameter_register_callback(parameter, "Value", useInCallback, &changes, NULL);

    setByCamera("inside_app.Value", "2");
    waitForCount(&changes.count, 1, "the callback");

    assertValue(parameter, "Value", "2");
}

static gpointer setManyTimes(gpointer data) {
    for (guint turn = 0; turn < 50; turn++) {
        g_autofree char* value = g_strdup_printf("%u", turn + 1);
        g_assert_true(ax_parameter_set(data, "Value", value, TRUE, NULL));
    }
    return NULL;
}

static void testOtherThread(void) {
    g_autoptr(AXParameter) parameter = newParameter("thread_app");
    g_auto(Changes) changes = {0};
    add(parameter, "Value", "0", NULL);
    ax_parameter_register_callback(parameter, "Value", record, &changes, NULL);

    GThread* thread = g_thread_new("setting", setManyTimes, parameter);
    waitForCount(&changes.count, 50, "50 changes");
    g_thread_join(thread);

    g_assert_cmpstr(changes.value, ==, "50");
    g_assert_true(changes.thread == g_thread_self());
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/parameters/spellings", testSpellings);
    g_test_add_func("/parameters/list-has-short-names", testListHasShortNames);
    g_test_add_func("/parameters/empty-list-is-no-error", testEmptyListIsNoError);
    g_test_add_func("/parameters/errors", testErrors);
    g_test_add_func("/parameters/remove", testRemove);
    g_test_add_func("/parameters/callback", testCallback);
    g_test_add_func("/parameters/callback-before-parameter", testCallbackBeforeParameter);
    g_test_add_func("/parameters/set-without-sync", testSetWithoutSync);
    g_test_add_func("/parameters/unregister", testUnregister);
    g_test_add_func("/parameters/free-cancels-callbacks", testFreeCancelsCallbacks);
    g_test_add_func("/parameters/use-in-callback", testUseInCallbackIsWarnedOf);
    g_test_add_func("/parameters/other-thread", testOtherThread);
    return g_test_run();
}
