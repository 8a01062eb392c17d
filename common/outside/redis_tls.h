/* redis_tls: a connection to Redis by TLS. Only a hiredis of 1.0 or newer that was built with it
 * can (Debian 13); with another one rediss:// is a wrong setting. */
#ifndef REDRESS_REDIS_TLS_H
#define REDRESS_REDIS_TLS_H

#include "base/err.h"

struct redisContext;

/* Which certificates, and under which name. NULL each: */
struct redis_tls {
    const char *ca;          /* those that the system trusts */
    const char *certificate; /* none: we show who we are by a password, or not at all */
    const char *key;         /* likewise */
    const char *server_name; /* the host that is connected to, a name or an address */
};

/* NULL: this build can. Else why it cannot, and what to do. */
const char *redis_tls_missing(void);

/* Shakes hands on a context of hiredis that is connected. Files are read each time: a renewed
 * certificate is shown with the next connection. The server's certificate must be one that `ca`
 * vouches for, and for server_name. 0; -1 and err, whose text redis_errors.h knows. */
int redis_tls_start(struct redisContext *context, const struct redis_tls *tls, const char *host,
                    struct err *err) MUST_CHECK;

/* Why the last read or write by TLS failed, as OpenSSL has it, or `text` where it knows nothing;
 * lives until the next call of the thread. */
const char *redis_tls_reason(const char *text);

#endif
