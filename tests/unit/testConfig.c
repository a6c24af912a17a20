/* SPDX-License-Identifier: MIT */
#include "ConfigStore.h"
#include "JsonReader.h"
#include "TestData.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

/* What a profile with these changes is refused for: the field and a part of the message. */
static void assertRefused(const char* changes, const char* field, const char* part) {
    json_auto_t* json = profileJson("door", "activeMonitoring", "Device1Scenario1", changes);
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = newProfile(json, "profiles[1]", &error);

    g_assert_null(profile);
    g_assert_nonnull(error);
    g_autofree char* found = errorField(error);
    g_assert_cmpstr(found, ==, field);
    if (!strstr(errorText(error), part))
        g_error("'%s' does not say '%s'", errorText(error), part);
}

static void testBadProfilesNameTheField(void) {
    g_autofree char* longId = g_strnfill(10000, 'x');
    g_autofree char* longIdJson = g_strdup_printf("{'id': '%s'}", longId);

    assertRefused("{'prompt': ''}", "profiles[1].prompt", "must not be empty");
    assertRefused("{'prompt': 7}", "profiles[1].prompt", "must be a string");
    assertRefused("{'id': 'a b'}", "profiles[1].id", "letters");
    assertRefused(longIdJson, "profiles[1].id", "longer than 64");
    assertRefused("{'intervalMs': 199}", "profiles[1].intervalMs", "200 or more, not 199");
    assertRefused("{'intervalMs': 1.5}", "profiles[1].intervalMs", "whole number");
    assertRefused("{'intervalMs': 86400001}", "profiles[1].intervalMs", "or less");
    assertRefused("{'maxDurationSec': -1}", "profiles[1].maxDurationSec", "0 or more");
    assertRefused("{'sessionType': 'forever'}", "profiles[1].sessionType", "oneShot");
    assertRefused("{'intervalMS': 500}", "profiles[1].intervalMS", "not a known field");
    assertRefused("{'trigger': 'x'}", "profiles[1].trigger", "JSON object");
    assertRefused("{'trigger': {}}", "profiles[1].trigger.type", "is missing");
    assertRefused("{'trigger': {'type': 'objectAnalytics'}}", "profiles[1].trigger.scenario",
                  "is missing");
    assertRefused("{'trigger': {'type': 'virtualInput', 'port': 0}}", "profiles[1].trigger.port",
                  "1 or more");
    assertRefused("{'trigger': {'type': 'event', 'topic': 'a//b'}}", "profiles[1].trigger.topic",
                  "joined by");
    assertRefused("{'frame': {'width': 4}}", "profiles[1].frame.width", "16 or more");
    assertRefused("{'questions': [{'name': 'a', 'text': 'b'}, {'name': 'a', 'text': 'c'}]}",
                  "profiles[1].questions[1].name", "used twice");
    assertRefused("{'publish': {'webhook': 'http://x'}}", "profiles[1].publish.webhook",
                  "not supported");
}

static void testMissingTriggerAndPromptAreNamed(void) {
    json_auto_t* json = jsonOf("{'id': 'door', 'sessionType': 'oneShot', 'prompt': 'x'}");
    g_autoptr(GError) error = NULL;

    g_assert_null(newProfile(json, "", &error));
    g_assert_cmpstr(error->message, ==, "trigger: is missing");
}

static void testLimitsThemselvesAreAccepted(void) {
    g_autoptr(Profile) least =
        makeProfile("a", "activeMonitoring", "S", "{'intervalMs': 200, 'maxDurationSec': 0}");
    g_autoptr(Profile) most = makeProfile("b", "activeMonitoring", "S",
                                          "{'intervalMs': 86400000, 'maxDurationSec': 604800}");

    g_assert_cmpuint(least->intervalMs, ==, 200);
    g_assert_cmpuint(most->maxDurationSec, ==, 604800);
}

