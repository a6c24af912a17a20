/* SPDX-License-Identifier: MIT */
#include <vdo-map.h>

#include "VdoValues.h"

#include <stdarg.h>

struct _VdoMap {
    GObject parent;
    GHashTable* entries; /* char* to GVariant* */
};

G_DEFINE_TYPE(VdoMap, vdo_map, G_TYPE_OBJECT)

static void finalizeMap(GObject* object) {
    g_hash_table_unref(VDO_MAP(object)->entries);
    G_OBJECT_CLASS(vdo_map_parent_class)->finalize(object);
}

static void vdo_map_class_init(VdoMapClass* class) {
    G_OBJECT_CLASS(class)->finalize = finalizeMap;
}

static void vdo_map_init(VdoMap* self) {
    self->entries =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
}

static GVariant* findValue(const VdoMap* self, const char* name) {
    return self && name ? g_hash_table_lookup(self->entries, name) : NULL;
}

/* Takes a floating value. */
static void putValue(VdoMap* self, const char* name, GVariant* value) {
    g_autoptr(GVariant) owned = g_variant_ref_sink(value);

    g_return_if_fail(self != NULL);
    g_return_if_fail(name != NULL && *name);
    g_hash_table_replace(self->entries, g_strdup(name), g_steal_pointer(&owned));
}

VdoMap* vdo_map_new(void) {
    return g_object_new(VDO_TYPE_MAP, NULL);
}

VdoMap* vdo_map_clone(const VdoMap* other) {
    VdoMap* map = vdo_map_new();
    vdo_map_merge(map, other);
    return map;
}

VdoMap* vdo_map_new_from_variant(GVariant* dictionary) {
    g_autoptr(GVariant) owned = g_variant_ref_sink(dictionary);
    VdoMap* map = vdo_map_new();
    GVariantIter iterator;
    const char* name;
    GVariant* value;

    g_return_val_if_fail(g_variant_is_of_type(owned, G_VARIANT_TYPE_VARDICT), map);
    g_variant_iter_init(&iterator, owned);
    while (g_variant_iter_loop(&iterator, "{&sv}", &name, &value))
        g_hash_table_replace(map->entries, g_strdup(name), g_variant_ref(value));
    return map;
}

GVariant* vdo_map_to_variant(const VdoMap* self) {
    GVariantBuilder builder;
    GHashTableIter iterator;
    gpointer name, value;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    g_hash_table_iter_init(&iterator, self->entries);
    while (g_hash_table_iter_next(&iterator, &name, &value))
        g_variant_builder_add(&builder, "{sv}", name, value);
    return g_variant_ref_sink(g_variant_builder_end(&builder));
}

gboolean vdo_map_empty(const VdoMap* self) {
    return vdo_map_size(self) == 0;
}

gsize vdo_map_size(const VdoMap* self) {
    return g_hash_table_size(self->entries);
}

void vdo_map_swap(VdoMap* lhs, VdoMap* rhs) {
    GHashTable* entries = lhs->entries;

    lhs->entries = rhs->entries;
    rhs->entries = entries;
}

void vdo_map_clear(VdoMap* self) {
    g_hash_table_remove_all(self->entries);
}

void vdo_map_merge(VdoMap* self, const VdoMap* map) {
    GHashTableIter iterator;
    gpointer name, value;

    g_return_if_fail(self != map);
    g_hash_table_iter_init(&iterator, map->entries);
    while (g_hash_table_iter_next(&iterator, &name, &value))
        g_hash_table_replace(self->entries, g_strdup(name), g_variant_ref(value));
}

void vdo_map_copy_value(VdoMap* self, const gchar* src, const gchar* dst) {
    GVariant* value = findValue(self, src);
    if (value)
        putValue(self, dst, value);
}

void vdo_map_dump(const VdoMap* self) {
    GHashTableIter iterator;
    gpointer name, value;

    g_hash_table_iter_init(&iterator, self->entries);
    while (g_hash_table_iter_next(&iterator, &name, &value)) {
        g_autofree char* text = g_variant_print(value, TRUE);
        g_print("%s: %s\n", (const char*)name, text);
    }
}

/* Lists of names: the _va functions are their _strv twins. */

