/* keyed_batch: one batch of a keyed worker, and what the loop and the batch share. Only keyed*.c
 * include it. */
#ifndef REDRESS_KEYED_BATCH_H
#define REDRESS_KEYED_BATCH_H

#include "runtime/proof.h"
#include "runtime/shard.h"

enum {
    KEYED_DUE_MAX = 500, /* wake-ups of one shard in one batch: events flow between batches */
    /* Records of types that are not wanted, beside a batch of those that are: at most what a batch
     * of wake-ups of many shards writes itself. */
    KEYED_SKIP_MAX = 8000,
    KEYED_COMMIT_MS = 1000 /* offsets of events that changed nothing are committed so often */
};

/* A record in hand. */
struct polled {
    struct kafka_record *record;
    struct raw raw;
    bool wanted; /* the worker decides on its type */
};

struct keyed {
    struct engine *engine;
    struct shards shards;
    struct proof *proof;
    size_t wake_offset;    /* of wake_at in the state */
    size_t version_offset; /* of policy_version, the version that a case keeps */
    struct polled *polled; /* room for what one turn polls */
    int assignment; /* counts assignments and revokes: a batch of another one is thrown away */
    bool fetching;
    bool damaged; /* a damaged batch was met since fetching began: nothing behind it is decided */
    int64_t damaged_since_ms; /* (boot time) under this assignment; 0: not met */
    int64_t report_at_ms;     /* (boot time) views are looked at and told of then */
    int64_t commit_at_ms;
    int walks; /* which shard walks through its cases next */
};

/* Decides a batch of records (taken) and wake-ups, commits, applies. */
void keyed_batch(struct keyed *keyed, const struct polled *records, int count);

#endif
