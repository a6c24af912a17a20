/* SPDX-License-Identifier: MIT
 * A structured value of an event: a named element with attributes and either a text body or child
 * elements (ACAP axevent API). Not thread-safe. Every getter returns memory that the caller frees.
 */
#ifndef PLATFORM_AX_EVENT_ELEMENT_ITEM_H
#define PLATFORM_AX_EVENT_ELEMENT_ITEM_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct _AXEventElementItem AXEventElementItem;

/* Returns a new element, or NULL without a name; free with ax_event_element_item_free(). */
AXEventElementItem* ax_event_element_item_new(const gchar* name, const gchar* name_space);

/* Frees the element and its children. */
void ax_event_element_item_free(AXEventElementItem* node);

gboolean ax_event_element_item_get_name(AXEventElementItem* node, gchar** name, GError** error);

/* Sets *name_space to NULL when the element has none. */
gboolean ax_event_element_item_get_name_space(AXEventElementItem* node, gchar** name_space,
                                              GError** error);

/* Copies a table of gchar* to gchar*, replacing the element's attributes. */
gboolean ax_event_element_item_set_attributes(AXEventElementItem* node, GHashTable* attributes,
                                              GError** error);

/* Returns a copy of the table; release with g_hash_table_unref(). */
gboolean ax_event_element_item_get_attributes(AXEventElementItem* node, GHashTable** attributes,
                                              GError** error);

gboolean ax_event_element_item_set_body(AXEventElementItem* node, const gchar* body,
                                        GError** error);

/* Sets *body to NULL when the element has none. */
gboolean ax_event_element_item_get_body(AXEventElementItem* node, gchar** body, GError** error);

/* Adds a copy of child as the last child; the caller keeps and frees its own. */
gboolean ax_event_element_item_add_child(AXEventElementItem* node, AXEventElementItem* child,
                                         GError** error);

/* Returns a copy of the first child, or sets *child to NULL when there is none. */
gboolean ax_event_element_item_get_first_child(AXEventElementItem* parent,
                                               AXEventElementItem** child, GError** error);

/* Returns a copy of the sibling after a child that a getter of this header returned, or sets
 * *sibling to NULL after the last. */
gboolean ax_event_element_item_get_next_child(AXEventElementItem* child,
                                              AXEventElementItem** sibling, GError** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AXEventElementItem, ax_event_element_item_free)

G_END_DECLS

#endif
