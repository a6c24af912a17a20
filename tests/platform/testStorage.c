/* SPDX-License-Identifier: MIT */
#include <axsdk/axstorage.h>
#include <glib/gstdio.h>

#include "TestCamera.h"

static char sdCard[] = "SD_DISK";
static char share[] = "NetworkShare";

/* What one application knows of a storage. */
typedef struct {
    guint changes;
    GString* states; /* "AEWF" of each callback, a status that is FALSE as "." */
    AXStorage* storage;
    guint setups;
    guint releases;
    GError* error;
    gboolean releaseOnExit;
} Client;

static Client* newClient(void) {
    Client* client = g_new0(Client, 1);

    client->states = g_string_new(NULL);
    return client;
}

static void freeClient(Client* client) {
    g_string_free(client->states, TRUE);
    g_clear_error(&client->error);
    g_free(client);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, freeClient)

static gboolean getStatus(char* id, AXStorageStatusEventId event) {
    g_autoptr(GError) error = NULL;
    gboolean status = ax_storage_get_status(id, event, &error);

    g_assert_no_error(error);
    return status;
}

static void noteSetup(AXStorage* storage, gpointer userData, GError* error) {
    Client* client = userData;

    client->storage = storage;
    g_clear_error(&client->error);
    client->error = error;
    client->setups++;
}

static void noteRelease(gpointer userData, GError* error) {
    Client* client = userData;

    g_assert_no_error(error);
    client->storage = NULL;
    client->releases++;
}

static void noteChange(gchar* storageId, gpointer userData, GError* error) {
    Client* client = userData;
    const char* letters = "AEWF";

    g_assert_no_error(error);
    for (int event = 0; event < AX_STORAGE_EVENT_END; event++)
        g_string_append_c(client->states, getStatus(storageId, (AXStorageStatusEventId)event)
                                              ? letters[event]
                                              : '.');
    g_string_append_c(client->states, ' ');
    client->changes++;
    if (client->releaseOnExit && client->storage && getStatus(storageId, AX_STORAGE_EXITING_EVENT))
        ax_storage_release_async(client->storage, noteRelease, client, NULL);
}

