/* utf8: by hand, since every byte of every event passes here. */
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* The bytes of the character that begins at `at`, or 0 when it is not valid. RFC 3629, section 4.
 */
static size_t valid_char(const unsigned char *at, size_t len) {
    unsigned char first = at[0];
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t size;

    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF)
        size = 2;
    else if (first >= 0xE0 && first <= 0xEF)
        size = 3;
    else if (first >= 0xF0 && first <= 0xF4)
        size = 4;
    else
        return 0;
    if (size > len) return 0;
    if (first == 0xE0) low = 0xA0;  /* else overlong */
    if (first == 0xED) high = 0x9F; /* else a surrogate */
    if (first == 0xF0) low = 0x90;  /* else overlong */
    if (first == 0xF4) high = 0x8F; /* else above U+10FFFF */
    if (at[1] < low || at[1] > high) return 0;
    for (size_t i = 2; i < size; i++)
        if (at[i] < 0x80 || at[i] > 0xBF) return 0;
    return size;
}

size_t utf8_valid(const char *bytes, size_t len) {
    size_t at = 0;

    while (at < len) {
        uint64_t word;
        /* Most of an event is ASCII: eight bytes at a time. */
        if (len - at >= sizeof word) {
            memcpy(&word, bytes + at, sizeof word);
            if (!(word & 0x8080808080808080)) {
                at += sizeof word;
                continue;
            }
        }
        size_t size = valid_char((const unsigned char *)bytes + at, len - at);
        if (!size) return at;
        at += size;
    }

    return len;
}

size_t utf8_count(const char *text, size_t len) {
    size_t count = 0;
    for (size_t i = 0; i < len; i++) count += (text[i] & 0xC0) != 0x80;
    return count;
}

uint32_t utf8_next(const char **at) {
    const unsigned char *bytes = (const unsigned char *)*at;
    uint32_t c = bytes[0];

    if (c < 0x80) {
        *at += 1;
        return c;
    }
    if (c < 0xE0) {
        *at += 2;
        return (c & 0x1F) << 6 | (bytes[1] & 0x3F);
    }
    if (c < 0xF0) {
        *at += 3;
        return (c & 0x0F) << 12 | (uint32_t)(bytes[1] & 0x3F) << 6 | (bytes[2] & 0x3F);
    }
    *at += 4;

    return (c & 0x07) << 18 | (uint32_t)(bytes[1] & 0x3F) << 12 | (uint32_t)(bytes[2] & 0x3F) << 6 |
           (bytes[3] & 0x3F);
}

bool utf8_is_control(uint32_t c) {
    if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;
    if (c < 0x061C) return false;
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

bool utf8_is_hidden(uint32_t c) {
    if (utf8_is_control(c)) return true;
    if (c < 0x2060) return false;
    return c <= 0x206F || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
           (c >= 0xE0000 && c <= 0xE007F);
}

uint32_t utf8_half_width(uint32_t c) {
    if (c >= 0xFF01 && c <= 0xFF5E) return c - 0xFF00 + 0x20;
    if (c == 0x3000 || c == 0xA0) return ' ';
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212) return '-';
    return c;
}

char *utf8_escape(uint32_t c, char text_out[UTF8_ESCAPE_MAX]) {
    if (c <= 0xFFFF)
        snprintf(text_out, UTF8_ESCAPE_MAX, "\\u%04x", c & 0xFFFF);
    else
        snprintf(text_out, UTF8_ESCAPE_MAX, "\\u%04x\\u%04x",
                 0xD800 + ((c - 0x10000) >> 10 & 0x3FF), 0xDC00 + (c & 0x3FF));
    return text_out;
}
