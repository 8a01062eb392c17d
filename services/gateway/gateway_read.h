/* gateway_read: a record of redress.deliveries or redress.settlements as what a lane sends. */
#ifndef REDRESS_GATEWAY_READ_H
#define REDRESS_GATEWAY_READ_H

#include "gateway/lane.h"

/* NULL and an empty err: it is for none of this gateway's business (another type). NULL and err: it
 * cannot be read, which none of Redress's own workers writes. The item is one piece of memory. */
struct lane_item *gateway_read(const struct raw *raw, struct arena *arena, struct err *err);

#endif
