/* SPDX-License-Identifier: MIT */
#include "ThreadPool.h"

struct PoolJob {
    PoolFunc run, done;
    gpointer data;
    GList link; /* in the queue while it waits; link.data is the job */
    gboolean queued;
};

struct ThreadPool {
    GMutex lock; /* guards all below */
    GCond work;  /* a job was queued, or the pool shrinks or closes */
    GCond left;  /* a thread is about to end */
    GQueue queue;
    GPtrArray* handles; /* every thread ever started, to be joined in the end */
    guint most, threads, busy;
    gboolean closing;
};

ThreadPool* newThreadPool(guint maxThreads) {
    ThreadPool* pool = g_new0(ThreadPool, 1);

    g_mutex_init(&pool->lock);
    g_cond_init(&pool->work);
    g_cond_init(&pool->left);
    g_queue_init(&pool->queue);
    pool->handles = g_ptr_array_new();
    pool->most = maxThreads;
    return pool;
}

static gboolean finishJob(gpointer data) {
    PoolJob* job = data;

    job->done(job->data);
    g_free(job);
    return G_SOURCE_REMOVE;
}

/* The next job, or NULL when this thread is to end. Called and returns with the lock held. */
static PoolJob* takeJob(ThreadPool* pool) {
    for (;;) {
        if (pool->closing || pool->threads > pool->most)
            return NULL;
        GList* link = g_queue_pop_head_link(&pool->queue);
        if (link) {
            PoolJob* job = link->data;
            job->queued = FALSE;
            return job;
        }
        g_cond_wait(&pool->work, &pool->lock);
    }
}

static gpointer runWorker(gpointer data) {
    ThreadPool* pool = data;
    PoolJob* job;

    g_mutex_lock(&pool->lock);
    while ((job = takeJob(pool))) {
        pool->busy++;
        g_mutex_unlock(&pool->lock);
        job->run(job->data);
        g_mutex_lock(&pool->lock);
        pool->busy--;
        g_idle_add_full(G_PRIORITY_DEFAULT, finishJob, job, NULL);
    }
    pool->threads--;
    g_cond_signal(&pool->left);
    g_mutex_unlock(&pool->lock);
    return NULL;
}

/* Called with the lock held. */
static void startWorkerIfNeeded(ThreadPool* pool) {
    gboolean enough = pool->threads - pool->busy >= g_queue_get_length(&pool->queue);

    if (enough || pool->threads >= pool->most)
        return;
    pool->threads++;
    g_ptr_array_add(pool->handles, g_thread_new("worker", runWorker, pool));
}

gboolean freeThreadPool(ThreadPool* pool, guint waitMs) {
    gint64 until = g_get_monotonic_time() + (gint64)waitMs * 1000;

    g_mutex_lock(&pool->lock);
    pool->closing = TRUE;
    g_cond_broadcast(&pool->work);
    while (pool->threads && g_cond_wait_until(&pool->left, &pool->lock, until))
        ;
    gboolean empty = pool->threads == 0;
    for (GList* link; empty && (link = g_queue_pop_head_link(&pool->queue));)
        g_free(link->data);
    g_mutex_unlock(&pool->lock);
    if (!empty)
        return FALSE;
    for (guint i = 0; i < pool->handles->len; i++)
        g_thread_join(g_ptr_array_index(pool->handles, i));
    g_ptr_array_free(pool->handles, TRUE);
    g_cond_clear(&pool->work);
    g_cond_clear(&pool->left);
    g_mutex_clear(&pool->lock);
    g_free(pool);
    return TRUE;
}

void setThreadPoolSize(ThreadPool* pool, guint maxThreads) {
    g_mutex_lock(&pool->lock);
    pool->most = maxThreads;
    for (guint i = 0; i < g_queue_get_length(&pool->queue); i++)
        startWorkerIfNeeded(pool);
    g_cond_broadcast(&pool->work);
    g_mutex_unlock(&pool->lock);
}

PoolJob* submitJob(ThreadPool* pool, PoolFunc run, PoolFunc done, gpointer data) {
    PoolJob* job = g_new0(PoolJob, 1);

    job->run = run;
    job->done = done;
    job->data = data;
    job->link.data = job;
    job->queued = TRUE;
    g_mutex_lock(&pool->lock);
    g_queue_push_tail_link(&pool->queue, &job->link);
    startWorkerIfNeeded(pool);
    g_mutex_unlock(&pool->lock);
    g_cond_signal(&pool->work); /* unlocked, or the worker would wake up only to wait for it */
    return job;
}

gpointer withdrawJob(ThreadPool* pool, PoolJob* job) {
    gpointer data = NULL;

    g_mutex_lock(&pool->lock);
    if (job->queued) {
        data = job->data;
        g_queue_unlink(&pool->queue, &job->link);
    }
    g_mutex_unlock(&pool->lock);
    if (data)
        g_free(job);
    return data;
}

ThreadPoolInfo threadPoolInfo(ThreadPool* pool) {
    g_mutex_lock(&pool->lock);
    ThreadPoolInfo info = {pool->threads, pool->busy, g_queue_get_length(&pool->queue)};
    g_mutex_unlock(&pool->lock);
    return info;
}
