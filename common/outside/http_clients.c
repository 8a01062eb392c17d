/* http_clients: see the header. */
#include "outside/http_clients.h"
#include "base/clock.h"
#include "base/heap.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    HOST_MAX = 256,
    KEY_BYTES = 8 /* of an address: all of IPv4; of IPv6 the network, of which one host may have all
                     addresses */
};

/* A connection that is open. */
struct http_client {
    bool used, cut;
    int fd;
    int64_t since_ms, end_ms; /* boot time; end_ms 0: no deadline */
    unsigned char key[KEY_BYTES];
};

struct http_clients {
    struct http_clients_limits limits;
    int places;
    struct http_client at[];
};

struct http_clients *http_clients_new(const struct http_clients_limits *limits) {
    int places = 4 * limits->total;
    size_t size = sizeof(struct http_clients) + (size_t)places * sizeof(struct http_client);
    struct http_clients *clients = heap_resize(NULL, size);

    memset(clients, 0, size);
    clients->limits = *limits;
    clients->places = places;
    return clients;
}

void http_clients_free(struct http_clients *clients) {
    free(clients);
}

int http_clients_places(const struct http_clients *clients) {
    return clients->places;
}

/* libmicrohttpd finds the connection ended by its other side, and closes it. */
static void cut(struct http_client *client) {
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

/* Who goes first: one with a deadline before one without, then the oldest. */
static bool goes_before(const struct http_client *one, const struct http_client *two) {
    if (!one->end_ms != !two->end_ms) return one->end_ms != 0;
    return one->since_ms < two->since_ms;
}

/* How many are open, of one address or (NULL) of all; and the one to go. */
static int count_open(struct http_clients *clients, const unsigned char *key,
                      struct http_client **goes_out) {
    int count = 0;

    *goes_out = NULL;
    for (int i = 0; i < clients->places; i++) {
        struct http_client *client = &clients->at[i];
        if (!client->used || client->cut || (key && memcmp(client->key, key, KEY_BYTES) != 0))
            continue;
        count++;
        if (!*goes_out || goes_before(client, *goes_out)) *goes_out = client;
    }

    return count;
}

static void make_room(struct http_clients *clients, const unsigned char *key) {
    struct http_client *goes;
    if (count_open(clients, key, &goes) >= clients->limits.of_address) cut(goes);
    if (count_open(clients, NULL, &goes) >= clients->limits.total) cut(goes);
}

static void let_in(struct http_clients *clients, struct MHD_Connection *connection, void **place) {
    int64_t now_ms = clock_boot_ms();
    struct http_client client = {
        .used = true,
        .fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
        .since_ms = now_ms,
        .end_ms = now_ms + clients->limits.deadline_ms};
    int send_bytes = clients->limits.send_bytes;
    setsockopt(client.fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes);
    make_key(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
             client.key);
    make_room(clients, client.key);

    int free_place = 0;
    while (clients->at[free_place].used) free_place++;
    ASSERT(free_place < clients->places); /* libmicrohttpd's own limit */
    clients->at[free_place] = client;
    *place = &clients->at[free_place];
}

void http_clients_notify(void *clients, struct MHD_Connection *connection, void **place,
                         enum MHD_ConnectionNotificationCode what) {
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        let_in(clients, connection, place);
    else
        *(struct http_client *)*place = (struct http_client){.used = false};
}

void http_clients_cut_overdue(struct http_clients *clients) {
    int64_t now_ms = clock_boot_ms();
    for (int i = 0; i < clients->places; i++) {
        struct http_client *client = &clients->at[i];
        if (client->used && !client->cut && client->end_ms && now_ms > client->end_ms) cut(client);
    }
}

struct http_client *http_client_of(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void http_client_set_deadline(struct http_client *client, int64_t ms) {
    client->end_ms = 0;
    if (ms) client->end_ms = clock_boot_ms() + ms;
}

/* ---- Listening ---- */

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

struct start {
    struct MHD_Daemon *(*start)(const struct addrinfo *address, unsigned flags, void *context);
    void *context;
};

static struct MHD_Daemon *start_on(const struct start *start, const struct addrinfo *address,
                                   bool every_address) {
    unsigned flags = MHD_USE_AUTO;
    if (address->ai_family == AF_INET6) flags |= every_address ? MHD_USE_DUAL_STACK : MHD_USE_IPv6;
    return start->start(address, flags, start->context);
}

/* The first of the addresses that can be listened on; without a host first the one that is for IPv6
 * and IPv4. */
static struct MHD_Daemon *start_first(const struct start *start, const struct addrinfo *addresses,
                                      bool every_address) {
    struct MHD_Daemon *daemon = NULL;
    for (const struct addrinfo *at = addresses; at && every_address && !daemon; at = at->ai_next)
        if (at->ai_family == AF_INET6) daemon = start_on(start, at, true);
    for (const struct addrinfo *at = addresses; at && !daemon; at = at->ai_next)
        daemon = start_on(start, at, false);
    return daemon;
}

struct MHD_Daemon *http_clients_listen(const char *listen,
                                       struct MHD_Daemon *(*start)(const struct addrinfo *address,
                                                                   unsigned flags, void *context),
                                       void *context, struct err *err) {
    char host[HOST_MAX];
    const char *port = NULL;
    if (split(listen, host, &port, err) < 0) return NULL;

    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses;
    int rc = getaddrinfo(*host ? host : NULL, port, &hints, &addresses);
    if (rc != 0) {
        err_set(err, "listen address \"%.100s\": %s", listen, gai_strerror(rc));
        return NULL;
    }
    struct MHD_Daemon *daemon = start_first(&(struct start){start, context}, addresses, *host == 0);
    int saved = errno;
    freeaddrinfo(addresses);
    if (!daemon)
        err_set(err, "listen address \"%.100s\": cannot listen: %s", listen, strerror(saved));

    return daemon;
}
