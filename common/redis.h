/* redis: the only user of hiredis. A connection that is lost is made anew; what was in flight is unknown then, so every
 * command sent here must be safe to run again. */
#ifndef REDRESS_REDIS_H
#define REDRESS_REDIS_H

#include "arena.h"
#include <stdbool.h>
#include <stdint.h>

struct redis;

enum redis_kind { REDIS_NIL, REDIS_TEXT, REDIS_NUMBER, REDIS_LIST, REDIS_ERROR };
struct redis_reply {
    enum redis_kind kind;
    const char *text; /* REDIS_TEXT, REDIS_ERROR; NUL-terminated, may hold NULs */
    size_t len;
    int64_t number;
    struct redis_reply *items; /* REDIS_LIST */
    int count;
};

/* redis://[user[:password]@]host[:port][/db], unix:///path/to/socket. Nothing is connected yet. NULL and err for a bad
 * URL. */
struct redis *redis_new(const char *url, struct err *err);
void redis_free(struct redis *redis);
/* The URL without user and password, for messages. */
const char *redis_where(const struct redis *redis);

/* Queues a command for the next exchange. argv's bytes are copied. */
void redis_add(struct redis *redis, int argc, const char *const *argv, const size_t *lens);
void redis_addf(struct redis *redis, int argc, ...); /* argc texts */

/* Sends what is queued and reads all replies into the arena, one for each command in order. Returns 0; 1 when Redis
 * cannot take it now (away, LOADING, BUSY, READONLY, MOVED, ASK, TRYAGAIN, OOM, NOSCRIPT that could not be mended):
 * some commands may have run, run the whole thing again later; -1: an error reply that will not go away (err has it).
 * The queue is empty afterwards in each case. Waits at most 5 s. */
int redis_exchange(struct redis *redis, struct arena *arena, struct redis_reply **replies_out, int *count_out,
                   struct err *err) MUST_CHECK;

/* A script, loaded at each connection. redis_use() before the first command. */
struct redis_script {
    const char *name, *lua;
    char sha[41];
};
void redis_use(struct redis *redis, struct redis_script *script);
/* Queues it (EVALSHA). */
void redis_add_script(struct redis *redis, struct redis_script *script, int keys, int argc, const char *const *argv,
                      const size_t *lens);

/* One command or one script, one reply. */
int redis_ask(struct redis *redis, struct arena *arena, struct redis_reply *reply_out, struct err *err, int argc,
              ...) MUST_CHECK;

/* Changes whenever a connection is made to a Redis with another run_id (a restart, another server); 0 before the first.
 */
int64_t redis_incarnation(const struct redis *redis);

/* Connects where needed. Returns the run_id of the Redis that what is queued from now on goes to, or to none: a
 * connection that is lost takes its queue with it. "": away. */
const char *redis_reach(struct redis *redis);

/* The run_id of the Redis connected to; "" before the first connection. */
const char *redis_run_id(const struct redis *redis);

/* INFO/CONFIG checks at start: maxmemory-policy must be noeviction. 0, 1 away, -1 with a text that says how to mend it.
 */
int redis_check(struct redis *redis, struct arena *arena, struct err *err) MUST_CHECK;

#endif
