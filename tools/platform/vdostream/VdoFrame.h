/* SPDX-License-Identifier: MIT
 * What streams need of a frame that is also its buffer. */
#ifndef PLATFORM_VDO_FRAME_INTERNAL_H
#define PLATFORM_VDO_FRAME_INTERNAL_H

#include <vdo-buffer.h>

typedef struct {
    gsize size;
    VdoFrameType type;
    guint sequence;
    guint64 timestamp;      /* microseconds of the monotonic clock */
    gint64 customTimestamp; /* as the stream's "timestamp.type" asks for */
} FrameFacts;

/* Called once when the frame is no longer used. */
typedef void (*FrameReleased)(VdoFrame* frame, gpointer userData);

/* A frame over fd, which it takes. released may be NULL. */
VdoFrame* newFrame(int fd, const FrameFacts* facts, FrameReleased released, gpointer userData);

/* An empty frame over fd, which it takes; what is written to its memory is in the file too. */
VdoFrame* newSharedFrame(int fd, gsize capacity, gpointer opaque, FrameReleased released,
                         gpointer userData);

/* Makes it another frame, in the same memory. */
void setFrameFacts(VdoFrame* frame, const FrameFacts* facts);

#endif
