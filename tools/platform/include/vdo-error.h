/* SPDX-License-Identifier: MIT
 * Error domain of the camera's video service (ACAP VDO API). */
#ifndef PLATFORM_VDO_ERROR_H
#define PLATFORM_VDO_ERROR_H

#include <glib.h>

G_BEGIN_DECLS

#define VDO_ERROR (vdo_error_quark())

enum {
    VDO_ERROR_NOT_FOUND = 1,
    VDO_ERROR_EXISTS = 2,
    VDO_ERROR_INVALID_ARGUMENT = 3,
    VDO_ERROR_PERMISSION_DENIED = 4,
    VDO_ERROR_NOT_SUPPORTED = 5,
    VDO_ERROR_CLOSED = 6,
    VDO_ERROR_BUSY = 7,
    VDO_ERROR_IO = 8,
    VDO_ERROR_HAL = 9,
    VDO_ERROR_DBUS = 10,
    VDO_ERROR_OOM = 11,
    VDO_ERROR_IDLE = 12,
    VDO_ERROR_NO_DATA = 13, /* transient: fetch the next buffer */
    VDO_ERROR_NO_BUFFER_SPACE = 14,
    VDO_ERROR_BUFFER_FAILURE = 15,
    VDO_ERROR_INTERFACE_DOWN = 16, /* the service restarts: make a new stream */
    VDO_ERROR_FAILED = 17,
    VDO_ERROR_FATAL = 18,
    VDO_ERROR_NOT_CONTROLLED = 19,
    VDO_ERROR_NO_EVENT = 20,
    VDO_ERROR_NO_VIDEO = 21,
};

GQuark vdo_error_quark(void);

/* True for an error that maintenance of the camera explains, such as a restart of the video
 * service or a change of the global rotation. */
gboolean vdo_error_is_expected(GError** error);

/* True when the camera has no room for another stream. */
gboolean vdo_error_is_resource_limitation(GError** error);

G_END_DECLS

#endif
