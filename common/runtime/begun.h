/* begun: where a worker without a state goes on. Such a worker has nothing but its group's offsets,
 * and Kafka forgets those when a group was away for a week, or when somebody deletes them.
 * Beginning again then would publish everything a second time. So a worker that begins with an
 * input partition leaves a mark, a record of the compacted topic redress.policies, in the
 * transaction that commits its first offset there: a mark without an offset means that the offset
 * was lost, and the worker stops with the remedy. A partition without either is new. */
#ifndef REDRESS_BEGUN_H
#define REDRESS_BEGUN_H

#include "runtime/engine.h"

/* The group's offset of each place (KAFKA_NO_OFFSET: none) and the first offset that is still
 * there. True: each place is where to go on, and marked. False: not now, or the engine stops. */
bool begun_check(struct engine *engine, struct place *places, const struct place *starts,
                 int count);

/* What is to be said of a place. */
enum begun_verdict {
    BEGUN_GOES_ON,
    BEGUN_NEW,      /* never read */
    BEGUN_LOST,     /* read before, and the offset is gone */
    BEGUN_DELETED,  /* what comes next was deleted before it was read */
    BEGUN_RECREATED /* the partition ends before the offset: it is another one, or was cut off */
};
enum begun_verdict begun_judge(int64_t committed, int64_t start, int64_t end, bool marked);

/* The key of a mark: "@begun:intake:complaints:3". */
const char *begun_key(struct arena *arena, const char *worker, const struct place *place);

#endif
