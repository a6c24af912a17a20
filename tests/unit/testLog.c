/* SPDX-License-Identifier: MIT */
/* The log with the C library's syslog() replaced by one that collects lines. */
#include "Log.h"

#include <syslog.h>

#include "FakeClock.h"
#include "TestData.h"

static GMutex lock; /* guards lines */
static GPtrArray* lines;

void openlog(const char* name, int option, int facility) {
    (void)name, (void)option, (void)facility;
}

void syslog(int priority, const char* format, ...) {
    va_list arguments;

    va_start(arguments, format);
    g_autofree char* text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_mutex_lock(&lock);
    g_ptr_array_add(lines, g_strdup_printf("%d %s", priority, text));
    g_mutex_unlock(&lock);
}

static char* takeLines(void) {
    g_mutex_lock(&lock);
    g_ptr_array_add(lines, NULL);
    char* text = g_strjoinv("|", (char**)lines->pdata);
    g_ptr_array_set_size(lines, 0);
    g_mutex_unlock(&lock);
    return text;
}

static void assertLines(const char* expected) {
    g_autofree char* found = takeLines();

    g_assert_cmpstr(found, ==, expected);
}

static void testLineIsWrittenAtOnce(void) {
    g_info("one");

    assertLines("6 one");
}

static void testQueuedLinesWaitForTheLoop(void) {
    queueLog(TRUE);
    g_info("one");
    g_debug("dropped by the level");
    g_info("two");
    assertLines("");

    runMainLoop();

    assertLines("6 one|6 two");
    queueLog(FALSE);
}

static void testWhatMattersComesAtOnceAndInOrder(void) {
    queueLog(TRUE);
    g_info("one");
    g_message("two");
    assertLines("6 one|5 two");

    g_info("three");
    queueLog(FALSE);

    assertLines("6 three");
    runMainLoop();
    assertLines("");
}

static gpointer logLine(gpointer text) {
    g_info("%s", (const char*)text);
    return NULL;
}

static void testOtherThreadsDoNotWait(void) {
    queueLog(TRUE);
    g_info("mine");

    g_thread_join(g_thread_new("other", logLine, (gpointer) "theirs"));

    assertLines("6 theirs");
    queueLog(FALSE);
    assertLines("6 mine");
}

/* A crash then loses no more than that. */
static void testALoopThatNeverRestsIsNotWaitedFor(void) {
    queueLog(TRUE);
    g_info("one");
    advanceClock(99);
    g_info("two");
    assertLines("");

    advanceClock(1);
    g_info("three");

    assertLines("6 one|6 two|6 three");
    g_info("four");
    assertLines("");
    queueLog(FALSE);
    assertLines("6 four");
}

static void testQueueIsBounded(void) {
    queueLog(TRUE);
    for (guint i = 0; i < 1000; i++)
        g_info("%u", i);

    g_assert_cmpuint(lines->len, ==, 1000);
    g_assert_cmpstr(g_ptr_array_index(lines, 999), ==, "6 999");
    queueLog(FALSE);
    g_free(takeLines());
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    lines = g_ptr_array_new_with_free_func(g_free);
    initLog("test");
    g_test_add_func("/log/atOnce", testLineIsWrittenAtOnce);
    g_test_add_func("/log/queued", testQueuedLinesWaitForTheLoop);
    g_test_add_func("/log/order", testWhatMattersComesAtOnceAndInOrder);
    g_test_add_func("/log/threads", testOtherThreadsDoNotWait);
    g_test_add_func("/log/loop-never-rests", testALoopThatNeverRestsIsNotWaitedFor);
    g_test_add_func("/log/bounded", testQueueIsBounded);
    int result = g_test_run();
    g_ptr_array_unref(lines);
    return result;
}
