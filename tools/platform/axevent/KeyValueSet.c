/* SPDX-License-Identifier: MIT */
#include "KeyValueSet.h"

#include "ElementItem.h"

#include <stdarg.h>

struct _AXEventKeyValueSet {
    gatomicrefcount references;
    GPtrArray* entries; /* KeyValue*, in the order in which they were added */
};

static void clearValue(KeyValue* entry) {
    if (entry->isSet && entry->type == AX_VALUE_TYPE_STRING)
        g_free(entry->value.text);
    if (entry->isSet && entry->type == AX_VALUE_TYPE_ELEMENT)
        ax_event_element_item_free(entry->value.element);
    entry->isSet = FALSE;
}

static void freeKeyValue(KeyValue* entry) {
    clearValue(entry);
    g_free(entry->key);
    g_free(entry->nameSpace);
    g_free(entry->keyNiceName);
    g_free(entry->valueNiceName);
    if (entry->tags)
        g_ptr_array_unref(entry->tags);
    g_free(entry);
}

static KeyValue* newKeyValue(const char* key, const char* nameSpace, AXEventValueType type) {
    KeyValue* entry = g_new0(KeyValue, 1);

    entry->key = g_strdup(key);
    entry->nameSpace = nameSpace && *nameSpace ? g_strdup(nameSpace) : NULL;
    entry->type = type;
    return entry;
}

void copyValue(KeyValue* target, const KeyValue* source) {
    clearValue(target);
    target->isSet = source->isSet;
    target->value = source->value;
    if (source->isSet && source->type == AX_VALUE_TYPE_STRING)
        target->value.text = g_strdup(source->value.text);
    if (source->isSet && source->type == AX_VALUE_TYPE_ELEMENT)
        target->value.element = copyElementItem(source->value.element);
}

static gpointer duplicateText(gconstpointer text, gpointer unused) {
    (void)unused;
    return g_strdup(text);
}

static KeyValue* copyKeyValue(const KeyValue* source) {
    KeyValue* entry = newKeyValue(source->key, source->nameSpace, source->type);

    copyValue(entry, source);
    entry->isSource = source->isSource;
    entry->isData = source->isData;
    entry->keyNiceName = g_strdup(source->keyNiceName);
    entry->valueNiceName = g_strdup(source->valueNiceName);
    if (source->tags) {
        entry->tags = g_ptr_array_copy(source->tags, duplicateText, NULL);
        g_ptr_array_set_free_func(entry->tags, g_free);
    }
    return entry;
}

AXEventKeyValueSet* ax_event_key_value_set_new(void) {
    AXEventKeyValueSet* set = g_new0(AXEventKeyValueSet, 1);

    g_atomic_ref_count_init(&set->references);
    set->entries = g_ptr_array_new_with_free_func((GDestroyNotify)freeKeyValue);
    return set;
}

void ax_event_key_value_set_free(AXEventKeyValueSet* key_value_set) {
    if (!key_value_set || !g_atomic_ref_count_dec(&key_value_set->references))
        return;
    g_ptr_array_unref(key_value_set->entries);
    g_free(key_value_set);
}

AXEventKeyValueSet* refKeyValueSet(const AXEventKeyValueSet* set) {
    AXEventKeyValueSet* shared = (AXEventKeyValueSet*)set;
    g_atomic_ref_count_inc(&shared->references);
    return shared;
}

AXEventKeyValueSet* copyKeyValueSet(const AXEventKeyValueSet* set) {
    AXEventKeyValueSet* copy = ax_event_key_value_set_new();

    for (guint i = 0; i < set->entries->len; i++)
        g_ptr_array_add(copy->entries, copyKeyValue(set->entries->pdata[i]));
    return copy;
}

guint countKeyValues(const AXEventKeyValueSet* set) {
    return set->entries->len;
}

const KeyValue* getKeyValue(const AXEventKeyValueSet* set, guint position) {
    return set->entries->pdata[position];
}

