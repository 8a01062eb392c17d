/* ctl_out: one place to write, and what is written out on the way there. */
#include "redressctl/ctl_out.h"
#include "base/pipes.h"
#include "base/utf8.h"
#include "data/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char erase_line[] = "\r\033[K", home[] = "\033[H", erase_rest[] = "\033[K\n",
                  erase_below[] = "\033[J", clear[] = "\033[2J";

static bool progress_stands; /* the last line on standard error is one of ctl_progress() */
static bool errors_as_json;

/* Whoever reads has enough, as `| head` does. */
static void look_for_reader(FILE *to) {
    if (ferror(to) && errno == EPIPE) pipes_end();
}

/* The one. */
static void put(FILE *to, const char *bytes, size_t len) {
    if (fwrite(bytes, 1, len, to) < len) look_for_reader(to);
}

static void put_text(FILE *to, const char *text) {
    put(to, text, strlen(text));
}

/* How a broken byte is written out. */
typedef void put_broken(struct buf *out, unsigned char byte);

static void broken_as_hex(struct buf *out, unsigned char byte) {
    buf_printf(out, "\\x%02x", byte);
}

static void broken_as_mark(struct buf *out, unsigned char byte) {
    (void)byte;
    buf_puts(out, "\\ufffd");
}

static void write_out(struct buf *out, const char *bytes, size_t len, put_broken *broken) {
    const char *end = bytes + len;
    while (bytes < end) {
        for (const char *good = bytes + utf8_valid(bytes, (size_t)(end - bytes)); bytes < good;) {
            char escaped[UTF8_ESCAPE_MAX];
            const char *first = bytes;
            uint32_t character = utf8_next(&bytes);
            if (utf8_is_hidden(character))
                buf_puts(out, utf8_escape(character, escaped));
            else
                buf_add(out, first, (size_t)(bytes - first));
        }

        if (bytes < end) broken(out, (unsigned char)*bytes++);
    }
}

void ctl_safe(struct buf *out, const char *bytes, size_t len) {
    write_out(out, bytes, len, broken_as_hex);
}

/* Standard error, where the line that told of progress goes first. */
static FILE *notes(void) {
    if (progress_stands) put_text(stderr, erase_line);
    progress_stands = false;
    return stderr;
}

PRINTF(1, 0) static char *format(const char *fmt, va_list args) {
    char *text;
    int len = vasprintf(&text, fmt, args);
    ASSERT(len >= 0); /* out of memory */
    return text;
}

/* Frees the text. */
static void put_line(FILE *to, const char *before, char *text, const char *after) {
    struct buf safe = {NULL, 0, 0};

    ctl_safe(&safe, text, strlen(text));
    put_text(to, before);
    put(to, safe.at ? safe.at : "", safe.len);
    put_text(to, after);
    buf_free(&safe);
    free(text);
}

void ctl_line(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    put_line(stdout, "", format(fmt, args), "\n");
    va_end(args);
}

void ctl_note(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    put_line(notes(), "", format(fmt, args), "\n");
    va_end(args);
}

void ctl_errors_as_json(bool as_json) {
    errors_as_json = as_json;
}

static void put_error(const char *text, size_t len) {
    struct buf words = {NULL, 0, 0};
    struct buf buf = {NULL, 0, 0};
    struct json_out json = {.buf = &buf};
    if (!errors_as_json) return;

    buf_add(&words, text, len);
    json_begin_map(&json);
    json_key(&json, "error");
    json_text(&json, words.at);
    json_end_map(&json);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
    buf_free(&words);
}

void ctl_complain(const char *name, const char *fmt, va_list args) {
    char *text = format(fmt, args);
    if (name)
        ctl_note("redressctl %s: %s", name, text);
    else
        ctl_note("redressctl: %s", text);
    put_error(text, strlen(text));
    free(text);
}

void ctl_error(const char *name, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    ctl_complain(name, fmt, args);
    va_end(args);
}

/* Line by line: only the breaks between them are ours. */
static void put_lines(FILE *to, const char *text, const char *after) {
    struct buf safe = {NULL, 0, 0};

    while (text && *text) {
        size_t len = strcspn(text, "\n");
        ctl_safe(&safe, text, len);
        buf_puts(&safe, after);
        text += len + (text[len] == '\n');
    }
    put(to, safe.at ? safe.at : "", safe.len);
    buf_free(&safe);
}

void ctl_page(const char *text) {
    put_lines(stdout, text, "\n");
}

void ctl_notes(const char *text) {
    put_lines(notes(), text, "\n");
}

void ctl_faults(const char *text) {
    ctl_notes(text);
    while (text && *text) {
        size_t len = strcspn(text, "\n");
        put_error(text, len);
        text += len + (text[len] == '\n');
    }
}

void ctl_json(const char *json, size_t len) {
    struct buf safe = {NULL, 0, 0};
    write_out(&safe, json, len, broken_as_mark);
    buf_puts(&safe, "\n");
    put(stdout, safe.at, safe.len);
    buf_free(&safe);
}

void ctl_bytes(const char *bytes, size_t len) {
    ASSERT(!ctl_is_terminal());
    put(stdout, bytes, len);
}

void ctl_progress(const char *fmt, ...) {
    va_list args;
    if (!isatty(STDERR_FILENO)) return;

    va_start(args, fmt);
    put_line(notes(), "", format(fmt, args), "");
    va_end(args);
    progress_stands = true;
}

void ctl_screen(const char *text) {
    static bool cleared;

    put_text(stdout, cleared ? home : clear);
    if (!cleared) put_text(stdout, home);
    cleared = true;
    put_lines(stdout, text, erase_rest);
    put_text(stdout, erase_below);
    ctl_flush();
}

bool ctl_is_terminal(void) {
    return isatty(STDOUT_FILENO);
}

int ctl_flush(void) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    look_for_reader(stdout);
    return -1;
}
