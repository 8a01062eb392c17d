/* claims: the list that a decision's ask() fills. Making the claims is the runtime's. */
#include "decision/claims.h"

enum { FIRST_SIZE = 8 };

int claims_add(struct claims *claims, const struct claim *claim) {
    int count = claims->count;

    /* The array doubles whenever its count is 0 or a power of two from FIRST_SIZE on, so no size
     * needs to be kept. */
    if (count == 0 || (count >= FIRST_SIZE && (count & (count - 1)) == 0)) {
        size_t size = (size_t)(count ? count * 2 : FIRST_SIZE);
        claims->at = arena_grow(claims->arena, count ? claims->at : NULL,
                                (size_t)count * sizeof *claim, size * sizeof *claim);
    }
    claims->at[count] = *claim;
    if (!claim->value) claims->at[count].value = "";
    return claims->count++;
}
