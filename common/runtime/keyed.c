/* keyed: the loop: shards, clocks, what is fetched, when wake-ups may fire. */
#include "runtime/keyed.h"
#include "base/clock.h"
#include "base/fault.h"
#include "runtime/permissions_try.h"
#include "runtime/worker_health.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEP_MS = 1000,     /* a clock that moved by more against CLOCK_BOOTTIME has stepped */
    DUE_LOOK_MS = 20,   /* while something is due but not yet proven */
    GATHER_MAX = 20000, /* polls in one turn */
    REPORT_EVERY_MS = 1000,
    DAMAGED_MAX_MS =
        30000 /* for what was read before a damaged batch, when it must be decided again */
};

/* ---- Clocks ---- */

static void note_skew(struct keyed *keyed, bool *known, int64_t *skew, int64_t now_skew,
                      const char *whose) {
    int64_t moved = now_skew - *skew;

    if (*known && (moved > STEP_MS || moved < -STEP_MS)) {
        keyed->hold_until_ms = clock_boot_ms() + keyed->engine->config->step_hold_ms;
        log_say(LOG_WARN, "a clock stepped: nothing fires for a while", "whose", whose, "by_ms",
                log_int(moved), NULL);
    }
    if (!*known || moved > STEP_MS || moved < -STEP_MS || whose[0] == 'w') *skew = now_skew;
    /* A slow answer makes Redis' clock look behind for once; small changes are followed down at
     * once and up slowly. */
    else
        *skew = moved < 0 ? now_skew : *skew + moved / 8;
    *known = true;
}

int64_t keyed_now_ms(struct keyed *keyed) {
    int64_t wall = clock_now_ms();
    int64_t boot = clock_boot_ms();
    note_skew(keyed, &keyed->skew_known, &keyed->skew_ms, wall - boot, "worker");
    int64_t redis = boot + keyed->redis_skew_ms;
    if (keyed->redis_known && redis < wall) return redis;
    return wall;
}

void keyed_note_redis(struct keyed *keyed, const struct view_standing *standing) {
    note_skew(keyed, &keyed->redis_known, &keyed->redis_skew_ms,
              standing->redis_ms - clock_boot_ms(), "redis");
}

/* ---- Shards ---- */

struct shard *keyed_shard(struct keyed *keyed, int number) {
    for (int i = 0; i < keyed->shard_count; i++)
        if (keyed->shards[i].number == number) return &keyed->shards[i];
    return NULL;
}

static void on_assigned(void *context, const struct place *places, int count) {
    struct keyed *keyed = context;

    keyed->shards = realloc(keyed->shards, sizeof *keyed->shards * ((size_t)count + 1));
    ASSERT(keyed->shards);
    for (int i = 0; i < count; i++) shard_assign(&keyed->shards[i], places[i].partition);
    keyed->shard_count = count;
    keyed->assignment++;
    keyed->fetching = keyed->damaged = false;
    keyed->refetch = true;
    keyed->damaged_since_ms = 0;
    proof_drop(keyed->proof);
    log_say(LOG_INFO, "assigned", "shards", log_int(count), NULL);
}

/* Throws away the batch, the wake-ups and the heals in hand. */
static void on_revoked(void *context, bool lost) {
    struct keyed *keyed = context;

    log_say(LOG_INFO, "revoked", "shards", log_int(keyed->shard_count), "lost",
            lost ? "true" : "false", NULL);
    keyed->shard_count = 0;
    keyed->assignment++;
    keyed->fetching = keyed->refetch = keyed->damaged = false;
    proof_drop(keyed->proof);
}

/* What is fetched: the shards that run, each from its own next offset. */
static bool fetch(struct keyed *keyed, bool able) {
    struct engine *engine = keyed->engine;

    if (able == keyed->fetching && !keyed->refetch) return true;
    struct place *places =
        arena_alloc(engine->arena, sizeof *places * ((size_t)keyed->shard_count + 1));
    int count = 0;
    for (int i = 0; able && i < keyed->shard_count; i++) {
        struct shard *shard = &keyed->shards[i];
        if (shard->phase != SHARD_RUN) continue;
        places[count++] = (struct place){
            .topic = TOPIC_EVENTS, .partition = shard->number, .offset = shard->next};
        shard->polled_to = -1;
    }
    struct err err;
    if (kafka_fetch_from(engine->consumer, places, count, &err) < 0) {
        engine_pause(engine, "cannot fetch", err.text);
        return false;
    }
    keyed->fetching = able;
    keyed->refetch = false;

    return true;
}

