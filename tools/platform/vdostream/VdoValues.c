/* SPDX-License-Identifier: MIT */
#include "VdoValues.h"

static gboolean getDouble(GVariant* value, gint64* number) {
    gdouble real = g_variant_get_double(value);

    /* Beyond 2^53 a double does not say which whole number it means. */
    if (!(real >= -9007199254740992.0 && real <= 9007199254740992.0))
        return FALSE;
    *number = (gint64)real;
    return (gdouble)*number == real;
}

static gboolean getUint64(GVariant* value, gint64* number) {
    guint64 whole = g_variant_get_uint64(value);

    *number = (gint64)whole;
    return whole <= G_MAXINT64;
}

static gboolean getNumber(GVariant* value, gint64* number) {
    switch (g_variant_classify(value)) {
    case G_VARIANT_CLASS_BYTE:
        *number = g_variant_get_byte(value);
        return TRUE;
    case G_VARIANT_CLASS_INT16:
        *number = g_variant_get_int16(value);
        return TRUE;
    case G_VARIANT_CLASS_UINT16:
        *number = g_variant_get_uint16(value);
        return TRUE;
    case G_VARIANT_CLASS_INT32:
        *number = g_variant_get_int32(value);
        return TRUE;
    case G_VARIANT_CLASS_UINT32:
        *number = g_variant_get_uint32(value);
        return TRUE;
    case G_VARIANT_CLASS_INT64:
        *number = g_variant_get_int64(value);
        return TRUE;
    case G_VARIANT_CLASS_UINT64:
        return getUint64(value, number);
    case G_VARIANT_CLASS_DOUBLE:
        return getDouble(value, number);
    default:
        return FALSE;
    }
}

gboolean getWholeNumber(GVariant* value, gint64 minimum, gint64 maximum, gint64* number) {
    return value && getNumber(value, number) && *number >= minimum && *number <= maximum;
}
