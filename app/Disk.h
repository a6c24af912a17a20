/* SPDX-License-Identifier: MIT */
/* Disk - the app's files in localdata; the only file that touches the disk. Any thread, one at a
 * time for each file. */
#pragma once

#include <glib.h>

/* Makes the folder and its parents, mode 0700; a failure is logged. */
void makeFolder(const char* path);
/* Whole or not at all: temporary file, fsync, rename, fsync of the folder. */
gboolean writeFileWhole(const char* path, const char* text, int mode, GError** error);
/* NULL and error (G_FILE_ERROR) when it cannot be read; g_free(). */
char* readFile(const char* path, gsize* length, GError** error);
/* Adds text at the end, without waiting for the disk: what the app wrote survives its crash, and a
 * loss of power takes the last seconds at most. */
gboolean appendToFile(const char* path, const char* text, GError** error);
void removeFile(const char* path);
/* "PATH.WHY-20261122T101500Z", or with "-2" and so on: a name that is not taken; g_free(). */
char* findFreeName(const char* path, const char* why);
/* A file that cannot be used must not be overwritten: it gets a free name with "broken". Returns
 * that name, without the folder; NULL and error when it stays. g_free(). */
char* keepFileAside(const char* path, GError** error);
