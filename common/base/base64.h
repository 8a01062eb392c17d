/* base64: reading and writing it, as RFC 4648, section 4, has it. */
#ifndef REDRESS_BASE64_H
#define REDRESS_BASE64_H

#include "base/arena.h"
#include <stddef.h>

/* Room for what `len` characters stand for. */
#define BASE64_ROOM(len) ((len) / 4 * 3)

/* With padding, without anything between. bytes_out has BASE64_ROOM(len) bytes. 0 or -1. */
int base64_decode(const char *text, size_t len, char *bytes_out, size_t *len_out) MUST_CHECK;

/* Appends it, with padding, on one line. */
void base64_encode(const char *bytes, size_t len, struct buf *out);

#endif
