/* SPDX-License-Identifier: MIT
 * StorageService - the camera's storage service on the bus. Any thread may call these functions. */
#ifndef PLATFORM_STORAGE_SERVICE_H
#define PLATFORM_STORAGE_SERVICE_H

#include <axsdk/axstorage.h>
#include <gio/gio.h>

/* Returns the reply, or NULL with an AX_STORAGE_ERROR of this code, or INVALID_ARGUMENT when there
 * is no such storage; arguments may be floating. Blocks until the service answers. */
GVariant* callStorageService(const char* method, GVariant* arguments, const char* replyType,
                             AXStorageErrorCode code, GError** error);

/* Has onChange called for each change of a storage, in the bus's thread; once for the process. */
void watchStorages(void (*onChange)(const char* id));

#endif
