/* SPDX-License-Identifier: MIT
 * VideoService - calls of the camera's video service. They block; any thread may make them. */
#ifndef PLATFORM_VIDEO_SERVICE_H
#define PLATFORM_VIDEO_SERVICE_H

#include <gio/gio.h>

/* Returns the reply, or NULL with a VDO_ERROR; arguments may be floating. A descriptor in the reply
 * goes to *fd, which the caller closes; fd is NULL when none is expected. */
GVariant* callVideoService(const char* method, GVariant* arguments, const char* replyType, int* fd,
                           GError** error);

#endif
