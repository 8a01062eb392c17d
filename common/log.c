/* log: builds a line in one buffer on the stack and hands it to the kernel in one write(2), so that lines of several
 * threads never mix. */
#include "log.h"
#include "clock.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_SIZE =
        16 *
        1024, /* a pipe's atomic write is 4 KiB; longer lines are rare, and 16 KiB holds five values at their worst */
    VALUE_MAX = 500,    /* enough for an error's text; a longer value is data, not a message */
    NAME_MAX_LEN = 128, /* worker and instance */
    NUMBERS = 16        /* log_int() texts alive at once: one call's worth */
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static char worker_name[NAME_MAX_LEN], instance_name[NAME_MAX_LEN];
static enum log_level threshold = LOG_INFO;

static _Thread_local char numbers[NUMBERS][24];
static _Thread_local unsigned next_number;

struct line {
    char at[LINE_SIZE];
    size_t len;
};

void log_init(const char *worker, const char *instance, enum log_level level) {
    snprintf(worker_name, sizeof worker_name, "%s", worker);
    snprintf(instance_name, sizeof instance_name, "%s", instance ? instance : "");
    log_set_level(level);
}

void log_set_level(enum log_level level) {
    __atomic_store_n(&threshold, level, __ATOMIC_RELAXED);
}

int log_parse_level(const char *name, enum log_level *out) {
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++)
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return 0;
        }
    return -1;
}

const char *log_int(int64_t num) {
    char *text = numbers[next_number++ % NUMBERS];
    snprintf(text, sizeof numbers[0], "%" PRId64, num);
    return text;
}

/* A log_int() text is written as a number. */
static bool is_number(const char *text) {
    return (uintptr_t)text >= (uintptr_t)numbers && (uintptr_t)text < (uintptr_t)numbers + sizeof numbers;
}

static void put(struct line *line, const char *bytes, size_t len) {
    if (len <= LINE_SIZE - line->len) {
        memcpy(line->at + line->len, bytes, len);
        line->len += len;
    }
}

static void puts_raw(struct line *line, const char *text) {
    put(line, text, strlen(text));
}

/* The length of the UTF-8 character at `text` and its code point, or 0 when it is none. */
static size_t utf8_next(const unsigned char *text, size_t left, uint32_t *code_out) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3 : text[0] >> 3 == 30 ? 4 : 0;
    if (len == 0 || len > left) return 0;
    uint32_t code = len == 1 ? text[0] : text[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (text[i] >> 6 != 2) return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
    *code_out = code;
    return len;
}

/* Characters that would break a line, steer a terminal or reorder what people read. */
static bool is_unsafe(uint32_t code) {
    return code < 0x20 || code == '"' || code == '\\' || (code >= 0x7f && code <= 0x9f) || code == 0x061c ||
           code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static void put_text(struct line *line, const char *text, size_t max) {
    const unsigned char *at = (const unsigned char *)text;
    size_t left = strnlen(text, max), whole = left == max && text[max] ? 0 : 1;
    puts_raw(line, "\"");
    while (left > 0) {
        uint32_t code = 0;
        char escaped[8];
        size_t len = utf8_next(at, left, &code);
        if (len == 0 && !whole && left < 4 && at[0] >= 0xc0) break; /* the cut went through this character */
        if (len == 0) {
            puts_raw(line, "\\ufffd");
            len = 1;
        } else if (is_unsafe(code)) {
            snprintf(escaped, sizeof escaped, "\\u%04x", code & 0xffff);
            puts_raw(line, escaped);
        } else {
            put(line, (const char *)at, len);
        }
        at += len;
        left -= len;
    }
    puts_raw(line, whole ? "\"" : "...\"");
}

static void put_pair(struct line *line, const char *name, const char *value) {
    puts_raw(line, ",");
    put_text(line, name, VALUE_MAX);
    puts_raw(line, ":");
    if (!value)
        puts_raw(line, "null");
    else if (is_number(value))
        puts_raw(line, value);
    else
        put_text(line, value, VALUE_MAX);
}

/* A pair that no longer fits goes whole: half a pair would not be JSON. */
static void try_pair(struct line *line, const char *name, const char *value) {
    enum { CLOSING = 2, PAIR_WORST = 6 * 2 * (VALUE_MAX + 4) };
    if (line->len + PAIR_WORST + CLOSING <= LINE_SIZE) put_pair(line, name, value);
}

static void say(enum log_level level, const char *message, int64_t repeated, va_list pairs) {
    struct line line = {.len = 0};
    char now[CLOCK_TEXT_MAX];
    puts_raw(&line, "{\"time\":\"");
    puts_raw(&line, clock_format(clock_now_ms(), now));
    puts_raw(&line, "\"");
    put_pair(&line, "level", level_names[level]);
    put_pair(&line, "worker", worker_name);
    if (*instance_name) put_pair(&line, "instance", instance_name);
    put_pair(&line, "message", message);
    for (const char *name; (name = va_arg(pairs, const char *));) try_pair(&line, name, va_arg(pairs, const char *));
    if (repeated > 0) try_pair(&line, "repeated", log_int(repeated));
    puts_raw(&line, "}\n");
    /* A full or closed stderr must not stop the worker: what cannot be written is lost. */
    ssize_t written = write(STDERR_FILENO, line.at, line.len);
    (void)written;
}

void log_say(enum log_level level, const char *message, ...) {
    if (level > __atomic_load_n(&threshold, __ATOMIC_RELAXED)) return;
    va_list pairs;
    va_start(pairs, message);
    say(level, message, 0, pairs);
    va_end(pairs);
}

void log_seldom(struct log_gate *gate, int64_t every_ms, enum log_level level, const char *message, ...) {
    int64_t now_ms = clock_boot_ms();
    if (level > __atomic_load_n(&threshold, __ATOMIC_RELAXED)) return;
    if (now_ms < gate->next_ms) {
        gate->left_out++;
        return;
    }
    va_list pairs;
    va_start(pairs, message);
    say(level, message, gate->left_out, pairs);
    va_end(pairs);
    *gate = (struct log_gate){.next_ms = now_ms + every_ms};
}
