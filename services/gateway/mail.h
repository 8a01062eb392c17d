/* mail: one message as RFC 5322 text: UTF-8, base64, one recipient. Pure. */
#ifndef REDRESS_MAIL_H
#define REDRESS_MAIL_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

struct mail {
    const char *from, *to, *id; /* id: for Message-ID, so that a message sent twice is one */
    const char *subject, *body; /* subject NULL: none. The body is HTML. */
    int64_t time_ms;
};

/* One address and nothing else: no list, no name, no line break. */
bool mail_is_address(const char *text);
const char *mail_write(const struct mail *mail, struct arena *arena);

#endif
