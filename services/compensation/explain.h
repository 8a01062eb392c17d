/* explain: why a case is offered what it is, by whom it is approved, and why not more. Pure; from a
 * state and the policy that it keeps. */
#ifndef REDRESS_EXPLAIN_H
#define REDRESS_EXPLAIN_H

#include "compensation.h"
#include "offer_policy.h"

/* {proposal_id, status, rule or proposer, policy_version, facts {..}, options [{option, cost,
 * given_minor, remedies [{kind, amount?, how}], split}], approval {by, up_to?, needs?, by_now [],
 * why []}, held [{what, period?, minor, limit?}], settlements [{..}], not_more []}; amounts are
 * minor units of `currency`. A case without a proposal has facts only. In the arena. */
const struct tree *explain_case(const struct compensation_state *state,
                                const struct offer_policy *policy, struct arena *arena);

#endif
