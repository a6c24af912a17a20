/* SPDX-License-Identifier: MIT
 * A dictionary of settings or facts (ACAP VDO API). A GObject: release with g_object_unref() or
 * g_autoptr(VdoMap). Names are never NULL or "". Not thread-safe. */
#ifndef PLATFORM_VDO_MAP_H
#define PLATFORM_VDO_MAP_H

#include <glib-object.h>

#include "vdo-types.h"

G_BEGIN_DECLS

#define VDO_TYPE_MAP (vdo_map_get_type())
G_DECLARE_FINAL_TYPE(VdoMap, vdo_map, VDO, MAP, GObject)

/* The three take a printf format for the name, of at most len bytes with its end. */
#define vdo_map_get_printf(self, type, def, len, format, ...)                                      \
    __extension__({                                                                                \
        gchar vdoMapName[len];                                                                     \
        g_snprintf(vdoMapName, len, format, __VA_ARGS__);                                          \
        vdo_map_get_##type(self, vdoMapName, def);                                                 \
    })
#define vdo_map_set_printf(self, type, value, len, format, ...)                                    \
    {                                                                                              \
        gchar vdoMapName[len];                                                                     \
        g_snprintf(vdoMapName, len, format, __VA_ARGS__);                                          \
        vdo_map_set_##type(self, vdoMapName, value);                                               \
    }
#define vdo_map_remove_printf(self, len, format, ...)                                              \
    {                                                                                              \
        gchar vdoMapName[len];                                                                     \
        g_snprintf(vdoMapName, len, format, __VA_ARGS__);                                          \
        vdo_map_remove(self, vdoMapName);                                                          \
    }

VdoMap* vdo_map_new(void);
VdoMap* vdo_map_clone(const VdoMap* other);

/* dictionary is an a{sv}; a floating one is consumed. */
VdoMap* vdo_map_new_from_variant(GVariant* dictionary);

/* Returns a new a{sv} that is not floating; release with g_variant_unref(). */
GVariant* vdo_map_to_variant(const VdoMap* self);

gboolean vdo_map_empty(const VdoMap* self);
gsize vdo_map_size(const VdoMap* self);
void vdo_map_swap(VdoMap* lhs, VdoMap* rhs);

/* _va: names up to a NULL. _strv: a NULL-terminated array of names. */
gboolean vdo_map_contains(const VdoMap* self, const gchar* name);
gboolean vdo_map_contains_va(const VdoMap* self, ...) G_GNUC_NULL_TERMINATED;
gboolean vdo_map_contains_strv(const VdoMap* self, const gchar* const* names);

/* True when both have the name with equal values, or neither has it. */
gboolean vdo_map_entry_equals(const VdoMap* self, const VdoMap* map, const gchar* name);
/* True when map has the name and merging it would change self. */
gboolean vdo_map_entry_updates(const VdoMap* self, const VdoMap* map, const gchar* name);
gboolean vdo_map_equals(const VdoMap* self, const VdoMap* map);
gboolean vdo_map_equals_va(const VdoMap* self, const VdoMap* map, ...) G_GNUC_NULL_TERMINATED;
gboolean vdo_map_equals_strv(const VdoMap* self, const VdoMap* map, const gchar* const* names);

void vdo_map_remove(VdoMap* self, const gchar* name);
void vdo_map_remove_va(VdoMap* self, ...) G_GNUC_NULL_TERMINATED;
void vdo_map_remove_strv(VdoMap* self, const gchar* const* names);
void vdo_map_clear(VdoMap* self);

/* Each returns a new map with the entries that fit. */
VdoMap* vdo_map_filter_prefix(const VdoMap* self, const gchar* prefix);
VdoMap* vdo_map_filter_va(const VdoMap* self, ...) G_GNUC_NULL_TERMINATED;
VdoMap* vdo_map_filter_strv(const VdoMap* self, const gchar* const* names);

/* Copies all entries of map into self, replacing those with the same name. */
void vdo_map_merge(VdoMap* self, const VdoMap* map);
void vdo_map_copy_value(VdoMap* self, const gchar* src, const gchar* dst);

