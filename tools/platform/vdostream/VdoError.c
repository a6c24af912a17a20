/* SPDX-License-Identifier: MIT */
#include <vdo-error.h>
#include <vdo-types.h>

GQuark vdo_error_quark(void) {
    return g_quark_from_static_string("vdo-error");
}

static gboolean hasCode(GError** error, gint code) {
    return error && *error && g_error_matches(*error, VDO_ERROR, code);
}

gboolean vdo_error_is_expected(GError** error) {
    return hasCode(error, VDO_ERROR_INTERFACE_DOWN);
}

/* Which codes a camera counts here is not documented. */
gboolean vdo_error_is_resource_limitation(GError** error) {
    return hasCode(error, VDO_ERROR_BUSY) || hasCode(error, VDO_ERROR_OOM) ||
           hasCode(error, VDO_ERROR_NO_BUFFER_SPACE);
}

const char* vdo_format_to_str(VdoFormat format) {
    static const char* const names[] = {"h264", "h265", "jpeg", "yuv",        "bayer", "ivs",
                                        "raw",  "rgba", "rgb",  "planar_rgb", "av1",   "avif"};

    return format >= 0 && (gsize)format < G_N_ELEMENTS(names) ? names[format] : "none";
}
