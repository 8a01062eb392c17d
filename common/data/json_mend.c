/* json_mend: most documents need nothing and are not copied. */
#include "data/json_mend.h"
#include "data/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ESCAPE_LEN = 6,    /* \ud83d */
    SAFE_DIGITS = 18,  /* an integer of so many always fits 64 bits */
    SAFE_LENGTH = 300, /* a real without exponent that is no longer always fits a double */
    NUMBER_MAX = 32    /* "%.17e" */
};

const char *json_mend_skip_text(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\' && at + 1 < end) at++;
    if (at >= end) return end;
    return at + 1;
}

const char *json_mend_skip_word(const char *at, const char *end) {
    while (at < end && !strchr("[]{},:\" \t\n\r", *at)) at++;
    return at;
}

/* ---- Texts ---- */

/* The unit of UTF-16 that \uXXXX at `at` stands for, or 0. */
static unsigned escaped_unit(const char *at, const char *end) {
    unsigned unit = 0;

    if (end - at < ESCAPE_LEN || at[0] != '\\' || at[1] != 'u') return 0;
    for (int i = 2; i < ESCAPE_LEN; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = memchr(digits, at[i] | 0x20, sizeof digits - 1);
        if (!digit) return 0;
        unit = unit << 4 | (unsigned)(digit - digits);
    }

    return unit;
}

static bool is_high(unsigned unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(unsigned unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* The first half of a pair that stands alone, or `end`. */
static const char *find_half(const char *at, const char *end) {
    while (at < end && (at = memchr(at, '\\', (size_t)(end - at)))) {
        unsigned unit = escaped_unit(at, end);
        bool pair = is_high(unit) && is_low(escaped_unit(at + ESCAPE_LEN, end));

        if (pair)
            at += 2 * ESCAPE_LEN;
        else if (is_high(unit) || is_low(unit))
            return at;
        else
            at += 2;
    }

    return end;
}

bool json_mend_text_needs(const char *at, const char *end) {
    return find_half(at, end) < end;
}

static void mend_text(const char *at, const char *end, struct buf *out) {
    for (const char *half; (half = find_half(at, end)) < end; at = half + ESCAPE_LEN) {
        buf_add(out, at, (size_t)(half - at));
        buf_puts(out, "\\ufffd");
    }
    buf_add(out, at, (size_t)(end - at));
}

/* ---- Numbers ---- */

static const char *skip_digits(const char *at, const char *end) {
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at;
}

/* Behind the integer that a number of RFC 8259 begins with; NULL: it does not. */
static const char *skip_integer(const char *at, const char *end) {
    if (at < end && *at == '-') at++;
    if (at < end && *at == '0') return at + 1;

    const char *behind = skip_digits(at, end);
    if (behind > at) return behind;
    return NULL;
}

/* What is no number as a whole is left for jansson to refuse. */
static bool is_number(const char *at, const char *end) {
    if (!(at = skip_integer(at, end))) return false;
    if (at < end && *at == '.') {
        const char *digits = at + 1;
        at = skip_digits(digits, end);
        if (at == digits) return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        const char *digits = at + 1;
        if (digits < end && (*digits == '+' || *digits == '-')) digits++;
        at = skip_digits(digits, end);
        if (at == digits) return false;
    }

    return at == end;
}

static double number_of(const char *at, const char *end) {
    char *text = strndup(at, (size_t)(end - at));
    ASSERT(text);
    double number = strtod(text, NULL);
    free(text);

    return number;
}

static bool is_beyond_64_bits(const char *at, const char *end) {
    char text[SAFE_DIGITS + 4] = "";
    if ((size_t)(end - at) >= sizeof text) return true;

    memcpy(text, at, (size_t)(end - at));
    errno = 0;
    (void)strtoll(text, NULL, 10);
    return errno == ERANGE;
}

bool json_mend_word_needs(const char *at, const char *end) {
    size_t len = (size_t)(end - at);
    bool exponent = memchr(at, 'e', len) || memchr(at, 'E', len);

    if (len <= SAFE_DIGITS && !exponent) return false;
    if (!is_number(at, end)) return false;
    if (skip_integer(at, end) == end) return is_beyond_64_bits(at, end);
    if (len <= SAFE_LENGTH && !exponent) return false;

    return isinf(number_of(at, end));
}

static void mend_number(const char *at, const char *end, struct buf *out) {
    double number = number_of(at, end);

    if (isinf(number)) number = copysign(JSON_REAL_MAX, number);
    buf_printf(out, "%.17e", number);
}

void json_mend(const char *bytes, size_t len, struct arena *arena, const char **bytes_out,
               size_t *len_out) {
    struct buf out = {0};
    const char *end = bytes + len;

    for (const char *at = bytes, *next; at < end; at = next) {
        bool text = *at == '"';
        next = text ? json_mend_skip_text(at, end) : json_mend_skip_word(at, end);
        if (next == at) next++;

        if (text)
            mend_text(at, next, &out);
        else if (json_mend_word_needs(at, next))
            mend_number(at, next, &out);
        else
            buf_add(&out, at, (size_t)(next - at));
    }
    *bytes_out = arena_strndup(arena, out.at, out.len);
    *len_out = out.len;
    buf_free(&out);
}
