/* SPDX-License-Identifier: MIT */
#include "EdgeTimes.h"

#include <time.h>

#include "Harness.h"

EdgeTimes edgeTimes;

static gint64 begunNs; /* atomic: when a worker began the last job; 0: it has not yet */

/* What a subscription really calls; never freed, since an event may still be on its way. */
typedef struct {
    AXSubscriptionCallback callback;
    gpointer data;
} Target;

gint64 nowNs(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (gint64)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void onEvent(guint number, AXEvent* event, gpointer data) {
    const Target* target = data;

    edgeTimes.deliveredNs = nowNs();
    edgeTimes.delivered++;
    target->callback(number, event, target->data);
}

gboolean __wrap_ax_event_handler_subscribe(AXEventHandler* handler, AXEventKeyValueSet* set,
                                           guint* number, AXSubscriptionCallback callback,
                                           gpointer data, GError** error) {
    Target* target = g_new(Target, 1);

    *target = (Target){callback, data};
    return __real_ax_event_handler_subscribe(handler, set, number, onEvent, target, error);
}

PoolJob* __wrap_submitJob(ThreadPool* pool, PoolFunc run, PoolFunc done, gpointer data) {
    __atomic_store_n(&begunNs, 0, __ATOMIC_SEQ_CST);
    PoolJob* job = __real_submitJob(pool, run, done, data);
    gint64 now = nowNs();
    gint64 begun = __atomic_load_n(&begunNs, __ATOMIC_SEQ_CST);

    edgeTimes.submittedNs = begun ? MIN(begun, now) : now;
    edgeTimes.submitted++;
    return job;
}

void __wrap_runDescription(gpointer data) {
    __atomic_store_n(&begunNs, nowNs(), __ATOMIC_SEQ_CST);
    __real_runDescription(data);
}

static gboolean isSubmitted(gconstpointer data) {
    return edgeTimes.submitted > GPOINTER_TO_UINT(data);
}

void waitForSubmit(guint before) {
    waitFor(isSubmitted, GUINT_TO_POINTER(before), "a job");
}
