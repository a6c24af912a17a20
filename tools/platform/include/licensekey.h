/* SPDX-License-Identifier: MIT
 * License keys of applications (ACAP License Key API). The virtual camera knows no key: no license
 * is valid. The numbers of the states are assumed from the order in which they are published. */
#ifndef PLATFORM_LICENSEKEY_H
#define PLATFORM_LICENSEKEY_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    STATE_VALID = 0,
    STATE_VALIDATION_ERROR,
    STATE_INVALID_VERSION,
    STATE_EXPIRED_DATE,
    STATE_ILLEGAL_APPLICATION_ID_MISMATCH,
    STATE_ILLEGAL_DEVICE_ID_MISMATCH,
    STATE_ILLEGAL_MISSING_FIELDS,
    STATE_ILLEGAL_INVALID_ENTRY_APPLICATION_ID,
    STATE_ILLEGAL_INVALID_ENTRY_MIN_MAJOR,
    STATE_ILLEGAL_INVALID_ENTRY_MIN_MINOR,
    STATE_ILLEGAL_INVALID_ENTRY_MAX_MAJOR,
    STATE_ILLEGAL_INVALID_ENTRY_MAX_MINOR,
    STATE_ILLEGAL_KEY_DECODING_FAILS,
    STATE_ILLEGAL_INVALID_SIGNATURE,
    NUM_LICENSEKEY_STATES
} LicenseKeyState;

/* 1 when the license is valid, 0 when it is not. */
int licensekey_verify(const char* app_name, int app_id, int major_version, int minor_version);

/* A LicenseKeyState; licensekey_path is a folder or NULL. */
int licensekey_verify_ex(const char* app_name, int app_id, int major_version, int minor_version,
                         const char* licensekey_path);

/* YYYY-MM-DD, or NULL when it cannot be read; free with free(). */
char* licensekey_get_exp_date(const char* app_name, const char* licensekey_path);

/* What a state means, or NULL when it is none; free with free(). */
char* licensekey_get_state_string(int state_code);

#ifdef __cplusplus
}
#endif

#endif
