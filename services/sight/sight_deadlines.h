/* sight_deadlines: those of all shards as one list, earliest first, read from the sla worker's
 * indexes page by page. */
#ifndef REDRESS_SIGHT_DEADLINES_H
#define REDRESS_SIGHT_DEADLINES_H

#include "sight/sight_view.h"

struct sight_deadline {
    const char *case_id, *target;
    int64_t due_ms;
    int shard;
};

/* The targets of deploy/contract/README.md, and those that a policy names (NULL: none). Pure. */
struct texts sight_deadlines_targets(const struct tree *sla_policy, struct arena *arena);
/* The targets that have an index: of a list as view_indexes.h has it. Pure. */
struct texts sight_deadlines_listed(const char *indexes, struct arena *arena);

/* All targets that may have deadlines, from a view of sla that was looked at. More than are listed,
 * or no list: a fault is added to the view. */
struct texts sight_deadlines_find(struct sight_view *view);

struct sight_deadlines;
/* Those due from `from_ms` to `to_ms`, in the arena. NULL: sight->err says why.
 * sight_open() comes first. */
struct sight_deadlines *sight_deadlines_open(struct sight *sight, const struct texts *targets,
                                             int64_t from_ms, int64_t to_ms, int page);
/* 1: *out is the next; 0: there is none; -1: Redis failed, and sight->err says why. */
int sight_deadlines_next(struct sight_deadlines *deadlines, struct sight_deadline *out) MUST_CHECK;

#endif
