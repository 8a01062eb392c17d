/* ids: hashes written in Crockford's base32; the only user of xxhash. */
#include "base/ids.h"
#include "base/err.h"

#include <stdarg.h>
#include <string.h>
/* For states on the stack. */
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { BITS = 5, SUFFIX_LEN = 7, HASH_LEN = 26, SEPARATOR = 0x1F };

/* The low `len` * 5 bits, most significant digit first. */
static void write_digits(uint64_t num, int len, char *out) {
    for (int i = len - 1; i >= 0; i--, num >>= BITS) out[i] = digits[num & 31];
}

/* XXH64 of two texts with the separator between them. */
static uint64_t hash_two(const char *first, const char *second) {
    static const char separator = SEPARATOR;

    XXH64_state_t state;
    XXH64_reset(&state, 0);
    XXH64_update(&state, first, strlen(first));
    XXH64_update(&state, &separator, 1);
    XXH64_update(&state, second, strlen(second));
    return XXH64_digest(&state);
}

void ids_route(const char *tenant, const char *subject, char route_out[IDS_ROUTE_LEN + 1]) {
    write_digits(hash_two(tenant, subject), IDS_ROUTE_LEN, route_out);
    route_out[IDS_ROUTE_LEN] = 0;
}

void ids_case(const char *route, const char *source, const char *id,
              char case_out[IDS_CASE_LEN + 1]) {
    ASSERT(strlen(route) == IDS_ROUTE_LEN);
    memmove(case_out, route, IDS_ROUTE_LEN);
    case_out[IDS_ROUTE_LEN] = '-';
    write_digits(hash_two(source, id), SUFFIX_LEN, case_out + IDS_ROUTE_LEN + 1);
    case_out[IDS_CASE_LEN] = 0;
}

/* strspn stops at the NUL, so that a short text is not read past its end. */
int ids_is_case(const char *text) {
    /* 13 digits hold 65 bits and a route has 64: its first digit is below 16. */
    if (!text[0] || !memchr(digits, text[0], 16)) return 0;
    if (strspn(text, digits) != IDS_ROUTE_LEN || text[IDS_ROUTE_LEN] != '-') return 0;
    const char *suffix = text + IDS_ROUTE_LEN + 1;
    return strspn(suffix, digits) == SUFFIX_LEN && !suffix[SUFFIX_LEN];
}

static uint32_t murmur2(const unsigned char *key, size_t len) {
    const uint32_t mix = 0x5bd1e995;
    uint32_t hash = 0x9747b28c ^ (uint32_t)len;

    for (; len >= 4; key += 4, len -= 4) {
        uint32_t word =
            key[0] | (uint32_t)key[1] << 8 | (uint32_t)key[2] << 16 | (uint32_t)key[3] << 24;
        word *= mix;
        word ^= word >> 24;
        hash = hash * mix ^ word * mix;
    }
    if (len > 2) hash ^= (uint32_t)key[2] << 16;
    if (len > 1) hash ^= (uint32_t)key[1] << 8;
    if (len > 0) hash = (hash ^ key[0]) * mix;
    hash ^= hash >> 13;
    hash *= mix;

    return hash ^ hash >> 15;
}

int ids_partition(const char *key, size_t len, int count) {
    ASSERT(count > 0);
    return (int)((murmur2((const unsigned char *)key, len) & 0x7fffffff) % (uint32_t)count);
}

uint64_t ids_checksum(const char *name, const char *value, size_t value_len) {
    return XXH3_64bits_withSeed(value, value_len, XXH3_64bits(name, strlen(name)));
}

uint32_t ids_feature_hash(const void *bytes, size_t len) {
    return (uint32_t)XXH3_64bits(bytes, len);
}

uint64_t ids_table_hash(const void *bytes, size_t len) {
    return XXH3_64bits(bytes, len);
}

void ids_digest(const char *bytes, size_t len, char digest_out[17]) {
    static const char hex[] = "0123456789abcdef";
    uint64_t hash = XXH64(bytes, len, 0);
    for (int i = 15; i >= 0; i--, hash >>= 4) digest_out[i] = hex[hash & 15];
    digest_out[16] = 0;
}

void ids_hash(char id_out[27], int count, ...) {
    static const char separator = SEPARATOR;

    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    va_list parts;
    va_start(parts, count);
    for (int i = 0; i < count; i++) {
        const char *part = va_arg(parts, const char *);
        if (i) XXH3_128bits_update(&state, &separator, 1);
        XXH3_128bits_update(&state, part, strlen(part));
    }
    va_end(parts);
    XXH128_hash_t hash = XXH3_128bits_digest(&state);
    /* 26 digits of 5 bits: the low 60, the 65 across the middle and above, of which the topmost two
     * are 0. */
    uint64_t middle = hash.high64 << 4 | hash.low64 >> 60;
    write_digits(hash.low64, 12, id_out + 14);
    write_digits(middle, 12, id_out + 2);
    write_digits(hash.high64 >> 56, 2, id_out);
    id_out[HASH_LEN] = 0;
}