static void testProfileSurvivesARoundTrip(void) {
    g_autoptr(Profile) profile = makeProfile(
        "door", "activeMonitoring", "Device1Scenario1",
        "{'graceMs': 50, 'questions': [{'name': 'person', 'type': 'bool', 'text': 'Anyone?'}],"
        " 'trigger': {'type': 'event', 'topic': 'tns1:Device/tnsaxis:IO/Port', 'key': 'state',"
        " 'source': {'port': 3}}}");
    json_auto_t* json = profileToJson(profile);
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) again = newProfile(json, "", &error);

    g_assert_no_error(error);
    g_assert_true(profilesEqual(profile, again));
    g_assert_cmpstr(again->trigger->id, ==, "event:tns1:Device/tnsaxis:IO/Port?port=3#state");
}

static void testDuplicateIdIsRefused(void) {
    json_auto_t* json = json_pack("{siso}", "version", 2, "profiles",
                                  json_pack("[oo]", profileJson("a", "oneShot", "S", NULL),
                                            profileJson("a", "oneShot", "T", NULL)));
    g_autoptr(GError) error = NULL;

    g_assert_null(parseConfig(json, NULL, &error));
    g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_DUPLICATE);
    g_assert_cmpstr(error->message, ==, "profiles[1].id: 'a' is used by another profile");
}

static void testTwoProfilesMayShareTriggerAndPrompt(void) {
    g_autoptr(Config) config = makeConfig(profileJson("a", "oneShot", "S", NULL),
                                          profileJson("b", "oneShot", "S", NULL), NULL);

    g_assert_cmpuint(config->profiles->len, ==, 2);
}

static void testNewerVersionIsRefused(void) {
    json_auto_t* json = jsonOf("{'version': 3, 'profiles': []}");
    g_autoptr(GError) error = NULL;

    g_assert_null(parseConfig(json, NULL, &error));
    g_assert_cmpstr(error->message, ==, "version: must be 2 or less, not 3");
}

static void testEditsLeaveTheOldConfigAlone(void) {
    g_autoptr(Config) config = makeConfig(profileJson("a", "oneShot", "S", NULL), NULL);
    json_auto_t* more = profileJson("b", "oneShot", "S", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) two = withAddedProfile(config, more, &error);
    g_autoptr(Config) one = withoutProfile(two, "a", &error);

    g_assert_no_error(error);
    g_assert_cmpuint(config->profiles->len, ==, 1);
    g_assert_cmpuint(two->profiles->len, ==, 2);
    g_assert_cmpstr(((Profile*)g_ptr_array_index(one->profiles, 0))->id, ==, "b");
    g_assert_cmpstr(one->describer.url, ==, config->describer.url);
    g_assert_null(withAddedProfile(two, more, &error));
    g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_DUPLICATE);
    g_clear_error(&error);
    g_assert_null(withoutProfile(two, "c", &error));
    g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_UNKNOWN);
}

static void testSettingsChangeOnlyWhatTheyName(void) {
    g_autoptr(Config) config = makeConfig(NULL, NULL);
    json_auto_t* describer = jsonOf("{'describer': {'model': 'm'}, 'levelCheckSec': 2}");
    json_auto_t* wrong = jsonOf("{'describer': {'url': 'ftp://x/v1'}}");
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) changed = withSettings(config, describer, &error);

    g_assert_cmpstr(changed->describer.model, ==, "m");
    g_assert_cmpstr(changed->describer.url, ==, config->describer.url);
    g_assert_cmpuint(changed->levelCheckSec, ==, 2);
    g_assert_null(withSettings(config, wrong, &error));
    g_assert_cmpstr(error->message, ==, "describer.url: must be an http:// or https:// address");
}

