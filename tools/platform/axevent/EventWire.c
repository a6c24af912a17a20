/* SPDX-License-Identifier: MIT */
#include "EventWire.h"

#include "ElementItem.h"
#include "KeyValueSet.h"

static GVariant* encodeValue(const KeyValue* entry) {
    if (!entry->isSet)
        return g_variant_new_string("");
    switch (entry->type) {
    case AX_VALUE_TYPE_INT:
        return g_variant_new_int32(entry->integer);
    case AX_VALUE_TYPE_BOOL:
        return g_variant_new_boolean(entry->boolean);
    case AX_VALUE_TYPE_DOUBLE:
        return g_variant_new_double(entry->number);
    case AX_VALUE_TYPE_ELEMENT:
        return encodeElementItem(entry->element);
    case AX_VALUE_TYPE_STRING:
    default:
        return g_variant_new_string(entry->text);
    }
}

static const char* orEmpty(const char* text) {
    return text ? text : "";
}

GVariant* encodeEventKeys(const AXEventKeyValueSet* set) {
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE(EVENT_KEYS_TYPE));
    for (guint i = 0; i < countKeyValues(set); i++) {
        const KeyValue* entry = getKeyValue(set, i);
        if (entry->isSet)
            g_variant_builder_add(&builder, "(ssyv)", entry->name.key,
                                  orEmpty(entry->name.nameSpace), (guchar)entry->type,
                                  encodeValue(entry));
    }
    return g_variant_builder_end(&builder);
}

static GVariant* encodeTags(const KeyValue* entry) {
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("as"));
    for (const GList* tag = entry->tags; tag; tag = tag->next)
        g_variant_builder_add(&builder, "s", tag->data);
    return g_variant_builder_end(&builder);
}

GVariant* encodeDeclaredKeys(const AXEventKeyValueSet* set) {
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE(DECLARED_KEYS_TYPE));
    for (guint i = 0; i < countKeyValues(set); i++) {
        const KeyValue* entry = getKeyValue(set, i);
        guchar flags =
            (guchar)((entry->isSet ? KEY_IS_SET : 0) | (entry->isSource ? KEY_IS_SOURCE : 0) |
                     (entry->isData ? KEY_IS_DATA : 0));
        g_variant_builder_add(&builder, "(ssyvy@asss)", entry->name.key,
                              orEmpty(entry->name.nameSpace), (guchar)entry->type,
                              encodeValue(entry), flags, encodeTags(entry),
                              orEmpty(entry->keyNiceName), orEmpty(entry->valueNiceName));
    }
    return g_variant_builder_end(&builder);
}

static void addElement(AXEventKeyValueSet* set, const char* key, const char* nameSpace,
                       GVariant* value) {
    g_autoptr(AXEventElementItem) element = decodeElementItem(value);

    if (element)
        ax_event_key_value_set_add_key_value(set, key, nameSpace, element, AX_VALUE_TYPE_ELEMENT,
                                             NULL);
}

static void addDecoded(AXEventKeyValueSet* set, const char* key, const char* nameSpace, guchar type,
                       GVariant* value) {
    gint integer;
    gboolean boolean;
    gdouble number;
    gconstpointer data = NULL;

    if (type == AX_VALUE_TYPE_INT && g_variant_is_of_type(value, G_VARIANT_TYPE_INT32)) {
        integer = g_variant_get_int32(value);
        data = &integer;
    } else if (type == AX_VALUE_TYPE_BOOL && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
        boolean = g_variant_get_boolean(value);
        data = &boolean;
    } else if (type == AX_VALUE_TYPE_DOUBLE && g_variant_is_of_type(value, G_VARIANT_TYPE_DOUBLE)) {
        number = g_variant_get_double(value);
        data = &number;
    } else if (type == AX_VALUE_TYPE_STRING && g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
        data = g_variant_get_string(value, NULL);
    } else if (type == AX_VALUE_TYPE_ELEMENT) {
        addElement(set, key, nameSpace, value);
    }
    if (data)
        ax_event_key_value_set_add_key_value(set, key, nameSpace, data, (AXEventValueType)type,
                                             NULL);
}

AXEventKeyValueSet* decodeEventKeys(GVariant* keys) {
    AXEventKeyValueSet* set = ax_event_key_value_set_new();
    const char *key, *nameSpace;
    guchar type;
    GVariant* value;
    GVariantIter iterator;

    g_variant_iter_init(&iterator, keys);
    while (g_variant_iter_next(&iterator, "(&s&syv)", &key, &nameSpace, &type, &value)) {
        addDecoded(set, key, nameSpace, type, value);
        g_variant_unref(value);
    }
    return set;
}

guint getTopic(const AXEventKeyValueSet* set, const char* levels[MAX_TOPIC_LEVELS]) {
    guint count = 0;

    for (guint level = 0; level < MAX_TOPIC_LEVELS; level++) {
        char name[16];
        g_snprintf(name, sizeof name, "topic%u", level);
        const KeyValue* entry = findAnyKeyValue(set, name, NULL);
        gboolean fixed = entry && entry->isSet && entry->type == AX_VALUE_TYPE_STRING;
        levels[level] = fixed ? entry->text : NULL;
        if (fixed)
            count = level + 1;
    }
    return count;
}
