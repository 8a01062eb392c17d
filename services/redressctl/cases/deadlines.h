/* deadlines: those of all shards as one list, earliest first, read from the sla worker's indexes
 * page by page. */
#ifndef REDRESS_DEADLINES_H
#define REDRESS_DEADLINES_H

#include "redressctl/cases/ctl_view.h"

struct deadline {
    const char *case_id, *target;
    int64_t due_ms;
    int shard;
};

/* The targets of deploy/contract/README.md, and those that a policy names (NULL: none). Pure. */
struct texts deadlines_targets(const struct tree *sla_policy, struct arena *arena);
/* The targets that have an index: of a list as view_indexes.h has it. Pure. */
struct texts deadlines_listed(const char *indexes, struct arena *arena);

/* All targets that may have deadlines, from a view of sla that was looked at. More than are listed,
 * or no list: a fault is added to the view. */
struct texts deadlines_find(struct ctl_view *view);
/* 0, or EXIT_BAD_USAGE after having said which target may be meant: neither listed nor in the
 * contract nor in the policies of REDRESS_POLICY_DIR. */
int deadlines_check_target(const struct ctl_view *view, const char *target) MUST_CHECK;

struct deadlines;
/* Those due from `from_ms` to `to_ms`, in the turn's arena. NULL after having said why.
 * ctl_shards() comes first. */
struct deadlines *deadlines_open(struct ctl *ctl, const struct texts *targets, int64_t from_ms,
                                 int64_t to_ms, int page);
/* 1: *out is the next; 0: there is none; -1: Redis failed, which has been said. */
int deadlines_next(struct deadlines *deadlines, struct deadline *out) MUST_CHECK;

#endif
