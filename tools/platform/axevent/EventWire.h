/* SPDX-License-Identifier: MIT
 * EventWire - key/value sets as they travel on the bus, and the topic in a set. */
#ifndef PLATFORM_EVENT_WIRE_H
#define PLATFORM_EVENT_WIRE_H

#include <axsdk/axevent.h>

/* Deepest topic; cameras use up to four levels. */
#define MAX_TOPIC_LEVELS 8

/* Keys with values: (name, namespace, AXEventValueType, value); "" is no namespace. */
#define EVENT_KEYS_TYPE "a(ssyv)"

/* Keys of a declaration: (name, namespace, AXEventValueType, value, flags, tags, nice names of key
 * and value). */
#define DECLARED_KEYS_TYPE "a(ssyvyasss)"
#define KEY_IS_SET 1
#define KEY_IS_SOURCE 2
#define KEY_IS_DATA 4

/* Floating. Keys without a value are left out. */
GVariant* encodeEventKeys(const AXEventKeyValueSet* set);

/* Floating. */
GVariant* encodeDeclaredKeys(const AXEventKeyValueSet* set);

/* Returns a new set; entries that make no sense are left out. */
AXEventKeyValueSet* decodeEventKeys(GVariant* keys);

/* Writes the topic's values to levels, NULL for a level that may be anything, and returns how many
 * there are. The texts are lent. */
guint getTopic(const AXEventKeyValueSet* set, const char* levels[MAX_TOPIC_LEVELS]);

#endif
