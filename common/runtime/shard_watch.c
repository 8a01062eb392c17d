/* shard_watch: whether a shard's view is what was applied, and what is done when it is not. */
#include "base/clock.h"
#include "runtime/shard.h"
#include <inttypes.h>
#include <stdio.h>

bool shard_has_turn(const struct shard *shard) {
    return shard->phase != SHARD_RUN && clock_boot_ms() >= shard->wait_until_ms;
}

/* Something of the view was lost, or changed by somebody else: make it anew from the changelog. */
static void remake(struct shards *shards, struct shard *shard, const char *why) {
    snprintf(shard->distrust, sizeof shard->distrust, "%.*s", (int)sizeof shard->distrust - 1, why);
    shard_heal(shards, shard, why);
}

void shard_hold(struct shards *shards, struct shard *shard) {
    const char *remedy = arena_printf(
        shards->engine->arena,
        "run the version of %s that wrote it, or a newer one; if no version can read it, write a "
        "better record or a tombstone of that key to the changelog, partition %d, and `redressctl "
        "rebuild %s --shard %d`. Other shards go on",
        shards->engine->spec->name, shard->number, shards->engine->spec->name, shard->number);

    log_say(LOG_ERROR,
            "a shard is held: its next event is about a case whose changelog record cannot be read",
            "shard", log_int(shard->number), "offset", log_int(shard->hold_at), "why", shard->held,
            "remedy", remedy, NULL);
    shard->phase = SHARD_HELD;
    shard->wait_until_ms = clock_boot_ms() + SHARD_HELD_MS;
    shard->healed_at_ms = clock_boot_ms();
    shards->refetch = true;
}

bool shard_stands(struct shards *shards, struct shard *shard,
                  const struct view_standing *standing) {
    due_clock_note_redis(&shards->due_clock, standing->redis_ms, clock_boot_ms());
    shard->next_wake_ms = standing->next_wake_ms;
    shard->unread = standing->unread;
    const char *why = NULL;
    if (standing->wipe_asked)
        why = "rebuild was asked for";
    else if (!standing->known)
        why = "the view is gone";
    else if (standing->wiping || standing->applied != shard->applied)
        why = "the view is elsewhere";
    else if (!standing->made_here)
        why = "the view is another version's, or its totals are gone";
    if (why) shard_heal(shards, shard, why);
    if (why || standing->whole) return !why;
    remake(shards, shard, "it has lost cases");

    return false;
}

bool shard_stumbles(struct shards *shards, struct shard *shard, enum outcome result,
                    const struct view_standing *standing, const struct err *err) {
    if (result == OUTCOME_DONE) return false;
    if (result == OUTCOME_BROKEN) {
        if (!standing || shard_stands(shards, shard, standing)) remake(shards, shard, err->text);
        return true;
    }
    if (result != OUTCOME_STALE)
        engine_takes(shards->engine, result, &shard_redis_words, err->text);
    shard_heal(shards, shard, err->text);

    return true;
}

int shard_walk(struct shards *shards, struct shard *shard, int limit) {
    struct arena *arena = shards->engine->arena;
    const char **ids;
    int count = 0;
    struct view_standing standing;
    struct err err;

    if (shard->phase != SHARD_RUN) return 0;
    enum outcome result =
        view_next_ids(shards->view, shard->number, arena, &shard->walk, limit, &ids, &count, &err);
    if (shard_stumbles(shards, shard, result, NULL, &err)) return count;
    for (int from = 0; from < count; from += VIEW_CASES_MAX) {
        struct view_case cases[VIEW_CASES_MAX];
        int some = VIEW_CASES_MAX;
        if (count - from < VIEW_CASES_MAX) some = count - from;
        for (int i = 0; i < some; i++) cases[i].id = ids[from + i];
        result = view_read(shards->view, shard->number, arena, cases, some, &standing, &err);
        if (shard_stumbles(shards, shard, result, &standing, &err) ||
            !shard_stands(shards, shard, &standing))
            break;
    }

    return count;
}

/* One that is held does not wait for its next turn when the remedy has been taken. */
static void look_at_held(struct shards *shards, struct shard *shard) {
    struct view_standing standing;
    struct err err;
    enum outcome result =
        view_read(shards->view, shard->number, shards->engine->arena, NULL, 0, &standing, &err);
    if (result == OUTCOME_DONE && standing.wipe_asked)
        shard_heal(shards, shard, "rebuild was asked for");
}

void shard_check_views(struct shards *shards, struct shard *shard) {
    struct view_standing standing;
    struct err err;

    if (shard->phase == SHARD_HELD) look_at_held(shards, shard);
    if (shard->phase != SHARD_RUN) return;
    enum outcome result = view_check(shards->view, shard->number, shards->engine->arena,
                                     &shard->check_next, &standing, &err);
    if (result == OUTCOME_WAIT)
        engine_takes(shards->engine, result, &shard_redis_words, err.text);
    else if (!shard_stumbles(shards, shard, result, &standing, &err))
        shard_stands(shards, shard, &standing);
}
