/* SPDX-License-Identifier: MIT */
/* FakeThreadPool - the ThreadPool port with workers that are coroutines: one thread decides who
 * goes on and when. A job stops wherever a worker would block. */
#pragma once

#include <gio/gio.h>

#include "Model.h"
#include "ThreadPool.h"

struct PoolJob {
    PoolFunc run, done;
    gpointer data; /* a Description */
    CallStage stage;
    struct Coroutine* worker;
    ModelSession* session; /* known from when it is taken */

    /* What it waits for when it is blocked. */
    GCancellable* cancel;
    gboolean listens; /* to cancel */
    gint64 wakeAt;    /* CALL_WAITING */
    int outcome;      /* decided; -1: it hangs */
};

/* For the fakes that a worker calls: blocks the worker that runs in this stage until the outcome is
 * there, or until it is cancelled if it listens; returns the outcome, or -1 when cancelled. */
int blockOn(CallStage stage, GCancellable* cancel, gboolean listens, int outcome);
/* The same for ms; TRUE when cancelled. */
gboolean blockOnTime(GCancellable* cancel, guint ms);
/* The job that runs; NULL outside of workers. */
PoolJob* runningJob(void);

/* Jobs that can go on now, in the order they came; borrowed. */
GPtrArray* findMovableJobs(void);
/* Jobs that hang; borrowed. */
GPtrArray* findHangingJobs(void);
/* A movable job goes on to where it blocks next, or to its end. */
void moveJob(PoolJob* job);
/* The main loop takes the oldest result; FALSE when there is none. */
gboolean takeOneResult(void);
/* When the next worker's wait is over; G_MAXINT64 when none waits. */
gint64 nextWakeUp(void);
/* All jobs, in the order they came. */
const GPtrArray* allJobs(void);
