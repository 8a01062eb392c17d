/* offer: options with remedies, amounts and who bears them, from the decision table or from a
 * person. Computes; decides nothing else.
 *
 * Amounts are integers in minor units of the order's currency. A percentage of the order's amount
 * is rounded to the minor unit as its row says. An option with an amount that cannot be computed (a
 * percentage without an order, a currency that the row does not name) is left out whole: half of an
 * offer is never made; a rule of which no option is left is passed over. */
#ifndef REDRESS_OFFER_H
#define REDRESS_OFFER_H

#include "compensation.h"
#include "offer_policy.h"

struct offer {
    const char *rule;       /* NULL: asked for by a person */
    struct records options; /* struct compensation_option */
    char currency[4];
    int64_t cost_minor; /* of the costliest option, all parties together */
    int64_t paid_minor; /* of the option that costs others than the customer most */
};

/* The first rule for these facts; `assessed` is NULL at a classification. False when nothing is
 * offered. */
bool offer_from_rules(const struct offer_policy *policy, const struct compensation_state *state,
                      const struct activity *assessed, struct arena *arena,
                      struct offer *out) MUST_CHECK;

/* What a person asks for: costs and splits are computed anew, never below the amounts. False when
 * the options make no offer: none, too many, two of one name, several currencies. */
bool offer_from_request(const struct offer_policy *policy, const struct records *options,
                        struct arena *arena, struct offer *out) MUST_CHECK;

/* As the contract writes options. */
struct records offer_publish(const struct records *options, struct arena *arena);

#endif
