/* SPDX-License-Identifier: MIT */
#include "Disk.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

void makeFolder(const char* path) {
    if (g_mkdir_with_parents(path, 0700) != 0)
        g_warning("config: cannot make the folder %s: %s", path, g_strerror(errno));
}

gboolean writeFileWhole(const char* path, const char* text, int mode, GError** error) {
    return g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, mode, error);
}

char* readFile(const char* path, gsize* length, GError** error) {
    char* text = NULL;

    g_file_get_contents(path, &text, length, error);
    return text;
}

static gboolean failFile(GError** error, const char* path) {
    int reason = errno;

    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(reason), "%s: %s", path,
                g_strerror(reason));
    return FALSE;
}

gboolean appendToFile(const char* path, const char* text, GError** error) {
    int file = g_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    size_t length = strlen(text);

    if (file < 0)
        return failFile(error, path);
    gboolean written = write(file, text, length) == (ssize_t)length;
    if (!written)
        failFile(error, path);
    close(file);
    return written;
}

void removeFile(const char* path) {
    g_unlink(path);
}

char* findFreeName(const char* path, const char* why) {
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char* stamp = g_date_time_format(now, "%Y%m%dT%H%M%SZ");
    char* name = g_strdup_printf("%s.%s-%s", path, why, stamp);

    for (int i = 2; g_file_test(name, G_FILE_TEST_EXISTS); i++) {
        g_free(name);
        name = g_strdup_printf("%s.%s-%s-%d", path, why, stamp, i);
    }
    return name;
}

char* keepFileAside(const char* path, GError** error) {
    g_autofree char* kept = findFreeName(path, "broken");

    if (g_rename(path, kept) == 0)
        return g_path_get_basename(kept);
    failFile(error, path);
    return NULL;
}
