/* fake_redis: outside/redis.h in memory, for tests of the loops: one server, the real Lua scripts
 * in a real Lua 5.1, and faults by the dice. */
#ifndef REDRESS_SEAM_FAKE_REDIS_H
#define REDRESS_SEAM_FAKE_REDIS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* In percent of the exchanges. */
struct fake_redis_faults {
    unsigned away; /* nothing was done, and 1 is returned: away, LOADING, BUSY, READONLY, MOVED, OOM
                      all look so */
    unsigned lost_reply; /* all was done, and 1 is returned */
    unsigned half;       /* the first part of the pipeline was done, and 1 is returned */
};

/* An empty server, and a new run_id. */
void fake_redis_begin(void);
void fake_redis_faults(const struct fake_redis_faults *faults);

void fake_redis_flush(void);     /* FLUSHALL: the same server */
void fake_redis_restart(void);   /* another run_id, nothing left */
void fake_redis_remember(void);  /* a snapshot, as a replica or a file on disk has it */
void fake_redis_roll_back(void); /* another run_id, with what was remembered */
/* Deletes one key as DEL does; false when it was not there. */
bool fake_redis_lose(const char *key);

/* Looking, for invariants: without faults, and without time passing. */
bool fake_redis_has(const char *key);
const char *fake_redis_get(const char *key); /* NULL: none; until the next call */
/* Calls `each` with every key that begins so, each field and its value: a hash's fields, a sorted
 * set's members with their scores, a text as field "". In no order. */
void fake_redis_each(const char *prefix,
                     void (*each)(void *context, const char *key, const char *field,
                                  const char *value, size_t len),
                     void *context);

#endif
