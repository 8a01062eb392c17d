/* recovery: what another party owes the house because it was late: compensation.recovery_claimed by
 * the rows of `recovery` in compensation.yaml, once an order and party, whatever the customer is
 * offered, and by however many cases.
 *
 * Claims (CLAIM_ONCE, kept 400 d): recovery <party> <tenant> <order>. Lateness is counted until the
 * order came, or until the case was last told of it: what a case was told long ago proves no
 * lateness of today. */
#ifndef REDRESS_RECOVERY_H
#define REDRESS_RECOVERY_H

#include "proposal.h"

/* Looks whether the facts by now make somebody owe something. */
void recovery_claim(struct proposal_turn *turn);

#endif
