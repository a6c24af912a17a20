/* SPDX-License-Identifier: MIT
 * Parameters of an application and, for reading, of the camera (ACAP axparameter API).
 *
 * Names: "Name" is root.<app>.Name; "Group.Name" and "root.Group.Name" name any parameter.
 * Any thread may call these functions, but none may be called from inside a callback: a camera
 * hangs then for 20 seconds, here a warning says so. */
#ifndef PLATFORM_AX_PARAMETER_H
#define PLATFORM_AX_PARAMETER_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct _AXParameter AXParameter;

/* name is root.<app>.<Name>; both texts belong to the library. Runs in the default main context. */
typedef void(AXParameterCallback)(const gchar* name, const gchar* value, gpointer data);

/* app_name is the manifest's appName. Free with ax_parameter_free(). */
AXParameter* ax_parameter_new(const gchar* app_name, GError** error);
void ax_parameter_free(AXParameter* parameter);

/* Fails when the parameter exists; a NULL type is a string. */
gboolean ax_parameter_add(AXParameter* parameter, const gchar* name, const gchar* initial_value,
                          const gchar* type, GError** error);

gboolean ax_parameter_remove(AXParameter* parameter, const gchar* name, GError** error);

/* A NULL value is "". Without do_sync, storing and callbacks wait for a set with do_sync. */
gboolean ax_parameter_set(AXParameter* parameter, const gchar* name, const gchar* value,
                          gboolean do_sync, GError** error);

/* Free *value with g_free(). */
gboolean ax_parameter_get(AXParameter* parameter, const gchar* name, gchar** value, GError** error);

/* The names of the application's own parameters, without the group; free the members with g_free()
 * and the list with g_list_free(). NULL with an error set is a failure. */
GList* ax_parameter_list(AXParameter* parameter, GError** error);

/* The parameter need not exist yet. A second callback for a name replaces the first. */
gboolean ax_parameter_register_callback(AXParameter* parameter, const gchar* name,
                                        AXParameterCallback* callback, gpointer userdata,
                                        GError** error);

void ax_parameter_unregister_callback(AXParameter* parameter, const gchar* name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AXParameter, ax_parameter_free)

G_END_DECLS

#endif
