/* unguarded: what stands in the place of a function in redress-intake-unguarded and
 * redress-sla-unguarded (linked with --wrap), to take one guard away and show what it keeps off.
 *
 * REDRESS_TEST_WITHOUT=<guard>: which
 *   cas               a change is applied wherever the view stands, not only where it is expected
 *   mark              a wipe removes keys although somebody else has begun another
 *   offsets           offsets are committed in a transaction of their own, behind the outputs
 *   membership        they are sent with the group's name alone, as between two assignments
 *   true_end          an end is the last stable offset, before a transaction that is open
 *   proof             a deadline fires when the clock says so
 *   complaints_first  activity does not wait for complaints */
#include "base/fault.h"
#include "runtime/map_parts.h"
#include "runtime/proof.h"
#include "runtime/view_parts.h"
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

static bool is_without(const char *guard) {
    const char *without = getenv("REDRESS_TEST_WITHOUT");
    return without && strcmp(without, guard) == 0;
}

/* ---- The view: cas, mark ---- */

enum outcome __real_view_run(struct view *view, struct redis_script *script,
                             const struct view_words *keys, const struct view_words *args,
                             struct redis_reply *reply_out, struct err *err);
enum outcome __wrap_view_run(struct view *view, struct redis_script *script,
                             const struct view_words *keys, const struct view_words *args,
                             struct redis_reply *reply_out, struct err *err);

struct view *__real_view_new(struct redis *redis, const char *prefix, const char *worker,
                             const struct table *state);
struct view *__wrap_view_new(struct redis *redis, const char *prefix, const char *worker,
                             const struct table *state);

/* apply.lua without its first line, which compares where the view stands. */
struct view *__wrap_view_new(struct redis *redis, const char *prefix, const char *worker,
                             const struct table *state) {
    static const char comparison[] = "if ask('GET', KEYS[1]) ~= ARGV[1]";
    struct view *view = __real_view_new(redis, prefix, worker, state);
    if (!is_without("cas")) return view;
    for (size_t i = 0; i < sizeof view->texts / sizeof *view->texts; i++) {
        char *at = strstr(view->texts[i], comparison);
        ASSERT((at != NULL) == (view->texts[i] == view->apply.lua));
        if (at) memcpy(at, "--", 2);
    }
    return view;
}

static enum outcome remove_anyway(struct view *view, const struct view_words *keys,
                                  struct redis_reply *reply_out, struct err *err) {
    struct redis_reply *replies;
    int count;

    for (int i = VIEW_STANDING_KEYS; i < keys->count; i++)
        redis_addf(view->redis, 2, "UNLINK", keys->at[i]);
    if (redis_exchange(view->redis, keys->arena, &replies, &count, err)) return OUTCOME_WAIT;
    *reply_out = (struct redis_reply){.kind = REDIS_NUMBER, .number = 1};

    return OUTCOME_DONE;
}

enum outcome __wrap_view_run(struct view *view, struct redis_script *script,
                             const struct view_words *keys, const struct view_words *args,
                             struct redis_reply *reply_out, struct err *err) {
    bool removes =
        script == &view->wipe && args->count == 1; /* two: it begins, and sets the mark */
    if (removes && is_without("mark")) return remove_anyway(view, keys, reply_out, err);
    return __real_view_run(view, script, keys, args, reply_out, err);
}

/* ---- The transaction: offsets, membership ---- */

/* What is not sent with the transaction at hand. Both live as long as its batch. */
static struct {
    const struct place *at;
    int count;
    struct kafka_membership *membership;
} kept;

enum kafka_outcome __real_kafka_begin(struct kafka_producer *producer, struct err *err);
enum kafka_outcome __wrap_kafka_begin(struct kafka_producer *producer, struct err *err);
enum kafka_outcome __real_kafka_send_offsets(struct kafka_producer *producer,
                                             const struct place *places, int count,
                                             struct kafka_membership *membership, struct err *err);
