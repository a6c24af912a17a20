/* SPDX-License-Identifier: MIT */
/* The journal of open sessions, and what a crash leaves. */
#include <glib/gstdio.h>
#include <string.h>

#include "Engine.h"
#include "FakeClock.h"
#include "FakeDescribeClient.h"
#include "FakeEventSubscribe.h"
#include "TestData.h"

static void testJournalIsEmptyWhenNothingIsOpen(Engine* engine, gconstpointer unused) {
    (void)unused;
    g_autofree char* path = g_build_filename(folder, "sessions.journal", NULL);
    configureOne(engine, "activeMonitoring", NULL);

    setFakeTrigger(trigger1, TRUE);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    setFakeTrigger(trigger1, FALSE);
    waitForEnds(engine);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* What could not be written is written as soon as the disk takes it again. */
static void testJournalIsWrittenAnewAfterAFailure(Engine* engine, gconstpointer unused) {
    (void)unused;
    g_autofree char* path = g_build_filename(folder, "sessions.journal", NULL);
    g_autofree char* text = NULL;
    configure(engine,
              makeConfig(profileJson("a", "activeMonitoring", "Device1Scenario1", NULL),
                         profileJson("b", "activeMonitoring", "Device1Scenario2", NULL), NULL));

    g_assert_cmpint(g_mkdir(path, 0700), ==, 0); /* a folder in its place: writing fails */
    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) unnoticed = theSession(engine);
    g_assert_cmpint(g_rmdir(path), ==, 0);
    setFakeTrigger(trigger2, TRUE);

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_nonnull(strstr(text, unnoticed->id));
}

static void testLeftoversEndAsInterrupted(Engine* engine, gconstpointer unused) {
    (void)unused;
    g_autofree char* path = g_build_filename(folder, "sessions.journal", NULL);
    g_autofree char* text = NULL;
    setFakeDescriber(FAKE_HANGS);
    configure(engine,
              makeConfig(profileJson("a", "activeMonitoring", "Device1Scenario1", NULL),
                         profileJson("b", "activeMonitoring", "Device1Scenario2", NULL), NULL));
    setFakeTrigger(trigger1, TRUE);
    g_autoptr(SessionContext) left = theSession(engine);
    setFakeTrigger(trigger2, TRUE);
    setFakeTrigger(trigger2, FALSE);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    setFakeTrigger(trigger1, FALSE);
    waitForEnds(engine);
    guint before = countEnded(engine);

    /* As a crash leaves it, with the last line cut. */
    g_autofree char* cut = g_strconcat(text, "{\"start\":\"ab", NULL);
    g_assert_true(g_file_set_contents(path, cut, -1, NULL));
    endLeftovers(engine->runner);

    g_autoptr(GPtrArray) ended = copyEndedSessions(engine->registry);
    g_assert_cmpuint(ended->len, >, before);
    const SessionContext* first = g_ptr_array_index(ended, before);
    g_assert_cmpstr(first->id, ==, left->id);
    g_assert_cmpint(lastEnd(engine), ==, END_INTERRUPTED);
    endLeftovers(engine->runner);
    g_assert_cmpuint(countEnded(engine), ==, ended->len);
}

/* The file is written anew when it has grown long; the oldest session stays the first. */
static void testAJournalWrittenAnewKeepsTheOrder(Engine* engine, gconstpointer unused) {
    (void)unused;
    g_autoptr(Profile) profile = makeProfile("a", "activeMonitoring", "Device1Scenario1", NULL);
    for (int i = 0; i < 50; i++) {
        g_autofree char* id = g_strdup_printf("open%d", i);
        g_autoptr(SessionContext) session = newSession(id, profile, NULL, NULL);
        journalStart(engine->journal, session);
    }
    for (int i = 0; i < 1100; i++) {
        g_autoptr(SessionContext) session = newSession("short", profile, NULL, NULL);
        journalStart(engine->journal, session);
        journalEnd(engine->journal, session);
    }

    g_autoptr(SessionJournal) next = newSessionJournal(folder);
    g_autoptr(GPtrArray) left = takeLeftovers(next);
    g_assert_cmpuint(left->len, ==, 50);
    for (guint i = 0; i < left->len; i++) {
        g_autofree char* id = g_strdup_printf("open%u", i);
        g_assert_cmpstr(((SessionContext*)g_ptr_array_index(left, i))->id, ==, id);
    }
}

int main(int argc, char** argv) {
    setUpEngineTests(&argc, &argv);
    addEngineTest("/journal/journal-is-emptied", testJournalIsEmptyWhenNothingIsOpen);
    addEngineTest("/journal/journal-written-anew", testJournalIsWrittenAnewAfterAFailure);
    addEngineTest("/journal/leftovers", testLeftoversEndAsInterrupted);
    addEngineTest("/journal/order-is-kept", testAJournalWrittenAnewKeepsTheOrder);
    return runEngineTests();
}
