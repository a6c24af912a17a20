/* SPDX-License-Identifier: MIT
 * Functions of the camera's encoder, which is not here: an application that can do without them
 * starts, and one that cannot is told. */
#include <vdo-error.h>
#include <vdo-stream.h>

static gboolean refuse(const char* function, GError** error) {
    g_set_error(error, VDO_ERROR, VDO_ERROR_NOT_SUPPORTED,
                "the virtual camera has no encoder for %s()", function);
    return FALSE;
}

VdoStream* vdo_stream_to_fd(VdoMap* settings, int data_fd, int meta_fd, GError** error) {
    (void)settings;
    (void)data_fd;
    (void)meta_fd;
    refuse(__func__, error);
    return NULL;
}

gboolean vdo_stream_encode(VdoStream* self, VdoBuffer** in_buf, VdoMap* settings, GError** error) {
    (void)self;
    (void)in_buf;
    (void)settings;
    return refuse(__func__, error);
}

gboolean vdo_stream_play(VdoStream* self, VdoMap* settings, GError** error) {
    (void)self;
    (void)settings;
    return refuse(__func__, error);
}
