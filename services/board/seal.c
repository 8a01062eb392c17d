/* seal: see the header. Digests are HMACs under the run's secret: nobody can choose one that
 * differs from another where he likes, so how long a comparison takes tells nothing. */
#include "board/seal.h"
#include "base/secrets.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct secrets secret;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_secret(void) {
    secret.count = 1;
    secret.len[0] = SECRETS_DIGEST;
    arc4random_buf(secret.at[0], secret.len[0]);
}

void seal_digest(const char *text, struct seal_digest *out) {
    pthread_once(&once, make_secret);
    secrets_sign(&secret, 0, text, out->bytes);
}

bool seal_same(const struct seal_digest *one, const struct seal_digest *two) {
    return memcmp(one->bytes, two->bytes, sizeof one->bytes) == 0;
}

void seal_make(const char *text, char out[SEAL_SIZE]) {
    struct seal_digest digest;

    seal_digest(text, &digest);
    for (size_t i = 0; i < sizeof digest.bytes; i++)
        snprintf(out + 2 * i, 3, "%02x", digest.bytes[i]);
}

bool seal_is(const char *seal, const char *text) {
    char expected[SEAL_SIZE];
    struct seal_digest given, right;

    seal_make(text, expected);
    seal_digest(seal, &given);
    seal_digest(expected, &right);
    return seal_same(&given, &right);
}
