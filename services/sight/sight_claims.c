/* sight_claims: a claim's number means something where it is, or where its tag has its marker. */
#include "sight/sight_claims.h"
#include "runtime/claim_store.h"

void sight_claims_ask(struct sight *sight, const char *claim, const char *field) {
    redis_addf(sight->redis, 2, "GET", claim_store_marker(sight->prefix, claim, sight->arena));
    redis_addf(sight->redis, 3, "HGET", claim_store_key(sight->prefix, claim, sight->arena), field);
}

bool sight_claims_take(const struct redis_reply *replies, int64_t *number_out) {
    *number_out = 0;
    if (replies[SIGHT_CLAIM_NUMBER].kind == REDIS_TEXT)
        *number_out = sight_number(replies[SIGHT_CLAIM_NUMBER].text);
    return replies[SIGHT_CLAIM_NUMBER].kind == REDIS_TEXT ||
           replies[SIGHT_CLAIM_MARKER].kind == REDIS_TEXT;
}
