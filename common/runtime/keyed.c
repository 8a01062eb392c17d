/* keyed: the loop: assignments, what is fetched, turns, reports. */
#include "runtime/keyed.h"
#include "base/clock.h"
#include "base/heap.h"
#include "runtime/health.h"
#include "runtime/keyed_visit.h"
#include "runtime/permissions_try.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DUE_LOOK_MS = 20,   /* while something is due but not yet proven */
    GATHER_MAX = 20000, /* polls in one turn */
    REPORT_EVERY_MS = 1000,
    DAMAGED_MAX_MS =
        30000 /* for what was read before a damaged batch, when it must be decided again */
};

/* ---- Shards ---- */

static void on_assigned(void *context, const struct place *places, int count) {
    struct keyed *keyed = context;

    keyed->shards.at = heap_resize(keyed->shards.at, sizeof *keyed->shards.at * (size_t)count);
    for (int i = 0; i < count; i++) shard_assign(&keyed->shards.at[i], places[i].partition);
    recent_forget_all(keyed->shards.recent);
    keyed->shards.count = count;
    keyed->assignment++;
    keyed->fetching = keyed->damaged = false;
    keyed->shards.refetch = true;
    keyed->damaged_since_ms = 0;
    proof_drop(keyed->proof);
    log_say(LOG_INFO, "assigned", "shards", log_int(count), NULL);
}

/* Throws away the batch, the wake-ups and the heals in hand. */
static void on_revoked(void *context, bool lost) {
    struct keyed *keyed = context;

    log_say(LOG_INFO, "revoked", "shards", log_int(keyed->shards.count), "lost",
            lost ? "true" : "false", NULL);
    recent_forget_all(keyed->shards.recent);
    for (int i = 0; i < keyed->shards.count; i++)
        engine_lag(keyed->engine, spec_input(keyed->engine->spec), keyed->shards.at[i].number, 0);
    metrics_set(keyed->engine->metrics.lag, NULL, 0);
    keyed->shards.count = 0;
    keyed->assignment++;
    keyed->fetching = keyed->shards.refetch = keyed->damaged = false;
    proof_drop(keyed->proof);
}

/* What is fetched: the shards that run, each from its own next offset. */
static bool fetch(struct keyed *keyed, bool able) {
    struct engine *engine = keyed->engine;

    if (able == keyed->fetching && !keyed->shards.refetch) return true;
    struct place *places =
        arena_alloc(engine->arena, sizeof *places * ((size_t)keyed->shards.count + 1));
    int count = 0;
    for (int i = 0; able && i < keyed->shards.count; i++) {
        struct shard *shard = &keyed->shards.at[i];
        if (shard->phase != SHARD_RUN) continue;
        places[count++] = (struct place){
            .topic = spec_input(engine->spec), .partition = shard->number, .offset = shard->next};
        shard->polled_to = -1;
    }
    struct err err;
    if (kafka_fetch_from(engine->consumer, places, count, &err) < 0) {
        engine_pause(engine, "cannot fetch", err.text);
        return false;
    }
    keyed->fetching = able;
    keyed->shards.refetch = false;

    return true;
}

/* ---- The loop ---- */

static void note_end(struct keyed *keyed, const struct place *place) {
    struct shard *shard = shards_find(&keyed->shards, place->partition);
    if (shard && place->offset > shard->polled_to) shard->polled_to = place->offset;
}

/* While nothing is fetched it is of an assignment that has gone, or is met again. */
static void note_damage(struct keyed *keyed) {
    if (!keyed->fetching) return;
    keyed->damaged = true;
    if (!keyed->damaged_since_ms) keyed->damaged_since_ms = clock_boot_ms();
}

/* Behind a damaged batch nothing may be read. What was read before it has been decided and
 * committed, or is read again, and the damage with it. */
