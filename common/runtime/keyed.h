/* keyed: the loop of a worker with a state per case (DESIGN.md, section 3). A shard is a partition
 * of the case log: its state is in Redis, its truth in the changelog <prefix>.<worker>.state of the
 * same partition. shard.c takes over and heals; proof.c proves before wake-ups fire. */
#ifndef REDRESS_KEYED_H
#define REDRESS_KEYED_H

#include "runtime/engine.h"
#include "runtime/proof.h"
#include "runtime/view.h"

enum {
    KEYED_REPLAY_MS = 200,               /* a shard heals for so long, then the group is polled */
    KEYED_AGE_MS = 7 * 24 * 3600 * 1000, /* half of the changelog's delete.retention.ms: an older
                                            view may have missed tombstones */
    KEYED_RENEW_MS = 3600 * 1000,        /* a view in use renews its age so often */
    KEYED_DUE_MAX = 500,    /* wake-ups of one shard in one batch: events flow between batches */
    KEYED_SKIP_MAX = 8000,  /* records of types that are not wanted, beside a batch of those that
                               are: at most what  a batch of wake-ups of many shards writes itself */
    KEYED_SETTLE_MS = 1000, /* offsets of events that changed nothing are committed so often */
    KEYED_HELD_MS =
        30000, /* a shard that is held looks so often whether its changelog has something better */
    KEYED_WALK = 200 /* cases that are looked at each second: a million of them in an hour and a
                        half, at some 4 ms a second */
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
    int64_t from;       /* what it was before the batch at hand */
    int64_t settled;    /* what of it is committed */
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
    int64_t healed_at_ms, renew_at_ms;
    struct shard_proof proof;
};

/* A record in hand. */
struct polled {
    struct kafka_record *record;
    struct raw raw;
    bool wanted; /* the worker decides on its type */
};

struct keyed {
    struct engine *engine;
    struct view *view;
    size_t wake_offset;    /* of wake_at in the state */
    size_t version_offset; /* of policy_version, the version that a case keeps */
    struct shard *shards;
    int shard_count, partitions;
    struct polled *polled; /* room for what one turn polls */
    int assignment; /* counts assignments and revokes: a batch of another one is thrown away */
    bool fetching, refetch;
    bool damaged; /* a damaged batch was met since fetching began: nothing behind it is decided */
    int64_t damaged_since_ms;      /* under this assignment; boot time; 0: not met */
    struct kafka_consumer *reader; /* of changelogs */
    struct proof *proof;
    int64_t settle_at_ms;
    int walks; /* which shard walks through its cases next */
    /* The clocks. */
    bool skew_known, redis_known;
    int64_t skew_ms, redis_skew_ms; /* against CLOCK_BOOTTIME */
    int64_t hold_until_ms;          /* boot time: nothing fires after a clock step */
};

/* Runs until it is told to stop. */
void keyed_run(struct engine *engine);

/* shard.c */
void shard_assign(struct shard *shard, int number);
/* One turn towards SHARD_RUN, at most KEYED_REPLAY_MS. */
void shard_turn(struct keyed *keyed, struct shard *shard);
/* The view is not where it should be, or it is not known: heal. */
void shard_heal(struct keyed *keyed, struct shard *shard, const char *why);
/* Something of the view was lost, or changed by somebody else: make it anew from the changelog. */
void shard_remake(struct keyed *keyed, struct shard *shard, const char *why);
/* The event at hold_at cannot be decided: nothing of the shard is, until its changelog says
 * something else. */
void shard_hold(struct keyed *keyed, struct shard *shard);
/* Whether shard_turn() would do anything now. */
bool shard_has_turn(const struct shard *shard);
/* Whether the view is where the shard expects it, and whole. False: it heals, or is made anew. */
bool shard_stands(struct keyed *keyed, struct shard *shard, const struct view_standing *standing);
/* Whether a call of view_* went wrong; then what has to be done about it is begun. standing NULL:
 * not known. */
bool shard_stumbles(struct keyed *keyed, struct shard *shard, enum view_result result,
                    const struct view_standing *standing, const struct err *err);
/* Once a second: what an idle shard would not notice. */
void shard_look_after(struct keyed *keyed, struct shard *shard);
/* Looks at some of the cases that nobody asks for, at about so many. Returns how many. */
int shard_walk(struct keyed *keyed, struct shard *shard, int limit);
const char *shard_phase_name(enum shard_phase phase);

/* keyed.c */
struct shard *keyed_shard(struct keyed *keyed, int number);
/* min(worker clock, Redis TIME). */
int64_t keyed_now_ms(struct keyed *keyed);
void keyed_note_redis(struct keyed *keyed, const struct view_standing *standing);

/* keyed_batch.c. Whether the worker decides on records of this type. */
bool keyed_wants(const struct engine *engine, const struct raw *raw);
/* Decides a batch of records (taken) and wake-ups, commits, applies. */
void keyed_batch(struct keyed *keyed, const struct polled *records, int count);

#endif
