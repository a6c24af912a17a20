/* SPDX-License-Identifier: MIT */
#include <axsdk/axstorage.h>

#include "StorageCallbacks.h"
#include "StorageService.h"
#include "StorageSubscriptions.h"

#include <errno.h>

/* Where the application's folders are, with {id} for the storage; set by whoever starts it. */
#define AREAS_VARIABLE "VIRTUAL_STORAGE_AREAS"
/* As on a camera; its last part is the name of the application, which its program has too. */
#define AREAS_OF_CAMERA "/var/spool/storage/{id}/areas/%s"

struct _AXStorage {
    char* id;
    AXStorageType type;
};

typedef struct {
    AXStorage* storage; /* NULL: it failed */
    AXStorageSetupCallback callback;
    gpointer userData;
    GError* error;
} Setup;

typedef struct {
    AXStorageReleaseCallback callback;
    gpointer userData;
    GError* error;
} Release;

static GMutex lock;
static GHashTable* storages; /* AXStorage* that are set up, guarded by lock */

GQuark ax_storage_error_quark(void) {
    return g_quark_from_static_string("ax-storage-error");
}

static gboolean checkArgument(gconstpointer argument, const char* name, GError** error) {
    if (!argument)
        g_set_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT, "there is no %s",
                    name);
    return argument != NULL;
}

static gboolean checkId(const char* storageId, GError** error) {
    if (!checkArgument(storageId, "storage id", error))
        return FALSE;
    if (g_utf8_validate(storageId, -1, NULL))
        return TRUE;
    g_set_error_literal(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT,
                        "the storage id is not UTF-8");
    return FALSE;
}

/* Many applications keep a storage longer than they should: it is looked up, not followed. */
static gboolean checkStorage(AXStorage* storage, GError** error) {
    if (!checkArgument(storage, "storage", error))
        return FALSE;
    g_mutex_lock(&lock);
    gboolean known = storages && g_hash_table_contains(storages, storage);
    g_mutex_unlock(&lock);
    if (!known)
        g_set_error_literal(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT,
                            "the storage has been released");
    return known;
}

GList* ax_storage_list(GError** error) {
    g_autoptr(GVariant) reply =
        callStorageService("List", g_variant_new("()"), "(as)", AX_STORAGE_ERROR_GENERIC, error);
    if (!reply)
        return NULL;

    GList* ids = NULL;
    g_autoptr(GVariantIter) iterator = NULL;
    char* id;
    g_variant_get(reply, "(as)", &iterator);
    while (g_variant_iter_next(iterator, "s", &id))
        ids = g_list_prepend(ids, id);
    return g_list_reverse(ids);
}

/* (available, exiting, writable, full), or NULL with error set. */
static GVariant* askForStatus(const char* storageId, AXStorageErrorCode code, GError** error) {
    if (!checkId(storageId, error))
        return NULL;
    return callStorageService("GetStatus", g_variant_new("(s)", storageId), "(bbbb)", code, error);
}

gboolean ax_storage_get_status(gchar* storage_id, AXStorageStatusEventId event, GError** error) {
    if ((guint)event >= AX_STORAGE_EVENT_END) {
        g_set_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_INVALID_ARGUMENT,
                    "there is no status %d", (int)event);
        return FALSE;
    }
    g_autoptr(GVariant) reply = askForStatus(storage_id, AX_STORAGE_ERROR_GENERIC, error);
    gboolean status = FALSE;
    if (reply)
        g_variant_get_child(reply, event, "b", &status);
    return status;
}

guint ax_storage_subscribe(gchar* storage_id, AXStorageSubscriptionCallback callback,
                           gpointer user_data, GError** error) {
    if (!checkArgument((gconstpointer)callback, "callback", error))
        return 0;
    watchStorages(announceStorage);
    g_autoptr(GVariant) reply = askForStatus(storage_id, AX_STORAGE_ERROR_SUBSCRIPTION, error);
    return reply ? addStorageSubscription(storage_id, callback, user_data) : 0;
}

gboolean ax_storage_unsubscribe(guint id, GError** error) {
    if (removeStorageSubscription(id))
        return TRUE;
    g_set_error(error, AX_STORAGE_ERROR, AX_STORAGE_ERROR_UNSUBSCRIBE,
                "there is no subscription %u", id);
    return FALSE;
}

static void runSetup(gpointer data) {
    Setup* setup = data;

    setup->callback(setup->storage, setup->userData, setup->error);
    g_free(setup);
}

static AXStorage* newStorage(const char* storageId, guint32 type) {
    AXStorage* storage = g_new(AXStorage, 1);

    storage->id = g_strdup(storageId);
    storage->type = type < UNKNOWN_TYPE ? (AXStorageType)type : UNKNOWN_TYPE;
    g_mutex_lock(&lock);
    if (!storages)
        storages = g_hash_table_new(NULL, NULL);
    g_hash_table_add(storages, storage);
    g_mutex_unlock(&lock);
    return storage;
}

gboolean ax_storage_setup_async(gchar* storage_id, AXStorageSetupCallback callback,
                                gpointer user_data, GError** error) {
    if (!checkId(storage_id, error) || !checkArgument((gconstpointer)callback, "callback", error))
        return FALSE;

    Setup* setup = g_new0(Setup, 1);
    setup->callback = callback;
    setup->userData = user_data;
    g_autoptr(GVariant) reply = callStorageService("SetUp", g_variant_new("(s)", storage_id), "(u)",
                                                   AX_STORAGE_ERROR_SETUP, &setup->error);
    if (reply) {
        guint32 type;
        g_variant_get(reply, "(u)", &type);
        setup->storage = newStorage(storage_id, type);
    }
    pushStorageCallback(runSetup, setup);
    return TRUE;
}

static void runRelease(gpointer data) {
    Release* release = data;

    if (release->callback)
        release->callback(release->userData, release->error);
    else
        g_clear_error(&release->error);
    g_free(release);
}

static char* forgetStorage(AXStorage* storage) {
    g_mutex_lock(&lock);
    char* id = storages && g_hash_table_remove(storages, storage) ? storage->id : NULL;
    g_mutex_unlock(&lock);
    if (id)
        g_free(storage);
    return id;
}

gboolean ax_storage_release_async(AXStorage* storage, AXStorageReleaseCallback callback,
                                  gpointer user_data, GError** error) {
    if (!checkStorage(storage, error))
        return FALSE;

    g_autofree char* id = forgetStorage(storage);
    Release* release = g_new0(Release, 1);
    release->callback = callback;
    release->userData = user_data;
    g_autoptr(GVariant) reply = callStorageService("Release", g_variant_new("(s)", id ? id : ""),
                                                   "()", AX_STORAGE_ERROR_GENERIC, &release->error);
    pushStorageCallback(runRelease, release);
    return TRUE;
}

gchar* ax_storage_get_path(AXStorage* storage, GError** error) {
    if (!checkStorage(storage, error))
        return NULL;

    g_autofree char* usual = g_strdup_printf(AREAS_OF_CAMERA, program_invocation_short_name);
    const char* areas = g_getenv(AREAS_VARIABLE);
    g_auto(GStrv) parts = g_strsplit(areas ? areas : usual, "{id}", -1);
    return g_strjoinv(storage->id, parts);
}

gchar* ax_storage_get_storage_id(AXStorage* storage, GError** error) {
    return checkStorage(storage, error) ? g_strdup(storage->id) : NULL;
}

AXStorageType ax_storage_get_type(AXStorage* storage, GError** error) {
    return checkStorage(storage, error) ? storage->type : UNKNOWN_TYPE;
}