static void end_damaged(struct keyed *keyed) {
    if (!keyed->damaged) return;
    keyed->damaged = false;
    bool again =
        keyed->shards.refetch && clock_boot_ms() - keyed->damaged_since_ms < DAMAGED_MAX_MS;
    if (!again) engine_damaged(keyed->engine, keyed->engine->damage.text);
}

static struct polled note_record(struct keyed *keyed, struct kafka_record *record) {
    struct polled polled = {.record = record};

    kafka_record_raw(&keyed->engine->kafka, record, keyed->engine->arena, &polled.raw);
    polled.wanted = engine_wants(keyed->engine, &polled.raw);
    struct shard *shard = shards_find(&keyed->shards, polled.raw.partition);
    if (shard && polled.raw.offset >= shard->polled_to) shard->polled_to = polled.raw.offset + 1;
    return polled;
}

/* What is not wanted, above all the worker's own words, does not keep a batch from what is. */
static int gather(struct keyed *keyed, int timeout_ms) {
    struct polled *records = keyed->polled;
    int count = 0;
    int wanted = 0;
    int limit = (int)keyed->engine->config->batch_records;
    int assignment = keyed->assignment;
    int64_t end_ms = 0;

    for (int polls = 0; polls < GATHER_MAX && wanted < limit && count < limit + KEYED_SKIP_MAX &&
                        (!end_ms || clock_boot_ms() <= end_ms);
         polls++) {
        struct kafka_record *record;
        struct place place;
        enum kafka_got got = engine_poll(keyed->engine, polls ? 0 : timeout_ms, &record, &place);
        if (got == KAFKA_NOTHING || keyed->engine->stopping) break;
        if (!end_ms) end_ms = clock_boot_ms() + keyed->engine->config->batch_ms;
        if (got == KAFKA_END) note_end(keyed, &place);
        if (got == KAFKA_DAMAGED) note_damage(keyed);
        if (keyed->damaged) break;
        if (got != KAFKA_RECORD) continue;
        records[count] = note_record(keyed, record);
        wanted += records[count++].wanted;
    }
    if (assignment != keyed->assignment)
        while (count) kafka_record_free(records[--count].record);
    return count;
}

static bool can_decide(struct keyed *keyed) {
    struct engine *engine = keyed->engine;

    if (engine_paused(engine) || !keyed->shards.count || !engine_producer(engine)) return false;
    if (!engine_restored(engine)) return false;
    for (int i = 0; i < keyed->shards.count && !engine_paused(engine) && !engine->stopping; i++) {
        struct shard *shard = &keyed->shards.at[i];
        if (!shard_has_turn(shard)) continue;
        shard_turn(&keyed->shards, shard);
        break; /* one shard a turn: the reader is one */
    }

    return !engine_paused(engine);
}

static bool all_run(const struct keyed *keyed) {
    for (int i = 0; i < keyed->shards.count; i++)
        if (keyed->shards.at[i].phase != SHARD_RUN) return false;
    return true;
}

static bool some_have_turns(const struct keyed *keyed) {
    for (int i = 0; i < keyed->shards.count; i++)
        if (shard_has_turn(&keyed->shards.at[i])) return true;
    return false;
}

static int sleep_ms(struct keyed *keyed, bool able) {
    if (!able) return DUE_LOOK_MS;
    if (some_have_turns(keyed) || proof_fires(keyed->proof) || keyed_visit_waits(keyed)) return 0;
    int64_t wake_ms = shards_next_wake_ms(&keyed->shards);
    if (!wake_ms) return ENGINE_IDLE_MS;
    int64_t left = wake_ms - shards_now_ms(&keyed->shards) + 1;
    if (left <= 0)
        return clock_boot_ms() < keyed->shards.due_clock.hold_until_ms ? ENGINE_IDLE_MS
                                                                       : DUE_LOOK_MS / 4;
    if (left >= ENGINE_IDLE_MS) return ENGINE_IDLE_MS;
    return (int)left;
}

