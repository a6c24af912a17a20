/* SPDX-License-Identifier: MIT
 * The enumerations as GObject types, so that values can be named. Whether a camera registers those
 * that are masks as enumerations or as flags is not known. */
#include <vdo-types.h>

#define VALUE(prefix, name) {(gint)prefix##name, #prefix #name, #name}

/* Registers values once and returns their type. */
static GType registerOnce(gsize* type, const char* name, const GEnumValue* values) {
    if (g_once_init_enter(type))
        g_once_init_leave(type, g_enum_register_static(name, values));
    return *type;
}

#define ENUMERATION(function, type, ...)                                                           \
    GType function(void) {                                                                         \
        static const GEnumValue values[] = {__VA_ARGS__, {0, NULL, NULL}};                         \
        static gsize registered;                                                                   \
        return registerOnce(&registered, type, values);                                            \
    }

ENUMERATION(vdo_wdr_mode_get_type, "VdoWdrMode", VALUE(VDO_WDR_MODE_, NONE),
            VALUE(VDO_WDR_MODE_, LINEAR), VALUE(VDO_WDR_MODE_, 2X), VALUE(VDO_WDR_MODE_, 3X),
            VALUE(VDO_WDR_MODE_, 4X), VALUE(VDO_WDR_MODE_, SENSOR), VALUE(VDO_WDR_MODE_, OFF),
            VALUE(VDO_WDR_MODE_, AUTO))

ENUMERATION(vdo_format_get_type, "VdoFormat", VALUE(VDO_FORMAT_, NONE), VALUE(VDO_FORMAT_, H264),
            VALUE(VDO_FORMAT_, H265), VALUE(VDO_FORMAT_, JPEG), VALUE(VDO_FORMAT_, YUV),
            VALUE(VDO_FORMAT_, BAYER), VALUE(VDO_FORMAT_, IVS), VALUE(VDO_FORMAT_, RAW),
            VALUE(VDO_FORMAT_, RGBA), VALUE(VDO_FORMAT_, RGB), VALUE(VDO_FORMAT_, PLANAR_RGB),
            VALUE(VDO_FORMAT_, AV1), VALUE(VDO_FORMAT_, AVIF))

ENUMERATION(vdo_h264_profile_get_type, "VdoH264Profile", VALUE(VDO_H264_PROFILE_, NONE),
            VALUE(VDO_H264_PROFILE_, BASELINE), VALUE(VDO_H264_PROFILE_, MAIN),
            VALUE(VDO_H264_PROFILE_, HIGH))

ENUMERATION(vdo_h265_profile_get_type, "VdoH265Profile", VALUE(VDO_H265_PROFILE_, NONE),
            VALUE(VDO_H265_PROFILE_, MAIN), VALUE(VDO_H265_PROFILE_, MAIN_10))

ENUMERATION(vdo_av1_profile_get_type, "VdoAV1Profile", VALUE(VDO_AV1_PROFILE_, NONE),
            VALUE(VDO_AV1_PROFILE_, MAIN), VALUE(VDO_AV1_PROFILE_, MAIN_10))

ENUMERATION(vdo_zipstream_profile_get_type, "VdoZipStreamProfile",
            VALUE(VDO_ZIPSTREAM_PROFILE_, NONE), VALUE(VDO_ZIPSTREAM_PROFILE_, CLASSIC),
            VALUE(VDO_ZIPSTREAM_PROFILE_, STORAGE), VALUE(VDO_ZIPSTREAM_PROFILE_, LIVE))

ENUMERATION(vdo_zipstream_gdr_get_type, "VdoZipStreamGdr", VALUE(VDO_ZIPSTREAM_GDR_, NONE),
            VALUE(VDO_ZIPSTREAM_GDR_, AUTO), VALUE(VDO_ZIPSTREAM_GDR_, OFF),
            VALUE(VDO_ZIPSTREAM_GDR_, BALANCED), VALUE(VDO_ZIPSTREAM_GDR_, EXTREME))

ENUMERATION(vdo_rate_control_mode_get_type, "VdoRateControlMode",
            VALUE(VDO_RATE_CONTROL_MODE_, NONE), VALUE(VDO_RATE_CONTROL_MODE_, CBR),
            VALUE(VDO_RATE_CONTROL_MODE_, VBR), VALUE(VDO_RATE_CONTROL_MODE_, MBR),
            VALUE(VDO_RATE_CONTROL_MODE_, ABR))

ENUMERATION(vdo_rate_control_priority_get_type, "VdoRateControlPriority",
            VALUE(VDO_RATE_CONTROL_PRIORITY_, NONE), VALUE(VDO_RATE_CONTROL_PRIORITY_, FRAMERATE),
            VALUE(VDO_RATE_CONTROL_PRIORITY_, QUALITY),
            VALUE(VDO_RATE_CONTROL_PRIORITY_, FULL_FRAMERATE))

