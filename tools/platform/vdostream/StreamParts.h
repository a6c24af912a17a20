/* SPDX-License-Identifier: MIT
 * StreamParts - what a VdoStream is made of. */
#ifndef PLATFORM_STREAM_PARTS_H
#define PLATFORM_STREAM_PARTS_H

#include <vdo-stream.h>

#include "ExplicitBuffers.h"
#include "FrameSocket.h"

struct _VdoStream {
    GObject parent;
    guint id;
    VdoMap* settings;
    VdoMap* info;
    FrameSocket* socket; /* NULL: not attached */
    VdoBufferFinalizer finalizer;
    ExplicitBuffers* buffers; /* what the application has allocated */
    int eventFd;              /* -1: events are not watched */
    gboolean started;
};

#endif