KeyValue* findKeyValue(const AXEventKeyValueSet* set, const char* key, const char* nameSpace) {
    const char* wanted = nameSpace && *nameSpace ? nameSpace : NULL;

    for (guint i = 0; i < set->entries->len; i++) {
        KeyValue* entry = set->entries->pdata[i];
        if (g_str_equal(entry->key, key) && g_strcmp0(entry->nameSpace, wanted) == 0)
            return entry;
    }
    return NULL;
}

KeyValue* findAnyKeyValue(const AXEventKeyValueSet* set, const char* key, const char* nameSpace) {
    KeyValue* exact = findKeyValue(set, key, nameSpace);

    if (exact || (nameSpace && *nameSpace))
        return exact;
    for (guint i = 0; i < set->entries->len; i++) {
        KeyValue* entry = set->entries->pdata[i];
        if (g_str_equal(entry->key, key))
            return entry;
    }
    return NULL;
}

static gboolean isWholeNumber(const KeyValue* entry) {
    return entry->type == AX_VALUE_TYPE_INT || entry->type == AX_VALUE_TYPE_BOOL;
}

static gint wholeNumber(const KeyValue* entry) {
    return entry->type == AX_VALUE_TYPE_INT ? entry->value.integer : entry->value.boolean;
}

gboolean equalValues(const KeyValue* a, const KeyValue* b) {
    if (!a->isSet || !b->isSet)
        return a->isSet == b->isSet;
    /* The documentation writes boolean states as 0 and 1; whether a camera lets an integer match
     * a boolean is not documented. */
    if (isWholeNumber(a) && isWholeNumber(b))
        return wholeNumber(a) == wholeNumber(b);
    if (a->type != b->type)
        return FALSE;
    if (a->type == AX_VALUE_TYPE_STRING)
        return g_str_equal(a->value.text, b->value.text);
    if (a->type == AX_VALUE_TYPE_ELEMENT)
        return equalElementItems(a->value.element, b->value.element);
    return a->value.number == b->value.number;
}

gboolean matchesFilter(const AXEventKeyValueSet* filter, const AXEventKeyValueSet* event) {
    for (guint i = 0; i < filter->entries->len; i++) {
        const KeyValue* wanted = filter->entries->pdata[i];
        if (!wanted->isSet)
            continue;
        const KeyValue* found = findAnyKeyValue(event, wanted->key, wanted->nameSpace);
        if (!found || !equalValues(wanted, found))
            return FALSE;
    }
    return TRUE;
}

static gboolean fail(GError** error, AXEventErrorCode code, const char* key, const char* reason) {
    g_set_error(error, AX_EVENT_ERROR, (gint)code, "key %s: %s", key ? key : "(null)", reason);
    return FALSE;
}

static gboolean checkNames(const AXEventKeyValueSet* set, const char* key, const char* nameSpace,
                           GError** error) {
    if (!set)
        return fail(error, AX_EVENT_ERROR_INVALID_ARGUMENT, key, "there is no key/value set");
    if (!key || !*key)
        return fail(error, AX_EVENT_ERROR_INVALID_ARGUMENT, key, "the key has no name");
    if (!g_utf8_validate(key, -1, NULL) || (nameSpace && !g_utf8_validate(nameSpace, -1, NULL)))
        return fail(error, AX_EVENT_ERROR_INVALID_ARGUMENT, "?", "the name is not UTF-8");
    return TRUE;
}

static void setValue(KeyValue* entry, gconstpointer value) {
    clearValue(entry);
    if (!value)
        return;
    entry->isSet = TRUE;
    switch (entry->type) {
    case AX_VALUE_TYPE_INT:
        entry->value.integer = *(const gint*)value;
        break;
    case AX_VALUE_TYPE_BOOL:
        entry->value.boolean = *(const gboolean*)value != FALSE;
        break;
    case AX_VALUE_TYPE_DOUBLE:
        entry->value.number = *(const gdouble*)value;
        break;
    case AX_VALUE_TYPE_STRING:
        entry->value.text = g_strdup(value);
        break;
    case AX_VALUE_TYPE_ELEMENT:
        entry->value.element = copyElementItem(value);
        break;
    }
}