ENUMERATION(vdo_frame_type_get_type, "VdoFrameType", VALUE(VDO_FRAME_TYPE_, NONE),
            VALUE(VDO_FRAME_TYPE_, H264_SPS), VALUE(VDO_FRAME_TYPE_, H264_PPS),
            VALUE(VDO_FRAME_TYPE_, H264_SEI), VALUE(VDO_FRAME_TYPE_, H264_IDR),
            VALUE(VDO_FRAME_TYPE_, H264_I), VALUE(VDO_FRAME_TYPE_, H264_P),
            VALUE(VDO_FRAME_TYPE_, H264_B), VALUE(VDO_FRAME_TYPE_, H265_SPS),
            VALUE(VDO_FRAME_TYPE_, H265_PPS), VALUE(VDO_FRAME_TYPE_, H265_VPS),
            VALUE(VDO_FRAME_TYPE_, H265_SEI), VALUE(VDO_FRAME_TYPE_, H265_IDR),
            VALUE(VDO_FRAME_TYPE_, H265_I), VALUE(VDO_FRAME_TYPE_, H265_P),
            VALUE(VDO_FRAME_TYPE_, H265_B), VALUE(VDO_FRAME_TYPE_, JPEG),
            VALUE(VDO_FRAME_TYPE_, YUV), VALUE(VDO_FRAME_TYPE_, RAW), VALUE(VDO_FRAME_TYPE_, RGBA),
            VALUE(VDO_FRAME_TYPE_, RGB), VALUE(VDO_FRAME_TYPE_, PLANAR_RGB),
            VALUE(VDO_FRAME_TYPE_, AV1_KEY), VALUE(VDO_FRAME_TYPE_, AV1_INTER),
            VALUE(VDO_FRAME_TYPE_, AV1_BIDI), VALUE(VDO_FRAME_TYPE_, AVIF))

ENUMERATION(vdo_timestamp_get_type, "VdoStreamTimestamp", VALUE(VDO_TIMESTAMP_, NONE),
            VALUE(VDO_TIMESTAMP_, UTC), VALUE(VDO_TIMESTAMP_, ZIPSTREAM),
            VALUE(VDO_TIMESTAMP_, DIFF), VALUE(VDO_TIMESTAMP_, MONO_CAPTURE),
            VALUE(VDO_TIMESTAMP_, MONO_SERVER), VALUE(VDO_TIMESTAMP_, MONO_CLIENT),
            VALUE(VDO_TIMESTAMP_, MONO_CLIENT_SERVER_DIFF),
            VALUE(VDO_TIMESTAMP_, MONO_CLIENT_CAPTURE_DIFF))

ENUMERATION(vdo_intent_get_type, "VdoIntent", VALUE(VDO_INTENT_, NONE), VALUE(VDO_INTENT_, CONTROL),
            VALUE(VDO_INTENT_, MONITOR), VALUE(VDO_INTENT_, CONSUME), VALUE(VDO_INTENT_, PRODUCE),
            VALUE(VDO_INTENT_, DEFAULT), VALUE(VDO_INTENT_, EVENTFD), VALUE(VDO_INTENT_, UNIVERSE))

ENUMERATION(vdo_buffer_access_get_type, "VdoBufferAccess", VALUE(VDO_BUFFER_ACCESS_, NONE),
            VALUE(VDO_BUFFER_ACCESS_, CPU_RD), VALUE(VDO_BUFFER_ACCESS_, DEV_RD),
            VALUE(VDO_BUFFER_ACCESS_, ANY_RD), VALUE(VDO_BUFFER_ACCESS_, CPU_WR),
            VALUE(VDO_BUFFER_ACCESS_, DEV_WR), VALUE(VDO_BUFFER_ACCESS_, ANY_WR),
            VALUE(VDO_BUFFER_ACCESS_, CPU_RW), VALUE(VDO_BUFFER_ACCESS_, DEV_RW),
            VALUE(VDO_BUFFER_ACCESS_, ANY_RW))

ENUMERATION(vdo_buffer_strategy_get_type, "VdoBufferStrategy", VALUE(VDO_BUFFER_STRATEGY_, NONE),
            VALUE(VDO_BUFFER_STRATEGY_, INPUT), VALUE(VDO_BUFFER_STRATEGY_, EXTERNAL),
            VALUE(VDO_BUFFER_STRATEGY_, EXPLICIT), VALUE(VDO_BUFFER_STRATEGY_, INFINITE))
