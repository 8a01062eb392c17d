/* uri: the grammar of RFC 3986, appendix A, character by character. */
#include "data/uri.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

enum { ADDRESS_MAX = 46 /* an IPv6 address as a text, with its NUL */ };

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static bool is_one_of(char c, const char *characters) {
    return c && strchr(characters, c);
}

/* Behind the characters that may stand in a path segment, or are `more`. */
static const char *skip_characters(const char *at, const char *end, const char *more) {
    while (at < end) {
        bool escaped = end - at >= 3 && at[0] == '%' && is_hex(at[1]) && is_hex(at[2]);
        bool unreserved = is_letter(*at) || is_digit(*at) || is_one_of(*at, "-._~");

        if (escaped)
            at += 3;
        else if (unreserved || is_one_of(*at, "!$&'()*+,;=") || is_one_of(*at, more))
            at++;
        else
            break;
    }

    return at;
}

/* Behind "scheme:", or `at` where there is none. */
static const char *skip_scheme(const char *at, const char *end) {
    const char *behind = at;

    if (at == end || !is_letter(*at)) return at;
    while (behind < end && (is_letter(*behind) || is_digit(*behind) || is_one_of(*behind, "+-.")))
        behind++;
    if (behind < end && *behind == ':') return behind + 1;
    return at;
}

/* Behind "[address]", or where it is wrong. */
static const char *skip_address(const char *at, const char *end) {
    const char *close = memchr(at, ']', (size_t)(end - at));
    char text[ADDRESS_MAX];
    struct in6_addr address;

    if (!close || close - at > ADDRESS_MAX) return at;
    size_t len = (size_t)(close - at) - 1;
    memcpy(text, at + 1, len);
    text[len] = 0;
    if (inet_pton(AF_INET6, text, &address) != 1) return at;

    return close + 1;
}

/* [userinfo "@"] host [":" port], up to `end`; returns where it is wrong. */
static const char *skip_authority(const char *at, const char *end) {
    const char *user_end = memchr(at, '@', (size_t)(end - at));

    if (user_end) {
        at = skip_characters(at, user_end, ":");
        if (at < user_end) return at;
        at++;
    }
    if (at < end && *at == '[')
        at = skip_address(at, end);
    else
        at = skip_characters(at, end, "");
    if (at < end && *at == ':') {
        at++;
        while (at < end && is_digit(*at)) at++;
    }

    return at;
}

/* The first of the characters, or `end`. */
static const char *find(const char *at, const char *end, const char *characters) {
    while (at < end && !is_one_of(*at, characters)) at++;
    return at;
}

size_t uri_reference(const char *text, size_t len) {
    const char *end = text + len;
    const char *at = skip_scheme(text, end);
    bool scheme = at > text;

    if (scheme && (at == end || *at == '#')) return (size_t)(at - text) - 1;
    if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
        const char *behind = find(at + 2, end, "/?#");
        if (behind == end && behind == at + 2) return len - 1;
        at = skip_authority(at + 2, behind);
        if (at < behind) return (size_t)(at - text);
    } else if (!scheme) {
        /* A colon in the first segment would end a scheme. */
        const char *behind = find(at, end, "/?#");
        at = skip_characters(at, behind, "@");
        if (at < behind) return (size_t)(at - text);
    }
    at = skip_characters(at, end, ":@/");
    if (at < end && *at == '?') at = skip_characters(at + 1, end, ":@/?");
    if (at < end && *at == '#') at = skip_characters(at + 1, end, ":@/?");

    return (size_t)(at - text);
}
