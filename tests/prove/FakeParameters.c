/* SPDX-License-Identifier: MIT */
/* FakeParameters - the CameraParameters port of a camera that has none. */
#include <gio/gio.h>

#include "CameraParameters.h"

CameraParameters* newCameraParameters(const char* appName, GError** error) {
    (void)appName;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "the fake camera has none");
    return NULL;
}

void freeCameraParameters(CameraParameters* parameters) {
    (void)parameters;
}

char* getCameraSerial(CameraParameters* parameters) {
    (void)parameters;
    return g_strdup("");
}
