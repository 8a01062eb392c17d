/* http: libmicrohttpd behind a table of paths, driven by a thread of our own, which looks after the
 * connections between its turns. The thread blocks all signals, so that the worker's own thread
 * gets them. */
#include "outside/http.h"
#include "base/clock.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    CONNECTIONS = 64, /* a scraper, a prober and people; more is a mistake or an attack */
    ADDRESS_CONNECTIONS =
        16, /* of them from one address: four addresses cannot fill the house either */
    PLACES = 4 * CONNECTIONS, /* cut connections keep their place until libmicrohttpd has noticed:
                                 within a turn or two */
    HEADER_BYTES = 8 * 1024,  /* a connection's memory: request line and headers */
    DEADLINE_MS = 5000,       /* from accept to the last byte; a scrape takes milliseconds */
    SEND_BYTES =
        64 *
        1024, /* what the kernel keeps for one who does not read; by itself it takes megabytes */
    TURN_MS = 100, /* how soon deadlines and the end are noticed */
    HOST_MAX = 256,
    KEY_BYTES = 8 /* of an address: all of IPv4; of IPv6 the network, of which one host may have all
                     addresses */
};

/* A connection that is open. */
struct client {
    bool used, cut;
    int fd;
    int64_t since_ms; /* boot time */
    unsigned char key[KEY_BYTES];
};

struct http {
    struct MHD_Daemon *daemon;
    const struct http_route *routes;
    void *context;
    int port;
    pthread_t thread;
    _Atomic bool stopping;
    struct client clients[PLACES];
};

/* ---- Connections: those that took too long, or are too many ---- */

/* libmicrohttpd finds the connection ended by its other side, and closes it. */
static void cut(struct client *client) {
    client->cut = true;
    shutdown(client->fd, SHUT_RDWR);
}

static void make_key(const struct sockaddr *address, unsigned char key_out[KEY_BYTES]) {
    memset(key_out, 0, KEY_BYTES);
    if (address->sa_family == AF_INET) {
        memcpy(key_out, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
               sizeof(struct in_addr));
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *six =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        bool is_four = IN6_IS_ADDR_V4MAPPED(six);
        memcpy(key_out, is_four ? six->s6_addr + 12 : six->s6_addr,
               is_four ? sizeof(struct in_addr) : KEY_BYTES);
    }
}

/* How many are open, of one address or (NULL) of all; and the oldest of them. */
static int count_open(struct http *http, const unsigned char *key, struct client **oldest_out) {
    int count = 0;

    *oldest_out = NULL;
    for (int i = 0; i < PLACES; i++) {
        struct client *client = &http->clients[i];
        if (!client->used || client->cut || (key && memcmp(client->key, key, KEY_BYTES) != 0))
            continue;
        count++;
        if (!*oldest_out || client->since_ms < (*oldest_out)->since_ms) *oldest_out = client;
    }

    return count;
}

static void make_room(struct http *http, const unsigned char *key) {
    struct client *oldest;
    if (count_open(http, key, &oldest) >= ADDRESS_CONNECTIONS) cut(oldest);
    if (count_open(http, NULL, &oldest) >= CONNECTIONS) cut(oldest);
}

static void let_in(struct http *http, struct MHD_Connection *connection, void **place) {
    struct client client = {
        .used = true,
        .fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
        .since_ms = clock_boot_ms()};
    int send_bytes = SEND_BYTES;
    setsockopt(client.fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes);
    make_key(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
             client.key);
    make_room(http, client.key);

    int free_place = 0;
    while (http->clients[free_place].used) free_place++;
    ASSERT(free_place < PLACES); /* libmicrohttpd's own limit */
    http->clients[free_place] = client;
    *place = &http->clients[free_place];
}

static void on_connection(void *context, struct MHD_Connection *connection, void **place,
                          enum MHD_ConnectionNotificationCode what) {
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        let_in(context, connection, place);
    else
        *(struct client *)*place = (struct client){.used = false};
}

static void cut_overdue(struct http *http) {
    int64_t now_ms = clock_boot_ms();
    for (int i = 0; i < PLACES; i++) {
        struct client *client = &http->clients[i];
        if (client->used && !client->cut && now_ms - client->since_ms > DEADLINE_MS) cut(client);
    }
}

static void *run(void *context) {
    struct http *http = context;

    while (!http->stopping) {
        if (MHD_run_wait(http->daemon, TURN_MS) != MHD_YES)
            poll(NULL, 0, TURN_MS); /* out of memory: not at full speed */
        cut_overdue(http);
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

/* Splits "HOST:PORT", "[IPv6]:PORT" and ":PORT". */
static int split(const char *listen, char host_out[HOST_MAX], const char **port_out,
                 struct err *err) {
    const char *colon = strrchr(listen, ':');
    size_t len = 0;
    if (colon) len = (size_t)(colon - listen);

    if (!colon || !colon[1] || len >= HOST_MAX)
        return err_set(err, "listen address \"%.100s\": expected HOST:PORT, [IPv6]:PORT or :PORT",
                       listen);
    if (len > 1 && listen[0] == '[' && colon[-1] == ']') listen++, len -= 2;
    memcpy(host_out, listen, len);
    host_out[len] = 0;
    *port_out = colon + 1;

    return 0;
}

/* ---- Start and end ---- */

static struct MHD_Daemon *start_on(const struct addrinfo *address, bool every_address,
                                   struct http *http) {
    unsigned flags = MHD_USE_AUTO;
    if (address->ai_family == AF_INET6) flags |= every_address ? MHD_USE_DUAL_STACK : MHD_USE_IPv6;
    return MHD_start_daemon(flags, 0, NULL, NULL, answer, http, MHD_OPTION_SOCK_ADDR,
                            address->ai_addr, MHD_OPTION_CONNECTION_LIMIT, (unsigned)PLACES,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
                            MHD_OPTION_URI_LOG_CALLBACK, keep_query, NULL,
                            MHD_OPTION_NOTIFY_COMPLETED, finished, NULL,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_END);
}

/* The first of the addresses that can be listened on; without a host first the one that is for IPv6
 * and IPv4. */
static void start_daemon(struct http *http, const struct addrinfo *addresses, bool every_address) {
    for (const struct addrinfo *at = addresses; at && every_address && !http->daemon;
         at = at->ai_next)
        if (at->ai_family == AF_INET6) http->daemon = start_on(at, true, http);
    for (const struct addrinfo *at = addresses; at && !http->daemon; at = at->ai_next)
        http->daemon = start_on(at, false, http);
}

static int listen_on(struct http *http, const char *listen, struct err *err) {
    char host[HOST_MAX];
    const char *port = NULL;
    if (split(listen, host, &port, err) < 0) return -1;

    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                    *addresses;
    int rc = getaddrinfo(*host ? host : NULL, port, &hints, &addresses);
    if (rc != 0) return err_set(err, "listen address \"%.100s\": %s", listen, gai_strerror(rc));

    start_daemon(http, addresses, *host == 0);
    int saved = errno;
    freeaddrinfo(addresses);
    if (!http->daemon)
        return err_set(err, "listen address \"%.100s\": cannot listen: %s", listen,
                       strerror(saved));
    http->port = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return 0;
}

static void start_thread(struct http *http) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&http->thread, NULL, run, http);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    ASSERT(rc == 0);
}

struct http *http_start(const char *listen, const struct http_route *routes, void *context,
                        struct err *err) {
    struct http *http = calloc(1, sizeof *http);

    ASSERT(http);
    http->routes = routes;
    http->context = context;
    if (listen_on(http, listen, err) < 0) {
        free(http);
        return NULL;
    }
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
    free(http);
}
