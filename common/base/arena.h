/* arena: memory with two lifetimes, start-up and one batch. Allocation does not fail: it exits, and
 * Kafka delivers again. Nothing in an arena is freed alone; arena_reset() frees the batch. */
#ifndef REDRESS_ARENA_H
#define REDRESS_ARENA_H

#include "base/err.h"
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);  /* NULL is allowed */
void arena_reset(struct arena *arena); /* keeps blocks of up to 8 MiB together for the next batch */
size_t arena_used(const struct arena *arena);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_memory(struct arena *arena, size_t size);      /* the same, not zeroed */
char *arena_strdup(struct arena *arena, const char *text); /* NULL gives NULL */
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF(2, 3);
void *arena_memdup(struct arena *arena, const void *bytes, size_t len);
/* A larger copy of an array that grows; old may be NULL. The new part is zeroed. */
void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* The next element, zeroed, of an array that grows by one at its end: `at` is NULL or came from
 * here, `count` is raised. No size is kept (heap_room_for()): the array is copied to twice as much
 * room when it is full. With a count of 0 what `at` was is forgotten. */
#define ARENA_ADD(arena, at, count)                                                                \
    ((at) = arena_room((arena), (at), (size_t)(count), sizeof *(at)), &(at)[(count)++])
void *arena_room(struct arena *arena, void *at, size_t count, size_t size);

/* buf: a growing byte buffer on the heap, always NUL-terminated behind `len`. */
struct buf {
    char *at;
    size_t len, size;
};
void buf_add(struct buf *buf, const char *bytes, size_t len);
char *buf_more(struct buf *buf, size_t len); /* longer by so much, for the caller to fill */
void buf_puts(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF(2, 3);
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_free(struct buf *buf);

#endif
