/* http_site: see the header. The thread drives libmicrohttpd as http.c does. Connections whose
 * answer comes later, and listeners that have seen the latest event, are suspended. */
#include "outside/http_site.h"
#include "base/heap.h"
#include "base/thread.h"
#include "outside/http_clients.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER_BYTES = 32 * 1024, /* of libmicrohttpd for a connection: request and answer headers */
    BODY_BYTES = 16 * 1024,   /* a decision with its words has 2 KiB */
    EVENT_BYTES = 4096,       /* what a listener is handed at once */
    REQUEST_MS = 10000,
    ANSWER_MS = 30000,
    IDLE_MS = 60000,
    STALL_S = 60, /* without a byte in either direction */
    TURN_MS = 100
};
static const struct http_clients_limits limits = {
    .total = 1024, .of_address = 512, .deadline_ms = REQUEST_MS, .send_bytes = 64 * 1024};

/* One request, from its first line to the end of its answer. */
struct exchange {
    struct http_site *site;
    struct MHD_Connection *connection;
    char *query;
    struct buf body;
    bool seen, too_large, later;
    struct http_answer answer; /* of one who answers later */
    char peer[INET6_ADDRSTRLEN];
};

/* One who listens. */
struct listener {
    struct http_site *site;
    struct MHD_Connection *connection;
    struct buf first; /* not sent yet */
    size_t sent;
    int64_t seen; /* events */
    bool asleep;
    struct listener *next, **at;
};

struct http_site {
    struct MHD_Daemon *daemon;
    struct http_clients *clients;
    http_serve *serve;
    void *context;
    pthread_t thread;
    _Atomic bool stopping;
    pthread_mutex_t lock; /* for what follows */
    struct buf event;
    int64_t events;
    struct listener *listeners;
    int listener_count;
};

/* ---- The stream ---- */

static ssize_t give(struct buf *from, size_t *sent, char *to, size_t room) {
    size_t len = from->len - *sent;
    if (len > room) len = room;
    memcpy(to, from->at + *sent, len);
    *sent += len;
    if (*sent == from->len) {
        buf_clear(from);
        *sent = 0;
    }
    return (ssize_t)len;
}

/* What is next for a listener; one who has seen everything sleeps. */
static ssize_t read_events(void *context, uint64_t position, char *to, size_t room) {
    struct listener *listener = context;
    struct http_site *site = listener->site;
    ssize_t len = 0;
    (void)position;

    pthread_mutex_lock(&site->lock);
    if (listener->first.len == 0 && listener->seen != site->events) {
        buf_add(&listener->first, site->event.at, site->event.len);
        listener->seen = site->events;
    }
    if (listener->first.len > 0) {
        len = give(&listener->first, &listener->sent, to, room);
    } else if (site->stopping) {
        len = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        listener->asleep = true;
        MHD_suspend_connection(listener->connection);
    }
    pthread_mutex_unlock(&site->lock);

    return len;
}

static void wake_all(struct http_site *site) {
    for (struct listener *at = site->listeners; at; at = at->next) {
        if (!at->asleep) continue;
        at->asleep = false;
        MHD_resume_connection(at->connection);
    }
}

static void end_listening(void *context) {
    struct listener *listener = context;
    struct http_site *site = listener->site;

    pthread_mutex_lock(&site->lock);
    *listener->at = listener->next;
    if (listener->next) listener->next->at = listener->at;
    site->listener_count--;
    pthread_mutex_unlock(&site->lock);
    buf_free(&listener->first);
    free(listener);
}

static struct listener *listen_to(struct exchange *exchange, struct buf *first) {
    struct http_site *site = exchange->site;
    struct listener *listener = heap_resize(NULL, sizeof *listener);

    *listener = (struct listener){
        .site = site, .connection = exchange->connection, .first = *first, .at = &site->listeners};
    *first = (struct buf){NULL, 0, 0};
    pthread_mutex_lock(&site->lock);
    listener->seen = site->events;
    listener->next = site->listeners;
    if (listener->next) listener->next->at = &listener->next;
    site->listeners = listener;
    site->listener_count++;
    pthread_mutex_unlock(&site->lock);

    return listener;
}

void http_site_publish(struct http_site *site, const char *event) {
    pthread_mutex_lock(&site->lock);
    buf_clear(&site->event);
    buf_puts(&site->event, event);
    site->events++;
    wake_all(site);
    pthread_mutex_unlock(&site->lock);
}

int http_site_listeners(struct http_site *site) {
    pthread_mutex_lock(&site->lock);
    int count = site->listener_count;
    pthread_mutex_unlock(&site->lock);
    return count;
}

/* ---- Answers ---- */

