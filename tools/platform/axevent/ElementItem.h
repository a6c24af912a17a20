/* SPDX-License-Identifier: MIT
 * What the rest of the library needs of AXEventElementItem. */
#ifndef PLATFORM_ELEMENT_ITEM_H
#define PLATFORM_ELEMENT_ITEM_H

#include <axsdk/axevent.h>

/* Returns an element of its own; free with ax_event_element_item_free(). */
AXEventElementItem* copyElementItem(const AXEventElementItem* item);

gboolean equalElementItems(const AXEventElementItem* a, const AXEventElementItem* b);

/* (name, namespace, attributes, has a body, body, children as variants of the same kind). */
#define ELEMENT_ITEM_TYPE "(ssa{ss}bsav)"

/* Floating. */
GVariant* encodeElementItem(const AXEventElementItem* item);

/* Returns NULL when value is no element. */
AXEventElementItem* decodeElementItem(GVariant* value);

#endif
