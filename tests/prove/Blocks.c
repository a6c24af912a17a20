/* SPDX-License-Identifier: MIT */
/* glibc lets a program bring its own malloc; these count and hand on to glibc's. One thread only,
 * as everywhere in this program. */
#include "Blocks.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
gint64 countBlocks(void) {
    return -1;
}
#else
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_realloc(void* block, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void* block);

static gint64 blocks = 0;

static void* counted(void* block) {
    blocks += block != NULL;
    return block;
}

void* malloc(size_t size) {
    return counted(__libc_malloc(size));
}

void* calloc(size_t count, size_t size) {
    return counted(__libc_calloc(count, size));
}

void* realloc(void* block, size_t size) {
    void* changed = __libc_realloc(block, size);

    blocks += (changed != NULL) - (block != NULL);
    return changed;
}

void* memalign(size_t alignment, size_t size) {
    return counted(__libc_memalign(alignment, size));
}

void* aligned_alloc(size_t alignment, size_t size) {
    return counted(__libc_memalign(alignment, size));
}

int posix_memalign(void** block, size_t alignment, size_t size) {
    *block = counted(__libc_memalign(alignment, size));
    return *block ? 0 : ENOMEM;
}

void free(void* block) {
    blocks -= block != NULL;
    __libc_free(block);
}

gint64 countBlocks(void) {
    return blocks;
}
#endif
