/* map_order: a record that joins what another record has claimed waits until that one is committed, or goes behind it
 * in the same batch. Claims are made before the transaction, so without this a repeat could stand before its
 * case.opened: when two intakes have both in hand, or when after a crash the partitions are read again in another
 * order. The claimant's id is the position of its record, "<topic>/<partition>/<offset>". */
#ifndef REDRESS_MAP_ORDER_H
#define REDRESS_MAP_ORDER_H

#include "engine.h"

struct map_order_input {
    enum topic topic;
    int partition;
    int64_t settled; /* what the group has committed; -1: nothing */
};
struct map_order_item { /* in the order of the batch */
    int input;          /* index of its input */
    int64_t offset;
    const struct asking *asking;
    bool waits; /* out: it, and every later record of its input, is left for the next batch */
};

/* Returns how many wait. Asks the broker only when a record joins what another process has claimed. */
int map_order(struct engine *engine, const struct map_order_input *inputs, int input_count,
              struct map_order_item *items, int count);

#endif
