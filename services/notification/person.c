/* person: what is let through, character by character. */
#include "person.h"
#include "base/utf8.h"
#include "contract/phone.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    EMAIL_MAX = 254, /* RFC 5321, 4.5.3.1 */
    LOCAL_MAX = 64,
    LABEL_MAX = 63
};

/* ---- Texts ---- */

struct range {
    uint32_t from, to;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t character) {
    for (size_t i = 0; i < count; i++)
        if (character >= ranges[i].from && character <= ranges[i].to) return true;
    return false;
}

/* Unicode's Default_Ignorable_Code_Point, and what utf8_is_hidden() knows beyond it. */
static bool is_unseen(uint32_t character) {
    static const struct range ranges[] = {
        {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},     {0x115f, 0x1160},
        {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x202a, 0x202e},
        {0x2060, 0x206f},   {0x2800, 0x2800},   {0x3164, 0x3164},   {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0x1bca0, 0x1bca3},
        {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff}};
    return is_in(ranges, sizeof ranges / sizeof *ranges, character);
}

static bool is_blank(uint32_t character) {
    static const struct range ranges[] = {{0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},
                                          {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029},
                                          {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};
    return character < 0x20 || is_in(ranges, sizeof ranges / sizeof *ranges, character);
}

/* What programs that make links take for a dot. */
static bool is_dot(uint32_t character) {
    return character == '.' || character == 0x3002 || character == 0xff0e || character == 0xff61;
}

static bool is_digit(uint32_t character) {
    return character >= '0' && character <= '9';
}

struct cleaning {
    char *to; /* twice as long as the text */
    size_t len;
    int count;
    uint32_t before; /* the last character written; 0: none */
    bool apart;      /* a blank is due before the next one */
};

static void put(struct cleaning *cleaning, const char *bytes, size_t len, uint32_t character) {
    if (cleaning->apart && cleaning->len) {
        cleaning->to[cleaning->len++] = ' ';
        cleaning->count++;
    }
    memcpy(cleaning->to + cleaning->len, bytes, len);
    cleaning->len += len;
    cleaning->count++;
    cleaning->before = character;
    cleaning->apart = false;
}

/* "evil.com" gets a blank behind its dot, "://" and "@" become one; "3.5" stays. */
static void take(struct cleaning *cleaning, const char *bytes, size_t len, uint32_t character) {
    uint32_t before = cleaning->before;
    bool ends_name = cleaning->len > 0 && !cleaning->apart && is_dot(before);

    if (is_unseen(character) || character == 0x7f || (character >= 0x80 && character < 0xa0)) {
        cleaning->apart |= character == 0x85;
        return;
    }
    if (is_blank(character) || character == '@' || character == 0xff20 ||
        (character == '/' && (before == '/' || before == ':'))) {
        cleaning->apart = true;
        return;
    }
    if (ends_name && !is_digit(character) && !is_dot(character)) cleaning->apart = true;
    put(cleaning, bytes, len, character);
}

const char *person_harmless(const char *text, int most, struct arena *arena) {
    if (!text) return NULL;
    size_t len = strlen(text);
    struct cleaning cleaning = {.to = arena_alloc(arena, len * 2 + 1)};

    for (const char *at = text; *at && cleaning.count < most;) {
        const char *start = at;
        uint32_t character = utf8_next(&at);
        take(&cleaning, start, (size_t)(at - start), character);
    }
    cleaning.to[cleaning.len] = 0;
    if (cleaning.len) return cleaning.to;
    return NULL;
}

/* ---- Masks ---- */

const char *person_mask_name(const char *name, struct arena *arena) {
    if (!name || !*name) return NULL;
    const char *at = name;
    utf8_next(&at);
    return arena_printf(arena, "%.*s*", (int)(at - name), name);
}

const char *person_mask_phone(const char *phone, struct arena *arena) {
    char digits[41] = "";
    size_t len = 0;

    if (!phone || !*phone) return NULL;
    for (const char *at = phone; *at && len < sizeof digits - 1; at++)
        if (*at >= '0' && *at <= '9') digits[len++] = *at;
    digits[len] = 0;
    const char *national = digits;
    if (len == 13 && strncmp(digits, "86", 2) == 0) national = digits + 2;
    if (strlen(national) == 11 && *national == '1')
        return arena_printf(arena, "%.3s****%s", national, national + 7);
    if (len < 8) return "****";
    return arena_printf(arena, "****%s", digits + len - 4);
}

/* ---- Addresses ---- */

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 5321's Dot-string: atoms with single dots between them. */
static bool is_local_part(const char *text, size_t len) {
    if (len == 0 || len > LOCAL_MAX || text[0] == '.' || text[len - 1] == '.') return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && text[i + 1] == '.') return false;
        if (!is_alnum(text[i]) && !memchr(".!#$%&'*+/=?^_`{|}~-", text[i], 20)) return false;
    }
    return true;
}

/* Labels of letters, digits and inner hyphens; two at the least, the last not only digits. */
static bool is_domain(const char *text) {
    int labels = 0;
    bool letters = false;

    for (;;) {
        size_t len = strcspn(text, ".");
        if (len == 0 || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-') return false;
        letters = false;
        for (size_t i = 0; i < len; i++) {
            if (!is_alnum(text[i]) && text[i] != '-') return false;
            letters |= !(text[i] >= '0' && text[i] <= '9');
        }
        labels++;
        if (!text[len]) return labels > 1 && letters;
        text += len + 1;
    }
}

/* White space around it is no part of it. */
static const char *trimmed(const char *text, struct arena *arena) {
    static const char blanks[] = " \t\r\n";
    size_t from = strspn(text, blanks);
    size_t to = strlen(text);

    while (to > from && strchr(blanks, text[to - 1])) to--;
    return arena_strndup(arena, text + from, to - from);
}

const char *person_email(const char *email, struct arena *arena) {
    if (!email) return NULL;
    const char *text = trimmed(email, arena);
    const char *at = strchr(text, '@');

    if (!at || strlen(text) > EMAIL_MAX || !is_local_part(text, (size_t)(at - text)) ||
        !is_domain(at + 1))
        return NULL;
    return text;
}

const char *person_phone(const char *phone, const char *locale, struct arena *arena) {
    if (!phone) return NULL;
    return phone_certain(trimmed(phone, arena), locale, arena);
}
