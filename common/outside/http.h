/* http: the only user of libmicrohttpd. One background thread serves GET and HEAD on a table of
 * paths; everything else is 404 or 405. A connection carries one request, and is over 5 s after it
 * was accepted, whatever has been read or written by then. Limits: 64 connections, 16 of them of
 * one address, 8 KiB of headers. Who comes is let in: the oldest connection goes for him, so that
 * whoever holds many does not keep a prober out. */
#ifndef REDRESS_HTTP_H
#define REDRESS_HTTP_H

#include "base/arena.h"
#include <stdbool.h>

struct http_route {
    const char *path; /* "/metrics" */
    const char *content_type;
    /* Fills `body`; returns the status. Runs on the HTTP thread: reads atomics only. */
    int (*serve)(void *context, const char *query, struct buf *body);
};
struct http;
/* listen: "127.0.0.1:9101", "[::1]:9101", ":9101" (all addresses, of IPv6 too), port 0 = a free
 * one. The table ends with a NULL path. */
struct http *http_start(const char *listen, const struct http_route *routes, void *context,
                        struct err *err);
int http_port(const struct http *http); /* that it listens at */
void http_stop(struct http *http);      /* NULL is allowed */

#endif
