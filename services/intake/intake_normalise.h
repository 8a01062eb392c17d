/* intake_normalise: one way of writing for what people write in many. */
#ifndef REDRESS_INTAKE_NORMALISE_H
#define REDRESS_INTAKE_NORMALISE_H

#include "contract/contract.h"

/* The data with its channel in lower case and half width, "Email" or " ＩＭ" as well: before the
 * table looks at it. The tree itself when there is nothing to change. */
const struct tree *intake_normalise_data(const struct tree *data, struct arena *arena);

/* The telephone number as contract/phone.h has it. */
void intake_normalise_customer(struct customer *customer, struct arena *arena);

#endif
