/* settle: what was chosen is carried out, once: settlements are ordered, reported on, and watched.
 *
 * A settlement's id is its idempotency key. One that is not done in its time is ordered again under
 * the same id, then people are told, by the steps of `settle` in compensation.yaml, counted from
 * its first order. One that is done stays so and is never ordered again, whatever becomes of the
 * others of its proposal. */
#ifndef REDRESS_SETTLE_H
#define REDRESS_SETTLE_H

#include "proposal.h"

/* settlement.ordered about the case's order, as the event `id`. Case, order and customer are filled
 * in; one who was erased is `erased`. */
void settle_send(struct proposal_turn *turn, const char *id, struct settlement *data);
/* Orders the remedies of the option that was chosen, one settlement each. */
void settle_order(struct proposal_turn *turn, const struct compensation_option *option);
/* settlement.done, settlement.failed. */
void settle_report(struct proposal_turn *turn, const struct activity *result, bool done);
/* Takes the steps that are due at in->now_ms. */
void settle_wake(struct proposal_turn *turn);
/* The next time at which settle_wake() has something to do; 0 = none. */
int64_t settle_next(const struct offer_policy *policy, const struct compensation_state *state);
/* Something is out, or will be ordered again. */
bool settle_is_pending(const struct offer_policy *policy, const struct compensation_state *state);

#endif