static guint subscribe(Client* client, char* id) {
    g_autoptr(GError) error = NULL;
    guint subscription = ax_storage_subscribe(id, noteChange, client, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(subscription, !=, 0);
    g_assert_cmpuint(client->changes, ==, 0); /* never before subscribe has returned */
    waitForCount(&client->changes, 1, "the first callback");
    return subscription;
}

static void unsubscribe(guint subscription) {
    g_autoptr(GError) error = NULL;

    g_assert_true(ax_storage_unsubscribe(subscription, &error));
    g_assert_no_error(error);
}

static void setUp(Client* client, char* id) {
    g_autoptr(GError) error = NULL;
    guint before = client->setups;

    g_assert_true(ax_storage_setup_async(id, noteSetup, client, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(client->setups, ==, before);
    waitForCount(&client->setups, before + 1, "the end of the setup");
}

static void release(Client* client) {
    guint before = client->releases;

    g_assert_true(ax_storage_release_async(client->storage, noteRelease, client, NULL));
    waitForCount(&client->releases, before + 1, "the end of the release");
}

static void change(const char* id, const char* state, gboolean value) {
    tellCamera("ChangeStorage", g_variant_new("(ssb)", id, state, value));
}

static guint countUsers(const char* id) {
    g_autoptr(GVariant) reply = askCamera("CountStorageUsers", g_variant_new("(s)", id));
    guint users;

    g_variant_get(reply, "(u)", &users);
    return users;
}

static void testList(void) {
    g_autoptr(GError) error = NULL;
    GList* ids = ax_storage_list(&error);

    g_assert_no_error(error);
    g_assert_cmpuint(g_list_length(ids), ==, 2);
    g_assert_cmpstr(ids->data, ==, "SD_DISK");
    g_assert_cmpstr(ids->next->data, ==, "NetworkShare");
    g_list_free_full(ids, g_free);
}

static void testFilesOfASetUpStorage(void) {
    g_autoptr(Client) client = newClient();

    setUp(client, sdCard);
    g_assert_no_error(client->error);
    g_autofree char* path = ax_storage_get_path(client->storage, NULL);
    g_autofree char* id = ax_storage_get_storage_id(client->storage, NULL);
    g_autofree char* file = g_build_filename(path, "file", NULL);
    g_assert_cmpstr(id, ==, "SD_DISK");
    g_assert_cmpint(ax_storage_get_type(client->storage, NULL), ==, LOCAL_TYPE);
    g_assert_true(g_str_has_suffix(path, "/SD_DISK/areas/test"));
    g_assert_true(g_file_set_contents(file, "kept", -1, NULL));
    g_assert_cmpuint(countUsers("SD_DISK"), ==, 1);
    release(client);
    g_assert_cmpuint(countUsers("SD_DISK"), ==, 0);

    change("SD_DISK", "inserted", FALSE);
    g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
    change("SD_DISK", "inserted", TRUE);
    g_assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
}

static void testRemovalWaitsForTheRelease(void) {
    g_autoptr(Client) client = newClient();
    guint subscription = subscribe(client, sdCard);

    setUp(client, sdCard);
    client->releaseOnExit = TRUE;
    g_autoptr(GError) error = NULL;
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
    g_assert_no_error(error);
    /* Without waiting for the answer: the camera removes it when we have released it. */
    g_dbus_connection_call(bus, "virtualcamera.Test1", "/virtualcamera/Test1",
                           "virtualcamera.Test1", "ChangeStorage",
                           g_variant_new("(ssb)", "SD_DISK", "inserted", FALSE), NULL,
                           G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
    waitForCount(&client->changes, 3, "the card to be gone");
    change("SD_DISK", "inserted", TRUE);
    waitForCount(&client->changes, 4, "the card to be back");

    g_assert_cmpuint(client->releases, ==, 1);
    g_assert_cmpstr(client->states->str, ==, "A.W. AEW. .... A.W. ");
    unsubscribe(subscription);
}

static void testFullAndWriteProtected(void) {
    g_autoptr(Client) client = newClient();
    guint subscription = subscribe(client, sdCard);

    change("SD_DISK", "full", TRUE);
    waitForCount(&client->changes, 2, "the card to be full");
    change("SD_DISK", "full", FALSE);
    waitForCount(&client->changes, 3, "room on the card");
    change("SD_DISK", "writable", FALSE);
    waitForCount(&client->changes, 4, "the card to be protected");
    change("SD_DISK", "writable", TRUE);
    waitForCount(&client->changes, 5, "the card to be writable");

    g_assert_cmpstr(client->states->str, ==, "A.W. A.WF A.W. A... A.W. ");
    unsubscribe(subscription);
}

static void testNetworkShare(void) {
    g_autoptr(Client) client = newClient();
    guint subscription = subscribe(client, share);

    setUp(client, share);
    g_assert_null(client->storage);
    g_assert_error(client->error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_SETUP);
    change("NetworkShare", "inserted", TRUE);
    waitForCount(&client->changes, 2, "the share to be there");
    setUp(client, share);
    g_assert_no_error(client->error);
    g_assert_cmpint(ax_storage_get_type(client->storage, NULL), ==, EXTERNAL_TYPE);
    release(client);
    change("NetworkShare", "inserted", FALSE);
    waitForCount(&client->changes, 4, "the share to be gone");
    unsubscribe(subscription);

    /* Nobody used it: when it was told that it exits, it may have been gone already. */
    g_assert_true(g_str_has_prefix(client->states->str, ".... A.W. "));
    g_assert_true(g_str_has_suffix(client->states->str, " .... "));
}

static void testNothingAfterUnsubscribe(void) {
    g_autoptr(Client) client = newClient();
    g_autoptr(Client) other = newClient();
    guint subscription = subscribe(client, sdCard);
    guint witness = subscribe(other, sdCard);

    change("SD_DISK", "full", TRUE);
    unsubscribe(subscription);
    waitForCount(&other->changes, 2, "the witness to hear of the change");
    change("SD_DISK", "full", FALSE);
    waitForCount(&other->changes, 3, "the witness to hear of the end");
    settle();

    g_assert_cmpuint(client->changes, ==, 1);
    unsubscribe(witness);
}

static void testBadCalls(void) {
    g_autoptr(GError) error = NULL;
    char unknown[] = "FLOPPY";

    g_assert_cmpuint(ax_storage_subscribe(unknown, noteChange, NULL, &error), ==, 0);
    g_assert_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT);
    g_clear_error(&error);
    g_assert_cmpuint(ax_storage_subscribe(sdCard, NULL, NULL, &error), ==, 0);
    g_assert_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT);
    g_clear_error(&error);
    g_assert_false(ax_storage_unsubscribe(4711, &error));
    g_assert_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_UNSUBSCRIBE);
    g_clear_error(&error);
    g_assert_false(ax_storage_get_status(unknown, AX_STORAGE_FULL_EVENT, &error));
    g_assert_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT);
    g_clear_error(&error);
    g_assert_false(ax_storage_get_status(sdCard, AX_STORAGE_EVENT_END, &error));
    g_assert_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT);
    g_clear_error(&error);
    g_assert_null(ax_storage_get_path(NULL, &error));
    g_assert_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT);
}

static void testReleasedStorageIsRefused(void) {
    g_autoptr(Client) client = newClient();
    g_autoptr(GError) error = NULL;

    setUp(client, sdCard);
    AXStorage* stale = client->storage;
    release(client);

    g_assert_null(ax_storage_get_path(stale, &error));
    g_assert_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT);
    g_clear_error(&error);
    g_assert_false(ax_storage_release_async(stale, noteRelease, client, &error));
    g_assert_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/storage/list", testList);
    g_test_add_func("/storage/files-of-a-set-up-storage", testFilesOfASetUpStorage);
    g_test_add_func("/storage/removal-waits-for-the-release", testRemovalWaitsForTheRelease);
    g_test_add_func("/storage/full-and-write-protected", testFullAndWriteProtected);
    g_test_add_func("/storage/network-share", testNetworkShare);
    g_test_add_func("/storage/nothing-after-unsubscribe", testNothingAfterUnsubscribe);
    g_test_add_func("/storage/bad-calls", testBadCalls);
    g_test_add_func("/storage/released-storage-is-refused", testReleasedStorageIsRefused);
    return g_test_run();
}
