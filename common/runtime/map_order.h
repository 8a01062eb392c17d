/* map_order: a record that joins what another record has claimed comes behind it. Claims are made
 * before the transaction, so without this a repeat could stand before its case.opened: when two
 * intakes have both in hand, or when after a crash the partitions are read again in another order.
 * The claimant's id is the position of its record,
 * "<topic>/<partition>/<offset>".
 *
 * Pure: the records of a batch are put in an order in which each comes behind what it refers to; a
 * record that refers to one which is neither in the batch nor committed waits. Only records that
 * wait for each other in a true circle go on without order: of a circle the one that stands first,
 * so that all who see it agree. In a batch all that they refer to has just been asked for. What a
 * record of another process waits for its mark says, and when Redis has lost claims meanwhile that
 * is no longer so; so a circle through marks counts only for who has waited for so long that each
 * of them has been asked for again. */
#ifndef REDRESS_MAP_ORDER_H
#define REDRESS_MAP_ORDER_H

#include "runtime/engine.h"
#include "runtime/map_inputs.h"

/* What is known of inputs: of the own ones, of others as their owners have committed them, and
 * which records are not there any more. */
struct map_known {
    const struct map_input *own, *others;
    int own_count, other_count;
    const struct map_position *gone;
    int gone_count;
};
/* Whether a record is decided and committed, or never can be. False when its partition is not
 * known. */
bool map_known_passed(const struct map_known *known, const struct map_position *at);

struct map_item {
    struct map_position at;
    struct map_position *needs; /* what it refers to */
    int need_count;
    bool left;              /* in: there is no room for it, it is read again later */
    bool long_waited;       /* in: for longer than a mark can be out of date */
    bool goes;              /* out; otherwise it waits, or is left */
    struct map_position on; /* out: what it waits for first of all */
};

/* What a record refers to: who owns the claims that it joined, unless their value is what it would
 * have claimed itself. Only positions in topics that the worker reads (TOPIC_NONE-terminated). */
void map_order_needs(struct map_item *item, const struct asking *asking, const enum topic *reads,
                     struct arena *arena);

/* Sets goes and on; order_out[0 .. returned) are the indices of those that go, in their order. */
int map_order(const struct map_known *known, struct map_item *items, int count, int *order_out,
              struct arena *arena);

#endif
