/* SPDX-License-Identifier: MIT
 * axstorage: SD cards and network shares for applications (ACAP axstorage API). */
#ifndef PLATFORM_AXSTORAGE_H
#define PLATFORM_AXSTORAGE_H

#include <axsdk/axstorage/ax_storage.h>
#include <axsdk/axstorage/ax_storage_error.h>

#endif