void http_answer_header(struct http_answer *answer, const char *name, const char *value) {
    ASSERT(answer->headers < HTTP_HEADERS_MAX);
    answer->names[answer->headers] = name;
    answer->values[answer->headers++] = value;
}

static struct MHD_Response *make_response(struct http_answer *answer) {
    if (answer->fixed)
        return MHD_create_response_from_buffer(answer->fixed_len, (void *)(uintptr_t)answer->fixed,
                                               MHD_RESPMEM_PERSISTENT);
    if (!answer->body.at)
        return MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    void *body = answer->body.at;
    size_t len = answer->body.len;
    answer->body = (struct buf){NULL, 0, 0}; /* it is the response's now */
    return MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result send_response(struct exchange *exchange, const struct http_answer *answer,
                                     struct MHD_Response *response) {
    ASSERT(response);
    if (answer->content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    for (int i = 0; i < answer->headers; i++)
        MHD_add_response_header(response, answer->names[i], answer->values[i]);
    if (answer->etag[0]) MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, answer->etag);
    enum MHD_Result rc =
        MHD_queue_response(exchange->connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);

    return rc;
}

static enum MHD_Result respond(struct exchange *exchange, struct http_answer *answer) {
    http_client_set_deadline(http_client_of(exchange->connection), ANSWER_MS);
    return send_response(exchange, answer, make_response(answer));
}

static enum MHD_Result stream(struct exchange *exchange, struct http_answer *answer) {
    struct listener *listener = listen_to(exchange, &answer->body);
    http_client_set_deadline(http_client_of(exchange->connection), 0);
    return send_response(exchange, answer,
                         MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, EVENT_BYTES,
                                                           read_events, listener, end_listening));
}

void http_site_answer(void *handle, struct http_answer *answer) {
    struct exchange *exchange = handle;
    exchange->answer = *answer;
    *answer = (struct http_answer){.status = 0};
    MHD_resume_connection(exchange->connection);
}

void *http_request_later(struct http_request *request) {
    struct exchange *exchange = request->handle;
    exchange->later = true;
    http_client_set_deadline(http_client_of(exchange->connection), 0);
    MHD_suspend_connection(exchange->connection);
    return exchange;
}

/* ---- Requests ---- */

static void *begin(void *context, const char *uri, struct MHD_Connection *connection) {
    struct exchange *exchange = heap_resize(NULL, sizeof *exchange);
    const char *mark = strchr(uri, '?');

    *exchange = (struct exchange){.site = context, .connection = connection};
    exchange->query = strdup(mark ? mark + 1 : "");
    http_client_set_deadline(http_client_of(connection), REQUEST_MS);
    return exchange;
}

static void finished(void *context, struct MHD_Connection *connection, void **place,
                     enum MHD_RequestTerminationCode code) {
    (void)context, (void)code;
    struct exchange *exchange = *place;
    if (!exchange) return;

    http_client_set_deadline(http_client_of(connection), IDLE_MS);
    buf_free(&exchange->body);
    buf_free(&exchange->answer.body);
    free(exchange->query);
    free(exchange);
    *place = NULL;
}

struct header_search {
    const char *name, *value;
    int count;
};

static enum MHD_Result see_header(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value) {
    struct header_search *search = context;
    (void)kind;
    if (strcasecmp(name, search->name) != 0) return MHD_YES;
    search->value = value;
    search->count++;
    return MHD_YES;
}

static const char *find_header(struct MHD_Connection *connection, const char *name,
                               int *count_out) {
    struct header_search search = {.name = name};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, see_header, &search);
    *count_out = search.count;
    if (search.count == 1) return search.value;
    return NULL;
}

const char *http_request_header(struct http_request *request, const char *name) {
    struct exchange *exchange = request->handle;
    int count;
    const char *value = find_header(exchange->connection, name, &count);
    if (count > 1) request->ambiguous = true;
    return value;
}

/* What two readers may read in two ways, as a proxy before this and libmicrohttpd might. */
static const char *ambiguity(struct MHD_Connection *connection, const char *version) {
    int hosts, lengths, pieces;

    find_header(connection, "Host", &hosts);
    find_header(connection, "Content-Length", &lengths);
    find_header(connection, "Transfer-Encoding", &pieces);
    if (hosts > 1 || (hosts == 0 && strcmp(version, "HTTP/1.0") != 0))
        return "expected one Host header\n";
    if (lengths > 1) return "expected one Content-Length header\n";
    if (pieces > 0) return "a body in pieces is not taken\n";
    return NULL;
}

static enum MHD_Result refuse(struct exchange *exchange, int status, const char *why) {
    struct http_answer answer = {.status = status, .content_type = "text/plain; charset=utf-8"};
    buf_puts(&answer.body, why);
    http_answer_header(&answer, "Connection", "close");
    http_answer_header(&answer, "X-Content-Type-Options", "nosniff");
    return respond(exchange, &answer);
}

