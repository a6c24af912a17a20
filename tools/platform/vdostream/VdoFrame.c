/* SPDX-License-Identifier: MIT */
#include "VdoFrame.h"

#include <vdo-error.h>

#include <errno.h>
#include <sys/mman.h>

struct _VdoFrame {
    GObject parent;
    guint32 id;
    int fd; /* -1: none */
    gboolean ownsFd;
    gboolean shared; /* mapped so that others see what is written */
    gint64 offset;
    gsize capacity;
    gpointer data; /* NULL: not mapped */
    gpointer opaque;
    FrameFacts facts;
    gssize headerSize;
    gboolean isLastBuffer;
    VdoMap* extraInfo;
    gboolean chunkTaken;
    FrameReleased released;
    gpointer releasedData;
};

G_DEFINE_TYPE(VdoFrame, vdo_frame, G_TYPE_OBJECT)

static void disposeFrame(GObject* object) {
    VdoFrame* self = VDO_FRAME(object);
    FrameReleased released = self->released;

    self->released = NULL;
    if (released)
        released(self, self->releasedData);
    g_clear_object(&self->extraInfo);
    G_OBJECT_CLASS(vdo_frame_parent_class)->dispose(object);
}

static void finalizeFrame(GObject* object) {
    VdoFrame* self = VDO_FRAME(object);

    vdo_frame_unmap(self);
    if (self->ownsFd && self->fd >= 0)
        close(self->fd);
    G_OBJECT_CLASS(vdo_frame_parent_class)->finalize(object);
}

static void vdo_frame_class_init(VdoFrameClass* class) {
    G_OBJECT_CLASS(class)->dispose = disposeFrame;
    G_OBJECT_CLASS(class)->finalize = finalizeFrame;
}

static void vdo_frame_init(VdoFrame* self) {
    static gint lastId;

    self->id = (guint32)g_atomic_int_add(&lastId, 1) + 1;
    self->fd = -1;
    self->headerSize = -1;
    self->isLastBuffer = TRUE;
}

VdoFrame* newFrame(int fd, const FrameFacts* facts, FrameReleased released, gpointer userData) {
    VdoFrame* self = g_object_new(VDO_TYPE_FRAME, NULL);

    self->fd = fd;
    self->ownsFd = TRUE;
    self->capacity = facts->size;
    self->facts = *facts;
    self->released = released;
    self->releasedData = userData;
    return self;
}

VdoFrame* newSharedFrame(int fd, gsize capacity, gpointer opaque, FrameReleased released,
                         gpointer userData) {
    FrameFacts nothing = {.size = capacity};
    VdoFrame* self = newFrame(fd, &nothing, released, userData);

    self->shared = TRUE;
    self->opaque = opaque;
    return self;
}

void setFrameFacts(VdoFrame* frame, const FrameFacts* facts) {
    frame->facts = *facts;
    frame->chunkTaken = FALSE;
}

VdoBuffer* vdo_buffer_new_full(gint fd, gsize capacity, guint64 offset, gpointer opaque,
                               VdoMap* settings) {
    (void)settings;
    VdoFrame* self = g_object_new(VDO_TYPE_FRAME, NULL);

    self->fd = fd;
    self->capacity = capacity;
    self->offset = (gint64)offset;
    self->opaque = opaque;
    return self;
}

VdoBuffer* vdo_buffer_new(gint fd, gsize capacity, guint64 offset, gpointer opaque) {
    return vdo_buffer_new_full(fd, capacity, offset, opaque, NULL);
}

gpointer vdo_frame_memmap(VdoFrame* self) {
    if (self->data || self->fd < 0 || self->capacity == 0)
        return self->data;
    /* Mostly a private map: what an application writes stays its own. */
    self->data = mmap(NULL, self->capacity, PROT_READ | PROT_WRITE,
                      self->shared ? MAP_SHARED : MAP_PRIVATE, self->fd, (off_t)self->offset);
    if (self->data == MAP_FAILED)
        self->data = NULL;
    return self->data;
}

void vdo_frame_unmap(VdoFrame* self) {
    if (self->data)
        munmap(self->data, self->capacity);
    self->data = NULL;
}

VdoChunk vdo_frame_take_chunk_ex(VdoFrame* self, VdoChunkOption options, GError** error) {
    (void)options;
    VdoChunk chunk = {.type = VDO_CHUNK_NONE};

    if (self->chunkTaken)
        return chunk; /* the frame lies in one piece */
    chunk.data = vdo_frame_memmap(self);
    if (!chunk.data) {
        chunk.type = VDO_CHUNK_ERROR;
        g_set_error(error, VDO_ERROR, VDO_ERROR_BUFFER_FAILURE, "frame %u cannot be mapped: %s",
                    self->facts.sequence, g_strerror(errno));
        return chunk;
    }
    chunk.size = self->facts.size;
    self->chunkTaken = TRUE;
    return chunk;
}

