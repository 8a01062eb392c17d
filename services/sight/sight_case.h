/* sight_case: one case as its hashes have it. Which fields there are, and how they are written, is
 * the workers' own (services/sla/sla_state.c and its like): states are read by their tables. */
#ifndef REDRESS_SIGHT_CASE_H
#define REDRESS_SIGHT_CASE_H

#include "compensation/compensation.h"
#include "notification/notification.h"
#include "sight/sight.h"
#include "sla/sla_state.h"

/* As HGETALL gives them, what is packed with fields of its own (data/fields.h), without what is the
 * view's; with no items where there is none. Of a view that another version made only what has
 * fields. */
struct sight_case {
    const char *case_id;
    const struct redis_reply *sla, *compensation, *notification;
    const struct redis_reply *private; /* the customer; NULL: was not asked for */
};
/* private: with what is personal, which not everybody's Redis user may read. */
int sight_case_read(struct sight *sight, const char *case_id, bool private,
                    struct sight_case *out) MUST_CHECK;
/* Nobody has it. */
bool sight_case_is_none(const struct sight_case *found);

/* The states, in the arena. -1: sight->err; a hash that is not there gives an empty state. */
int sight_case_sla(struct sight *sight, const struct sight_case *found,
                   struct sla_state *out) MUST_CHECK;
int sight_case_compensation(struct sight *sight, const struct sight_case *found,
                            struct compensation_state *out) MUST_CHECK;
/* Those of several cases of one shard; of one that is gone without a tenant. */
int sight_case_compensations(struct sight *sight, int shard, const char *const *case_ids, int count,
                             struct compensation_state *out) MUST_CHECK;
/* With what is private, where it was asked for. */
int sight_case_notification(struct sight *sight, const struct sight_case *found,
                            struct notification_state *out) MUST_CHECK;

#endif
