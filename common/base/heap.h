/* heap: memory that outlives a batch. Allocation does not fail: it exits, and Kafka delivers again.
 * What comes from here is given back with free(). */
#ifndef REDRESS_HEAP_H
#define REDRESS_HEAP_H

#include <stddef.h>

/* realloc(). A size of 0 gives one byte. */
void *heap_resize(void *old, size_t size);
/* The next element, zeroed, of an array that grows at its end: `at` is NULL or came from here,
 * `count` is raised. What has shrunk may grow again. */
#define HEAP_ADD(at, count)                                                                        \
    ((at) = heap_room((at), (size_t)(count), sizeof *(at)), &(at)[(count)++])
void *heap_room(void *at, size_t count, size_t size);
/* How many elements an array of `count` must get room for before one more is added; 0: there is
 * room. It is full at 0, 8, 16, 32... elements, so that nobody needs to keep its size. */
size_t heap_room_for(size_t count);

#endif