VdoChunk vdo_frame_take_chunk(VdoFrame* self, GError** error) {
    return vdo_frame_take_chunk_ex(self, VDO_CHUNK_OPTION_NONE, error);
}

guint32 vdo_buffer_get_id(VdoBuffer* self) {
    return self->id;
}

gint vdo_buffer_get_fd(VdoBuffer* self) {
    return self->fd;
}

gint64 vdo_buffer_get_offset(VdoBuffer* self) {
    return self->offset;
}

gsize vdo_buffer_get_capacity(VdoBuffer* self) {
    return self->capacity;
}

gboolean vdo_buffer_is_complete(VdoBuffer* self) {
    return self->isLastBuffer;
}

gboolean vdo_buffer_is_contiguous(VdoBuffer* self) {
    (void)self;
    return TRUE;
}

gpointer vdo_buffer_get_opaque(VdoBuffer* self) {
    return self->opaque;
}

gpointer vdo_buffer_get_data(VdoBuffer* self) {
    return vdo_frame_memmap(self);
}

VdoFrame* vdo_buffer_get_frame(VdoBuffer* self) {
    return self;
}

VdoFrameType vdo_frame_get_frame_type(VdoFrame* self) {
    return self->facts.type;
}

gboolean vdo_frame_is_key(VdoFrame* self) {
    return self->facts.type != VDO_FRAME_TYPE_H264_P; /* of other formats each stands alone */
}

gboolean vdo_frame_shown(VdoFrame* self) {
    (void)self;
    return TRUE;
}

guint vdo_frame_get_sequence_nbr(VdoFrame* self) {
    return self->facts.sequence;
}

guint64 vdo_frame_get_timestamp(VdoFrame* self) {
    return self->facts.timestamp;
}

guint64 vdo_frame_get_utc_timestamp(VdoFrame* self) {
    return self->facts.timestamp + (guint64)(g_get_real_time() - g_get_monotonic_time());
}

gint64 vdo_frame_get_custom_timestamp(VdoFrame* self) {
    return self->facts.customTimestamp;
}

gsize vdo_frame_get_size(VdoFrame* self) {
    return self->facts.size;
}

/* Bytes before the start code of the first unit of type 5, the picture itself; 0: there is none. */
static gssize findPicture(const guint8* data, gsize size) {
    for (gsize i = 0; i + 4 < size; i++)
        if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1 && (data[i + 3] & 0x1f) == 5)
            return (gssize)(i > 0 && data[i - 1] == 0 ? i - 1 : i);
    return 0;
}

gssize vdo_frame_get_header_size(VdoFrame* self) {
    if (self->headerSize < 0 && self->facts.type == VDO_FRAME_TYPE_H264_P)
        self->headerSize = 0;
    if (self->headerSize < 0 && self->facts.type == VDO_FRAME_TYPE_H264_IDR &&
        vdo_frame_memmap(self))
        self->headerSize = findPicture(self->data, self->facts.size);
    return self->headerSize;
}

gint vdo_frame_get_fd(VdoFrame* self) {
    return self->fd;
}

VdoMap* vdo_frame_get_extra_info(VdoFrame* self) {
    return self->extraInfo;
}

gpointer vdo_frame_get_opaque(VdoFrame* self) {
    return self->opaque;
}

gboolean vdo_frame_get_is_last_buffer(VdoFrame* self) {
    return self->isLastBuffer;
}

void vdo_frame_set_size(VdoFrame* self, gsize size) {
    self->facts.size = size;
}

void vdo_frame_set_frame_type(VdoFrame* self, VdoFrameType type) {
    self->facts.type = type;
}

void vdo_frame_set_sequence_nbr(VdoFrame* self, guint seqnum) {
    self->facts.sequence = seqnum;
}

void vdo_frame_set_timestamp(VdoFrame* self, guint64 timestamp) {
    self->facts.timestamp = timestamp;
}

void vdo_frame_set_custom_timestamp(VdoFrame* self, gint64 timestamp) {
    self->facts.customTimestamp = timestamp;
}

void vdo_frame_set_is_last_buffer(VdoFrame* self, gboolean is_last_buffer) {
    self->isLastBuffer = is_last_buffer;
}

void vdo_frame_set_extra_info(VdoFrame* self, VdoMap* extra_info) {
    g_set_object(&self->extraInfo, extra_info);
}

void vdo_frame_set_header_size(VdoFrame* self, gssize size) {
    self->headerSize = size;
}
