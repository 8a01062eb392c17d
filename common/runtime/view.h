/* view: one worker's Redis view, shard by shard. Invariant: the view of a shard is the fold of its
 * changelog up to `applied`. Everything that changes it is one compare-and-set on `applied`, so a
 * lost reply, a zombie or a second run cannot break it (common/protocol.md, The view).
 *
 * Redis may lose any of it at any time: a key, a field, all. So the view can be checked in itself:
 * each case's hash has a checksum, each case is in by:wake_at or asleep, and the totals say how
 * much there is of everything. What is missing or changed is found when it is read, when the totals
 * are looked at (view_check), or by going through all cases (view_next_ids); then the view is made
 * anew.
 *
 * Keys of shard i, `t` = <worker>.<i>: <prefix>:{t}:applied (the offset behind the last changelog
 * record applied), :applied_at (ms, when), :wiping (being emptied), :wipe (redressctl rebuild
 * asked for it), :case:<id>, :private:<id>, :by:<field>, :of:<field>, :count:<field>,
 * :hour:<YYYYMMDDHH>, :asleep (ids of cases without a wake-up), :unread (cases whose changelog
 * record cannot be read: where, and why), :totals (@schema: the table that the view was made by;
 * @cases, @unread, by:<field>, of:<field>, count:<field>, hour:<...>: how much of each). */
#ifndef REDRESS_VIEW_H
#define REDRESS_VIEW_H

#include "data/fields.h"
#include "outside/redis.h"

struct view;

/* Where a shard stands, as of one instant. */
struct view_standing {
    bool known;      /* `applied` exists */
    bool wiping;     /* being emptied */
    bool wipe_asked; /* by redressctl rebuild, or by a script that found what it cannot write to */
    bool made_here;  /* by this table; one that was made by another version's may lack what this one
                        indexes */
    bool whole;      /* as many cases as the totals say */
    int64_t applied; /* changelog offset */
    int64_t applied_at_ms;
    int64_t redis_ms;     /* Redis TIME */
    int64_t next_wake_ms; /* earliest wake-up, 0 = none */
    int64_t cases;        /* that live */
    int64_t unread;       /* cases whose changelog record cannot be read */
};

/* A case's state; `state` NULL = none. States live in the arena. */
struct view_case {
    const char *id;
    void *state;
    const char *unread; /* its changelog record cannot be read: where and why; NULL: it can, or
                           there is none */
    uint64_t sum;       /* of the hashes as they were read */
};
/* A case's change: from `old` (what the view has; NULL = nothing) to `now` (NULL = gone, or
 * `unread`), recorded in the changelog at `offset`. */
struct view_change {
    const char *id;
    const void *old, *now;
    uint64_t old_sum; /* view_case.sum of `old` */
    uint64_t now_sum; /* that of `now`, once it is applied */
    int64_t offset;
    bool was_unread;
    const char *unread; /* where and why; NULL: it can be read */
};

struct view *view_new(struct redis *redis, const char *prefix, const char *worker,
                      const struct table *state);
void view_free(struct view *view);

/* States of the cases, and where the shard stood when they were read. At most VIEW_CASES_MAX at
 * once. OUTCOME_BROKEN: the standing is known; a case is not as it was applied. That a case is not
 * there means that it does not live. */
enum { VIEW_CASES_MAX = 200 }; /* some 100 KB and 5 ms of Redis: no script may hold up the others */
enum outcome view_read(struct view *view, int shard, struct arena *arena, struct view_case *cases,
                       int count, struct view_standing *standing_out, struct err *err);
/* Ids of cases whose wake-up is before `limit_ms` and before Redis' clock, earliest first. */
enum outcome view_due(struct view *view, int shard, struct arena *arena, int64_t limit_ms,
                      int limit, const char ***ids_out, int *count_out,
                      struct view_standing *standing_out, struct err *err);
/* Ids of cases whose FIELD_FOUND field may hold this text. */
enum outcome view_find(struct view *view, int shard, struct arena *arena, const char *field,
                       const char *text, const char ***ids_out, int *count_out,
                       struct view_standing *standing_out, struct err *err);
/* Moves the view from `from` to `to` (the last change's offset + 1, or `from` to renew its age), in
 * steps of VIEW_CASES_MAX. Changes are in changelog order. OUTCOME_STALE also when they lie before
 * `from`: then the changelog is another one. OUTCOME_WAIT: what was not done has changed nothing,
 * also when Redis is full. OUTCOME_BROKEN: half of it may have been done; the view asks for a wipe.
 */
enum outcome view_apply(struct view *view, int shard, struct arena *arena, int64_t from, int64_t to,
                        struct view_change *changes, int count, struct view_standing *standing_out,
                        struct err *err);

/* One step of it in parts: what it is to say, which asks Redis nothing; it is sent; and what came
 * of it. Between sending and taking nothing else may be asked of Redis. Lives in the arena. */
struct view_step;
struct view_step *view_apply_prepare(struct view *view, int shard, struct arena *arena,
                                     int64_t from, int64_t to, struct view_change *changes,
                                     int count);
enum outcome view_apply_send(struct view *view, struct view_step *step, struct err *err);
enum outcome view_apply_take(struct view *view, struct view_step *step,
                             struct view_standing *standing_out, struct err *err);

/* Looks at the next few indexes and counters of a shard (*next starts at 0 and comes back to it).
 * OUTCOME_BROKEN: err says which one does not hold what it should; true only when the view stands
 * where it is expected to. */
enum outcome view_check(struct view *view, int shard, struct arena *arena, int *next,
                        struct view_standing *standing_out, struct err *err);
/* The next ids of a walk through all cases of a shard, at most about `limit`: for view_read(). */
struct view_walk {
    bool asleep; /* the second of both sets */
    uint64_t cursor;
};
enum outcome view_next_ids(struct view *view, int shard, struct arena *arena,
                           struct view_walk *walk, int limit, const char ***ids_out, int *count_out,
                           struct err *err);

/* Marks the shard as being emptied, if it still stands as seen; removes some of its keys (*cursor
 * starts at 0; when it is 0 again all are gone); lets it stand at the changelog's beginning. mark:
 * a number of this wipe's own. OUTCOME_STALE: the mark in Redis is not this one, so somebody else
 * empties the view or has made it anew. All of it goes on when Redis is full. */
enum outcome view_wipe_begin(struct view *view, int shard, struct arena *arena,
                             const struct view_standing *seen, uint64_t mark, struct err *err);
enum outcome view_wipe_step(struct view *view, int shard, struct arena *arena, uint64_t mark,
                            uint64_t *cursor, struct err *err);
enum outcome view_wipe_end(struct view *view, int shard, struct arena *arena, uint64_t mark,
                           int64_t start, struct err *err);

/* A field of <prefix>:meta, e.g. "held:sla.3"; value NULL removes it. Best effort. */
void view_meta(struct view *view, struct arena *arena, const char *field, const char *value);
/* Looks after the list of indexes in <prefix>:meta (view_indexes.h), once a second; `shards`: of
 * the case log. Best effort. */
void view_name_indexes(struct view *view, int shards, struct arena *arena);

#endif
