/* policy_log: policy versions whole in redress.policies (key "<worker>:<version>"), written before
 * their first use (deploy/docs/policies.md). The topic is compacted and has one partition: of a key
 * the last record counts, and of two versions the one whose record stands later is the newer. */
#ifndef REDRESS_POLICY_LOG_H
#define REDRESS_POLICY_LOG_H

#include "outside/kafka.h"

/* A record, of any worker. */
struct policy_record {
    const char *key,
        *body; /* NUL-terminated, in the arena; body NULL: the version was taken back */
    size_t body_len;
    int64_t offset;
};

/* The topic as what reads and writes it: policy_log_open() gives Kafka's, a test its own. */
struct policy_topic {
    void *context;
    /* Every record up to the topic's true end, in order. 0; 1 when Kafka does not answer (err). */
    int (*read)(void *context, struct arena *arena, struct policy_record **records_out,
                int *count_out, struct err *err);
    /* Writes one and waits for the acknowledgement. 0 or 1. */
    int (*write)(void *context, const char *key, const char *body, struct err *err);
};

/* What Kafka's topic is read with; both live as long as it. */
struct policy_log {
    const struct kafka *kafka;
    struct kafka_asker *asker;
};
struct policy_topic policy_log_open(struct policy_log *log);

#endif
