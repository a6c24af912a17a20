/* SPDX-License-Identifier: MIT */
#include "ExplicitBuffers.h"

#include <vdo-error.h>

#include <errno.h>
#include <sys/mman.h>

struct ExplicitBuffers {
    GMutex lock;
    GHashTable* all; /* VdoBuffer*, guarded by lock */
    GQueue waiting;  /* VdoBuffer*, guarded by lock */
};

ExplicitBuffers* newExplicitBuffers(void) {
    ExplicitBuffers* buffers = g_new0(ExplicitBuffers, 1);

    g_mutex_init(&buffers->lock);
    buffers->all = g_hash_table_new(NULL, NULL);
    g_queue_init(&buffers->waiting);
    return buffers;
}

void freeExplicitBuffers(ExplicitBuffers* buffers) {
    g_queue_clear(&buffers->waiting);
    g_hash_table_unref(buffers->all);
    g_mutex_clear(&buffers->lock);
    g_free(buffers);
}

VdoBuffer* allocateExplicitBuffer(ExplicitBuffers* buffers, gsize capacity, gpointer opaque,
                                  FrameReleased released, gpointer userData, GError** error) {
    int fd = memfd_create("vdo buffer", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, (off_t)capacity) != 0) {
        g_set_error(error, VDO_ERROR, VDO_ERROR_OOM, "a buffer of %" G_GSIZE_FORMAT " bytes: %s",
                    capacity, g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    VdoBuffer* buffer = newSharedFrame(fd, capacity, opaque, released, userData);
    g_mutex_lock(&buffers->lock);
    g_hash_table_add(buffers->all, buffer);
    g_mutex_unlock(&buffers->lock);
    return buffer;
}

gboolean hasExplicitBuffers(ExplicitBuffers* buffers) {
    g_mutex_lock(&buffers->lock);
    gboolean found = g_hash_table_size(buffers->all) > 0;
    g_mutex_unlock(&buffers->lock);
    return found;
}

gboolean enqueueExplicitBuffer(ExplicitBuffers* buffers, VdoBuffer* buffer, GError** error) {
    g_mutex_lock(&buffers->lock);
    gboolean fits =
        g_hash_table_contains(buffers->all, buffer) && !g_queue_find(&buffers->waiting, buffer);
    if (fits)
        g_queue_push_tail(&buffers->waiting, buffer);
    g_mutex_unlock(&buffers->lock);
    if (!fits)
        g_set_error_literal(error, VDO_ERROR, VDO_ERROR_INVALID_ARGUMENT,
                            "the buffer was not allocated for this stream, or waits already");
    return fits;
}

VdoBuffer* popExplicitBuffer(ExplicitBuffers* buffers) {
    g_mutex_lock(&buffers->lock);
    VdoBuffer* buffer = g_queue_pop_head(&buffers->waiting);
    g_mutex_unlock(&buffers->lock);
    return buffer;
}

void forgetExplicitBuffer(ExplicitBuffers* buffers, VdoBuffer* buffer) {
    g_mutex_lock(&buffers->lock);
    g_hash_table_remove(buffers->all, buffer);
    g_queue_remove(&buffers->waiting, buffer);
    g_mutex_unlock(&buffers->lock);
}

gboolean fillExplicitBuffer(VdoBuffer* buffer, int fd, const FrameFacts* facts, GError** error) {
    char* data = vdo_frame_memmap(buffer);
    gsize filled = 0;

    if (!data || facts->size > vdo_buffer_get_capacity(buffer)) {
        g_set_error(error, VDO_ERROR, VDO_ERROR_BUFFER_FAILURE,
                    "a frame of %" G_GSIZE_FORMAT " bytes does not fit into the buffer",
                    facts->size);
        return FALSE;
    }
    while (filled < facts->size) {
        ssize_t got = pread(fd, data + filled, facts->size - filled, (off_t)filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            g_set_error_literal(error, VDO_ERROR, VDO_ERROR_IO, "a frame without all of its data");
            return FALSE;
        }
        filled += (gsize)got;
    }
    setFrameFacts(buffer, facts);
    return TRUE;
}