static const char oldShape[] =
    "{'subscriptions': [{'trigger': {'type': 'Object', 'port': 1, 'profile': 'Device1Scenario1'},"
    " 'profiles': [{'name': 'At the door', 'prompt': 'Who?', 'activeMonitoring': {'enabled': true,"
    " 'intervalMs': 700, 'maxDurationSec': 60}}, {'name': 'At the door', 'prompt': 'What?'}]}]}";

static void testOldShapeBecomesOneProfileEach(void) {
    json_auto_t* json = jsonOf(oldShape);
    gboolean migrated = FALSE;
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = parseConfig(json, &migrated, &error);

    g_assert_no_error(error);
    g_assert_true(migrated);
    g_assert_cmpuint(config->profiles->len, ==, 2);
    const Profile* first = g_ptr_array_index(config->profiles, 0);
    const Profile* second = g_ptr_array_index(config->profiles, 1);
    g_assert_cmpstr(first->id, ==, "at-the-door");
    g_assert_cmpstr(second->id, ==, "at-the-door-2");
    g_assert_cmpstr(first->trigger->id, ==, "objectAnalytics:Device1Scenario1");
    g_assert_cmpint(first->sessionType, ==, SESSION_ACTIVE_MONITORING);
    g_assert_cmpuint(first->intervalMs, ==, 700);
    g_assert_cmpuint(first->maxDurationSec, ==, 60);
    g_assert_cmpint(second->sessionType, ==, SESSION_ONE_SHOT);
}

static void testOldShapeErrorsNameTheOldField(void) {
    json_auto_t* json = jsonOf("{'subscriptions': [{'trigger': {'type': 'Radar'},"
                               " 'profiles': []}]}");
    g_autoptr(GError) error = NULL;

    g_assert_null(parseConfig(json, NULL, &error));
    g_assert_cmpstr(error->message, ==,
                    "subscriptions[0].trigger.type: must be one of: Object, VirtualInput");
}

/* A folder for one store; removed with what is in it by removeFolder(). */
static char* makeFolder(void) {
    return g_dir_make_tmp("config-XXXXXX", NULL);
}

static guint countFiles(const char* folder, const char* prefix) {
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    guint found = 0;

    for (const char* name; (name = g_dir_read_name(dir));)
        found += g_str_has_prefix(name, prefix);
    return found;
}

