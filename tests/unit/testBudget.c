/* SPDX-License-Identifier: MIT */
#include "Budget.h"
#include "FakeClock.h"

enum { MINUTE_MS = 60 * 1000 };

static guint spendAll(Budget* budget, guint most) {
    guint spent = 0;

    while (spent < most && takeCall(budget))
        spent++;
    return spent;
}

static void testHourSlides(void) {
    g_autoptr(Budget) budget = newBudget();

    setBudgetLimits(budget, (BudgetConfig){10, 0});
    g_assert_cmpuint(spendAll(budget, 6), ==, 6);
    advanceClock(30 * MINUTE_MS);
    g_assert_cmpuint(spendAll(budget, 100), ==, 4);
    advanceClock(31 * MINUTE_MS);
    g_assert_cmpuint(spendAll(budget, 100), ==, 6);
    advanceClock(500 * MINUTE_MS);
    g_assert_cmpuint(spendAll(budget, 100), ==, 10);
}

static void testDayBoundsManyHours(void) {
    g_autoptr(Budget) budget = newBudget();
    guint spent = 0;

    setBudgetLimits(budget, (BudgetConfig){10, 25});
    for (int hour = 0; hour < 12; hour++) {
        spent += spendAll(budget, 100);
        advanceClock(61 * MINUTE_MS);
    }

    g_assert_cmpuint(spent, ==, 25);
}

static void testZeroIsNoLimit(void) {
    g_autoptr(Budget) budget = newBudget();

    setBudgetLimits(budget, (BudgetConfig){0, 0});

    g_assert_cmpuint(spendAll(budget, 10000), ==, 10000);
}

static void testNewLimitsKeepWhatWasSpent(void) {
    g_autoptr(Budget) budget = newBudget();

    setBudgetLimits(budget, (BudgetConfig){10, 0});
    g_assert_cmpuint(spendAll(budget, 10), ==, 10);
    setBudgetLimits(budget, (BudgetConfig){12, 0});

    g_assert_cmpuint(spendAll(budget, 10), ==, 2);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/budget/hour-slides", testHourSlides);
    g_test_add_func("/budget/day", testDayBoundsManyHours);
    g_test_add_func("/budget/no-limit", testZeroIsNoLimit);
    g_test_add_func("/budget/new-limits", testNewLimitsKeepWhatWasSpent);
    return g_test_run();
}
