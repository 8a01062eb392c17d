/* base64: four characters of six bits each are three bytes. */
#include "base/base64.h"

#include <openssl/evp.h>
#include <string.h>

/* Of a character, or -1. */
static int bits_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return -1;
}

/* How many of the last four characters are padding: 0 to 2. */
static size_t padding_of(const char *text, size_t len) {
    if (len == 0 || text[len - 1] != '=') return 0;
    return 1 + (text[len - 2] == '=');
}

int base64_decode(const char *text, size_t len, char *bytes_out, size_t *len_out) {
    if (len % 4 != 0) return -1;
    size_t padding = padding_of(text, len);
    size_t count = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < len; i++) {
        int more = i < len - padding ? bits_of(text[i]) : 0;
        if (more < 0) return -1;
        bits = bits << 6 | (unsigned)more;
        if (i % 4 != 3) continue;
        bytes_out[count++] = (char)(bits >> 16 & 0xff);
        bytes_out[count++] = (char)(bits >> 8 & 0xff);
        bytes_out[count++] = (char)(bits & 0xff);
    }
    *len_out = count - padding;

    return 0;
}

void base64_encode(const char *bytes, size_t len, struct buf *out) {
    enum { PIECE = 768 }; /* of three bytes each, so that only the last one is padded */
    unsigned char text[PIECE / 3 * 4 + 1];

    for (size_t at = 0; at < len; at += PIECE) {
        size_t piece = len - at < PIECE ? len - at : PIECE;
        int written = EVP_EncodeBlock(text, (const unsigned char *)bytes + at, (int)piece);
        buf_add(out, (const char *)text, (size_t)written);
    }
}
