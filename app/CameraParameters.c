/* SPDX-License-Identifier: MIT */
#include "CameraParameters.h"

#include <axsdk/axparameter.h>

#include "Log.h"

static const char* const logLevel = "LogLevel";

struct CameraParameters {
    AXParameter* handle;
};

static void applyLogLevel(const char* value) {
    if (!setLogLevelByName(value))
        g_warning("parameter LogLevel: '%.20s' is not info, debug or warning", value);
}

/* Must not call axparameter: that would deadlock (documented). */
static void onLogLevel(const gchar* name, const gchar* value, gpointer data) {
    (void)name;
    (void)data;
    applyLogLevel(value);
}

CameraParameters* newCameraParameters(const char* appName, GError** error) {
    AXParameter* handle = ax_parameter_new(appName, error);
    g_autoptr(GError) missing = NULL;
    g_autofree char* value = NULL;

    if (!handle)
        return NULL;
    CameraParameters* parameters = g_new0(CameraParameters, 1);
    parameters->handle = handle;
    if (ax_parameter_get(handle, logLevel, &value, &missing))
        applyLogLevel(value);
    if (!ax_parameter_register_callback(handle, logLevel, onLogLevel, NULL, error)) {
        freeCameraParameters(parameters);
        return NULL;
    }
    return parameters;
}

void freeCameraParameters(CameraParameters* parameters) {
    if (!parameters)
        return;
    ax_parameter_unregister_callback(parameters->handle, logLevel);
    ax_parameter_free(parameters->handle);
    g_free(parameters);
}

char* getCameraSerial(CameraParameters* parameters) {
    char* serial = NULL;

    if (!ax_parameter_get(parameters->handle, "Properties.System.SerialNumber", &serial, NULL))
        return g_strdup("");
    return serial;
}
