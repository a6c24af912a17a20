/* SPDX-License-Identifier: MIT
 * The name under which older applications include it. */
#include <axsdk/axevent/ax_event_error.h>
