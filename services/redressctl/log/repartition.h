/* repartition: where a record goes when the topics of another prefix have another number of
 * partitions. Pure. */
#ifndef REDRESS_REPARTITION_H
#define REDRESS_REPARTITION_H

#include "outside/kafka.h"

struct repartition {
    const char *from;        /* the prefix that is left */
    int counts[TOPIC_COUNT]; /* partitions of the new topics */
    const int64_t *next;     /* the next offset of each new partition of what the worker at hand
                                reads: of its states' records */
};

/* How often a record is copied (0: not at all; 1; to every partition what has no key in the case
 * log), and the message, whose partition the caller sets when there are several. Texts that are not
 * the record's own live in the arena. */
int repartition_record(const struct repartition *plan, const struct raw *raw, struct arena *arena,
                       struct kafka_message *out);

#endif
