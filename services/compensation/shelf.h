/* shelf: which closed cases others may learn from, and in what the facts of two cases are the same.
 *
 * A case stands on the shelf of its tenant and class from its closing until it is reopened,
 * withdrawn or forgotten, or its customer erased: who has gone leaves nothing of what he wrote, not
 * even a sketch. Pure. */
#ifndef REDRESS_SHELF_H
#define REDRESS_SHELF_H

#include "compensation.h"

/* Puts the case where it belongs by now, or takes it off: sets state->library. */
void shelf_put(struct compensation_state *state, struct arena *arena);
/* The shelf of cases such as this one; NULL: it has no class yet. */
const char *shelf_of(const struct compensation_state *state, struct arena *arena);

/* Facts that are known of both, and the same: "article", "status", "goods" (made to order or
 * perishable, or neither), "value" (between half and double), "carrier", "warehouse", "asked" (the
 * remedy asked for). */
struct texts shelf_same(const struct compensation_state *one, const struct compensation_state *two,
                        struct arena *arena);

#endif
