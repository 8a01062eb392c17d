/* rate: amounts in another currency, by the rates of the policy, for caps and budgets that count in
 * one. Nothing is paid by them. */
#ifndef REDRESS_RATE_H
#define REDRESS_RATE_H

#include "offer_policy.h"

/* What `minor` of one currency is in another, in its minor units, rounded up; -1 when the policy
 * has no rate. */
int64_t rate_convert(const struct offer_policy *policy, int64_t minor, const char *from,
                     const char *to);

/* True when the value of a rate can be used: more than 0, at most RATE_MAX, and no finer than six
 * decimals. */
bool rate_is_usable(const struct tree *rate);

enum { RATE_MAX = 1000000 };

#endif
