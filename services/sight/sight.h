/* sight: what Redis shows of the workers, over all shards as one: the one place that reads views
 * for people. redressctl and redress-board stand on it, so both say the same.
 *
 * Plain reads only: whoever looks needs no right to run scripts. All that is found lives in the
 * arena that the caller gave, until it resets it. A function that asks Redis returns 0, or -1 with
 * what is wrong in sight->err. */
#ifndef REDRESS_SIGHT_H
#define REDRESS_SIGHT_H

#include "outside/redis.h"

struct sight {
    struct redis *redis;
    struct arena *arena;
    const char *prefix; /* REDRESS_TOPIC_PREFIX */
    int shards;         /* sight_open() */
    struct err err;
};

/* Reads the shard count of <prefix>:meta. -1 also when no worker has run with this Redis yet. */
int sight_open(struct sight *sight) MUST_CHECK;
/* Runs what was queued. */
int sight_exchange(struct sight *sight, struct redis_reply **replies_out,
                   int *count_out) MUST_CHECK;

/* "redress:{sla.3}:by:first_contact_due". */
const char *sight_key(struct sight *sight, const char *worker, int shard, const char *rest);
/* "redress:{sla.3}:case:<case_id>"; the shard is the case's. */
const char *sight_case_key(struct sight *sight, const char *worker, const char *case_id);

/* A member of a reply to HGETALL, or NULL. */
const char *sight_hash_get(const struct redis_reply *hash, const char *field);
/* A text of a list, or NULL: HMGET's reply. */
const char *sight_item(const struct redis_reply *list, int index);
/* 0 where there is none. */
int64_t sight_number(const char *text);

#endif
