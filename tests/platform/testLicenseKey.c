/* SPDX-License-Identifier: MIT */
#include <glib.h>
#include <licensekey.h>
#include <stdlib.h>

static void testNoLicenseIsValid(void) {
    int state = licensekey_verify_ex("app", 1, 2, 3, NULL);

    g_assert_cmpint(licensekey_verify("app", 1, 2, 3), ==, 0);
    g_assert_cmpint(state, !=, STATE_VALID);
    g_assert_cmpint(state, <, NUM_LICENSEKEY_STATES);
    g_assert_null(licensekey_get_exp_date("app", NULL));
}

static void testEachStateHasItsText(void) {
    g_autoptr(GHashTable) texts = g_hash_table_new_full(g_str_hash, g_str_equal, free, NULL);

    for (int state = 0; state < NUM_LICENSEKEY_STATES; state++)
        g_assert_true(g_hash_table_add(texts, licensekey_get_state_string(state)));

    g_assert_null(licensekey_get_state_string(-1));
    g_assert_null(licensekey_get_state_string(NUM_LICENSEKEY_STATES));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/licensekey/no-license-is-valid", testNoLicenseIsValid);
    g_test_add_func("/licensekey/each-state-has-its-text", testEachStateHasItsText);
    return g_test_run();
}
