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
#include "offer_match.h"
#include "offer_policy.h"

struct offer {
    const char *rule;     /* NULL: asked for by a person */
    struct parts options; /* struct compensation_option */
    char currency[4];
    int64_t cost_minor; /* of the costliest option, all parties together */
    int64_t paid_minor; /* what leaves the house for the customer at most: of the option that gives
                           most */
    int64_t back_minor; /* of that, what pays the order back at most */
    int64_t goodwill_minor;
    int least_role;       /* who decides at least, whatever it costs; 0: nobody is asked for */
    struct texts reviews; /* and why, as reasons */
    bool unvalued;        /* a person asks for goods or work of which nobody says what they cost */
};

/* The first rule for these facts. Without `pays_back`, options that pay the order back are left
 * out; once goodwill was given, its remedies are. False when nothing is offered. */
bool offer_from_rules(const struct offer_policy *policy, const struct offer_about *about,
                      bool pays_back, struct arena *arena, struct offer *out) MUST_CHECK;

/* What a person asks for: what it costs is computed anew, from the amounts and from what the policy
 * says of goods and work. His stated cost can only add to that, and his split divides it among
 * others than the customer, who bears at most a part of what was added. False when the options make
 * no offer: none, too many, two of one name, several currencies. */
bool offer_from_request(const struct offer_policy *policy, const struct compensation_state *state,
                        const struct parts *options, struct arena *arena,
                        struct offer *out) MUST_CHECK;

/* Whether two lists of options give the customer the same. */
bool offer_is_same(const struct parts *one, const struct parts *two);

/* As the contract writes options. */
struct parts offer_publish(const struct parts *options, struct arena *arena);

#endif
