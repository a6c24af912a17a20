/* SPDX-License-Identifier: MIT
 * What the rest of the library needs of AXEventKeyValueSet: its entries, and sharing. A set that is
 * shared is not changed any more. */
#ifndef PLATFORM_KEY_VALUE_SET_H
#define PLATFORM_KEY_VALUE_SET_H

#include <axsdk/axevent.h>

/* How an entry is found. */
typedef struct {
    char* nameSpace; /* NULL: none; in a subscription: any */
    char* key;
} KeyName;

/* The first twelve members are in the order of the camera's library, and so are those of KeyName
 * and the set's table of entries: released applications that were made with a well-known helper
 * library walk through the table to read events of any kind (seen in their sources, documented
 * nowhere). */
typedef struct {
    gint integer;
    gboolean boolean;
    gdouble number;
    char* text;
    AXEventElementItem* element;
    char* elementText; /* not used here */
    GList* tags;       /* char*, user-defined */
    char* keyNiceName;
    char* valueNiceName;
    gboolean isSet; /* FALSE: the value varies; in a subscription: any value */
    gboolean isOnvifData;
    AXEventValueType type;
    KeyName name;
    gboolean isSource;
    gboolean isData;
} KeyValue;

/* Shares the set; release with ax_event_key_value_set_free(). */
AXEventKeyValueSet* refKeyValueSet(const AXEventKeyValueSet* set);

AXEventKeyValueSet* copyKeyValueSet(const AXEventKeyValueSet* set);

guint countKeyValues(const AXEventKeyValueSet* set);
const KeyValue* getKeyValue(const AXEventKeyValueSet* set, guint position);

/* Exactly this name and namespace; NULL when it is not there. */
KeyValue* findKeyValue(const AXEventKeyValueSet* set, const char* key, const char* nameSpace);

/* As findKeyValue, but a NULL namespace means any. */
KeyValue* findAnyKeyValue(const AXEventKeyValueSet* set, const char* key, const char* nameSpace);

/* Copies the value of source, whose type is the same, to target. */
void copyValue(KeyValue* target, const KeyValue* source);

/* Same type and value; booleans and integers compare as numbers. */
gboolean equalValues(const KeyValue* a, const KeyValue* b);

/* True when the event has every key of filter that has a value, with that value. */
gboolean matchesFilter(const AXEventKeyValueSet* filter, const AXEventKeyValueSet* event);

#endif
