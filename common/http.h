/* http: the only user of libmicrohttpd. One background thread serves GET and HEAD on a table of paths; everything else
 * is 404 or 405. Limits: 64 connections, 8 KiB of headers, 10 s idle. */
#ifndef REDRESS_HTTP_H
#define REDRESS_HTTP_H

#include "arena.h"
#include <stdbool.h>

struct http_route {
    const char *path; /* "/metrics" */
    const char *content_type;
    /* Fills `body`; returns the status. Runs on the HTTP thread: reads atomics only. */
    int (*serve)(void *context, const char *query, struct buf *body);
};
struct http;
/* listen: "127.0.0.1:9101", "[::1]:9101", ":9101" (all addresses), port 0 = a free one. The table ends with a NULL
 * path. */
struct http *http_start(const char *listen, const struct http_route *routes, void *context, struct err *err);
int http_port(const struct http *http);
void http_stop(struct http *http); /* NULL is allowed */

#endif
