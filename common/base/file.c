/* file: read whole, written whole, never half. */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The byte order mark of UTF-8, which editors on Windows begin files with. */
#define MARK "\xef\xbb\xbf"
enum { MARK_LEN = sizeof MARK - 1 };

static bool starts_with_mark(const char *bytes, size_t len) {
    return len >= MARK_LEN && memcmp(bytes, MARK, MARK_LEN) == 0;
}

static int read_all(FILE *file, struct arena *arena, size_t limit, const char **bytes_out,
                    size_t *len_out) {
    size_t size = 0;
    size_t len = 0;
    char *bytes = NULL;

    while (len == size) {
        size_t grown = 65536;
        if (size != 0) grown = size * 2;
        bytes = arena_grow(arena, bytes, size, grown + 1);
        size = grown;
        len += fread(bytes + len, 1, size - len, file);
        if (len > limit || ferror(file)) return -1;
    }
    bytes[len] = '\0';
    *bytes_out = bytes;
    *len_out = len;

    return 0;
}

int file_read(struct arena *arena, const char *path, size_t limit, const char **bytes_out,
              size_t *len_out, struct err *err) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

    if (file == NULL) return err_set(err, "%s: %s", path, strerror(errno));
    errno = 0;
    int status = read_all(file, arena, limit, bytes_out, len_out);
    if (status != 0)
        err_set(err, "%s: %s", path, errno != 0 ? strerror(errno) : "is larger than is read here");
    if (file != stdin) fclose(file);
    if (status == 0 && starts_with_mark(*bytes_out, *len_out)) {
        *bytes_out += MARK_LEN;
        *len_out -= MARK_LEN;
    }

    return status;
}

/* Whether anything is left of the line. */
static bool trim(struct file_line *line) {
    if (line->number == 1 && starts_with_mark(line->at, line->len)) {
        line->at += MARK_LEN;
        line->len -= MARK_LEN;
    }
    if (line->len > 0 && line->at[line->len - 1] == '\n') line->len--;
    if (line->len > 0 && line->at[line->len - 1] == '\r') line->len--;
    for (size_t i = 0; i < line->len; i++)
        if (line->at[i] != ' ' && line->at[i] != '\t' && line->at[i] != '\r') return true;

    return false;
}

bool file_next_line(const char **from, const char *end, struct file_line *line) {
    while (*from < end) {
        const char *at = *from;
        const char *behind = memchr(at, '\n', (size_t)(end - at));

        *from = behind ? behind + 1 : end;
        *line = (struct file_line){at, (size_t)(*from - at), line->number + 1};
        if (trim(line)) return true;
    }

    return false;
}

bool file_read_line(FILE *file, char **room, size_t *size, struct file_line *line) {
    for (ssize_t len; (len = getline(room, size, file)) >= 0;) {
        *line = (struct file_line){*room, (size_t)len, line->number + 1};
        if (trim(line)) return true;
    }

    return false;
}

int file_write(const char *path, const char *bytes, size_t len, struct err *err) {
    char temporary[4096];

    if (snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid()) >=
        (int)sizeof temporary)
        return err_set(err, "%s: this path is too long", path);
    FILE *file = fopen(temporary, "wb");
    if (file == NULL) return err_set(err, "%s: %s", temporary, strerror(errno));
    size_t written = fwrite(bytes, 1, len, file);
    if (fclose(file) != 0 || written != len || rename(temporary, path) != 0) {
        err_set(err, "%s: %s", path, strerror(errno));
        unlink(temporary);
        return -1;
    }

    return 0;
}
