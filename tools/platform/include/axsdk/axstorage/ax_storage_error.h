/* SPDX-License-Identifier: MIT
 * Error domain of axstorage (ACAP axstorage API). */
#ifndef PLATFORM_AX_STORAGE_ERROR_H
#define PLATFORM_AX_STORAGE_ERROR_H

#include <glib.h>

G_BEGIN_DECLS

#define AX_STORAGE_ERROR (ax_storage_error_quark())

typedef enum {
    AX_STORAGE_ERROR_GENERIC = 0,
    AX_STORAGE_ERROR_INVALID_ARGUMENT = 1,
    AX_STORAGE_ERROR_INCOMPATIBLE_VALUE = 2,
    AX_STORAGE_ERROR_SUBSCRIPTION = 3,
    AX_STORAGE_ERROR_UNSUBSCRIBE = 4,
    AX_STORAGE_ERROR_SETUP = 5,
    AX_STORAGE_ERROR_END = 6,
} AXStorageErrorCode;

GQuark ax_storage_error_quark(void);

G_END_DECLS

#endif
