/* heap: realloc() that exits, and arrays that double. */
#include "base/heap.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A power of two: from here on an array is full whenever its count is one. */
enum { FIRST_ROOM = 8 };

void *heap_resize(void *old, size_t size) {
    void *mem = realloc(old, size ? size : 1);

    if (!mem) {
        fprintf(stderr, "out of memory: %zu bytes\n", size);
        exit(EXIT_CANNOT_GO_ON);
    }
    return mem;
}

size_t heap_room_for(size_t count) {
    if (count == 0) return FIRST_ROOM;
    bool is_full = count >= FIRST_ROOM && (count & (count - 1)) == 0;
    return is_full ? count * 2 : 0;
}

void *heap_room(void *at, size_t count, size_t size) {
    size_t room = heap_room_for(count);

    if (room > 0) at = heap_resize(at, room * size);
    memset((char *)at + count * size, 0, size);

    return at;
}
