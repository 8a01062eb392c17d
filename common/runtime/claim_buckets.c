/* claim_buckets: where a short claim stands (claims.lua). */
#include "base/secrets.h"
#include "runtime/claim_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS = 8 };

void claim_field(const char *key, char field_out[CLAIM_FIELD_LEN + 1]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char digest[SECRETS_DIGEST];

    secrets_sha256(key, digest);
    for (int i = 0; i < NUMBER_DIGITS; i++) field_out[i] = "0123456789abcdef"[digest[i] & 15];
    for (int i = NUMBER_DIGITS; i < CLAIM_FIELD_LEN; i++) field_out[i] = digits[digest[i] & 63];
    field_out[CLAIM_FIELD_LEN] = 0;
}

static int64_t power_beyond(int buckets) {
    int64_t power = 1;
    while (power <= buckets) power *= 2;
    return power;
}

int claim_bucket(const char *field, int buckets) {
    char number[NUMBER_DIGITS + 1];
    memcpy(number, field, NUMBER_DIGITS);
    number[NUMBER_DIGITS] = 0;
    int64_t value = strtoll(number, NULL, 16);
    int64_t power = power_beyond(buckets);

    if (value % power < buckets) return (int)(value % power);
    return (int)(value % (power / 2));
}

int claim_split(int buckets) {
    return buckets - (int)(power_beyond(buckets) / 2);
}
