/* SPDX-License-Identifier: MIT */
/* CameraParameters - the app's parameters and the camera's; the only file that knows axparameter.
 * Main loop only. */
#pragma once

#include <glib.h>

typedef struct CameraParameters CameraParameters;

/* Applies the parameter LogLevel now and whenever it changes. NULL and error when the camera's
 * parameters cannot be had; the app can do without. */
CameraParameters* newCameraParameters(const char* appName, GError** error);
void freeCameraParameters(CameraParameters* parameters);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CameraParameters, freeCameraParameters)

/* The camera's serial number, "" if it does not tell; g_free(). */
char* getCameraSerial(CameraParameters* parameters);
