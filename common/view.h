/* view: one worker's Redis view, shard by shard. Invariant: the view of a shard is the fold of its changelog up to
 * `applied`. Everything that changes it is one compare-and-set on `applied`, so a lost reply, a zombie or a second run
 * cannot break it (DESIGN.md, section 3).
 *
 * Keys of shard i, `t` = <worker>.<i>:  <prefix>:{t}:applied (the offset behind the last changelog record applied),
 * :applied_at (ms, when), :wiping (being emptied), :wipe (redressctl rebuild asked for it), :case:<id>, :private:<id>,
 * :by:<field>, :count:<field>, :hour:<YYYYMMDDHH>. */
#ifndef REDRESS_VIEW_H
#define REDRESS_VIEW_H

#include "fields.h"
#include "redis.h"

struct view;

/* Where a shard stands, as of one instant. */
struct view_standing {
    bool known;      /* `applied` exists */
    bool wiping;     /* being emptied */
    bool wipe_asked; /* by redressctl rebuild */
    int64_t applied; /* changelog offset */
    int64_t applied_at_ms;
    int64_t redis_ms;     /* Redis TIME */
    int64_t next_wake_ms; /* earliest wake-up, 0 = none */
};

/* A case's state; `state` NULL = none. States live in the arena. */
struct view_case {
    const char *id;
    void *state;
};
/* A case's change: from `old` (what the view has; NULL = nothing) to `now` (NULL = gone), recorded in the changelog at
 * `offset`. */
struct view_change {
    const char *id;
    const void *old, *now;
    int64_t offset;
};

enum view_result {
    VIEW_DONE = 0,
    VIEW_AWAY = 1,   /* Redis cannot take it now: wait, then look where the view stands */
    VIEW_STALE = 2,  /* `applied` is not what was expected: heal */
    VIEW_BROKEN = -1 /* err: a hash that is not of this table, an error reply that will not go away */
};

struct view *view_new(struct redis *redis, const char *prefix, const char *worker, const struct record *state);
void view_free(struct view *view);

/* States of the cases, and where the shard stood when they were read. At most VIEW_CASES_MAX at once. */
enum { VIEW_CASES_MAX = 200 }; /* some 100 KB and 5 ms of Redis: no script may hold up the others */
enum view_result view_read(struct view *view, int shard, struct arena *arena, struct view_case *cases, int count,
                           struct view_standing *standing_out, struct err *err);
/* Ids of cases whose wake-up is before `limit_ms` and before Redis' clock, earliest first. */
enum view_result view_due(struct view *view, int shard, struct arena *arena, int64_t limit_ms, int limit,
                          const char ***ids_out, int *count_out, struct view_standing *standing_out, struct err *err);
/* Moves the view from `from` to `to` (the last change's offset + 1, or `from` to renew its age), in steps of
 * VIEW_CASES_MAX. Changes are in changelog order. VIEW_STALE also
 * when they lie before `from`: then the changelog is another one. */
enum view_result view_apply(struct view *view, int shard, struct arena *arena, int64_t from, int64_t to,
                            const struct view_change *changes, int count, struct view_standing *standing_out,
                            struct err *err);

/* Marks the shard as being emptied, if it still stands as seen; removes some of its keys (*cursor starts at 0; when it
 * is 0 again all are gone); lets it stand at the changelog's beginning. mark: a number of this wipe's own. VIEW_STALE:
 * the mark in Redis is not this one, so somebody else empties the view or has made it anew. */
enum view_result view_wipe_begin(struct view *view, int shard, struct arena *arena, const struct view_standing *seen,
                                 uint64_t mark, struct err *err);
enum view_result view_wipe_step(struct view *view, int shard, struct arena *arena, uint64_t mark, uint64_t *cursor,
                                struct err *err);
enum view_result view_wipe_end(struct view *view, int shard, struct arena *arena, uint64_t mark, int64_t start,
                               struct err *err);

/* A field of <prefix>:meta, e.g. "held:sla.3"; value NULL removes it. Best effort. */
void view_meta(struct view *view, struct arena *arena, const char *field, const char *value);

#endif
