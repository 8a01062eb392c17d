/* file: whole files into memory and back, for what is read at start and written by tools. */
#ifndef REDRESS_FILE_H
#define REDRESS_FILE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Reads a file of at most `limit` bytes; the bytes live in the arena and are followed by a NUL. 0
 * or -1 with "PATH: why" in err. "-" is standard input. The byte order mark that editors on Windows
 * begin files with is passed over. */
int file_read(struct arena *arena, const char *path, size_t limit, const char **bytes_out,
              size_t *len_out, struct err *err) MUST_CHECK;

/* A line of a file of lines. Start with zeroes. */
struct file_line {
    const char *at;
    size_t len;
    int64_t number; /* from 1; blank lines are counted */
};
/* The next line of the bytes from *from, which is moved behind it, up to `end`: without its line
 * end, LF or CRLF, and without a byte order mark at the beginning. Lines of blanks alone are passed
 * over. False: there is none. */
bool file_next_line(const char **from, const char *end, struct file_line *line);
/* The same of the next line of a stream, in *room, which getline() keeps. */
bool file_read_line(FILE *file, char **room, size_t *size, struct file_line *line);

/* Writes PATH whole: to a new file beside it, which then takes its name. 0 or -1. */
int file_write(const char *path, const char *bytes, size_t len, struct err *err) MUST_CHECK;

#endif
