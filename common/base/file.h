/* file: whole files into memory and back, for what is read at start and written by tools. */
#ifndef REDRESS_FILE_H
#define REDRESS_FILE_H

#include "base/arena.h"

/* Reads a file of at most `limit` bytes; the bytes live in the arena and are followed by a NUL. 0
 * or -1 with "PATH: why" in err. "-" is standard input. */
int file_read(struct arena *arena, const char *path, size_t limit, const char **bytes_out,
              size_t *len_out, struct err *err) MUST_CHECK;

/* Writes PATH whole: to a new file beside it, which then takes its name. 0 or -1. */
int file_write(const char *path, const char *bytes, size_t len, struct err *err) MUST_CHECK;

#endif
