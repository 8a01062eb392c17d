/* secrets: keys that came from a file, and what is made of them: HMAC with SHA-256 (RFC 2104). */
#ifndef REDRESS_SECRETS_H
#define REDRESS_SECRETS_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    SECRETS_MAX = 2, /* while one follows the other */
    SECRETS_BYTES = 64,
    SECRETS_DIGEST = 32
};

struct secrets {
    unsigned char at[SECRETS_MAX][SECRETS_BYTES];
    size_t len[SECRETS_MAX];
    int count; /* 0: there is none */
};

/* One or two lines `whsec_<base64>` of 24 to 64 bytes each, the newer first; blank lines do not
 * count. -1: err, without anything of a secret in it; *out is then untouched. */
int secrets_read(const char *text, struct secrets *out, struct err *err) MUST_CHECK;

/* HMAC of the text under one of them. */
void secrets_sign(const struct secrets *secrets, int which, const char *text,
                  unsigned char digest_out[SECRETS_DIGEST]);

/* The first `bytes` of the digest, at most all of it, as base64url without padding (RFC 4648,
 * section 5). */
const char *secrets_text(const unsigned char digest[SECRETS_DIGEST], size_t bytes,
                         struct arena *arena);
/* Whether one of them signed the text so. Takes as long whatever the first difference is. */
bool secrets_verify(const struct secrets *secrets, const char *text, size_t bytes,
                    const char *signature, struct arena *arena);

/* A name in place of an id that must not be read off it: of 128 bits, by the first secret. Without
 * a secret the id itself. */
const char *secrets_pseudonym(const struct secrets *secrets, const char *id, struct arena *arena);

/* SHA-256 of a text: what stands in its place where nobody may find another with the same. */
void secrets_sha256(const char *text, unsigned char digest_out[SECRETS_DIGEST]);

#endif
