/* SPDX-License-Identifier: MIT */
#include "FakeClock.h"
#include "Publisher.h"
#include "TestData.h"

static guint countListed(GString* text) {
    json_auto_t* list = json_loads(text->str, 0, NULL);

    g_assert_nonnull(list);
    g_string_free(text, TRUE);
    return (guint)json_array_size(list);
}

static void refuseTimes(Publisher* publisher, guint times) {
    g_autoptr(Profile) profile = makeProfile("a", "oneShot", "S", NULL);

    for (guint i = 0; i < times; i++)
        publishRefusal(publisher, profile, "cooldown");
}

static void testRingIsBounded(void) {
    g_autoptr(Publisher) publisher = newPublisher(10);
    guint copied;
    guint64 next;

    refuseTimes(publisher, 25);

    g_assert_cmpuint(countListed(copyRecords(publisher, 0, 100, TRUE, &copied, &next)), ==, 10);
    g_assert_cmpuint(next, ==, 25);
}

static void testSinceAndLimitPageThrough(void) {
    g_autoptr(Publisher) publisher = newPublisher(100);
    guint copied;
    guint64 next = 0;

    refuseTimes(publisher, 5);

    g_string_free(copyRecords(publisher, 0, 2, TRUE, &copied, &next), TRUE);
    g_assert_cmpuint(next, ==, 2);
    g_string_free(copyRecords(publisher, next, 100, TRUE, &copied, &next), TRUE);
    g_assert_cmpuint(copied, ==, 3);
    g_string_free(copyRecords(publisher, next, 100, TRUE, &copied, &next), TRUE);
    g_assert_cmpuint(copied, ==, 0);
    g_assert_cmpuint(next, ==, 5);
}

static void testDescriptionsAloneSkipTheRest(void) {
    g_autoptr(Publisher) publisher = newPublisher(100);
    guint copied;
    guint64 next;

    refuseTimes(publisher, 3);
    g_string_free(copyRecords(publisher, 0, 100, FALSE, &copied, &next), TRUE);

    g_assert_cmpuint(copied, ==, 0);
    g_assert_cmpuint(next, ==, 3);
}

static void testSinceFromBeforeARestartStartsAnew(void) {
    g_autoptr(Publisher) publisher = newPublisher(100);
    guint copied;
    guint64 next;

    refuseTimes(publisher, 3);
    g_string_free(copyRecords(publisher, 5000, 100, TRUE, &copied, &next), TRUE);

    g_assert_cmpuint(copied, ==, 3);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/publisher/bounded", testRingIsBounded);
    g_test_add_func("/publisher/paging", testSinceAndLimitPageThrough);
    g_test_add_func("/publisher/descriptions-only", testDescriptionsAloneSkipTheRest);
    g_test_add_func("/publisher/after-a-restart", testSinceFromBeforeARestartStartsAnew);
    return g_test_run();
}
