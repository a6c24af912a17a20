/* SPDX-License-Identifier: MIT
 * VdoValues - numbers in a VdoMap, whatever their type. */
#ifndef PLATFORM_VDO_VALUES_H
#define PLATFORM_VDO_VALUES_H

#include <glib.h>
#include <string.h>

/* FALSE when value (may be NULL) is no number, has a fraction or is out of range. */
gboolean getWholeNumber(GVariant* value, gint64 minimum, gint64 maximum, gint64* number);

#endif
