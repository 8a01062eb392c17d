/* cohort_key: the keys of redress.orders, one a value of a dimension: tenant 0x1F dimension 0x1F
 * value. Intake writes a record under each of an order's keys; redress-cohort has a state for each.
 *
 *     dimension   value
 *     carrier     the order's
 *     warehouse   the order's
 *     sku, batch  each article's, of the first COHORT_KEY_ITEMS_MOST that differ
 *     lane        the order's
 *     day         <lane>@<YYYY-MM-DD>: the lane's orders placed on that day, UTC: a truck's load */
#ifndef REDRESS_COHORT_KEY_H
#define REDRESS_COHORT_KEY_H

#include "contract/contract.h"

/* Articles of one order: longer orders are rare, and each article is a record. */
enum { COHORT_KEY_ITEMS_MOST = 20 };
#define COHORT_KEY_DAY_MS (INT64_C(24) * 3600 * 1000)

/* Those of an order; none when nothing but its id is known. */
void cohort_keys_of_order(const char *tenant, const struct order *order, const struct parts *items,
                          struct arena *arena, struct texts *out);
/* It names nothing that orders could share. */
bool cohort_match_is_empty(const struct cohort_match *match);
/* The one that decides about a match: the narrowest that it names, in the order batch, sku, day,
 * lane, warehouse, carrier. It is a lane's day when placed_from and placed_to (0: none) are one.
 * NULL: the match is empty. */
const char *cohort_key_of_match(const char *tenant, const struct cohort_match *match,
                                int64_t placed_from, int64_t placed_to, struct arena *arena);

#endif