/* ---- Proof ---- */

static int64_t earliest_wake(const struct keyed *keyed) {
    int64_t earliest = 0;

    for (int i = 0; i < keyed->shard_count; i++) {
        const struct shard *shard = &keyed->shards[i];
        if (shard->phase != SHARD_RUN || !shard->next_wake_ms) continue;
        if (!earliest || shard->next_wake_ms < earliest) earliest = shard->next_wake_ms;
    }
    return earliest;
}

static void ask_own_ends(struct keyed *keyed, int64_t at_ms, bool unconfirmed) {
    struct engine *engine = keyed->engine;
    struct place *ends =
        arena_alloc(engine->arena, sizeof *ends * ((size_t)keyed->shard_count + 1));
    int count = 0;

    for (int i = 0; i < keyed->shard_count; i++)
        if (keyed->shards[i].phase == SHARD_RUN && !keyed->shards[i].proof.pending_ms)
            ends[count++] =
                (struct place){.topic = TOPIC_EVENTS, .partition = keyed->shards[i].number};
    struct err err;
    if (kafka_ends(engine->asker, ends, count, ENGINE_ASK_MS, &err) < 0) {
        worker_unproven("the end of the own partitions, before a deadline fires", err.text);
        return;
    }
    worker_proven("the end of the own partitions, before a deadline fires");
    for (int i = 0; i < count; i++) {
        struct shard_proof *proof = &keyed_shard(keyed, ends[i].partition)->proof;
        proof->pending_ms = at_ms;
        proof->own_end = ends[i].offset;
        proof->pending_unconfirmed = unconfirmed;
    }
}

static void conclude(struct keyed *keyed) {
    for (int i = 0; i < keyed->shard_count; i++) {
        struct shard *shard = &keyed->shards[i];
        int64_t reached = shard->polled_to > shard->read_to ? shard->polled_to : shard->read_to;
        if (!shard->proof.pending_ms || reached < shard->proof.own_end) continue;
        if (shard->proof.pending_ms > shard->proof.proven_ms) {
            shard->proof.proven_ms = shard->proof.pending_ms;
            shard->proof.unconfirmed = shard->proof.pending_unconfirmed;
        }
        shard->proof.pending_ms = 0;
    }
}

static void prove(struct keyed *keyed) {
    struct engine *engine = keyed->engine;
    int64_t now_ms = keyed_now_ms(keyed);
    int64_t wake_ms = earliest_wake(keyed);
    int64_t at_ms;
    bool unconfirmed;

    conclude(keyed);
    if (!wake_ms || wake_ms >= now_ms || clock_boot_ms() < keyed->hold_until_ms) return;
    if (engine->config->demonstration ||
        FAULT_WITHOUT("proof")) { /* the mock broker keeps no group offsets: fire without proof */
        for (int i = 0; i < keyed->shard_count; i++) keyed->shards[i].proof.proven_ms = now_ms;
        return;
    }
    proof_begin(keyed->proof, now_ms);
    if (proof_turn(keyed->proof, &at_ms, &unconfirmed)) ask_own_ends(keyed, at_ms, unconfirmed);
    conclude(keyed);
}

static bool something_fires(struct keyed *keyed) {
    int64_t now_ms = keyed_now_ms(keyed);

    for (int i = 0; i < keyed->shard_count; i++) {
        const struct shard *shard = &keyed->shards[i];
        if (shard->phase != SHARD_RUN || !shard->next_wake_ms) continue;
        if (shard->next_wake_ms < shard->proof.proven_ms && shard->next_wake_ms < now_ms &&
            clock_boot_ms() >= keyed->hold_until_ms)
            return true;
    }

    return false;
}

/* ---- The loop ---- */

static void note_end(struct keyed *keyed, const struct place *place) {
    struct shard *shard = keyed_shard(keyed, place->partition);
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
    bool again = keyed->refetch && clock_boot_ms() - keyed->damaged_since_ms < DAMAGED_MAX_MS;
    if (!again) engine_damaged(keyed->engine, keyed->engine->damage.text);
}

