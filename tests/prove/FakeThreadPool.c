/* SPDX-License-Identifier: MIT */
#include "FakeThreadPool.h"

#include "Clock.h"
#include "Coroutine.h"
#include "Description.h"
#include "FakeClock.h"
#include "Ledger.h"
#include "Verdict.h"

struct ThreadPool {
    guint most;
};

static GPtrArray* jobs = NULL;     /* all that are not gone */
static GQueue returned;            /* those whose result waits for the main loop */
static GPtrArray* selected = NULL; /* what the find functions return */
static PoolJob* running = NULL;
static ThreadPool* thePool = NULL;

static GPtrArray* emptySelection(void) {
    if (!selected)
        selected = g_ptr_array_new();
    g_ptr_array_set_size(selected, 0);
    return selected;
}

const GPtrArray* allJobs(void) {
    if (!jobs)
        jobs = g_ptr_array_new();
    return jobs;
}

ThreadPool* newThreadPool(guint maxThreads) {
    allJobs();
    thePool = g_new0(ThreadPool, 1);
    thePool->most = maxThreads;
    return thePool;
}

void setThreadPoolSize(ThreadPool* pool, guint maxThreads) {
    pool->most = maxThreads;
}

ThreadPoolInfo threadPoolInfo(ThreadPool* pool) {
    ThreadPoolInfo info = {pool->most, 0, 0};

    for (guint i = 0; i < jobs->len; i++) {
        const PoolJob* job = g_ptr_array_index(jobs, i);
        info.queued += job->stage == CALL_QUEUED;
        info.busy += job->stage > CALL_QUEUED && job->stage < CALL_RETURNED;
    }
    return info;
}

PoolJob* submitJob(ThreadPool* pool, PoolFunc run, PoolFunc done, gpointer data) {
    PoolJob* job = g_new0(PoolJob, 1);

    g_assert(pool == thePool);
    *job = (PoolJob){.run = run, .done = done, .data = data, .stage = CALL_QUEUED, .outcome = -1};
    g_ptr_array_add(jobs, job);
    return job;
}

gpointer withdrawJob(ThreadPool* pool, PoolJob* job) {
    gpointer data = job->data;

    g_assert(pool == thePool);
    if (!g_ptr_array_find(jobs, job, NULL))
        fail(FAULT_MISMATCH, "a job is withdrawn that is gone");
    if (job->stage != CALL_QUEUED)
        return NULL;
    g_ptr_array_remove(jobs, job);
    g_free(job);
    return data;
}

static void runJob(gpointer data) {
    PoolJob* job = data;

    job->run(job->data);
}

static gboolean canMove(const PoolJob* job) {
    gboolean cancelled = job->cancel && g_cancellable_is_cancelled(job->cancel);

    switch (job->stage) {
    case CALL_TAKEN:
        return TRUE;
    case CALL_FRAME:
    case CALL_ASKED:
        return job->outcome >= 0 || (job->listens && cancelled);
    case CALL_WAITING:
        return cancelled || clockNow() >= job->wakeAt;
    default:
        return FALSE;
    }
}

GPtrArray* findMovableJobs(void) {
    GPtrArray* found = emptySelection();
    gboolean free = thePool && threadPoolInfo(thePool).busy < thePool->most;

    for (guint i = 0; i < jobs->len; i++) {
        PoolJob* job = g_ptr_array_index(jobs, i);
        gboolean isNext = job->stage == CALL_QUEUED && free;
        if (isNext || canMove(job))
            g_ptr_array_add(found, job);
        if (isNext)
            free = FALSE; /* the first in the queue is taken first */
    }
    return found;
}

GPtrArray* findHangingJobs(void) {
    GPtrArray* found = emptySelection();

    for (guint i = 0; i < jobs->len; i++) {
        PoolJob* job = g_ptr_array_index(jobs, i);
        if ((job->stage == CALL_FRAME || job->stage == CALL_ASKED) && job->outcome < 0)
            g_ptr_array_add(found, job);
    }
    return found;
}

static void takeJob(PoolJob* job) {
    const Description* description = job->data;

    job->session = findModelSession(description->session->id);
    job->stage = CALL_TAKEN;
    modelTaken(job->session);
}

void moveJob(PoolJob* job) {
    if (job->stage == CALL_QUEUED) {
        takeJob(job);
        return;
    }
    if (!job->worker) {
        job->worker = newCoroutine(runJob, job);
        modelBegun(job->session);
    }
    running = job;
    gboolean alive = resumeCoroutine(job->worker);
    running = NULL;
    if (alive)
        return;
    g_clear_pointer(&job->worker, freeCoroutine);
    job->stage = CALL_RETURNED;
    g_queue_push_tail(&returned, job);
}

PoolJob* runningJob(void) {
    return running;
}

int blockOn(CallStage stage, GCancellable* cancel, gboolean listens, int outcome) {
    PoolJob* job = running;

    job->stage = stage;
    job->cancel = cancel;
    job->listens = listens;
    job->outcome = outcome;
    yieldCoroutine();
    return job->outcome;
}

gboolean blockOnTime(GCancellable* cancel, guint ms) {
    PoolJob* job = running;

    modelWaits(job->session, ms, g_cancellable_is_cancelled(cancel));
    if (g_cancellable_is_cancelled(cancel))
        return TRUE;
    job->stage = CALL_WAITING;
    job->cancel = cancel;
    job->wakeAt = uniqueMoment(ms);
    yieldCoroutine();
    gboolean cancelled = g_cancellable_is_cancelled(cancel);
    modelWaited(job->session, cancelled);
    return cancelled;
}

gboolean takeOneResult(void) {
    PoolJob* job = g_queue_pop_head(&returned);

    if (!job)
        return FALSE;
    g_ptr_array_remove(jobs, job);
    modelDone(job->session);
    job->done(job->data);
    g_free(job);
    return TRUE;
}

gint64 nextWakeUp(void) {
    gint64 next = G_MAXINT64;

    for (guint i = 0; i < allJobs()->len; i++) {
        const PoolJob* job = g_ptr_array_index(jobs, i);
        if (job->stage == CALL_WAITING && job->wakeAt > clockNow())
            next = MIN(next, job->wakeAt);
    }
    return next;
}

/* What was cancelled goes on to its end; what does not listen stays. */
gboolean freeThreadPool(ThreadPool* pool, guint waitMs) {
    g_assert(pool == thePool);
    for (const GPtrArray* movable; (movable = findMovableJobs())->len;)
        moveJob(g_ptr_array_index(movable, 0));
    for (guint i = 0; i < jobs->len; i++) {
        const PoolJob* job = g_ptr_array_index(jobs, i);
        if (job->stage == CALL_QUEUED)
            fail(FAULT_LEAK, "a job is still queued when the pool is freed");
        if (job->stage != CALL_RETURNED) {
            moveClock(uniqueMoment(waitMs));
            return FALSE;
        }
    }
    g_clear_pointer(&thePool, g_free);
    return TRUE;
}
