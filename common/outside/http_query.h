/* http_query: a query, decoded: `a=1&b=x%20y`. */
#ifndef REDRESS_HTTP_QUERY_H
#define REDRESS_HTTP_QUERY_H

#include "base/arena.h"

enum { HTTP_QUERY_MAX = 30 };
struct http_query {
    const char *names[HTTP_QUERY_MAX], *values[HTTP_QUERY_MAX]; /* in the arena */
    int count;
};
/* A name without a value has "". -1, and err: broken escapes, a control character, no UTF-8, a name
 * twice, or too many. */
int http_query_read(const char *text, struct arena *arena, struct http_query *out,
                    struct err *err) MUST_CHECK;
/* NULL: not there. */
const char *http_query_get(const struct http_query *query, const char *name);

#endif
