/* offer_match: whether a row of compensation.yaml speaks of a case. Pure; what is not known matches
 * nothing that asks for it. */
#ifndef REDRESS_OFFER_MATCH_H
#define REDRESS_OFFER_MATCH_H

#include "compensation.h"
#include "offer_policy.h"

/* A case as it stands at a moment. */
struct offer_about {
    const struct compensation_state *state;
    const struct activity *assessed; /* NULL: nothing was assessed */
    int64_t at_ms;                   /* the log's time */
};

/* True for a NULL match, too. */
bool offer_match_holds(const struct offer_match *match, const struct offer_about *about) MUST_CHECK;

/* "CN" takes "CN-SH", too; an empty list takes anything, no other takes NULL. */
bool offer_match_region(const struct texts *wanted, const char *region);

/* How late the order came, or is by now when it has not come, in ms; -1 when that is not known. */
int64_t offer_match_late_ms(const struct offer_about *about);

#endif
