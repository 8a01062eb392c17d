/* sign: signatures after the Standard Webhooks specification (standardwebhooks.com, 1.0.0): HMAC
 * with SHA-256 over "<id>.<seconds>.<body>". */
#ifndef REDRESS_SIGN_H
#define REDRESS_SIGN_H

#include "base/secrets.h"
#include <stdint.h>

/* "v1,<base64>", one for each secret, a blank between. */
const char *sign_message(const struct secrets *secrets, const char *id, int64_t seconds,
                         const char *body, struct arena *arena);

#endif
