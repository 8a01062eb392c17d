/* reading: a topic read whole, read_committed, to where it ends as of now; no group, no offsets. */
#ifndef REDRESS_READING_H
#define REDRESS_READING_H

#include "outside/kafka.h"

enum { READING_PARTITIONS_MAX = 4096 };

enum reading_end {
    READING_TRUE_END,  /* what lies behind an open transaction is waited for */
    READING_STABLE_END /* it is left out */
};

/* A record is gone after the call. Not 0: no more. */
typedef int reading_each(void *context, const struct raw *raw);

struct reading_plan {
    const struct kafka *kafka;
    struct kafka_asker *asker;
    enum topic topic;
    const struct place *from; /* places of partitions 0 to from_count - 1; NULL: the beginning */
    int from_count;
    enum reading_end end;
    int silence_ms; /* without a record or an end for so long it is given up */
    reading_each *each;
    void *context;
};

enum outcome reading_run(const struct reading_plan *plan, struct err *err) MUST_CHECK;

#endif
