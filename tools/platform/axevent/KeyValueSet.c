/* SPDX-License-Identifier: MIT */
#include "KeyValueSet.h"

#include "ElementItem.h"

#include <stdarg.h>

struct _AXEventKeyValueSet {
    GHashTable* table; /* KeyName* to KeyValue*; first, see KeyValueSet.h */
    gatomicrefcount references;
    GPtrArray* entries; /* KeyValue*, in the order in which they were added */
};

static guint hashName(gconstpointer name) {
    return g_str_hash(((const KeyName*)name)->key);
}

static gboolean equalNames(gconstpointer a, gconstpointer b) {
    const KeyName *left = a, *right = b;
    return g_str_equal(left->key, right->key) && g_strcmp0(left->nameSpace, right->nameSpace) == 0;
}

static void clearValue(KeyValue* entry) {
    g_clear_pointer(&entry->text, g_free);
    g_clear_pointer(&entry->element, ax_event_element_item_free);
    entry->integer = entry->boolean = entry->isSet = FALSE;
    entry->number = 0;
}

static void freeKeyValue(KeyValue* entry) {
    clearValue(entry);
    g_free(entry->name.key);
    g_free(entry->name.nameSpace);
    g_free(entry->keyNiceName);
    g_free(entry->valueNiceName);
    g_list_free_full(entry->tags, g_free);
    g_free(entry);
}

static KeyValue* newKeyValue(const char* key, const char* nameSpace, AXEventValueType type) {
    KeyValue* entry = g_new0(KeyValue, 1);

    entry->name.key = g_strdup(key);
    entry->name.nameSpace = nameSpace && *nameSpace ? g_strdup(nameSpace) : NULL;
    entry->type = type;
    return entry;
}

void copyValue(KeyValue* target, const KeyValue* source) {
    clearValue(target);
    target->isSet = source->isSet;
    target->integer = source->integer;
    target->boolean = source->boolean;
    target->number = source->number;
    target->text = g_strdup(source->text);
    if (source->element)
        target->element = copyElementItem(source->element);
}

static gpointer duplicateText(gconstpointer text, gpointer unused) {
    (void)unused;
    return g_strdup(text);
}

static KeyValue* copyKeyValue(const KeyValue* source) {
    KeyValue* entry = newKeyValue(source->name.key, source->name.nameSpace, source->type);

    copyValue(entry, source);
    entry->isSource = source->isSource;
    entry->isData = source->isData;
    entry->keyNiceName = g_strdup(source->keyNiceName);
    entry->valueNiceName = g_strdup(source->valueNiceName);
    entry->isOnvifData = source->isOnvifData;
    entry->tags = g_list_copy_deep(source->tags, duplicateText, NULL);
    return entry;
}

AXEventKeyValueSet* ax_event_key_value_set_new(void) {
    AXEventKeyValueSet* set = g_new0(AXEventKeyValueSet, 1);

    g_atomic_ref_count_init(&set->references);
    set->table = g_hash_table_new(hashName, equalNames);
    set->entries = g_ptr_array_new_with_free_func((GDestroyNotify)freeKeyValue);
    return set;
}

void ax_event_key_value_set_free(AXEventKeyValueSet* key_value_set) {
    if (!key_value_set || !g_atomic_ref_count_dec(&key_value_set->references))
        return;
    g_hash_table_unref(key_value_set->table);
    g_ptr_array_unref(key_value_set->entries);
    g_free(key_value_set);
}

AXEventKeyValueSet* refKeyValueSet(const AXEventKeyValueSet* set) {
    AXEventKeyValueSet* shared = (AXEventKeyValueSet*)set;
    g_atomic_ref_count_inc(&shared->references);
    return shared;
}

static void addEntry(AXEventKeyValueSet* set, KeyValue* entry) {
    g_ptr_array_add(set->entries, entry);
    g_hash_table_insert(set->table, &entry->name, entry);
}

AXEventKeyValueSet* copyKeyValueSet(const AXEventKeyValueSet* set) {
    AXEventKeyValueSet* copy = ax_event_key_value_set_new();

    for (guint i = 0; i < set->entries->len; i++)
        addEntry(copy, copyKeyValue(set->entries->pdata[i]));
    return copy;
}

guint countKeyValues(const AXEventKeyValueSet* set) {
    return set->entries->len;
}

const KeyValue* getKeyValue(const AXEventKeyValueSet* set, guint position) {
    return set->entries->pdata[position];
}

