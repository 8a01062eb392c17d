/* recovery: what another party owes the house because it was late, by the rows of `recovery` in
 * compensation.yaml, once an order and party, whatever the customer is offered, and by however many
 * cases.
 *
 * compensation.recovery_claimed says it, and a settlement.ordered of the kind `recovery_claim`,
 * which names the party in `split`, asks for the money. What settlement.done and .failed report of
 * it becomes compensation.recovery_settled and .recovery_failed; what failed may be done later.
 *
 * Claims (kept 400 d):
 *
 *     key                                                      kind    id
 *     recovery <party> <tenant> <order>                        once    the case
 *     recovery_sum <what> <party> <tenant> <currency> <month>  count   the settlement
 *
 * The second is the sum of the amounts of a month, that in which they were claimed, as `claimed`
 * and as `paid`; asked when the worker reads its own word of it, so that only what was said is
 * counted, once. It is counted again under `<party>/<carrier>` where the carrier is known.
 *
 * Lateness is counted until the order came, or until the case was last told of it: what a case was
 * told long ago proves no lateness of today. */
#ifndef REDRESS_RECOVERY_H
#define REDRESS_RECOVERY_H

#include "proposal.h"

enum recovery_sum { RECOVERY_CLAIMED, RECOVERY_PAID };

/* Looks whether the facts by now make somebody owe something. */
void recovery_claim(struct proposal_turn *turn);
/* settlement.done, settlement.failed. False: it is not about what a party owes. */
bool recovery_report(struct proposal_turn *turn, const struct activity *result, bool done);
/* compensation.recovery_claimed, .recovery_settled (`said`: struct compensation): the sums of its
 * month. */
void recovery_count_claimed(struct proposal_turn *turn, const void *said);
void recovery_count_paid(struct proposal_turn *turn, const void *said);

/* The claim that sums up a month ("202611", duty_budget_period). `carrier` NULL: all of them. */
const char *recovery_sum_key(enum recovery_sum what, const char *party, const char *carrier,
                             const char *tenant, const char *currency, const char *month,
                             struct arena *arena);

#endif
