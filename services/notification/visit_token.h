/* visit_token: what stands in the link of the next day's question, so that who answers by it needs
 * no log-in: which case, until when, and that we said so. Nothing of the customer. Anybody with the
 * secret can check it: deploy/contract/README.md has the formula, with an example.
 *
 * `<case_id>.<expires, seconds since the epoch>.<signature>`; signature = base64url without padding
 * of the first 16 bytes of HMAC-SHA256(secret, "visit." + case_id + "." + expires). */
#ifndef REDRESS_VISIT_TOKEN_H
#define REDRESS_VISIT_TOKEN_H

#include "base/secrets.h"
#include <stdint.h>

enum { VISIT_TOKEN_MAX = 128 /* bytes; a good one has at most 60 */ };

struct visit_token {
    const char *case_id;
    int64_t expires_ms;
};

/* By the first secret. `expires_ms` is rounded down to a second. */
const char *visit_token_make(const struct secrets *secrets, const char *case_id, int64_t expires_ms,
                             struct arena *arena);
/* By any of the secrets. 0; or -1: err says "no token", "another signature" or "expired", and
 * nothing of it is to be believed. */
int visit_token_read(const struct secrets *secrets, const char *token, int64_t now_ms,
                     struct arena *arena, struct visit_token *out, struct err *err) MUST_CHECK;

#endif
