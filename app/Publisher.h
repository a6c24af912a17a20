/* SPDX-License-Identifier: MIT */
/* Publisher - what sessions tell the world: per session one start, numbered descriptions, one end,
 * in this order. The last records are kept in a bounded ring, numbered by a sequence. */
#pragma once

#include "CameraOutput.h"
#include "ChatProtocol.h"
#include "SessionContext.h"

typedef struct Publisher Publisher;

/* What a description is of. */
typedef struct {
    guint width, height; /* as asked for, pixels */
    gsize bytes;
    gint64 timestampUs; /* see takeFrame() */
    char* takenAt;      /* UTC, ISO 8601 */
} FrameInfo;

Publisher* newPublisher(guint capacity);
void freePublisher(Publisher* publisher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Publisher, freePublisher)

/* listener is called on the main loop after each record; set before the first. */
void setPublisherListener(Publisher* publisher, void (*listener)(gpointer), gpointer data);

/* Where records go as the camera's events, too; borrowed, NULL for nowhere. Main loop. */
void setPublisherOutput(Publisher* publisher, CameraOutput* output);

/* Main loop only. */
void publishStart(Publisher* publisher, SessionContext* session);
void publishDescription(Publisher* publisher, SessionContext* session, const Answer* answer,
                        const FrameInfo* frame, gint64 latencyUs);
void publishEnd(Publisher* publisher, SessionContext* session);
/* An activation that started no session, and why. */
void publishRefusal(Publisher* publisher, const Profile* profile, const char* why);

/* Any thread. The records after sequence `since`, at most `limit`, as the JSON array's text;
 * *next is the sequence to ask from next. all: with starts, ends and refusals, else descriptions
 * only. A `since` from before a restart, larger than any sequence, counts as 0. */
GString* copyRecords(Publisher* publisher, guint64 since, guint limit, gboolean all, guint* copied,
                     guint64* next);