static struct polled note_record(struct keyed *keyed, struct kafka_record *record) {
    struct polled polled = {.record = record};

    kafka_record_raw(&keyed->engine->kafka, record, keyed->engine->arena, &polled.raw);
    polled.wanted = keyed_wants(keyed->engine, &polled.raw);
    struct shard *shard = keyed_shard(keyed, polled.raw.partition);
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

    if (engine_paused(engine) || !keyed->shard_count || !engine_producer(engine)) return false;
    if (!engine_restored(engine)) return false;
    for (int i = 0; i < keyed->shard_count && !engine_paused(engine) && !engine->stopping; i++) {
        struct shard *shard = &keyed->shards[i];
        if (!shard_has_turn(shard)) continue;
        shard_turn(keyed, shard);
        break; /* one shard a turn: the reader is one */
    }

    return !engine_paused(engine);
}

static bool all_run(const struct keyed *keyed) {
    for (int i = 0; i < keyed->shard_count; i++)
        if (keyed->shards[i].phase != SHARD_RUN) return false;
    return true;
}

static bool some_have_turns(const struct keyed *keyed) {
    for (int i = 0; i < keyed->shard_count; i++)
        if (shard_has_turn(&keyed->shards[i])) return true;
    return false;
}

static int sleep_ms(struct keyed *keyed, bool able) {
    if (!able) return DUE_LOOK_MS;
    if (some_have_turns(keyed) || something_fires(keyed)) return 0;
    int64_t wake_ms = earliest_wake(keyed);
    if (!wake_ms) return ENGINE_IDLE_MS;
    int64_t left = wake_ms - keyed_now_ms(keyed) + 1;
    if (left <= 0) return clock_boot_ms() < keyed->hold_until_ms ? ENGINE_IDLE_MS : DUE_LOOK_MS / 4;
    if (left >= ENGINE_IDLE_MS) return ENGINE_IDLE_MS;
    return (int)left;
}

/* A view that is in use does not grow old. */
static void renew(struct keyed *keyed) {
    for (int i = 0; i < keyed->shard_count; i++) {
        struct shard *shard = &keyed->shards[i];
        if (shard->phase != SHARD_RUN || clock_boot_ms() < shard->renew_at_ms) continue;
        struct view_standing standing;
        struct err err;
        shard->renew_at_ms = clock_boot_ms() + KEYED_RENEW_MS;
        enum view_result result =
            view_apply(keyed->view, shard->number, keyed->engine->arena, shard->applied,
                       shard->applied, NULL, 0, &standing, &err);
        shard_stumbles(keyed, shard, result, NULL, &err);
    }
}

/* An idle shard would not notice that its view is gone, or a part of it: look once a second, and
 * walk a little way through all cases. */
static void look_after(struct keyed *keyed) {
    int count = keyed->shard_count;
    int left = KEYED_WALK;

    for (int i = 0; i < count && !engine_paused(keyed->engine); i++)
        shard_look_after(keyed, &keyed->shards[i]);
    for (int i = 0; i < count && left > 0 && !engine_paused(keyed->engine); i++)
        left -= shard_walk(keyed, &keyed->shards[(keyed->walks + i) % count], left);
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
    else if (clock_boot_ms() < keyed->hold_until_ms)
        why = "a clock stepped";
    else if (shard->next_wake_ms && shard->next_wake_ms + REPORT_EVERY_MS < now_ms)
        why = proof_behind(keyed->proof)
                  ? arena_printf(arena, "deadlines wait for intake, %" PRId64 " records behind",
                                 proof_behind(keyed->proof))
                  : "deadlines wait for proof";
    else if (shard->unread)
        why = arena_printf(arena, "%" PRId64 " cases cannot be read: see the log", shard->unread);
    view_meta(keyed->view, arena,
              arena_printf(arena, "held:%s.%d", keyed->engine->spec->name, shard->number), why);

    return why != NULL;
}

