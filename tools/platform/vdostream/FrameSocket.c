/* SPDX-License-Identifier: MIT */
#include "FrameSocket.h"

#include <vdo-error.h>

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

struct FrameSocket {
    int fd;
};

/* Messages of both directions, in the machine's own byte order. */
typedef struct {
    guint32 type;
    guint32 sequence;
    guint64 timestamp;
    guint64 size;
} FrameMessage;

typedef enum {
    COMMAND_START = 1,
    COMMAND_STOP,
    COMMAND_FRAMERATE,
    COMMAND_RETURN,
    COMMAND_KEY_FRAME
} Command;

typedef struct {
    guint32 command;
    guint32 unused;
    gdouble framerate;
} CommandMessage;

FrameSocket* newFrameSocket(int fd) {
    FrameSocket* frames = g_new0(FrameSocket, 1);

    frames->fd = fd;
    return frames;
}

void closeFrameSocket(FrameSocket* frames) {
    close(frames->fd);
    g_free(frames);
}

static gboolean checkSocket(const FrameSocket* frames, GError** error) {
    if (!frames)
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_NOT_CONTROLLED,
                            "the stream is not attached: see vdo_stream_attach()");
    return frames != NULL;
}

int getSocketDescriptor(const FrameSocket* frames, GError** error) {
    return checkSocket(frames, error) ? frames->fd : -1;
}

static gboolean sendCommand(FrameSocket* frames, Command command, gdouble framerate,
                            GError** error) {
    CommandMessage message = {.command = command, .framerate = framerate};

    if (!checkSocket(frames, error))
        return FALSE;
    if (send(frames->fd, &message, sizeof message, MSG_NOSIGNAL) == sizeof message)
        return TRUE;
    g_set_error(error, VDO_ERROR, VDO_ERROR_INTERFACE_DOWN, "the video service is gone: %s",
                g_strerror(errno));
    return FALSE;
}

gboolean startSocketFrames(FrameSocket* frames, GError** error) {
    return sendCommand(frames, COMMAND_START, 0.0, error);
}

void stopSocketFrames(FrameSocket* frames) {
    sendCommand(frames, COMMAND_STOP, 0.0, NULL);
}

gboolean setSocketFramerate(FrameSocket* frames, gdouble framerate, GError** error) {
    return sendCommand(frames, COMMAND_FRAMERATE, framerate, error);
}

gboolean askSocketForKeyFrame(FrameSocket* frames, GError** error) {
    return sendCommand(frames, COMMAND_KEY_FRAME, 0.0, error);
}

void returnSocketFrame(FrameSocket* frames) {
    sendCommand(frames, COMMAND_RETURN, 0.0, NULL);
}

static int takeDescriptor(struct msghdr* header) {
    int fd = -1;

    for (struct cmsghdr* part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
            memcpy(&fd, CMSG_DATA(part), sizeof fd);
    return fd;
}

static int receiveMessage(FrameSocket* frames, FrameMessage* message, ssize_t* length) {
    union {
        struct cmsghdr header; /* for the alignment */
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {.iov_base = message, .iov_len = sizeof *message};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};

    do
        *length = recvmsg(frames->fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (*length < 0 && errno == EINTR);
    return *length < 0 ? -1 : takeDescriptor(&header);
}

static gboolean awaitFrame(FrameSocket* frames, int timeoutMs, GError** error) {
    struct pollfd wanted = {.fd = frames->fd, .events = POLLIN};
    int ready;

    do
        ready = poll(&wanted, 1, timeoutMs);
    while (ready < 0 && errno == EINTR);
    if (ready > 0)
        return TRUE;
    if (ready == 0)
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_NO_DATA, "no frame yet");
    else
        g_set_error(error, VDO_ERROR, VDO_ERROR_IO, "waiting for a frame: %s", g_strerror(errno));
    return FALSE;
}

int receiveSocketFrame(FrameSocket* frames, int timeoutMs, FrameFacts* facts, GError** error) {
    FrameMessage message;
    ssize_t length;

    if (!checkSocket(frames, error) || !awaitFrame(frames, timeoutMs, error))
        return -1;
    int fd = receiveMessage(frames, &message, &length);
    if (length < 0 && errno == EAGAIN) {
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_NO_DATA, "no frame yet");
        return -1;
    }
    if (length <= 0) {
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_INTERFACE_DOWN,
                            "the video service has closed the stream");
        return -1;
    }
    if (length != sizeof message || fd < 0) {
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_IO, "a frame without its data");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *facts = (FrameFacts){.type = message.type,
                          .sequence = message.sequence,
                          .timestamp = message.timestamp,
                          .size = message.size};
    return fd;
}
