/* claim_parts: what the files claim_*.c share; besides them only tests include it. */
#ifndef REDRESS_CLAIM_PARTS_H
#define REDRESS_CLAIM_PARTS_H

#include "base/ids.h"
#include "runtime/claim_store.h"

enum { CLAIM_DAY_MS = 24 * 3600 * 1000, CLAIM_MARKER_MAX = 100 };

/* Between the key of a claim and whose it is, in a record's key. */
#define CLAIM_ID_MARK "\x1f#"

/* A way through the topic, from its beginning to its end as of the start. */
struct claim_reading {
    struct kafka_consumer *reader; /* NULL: none under way */
    struct place *ends;
    int partitions;
    int64_t began_ms, count;
    int64_t skew_ms; /* Redis' clock against CLOCK_BOOTTIME, as of the start */
};

struct claim_store {
    struct redis *redis;
    struct kafka kafka;
    struct redis_script claim, restored_all;
    char *claim_text;                           /* of the script */
    int buckets[CLAIM_TAGS];                    /* that each tag was seen to have */
    char markers[CLAIM_TAGS][CLAIM_MARKER_MAX]; /* as seen in this batch; "" = tag not used */
    struct claim_reading restoring, tidying;
    struct claim_op *ops; /* what was read of a restore, until it is sent */
    int op_count;
    char token[20]; /* of this restore: Redis holds it, or has forgotten what was restored by now */
    bool turn;      /* ours: the others wait for what it restores */
    char marker[CLAIM_MARKER_MAX]; /* that it will set: of the Redis at which it began */
    struct kafka_producer *buries; /* of tombstones */
    int64_t tidy_at_ms;            /* (boot time) */
};

/* A claim for claim.lua: made, restored or given back. */
struct claim_op {
    const char *key, *kind, *id, *value;
    int64_t time_ms, valid_ms, kept_ms, amount, limit;
    bool shared;
};
/* Runs them, those of a tag in one script, all scripts in one pipeline; of one key in their order.
 * With `answers` markers must be of this run, and are noted; without, claims are restored or given
 * back. */
enum outcome claim_run(struct claim_store *store, struct arena *arena, const struct claim_op *ops,
                       int count, struct answer *answers, struct err *err);
/* What a marker of this run of Redis begins with. */
const char *claim_marker_begin(struct redis *redis, struct arena *arena);

/* claim_buckets.c: the name of a claim in a bucket, and which of `buckets` it is in; which one
 * gives half of it to the next. */
enum { CLAIM_FIELD_MAX = 20, CLAIM_FIELD_LEN = CLAIM_FIELD_MAX - 1 };
void claim_field(const char *key, char field_out[CLAIM_FIELD_LEN + 1]);
int claim_bucket(const char *field, int buckets);
int claim_split(int buckets);

extern const char *const claim_kind_names[];
const char *claim_redis_key(const struct claim_store *store, struct arena *arena, int tag,
                            const char *name);
const char *claim_number(struct arena *arena, int64_t value);

#endif
