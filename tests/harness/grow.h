/* grow: more partitions of a topic under running workers. The product never does this: its own
 * commands make a second set of topics (deploy/docs/partitions.md). */
#ifndef REDRESS_HARNESS_GROW_H
#define REDRESS_HARNESS_GROW_H

#include "world.h"

/* `count` in all; fails the test when the broker does not. */
void grow(const struct world *world, enum topic topic, int count);

#endif
