/* SPDX-License-Identifier: MIT */
/* ThreadPool - a bounded number of threads that run jobs in the order they came.
 *
 * Threads are started when they are first needed and then wait without waking up. Submitting,
 * withdrawing and the `done` calls belong to the main loop; `run` belongs to a worker. */
#pragma once

#include <glib.h>

typedef struct ThreadPool ThreadPool;
typedef struct PoolJob PoolJob;
typedef void (*PoolFunc)(gpointer data);

typedef struct {
    guint threads; /* started so far */
    guint busy;    /* running a job */
    guint queued;  /* jobs that wait for a thread */
} ThreadPoolInfo;

ThreadPool* newThreadPool(guint maxThreads);
/* Waits at most waitMs for jobs that run, whose work should have been cancelled before. FALSE when
 * one is still running: the pool then stays alive, and the process should exit without it. */
gboolean freeThreadPool(ThreadPool* pool, guint waitMs);
/* More: at once. Fewer: surplus threads end after the job they run. */
void setThreadPoolSize(ThreadPool* pool, guint maxThreads);

/* run(data) on a worker, then done(data) in the main loop. The job is borrowed: it is gone when
 * done has been called or withdrawJob() gave its data back. */
PoolJob* submitJob(ThreadPool* pool, PoolFunc run, PoolFunc done, gpointer data);
/* The job's data when it had not begun: neither run nor done will be called. Otherwise NULL. */
gpointer withdrawJob(ThreadPool* pool, PoolJob* job);
/* Any thread. */
ThreadPoolInfo threadPoolInfo(ThreadPool* pool);
