/* seal: what only this process can have made, and what is compared without telling where it
 * differs. */
#ifndef REDRESS_BOARD_SEAL_H
#define REDRESS_BOARD_SEAL_H

#include <stdbool.h>

struct seal_digest {
    unsigned char bytes[32]; /* HMAC-SHA-256 under a secret of this run */
};
void seal_digest(const char *text, struct seal_digest *out);
bool seal_same(const struct seal_digest *one, const struct seal_digest *two);

enum { SEAL_SIZE = 65 };
/* The digest of a text, in hexadecimal. */
void seal_make(const char *text, char out[SEAL_SIZE]);
bool seal_is(const char *seal, const char *text);

#endif
