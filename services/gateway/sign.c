/* sign: see the header. */
#include "gateway/sign.h"
#include <inttypes.h>
#include <openssl/evp.h>

enum { DIGEST_BASE64 = (SECRETS_DIGEST + 2) / 3 * 4 };

const char *sign_message(const struct secrets *secrets, const char *id, int64_t seconds,
                         const char *body, struct arena *arena) {
    const char *signed_text = arena_printf(arena, "%s.%" PRId64 ".%s", id, seconds, body);
    const char *all = "";

    for (int i = 0; i < secrets->count; i++) {
        unsigned char digest[SECRETS_DIGEST];
        unsigned char text[DIGEST_BASE64 + 1];
        secrets_sign(secrets, i, signed_text, digest);
        EVP_EncodeBlock(text, digest, SECRETS_DIGEST);
        all = arena_printf(arena, "%s%sv1,%s", all, *all ? " " : "", (const char *)text);
    }

    return all;
}
