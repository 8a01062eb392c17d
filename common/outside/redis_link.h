/* redis_link: one connection to one Redis server; redis.c holds one for each server that it needs.
 * Within `outside` only: it shows hiredis' own context. */
#ifndef REDRESS_REDIS_LINK_H
#define REDRESS_REDIS_LINK_H

#include "outside/redis.h"
#include "outside/redis_errors.h"
#include "outside/redis_url.h"
#include <hiredis/hiredis.h>

enum { REDIS_WHERE_MAX = REDIS_HOST_MAX + 64, REDIS_RUN_MAX = 80 };

struct redis_link {
    const struct redis_address *address; /* the user, the database, TLS */
    char where[REDIS_WHERE_MAX];         /* for messages: without user and password */
    char host[REDIS_HOST_MAX];           /* or the socket's path */
    int port;
    redisContext *context;      /* NULL: none */
    char run_id[REDIS_RUN_MAX]; /* with its history and how many keys it has thrown away, as
                                   redis_run_id() */
    enum redis_state state;     /* of the last thing that failed */
};

/* What a connection begins with. */
struct redis_greeting {
    struct redis_script *const *scripts; /* to be loaded */
    int script_count;
    bool guarded; /* maxmemory-policy must be noeviction */
    bool primary; /* it must be a primary: Sentinel may name one that is none yet, or any more */
};

/* Which server it leads to; nothing is connected. */
void redis_link_to(struct redis_link *link, const struct redis_address *address, const char *host,
                   int port);
/* Connects, signs in and greets. 0; -1 and err, and the caller closes it. At most about 1 s for the
 * connection and 5 s for each answer. */
int redis_link_open(struct redis_link *link, const struct redis_greeting *greeting,
                    struct err *err) MUST_CHECK;
/* Connects and signs in: for questions to Sentinels and to nodes of a cluster. */
int redis_link_connect(struct redis_link *link, struct err *err) MUST_CHECK;
void redis_link_close(struct redis_link *link);
/* Reads its run_id and settings once more. 0; -1 and err. */
int redis_link_look(struct redis_link *link, const struct redis_greeting *greeting,
                    struct err *err) MUST_CHECK;
/* One command of text arguments; freeReplyObject() gives the reply back. NULL and err: no answer,
 * or an error. `what` names it in err. */
redisReply *redis_link_ask(struct redis_link *link, const char *what, int argc, const char **argv,
                           struct err *err) MUST_CHECK;
/* What is queued is sent. 0; -1: the connection is broken, as its context says. */
int redis_link_send(struct redis_link *link) MUST_CHECK;
/* Notes what went wrong, and what there is to do about it, in err. Returns -1. */
int redis_link_fails(struct redis_link *link, struct redis_words words, const char *what,
                     const char *text, struct err *err);
/* The same of a connection that broke. */
int redis_link_breaks(struct redis_link *link, const char *what, bool early, struct err *err);

#endif
