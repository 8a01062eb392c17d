/* buf: the growing byte buffer declared in arena.h. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most documents of ours fit without growing. */
enum { BUF_FIRST = 1024 };

static void make_room(struct buf *buf, size_t more) {
    ASSERT(more < SIZE_MAX / 4 && buf->len < SIZE_MAX / 4);
    size_t want = buf->len + more + 1;
    if (want <= buf->size) return;
    size_t size = BUF_FIRST;
    if (buf->size) size = buf->size;
    while (size < want) size *= 2;
    char *at = realloc(buf->at, size);
    if (!at) {
        fprintf(stderr, "out of memory: %zu bytes\n", size);
        exit(EXIT_CANNOT_GO_ON);
    }
    buf->at = at;
    buf->size = size;
}

char *buf_more(struct buf *buf, size_t len) {
    make_room(buf, len);
    char *at = buf->at + buf->len;
    buf->len += len;
    buf->at[buf->len] = 0;
    return at;
}

void buf_add(struct buf *buf, const char *bytes, size_t len) {
    char *at = buf_more(buf, len);
    if (len) memcpy(at, bytes, len);
}

void buf_puts(struct buf *buf, const char *text) {
    buf_add(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *fmt, ...) {
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);
    make_room(buf, 0);
    int len = vsnprintf(buf->at + buf->len, buf->size - buf->len, fmt, args);
    va_end(args);
    ASSERT(len >= 0);
    if ((size_t)len >= buf->size - buf->len) {
        make_room(buf, (size_t)len);
        vsnprintf(buf->at + buf->len, buf->size - buf->len, fmt, again);
    }
    va_end(again);
    buf->len += (size_t)len;
}

void buf_clear(struct buf *buf) {
    buf->len = 0;
    if (buf->at) buf->at[0] = 0;
}

void buf_free(struct buf *buf) {
    free(buf->at);
    *buf = (struct buf){0};
}
