/* offer_price: what one remedy is worth, who bears that, and what of it leaves the house for the
 * customer. All amounts are integers in minor units of one currency. */
#ifndef REDRESS_OFFER_PRICE_H
#define REDRESS_OFFER_PRICE_H

#include "compensation.h"
#include "offer_policy.h"
#include "share.h"

/* For whom, and by what, remedies are priced. */
struct offer_making {
    const struct offer_policy *policy;
    const struct compensation_state *state;
    const struct activity *assessed; /* NULL: nothing was assessed */
    const struct offer_rule *rule;
    struct arena *arena;
    const char *currency;
    bool pays_back; /* false: nothing that pays the order back may be offered */
};

/* compensation.h, struct compensation_option. */
struct offer_price {
    struct share_split split;
    int64_t cost_minor, given_minor, back_minor, goodwill_minor;
};

/* A row of the policy, its cost divided by `weights`. False when it cannot be computed (a
 * percentage without a paid order, a currency that the row does not name) or its amount is 0. */
bool offer_price_row(const struct offer_making *making, const struct offer_remedy *row,
                     const struct share_weights *weights, struct compensation_remedy *remedy_out,
                     struct offer_price *out) MUST_CHECK;

/* What a person asks for is worth its amount, and never less than what the policy says that such
 * goods or work cost. `known` becomes false when nobody says what it costs. False when it cannot be
 * divided, or its amount is 0. */
bool offer_price_asked(const struct offer_making *making, const struct remedy *row,
                       const struct share_weights *weights, struct compensation_remedy *remedy_out,
                       struct offer_price *out, bool *known) MUST_CHECK;

/* False when the sum has more parties than a split may have. */
bool offer_price_add(struct offer_price *sum, const struct offer_price *one) MUST_CHECK;

/* What was paid for the goods that the case is about: the articles that are named, else the order.
 * 0: nothing, or nothing is known. */
int64_t offer_price_goods(const struct compensation_state *state);

#endif