/* A view that is in use does not grow old. */
static void renew(struct keyed *keyed) {
    for (int i = 0; i < keyed->shards.count; i++) {
        struct shard *shard = &keyed->shards.at[i];
        if (shard->phase != SHARD_RUN || clock_boot_ms() < shard->renew_at_ms) continue;
        struct view_standing standing;
        struct err err;
        shard->renew_at_ms = clock_boot_ms() + SHARD_RENEW_MS;
        enum outcome result = view_apply(keyed->shards.view, shard->number, keyed->engine->arena,
                                         shard->applied, shard->applied, NULL, 0, &standing, &err);
        shard_stumbles(&keyed->shards, shard, result, NULL, &err);
    }
}

/* An idle shard would not notice that its view is gone, or a part of it: look once a second, and
 * walk a little way through all cases. */
static void check_views(struct keyed *keyed) {
    int count = keyed->shards.count;
    int left = SHARD_WALK;

    for (int i = 0; i < count && !engine_paused(keyed->engine); i++)
        shard_check_views(&keyed->shards, &keyed->shards.at[i]);
    for (int i = 0; i < count && left > 0 && !engine_paused(keyed->engine); i++)
        left -= shard_walk(&keyed->shards, &keyed->shards.at[(keyed->walks + i) % count], left);
    keyed->walks = (keyed->walks + 1) % count;
}

/* True: something is held. */
static bool report_held(struct keyed *keyed, struct shard *shard, int64_t now_ms) {
    struct arena *arena = keyed->engine->arena;
    const char *why = NULL;

    if (shard->phase == SHARD_HELD)
        why = shard->held;
    else if (shard->phase != SHARD_RUN)
        why = shard_phase_name(shard->phase);
    else if (clock_boot_ms() < keyed->shards.due_clock.hold_until_ms)
        why = "a clock stepped";
    else if (shard->next_wake_ms && shard->next_wake_ms + REPORT_EVERY_MS < now_ms)
        why = proof_behind(keyed->proof)
                  ? arena_printf(arena, "deadlines wait for intake, %" PRId64 " records behind",
                                 proof_behind(keyed->proof))
                  : "deadlines wait for proof";
    else if (shard->unread)
        why = arena_printf(arena, "%" PRId64 " cases cannot be read: see the log", shard->unread);
    view_meta(keyed->shards.view, arena,
              arena_printf(arena, "held:%s.%d", keyed->engine->spec->name, shard->number), why);

    return why != NULL;
}

static void report(struct keyed *keyed) {
    struct engine *engine = keyed->engine;

    if (clock_boot_ms() < keyed->report_at_ms || !keyed->shards.count || engine_paused(engine))
        return;
    keyed->report_at_ms = clock_boot_ms() + REPORT_EVERY_MS;
    check_views(keyed);
    if (engine_paused(engine)) return;
    int64_t now_ms = shards_now_ms(&keyed->shards);
    int64_t lag = 0;
    bool held = false;
    bool unread = false;
    for (int i = 0; i < keyed->shards.count; i++) {
        held |= report_held(keyed, &keyed->shards.at[i], now_ms);
        unread |= keyed->shards.at[i].unread > 0;
    }
    metrics_set(engine->metrics.held, "deadlines", held);
    metrics_set(engine->metrics.held, "unreadable", unread);
    struct place *ends = arena_alloc(engine->arena, sizeof *ends * (size_t)keyed->shards.count);
    for (int i = 0; i < keyed->shards.count; i++)
        ends[i] = (struct place){.topic = spec_input(engine->spec),
                                 .partition = keyed->shards.at[i].number};
    struct err err;
    if (kafka_ends(engine->asker, ends, keyed->shards.count, ENGINE_ASK_MS, &err) < 0) return;
    for (int i = 0; i < keyed->shards.count; i++) {
        int64_t own = 0;
        if (keyed->shards.at[i].read_to >= 0 && ends[i].offset > keyed->shards.at[i].read_to)
            own = ends[i].offset - keyed->shards.at[i].read_to;
        engine_lag(engine, ends[i].topic, ends[i].partition, own);
        lag += own;
    }
    metrics_set(engine->metrics.lag, NULL, (double)lag);
    view_name_indexes(keyed->shards.view, keyed->shards.partitions, engine->arena);
    view_meta(keyed->shards.view, engine->arena, "shards",
              arena_printf(engine->arena, "%d", keyed->shards.partitions));
    view_meta(keyed->shards.view, engine->arena, "schema", "1");
    if (engine->policies.current)
        view_meta(keyed->shards.view, engine->arena,
                  arena_printf(engine->arena, "policy:%s", engine->spec->name),
                  engine->policies.current->version);
}

