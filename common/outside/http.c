/* http: libmicrohttpd behind a table of paths, driven by a thread of our own, which looks after the
 * connections between its turns. The thread blocks all signals, so that the worker's own thread
 * gets them. */
#include "outside/http.h"
#include "base/thread.h"
#include "outside/http_clients.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER_BYTES = 8 * 1024, /* a connection's memory: request line and headers */
    TURN_MS = 100            /* how soon deadlines and the end are noticed */
};
/* A scraper, a prober and people; more is a mistake or an attack, and four addresses cannot fill
 * the house either. A scrape takes milliseconds. The kernel would keep megabytes by itself. */
static const struct http_clients_limits limits = {
    .total = 64, .of_address = 16, .deadline_ms = 5000, .send_bytes = 64 * 1024};

struct http {
    struct MHD_Daemon *daemon;
    const struct http_route *routes;
    void *context;
    int port;
    pthread_t thread;
    _Atomic bool stopping;
    struct http_clients *clients;
};

static void *run(void *context) {
    struct http *http = context;

    while (!http->stopping) {
        if (MHD_run_wait(http->daemon, TURN_MS) != MHD_YES)
            poll(NULL, 0, TURN_MS); /* out of memory: not at full speed */
        http_clients_cut_overdue(http->clients);
    }
    return NULL;
}

/* ---- Requests ---- */

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

static enum MHD_Result respond(struct MHD_Connection *connection, int status,
                               const char *content_type, struct buf *body) {
    struct MHD_Response *response =
        body->at ? MHD_create_response_from_buffer(body->len, body->at, MHD_RESPMEM_MUST_FREE)
                 : MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);

    ASSERT(response);
    *body = (struct buf){NULL, 0, 0}; /* it is the response's now */
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result rc = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);

    return rc;
}

static const struct http_route *find_route(const struct http *http, const char *path) {
    for (const struct http_route *route = http->routes; route->path; route++)
        if (strcmp(route->path, path) == 0) return route;
    return NULL;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_len, void **query) {
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

/* ---- Start and end ---- */

static struct MHD_Daemon *start_daemon(const struct addrinfo *address, unsigned flags,
                                       void *context) {
    struct http *http = context;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, answer, http, MHD_OPTION_SOCK_ADDR, address->ai_addr,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)http_clients_places(http->clients),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES, MHD_OPTION_URI_LOG_CALLBACK,
        keep_query, NULL, MHD_OPTION_NOTIFY_COMPLETED, finished, NULL, MHD_OPTION_NOTIFY_CONNECTION,
        http_clients_notify, http->clients, MHD_OPTION_END);
}

static void start_thread(struct http *http) {
    http->thread = thread_start(run, http);
}

struct http *http_start(const char *listen, const struct http_route *routes, void *context,
                        struct err *err) {
    struct http *http = calloc(1, sizeof *http);

    ASSERT(http);
    http->routes = routes;
    http->context = context;
    http->clients = http_clients_new(&limits);
    http->daemon = http_clients_listen(listen, start_daemon, http, err);
    if (!http->daemon) {
        http_clients_free(http->clients);
        free(http);
        return NULL;
    }
    http->port = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    start_thread(http);

    return http;
}

int http_port(const struct http *http) {
    return http->port;
}

void http_stop(struct http *http) {
    if (!http) return;
    http->stopping = true;
    pthread_join(http->thread, NULL);
    MHD_stop_daemon(http->daemon);
    http_clients_free(http->clients);
    free(http);
}