static void report(struct keyed *keyed) {
    static int64_t next_ms;
    struct engine *engine = keyed->engine;

    if (clock_boot_ms() < next_ms || !keyed->shard_count || engine_paused(engine)) return;
    next_ms = clock_boot_ms() + REPORT_EVERY_MS;
    look_after(keyed);
    if (engine_paused(engine)) return;
    int64_t now_ms = keyed_now_ms(keyed);
    int64_t lag = 0;
    bool held = false;
    bool unread = false;
    for (int i = 0; i < keyed->shard_count; i++) {
        held |= report_held(keyed, &keyed->shards[i], now_ms);
        unread |= keyed->shards[i].unread > 0;
    }
    metrics_set(engine->metrics.held, "deadlines", held);
    metrics_set(engine->metrics.held, "unreadable", unread);
    struct place *ends = arena_alloc(engine->arena, sizeof *ends * (size_t)keyed->shard_count);
    for (int i = 0; i < keyed->shard_count; i++)
        ends[i] = (struct place){.topic = TOPIC_EVENTS, .partition = keyed->shards[i].number};
    struct err err;
    if (kafka_ends(engine->asker, ends, keyed->shard_count, ENGINE_ASK_MS, &err) < 0) return;
    for (int i = 0; i < keyed->shard_count; i++)
        if (keyed->shards[i].read_to >= 0 && ends[i].offset > keyed->shards[i].read_to)
            lag += ends[i].offset - keyed->shards[i].read_to;
    metrics_set(engine->metrics.lag, NULL, (double)lag);
    view_name_indexes(keyed->view, keyed->partitions, engine->arena);
    view_meta(keyed->view, engine->arena, "shards",
              arena_printf(engine->arena, "%d", keyed->partitions));
    view_meta(keyed->view, engine->arena, "schema", "1");
    if (engine->policies.current)
        view_meta(keyed->view, engine->arena,
                  arena_printf(engine->arena, "policy:%s", engine->spec->name),
                  engine->policies.current->version);
}

static void turn(struct keyed *keyed) {
    struct engine *engine = keyed->engine;

    if (engine_reload_asked()) engine->reload(engine);
    permissions_turn(engine->permissions);
    bool able = can_decide(keyed) && !engine->stopping;
    if (!fetch(keyed, able)) able = false;
    int count = gather(keyed, sleep_ms(keyed, able));
    if (able && !engine->stopping && keyed->shard_count) {
        prove(keyed);
        keyed_batch(keyed, keyed->polled, count);
        prove(keyed);
        renew(keyed);
    } else {
        for (int i = 0; i < count; i++) kafka_record_free(keyed->polled[i].record);
        if (count || keyed->damaged) keyed->refetch = true;
    }
    end_damaged(keyed);
    report(keyed);
    worker_turned(able && all_run(keyed));
    arena_reset(engine->arena);
}

static size_t offset_of(const struct record *state, const char *name) {
    const struct field *field = state->fields;
    while (field->name && strcmp(field->name, name) != 0) field++;
    ASSERT(field->name); /* worker.h: every state has it */
    return field->offset;
}

static bool start(struct keyed *keyed, const struct kafka_hooks *hooks) {
    struct engine *engine = keyed->engine;
    struct err err;

    keyed->wake_offset = offset_of(engine->spec->state, "wake_at");
    keyed->version_offset = offset_of(engine->spec->state, "policy_version");
    ASSERT(engine->partitions > 0); /* -1 would go into the changelogs' @log for good */
    keyed->partitions = engine->partitions;
    keyed->view = view_new(engine->redis, engine->config->topic_prefix, engine->spec->name,
                           engine->spec->state);
    keyed->proof = proof_new(engine);
    keyed->polled =
        calloc((size_t)engine->config->batch_records + KEYED_SKIP_MAX, sizeof *keyed->polled);
    ASSERT(keyed->polled);
    keyed->reader = kafka_reader_new(&engine->kafka, true, &err);
    if (keyed->reader)
        engine_join(engine, hooks);
    else
        engine_stop(engine, EXIT_BAD_CONFIG, "no reader of changelogs", err.text);
    return !engine->stopping;
}

void keyed_run(struct engine *engine) {
    struct keyed keyed = {.engine = engine};
    struct kafka_hooks hooks = {&keyed, on_assigned, on_revoked};

    if (start(&keyed, &hooks))
        while (!engine->stopping && !engine_stop_asked()) turn(&keyed);
    kafka_consumer_free(engine->consumer);
    kafka_consumer_free(keyed.reader);
    engine->consumer = NULL;
    view_free(keyed.view);
    proof_free(keyed.proof);
    free(keyed.polled);
    free(keyed.shards);
}
