/* history: what is known of who complains over all his cases: the counts of `history` in
 * compensation.yaml, for rules and reviews to ask.
 *
 * Claims (CLAIM_COUNT, without a limit, kept for `within`), the key being
 * history <name> <tenant> <whose>:
 *
 *     counts     claimant                     amount
 *     offers     the case                     1 from its first offer on, unless none is chosen
 *     accounts   the customer                 1 from his first case on
 *     (asking)   <case>.look                  0: a class that does not count is told the sum, too;
 *                                             given back at once
 *
 * A case counts itself, and others at the same moment: of two at once, one sees the other. */
#ifndef REDRESS_HISTORY_H
#define REDRESS_HISTORY_H

#include "proposal.h"

/* Asks for the counts and notes them in the state. False while asking: what follows depends on
 * them. */
bool history_read(struct proposal_turn *turn) MUST_CHECK;
/* What has become of the offer that they were read for: a case that is offered nothing does not
 * count, unless it did before. */
void history_keep(struct proposal_turn *turn, bool offered);
/* An offer has ended without a choice: the case counts no more, unless something was chosen
 * earlier. */
void history_drop(struct proposal_turn *turn);

/* 0 where nothing is known, or the policy counts no such thing. */
int64_t history_of(const struct compensation_state *state, const char *name);

#endif
