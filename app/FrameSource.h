/* SPDX-License-Identifier: MIT */
/* FrameSource - the camera's pictures; the only file that knows VDO. */
#pragma once

#include <glib.h>

#include "Profile.h"

/* One JPEG of the channel, now. Blocks until the camera has it: worker threads only (a snapshot
 * from a GLib timer was reported to hang). NULL and error when the camera gives none.
 * *timestampUs: when it was captured, by VDO's timestamp, in microseconds since the camera's boot;
 * 0 when the camera does not say. That the snapshots of a real camera have it is unconfirmed. */
GBytes* takeFrame(const FrameSpec* spec, gint64* timestampUs, GError** error);
