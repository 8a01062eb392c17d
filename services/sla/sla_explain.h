/* sla_explain: each deadline of a case told: which policy and target, which time counted, which did
 * not and why. */
#ifndef REDRESS_SLA_EXPLAIN_H
#define REDRESS_SLA_EXPLAIN_H

#include "sla_state.h"

enum {
    SLA_EXPLAIN_SPANS_MAX = 200 /* two months of split days; `more` says that there were others */
};

/* One JSON map a deadline, a line each, in the order in which they started:
 * {target, cycle, policy, policy_version, within?, by?, calendar?, set_by?, goes_on_from?,
 * used_seconds?, due_at?, state, met_at?, breached_at?, late_seconds?, late_working_seconds?,
 * policies?: [{from, policy, since}],
 * warnings?: [{at, time?, if?, rings_at?, told}],
 * steps?: [{level, after, time?, if?, to, every_seconds?, times?, times_told?, rings_at?, told}],
 * spans: [{from, to, counted, why}], more?}.
 * The state is as it was last folded; time goes on to `now_ms`. */
void sla_explain_case(const struct sla_state *state, const struct sla_policy *policy,
                      int64_t now_ms, struct arena *arena, struct buf *out);

#endif
