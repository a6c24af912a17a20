/* SPDX-License-Identifier: MIT */
#include "MainQueue.h"

/* Tasks of one dispatch; other sources of the application get their turn in between. */
#define MAX_TASKS_AT_ONCE 64

typedef struct {
    MainTask run;
    gpointer data;
} Task;

typedef struct {
    GSource source;
    MainQueue* queue;
} QueueSource;

struct MainQueue {
    GMutex lock;
    GQueue tasks; /* Task*, guarded by lock */
    GSource* source;
};

static Task* popTask(MainQueue* queue) {
    g_mutex_lock(&queue->lock);
    Task* task = g_queue_pop_head(&queue->tasks);
    g_mutex_unlock(&queue->lock);
    return task;
}

static gboolean dispatchTasks(GSource* source, GSourceFunc unused, gpointer data) {
    (void)unused;
    (void)data;
    MainQueue* queue = ((QueueSource*)source)->queue;

    g_source_set_ready_time(source, -1);
    for (guint i = 0; i < MAX_TASKS_AT_ONCE; i++) {
        Task* task = popTask(queue);
        if (!task)
            return G_SOURCE_CONTINUE;
        task->run(task->data);
        g_free(task);
    }
    g_source_set_ready_time(source, 0);
    return G_SOURCE_CONTINUE;
}

MainQueue* newMainQueue(void) {
    static GSourceFuncs functions = {.dispatch = dispatchTasks};
    MainQueue* queue = g_new0(MainQueue, 1);

    g_mutex_init(&queue->lock);
    g_queue_init(&queue->tasks);
    queue->source = g_source_new(&functions, sizeof(QueueSource));
    ((QueueSource*)queue->source)->queue = queue;
    g_source_set_name(queue->source, "platform library callbacks");
    g_source_attach(queue->source, NULL);
    return queue;
}

void pushMainQueue(MainQueue* queue, MainTask task, gpointer data) {
    Task* entry = g_new(Task, 1);

    entry->run = task;
    entry->data = data;
    g_mutex_lock(&queue->lock);
    g_queue_push_tail(&queue->tasks, entry);
    g_mutex_unlock(&queue->lock);
    g_source_set_ready_time(queue->source, 0);
}
