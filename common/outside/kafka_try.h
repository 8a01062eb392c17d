/* kafka_try: whether the broker lets this process do a thing, found out by doing it in a way that
 * changes nothing:
 *
 *   Describe topic, group     the metadata; the committed offsets
 *   DescribeConfigs topic     its settings
 *   Read topic                a fetch at its end
 *   Read group                a commit for a partition that does not exist: refused for that, after
 * the permission Write topic               a record with acks=7: refused for that, after the
 * permission, and never stored Write transactional id    init_transactions: ends what a former
 * process of this name left open. Only before the process has a producer of its own; afterwards
 * every transaction tries it
 *
 * An answer takes a few ms; only what is forbidden, or a broker that is away, takes longer. */
#ifndef REDRESS_KAFKA_TRY_H
#define REDRESS_KAFKA_TRY_H

#include "outside/kafka.h"

enum kafka_resource { KAFKA_TOPIC = 1, KAFKA_GROUP, KAFKA_TRANSACTIONAL_ID };
enum kafka_operation { KAFKA_READ = 1, KAFKA_WRITE, KAFKA_DESCRIBE, KAFKA_DESCRIBE_CONFIGS };
enum kafka_verdict {
    KAFKA_ALLOWED,
    KAFKA_FORBIDDEN, /* err: the broker's words */
    KAFKA_UNSURE,    /* err: another answer: no such topic, ... */
    KAFKA_SILENT     /* err: no answer in time */
};

struct kafka_tries;
/* Handles are made when they are needed. */
struct kafka_tries *kafka_tries_new(const struct kafka *kafka);
void kafka_tries_free(struct kafka_tries *tries); /* NULL is allowed */

/* `name` with its prefix, as the broker knows it. */
enum kafka_verdict kafka_try(struct kafka_tries *tries, enum kafka_resource resource,
                             const char *name, enum kafka_operation operation, int timeout_ms,
                             struct err *err) MUST_CHECK;

#endif
