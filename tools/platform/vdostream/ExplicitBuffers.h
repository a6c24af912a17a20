/* SPDX-License-Identifier: MIT
 * ExplicitBuffers - buffers that an application has allocated for a stream and keeps: it puts them
 * into this queue, and the stream fills them in this order. The application owns each one's only
 * reference. Any thread may call these functions. */
#ifndef PLATFORM_EXPLICIT_BUFFERS_H
#define PLATFORM_EXPLICIT_BUFFERS_H

#include "VdoFrame.h"

typedef struct ExplicitBuffers ExplicitBuffers;

ExplicitBuffers* newExplicitBuffers(void);
/* Every buffer has to have ended before. */
void freeExplicitBuffers(ExplicitBuffers* buffers);

/* A buffer of this size, not yet in the queue; released is called when it ends. NULL with error. */
VdoBuffer* allocateExplicitBuffer(ExplicitBuffers* buffers, gsize capacity, gpointer opaque,
                                  FrameReleased released, gpointer userData, GError** error);

/* Whether there are any, in the queue or with the application. */
gboolean hasExplicitBuffers(ExplicitBuffers* buffers);

/* FALSE with error set when it is not one of these or waits already. */
gboolean enqueueExplicitBuffer(ExplicitBuffers* buffers, VdoBuffer* buffer, GError** error);

/* The next one of the queue, which leaves it, or NULL. */
VdoBuffer* popExplicitBuffer(ExplicitBuffers* buffers);

/* Has to be called when a buffer ends. */
void forgetExplicitBuffer(ExplicitBuffers* buffers, VdoBuffer* buffer);

/* Copies a frame's data from fd, which the caller keeps. */
gboolean fillExplicitBuffer(VdoBuffer* buffer, int fd, const FrameFacts* facts, GError** error);

#endif
