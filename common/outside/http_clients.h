/* http_clients: the connections of a server: how many, of whom, and until when. Who comes is let
 * in: the oldest goes for him, so that whoever holds many does not keep others out. One thread uses
 * it, the server's own. */
#ifndef REDRESS_HTTP_CLIENTS_H
#define REDRESS_HTTP_CLIENTS_H

#include <microhttpd.h>
#include <netdb.h>
#include <stdint.h>

#include "base/err.h"

struct http_clients_limits {
    int total;
    int of_address;      /* of IPv4 an address, of IPv6 a network */
    int64_t deadline_ms; /* from the accept; http_client_set_deadline() changes it */
    int send_bytes;      /* what the kernel keeps for one who does not read */
};
struct http_clients;
struct http_client;

struct http_clients *http_clients_new(const struct http_clients_limits *limits);
void http_clients_free(struct http_clients *clients); /* NULL is allowed */
/* What the daemon is to allow: connections that were cut keep their place for a turn or two. */
int http_clients_places(const struct http_clients *clients);

/* For MHD_OPTION_NOTIFY_CONNECTION, with the clients as its context. */
void http_clients_notify(void *clients, struct MHD_Connection *connection, void **place,
                         enum MHD_ConnectionNotificationCode what);
/* Ends those whose time is over. */
void http_clients_cut_overdue(struct http_clients *clients);

struct http_client *http_client_of(struct MHD_Connection *connection);
/* From now on; 0: none, until somebody says otherwise. Those are the last to go for others. */
void http_client_set_deadline(struct http_client *client, int64_t ms);

/* Listens at "HOST:PORT", "[IPv6]:PORT" or ":PORT" (all addresses, of IPv6 too; port 0: a free
 * one): `start` is called for one address after the other until it gives a daemon. NULL: err. */
struct MHD_Daemon *http_clients_listen(const char *listen,
                                       struct MHD_Daemon *(*start)(const struct addrinfo *address,
                                                                   unsigned flags, void *context),
                                       void *context, struct err *err);

#endif
