/* claims: the list that a decision's ask() fills. Making the claims is the runtime's. */
#include "decision/claims.h"

int claims_add(struct claims *claims, const struct claim *claim) {
    struct claim *added = ARENA_ADD(claims->arena, claims->at, claims->count);

    *added = *claim;
    if (!claim->value) added->value = "";
    return claims->count - 1;
}
