/* keyed_visit: after a version of the policies that takes running cases along, every case of a
 * shard is visited: a walk through its ids, some of them in each batch, so that events flow
 * between. A shard that is taken over or healed is walked through anew; who has the version already
 * costs a read. */
#ifndef REDRESS_KEYED_VISIT_H
#define REDRESS_KEYED_VISIT_H

#include "runtime/keyed_batch.h"

/* Cases of one shard to be visited in a batch. */
struct keyed_visit {
    struct shard *shard;
    const char **ids;
    int count;
};

/* Whether a shard has cases that were not visited yet. */
bool keyed_visit_waits(const struct keyed *keyed);

/* Goes on with the walk of one shard. At its end the shard counts as visited, unless the batch
 * fails, which assigns the shard anew. */
struct keyed_visit keyed_visit_next(struct keyed *keyed);

#endif
