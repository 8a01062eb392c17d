/* arena: blocks that are filled from the front and freed together. */
#include "base/arena.h"
#include "base/heap.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Large enough that a batch of 1 000 complaints of 800 bytes takes some dozens of blocks, small
 * enough for a unit test.
 */
enum { BLOCK_SIZE = 64 * 1024 };

/* Blocks kept over a reset, 8 MiB: an ordinary batch, which then asks the system for nothing. */
enum { BLOCKS_KEPT = 128 };

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct block *first, *current;
    size_t used;
    char *last; /* the newest allocation, which alone can grow in place */
};

static struct block *block_new(size_t size) {
    struct block *block = heap_resize(NULL, sizeof *block + size);
    block->next = NULL;
    block->size = size;
    block->used = 0;
    return block;
}

struct arena *arena_new(void) {
    struct arena *arena = heap_resize(NULL, sizeof *arena);
    arena->first = arena->current = block_new(BLOCK_SIZE);
    arena->used = 0;
    arena->last = NULL;
    return arena;
}

static void free_blocks(struct block *block) {
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_free(struct arena *arena) {
    if (!arena) return;
    free_blocks(arena->first);
    free(arena);
}

void arena_reset(struct arena *arena) {
    int kept = 1;

    for (struct block **link = &arena->first->next, *block; (block = *link);) {
        if (block->size == BLOCK_SIZE && kept < BLOCKS_KEPT) {
            kept++;
            link = &block->next;
        } else {
            *link = block->next;
            free(block);
        }
    }
    arena->first->used = 0;
    arena->current = arena->first;
    arena->used = 0;
    arena->last = NULL;
}

size_t arena_used(const struct arena *arena) {
    return arena->used;
}

static size_t aligned(size_t size) {
    const size_t unit = alignof(max_align_t);
    ASSERT(size <= SIZE_MAX / 2);
    if (!size) return unit;
    return (size + unit - 1) / unit * unit;
}

/* The block behind the current one if it was kept and is large enough, else a new one between the
 * two. */
static struct block *next_block(struct arena *arena, size_t size) {
    struct block *kept = arena->current->next;

    if (kept && kept->size >= size) {
        kept->used = 0;
    } else {
        struct block *fresh = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE);
        fresh->next = kept;
        arena->current->next = kept = fresh;
    }

    return arena->current = kept;
}

void *arena_memory(struct arena *arena, size_t size) {
    size = aligned(size);
    struct block *block = arena->current;
    if (block->size - block->used < size) block = next_block(arena, size);
    char *mem = block->bytes + block->used;
    block->used += size;
    arena->used += size;
    arena->last = mem;
    return mem;
}

void *arena_alloc(struct arena *arena, size_t size) {
    return memset(arena_memory(arena, size), 0, size);
}

void *arena_memdup(struct arena *arena, const void *bytes, size_t len) {
    char *copy = arena_memory(arena, len);
    if (len) memcpy(copy, bytes, len);
    return copy;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len) {
    char *copy = arena_memory(arena, len + 1);
    if (len) memcpy(copy, text, len);
    copy[len] = 0;
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text) {
    if (!text) return NULL;
    return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...) {
    char small[256];
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    ASSERT(len >= 0);
    char *text = arena_memory(arena, (size_t)len + 1);
    if ((size_t)len < sizeof small)
        memcpy(text, small, (size_t)len + 1);
    else
        vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);

    return text;
}

void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size) {
    ASSERT(new_size >= old_size);
    size_t had = aligned(old_size);
    size_t want = aligned(new_size);
    struct block *block = arena->current;
    if (old && old == arena->last && block->size - block->used >= want - had) {
        block->used += want - had;
        arena->used += want - had;
        memset((char *)old + old_size, 0, new_size - old_size);
        return old;
    }
    char *mem = arena_alloc(arena, new_size);
    if (old && old_size) memcpy(mem, old, old_size);
    return mem;
}

void *arena_room(struct arena *arena, void *at, size_t count, size_t size) {
    size_t room = heap_room_for(count);

    if (room == 0) return at;
    if (count == 0) return arena_alloc(arena, room * size);
    return arena_grow(arena, at, count * size, room * size);
}
