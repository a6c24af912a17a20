/* SPDX-License-Identifier: MIT */
#include <axsdk/axparameter.h>

#include "Bus.h"
#include "ParameterWatch.h"

#include <string.h>

#define SERVICE "virtualcamera.Parameters1"
#define SERVICE_PATH "/virtualcamera/Parameters1"
#define TIMEOUT_MS 25000

struct _AXParameter {
    char* app;
    GDBusConnection* bus; /* lent */
    ParameterWatch* watch;
};

GQuark ax_parameter_error_quark(void) {
    return g_quark_from_static_string("ax-parameter-error");
}

static gboolean fail(GError** error, AXParameterErrorCode code, const char* name,
                     const char* reason) {
    g_set_error(error, AX_PARAMETER_ERROR, (gint)code, "parameter %s: %s", name ? name : "(null)",
                reason);
    return FALSE;
}

static gboolean checkCall(const AXParameter* parameter, const char* name, const char* function,
                          GError** error) {
    /* Applications that are in use do it all the same, and get over it. */
    if (isInParameterCallback())
        g_warning("%s called from inside a parameter callback: a camera hangs here for 20 seconds",
                  function);
    if (!parameter)
        return fail(error, AX_PARAMETER_INVALID_ARG_ERROR, name, "there is no AXParameter");
    if (!name || !*name || !g_utf8_validate(name, -1, NULL))
        return fail(error, AX_PARAMETER_INVALID_ARG_ERROR, name && *name ? "?" : name,
                    "the name is empty or not UTF-8");
    return TRUE;
}

/* root.Group.Name for each of the accepted spellings. */
static char* fullName(const AXParameter* parameter, const char* name) {
    if (g_ascii_strncasecmp(name, "root.", 5) == 0)
        return g_strdup_printf("root.%s", name + 5);
    if (strchr(name, '.'))
        return g_strdup_printf("root.%s", name);
    return g_strdup_printf("root.%s.%s", parameter->app, name);
}

static AXParameterErrorCode codeOf(GError* reason, AXParameterErrorCode fallback) {
    g_autofree char* refusal = takeServiceErrorName(reason, SERVICE ".Error.");

    if (!refusal)
        return AX_PARAMETER_DBUS_SETUP_ERROR;
    if (g_str_equal(refusal, "InvalidName"))
        return AX_PARAMETER_PARAM_PATH_ERROR;
    if (g_str_equal(refusal, "Storage"))
        return AX_PARAMETER_PARAM_SYNC_ERROR;
    return fallback;
}

/* Calls the parameter service; NULL with error set, whose code is code when the service refuses. */
static GVariant* callService(const AXParameter* parameter, const char* method, GVariant* body,
                             const char* replyType, AXParameterErrorCode code, GError** error) {
    g_autoptr(GError) reason = NULL;
    GVariant* reply = g_dbus_connection_call_sync(
        parameter->bus, SERVICE, SERVICE_PATH, SERVICE, method, body, G_VARIANT_TYPE(replyType),
        G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MS, NULL, &reason);

    if (!reply) {
        AXParameterErrorCode found = codeOf(reason, code);
        g_set_error_literal(error, AX_PARAMETER_ERROR, (gint)found, reason->message);
    }
    return reply;
}

AXParameter* ax_parameter_new(const gchar* app_name, GError** error) {
    g_autoptr(GError) reason = NULL;

    if (!app_name || !*app_name || strchr(app_name, '.') || !g_utf8_validate(app_name, -1, NULL)) {
        g_set_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_INVALID_ARG_ERROR,
                    "application %s: not the name of an application",
                    app_name ? app_name : "(null)");
        return NULL;
    }
    GDBusConnection* bus = getBus(&reason);
    if (!bus) {
        g_set_error(error, AX_PARAMETER_ERROR, AX_PARAMETER_DBUS_SETUP_ERROR,
                    "no parameter service: %s", reason->message);
        return NULL;
    }
    AXParameter* parameter = g_new0(AXParameter, 1);
    parameter->app = g_strdup(app_name);
    parameter->bus = bus;
    parameter->watch = newParameterWatch();
    return parameter;
}

void ax_parameter_free(AXParameter* parameter) {
    if (!parameter)
        return;
    freeParameterWatch(parameter->watch);
    g_free(parameter->app);
    g_free(parameter);
}

/* Only the application's own parameters can be added and removed. */
static char* ownName(const AXParameter* parameter, const char* name, GError** error) {
    g_autofree char* full = fullName(parameter, name);
    g_autofree char* group = g_strdup_printf("root.%s.", parameter->app);

    if (g_ascii_strncasecmp(full, group, strlen(group)) == 0)
        return g_steal_pointer(&full);
    fail(error, AX_PARAMETER_PARAM_PATH_ERROR, name, "it is not the application's own");
    return NULL;
}