KeyValue* findKeyValue(const AXEventKeyValueSet* set, const char* key, const char* nameSpace) {
    const KeyName name = {(char*)(nameSpace && *nameSpace ? nameSpace : NULL), (char*)key};

    return g_hash_table_lookup(set->table, &name);
}

KeyValue* findAnyKeyValue(const AXEventKeyValueSet* set, const char* key, const char* nameSpace) {
    KeyValue* exact = findKeyValue(set, key, nameSpace);

    if (exact || (nameSpace && *nameSpace))
        return exact;
    for (guint i = 0; i < set->entries->len; i++) {
        KeyValue* entry = set->entries->pdata[i];
        if (g_str_equal(entry->name.key, key))
            return entry;
    }
    return NULL;
}

static gboolean isWholeNumber(const KeyValue* entry) {
    return entry->type == AX_VALUE_TYPE_INT || entry->type == AX_VALUE_TYPE_BOOL;
}

static gint wholeNumber(const KeyValue* entry) {
    return entry->type == AX_VALUE_TYPE_INT ? entry->integer : entry->boolean;
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
        return g_str_equal(a->text, b->text);
    if (a->type == AX_VALUE_TYPE_ELEMENT)
        return equalElementItems(a->element, b->element);
    return a->number == b->number;
}

gboolean matchesFilter(const AXEventKeyValueSet* filter, const AXEventKeyValueSet* event) {
    for (guint i = 0; i < filter->entries->len; i++) {
        const KeyValue* wanted = filter->entries->pdata[i];
        if (!wanted->isSet)
            continue;
        const KeyValue* found = findAnyKeyValue(event, wanted->name.key, wanted->name.nameSpace);
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
        entry->integer = *(const gint*)value;
        break;
    case AX_VALUE_TYPE_BOOL:
        entry->boolean = *(const gboolean*)value != FALSE;
        break;
    case AX_VALUE_TYPE_DOUBLE:
        entry->number = *(const gdouble*)value;
        break;
    case AX_VALUE_TYPE_STRING:
        entry->text = g_strdup(value);
        break;
    case AX_VALUE_TYPE_ELEMENT:
        entry->element = copyElementItem(value);
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
        addEntry(key_value_set, entry);
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
    entry->tags = g_list_append(entry->tags, g_strdup(user_tag));
    entry->isOnvifData |= g_str_equal(user_tag, "onvif-data");
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
        *value = entry->integer;
    return entry != NULL;
}

gboolean ax_event_key_value_set_get_boolean(const AXEventKeyValueSet* key_value_set,
                                            const gchar* key, const gchar* name_space,
                                            gboolean* value, GError** error) {
    const KeyValue* entry =
        requireValue(key_value_set, key, name_space, AX_VALUE_TYPE_BOOL, value, error);
    if (entry)
        *value = entry->boolean;
    return entry != NULL;
}

gboolean ax_event_key_value_set_get_double(const AXEventKeyValueSet* key_value_set,
                                           const gchar* key, const gchar* name_space,
                                           gdouble* value, GError** error) {
    const KeyValue* entry =
        requireValue(key_value_set, key, name_space, AX_VALUE_TYPE_DOUBLE, value, error);
    if (entry)
        *value = entry->number;
    return entry != NULL;
}

gboolean ax_event_key_value_set_get_string(const AXEventKeyValueSet* key_value_set,
                                           const gchar* key, const gchar* name_space, gchar** value,
                                           GError** error) {
    const KeyValue* entry =
        requireValue(key_value_set, key, name_space, AX_VALUE_TYPE_STRING, value, error);
    if (entry)
        *value = g_strdup(entry->text);
    return entry != NULL;
}

gboolean ax_event_key_value_set_get_element(const AXEventKeyValueSet* key_value_set,
                                            const gchar* key, const gchar* name_space,
                                            AXEventElementItem** item, GError** error) {
    const KeyValue* entry =
        requireValue(key_value_set, key, name_space, AX_VALUE_TYPE_ELEMENT, item, error);
    if (entry)
        *item = copyElementItem(entry->element);
    return entry != NULL;
}

gboolean ax_event_key_value_set_remove_key(AXEventKeyValueSet* key_value_set, const gchar* key,
                                           const gchar* name_space, GError** error) {
    KeyValue* entry = requireEntry(key_value_set, key, name_space, error);
    if (!entry)
        return FALSE;
    g_hash_table_remove(key_value_set->table, &entry->name);
    return g_ptr_array_remove(key_value_set->entries, entry);
}
