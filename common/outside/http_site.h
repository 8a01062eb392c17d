/* http_site: a site for people's browsers: requests with bodies, answers that come later, and a
 * stream of events for all who listen. One background thread of its own; see http.h for what a
 * worker tells its operators.
 *
 * Limits: 1 024 connections, 512 of them of one address (a proxy's is everybody's); 10 s for a
 * request, 30 s for taking an answer, 60 s between two requests; 16 KiB of headers, 16 KiB of body.
 * What could be read in two ways is refused: a header twice that must be there once, a body that is
 * announced in two ways, or sent in pieces. */
#ifndef REDRESS_HTTP_SITE_H
#define REDRESS_HTTP_SITE_H

#include "base/arena.h"
#include <stdbool.h>

struct http_site;

/* Valid while it is served. */
struct http_request {
    const char *method, *path; /* decoded; no NUL */
    const char *query;         /* as it came, "" where there is none */
    const char *body;          /* NUL-terminated */
    size_t body_len;
    const char *peer; /* "127.0.0.1" */
    bool local;       /* from this host */
    bool ambiguous;   /* a header that was asked for came twice */
    void *handle;
};
/* NULL: not there, or not once (then also `ambiguous`). */
const char *http_request_header(struct http_request *request, const char *name);
enum { HTTP_HEADERS_MAX = 12 };
struct http_answer {
    int status;
    const char *content_type;
    struct buf body;   /* the site's from then on */
    const char *fixed; /* in place of body: never changes, and is not freed */
    size_t fixed_len;
    const char *names[HTTP_HEADERS_MAX], *values[HTTP_HEADERS_MAX];
    int headers;
    char etag[24]; /* with its quotation marks; "": none */
};
void http_answer_header(struct http_answer *answer, const char *name, const char *value);

enum http_served {
    HTTP_ANSWERED,
    HTTP_LATER, /* http_site_answer() will; nothing of the request is valid by then */
    HTTP_STREAM /* what is published from now on, after `answer->body`; the status is 200 */
};
/* On the site's thread: waits for nothing. */
typedef enum http_served http_serve(void *context, struct http_request *request,
                                    struct http_answer *answer);

/* listen as in http.h. NULL: err. */
struct http_site *http_site_start(const char *listen, http_serve *serve, void *context,
                                  struct err *err);
int http_site_port(const struct http_site *site);
/* Whoever answers later must have answered. */
void http_site_stop(struct http_site *site); /* NULL is allowed */

/* Before HTTP_LATER is returned, and before anybody else is told of the request: what
 * http_site_answer() takes. */
void *http_request_later(struct http_request *request);
/* From any thread, once for each HTTP_LATER. What the answer's texts point to stays until it was
 * sent: they are the program's own. */
void http_site_answer(void *handle, struct http_answer *answer);
/* From any thread: the next event for all who listen; who is slow gets the latest only. */
void http_site_publish(struct http_site *site, const char *event);
int http_site_listeners(struct http_site *site);

#endif