static void removeFolder(const char* folder) {
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

    for (const char* name; (name = g_dir_read_name(dir));) {
        g_autofree char* path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

static void writeConfig(const char* folder, const char* text) {
    g_autofree char* path = g_build_filename(folder, "config.json", NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void testSavedConfigIsLoadedAgain(void) {
    g_autofree char* folder = makeFolder();
    g_autoptr(ConfigStore) store = newConfigStore(folder);
    g_autoptr(Config) config = makeConfig(profileJson("a", "oneShot", "S", NULL), NULL);
    g_autofree char* problem = NULL;

    g_assert_true(saveConfig(store, config, NULL));
    g_autoptr(Config) loaded = loadConfig(store, &problem);

    g_assert_null(problem);
    g_assert_cmpuint(loaded->profiles->len, ==, 1);
    removeFolder(folder);
}

static void testUnusableFileIsKeptAside(const char* text, const char* part) {
    g_autofree char* folder = makeFolder();
    g_autoptr(ConfigStore) store = newConfigStore(folder);
    g_autofree char* problem = NULL;

    writeConfig(folder, text);
    g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*kept as localdata/config.json.broken-*");
    g_autoptr(Config) loaded = loadConfig(store, &problem);
    g_test_assert_expected_messages();

    g_assert_cmpuint(loaded->profiles->len, ==, 0);
    g_assert_nonnull(strstr(problem, part));
    g_assert_cmpuint(countFiles(folder, "config.json.broken-"), ==, 1);
    g_assert_true(saveConfig(store, loaded, NULL));
    g_assert_cmpuint(countFiles(folder, "config.json.broken-"), ==, 1);
    removeFolder(folder);
}

static void testFilesThatCannotBeUsed(void) {
    testUnusableFileIsKeptAside("{\"version\": 2, \"profiles\": [", "line 1");
    testUnusableFileIsKeptAside("{\"version\": 2, \"profiles\": [{\"id\": \"a\"}]}",
                                "profiles[0].trigger: is missing");
    testUnusableFileIsKeptAside("{\"version\": 9}", "version");
    testUnusableFileIsKeptAside("", "line 1");
}

static void testMigrationKeepsTheOldFile(void) {
    g_autofree char* folder = makeFolder();
    g_autoptr(ConfigStore) store = newConfigStore(folder);
    g_autofree char* text = g_strdelimit(g_strdup(oldShape), "'", '"');
    g_autofree char* problem = NULL;

    writeConfig(folder, text);
    g_autoptr(Config) first = loadConfig(store, &problem);
    g_autoptr(Config) again = loadConfig(store, &problem);

    g_assert_null(problem);
    g_assert_cmpuint(first->profiles->len, ==, 2);
    g_assert_cmpuint(again->profiles->len, ==, 2);
    g_assert_cmpuint(countFiles(folder, "config.json.v1-"), ==, 1);
    removeFolder(folder);
}

static void testApiKeyIsPrivate(void) {
    g_autofree char* folder = makeFolder();
    g_autofree char* path = g_build_filename(folder, "secrets.json", NULL);
    g_autoptr(ConfigStore) store = newConfigStore(folder);
    struct stat file;

    g_assert_null(loadApiKey(store));
    g_assert_true(saveApiKey(store, "secret", NULL));
    g_autofree char* key = loadApiKey(store);
    g_assert_cmpstr(key, ==, "secret");
    g_assert_cmpint(g_stat(path, &file), ==, 0);
    g_assert_cmpuint(file.st_mode & 0777, ==, 0600);
    g_assert_true(saveApiKey(store, "", NULL));
    g_assert_null(loadApiKey(store));
    removeFolder(folder);
}

static void testUnwritableFolderSavesNothing(void) {
    g_autoptr(Config) config = makeConfig(NULL, NULL);
    g_autoptr(GError) error = NULL;

    g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "config: cannot make the folder*");
    g_autoptr(ConfigStore) store = newConfigStore("/proc/not-a-folder");
    g_test_assert_expected_messages();
    g_assert_false(saveConfig(store, config, &error));
    g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_STORAGE);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/bad-profiles-name-the-field", testBadProfilesNameTheField);
    g_test_add_func("/config/missing-trigger-is-named", testMissingTriggerAndPromptAreNamed);
    g_test_add_func("/config/limits-are-accepted", testLimitsThemselvesAreAccepted);
    g_test_add_func("/config/profile-round-trip", testProfileSurvivesARoundTrip);
    g_test_add_func("/config/duplicate-id", testDuplicateIdIsRefused);
    g_test_add_func("/config/same-trigger-and-prompt", testTwoProfilesMayShareTriggerAndPrompt);
    g_test_add_func("/config/newer-version", testNewerVersionIsRefused);
    g_test_add_func("/config/edits-copy", testEditsLeaveTheOldConfigAlone);
    g_test_add_func("/config/partial-settings", testSettingsChangeOnlyWhatTheyName);
    g_test_add_func("/config/migration", testOldShapeBecomesOneProfileEach);
    g_test_add_func("/config/migration-errors", testOldShapeErrorsNameTheOldField);
    g_test_add_func("/config-store/round-trip", testSavedConfigIsLoadedAgain);
    g_test_add_func("/config-store/unusable-files-are-kept", testFilesThatCannotBeUsed);
    g_test_add_func("/config-store/migration-keeps-the-old-file", testMigrationKeepsTheOldFile);
    g_test_add_func("/config-store/api-key", testApiKeyIsPrivate);
    g_test_add_func("/config-store/unwritable", testUnwritableFolderSavesNothing);
    return g_test_run();
}