static char** collectNames(va_list arguments) {
    GPtrArray* names = g_ptr_array_new();
    const char* name;

    while ((name = va_arg(arguments, const char*)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_add(names, NULL);
    return (char**)g_ptr_array_free(names, FALSE);
}

#define COLLECT_NAMES(last, names)                                                                 \
    va_list arguments;                                                                             \
    va_start(arguments, last);                                                                     \
    g_auto(GStrv) names = collectNames(arguments);                                                 \
    va_end(arguments)

gboolean vdo_map_contains(const VdoMap* self, const gchar* name) {
    return findValue(self, name) != NULL;
}

gboolean vdo_map_contains_strv(const VdoMap* self, const gchar* const* names) {
    for (; *names; names++)
        if (!vdo_map_contains(self, *names))
            return FALSE;
    return TRUE;
}

gboolean vdo_map_contains_va(const VdoMap* self, ...) {
    COLLECT_NAMES(self, names);
    return vdo_map_contains_strv(self, (const gchar* const*)names);
}

gboolean vdo_map_entry_equals(const VdoMap* self, const VdoMap* map, const gchar* name) {
    GVariant* own = findValue(self, name);
    GVariant* other = findValue(map, name);

    return own && other ? g_variant_equal(own, other) : own == other;
}

gboolean vdo_map_entry_updates(const VdoMap* self, const VdoMap* map, const gchar* name) {
    return vdo_map_contains(map, name) && !vdo_map_entry_equals(self, map, name);
}

gboolean vdo_map_equals(const VdoMap* self, const VdoMap* map) {
    GHashTableIter iterator;
    gpointer name;

    if (vdo_map_size(self) != vdo_map_size(map))
        return FALSE;
    g_hash_table_iter_init(&iterator, self->entries);
    while (g_hash_table_iter_next(&iterator, &name, NULL))
        if (!vdo_map_entry_equals(self, map, name))
            return FALSE;
    return TRUE;
}

gboolean vdo_map_equals_strv(const VdoMap* self, const VdoMap* map, const gchar* const* names) {
    for (; *names; names++)
        if (!vdo_map_entry_equals(self, map, *names))
            return FALSE;
    return TRUE;
}

gboolean vdo_map_equals_va(const VdoMap* self, const VdoMap* map, ...) {
    COLLECT_NAMES(map, names);
    return vdo_map_equals_strv(self, map, (const gchar* const*)names);
}

void vdo_map_remove(VdoMap* self, const gchar* name) {
    g_hash_table_remove(self->entries, name);
}

void vdo_map_remove_strv(VdoMap* self, const gchar* const* names) {
    for (; *names; names++)
        vdo_map_remove(self, *names);
}

void vdo_map_remove_va(VdoMap* self, ...) {
    COLLECT_NAMES(self, names);
    vdo_map_remove_strv(self, (const gchar* const*)names);
}

VdoMap* vdo_map_filter_prefix(const VdoMap* self, const gchar* prefix) {
    VdoMap* found = vdo_map_new();
    GHashTableIter iterator;
    gpointer name, value;

    g_hash_table_iter_init(&iterator, self->entries);
    while (g_hash_table_iter_next(&iterator, &name, &value))
        if (g_str_has_prefix(name, prefix))
            putValue(found, name, value);
    return found;
}

VdoMap* vdo_map_filter_strv(const VdoMap* self, const gchar* const* names) {
    VdoMap* found = vdo_map_new();

    for (; *names; names++)
        if (vdo_map_contains(self, *names))
            putValue(found, *names, findValue(self, *names));
    return found;
}

VdoMap* vdo_map_filter_va(const VdoMap* self, ...) {
    COLLECT_NAMES(self, names);
    return vdo_map_filter_strv(self, (const gchar* const*)names);
}

/* Values. VdoValues.c converts between the types of numbers. */

#define DEFINE_INTEGER(name, type, minimum, maximum, newVariant)                                   \
    type vdo_map_get_##name(const VdoMap* self, const gchar* key, type def) {                      \
        gint64 value;                                                                              \
        return getWholeNumber(findValue(self, key), minimum, maximum, &value) ? (type)value : def; \
    }                                                                                              \
    void vdo_map_set_##name(VdoMap* self, const gchar* key, type value) {                          \
        putValue(self, key, newVariant(value));                                                    \
    }

DEFINE_INTEGER(byte, guchar, 0, G_MAXUINT8, g_variant_new_byte)
DEFINE_INTEGER(int16, gint16, G_MININT16, G_MAXINT16, g_variant_new_int16)
DEFINE_INTEGER(uint16, guint16, 0, G_MAXUINT16, g_variant_new_uint16)
DEFINE_INTEGER(int32, gint32, G_MININT32, G_MAXINT32, g_variant_new_int32)
DEFINE_INTEGER(uint32, guint32, 0, G_MAXUINT32, g_variant_new_uint32)
DEFINE_INTEGER(int64, gint64, G_MININT64, G_MAXINT64, g_variant_new_int64)

guint64 vdo_map_get_uint64(const VdoMap* self, const gchar* name, guint64 def) {
    GVariant* stored = findValue(self, name);
    gint64 value;

    if (stored && g_variant_is_of_type(stored, G_VARIANT_TYPE_UINT64))
        return g_variant_get_uint64(stored);
    return getWholeNumber(stored, 0, G_MAXINT64, &value) ? (guint64)value : def;
}

void vdo_map_set_uint64(VdoMap* self, const gchar* name, guint64 value) {
    putValue(self, name, g_variant_new_uint64(value));
}

gboolean vdo_map_get_boolean(const VdoMap* self, const gchar* name, gboolean def) {
    GVariant* value = findValue(self, name);
    return value && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)
               ? g_variant_get_boolean(value)
               : def;
}

