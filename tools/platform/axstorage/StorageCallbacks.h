/* SPDX-License-Identifier: MIT
 * StorageCallbacks - the library's calls into the application, in order. */
#ifndef PLATFORM_STORAGE_CALLBACKS_H
#define PLATFORM_STORAGE_CALLBACKS_H

#include "MainQueue.h"

/* Runs task(data) soon in the default main context. Any thread. */
void pushStorageCallback(MainTask task, gpointer data);

#endif
