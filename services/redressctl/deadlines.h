/* deadlines: those of all shards as one list, earliest first, read from the sla worker's indexes page by page. */
#ifndef REDRESS_DEADLINES_H
#define REDRESS_DEADLINES_H

#include "ctl.h"
#include "fields.h"

struct deadline {
    const char *case_id, *target;
    int64_t due_ms;
    int shard;
};

/* The targets whose indexes are looked at: those of CONTRACT.md, and those that a policy names (NULL: none). Pure. */
struct texts deadlines_targets(const struct tree *sla_policy, struct arena *arena);
/* The same with the sla.yaml of REDRESS_POLICY_DIR, if it can be read. */
struct texts deadlines_known_targets(struct ctl *ctl);

struct deadlines;
/* Those due from `from_ms` to `to_ms`, in the turn's arena. NULL after having said why. ctl_shards() comes first. */
struct deadlines *deadlines_open(struct ctl *ctl, const struct texts *targets, int64_t from_ms, int64_t to_ms,
                                 int page);
/* 1: *out is the next; 0: there is none; -1: Redis failed, which has been said. */
int deadlines_next(struct deadlines *deadlines, struct deadline *out) MUST_CHECK;

#endif