static void turn(struct keyed *keyed) {
    struct engine *engine = keyed->engine;

    engine_read_again(engine);
    permissions_turn(engine->permissions);
    bool able = can_decide(keyed) && !engine->stopping;
    if (!fetch(keyed, able)) able = false;
    int count = gather(keyed, sleep_ms(keyed, able));
    if (able && !engine->stopping && keyed->shards.count) {
        proof_turn(keyed->proof);
        keyed_batch(keyed, keyed->polled, count);
        proof_turn(keyed->proof);
        renew(keyed);
    } else {
        for (int i = 0; i < count; i++) kafka_record_free(keyed->polled[i].record);
        if (count || keyed->damaged) keyed->shards.refetch = true;
    }
    end_damaged(keyed);
    report(keyed);
    health_turned(able && all_run(keyed));
    arena_reset(engine->arena);
}

static size_t offset_of(const struct table *state, const char *name) {
    const struct field *field = state->fields;
    while (field->name && strcmp(field->name, name) != 0) field++;
    ASSERT(field->name); /* worker.h: every state has it */
    return field->offset;
}

static bool start(struct keyed *keyed, const struct kafka_hooks *hooks) {
    struct engine *engine = keyed->engine;
    struct err err;

    keyed->shards.due_clock.step_hold_ms = engine->config->step_hold_ms;
    keyed->wake_offset = offset_of(engine->spec->state, "wake_at");
    keyed->version_offset = offset_of(engine->spec->state, "policy_version");
    ASSERT(engine->partitions > 0); /* -1 would go into the changelogs' @log for good */
    keyed->shards.partitions = engine->partitions;
    keyed->shards.view = view_new(engine->redis, engine->config->topic_prefix, engine->spec->name,
                                  engine->spec->state);
    keyed->shards.recent = recent_new(engine->spec->state, (size_t)engine->config->recent_bytes);
    keyed->proof = proof_new(engine, &keyed->shards);
    keyed->polled =
        calloc((size_t)engine->config->batch_records + KEYED_SKIP_MAX, sizeof *keyed->polled);
    ASSERT(keyed->polled);
    keyed->shards.reader = kafka_reader_new(&engine->kafka, true, &err);
    if (keyed->shards.reader)
        engine_join(engine, hooks);
    else
        engine_stop(engine, EXIT_BAD_CONFIG, "no reader of changelogs", err.text);
    return !engine->stopping;
}

void keyed_run(struct engine *engine) {
    struct keyed keyed = {.engine = engine, .shards = {.engine = engine, .seen.shard = -1}};
    struct kafka_hooks hooks = {&keyed, on_assigned, on_revoked};

    if (start(&keyed, &hooks))
        while (!engine->stopping && !engine_stop_asked()) turn(&keyed);
    kafka_consumer_free(engine->consumer);
    kafka_consumer_free(keyed.shards.reader);
    engine->consumer = NULL;
    view_free(keyed.shards.view);
    recent_free(keyed.shards.recent);
    proof_free(keyed.proof);
    free(keyed.polled);
    free(keyed.shards.seen.at);
    free(keyed.shards.at);
}
