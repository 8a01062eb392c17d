/* sight_budgets: what of the budgets of today and this month has been approved, by
 * compensation.yaml's limits. */
#ifndef REDRESS_SIGHT_BUDGETS_H
#define REDRESS_SIGHT_BUDGETS_H

#include "compensation/offer_policy.h"
#include "sight/sight.h"

struct sight_budget {
    const char *budget, *tenant, *currency;
    const char *period; /* "20261127" or "202611", as compensation.yaml counts days */
    int64_t limit_minor, used_minor;
    bool
        lost; /* Redis has lost its claims: what is used is not known before workers restore them */
};
extern const struct table sight_budget_table;

/* A list of struct sight_budget. */
int sight_budgets_read(struct sight *sight, const struct offer_policy *policy,
                       const struct texts *tenants, int64_t now_ms, struct parts *out) MUST_CHECK;

#endif
