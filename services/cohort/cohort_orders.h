/* cohort_orders: the orders of a dimension's value: held for a window, at most so many. */
#ifndef REDRESS_COHORT_ORDERS_H
#define REDRESS_COHORT_ORDERS_H

#include "cohort.h"

struct cohort_order *cohort_orders_find(const struct cohort_state *state, const char *order_id);
/* Takes in the facts of an order, unless later ones are known. Where there are too many, the oldest
 * goes, one that is over before one that is not. Returns whether anything has changed. */
bool cohort_orders_put(struct cohort_state *state, const struct cohort_policy *policy,
                       const struct event *ev, const struct activity *data, int64_t now_ms,
                       struct arena *arena);
/* Lets go of those of which nothing was heard for a window. */
void cohort_orders_expire(struct cohort_state *state, const struct cohort_policy *policy,
                          int64_t now_ms);
/* Lets go of those whose customer asked to be forgotten. */
void cohort_orders_drop_erased(struct cohort_state *state);
/* Whether the order may be warned by the cohort now. */
bool cohort_orders_due(const struct cohort_policy *policy, const struct cohort *cohort,
                       const struct cohort_order *order, int64_t now_ms);

#endif