enum kafka_outcome __wrap_kafka_send_offsets(struct kafka_producer *producer,
                                             const struct place *places, int count,
                                             struct kafka_membership *membership, struct err *err);
enum kafka_outcome __real_kafka_commit(struct kafka_producer *producer, struct err *err);
enum kafka_outcome __wrap_kafka_commit(struct kafka_producer *producer, struct err *err);

enum kafka_outcome __wrap_kafka_begin(struct kafka_producer *producer, struct err *err) {
    kept.count = 0;
    return __real_kafka_begin(producer, err);
}

enum kafka_outcome __wrap_kafka_send_offsets(struct kafka_producer *producer,
                                             const struct place *places, int count,
                                             struct kafka_membership *membership, struct err *err) {
    if (!is_without("offsets"))
        return __real_kafka_send_offsets(producer, places, count, membership, err);
    kept.at = places;
    kept.count = count;
    kept.membership = membership;
    return KAFKA_DONE;
}

enum kafka_outcome __wrap_kafka_commit(struct kafka_producer *producer, struct err *err) {
    enum kafka_outcome outcome = __real_kafka_commit(producer, err);
    if (outcome != KAFKA_DONE || !kept.count) return outcome;

    FAULT_POINT("between_commits");
    outcome = __real_kafka_begin(producer, err);
    if (outcome == KAFKA_DONE)
        outcome = __real_kafka_send_offsets(producer, kept.at, kept.count, kept.membership, err);
    if (outcome != KAFKA_DONE) return KAFKA_REBUILD;
    return __real_kafka_commit(producer, err);
}

rd_kafka_consumer_group_metadata_t *__real_rd_kafka_consumer_group_metadata(rd_kafka_t *rk);
rd_kafka_consumer_group_metadata_t *__wrap_rd_kafka_consumer_group_metadata(rd_kafka_t *rk);

rd_kafka_consumer_group_metadata_t *__wrap_rd_kafka_consumer_group_metadata(rd_kafka_t *rk) {
    if (!is_without("membership")) return __real_rd_kafka_consumer_group_metadata(rk);
    char group[KAFKA_NAME_MAX];
    size_t size = sizeof group;
    bool known = rd_kafka_conf_get(rd_kafka_conf(rk), "group.id", group, &size) == RD_KAFKA_CONF_OK;
    ASSERT(known);
    return rd_kafka_consumer_group_metadata_new(group);
}

/* ---- Ends: true_end ---- */

int __real_kafka_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
                      struct err *err);
int __wrap_kafka_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
                      struct err *err);

int __wrap_kafka_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
                      struct err *err) {
    if (is_without("true_end")) return kafka_stable_ends(asker, places, count, timeout_ms, err);
    return __real_kafka_ends(asker, places, count, timeout_ms, err);
}

/* ---- Deadlines: proof ---- */

static struct shards *fired; /* those that the proof is about */

struct proof *__real_proof_new(struct engine *engine, struct shards *shards);
struct proof *__wrap_proof_new(struct engine *engine, struct shards *shards);
void __real_proof_turn(struct proof *proof);
void __wrap_proof_turn(struct proof *proof);

struct proof *__wrap_proof_new(struct engine *engine, struct shards *shards) {
    fired = shards;
    return __real_proof_new(engine, shards);
}

void __wrap_proof_turn(struct proof *proof) {
    if (!is_without("proof")) {
        __real_proof_turn(proof);
        return;
    }
    int64_t now_ms = shards_now_ms(fired);
    for (int i = 0; i < fired->count; i++) fired->at[i].proof.proven_ms = now_ms;
}

/* ---- The order of topics: complaints_first ---- */

bool __real_map_gate_holds(const struct map *map, enum topic topic);
bool __wrap_map_gate_holds(const struct map *map, enum topic topic);

bool __wrap_map_gate_holds(const struct map *map, enum topic topic) {
    return !is_without("complaints_first") && __real_map_gate_holds(map, topic);
}
