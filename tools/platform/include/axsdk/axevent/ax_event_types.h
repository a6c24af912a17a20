/* SPDX-License-Identifier: MIT
 * The kinds of value that a key of an event can have (ACAP axevent API). */
#ifndef PLATFORM_AX_EVENT_TYPES_H
#define PLATFORM_AX_EVENT_TYPES_H

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    AX_VALUE_TYPE_INT,     /* gint */
    AX_VALUE_TYPE_BOOL,    /* gboolean */
    AX_VALUE_TYPE_DOUBLE,  /* gdouble */
    AX_VALUE_TYPE_STRING,  /* UTF-8 gchar* */
    AX_VALUE_TYPE_ELEMENT, /* AXEventElementItem */
} AXEventValueType;

G_END_DECLS

#endif
