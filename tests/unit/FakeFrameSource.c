/* SPDX-License-Identifier: MIT */
#include <gio/gio.h>

#include "FakeFrameSource.h"
#include "FrameSource.h"

static gint fails = FALSE, frozen = FALSE; /* atomic */
static gint taken = 0;                     /* atomic; frames so far */
static GMutex lock;                        /* guards all below */
static GCond changed;
static gboolean hangs = FALSE;
static guint hanging = 0;

void failFakeFrames(gboolean fail) {
    g_atomic_int_set(&fails, fail);
}

void freezeFakeFrames(gboolean freeze) {
    g_atomic_int_set(&frozen, freeze);
}

void hangFakeFrames(gboolean hang) {
    g_mutex_lock(&lock);
    hangs = hang;
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
}

guint countHangingFrames(void) {
    g_mutex_lock(&lock);
    guint counted = hanging;
    g_mutex_unlock(&lock);
    return counted;
}

static void waitWhileHanging(void) {
    g_mutex_lock(&lock);
    hanging++;
    while (hangs)
        g_cond_wait(&changed, &lock);
    hanging--;
    g_mutex_unlock(&lock);
}

GBytes* takeFrame(const FrameSpec* spec, gint64* timestampUs, GError** error) {
    (void)spec;
    waitWhileHanging();
    gboolean isFrozen = g_atomic_int_get(&frozen);
    *timestampUs = isFrozen ? g_atomic_int_get(&taken) : g_atomic_int_add(&taken, 1) + 1;
    if (!g_atomic_int_get(&fails))
        return g_bytes_new_static("\xff\xd8 picture \xff\xd9", 13);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "snapshot: the fake camera is blind");
    return NULL;
}
