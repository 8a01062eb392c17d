/* redis_url: where Redis is and who we are there, read from REDRESS_REDIS_URL. */
#ifndef REDRESS_REDIS_URL_H
#define REDRESS_REDIS_URL_H

#include "base/err.h"
#include "outside/redis_tls.h"
#include <stdbool.h>

enum { REDIS_HOST_MAX = 256, REDIS_HOSTS_MAX = 64 };

/* How many servers there are, and which has a key. */
enum redis_layout {
    REDIS_ONE,      /* one server */
    REDIS_SPREAD,   /* several, each with its part of the slots, in the order of the URL */
    REDIS_SENTINEL, /* the one that Sentinels name */
    REDIS_CLUSTER   /* the nodes of a Redis Cluster, as it says itself */
};

struct redis_host {
    char *name; /* or the socket's path */
    int port;
};

struct redis_address {
    enum redis_layout layout;
    struct redis_host hosts[REDIS_HOSTS_MAX]; /* servers, Sentinels, or nodes to begin with */
    int host_count;
    char *user, *password; /* NULL: none */
    char *service;         /* the primary's name at its Sentinels; else NULL */
    int db;
    bool is_unix;
    bool tls;               /* to servers, Sentinels and nodes */
    struct redis_tls files; /* of it; not of the URL: the caller's */
};

/* Each with [[user]:password@] before the hosts, %XX for a byte anywhere, [IPv6]:port too:
 *   redis://host[:port][/db]
 *   redis://host[:port],host[:port]...[/db]: independent primaries. The order and the number of
 *       them must stay as they are; if they do not, the views are made anew.
 *   redis+sentinel://host[:26379],.../service[/db]: user and password are the servers', and the
 *       Sentinels' if they ask for one
 *   redis+cluster://host[:port],...
 *   unix://[[user]:password@]/path/to/socket[?db=N]
 * rediss, rediss+sentinel and rediss+cluster are the same by TLS.
 * No error repeats the user or the password. 0; -1 and nothing to free. */
int redis_url_parse(const char *url, struct redis_address *out, struct err *err) MUST_CHECK;
/* Whether two good URLs differ in user and password at most. */
bool redis_url_same_servers(const char *one, const char *other);
void redis_url_free(struct redis_address *address); /* wipes the password */

#endif
