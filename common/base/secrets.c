/* secrets: see the header. */
#include "base/secrets.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static const char prefix[] = "whsec_";

enum {
    SECRET_MIN = 24,
    BASE64_MAX = (SECRETS_BYTES + 2) / 3 * 4,
    DIGEST_BASE64 = (SECRETS_DIGEST + 2) / 3 * 4,
    PSEUDONYM_BYTES = 16 /* no two of a billion customers share one */
};

/* The bytes of one secret's base64, padded or not; -1: it is none. */
static int decode(const char *text, size_t len, unsigned char out[SECRETS_BYTES]) {
    unsigned char padded[BASE64_MAX + 4];
    unsigned char bytes[BASE64_MAX + 4];

    if (len == 0 || len > BASE64_MAX) return -1;
    memcpy(padded, text, len);
    size_t whole = len;
    while (whole % 4) padded[whole++] = '=';
    int padding = 0;
    while (padding < 2 && padded[whole - 1 - (size_t)padding] == '=') padding++;
    int decoded = EVP_DecodeBlock(bytes, padded, (int)whole);
    if (decoded < 0 || decoded - padding > SECRETS_BYTES) return -1;
    memcpy(out, bytes, (size_t)(decoded - padding));

    return decoded - padding;
}

/* One line. */
static int add(struct secrets *out, const char *line, size_t len, struct err *err) {
    size_t before = sizeof prefix - 1;
    int bytes = -1;

    if (out->count == SECRETS_MAX) return err_set(err, "more than %d secrets", SECRETS_MAX);
    if (len > before && memcmp(line, prefix, before) == 0)
        bytes = decode(line + before, len - before, out->at[out->count]);
    if (bytes < SECRET_MIN)
        return err_set(err, "secret %d: expected %s and 24 to 64 bytes in base64", out->count + 1,
                       prefix);
    out->len[out->count++] = (size_t)bytes;

    return 0;
}

int secrets_read(const char *text, struct secrets *out, struct err *err) {
    struct secrets read = {.count = 0};

    for (const char *line = text; *line; line += strspn(line, "\r\n")) {
        size_t len = strcspn(line, "\r\n");
        const char *secret = line;
        line += len;
        while (len > 0 && (secret[len - 1] == ' ' || secret[len - 1] == '\t')) len--;
        if (len > 0 && add(&read, secret, len, err) < 0) return -1;
    }
    if (read.count == 0) return err_set(err, "no secret in it");
    *out = read;

    return 0;
}

void secrets_sign(const struct secrets *secrets, int which, const char *text,
                  unsigned char digest_out[SECRETS_DIGEST]) {
    unsigned len = 0;
    const unsigned char *made = HMAC(EVP_sha256(), secrets->at[which], (int)secrets->len[which],
                                     (const unsigned char *)text, strlen(text), digest_out, &len);
    ASSERT(made && len == SECRETS_DIGEST);
}

const char *secrets_text(const unsigned char digest[SECRETS_DIGEST], size_t bytes,
                         struct arena *arena) {
    unsigned char text[DIGEST_BASE64 + 1];

    ASSERT(bytes <= SECRETS_DIGEST);
    EVP_EncodeBlock(text, digest, (int)bytes);
    for (unsigned char *at = text; *at; at++) {
        if (*at == '+') *at = '-';
        if (*at == '/') *at = '_';
        if (*at == '=') *at = 0;
    }

    return arena_strdup(arena, (const char *)text);
}

bool secrets_verify(const struct secrets *secrets, const char *text, size_t bytes,
                    const char *signature, struct arena *arena) {
    bool good = false;

    for (int i = 0; i < secrets->count; i++) {
        unsigned char digest[SECRETS_DIGEST];
        secrets_sign(secrets, i, text, digest);
        const char *wanted = secrets_text(digest, bytes, arena);
        size_t len = strlen(wanted);
        good |= strlen(signature) == len && CRYPTO_memcmp(signature, wanted, len) == 0;
    }

    return good;
}

const char *secrets_pseudonym(const struct secrets *secrets, const char *id, struct arena *arena) {
    unsigned char digest[SECRETS_DIGEST];

    if (!secrets->count) return id;
    secrets_sign(secrets, 0, id, digest);
    return secrets_text(digest, PSEUDONYM_BYTES, arena);
}

void secrets_sha256(const char *text, unsigned char digest_out[SECRETS_DIGEST]) {
    int good = EVP_Digest(text, strlen(text), digest_out, NULL, EVP_sha256(), NULL);
    ASSERT(good == 1);
}
