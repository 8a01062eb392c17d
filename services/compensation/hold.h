/* hold: what a proposal claims of caps and budgets, and how it is given back (compensation.h,
 * Claims). */
#ifndef REDRESS_HOLD_H
#define REDRESS_HOLD_H

#include "proposal.h"

/* Each claims for the proposal at hand and returns whether it is within the limit; true without a
 * claim where the policy sets none. What was granted is noted in state->held. */
bool hold_order_cap(struct proposal_turn *turn);
bool hold_customer_cap(struct proposal_turn *turn);
bool hold_budget(struct proposal_turn *turn, const char *by);
/* Counts what goes beyond a cap with a person's approval. */
void hold_beyond_caps(struct proposal_turn *turn);

/* Gives back the budget that was claimed last, for people will approve. */
void hold_drop_budget(struct proposal_turn *turn);
/* Gives back what was claimed for steps that an answer made needless. */
void hold_release_rest(struct proposal_turn *turn);
/* Gives everything back that the proposal at hand holds. */
void hold_release(struct proposal_turn *turn);

#endif