void vdo_map_set_boolean(VdoMap* self, const gchar* name, gboolean value) {
    putValue(self, name, g_variant_new_boolean(value));
}

gdouble vdo_map_get_double(const VdoMap* self, const gchar* name, gdouble def) {
    GVariant* value = findValue(self, name);
    gint64 whole;

    if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_DOUBLE))
        return g_variant_get_double(value);
    return getWholeNumber(value, G_MININT64, G_MAXINT64, &whole) ? (gdouble)whole : def;
}

void vdo_map_set_double(VdoMap* self, const gchar* name, gdouble value) {
    putValue(self, name, g_variant_new_double(value));
}

const gchar* vdo_map_get_string(const VdoMap* self, const gchar* name, gsize* size,
                                const gchar* def) {
    GVariant* value = findValue(self, name);

    if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        return g_variant_get_string(value, size);
    if (size)
        *size = def ? strlen(def) : 0;
    return def;
}

gchar* vdo_map_dup_string(const VdoMap* self, const gchar* name, const gchar* def) {
    return g_strdup(vdo_map_get_string(self, name, NULL, def));
}

void vdo_map_set_string(VdoMap* self, const gchar* name, const gchar* value) {
    g_return_if_fail(value != NULL && g_utf8_validate(value, -1, NULL));
    putValue(self, name, g_variant_new_string(value));
}

GVariant* vdo_map_get_variant(const VdoMap* self, const gchar* name, GVariant* def) {
    GVariant* value = findValue(self, name);
    return value ? value : def;
}

VdoPair32i vdo_map_get_pair32i(const VdoMap* self, const gchar* name, VdoPair32i def) {
    GVariant* value = findValue(self, name);
    VdoPair32i pair = def;

    if (value && g_variant_is_of_type(value, G_VARIANT_TYPE("(ii)")))
        g_variant_get(value, "(ii)", &pair.val[0], &pair.val[1]);
    return pair;
}

VdoPair32u vdo_map_get_pair32u(const VdoMap* self, const gchar* name, VdoPair32u def) {
    GVariant* value = findValue(self, name);
    VdoPair32u pair = def;

    if (value && g_variant_is_of_type(value, G_VARIANT_TYPE("(uu)")))
        g_variant_get(value, "(uu)", &pair.val[0], &pair.val[1]);
    return pair;
}

void vdo_map_set_pair32i(VdoMap* self, const gchar* name, VdoPair32i value) {
    putValue(self, name, g_variant_new("(ii)", value.val[0], value.val[1]));
}

void vdo_map_set_pair32u(VdoMap* self, const gchar* name, VdoPair32u value) {
    putValue(self, name, g_variant_new("(uu)", value.val[0], value.val[1]));
}

/* Tuples of one fixed-size type are stored as an array of it, which can be lent. */
static gpointer lendTuple(const VdoMap* self, const char* name, const char* type, gpointer def) {
    GVariant* value = findValue(self, name);
    return value && g_variant_is_of_type(value, G_VARIANT_TYPE(type))
               ? (gpointer)g_variant_get_data(value)
               : def;
}

VdoQuad32i vdo_map_get_quad32i(const VdoMap* self, const gchar* name, VdoQuad32i def) {
    return *(const VdoQuad32i*)lendTuple(self, name, "(iiii)", &def);
}

VdoQuad32u vdo_map_get_quad32u(const VdoMap* self, const gchar* name, VdoQuad32u def) {
    return *(const VdoQuad32u*)lendTuple(self, name, "(uuuu)", &def);
}

void vdo_map_set_quad32i(VdoMap* self, const gchar* name, VdoQuad32i value) {
    const gint32* quad = value.val;
    putValue(self, name, g_variant_new("(iiii)", quad[0], quad[1], quad[2], quad[3]));
}

void vdo_map_set_quad32u(VdoMap* self, const gchar* name, VdoQuad32u value) {
    vdo_map_set_uint32x4(self, name, value.val);
}

guint32* vdo_map_get_uint32x2(const VdoMap* self, const gchar* name, guint32* def) {
    return lendTuple(self, name, "(uu)", def);
}

guint32* vdo_map_get_uint32x4(const VdoMap* self, const gchar* name, guint32* def) {
    return lendTuple(self, name, "(uuuu)", def);
}

gdouble* vdo_map_get_doublex4(const VdoMap* self, const gchar* name, gdouble* def) {
    return lendTuple(self, name, "(dddd)", def);
}

void vdo_map_set_uint32x2(VdoMap* self, const gchar* name, const guint32* value) {
    putValue(self, name, g_variant_new("(uu)", value[0], value[1]));
}

void vdo_map_set_uint32x4(VdoMap* self, const gchar* name, const guint32* value) {
    putValue(self, name, g_variant_new("(uuuu)", value[0], value[1], value[2], value[3]));
}

void vdo_map_set_doublex4(VdoMap* self, const gchar* name, const gdouble* value) {
    putValue(self, name, g_variant_new("(dddd)", value[0], value[1], value[2], value[3]));
}
