/* sight_approvals: the compensation proposals that await approval, of all shards, the most urgent
 * first. */
#ifndef REDRESS_SIGHT_APPROVALS_H
#define REDRESS_SIGHT_APPROVALS_H

#include "data/fields.h"
#include "sight/sight.h"

struct sight_waiting {
    const char *proposal_id, *case_id;
    int64_t approve_by;
    const char *role; /* who must approve; "-": it cannot be read */
    int64_t approvals, required;
    int64_t cost_minor;
    const char *currency, *class_name, *severity, *tier, *team;
};
extern const struct table sight_waiting_table;

enum { SIGHT_APPROVALS_MAX = 100000 };
struct sight_approvals {
    struct sight_waiting *at;
    int count;
    int lost; /* they stand in the index, and Redis does not have them any more */
};
/* Those that wait for a `role` (NULL: for any), at most `limit`. */
int sight_approvals_read(struct sight *sight, const char *role, int64_t limit,
                         struct sight_approvals *out) MUST_CHECK;

#endif
