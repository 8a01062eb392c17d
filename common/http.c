/* http: libmicrohttpd behind a table of paths. Its thread blocks all signals, so that the worker's own thread gets
 * them. */
#include "http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CONNECTIONS = 64,        /* a scraper, a prober and people; more is a mistake or an attack */
    HEADER_BYTES = 8 * 1024, /* a connection's memory: request line and headers */
    IDLE_SECONDS = 10,       /* a scrape takes milliseconds */
    HOST_MAX = 256
};

struct http {
    struct MHD_Daemon *daemon;
    const struct http_route *routes;
    void *context;
    int port;
};

/* The query of a request, which libmicrohttpd would otherwise take apart. Freed in finished(). */
static void *keep_query(void *context, const char *uri, struct MHD_Connection *connection) {
    (void)context, (void)connection;
    const char *mark = strchr(uri, '?');
    return strdup(mark ? mark + 1 : "");
}

static void finished(void *context, struct MHD_Connection *connection, void **query,
                     enum MHD_RequestTerminationCode code) {
    (void)context, (void)connection, (void)code;
    free(*query);
    *query = NULL;
}

static enum MHD_Result respond(struct MHD_Connection *connection, int status, const char *content_type,
                               struct buf *body) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->len, body->at ? body->at : "", MHD_RESPMEM_MUST_COPY);
    ASSERT(response);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result rc = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return rc;
}

static const struct http_route *find_route(const struct http *http, const char *path) {
    for (const struct http_route *route = http->routes; route->path; route++)
        if (strcmp(route->path, path) == 0) return route;
    return NULL;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *upload, size_t *upload_len, void **query) {
    (void)version, (void)upload;
    struct http *http = context;
    const struct http_route *route = find_route(http, path);
    const char *content_type = "text/plain; charset=utf-8";
    struct buf body = {NULL, 0, 0};
    int status;
    if (*upload_len > 0) { /* a body is read and dropped; the answer follows when it is over */
        *upload_len = 0;
        return MHD_YES;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        status = MHD_HTTP_METHOD_NOT_ALLOWED;
        buf_puts(&body, "only GET and HEAD are served here\n");
    } else if (!route) {
        status = MHD_HTTP_NOT_FOUND;
        buf_puts(&body, "no such page\n");
    } else {
        content_type = route->content_type;
        status = route->serve(http->context, *query ? *query : "", &body);
    }
    enum MHD_Result rc = respond(connection, status, content_type, &body);
    buf_free(&body);
    return rc;
}

/* Splits "HOST:PORT", "[IPv6]:PORT" and ":PORT". */
static int split(const char *listen, char host_out[HOST_MAX], const char **port_out, struct err *err) {
    const char *colon = strrchr(listen, ':');
    size_t len = colon ? (size_t)(colon - listen) : 0;
    if (!colon || !colon[1] || len >= HOST_MAX)
        return err_set(err, "listen address \"%.100s\": expected HOST:PORT, [IPv6]:PORT or :PORT", listen);
    if (len > 1 && listen[0] == '[' && colon[-1] == ']') listen++, len -= 2;
    memcpy(host_out, listen, len);
    host_out[len] = 0;
    *port_out = colon + 1;
    return 0;
}

static struct MHD_Daemon *start_on(const struct addrinfo *address, struct http *http) {
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;
    if (address->ai_family == AF_INET6) flags |= MHD_USE_IPv6;
    return MHD_start_daemon(flags, 0, NULL, NULL, answer, http, MHD_OPTION_SOCK_ADDR, address->ai_addr,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)HEADER_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
                            MHD_OPTION_URI_LOG_CALLBACK, keep_query, NULL, MHD_OPTION_NOTIFY_COMPLETED, finished, NULL,
                            MHD_OPTION_END);
}

static int start_daemon(struct http *http, const char *listen, struct err *err) {
    char host[HOST_MAX];
    const char *port = NULL;
    if (split(listen, host, &port, err) < 0) return -1;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *addresses;
    int rc = getaddrinfo(*host ? host : NULL, port, &hints, &addresses);
    if (rc != 0) return err_set(err, "listen address \"%.100s\": %s", listen, gai_strerror(rc));
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int saved = 0;
    for (struct addrinfo *at = addresses; at && !http->daemon; at = at->ai_next) {
        http->daemon = start_on(at, http);
        saved = errno;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    freeaddrinfo(addresses);
    if (!http->daemon) return err_set(err, "listen address \"%.100s\": cannot listen: %s", listen, strerror(saved));
    http->port = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return 0;
}

struct http *http_start(const char *listen, const struct http_route *routes, void *context, struct err *err) {
    struct http *http = calloc(1, sizeof *http);
    ASSERT(http);
    *http = (struct http){.routes = routes, .context = context};
    if (start_daemon(http, listen, err) == 0) return http;
    free(http);
    return NULL;
}

int http_port(const struct http *http) {
    return http->port;
}

void http_stop(struct http *http) {
    if (!http) return;
    MHD_stop_daemon(http->daemon);
    free(http);
}
