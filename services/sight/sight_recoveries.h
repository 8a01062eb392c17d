/* sight_recoveries: what parties owe the house for orders of a month (compensation/recovery.h), and
 * what of that they have paid. */
#ifndef REDRESS_SIGHT_RECOVERIES_H
#define REDRESS_SIGHT_RECOVERIES_H

#include "compensation/offer_policy.h"
#include "sight/sight.h"

struct sight_recovery {
    const char *party, *carrier, *tenant, *currency; /* carrier NULL: all of the party's */
    const char *period; /* "202611", as compensation.yaml counts days */
    int64_t claimed_minor, paid_minor;
    bool lost; /* Redis has lost its claims: neither is known before workers restore them */
};
extern const struct table sight_recovery_table;

struct sight_recoveries {
    const char *tenant;
    const char *carrier; /* NULL: all */
    const char *period;
};
/* A list of struct sight_recovery: each party of `recovery` in `policy`, in each currency. */
int sight_recoveries_read(struct sight *sight, const struct offer_policy *policy,
                          const struct sight_recoveries *of, struct parts *out) MUST_CHECK;

#endif