gboolean ax_event_key_value_set_add_key_value(AXEventKeyValueSet* key_value_set, const gchar* key,
                                              const gchar* name_space, gconstpointer value,
                                              AXEventValueType value_type, GError** error) {
    if (!checkNames(key_value_set, key, name_space, error))
        return FALSE;
    if (value_type > AX_VALUE_TYPE_ELEMENT)
        return fail(error, AX_EVENT_ERROR_INVALID_ARGUMENT, key, "no such type of value");
    if (value && value_type == AX_VALUE_TYPE_STRING && !g_utf8_validate(value, -1, NULL))
        return fail(error, AX_EVENT_ERROR_INVALID_ARGUMENT, key, "the value is not UTF-8");

    KeyValue* entry = findKeyValue(key_value_set, key, name_space);
    if (!entry) {
        entry = newKeyValue(key, name_space, value_type);
        g_ptr_array_add(key_value_set->entries, entry);
    }
    clearValue(entry);
    entry->type = value_type;
    setValue(entry, value);
    return TRUE;
}

gboolean ax_event_key_value_set_add_key_values(AXEventKeyValueSet* key_value_set, GError** error,
                                               ...) {
    gboolean added = TRUE;
    va_list arguments;
    const char* key;

    va_start(arguments, error);
    while (added && (key = va_arg(arguments, const char*))) {
        const char* nameSpace = va_arg(arguments, const char*);
        gconstpointer value = va_arg(arguments, gconstpointer);
        AXEventValueType type = va_arg(arguments, AXEventValueType);
        added =
            ax_event_key_value_set_add_key_value(key_value_set, key, nameSpace, value, type, error);
    }
    va_end(arguments);
    return added;
}

/* The entry for a key, or NULL with error set. */
static KeyValue* requireEntry(const AXEventKeyValueSet* set, const char* key, const char* nameSpace,
                              GError** error) {
    if (!checkNames(set, key, nameSpace, error))
        return NULL;
    KeyValue* entry = findAnyKeyValue(set, key, nameSpace);
    if (!entry)
        fail(error, AX_EVENT_ERROR_KEY_NOT_FOUND, key, "the set does not have it");
    return entry;
}

gboolean ax_event_key_value_set_mark_as_source(AXEventKeyValueSet* key_value_set, const gchar* key,
                                               const gchar* name_space, GError** error) {
    KeyValue* entry = requireEntry(key_value_set, key, name_space, error);
    if (entry)
        entry->isSource = TRUE;
    return entry != NULL;
}

gboolean ax_event_key_value_set_mark_as_data(AXEventKeyValueSet* key_value_set, const gchar* key,
                                             const gchar* name_space, GError** error) {
    KeyValue* entry = requireEntry(key_value_set, key, name_space, error);
    if (entry)
        entry->isData = TRUE;
    return entry != NULL;
}

gboolean ax_event_key_value_set_mark_as_user_defined(AXEventKeyValueSet* key_value_set,
                                                     const gchar* key, const gchar* name_space,
                                                     const gchar* user_tag, GError** error) {
    KeyValue* entry = requireEntry(key_value_set, key, name_space, error);
    if (!entry)
        return FALSE;
    if (!user_tag || !g_utf8_validate(user_tag, -1, NULL))
        return fail(error, AX_EVENT_ERROR_INVALID_ARGUMENT, key, "the tag is NULL or not UTF-8");
    if (!entry->tags)
        entry->tags = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(entry->tags, g_strdup(user_tag));
    return TRUE;
}

static gboolean replaceNiceName(char** target, const char* key, const char* name, GError** error) {
    if (!name)
        return TRUE;
    if (!g_utf8_validate(name, -1, NULL))
        return fail(error, AX_EVENT_ERROR_INVALID_ARGUMENT, key, "the nice name is not UTF-8");
    g_free(*target);
    *target = g_strdup(name);
    return TRUE;
}

