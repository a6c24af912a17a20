/* SPDX-License-Identifier: MIT */
/* Description - one look: a snapshot, the call to the describer with its retries, and what came of
 * it. Made and freed on the main loop, run by a worker, never by both at a time. */
#pragma once

#include "Budget.h"
#include "Config.h"
#include "DescribeClient.h"
#include "Publisher.h"
#include "SessionContext.h"

typedef struct {
    /* What it needs. */
    SessionContext* session; /* owned reference */
    guint generation;        /* of the session when it was asked for */
    gint64 lastTimestampUs;  /* of the picture that the session described last; 0 for none */
    gsize lastBytes;         /* and its size */
    Config* config;          /* owned reference */
    char* apiKey;            /* or NULL */
    DescribeClient* client;  /* borrowed */
    Budget* budget;          /* borrowed */
    gpointer owner;          /* borrowed; the worker does not touch it */

    /* What came of it. */
    Answer answer; /* valid when error is NULL */
    FrameInfo frame;
    gint64 latencyUs; /* of the call that succeeded */
    GError* error;    /* DESCRIBE_ERROR, or the camera's own */
} Description;

Description* newDescription(SessionContext* session, Config* config, const char* apiKey,
                            DescribeClient* client, Budget* budget, gpointer owner);
void freeDescription(Description* description);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Description, freeDescription)

/* A PoolFunc for workers; data is a Description. */
void runDescription(gpointer data);
