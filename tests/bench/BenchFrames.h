/* SPDX-License-Identifier: MIT */
/* BenchFrames - stands in for the app's FrameSource: pictures of BENCH_FRAME_BYTES bytes (default
 * 10240) that are there at once. Each is noted in the file BENCH_FRAME_LOG, if that is set. */
#pragma once

#include <glib.h>

/* What BENCH_FRAME_LOG is mapped to; it must be as large as this. */
typedef struct {
    gint frames; /* atomic: taken so far; those beyond the array are only counted */
    struct {
        guint width; /* of the profile's frame: tells profiles apart */
        gint64 takenAt;
    } taken[64 * 1024];
} FrameLog;
