/* world: a test's own look at the topics and at Redis, apart from the workers: whole topics
 * read_committed, how far a group is behind, and whether a worker's Redis view equals the fold of
 * its changelog. */
#ifndef REDRESS_HARNESS_WORLD_H
#define REDRESS_HARNESS_WORLD_H

#include "decision/spec.h"
#include "harness.h"
#include "outside/kafka.h"

struct world {
    struct harness *h;
    struct arena *arena; /* for as long as the world */
    struct config config;
    struct kafka_asker *asker;
    struct kafka_producer *producer; /* made at the first publish */
};

struct world *world_open(struct harness *h);
void world_close(struct world *world);

/* Reads a topic from its beginning to its end as of now, in the order of each partition. worker:
 * whose TOPIC_STATE, else NULL. The raw record is gone after the call. Returns how many there were.
 */
int64_t world_read(struct world *world, enum topic topic, const char *worker,
                   void (*each)(void *context, const struct raw *raw), void *context);

/* Input records that a worker's group has not committed; waits are WAIT_FOR(world_lag(...) == 0,
 * ...). -1: not known now. */
int64_t world_lag(struct world *world, const struct worker_spec *spec);
/* Input records that it has committed, transaction markers among them. -1: not known now. */
int64_t world_done(struct world *world, const struct worker_spec *spec);
/* Fails the test unless the group has caught up within limit_ms; waits for complaints, activity and
 * decisions to be through intake, then for the worker. */
void world_wait_idle(struct world *world, const struct worker_spec *const *specs, int limit_ms);

/* Publishes a record with the key given, structured or binary as headers say. world_flush() waits
 * for all acknowledgements and fails the test otherwise. */
void world_publish(struct world *world, enum topic topic, const char *key, const char *value,
                   size_t value_len, const struct header *headers, int header_count);
void world_flush(struct world *world);

/* The canonical dump of a worker's keys in Redis (sorted lines of key, type, member or field,
 * value; without applied_at and wipe marks) against the same lines made from the last changelog
 * record of each case. Differences go to `diff` (at most 50 lines). Returns how many lines differ;
 * *lines_out: of the fold. */
int world_check_view(struct world *world, const struct worker_spec *spec, struct buf *diff,
                     int *lines_out);

#endif
