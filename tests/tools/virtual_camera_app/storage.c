/* SPDX-License-Identifier: MIT
 * An app that appends a letter to a file on the SD card each time the card comes, says how many
 * there are, and releases the card when it is about to go. */
#include <axsdk/axstorage.h>
#include <stdio.h>

static AXStorage* card;

static void onSetUp(AXStorage* storage, gpointer userData, GError* error) {
    (void)userData;
    if (!storage) {
        printf("no setup: %s\n", error->message);
        g_error_free(error);
        return;
    }
    card = storage;
    g_autofree char* path = ax_storage_get_path(storage, NULL);
    g_autofree char* name = g_build_filename(path, "letters", NULL);
    FILE* file = fopen(name, "a+");
    if (!file) {
        printf("cannot write in %s\n", path);
        return;
    }
    fputc('x', file);
    printf("%ld letters in %s\n", ftell(file), path);
    fclose(file);
}

static void onRelease(gpointer userData, GError* error) {
    (void)userData;
    printf("released%s\n", error ? " with an error" : "");
    g_clear_error(&error);
}

static void onChange(gchar* storageId, gpointer userData, GError* error) {
    (void)userData;
    (void)error;
    gboolean exiting = ax_storage_get_status(storageId, AX_STORAGE_EXITING_EVENT, NULL);
    gboolean writable = ax_storage_get_status(storageId, AX_STORAGE_WRITABLE_EVENT, NULL);
    gboolean full = ax_storage_get_status(storageId, AX_STORAGE_FULL_EVENT, NULL);

    if (exiting && card)
        ax_storage_release_async(g_steal_pointer(&card), onRelease, NULL, NULL);
    else if (writable && !exiting && !full && !card)
        ax_storage_setup_async(storageId, onSetUp, NULL, NULL);
    if (full)
        printf("full\n");
    if (!writable)
        printf("not writable\n");
}

int main(void) {
    char id[] = "SD_DISK";
    GError* error = NULL;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!ax_storage_subscribe(id, onChange, NULL, &error)) {
        printf("no subscription: %s\n", error->message);
        return 1;
    }
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
    return 0;
}
