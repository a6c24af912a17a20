/* SPDX-License-Identifier: MIT */
#include <gio/gio.h>

#include "FakeFrameSource.h"
#include "FrameSource.h"

static gint fails = FALSE; /* atomic */

void failFakeFrames(gboolean fail) {
    g_atomic_int_set(&fails, fail);
}

GBytes* takeFrame(const FrameSpec* spec, GError** error) {
    (void)spec;
    if (!g_atomic_int_get(&fails))
        return g_bytes_new_static("\xff\xd8 picture \xff\xd9", 13);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "snapshot: the fake camera is blind");
    return NULL;
}
