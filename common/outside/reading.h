/* reading: a small topic read whole, read_committed, from its beginning to its true end as of now.
 */
#ifndef REDRESS_READING_H
#define REDRESS_READING_H

#include "outside/kafka.h"

enum { READING_PARTITIONS_MAX = 4096 };

enum reading_result {
    READING_DONE,
    READING_AWAY,  /* not now, or not to its end in time: err says why */
    READING_BROKEN /* there is no such topic, or it is damaged */
};
/* A record is gone after the call. */
typedef void reading_each(void *context, const struct raw *raw);

/* silence_ms: without a record or an end for so long it is given up. */
enum reading_result reading_whole(const struct kafka *kafka, struct kafka_asker *asker,
                                  enum topic topic, int silence_ms, reading_each *each,
                                  void *context, struct err *err) MUST_CHECK;

/* The same of one topic's places from their offsets on: partitions 0 to count - 1, in their order.
 */
enum reading_result reading_from(const struct kafka *kafka, struct kafka_asker *asker,
                                 const struct place *from, int count, int silence_ms,
                                 reading_each *each, void *context, struct err *err) MUST_CHECK;

#endif
