/* process: one worker's engine on the fakes, as runtime/worker.c makes it once Kafka and Redis
 * answer. */
#ifndef REDRESS_SEAM_PROCESS_H
#define REDRESS_SEAM_PROCESS_H

#include "runtime/engine.h"

/* Without a policy, and without settings of decisions. `config` and `instance` must live longer. */
struct engine *process_open(const struct worker_spec *spec, const struct config *config,
                            const char *instance, int partitions);
/* Its loop, until engine->stopping. Returns its exit status; the engine and its store are gone. */
int process_run(struct engine *engine);

/* A keyed worker's shard, under the prefix "redress": its part of the case log is read, nothing is
 * due, and its view stands at its changelog's end. */
bool process_shard_rests(const char *worker, int shard);

#endif
