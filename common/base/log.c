/* log: builds a line in one buffer on the stack and hands it to the kernel in one write(2), so that
 * lines of several threads never mix. */
#include "base/log.h"
#include "base/clock.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_SIZE = 16 * 1024, /* a pipe's atomic write is 4 KiB; longer lines are rare, and 16 KiB
                              holds five values at their worst */
    VALUE_MAX = 500,       /* enough for an error's text; a longer value is data, not a message */
    NAME_MAX_LEN = 128,    /* worker and instance */
    NUMBERS = 16           /* log_int() texts alive at once: one call's worth */
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
    return (uintptr_t)text >= (uintptr_t)numbers &&
           (uintptr_t)text < (uintptr_t)numbers + sizeof numbers;
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

/* Characters that would break a line, steer a terminal or reorder what people read. */
static void put_character(struct line *line, const char *bytes, size_t len, uint32_t character) {
    char escaped[UTF8_ESCAPE_MAX];
    if (utf8_is_hidden(character) || character == '"' || character == '\\')
        puts_raw(line, utf8_escape(character, escaped));
    else
        put(line, bytes, len);
}

static void put_text(struct line *line, const char *text, size_t max) {
    const char *at = text;
    const char *end = text + strnlen(text, max);
    bool cut = *end != 0;

    puts_raw(line, "\"");
    while (at < end) {
        for (const char *good = at + utf8_valid(at, (size_t)(end - at)); at < good;) {
            const char *first = at;
            uint32_t character = utf8_next(&at);
            put_character(line, first, (size_t)(at - first), character);
        }
        if (cut && end - at < 4) break; /* the cut went through a character */
        if (at < end) {
            puts_raw(line, "\\ufffd");
            at++;
        }
    }
    puts_raw(line, cut ? "...\"" : "\"");
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
    for (const char *name; (name = va_arg(pairs, const char *));)
        try_pair(&line, name, va_arg(pairs, const char *));
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

void log_seldom(struct log_gate *gate, int64_t every_ms, enum log_level level, const char *message,
                ...) {
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
