/* buyer: who a case's customer is, until he asks for his erasure. */
#ifndef REDRESS_BUYER_H
#define REDRESS_BUYER_H

#include "proposal.h"

/* From the complaint that opens the case. One who was erased before it came is nobody; else caps
 * count him by his pseudonym, which outlives his id. */
void buyer_take(struct proposal_turn *turn, const struct customer *customer);

/* Blanks what the case holds of him, and says so, if he is the one: customer.erased. What was
 * offered stands; it is settled to the order. */
void buyer_erase(struct proposal_turn *turn, const struct activity *erased);

#endif
