/* process: see the header. */
#include "process.h"
#include "fake_redis.h"
#include "runtime/keyed.h"
#include "runtime/map.h"

#include <stdio.h>
#include <stdlib.h>

struct engine *process_open(const struct worker_spec *spec, const struct config *config,
                            const char *instance, int partitions) {
    struct engine *engine = calloc(1, sizeof *engine);
    struct err err;

    ASSERT(engine);
    engine->spec = spec;
    engine->config = config;
    engine->instance = instance;
    engine->arena = arena_new();
    engine->partitions = partitions;
    engine->kafka = (struct kafka){.config = config, .worker = spec->name};
    engine->asker = kafka_asker_new(&engine->kafka, &err);
    engine_metrics(engine);
    engine->redis = redis_new("fake", &err);
    if (spec->ask) engine->claims = claim_store_new(engine->redis, &engine->kafka);

    return engine;
}

int process_run(struct engine *engine) {
    if (engine->spec->kind == WORKER_KEYED)
        keyed_run(engine);
    else
        map_run(engine);
    int status = engine->exit_status;
    kafka_producer_free(engine->producer);
    kafka_asker_free(engine->asker);
    claim_store_free(engine->claims);
    policy_store_free(engine->store);
    redis_free(engine->redis);
    arena_free(engine->arena);
    free(engine);

    return status;
}

bool process_shard_rests(const char *worker, int shard) {
    char key[64];
    snprintf(key, sizeof key, "redress:{%s.%d}:applied", worker, shard);
    const char *applied = fake_redis_get(key);

    snprintf(key, sizeof key, "redress:{%s.%d}:by:wake_at", worker, shard);
    if (fake_redis_has(key)) return false;
    if (!applied || fake_kafka_left(TOPIC_STATE, worker, shard, strtoll(applied, NULL, 10)))
        return false;
    return !fake_kafka_left(TOPIC_EVENTS, NULL, shard,
                            fake_kafka_committed(worker, TOPIC_EVENTS, shard));
}
