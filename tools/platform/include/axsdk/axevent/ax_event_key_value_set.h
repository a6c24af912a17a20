/* SPDX-License-Identifier: MIT
 * The keys of an event, a declaration or a subscription (ACAP axevent API). A key is a name and a
 * namespace, which may be NULL. Not thread-safe; all text is UTF-8. */
#ifndef PLATFORM_AX_EVENT_KEY_VALUE_SET_H
#define PLATFORM_AX_EVENT_KEY_VALUE_SET_H

#include <glib.h>

#include <axsdk/axevent/ax_event_element_item.h>
#include <axsdk/axevent/ax_event_types.h>

G_BEGIN_DECLS

typedef struct _AXEventKeyValueSet AXEventKeyValueSet;

AXEventKeyValueSet* ax_event_key_value_set_new(void);
void ax_event_key_value_set_free(AXEventKeyValueSet* key_value_set);

/* Adds a copy of *value (for strings and elements: of value itself), or an unset value for NULL.
 * A key that is there already gets the new value. */
gboolean ax_event_key_value_set_add_key_value(AXEventKeyValueSet* key_value_set, const gchar* key,
                                              const gchar* name_space, gconstpointer value,
                                              AXEventValueType value_type, GError** error);

/* Adds groups of (key, namespace, value, AXEventValueType), up to a NULL key. */
gboolean ax_event_key_value_set_add_key_values(AXEventKeyValueSet* key_value_set, GError** error,
                                               ...) G_GNUC_NULL_TERMINATED;

gboolean ax_event_key_value_set_mark_as_source(AXEventKeyValueSet* key_value_set, const gchar* key,
                                               const gchar* name_space, GError** error);

gboolean ax_event_key_value_set_mark_as_data(AXEventKeyValueSet* key_value_set, const gchar* key,
                                             const gchar* name_space, GError** error);

gboolean ax_event_key_value_set_mark_as_user_defined(AXEventKeyValueSet* key_value_set,
                                                     const gchar* key, const gchar* name_space,
                                                     const gchar* user_tag, GError** error);

/* Names for people: either may be NULL. */
gboolean ax_event_key_value_set_add_nice_names(AXEventKeyValueSet* key_value_set, const gchar* key,
                                               const gchar* name_space, const gchar* key_nice_name,
                                               const gchar* value_nice_name, GError** error);

gboolean ax_event_key_value_set_get_value_type(const AXEventKeyValueSet* key_value_set,
                                               const gchar* key, const gchar* name_space,
                                               AXEventValueType* value_type, GError** error);

/* The getters fail with AX_EVENT_ERROR_KEY_NOT_FOUND for a key that is not there and with
 * AX_EVENT_ERROR_INCOMPATIBLE_VALUE for a value of another type or an unset one. */
gboolean ax_event_key_value_set_get_integer(const AXEventKeyValueSet* key_value_set,
                                            const gchar* key, const gchar* name_space, gint* value,
                                            GError** error);

gboolean ax_event_key_value_set_get_boolean(const AXEventKeyValueSet* key_value_set,
                                            const gchar* key, const gchar* name_space,
                                            gboolean* value, GError** error);

gboolean ax_event_key_value_set_get_double(const AXEventKeyValueSet* key_value_set,
                                           const gchar* key, const gchar* name_space,
                                           gdouble* value, GError** error);

/* Free *value with g_free(). */
gboolean ax_event_key_value_set_get_string(const AXEventKeyValueSet* key_value_set,
                                           const gchar* key, const gchar* name_space, gchar** value,
                                           GError** error);

/* Free *item with ax_event_element_item_free(). */
gboolean ax_event_key_value_set_get_element(const AXEventKeyValueSet* key_value_set,
                                            const gchar* key, const gchar* name_space,
                                            AXEventElementItem** item, GError** error);

gboolean ax_event_key_value_set_remove_key(AXEventKeyValueSet* key_value_set, const gchar* key,
                                           const gchar* name_space, GError** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AXEventKeyValueSet, ax_event_key_value_set_free)

G_END_DECLS

#endif