/* Writes the entries to stdout, one a line. */
void vdo_map_dump(const VdoMap* self);

/* The getters return def when the name is missing or its value does not fit; numbers of other types
 * that fit are converted. */
guchar vdo_map_get_byte(const VdoMap* self, const gchar* name, guchar def);
gint16 vdo_map_get_int16(const VdoMap* self, const gchar* name, gint16 def);
guint16 vdo_map_get_uint16(const VdoMap* self, const gchar* name, guint16 def);
gboolean vdo_map_get_boolean(const VdoMap* self, const gchar* name, gboolean def);
gint32 vdo_map_get_int32(const VdoMap* self, const gchar* name, gint32 def);
guint32 vdo_map_get_uint32(const VdoMap* self, const gchar* name, guint32 def);
gint64 vdo_map_get_int64(const VdoMap* self, const gchar* name, gint64 def);
guint64 vdo_map_get_uint64(const VdoMap* self, const gchar* name, guint64 def);
gdouble vdo_map_get_double(const VdoMap* self, const gchar* name, gdouble def);
VdoPair32i vdo_map_get_pair32i(const VdoMap* self, const gchar* name, VdoPair32i def);
VdoPair32u vdo_map_get_pair32u(const VdoMap* self, const gchar* name, VdoPair32u def);
VdoQuad32i vdo_map_get_quad32i(const VdoMap* self, const gchar* name, VdoQuad32i def);
VdoQuad32u vdo_map_get_quad32u(const VdoMap* self, const gchar* name, VdoQuad32u def);

/* Lent until the entry changes; size may be NULL and gets the length without the end. */
const gchar* vdo_map_get_string(const VdoMap* self, const gchar* name, gsize* size,
                                const gchar* def);
/* Free with g_free(). */
gchar* vdo_map_dup_string(const VdoMap* self, const gchar* name, const gchar* def);

/* Lent arrays of 2 or 4 until the entry changes. */
guint32* vdo_map_get_uint32x2(const VdoMap* self, const gchar* name, guint32* def);
guint32* vdo_map_get_uint32x4(const VdoMap* self, const gchar* name, guint32* def);
gdouble* vdo_map_get_doublex4(const VdoMap* self, const gchar* name, gdouble* def);
GVariant* vdo_map_get_variant(const VdoMap* self, const gchar* name, GVariant* def);

void vdo_map_set_byte(VdoMap* self, const gchar* name, guchar value);
void vdo_map_set_int16(VdoMap* self, const gchar* name, gint16 value);
void vdo_map_set_uint16(VdoMap* self, const gchar* name, guint16 value);
void vdo_map_set_boolean(VdoMap* self, const gchar* name, gboolean value);
void vdo_map_set_int32(VdoMap* self, const gchar* name, gint32 value);
void vdo_map_set_uint32(VdoMap* self, const gchar* name, guint32 value);
void vdo_map_set_int64(VdoMap* self, const gchar* name, gint64 value);
void vdo_map_set_uint64(VdoMap* self, const gchar* name, guint64 value);
void vdo_map_set_double(VdoMap* self, const gchar* name, gdouble value);
void vdo_map_set_string(VdoMap* self, const gchar* name, const gchar* value);
void vdo_map_set_pair32i(VdoMap* self, const gchar* name, VdoPair32i value);
void vdo_map_set_pair32u(VdoMap* self, const gchar* name, VdoPair32u value);
void vdo_map_set_quad32i(VdoMap* self, const gchar* name, VdoQuad32i value);
void vdo_map_set_quad32u(VdoMap* self, const gchar* name, VdoQuad32u value);
void vdo_map_set_uint32x2(VdoMap* self, const gchar* name, const guint32* value);
void vdo_map_set_uint32x4(VdoMap* self, const gchar* name, const guint32* value);
void vdo_map_set_doublex4(VdoMap* self, const gchar* name, const gdouble* value);

G_END_DECLS

#endif
