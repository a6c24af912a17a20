/* SPDX-License-Identifier: MIT */
#include <licensekey.h>

#include <stddef.h>
#include <string.h>

int licensekey_verify(const char* app_name, int app_id, int major_version, int minor_version) {
    return licensekey_verify_ex(app_name, app_id, major_version, minor_version, NULL) ==
           STATE_VALID;
}

int licensekey_verify_ex(const char* app_name, int app_id, int major_version, int minor_version,
                         const char* licensekey_path) {
    (void)app_name;
    (void)app_id;
    (void)major_version;
    (void)minor_version;
    (void)licensekey_path;
    return STATE_VALIDATION_ERROR; /* what a camera says without any key is not documented */
}

char* licensekey_get_exp_date(const char* app_name, const char* licensekey_path) {
    (void)app_name;
    (void)licensekey_path;
    return NULL;
}

char* licensekey_get_state_string(int state_code) {
    static const char* const texts[NUM_LICENSEKEY_STATES] = {
        [STATE_VALID] = "valid",
        [STATE_VALIDATION_ERROR] = "validation error",
        [STATE_INVALID_VERSION] = "invalid version",
        [STATE_EXPIRED_DATE] = "expired date",
        [STATE_ILLEGAL_APPLICATION_ID_MISMATCH] = "application id mismatch",
        [STATE_ILLEGAL_DEVICE_ID_MISMATCH] = "device id mismatch",
        [STATE_ILLEGAL_MISSING_FIELDS] = "missing fields",
        [STATE_ILLEGAL_INVALID_ENTRY_APPLICATION_ID] = "invalid entry: application id",
        [STATE_ILLEGAL_INVALID_ENTRY_MIN_MAJOR] = "invalid entry: minimum major version",
        [STATE_ILLEGAL_INVALID_ENTRY_MIN_MINOR] = "invalid entry: minimum minor version",
        [STATE_ILLEGAL_INVALID_ENTRY_MAX_MAJOR] = "invalid entry: maximum major version",
        [STATE_ILLEGAL_INVALID_ENTRY_MAX_MINOR] = "invalid entry: maximum minor version",
        [STATE_ILLEGAL_KEY_DECODING_FAILS] = "the key cannot be decoded",
        [STATE_ILLEGAL_INVALID_SIGNATURE] = "invalid signature",
    };

    if (state_code < 0 || state_code >= NUM_LICENSEKEY_STATES)
        return NULL;
    return strdup(texts[state_code]);
}
