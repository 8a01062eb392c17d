/* rate: in integers: a rate is millionths of the policy's currency for a unit of another. */
#include "rate.h"
#include "data/language.h"

#include <string.h>

enum { MILLIONTHS = 1000000 };

bool rate_is_usable(const struct tree *rate) {
    if (rate->kind != TREE_INT && rate->kind != TREE_REAL) return false;
    return rate->real * MILLIONTHS >= 1 && rate->real <= RATE_MAX;
}

/* 0: there is none. */
static int64_t rate_of(const struct offer_policy *policy, const char *currency) {
    if (strcmp(currency, policy->currency) == 0) return MILLIONTHS;
    const struct tree *rate = tree_get(policy->rates, currency);
    if (!rate) return 0;
    return (int64_t)(rate->real * MILLIONTHS + 0.5);
}

static __int128 unit(const char *currency) {
    __int128 minors = 1;
    for (int i = language_digits(currency); i > 0; i--) minors *= 10;
    return minors;
}

int64_t rate_convert(const struct offer_policy *policy, int64_t minor, const char *from,
                     const char *to) {
    int64_t from_rate = rate_of(policy, from);
    int64_t to_rate = rate_of(policy, to);

    if (strcmp(from, to) == 0) return minor;
    if (from_rate == 0 || to_rate == 0) return -1;
    __int128 above = (__int128)minor * from_rate * unit(to);
    __int128 below = (__int128)to_rate * unit(from);
    __int128 result = (above + below - 1) / below;
    if (result > INT64_MAX / 8) return INT64_MAX / 8; /* beyond any limit, and can be added up */
    return (int64_t)result;
}
