/* fake_kafka: outside/kafka.h in memory, for tests of the loops: one broker with transactions,
 * their markers (which come a little later), fencing by epoch and by generation, groups, true ends
 * and last stable offsets, and faults by the dice. */
#ifndef REDRESS_SEAM_FAKE_KAFKA_H
#define REDRESS_SEAM_FAKE_KAFKA_H

#include "outside/kafka.h"

/* In percent of the calls. */
struct fake_kafka_faults {
    unsigned commit_unknown; /* the outcome is not known: half of them happened */
    unsigned abort;          /* a call within a transaction asks for an abort */
    unsigned away;           /* a question is not answered */
    unsigned no_offset;      /* a delivery report without an offset */
};

enum { FAKE_SESSION_MS = 3000, FAKE_TRANSACTION_MS = 1000 };

/* A broker without records, all topics with so many partitions. */
void fake_kafka_begin(int partitions);
void fake_kafka_faults(const struct fake_kafka_faults *faults);

/* One record as any service publishes it: committed at once. worker: whose TOPIC_STATE, else NULL.
 */
void fake_kafka_publish(enum topic topic, const char *worker, int partition, const char *key,
                        const char *value, const struct header *headers, int header_count);

/* A channel begins a transaction with a record of a topic, and leaves it open until the broker
 * aborts it. */
void fake_kafka_leave_open(enum topic topic, int partition, int64_t timeout_ms);

/* Every record whose transaction was decided for it, before offset `to` (-1: all), whether or not
 * its marker is written: no time passes. */
void fake_kafka_each(enum topic topic, const char *worker, int partition, int64_t to,
                     void (*each)(void *context, const struct raw *raw), void *context);

/* A topic is made anew: nothing is in it. worker: whose TOPIC_STATE, else NULL. */
void fake_kafka_lose(enum topic topic, const char *worker);
/* A backup of the whole broker, and that it is restored: what came after it, offsets too, is gone.
 * Nothing may be open. */
void fake_kafka_back_up(void);
void fake_kafka_restore(void);

/* No transaction is open and no marker is outstanding. */
bool fake_kafka_quiet(void);
/* Records that count at or behind an offset; from < 0: all. */
int fake_kafka_left(enum topic topic, const char *worker, int partition, int64_t from);
/* What a group has committed; KAFKA_NO_OFFSET: nothing. */
int64_t fake_kafka_committed(const char *worker, enum topic topic, int partition);

#endif
