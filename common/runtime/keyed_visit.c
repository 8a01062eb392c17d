/* keyed_visit: which shard, and how far its walk is. */
#include "runtime/keyed_visit.h"
#include "base/clock.h"

enum { VISITS = 500 }; /* of a batch: some 50 ms */

/* What a shard has when it was visited under the current version; 0: nothing is to be visited. */
static int64_t mark_of(const struct keyed *keyed) {
    const struct policy_version *current = keyed->engine->policies.current;
    if (!keyed->engine->spec->visits || !current || !current->migrate) return 0;
    return current->order + 1; /* one without a place takes nothing along */
}

static bool waits(const struct shard *shard, int64_t mark) {
    return mark && shard->phase == SHARD_RUN && shard->visited != mark;
}

bool keyed_visit_waits(const struct keyed *keyed) {
    int64_t mark = mark_of(keyed);
    for (int i = 0; i < keyed->shards.count; i++)
        if (waits(&keyed->shards.at[i], mark)) return true;
    return false;
}

static void note_end(const struct keyed *keyed, struct shard *shard, int64_t mark) {
    int64_t took_ms = clock_boot_ms() - shard->visit.began_ms;
    log_say(LOG_INFO, "all cases visited", "shard", log_int(shard->number), "version",
            keyed->engine->policies.current->version, "cases", log_int(shard->visit.cases), "ms",
            log_int(took_ms), NULL);
    shard->visited = mark;
}

struct keyed_visit keyed_visit_next(struct keyed *keyed) {
    struct keyed_visit visit = {0};
    int64_t mark = mark_of(keyed);
    for (int i = 0; i < keyed->shards.count && !visit.shard; i++)
        if (waits(&keyed->shards.at[i], mark)) visit.shard = &keyed->shards.at[i];
    if (!visit.shard) return visit;

    struct shard *shard = visit.shard;
    if (shard->visit.mark != mark)
        shard->visit = (struct shard_visit){.mark = mark, .began_ms = clock_boot_ms()};
    struct err err;
    enum outcome result = view_next_ids(keyed->shards.view, shard->number, keyed->engine->arena,
                                        &shard->visit.walk, VISITS, &visit.ids, &visit.count, &err);
    if (shard_stumbles(&keyed->shards, shard, result, NULL, &err)) return (struct keyed_visit){0};
    shard->visit.cases += visit.count;
    if (!shard->visit.walk.cursor && !shard->visit.walk.asleep) note_end(keyed, shard, mark);

    return visit;
}