static bool describe_peer(struct exchange *exchange) {
    const struct sockaddr *address =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
            ->client_addr;
    if (address->sa_family == AF_INET) {
        const struct in_addr *four = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
        inet_ntop(AF_INET, four, exchange->peer, sizeof exchange->peer);
        return ntohl(four->s_addr) >> 24 == 127;
    }
    const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(six)) {
        inet_ntop(AF_INET, six->s6_addr + 12, exchange->peer, sizeof exchange->peer);
        return six->s6_addr[12] == 127;
    }
    inet_ntop(AF_INET6, six, exchange->peer, sizeof exchange->peer);
    return IN6_IS_ADDR_LOOPBACK(six);
}

static enum MHD_Result serve(struct exchange *exchange, const char *method, const char *path) {
    struct http_site *site = exchange->site;
    struct http_request request = {.method = method,
                                   .path = path,
                                   .query = exchange->query,
                                   .body = exchange->body.at ? exchange->body.at : "",
                                   .body_len = exchange->body.len,
                                   .peer = exchange->peer,
                                   .handle = exchange};
    struct http_answer answer = {.status = 200};

    request.local = describe_peer(exchange);
    switch (site->serve(site->context, &request, &answer)) {
    case HTTP_STREAM: return stream(exchange, &answer);
    case HTTP_LATER: return MHD_YES;
    default: return respond(exchange, &answer);
    }
}

/* Called for the head of a request, for each part of its body, for its end, and again when an
 * answer has come later. */
static enum MHD_Result answer_to(void *context, struct MHD_Connection *connection, const char *path,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_len, void **place) {
    (void)context;
    struct exchange *exchange = *place;

    if (!exchange->seen) {
        exchange->seen = true;
        const char *why = ambiguity(connection, version);
        if (why) return refuse(exchange, 400, why);
        return MHD_YES;
    }
    if (*upload_len > 0) {
        if (exchange->body.len + *upload_len > BODY_BYTES)
            exchange->too_large = true;
        else
            buf_add(&exchange->body, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    if (exchange->later) return respond(exchange, &exchange->answer);
    if (exchange->too_large) return refuse(exchange, 413, "the body is too large\n");
    if (exchange->body.at && memchr(exchange->body.at, 0, exchange->body.len))
        return refuse(exchange, 400, "the body holds a NUL\n");
    return serve(exchange, method, path);
}

/* ---- Start and end ---- */

static void *run(void *context) {
    struct http_site *site = context;

    while (!site->stopping) {
        if (MHD_run_wait(site->daemon, TURN_MS) != MHD_YES) poll(NULL, 0, TURN_MS);
        http_clients_cut_overdue(site->clients);
    }
    return NULL;
}

static struct MHD_Daemon *start_daemon(const struct addrinfo *address, unsigned flags,
                                       void *context) {
    struct http_site *site = context;
    return MHD_start_daemon(
        flags | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer_to, site, MHD_OPTION_SOCK_ADDR,
        address->ai_addr, MHD_OPTION_CONNECTION_LIMIT, (unsigned)http_clients_places(site->clients),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)STALL_S, MHD_OPTION_URI_LOG_CALLBACK, begin, site, MHD_OPTION_NOTIFY_COMPLETED,
        finished, NULL, MHD_OPTION_NOTIFY_CONNECTION, http_clients_notify, site->clients,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

struct http_site *http_site_start(const char *listen, http_serve *serve_it, void *context,
                                  struct err *err) {
    struct http_site *site = heap_resize(NULL, sizeof *site);

    memset(site, 0, sizeof *site);
    site->serve = serve_it;
    site->context = context;
    site->clients = http_clients_new(&limits);
    pthread_mutex_init(&site->lock, NULL);
    site->daemon = http_clients_listen(listen, start_daemon, site, err);
    if (!site->daemon) {
        http_clients_free(site->clients);
        free(site);
        return NULL;
    }
    site->thread = thread_start(run, site);

    return site;
}

int http_site_port(const struct http_site *site) {
    return MHD_get_daemon_info(site->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void http_site_stop(struct http_site *site) {
    if (!site) return;
    site->stopping = true;
    pthread_join(site->thread, NULL);
    pthread_mutex_lock(&site->lock);
    wake_all(site);
    pthread_mutex_unlock(&site->lock);
    MHD_run(site->daemon);
    MHD_stop_daemon(site->daemon);
    http_clients_free(site->clients);
    buf_free(&site->event);
    pthread_mutex_destroy(&site->lock);
    free(site);
}
