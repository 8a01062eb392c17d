/* sight_claims: numbers of claims that have a key of their own in Redis (claim.shared). */
#ifndef REDRESS_SIGHT_CLAIMS_H
#define REDRESS_SIGHT_CLAIMS_H

#include "sight/sight.h"

enum { SIGHT_CLAIM_MARKER, SIGHT_CLAIM_NUMBER, SIGHT_CLAIM_REPLIES };
#define SIGHT_CLAIM_SUM  "s" /* of a count */
#define SIGHT_CLAIM_LAST "t" /* of others: when there was the last word about it, ms */

/* Queues the question for a claim's field: SIGHT_CLAIM_REPLIES replies. */
void sight_claims_ask(struct sight *sight, const char *claim, const char *field);
/* Reads them; 0 where nobody has claimed. False: Redis has lost its claims, and with them this. */
bool sight_claims_take(const struct redis_reply *replies, int64_t *number_out) MUST_CHECK;

#endif
