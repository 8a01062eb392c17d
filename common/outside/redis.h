/* redis: the only user of hiredis. A connection that is lost is made anew; what was in flight is
 * unknown then, so every command sent here must be safe to run again. */
#ifndef REDRESS_REDIS_H
#define REDRESS_REDIS_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

struct redis;
struct config;

enum redis_kind { REDIS_NIL, REDIS_TEXT, REDIS_NUMBER, REDIS_LIST, REDIS_ERROR };
struct redis_reply {
    enum redis_kind kind;
    const char *text; /* REDIS_TEXT, REDIS_ERROR; NUL-terminated, may hold NULs */
    size_t len;
    int64_t number;
    struct redis_reply *items; /* REDIS_LIST */
    int count;
};

/* A URL as redis_url.h has it, without certificates. Nothing is connected yet. NULL and err for a
 * bad one. */
struct redis *redis_new(const char *url, struct err *err);
/* The one of the settings, REDRESS_REDIS_URL and REDRESS_REDIS_SSL_*, which must live longer. */
struct redis *redis_of(const struct config *config, struct err *err);
void redis_free(struct redis *redis);
/* The URL without user and password, for messages. */
const char *redis_where(const struct redis *redis);

/* Queues a command for the next exchange. argv's bytes are copied. */
void redis_add(struct redis *redis, int argc, const char *const *argv, const size_t *lens);
void redis_addf(struct redis *redis, int argc, ...); /* argc texts */

/* Sends what is queued and reads all replies into the arena, one for each command in order.
 * OUTCOME_WAIT: Redis cannot take it now, for a reason that passes or that somebody can mend
 * (redis_errors.h: away, full, a replica, a wrong password, no permission): some commands may have
 * run, run the whole thing again later. OUTCOME_STOP: an error reply that will not go away. err has
 * the words and, with OUTCOME_WAIT, the remedy. The queue is empty afterwards in each case. Waits
 * at most 5 s. */
enum outcome redis_exchange(struct redis *redis, struct arena *arena,
                            struct redis_reply **replies_out, int *count_out,
                            struct err *err) MUST_CHECK;

/* Sends what is queued and does not wait: Redis works while the caller goes on. The next exchange
 * reads the replies; nothing else may be asked before it. */
void redis_send(struct redis *redis);

/* A script, loaded at each connection. redis_use() before the first command. */
struct redis_script {
    const char *name, *lua;
    char sha[41];
};
void redis_use(struct redis *redis, struct redis_script *script);
/* Queues it (EVALSHA). */
void redis_add_script(struct redis *redis, struct redis_script *script, int keys, int argc,
                      const char *const *argv, const size_t *lens);

/* One command or one script, one reply. */
enum outcome redis_ask(struct redis *redis, struct arena *arena, struct redis_reply *reply_out,
                       struct err *err, int argc, ...) MUST_CHECK;

/* Connects where needed. Returns the run_id of the Redis that what is queued from now on goes to,
 * or to none: a connection that is lost takes its queue with it. "": away. */
const char *redis_reach(struct redis *redis);

/* The run_id of the Redis connected to, with the beginning of its replication id, which is another
 * after each promotion, and with how many keys it has thrown away when it has:
 * "<run_id>-<replid>.<n>"; "" before the first connection. */
const char *redis_run_id(const struct redis *redis);

/* Whether this Redis can be used, and from now on with each connection and every 5 s:
 * maxmemory-policy must be noeviction. What is not good has words in err that say how to mend it; a
 * handle that turned bad is as if away. */
enum redis_state {
    REDIS_GOOD,
    REDIS_AWAY,          /* for now */
    REDIS_FORGETFUL,     /* it may throw keys away */
    REDIS_MISCONFIGURED, /* REDRESS_REDIS_URL, or the rights of its user */
};
enum redis_state redis_check(struct redis *redis, struct err *err) MUST_CHECK;

#endif