gboolean ax_parameter_add(AXParameter* parameter, const gchar* name, const gchar* initial_value,
                          const gchar* type, GError** error) {
    if (!checkCall(parameter, name, G_STRFUNC, error))
        return FALSE;
    if ((initial_value && !g_utf8_validate(initial_value, -1, NULL)) ||
        (type && !g_utf8_validate(type, -1, NULL)))
        return fail(error, AX_PARAMETER_INVALID_ARG_ERROR, name, "value or type is not UTF-8");

    g_autofree char* full = ownName(parameter, name, error);
    if (!full)
        return FALSE;
    g_autoptr(GVariant) reply =
        callService(parameter, "Add",
                    g_variant_new("(sss)", full, initial_value ? initial_value : "",
                                  type && *type ? type : "string"),
                    "()", AX_PARAMETER_PARAM_ADDED_ERROR, error);
    return reply != NULL;
}

gboolean ax_parameter_remove(AXParameter* parameter, const gchar* name, GError** error) {
    if (!checkCall(parameter, name, G_STRFUNC, error))
        return FALSE;

    g_autofree char* full = ownName(parameter, name, error);
    if (!full)
        return FALSE;
    g_autoptr(GVariant) reply = callService(parameter, "Remove", g_variant_new("(s)", full), "()",
                                            AX_PARAMETER_PARAM_EXIST_ERROR, error);
    return reply != NULL;
}

gboolean ax_parameter_set(AXParameter* parameter, const gchar* name, const gchar* value,
                          gboolean do_sync, GError** error) {
    if (!checkCall(parameter, name, G_STRFUNC, error))
        return FALSE;
    if (value && !g_utf8_validate(value, -1, NULL))
        return fail(error, AX_PARAMETER_INVALID_ARG_ERROR, name, "the value is not UTF-8");

    g_autofree char* full = fullName(parameter, name);
    g_autoptr(GVariant) reply = callService(
        parameter, "Set", g_variant_new("(ssb)", full, value ? value : "", do_sync != FALSE), "()",
        AX_PARAMETER_PARAM_SET_ERROR, error);
    return reply != NULL;
}

gboolean ax_parameter_get(AXParameter* parameter, const gchar* name, gchar** value,
                          GError** error) {
    if (!checkCall(parameter, name, G_STRFUNC, error))
        return FALSE;
    if (!value)
        return fail(error, AX_PARAMETER_INVALID_ARG_ERROR, name, "there is no place for the value");

    g_autofree char* full = fullName(parameter, name);
    g_autoptr(GVariant) reply = callService(parameter, "Get", g_variant_new("(s)", full), "(s)",
                                            AX_PARAMETER_PARAM_GET_ERROR, error);
    if (reply)
        g_variant_get(reply, "(s)", value);
    return reply != NULL;
}

GList* ax_parameter_list(AXParameter* parameter, GError** error) {
    if (!checkCall(parameter, parameter ? parameter->app : "(list)", G_STRFUNC, error))
        return NULL;

    g_autoptr(GVariant) reply = callService(parameter, "List", g_variant_new("(s)", parameter->app),
                                            "(as)", AX_PARAMETER_PARAM_LIST_ERROR, error);
    if (!reply)
        return NULL;

    GList* names = NULL;
    g_autoptr(GVariantIter) iterator = NULL;
    char* name;
    g_variant_get(reply, "(as)", &iterator);
    while (g_variant_iter_next(iterator, "s", &name))
        names = g_list_prepend(names, name);
    return g_list_reverse(names);
}

gboolean ax_parameter_register_callback(AXParameter* parameter, const gchar* name,
                                        AXParameterCallback* callback, gpointer userdata,
                                        GError** error) {
    if (!checkCall(parameter, name, G_STRFUNC, error))
        return FALSE;
    if (!callback)
        return fail(error, AX_PARAMETER_INVALID_ARG_ERROR, name, "there is no callback");

    g_autofree char* full = fullName(parameter, name);
    watchParameter(parameter->watch, parameter->bus, full, callback, userdata);
    return TRUE;
}

void ax_parameter_unregister_callback(AXParameter* parameter, const gchar* name) {
    g_autoptr(GError) reason = NULL;

    if (!checkCall(parameter, name, G_STRFUNC, &reason))
        return;
    g_autofree char* full = fullName(parameter, name);
    unwatchParameter(parameter->watch, full);
}
