/* SPDX-License-Identifier: MIT
 * FrameSocket - the socket on which the video service sends the frames of one stream: one message
 * for each frame, with a descriptor of its data. Used by one thread at a time, except for
 * returnSocketFrame(). */
#ifndef PLATFORM_FRAME_SOCKET_H
#define PLATFORM_FRAME_SOCKET_H

#include "VdoFrame.h"

typedef struct FrameSocket FrameSocket;

/* Takes fd. */
FrameSocket* newFrameSocket(int fd);
void closeFrameSocket(FrameSocket* socket);

/* The functions below fail with VDO_ERROR_NOT_CONTROLLED when socket is NULL. */

/* Lent; -1 on error. */
int getSocketDescriptor(const FrameSocket* socket, GError** error);

gboolean startSocketFrames(FrameSocket* socket, GError** error);
void stopSocketFrames(FrameSocket* socket);
gboolean setSocketFramerate(FrameSocket* socket, gdouble framerate, GError** error);
gboolean askSocketForKeyFrame(FrameSocket* socket, GError** error);

/* The next frame's data, which the caller closes, or -1 with a VDO_ERROR. Waits timeoutMs, or for
 * ever with -1. */
int receiveSocketFrame(FrameSocket* socket, int timeoutMs, FrameFacts* facts, GError** error);

/* Lets the service send another frame in place of one that is no longer used. */
void returnSocketFrame(FrameSocket* socket);

#endif
