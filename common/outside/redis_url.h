/* redis_url: where Redis is and who we are there, read from REDRESS_REDIS_URL. */
#ifndef REDRESS_REDIS_URL_H
#define REDRESS_REDIS_URL_H

#include "base/err.h"
#include <stdbool.h>

struct redis_address {
    char *host;            /* or the socket's path */
    char *user, *password; /* NULL: none */
    int port, db;
    bool is_unix;
};

/* redis://[[user]:password@]host[:port][/db], unix://[[user]:password@]/path/to/socket[?db=N]; %XX
 * stands for a byte anywhere. No error repeats the user or the password. 0; -1 and nothing to free.
 */
int redis_url_parse(const char *url, struct redis_address *out, struct err *err) MUST_CHECK;
void redis_url_free(struct redis_address *address); /* wipes the password */

#endif