gboolean ax_event_key_value_set_add_nice_names(AXEventKeyValueSet* key_value_set, const gchar* key,
                                               const gchar* name_space, const gchar* key_nice_name,
                                               const gchar* value_nice_name, GError** error) {
    KeyValue* entry = requireEntry(key_value_set, key, name_space, error);

    return entry && replaceNiceName(&entry->keyNiceName, key, key_nice_name, error) &&
           replaceNiceName(&entry->valueNiceName, key, value_nice_name, error);
}

gboolean ax_event_key_value_set_get_value_type(const AXEventKeyValueSet* key_value_set,
                                               const gchar* key, const gchar* name_space,
                                               AXEventValueType* value_type, GError** error) {
    KeyValue* entry = requireEntry(key_value_set, key, name_space, error);
    if (entry && value_type)
        *value_type = entry->type;
    return entry != NULL;
}

/* The entry for a key with a value of this type, or NULL with error set. */
static const KeyValue* requireValue(const AXEventKeyValueSet* set, const char* key,
                                    const char* nameSpace, AXEventValueType type,
                                    gconstpointer target, GError** error) {
    const KeyValue* entry = requireEntry(set, key, nameSpace, error);
    if (!entry)
        return NULL;
    if (!target) {
        fail(error, AX_EVENT_ERROR_INVALID_ARGUMENT, key, "there is no place for the value");
        return NULL;
    }
    if (entry->type != type || !entry->isSet) {
        fail(error, AX_EVENT_ERROR_INCOMPATIBLE_VALUE, key,
             entry->isSet ? "the value has another type" : "the value is not set");
        return NULL;
    }
    return entry;
}

gboolean ax_event_key_value_set_get_integer(const AXEventKeyValueSet* key_value_set,
                                            const gchar* key, const gchar* name_space, gint* value,
                                            GError** error) {
    const KeyValue* entry =
        requireValue(key_value_set, key, name_space, AX_VALUE_TYPE_INT, value, error);
    if (entry)
        *value = entry->value.integer;
    return entry != NULL;
}

gboolean ax_event_key_value_set_get_boolean(const AXEventKeyValueSet* key_value_set,
                                            const gchar* key, const gchar* name_space,
                                            gboolean* value, GError** error) {
    const KeyValue* entry =
        requireValue(key_value_set, key, name_space, AX_VALUE_TYPE_BOOL, value, error);
    if (entry)
        *value = entry->value.boolean;
    return entry != NULL;
}

gboolean ax_event_key_value_set_get_double(const AXEventKeyValueSet* key_value_set,
                                           const gchar* key, const gchar* name_space,
                                           gdouble* value, GError** error) {
    const KeyValue* entry =
        requireValue(key_value_set, key, name_space, AX_VALUE_TYPE_DOUBLE, value, error);
    if (entry)
        *value = entry->value.number;
    return entry != NULL;
}

gboolean ax_event_key_value_set_get_string(const AXEventKeyValueSet* key_value_set,
                                           const gchar* key, const gchar* name_space, gchar** value,
                                           GError** error) {
    const KeyValue* entry =
        requireValue(key_value_set, key, name_space, AX_VALUE_TYPE_STRING, value, error);
    if (entry)
        *value = g_strdup(entry->value.text);
    return entry != NULL;
}

gboolean ax_event_key_value_set_get_element(const AXEventKeyValueSet* key_value_set,
                                            const gchar* key, const gchar* name_space,
                                            AXEventElementItem** item, GError** error) {
    const KeyValue* entry =
        requireValue(key_value_set, key, name_space, AX_VALUE_TYPE_ELEMENT, item, error);
    if (entry)
        *item = copyElementItem(entry->value.element);
    return entry != NULL;
}

gboolean ax_event_key_value_set_remove_key(AXEventKeyValueSet* key_value_set, const gchar* key,
                                           const gchar* name_space, GError** error) {
    KeyValue* entry = requireEntry(key_value_set, key, name_space, error);
    if (entry)
        g_ptr_array_remove(key_value_set->entries, entry);
    return entry != NULL;
}
