/* review: what a person looks at, whatever it costs, and what is answered to a demand that is too
 * much: the rows of `reviews` in compensation.yaml. Nothing here changes what is offered, or how
 * much. Pure. */
#ifndef REDRESS_REVIEW_H
#define REDRESS_REVIEW_H

#include "offer_match.h"

struct review {
    int role;                           /* who decides at least; 0: nobody is asked for */
    bool suspected;                     /* one of the rows asks for the customer's history */
    struct texts names;                 /* of the rows that speak, as reasons: "review <name>" */
    const struct offer_review *answers; /* the first that answers a demand; NULL: none */
};

/* All rows that speak of the case. */
struct review review_of(const struct offer_policy *policy, const struct offer_about *about,
                        struct arena *arena);

#endif
