/* shard: a partition of the case log in the hands of this process: its state is in Redis, its truth
 * in the changelog <prefix>.<worker>.state of the same partition. Take-over, healing, and whether
 * the view is what was applied. */
#ifndef REDRESS_SHARD_H
#define REDRESS_SHARD_H

#include "runtime/due_clock.h"
#include "runtime/engine.h"
#include "runtime/recent.h"
#include "runtime/view.h"

enum {
    SHARD_REPLAY_MS = 200, /* a shard heals for so long, then the group is polled */
    /* Half of the changelog's delete.retention.ms: an older view may have missed tombstones. */
    SHARD_AGE_MS = 7 * 24 * 3600 * 1000,
    SHARD_RENEW_MS = 3600 * 1000, /* a view in use renews its age so often */
    /* One that is held looks so often whether its changelog has something better. */
    SHARD_HELD_MS = 30000,
    /* Cases looked at each second: a million in an hour and a half, at some 4 ms a second. */
    SHARD_WALK = 200
};

/* How far a shard's cases were visited (keyed_visit.h). */
struct shard_visit {
    int64_t mark; /* for which version */
    struct view_walk walk;
    int64_t cases, began_ms; /* (boot time) */
};

/* What is proven of a shard (proof.h). */
struct shard_proof {
    int64_t proven_ms;  /* wake-ups before this may fire */
    int64_t pending_ms; /* T of the proof that waits for own_end; 0 = none */
    int64_t own_end;    /* fold up to here */
    bool pending_unconfirmed;
    bool unconfirmed; /* proven_ms comes from hold_max */
};

enum shard_phase {
    SHARD_OFFSETS, /* reading its committed offset */
    SHARD_ENDS,    /* asking for its changelog's true end, and reading its @log record */
    SHARD_WIPE,    /* emptying a view that cannot be healed */
    SHARD_REPLAY,  /* replaying the changelog into the view */
    SHARD_RUN,
    SHARD_HELD /* an event is about a case whose changelog record cannot be read: it waits, and what
                  is behind it */
};

struct shard {
    int number;
    enum shard_phase phase;
    int64_t next;       /* own next input offset; never rd_kafka_position() */
    int64_t rewind_to;  /* what it was before the batch at hand */
    int64_t committed;  /* by the group */
    int64_t read_to;    /* everything before this input offset has been folded */
    int64_t polled_to;  /* everything before this is folded, or in the batch at hand, which folds it
                           before wake-ups */
    int64_t applied;    /* where the view is expected to stand */
    int64_t start, end; /* the changelog's first offset, and the true end to replay to */
    int64_t next_wake_ms;
    bool no_offsets; /* the group has none for it: the changelog must be empty but for @log */
    bool log_known;
    char log_id[40];
    uint64_t cursor, mark; /* of a wipe: how far it is, and whose it is */
    bool reading;          /* the reader stands where this shard's replay goes on */
    char distrust[160]; /* why the view is to be made anew although it stands where it should; "":
                           it is not */
    int remade;         /* how often in a row it was */
    int64_t remade_at_ms, wait_until_ms; /* (boot time): the last time; no turn before */
    int64_t hold_at;                     /* the input offset that is held, -1: none */
    char held[160];                      /* and why */
    int64_t unread;                      /* cases whose changelog record cannot be read */
    int check_next;                      /* how far view_check() is, */
    struct view_walk walk;               /* and the walk through all cases */
    struct shard_visit visit;            /* that is under way */
    int64_t visited;                     /* the mark of the last that came to its end */
    int64_t healed_at_ms, renew_at_ms;
    struct shard_proof proof;
};

/* The cases that a view has got since it had none, as hashes of their ids: what is not among them
 * need not be asked for. True of one shard where its view stands at `applied`. */
struct shard_seen {
    int shard; /* -1: of none */
    int64_t applied;
    uint64_t *at; /* open addressing, a power of two */
    size_t size, count;
};

/* The shards of this process, and what they need of the world. */
struct shards {
    struct engine *engine;
    struct view *view;
    struct recent *recent;
    struct kafka_consumer *reader; /* of changelogs */
    struct shard_seen seen;        /* by the replay at hand */
    struct due_clock due_clock;
    struct shard *at;
    int count;
    int partitions; /* of the case log */
    bool refetch;   /* a shard has to be fetched from another offset */
};

/* NULL: not one of ours. */
struct shard *shards_find(struct shards *shards, int number);
/* The earlier of the worker's clock and Redis'. */
int64_t shards_now_ms(struct shards *shards);
/* The next wake-up of those that run; 0: none. */
int64_t shards_next_wake_ms(const struct shards *shards);

void shard_assign(struct shard *shard, int number);
/* One turn towards SHARD_RUN, at most SHARD_REPLAY_MS. */
void shard_turn(struct shards *shards, struct shard *shard);
/* The view is not where it should be, or it is not known: heal. */
void shard_heal(struct shards *shards, struct shard *shard, const char *why);
/* The event at hold_at cannot be decided: nothing of the shard is, until its changelog says
 * something else. */
void shard_hold(struct shards *shards, struct shard *shard);
/* Whether shard_turn() would do anything now. */
bool shard_has_turn(const struct shard *shard);
/* Whether the view is where the shard expects it, and whole. False: it heals, or is made anew. */
bool shard_stands(struct shards *shards, struct shard *shard, const struct view_standing *standing);
/* What is said when Redis does not do what was asked. */
extern const struct engine_words shard_redis_words;
/* Whether a call of view_* went wrong; then what has to be done about it is begun. standing NULL:
 * not known. */
bool shard_stumbles(struct shards *shards, struct shard *shard, enum outcome result,
                    const struct view_standing *standing, const struct err *err);
/* Once a second: what an idle shard would not notice. */
void shard_check_views(struct shards *shards, struct shard *shard);
/* Looks at some of the cases that nobody asks for, at about so many. Returns how many. */
int shard_walk(struct shards *shards, struct shard *shard, int limit);
const char *shard_phase_name(enum shard_phase phase);

/* shard_log.c: reads the changelog's first record; stops the worker when it is another log's. */
void shard_log_read(struct shards *shards, struct shard *shard);
/* The changelog is empty: begins it, or stops the worker where it cannot be new. */
void shard_log_missing(struct shards *shards, struct shard *shard);

#endif
