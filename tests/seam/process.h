/* process: one worker's engine on the fakes, as runtime/worker.c makes it once Kafka and Redis
 * answer. */
#ifndef REDRESS_SEAM_PROCESS_H
#define REDRESS_SEAM_PROCESS_H

#include "fake_kafka.h"
#include "runtime/engine.h"

/* The settings of a worker here, but for those of its batches. */
#define PROCESS_SETTINGS                                                                           \
    .topic_prefix = "redress", .late_settle_ms = 10000, .hold_max_ms = 120000,                     \
    .step_hold_ms = 10000, .transaction_timeout_ms = FAKE_TRANSACTION_MS,                          \
    .session_timeout_ms = FAKE_SESSION_MS, .unproven_ms = 60000

/* Without a policy, and without settings of decisions. `config` and `instance` must live longer. */
struct engine *process_open(const struct worker_spec *spec, const struct config *config,
                            const char *instance, int partitions);
/* Its loop, until engine->stopping. Returns its exit status; the engine and its store are gone. */
int process_run(struct engine *engine);

/* A keyed worker's shard, under the prefix "redress": its part of the case log is read, nothing is
 * due, and its view stands at its changelog's end. */
bool process_shard_rests(const char *worker, int shard);

#endif
