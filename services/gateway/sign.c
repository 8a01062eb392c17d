/* sign: see the header. */
#include "gateway/sign.h"
#include "base/base64.h"
#include <inttypes.h>

const char *sign_message(const struct secrets *secrets, const char *id, int64_t seconds,
                         const char *body, struct arena *arena) {
    const char *signed_text = arena_printf(arena, "%s.%" PRId64 ".%s", id, seconds, body);
    struct buf all = {0};

    buf_puts(&all, "");
    for (int i = 0; i < secrets->count; i++) {
        unsigned char digest[SECRETS_DIGEST];
        secrets_sign(secrets, i, signed_text, digest);
        buf_puts(&all, all.len ? " v1," : "v1,");
        base64_encode((const char *)digest, SECRETS_DIGEST, &all);
    }
    const char *signatures = arena_strndup(arena, all.at, all.len);
    buf_free(&all);

    return signatures;
}
