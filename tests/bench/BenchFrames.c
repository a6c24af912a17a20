/* SPDX-License-Identifier: MIT */
#include "BenchFrames.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "Clock.h"
#include "FrameSource.h"

enum { DEFAULT_BYTES = 10 * 1024 };

/* Never changes and has no pattern, like a JPEG's data. */
static GBytes* picture(void) {
    static gsize once = 0;
    static GBytes* made;

    if (g_once_init_enter(&once)) {
        const char* wanted = g_getenv("BENCH_FRAME_BYTES");
        gsize bytes = wanted ? strtoul(wanted, NULL, 10) : DEFAULT_BYTES;
        guint32 state = 1;
        guchar* data = g_malloc(bytes);
        for (gsize i = 0; i < bytes; i++) {
            state = state * 1664525 + 1013904223;
            data[i] = (guchar)(state >> 24);
        }
        made = g_bytes_new_take(data, bytes);
        g_once_init_leave(&once, 1);
    }
    return made;
}

static FrameLog* openLog(void) {
    static gsize once = 0;
    static FrameLog* log;

    if (g_once_init_enter(&once)) {
        const char* path = g_getenv("BENCH_FRAME_LOG");
        int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
        if (file >= 0) {
            log = mmap(NULL, sizeof *log, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            close(file);
        }
        g_once_init_leave(&once, 1);
    }
    return log;
}

GBytes* takeFrame(const FrameSpec* spec, gint64* timestampUs, GError** error) {
    FrameLog* log = openLog();

    (void)error;
    *timestampUs = clockNow();
    if (log) {
        gint64 now = clockNow();
        gint index = g_atomic_int_add(&log->frames, 1);
        if ((gsize)index < G_N_ELEMENTS(log->taken)) {
            log->taken[index].width = spec->width;
            log->taken[index].takenAt = now;
        }
    }
    return g_bytes_ref(picture());
}
