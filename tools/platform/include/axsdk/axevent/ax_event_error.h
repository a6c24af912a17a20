/* SPDX-License-Identifier: MIT
 * Error domain of axevent (ACAP axevent API). */
#ifndef PLATFORM_AX_EVENT_ERROR_H
#define PLATFORM_AX_EVENT_ERROR_H

#include <glib.h>

G_BEGIN_DECLS

#define AX_EVENT_ERROR (ax_event_error_quark())

typedef enum {
    AX_EVENT_ERROR_GENERIC,
    AX_EVENT_ERROR_INVALID_ARGUMENT,
    AX_EVENT_ERROR_INCOMPATIBLE_VALUE,
    AX_EVENT_ERROR_DECLARATION,
    AX_EVENT_ERROR_UNDECLARE,
    AX_EVENT_ERROR_SEND,
    AX_EVENT_ERROR_SUBSCRIPTION,
    AX_EVENT_ERROR_UNSUBSCRIBE,
    AX_EVENT_ERROR_KEY_NOT_FOUND,
    AX_EVENT_ERROR_END,
} AXEventErrorCode;

GQuark ax_event_error_quark(void);

G_END_DECLS

#endif
