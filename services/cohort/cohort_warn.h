/* cohort_warn: the orders that a wake-up warns. ask() and the decision find the same ones, as the
 * state is the same; those whose customer has a case meanwhile, or whom another cohort has warned,
 * or who asked to be forgotten, are found by claims.
 *
 * Nobody twice: the claim `warned tenant order` belongs to the cohort that asked first, asked again
 * it gives that cohort the same answer, and it is kept longer than an order is held. Besides, the
 * event's id is made of tenant and order alone, so a reader who dedupes by ids drops a second one
 * even if every claim were lost. */
#ifndef REDRESS_COHORT_WARN_H
#define REDRESS_COHORT_WARN_H

#include "cohort.h"

/* The claims of a wake-up: in the first round who has a case or asked to be
 * forgotten, in the second who was warned. */
void cohort_warn_ask(const struct decision *in, const struct cohort_policy *policy,
                     const struct cohort_state *state, struct claims *claims);
/* Warns those to whom the answers allow it, and notes the others. */
void cohort_warn(const struct decision *in, const struct cohort_policy *policy,
                 struct cohort_state *state, struct effects *out);
/* Whether anybody is to be warned now. */
bool cohort_warn_pending(const struct cohort_policy *policy, const struct cohort_state *state,
                         int64_t now_ms);
/* Orders that a cohort may still warn, whether it is admitted to or not. */
int64_t cohort_warn_count(const struct cohort_policy *policy, const struct cohort_state *state,
                          const struct cohort *cohort, int64_t now_ms);

#endif
