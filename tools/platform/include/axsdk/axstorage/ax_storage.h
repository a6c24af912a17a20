/* SPDX-License-Identifier: MIT
 * Storage of applications on SD cards and network shares (ACAP axstorage API).
 *
 * Any thread may call these functions. Callbacks run in the default main context, never before the
 * function that asked for them has returned; they own their GError, which is NULL on success. The
 * storage_id of a callback is lent. */
#ifndef PLATFORM_AX_STORAGE_H
#define PLATFORM_AX_STORAGE_H

#include <glib.h>

G_BEGIN_DECLS

/* A storage that is set up, until it is released. */
typedef struct _AXStorage AXStorage;

typedef enum {
    AX_STORAGE_AVAILABLE_EVENT = 0, /* it is there */
    AX_STORAGE_EXITING_EVENT = 1,   /* it is about to go: stop using it and release it */
    AX_STORAGE_WRITABLE_EVENT = 2,
    AX_STORAGE_FULL_EVENT = 3, /* nothing more may be written, only removed */
    AX_STORAGE_EVENT_END = 4,
} AXStorageStatusEventId;

typedef enum { LOCAL_TYPE = 0, EXTERNAL_TYPE = 1, UNKNOWN_TYPE = 2 } AXStorageType;

typedef void (*AXStorageSubscriptionCallback)(gchar* storage_id, gpointer user_data, GError* error);
typedef void (*AXStorageSetupCallback)(AXStorage* storage, gpointer user_data, GError* error);
typedef void (*AXStorageReleaseCallback)(gpointer user_data, GError* error);

/* Ids such as "SD_DISK" and "NetworkShare"; free the members with g_free() and the list with
 * g_list_free(). NULL with error set on failure. */
GList* ax_storage_list(GError** error);

/* Calls back soon, and whenever a status of the storage changes. 0 with error set on failure. */
guint ax_storage_subscribe(gchar* storage_id, AXStorageSubscriptionCallback callback,
                           gpointer user_data, GError** error);

/* No callback of the subscription starts after this. */
gboolean ax_storage_unsubscribe(guint id, GError** error);

/* Has to be called before the storage is used; the callback gets the AXStorage, which has to be
 * released, or NULL and an error. */
gboolean ax_storage_setup_async(gchar* storage_id, AXStorageSetupCallback callback,
                                gpointer user_data, GError** error);

/* Ends storage, which may not be used any more. */
gboolean ax_storage_release_async(AXStorage* storage, AXStorageReleaseCallback callback,
                                  gpointer user_data, GError** error);

/* The folder for the application's files; free with g_free(). */
gchar* ax_storage_get_path(AXStorage* storage, GError** error);

/* FALSE also on failure, then with error set. */
gboolean ax_storage_get_status(gchar* storage_id, AXStorageStatusEventId event, GError** error);

/* Free with g_free(). */
gchar* ax_storage_get_storage_id(AXStorage* storage, GError** error);

AXStorageType ax_storage_get_type(AXStorage* storage, GError** error);

G_END_DECLS

#endif
