/* SPDX-License-Identifier: MIT */
#include "TestData.h"
#include "ThreadPool.h"

/* Jobs that wait at a gate until the test opens it. */
static GMutex lock; /* guards all below */
static GCond opened;
static gboolean isOpen = FALSE;
static guint running = 0, most = 0, finished = 0;
static GString* order = NULL;

static void resetGate(gboolean open) {
    g_mutex_lock(&lock);
    isOpen = open;
    running = most = finished = 0;
    g_mutex_unlock(&lock);
}

static void openGate(void) {
    g_mutex_lock(&lock);
    isOpen = TRUE;
    g_cond_broadcast(&opened);
    g_mutex_unlock(&lock);
}

static void runAtGate(gpointer data) {
    g_mutex_lock(&lock);
    running++;
    most = MAX(most, running);
    while (!isOpen)
        g_cond_wait(&opened, &lock);
    running--;
    if (order)
        g_string_append(order, data);
    g_mutex_unlock(&lock);
}

static void onDone(gpointer data) {
    (void)data;
    finished++;
}

static gboolean haveFinished(gconstpointer data) {
    return finished == GPOINTER_TO_UINT(data);
}

static gboolean areRunning(gconstpointer data) {
    g_mutex_lock(&lock);
    gboolean reached = running == GPOINTER_TO_UINT(data);
    g_mutex_unlock(&lock);
    return reached;
}

static void testNoMoreThreadsThanAllowed(void) {
    ThreadPool* pool = newThreadPool(3);

    resetGate(FALSE);
    for (int i = 0; i < 10; i++)
        submitJob(pool, runAtGate, onDone, "x");
    waitUntil(areRunning, GUINT_TO_POINTER(3), "three jobs to run");
    g_assert_cmpuint(threadPoolInfo(pool).queued, ==, 7);
    openGate();
    waitUntil(haveFinished, GUINT_TO_POINTER(10), "all jobs to finish");

    g_assert_cmpuint(most, ==, 3);
    g_assert_cmpuint(threadPoolInfo(pool).threads, ==, 3);
    g_assert_true(freeThreadPool(pool, 5000));
}

static void testJobsRunInTheirOrder(void) {
    ThreadPool* pool = newThreadPool(1);

    resetGate(FALSE);
    order = g_string_new(NULL);
    submitJob(pool, runAtGate, onDone, "a");
    submitJob(pool, runAtGate, onDone, "b");
    submitJob(pool, runAtGate, onDone, "c");
    openGate();
    waitUntil(haveFinished, GUINT_TO_POINTER(3), "three jobs to finish");

    g_assert_cmpstr(order->str, ==, "abc");
    g_string_free(g_steal_pointer(&order), TRUE);
    g_assert_true(freeThreadPool(pool, 5000));
}

static void testWithdrawnJobNeverRuns(void) {
    ThreadPool* pool = newThreadPool(1);
    char data[] = "mine";

    resetGate(FALSE);
    PoolJob* first = submitJob(pool, runAtGate, onDone, "a");
    waitUntil(areRunning, GUINT_TO_POINTER(1), "the first job to run");
    PoolJob* second = submitJob(pool, runAtGate, onDone, data);
    g_assert_true(withdrawJob(pool, second) == data);
    g_assert_null(withdrawJob(pool, first));
    openGate();
    waitUntil(haveFinished, GUINT_TO_POINTER(1), "the first job to finish");

    g_assert_true(freeThreadPool(pool, 5000));
    runMainLoop();
    g_assert_cmpuint(finished, ==, 1);
}

static void testGrowingStartsWhatWaits(void) {
    ThreadPool* pool = newThreadPool(1);

    resetGate(FALSE);
    for (int i = 0; i < 3; i++)
        submitJob(pool, runAtGate, onDone, "x");
    waitUntil(areRunning, GUINT_TO_POINTER(1), "one job to run");
    setThreadPoolSize(pool, 3);
    waitUntil(areRunning, GUINT_TO_POINTER(3), "three jobs to run");
    setThreadPoolSize(pool, 1);
    openGate();
    waitUntil(haveFinished, GUINT_TO_POINTER(3), "three jobs to finish");

    g_assert_true(freeThreadPool(pool, 5000));
}

static void testFreeGivesUpOnAJobThatHangs(void) {
    ThreadPool* pool = newThreadPool(1);

    resetGate(FALSE);
    submitJob(pool, runAtGate, onDone, "x");
    waitUntil(areRunning, GUINT_TO_POINTER(1), "one job to run");
    g_assert_false(freeThreadPool(pool, 10));

    openGate();
    waitUntil(haveFinished, GUINT_TO_POINTER(1), "the job to finish");
    g_assert_true(freeThreadPool(pool, 5000));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pool/bounded", testNoMoreThreadsThanAllowed);
    g_test_add_func("/pool/in-order", testJobsRunInTheirOrder);
    g_test_add_func("/pool/withdraw", testWithdrawnJobNeverRuns);
    g_test_add_func("/pool/resize", testGrowingStartsWhatWaits);
    g_test_add_func("/pool/hanging-job", testFreeGivesUpOnAJobThatHangs);
    return g_test_run();
}
