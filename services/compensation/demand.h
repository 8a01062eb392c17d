/* demand: who decides because of the rows of `reviews`, and what is answered to a demand that is
 * too much or that the law may give: compensation.refused or compensation.referred, once a case and
 * row. */
#ifndef REDRESS_DEMAND_H
#define REDRESS_DEMAND_H

#include "proposal.h"
#include "review.h"

/* The rows that speak of the case as it stands. */
struct review demand_review(const struct proposal_turn *turn);

/* Raises who decides about an offer. `by_person`: what a person asks for in a case whose demand was
 * refused, or where the customer's history makes people look, is an exception, and decided by the
 * role in `exceptions`. */
void demand_raise(const struct proposal_turn *turn, bool by_person, struct offer *offer);

/* Answers the case's demand; what is offered all the same stands in the state by now. */
void demand_answer(struct proposal_turn *turn);

#endif
