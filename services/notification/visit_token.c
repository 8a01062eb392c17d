/* visit_token: see the header. */
#include "visit_token.h"
#include "base/ids.h"

#include <inttypes.h>
#include <string.h>

enum {
    SIGNATURE_BYTES = 16, /* half of the digest is the least that RFC 2104 lets stand */
    SECONDS_DIGITS = 12
};

static const char digits[] = "0123456789";
static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const char *signed_text(const char *case_id, int64_t seconds, struct arena *arena) {
    return arena_printf(arena, "visit.%s.%" PRId64, case_id, seconds);
}

const char *visit_token_make(const struct secrets *secrets, const char *case_id, int64_t expires_ms,
                             struct arena *arena) {
    unsigned char digest[SECRETS_DIGEST];
    int64_t seconds = expires_ms / 1000;

    secrets_sign(secrets, 0, signed_text(case_id, seconds, arena), digest);
    return arena_printf(arena, "%s.%" PRId64 ".%s", case_id, seconds,
                        secrets_text(digest, SIGNATURE_BYTES, arena));
}

/* Seconds without sign or leading zero, so that a token is written in one way only; -1: none. */
static int64_t read_seconds(const char *text, size_t len) {
    int64_t seconds = 0;

    if (len == 0 || len > SECONDS_DIGITS || strspn(text, digits) < len || *text == '0') return -1;
    for (size_t i = 0; i < len; i++) seconds = seconds * 10 + (text[i] - '0');
    return seconds;
}

int visit_token_read(const struct secrets *secrets, const char *token, int64_t now_ms,
                     struct arena *arena, struct visit_token *out, struct err *err) {
    size_t len = strnlen(token, VISIT_TOKEN_MAX + 1);

    if (len <= IDS_CASE_LEN + 2 || len > VISIT_TOKEN_MAX || token[IDS_CASE_LEN] != '.')
        return err_set(err, "no token");
    const char *case_id = arena_strndup(arena, token, IDS_CASE_LEN);
    const char *expires = token + IDS_CASE_LEN + 1;
    size_t expires_len = strcspn(expires, ".");
    int64_t seconds = read_seconds(expires, expires_len);
    if (!ids_is_case(case_id) || seconds < 0 || expires[expires_len] != '.')
        return err_set(err, "no token");

    const char *signature = expires + expires_len + 1;
    if (strspn(signature, base64url) != strlen(signature)) return err_set(err, "no token");
    if (!secrets_verify(secrets, signed_text(case_id, seconds, arena), SIGNATURE_BYTES, signature,
                        arena))
        return err_set(err, "another signature");
    if (seconds * 1000 <= now_ms) return err_set(err, "expired");
    *out = (struct visit_token){case_id, seconds * 1000};

    return 0;
}
