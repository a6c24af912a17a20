/* SPDX-License-Identifier: MIT */
/* FrameSource - the camera's pictures; the only file that knows VDO. */
#pragma once

#include <glib.h>

#include "Profile.h"

/* One JPEG of the channel, now. Blocks until the camera has it: worker threads only (a snapshot
 * from a GLib timer was reported to hang). NULL and error when the camera gives none. */
GBytes* takeFrame(const FrameSpec* spec, GError** error);
