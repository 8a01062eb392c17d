/* hold: what a proposal claims of caps and budgets, and how it is given back (compensation.h,
 * Claims). */
#ifndef REDRESS_HOLD_H
#define REDRESS_HOLD_H

#include "proposal.h"

/* Claims, for a proposal that is to be made, what pays the order back, article by article where
 * they are known, and what is offered without an order. Returns false, with nothing held, when it
 * is more than was paid, or once too often. Else state->held is what was granted, and the caller
 * keeps what it was. Sets turn->waiting while asking: what follows depends on the answers. */
bool hold_paid_back(struct proposal_turn *turn, const struct offer *offer, const char *id);
/* Each claims for the proposal at hand and returns whether it is within the limit; true without a
 * claim where the policy sets none. What was granted is noted in state->held. */
bool hold_goodwill_cap(struct proposal_turn *turn);
bool hold_customer_cap(struct proposal_turn *turn);
/* All budgets of an enum offer_by that count this case; what was granted is given back where one is
 * exceeded. */
bool hold_budget(struct proposal_turn *turn, int by);
/* The budgets that are nobody's. 0: within all of them; else the role that may go beyond. */
int hold_pools(struct proposal_turn *turn);
/* The proposal at hand was within all caps, and all budgets that are nobody's. */
bool hold_is_within_caps(const struct proposal_turn *turn);
/* Counts what goes beyond a cap with a person's approval. */
void hold_beyond_caps(struct proposal_turn *turn);

/* Gives back what the last hold_budget() has claimed, for people will approve. */
void hold_drop_budget(struct proposal_turn *turn);
/* Gives back what was claimed for steps that an answer made needless. */
void hold_release_rest(struct proposal_turn *turn);
/* Claims again what the proposal at hand holds, so that it can be given back, and that what takes
 * its place has that room; nothing the second time. */
void hold_reach(struct proposal_turn *turn);
/* Gives back what the chosen option does not need. */
void hold_keep_chosen(struct proposal_turn *turn, const struct compensation_option *option);
/* Gives everything back that the proposal at hand holds. */
void hold_release(struct proposal_turn *turn);

#endif
