/* proof: the two questions about intake, in this order (tests/model/proof_model.py breaks with any
 * other). */
#include "runtime/proof.h"
#include "base/clock.h"
#include "runtime/ends.h"
#include "runtime/health.h"
#include "runtime/watch.h"
#include <stdlib.h>

enum {
    BEGIN_EVERY_MS = 10,   /* at most so often */
    LOOK_EVERY_MS = 5,     /* while intake is behind */
    COUNT_EVERY_MS = 30000 /* partitions may be added to intake's inputs */
};

/* In /readyz, while the questions get no answer. */
static const char PROOF[] = "the proof before a deadline fires";

struct proof {
    struct engine *engine;
    struct shards *shards;
    struct ends ends; /* of intake's inputs */
    struct place *group;
    int64_t *seen; /* what intake had committed when it was last looked at */
    int count;
    bool active;
    bool still; /* intake stood still long enough in an earlier proof, and has not moved since */
    int64_t at_ms;
    int64_t next_ms, counted_ms, moved_ms; /* boot time */
    int64_t behind;
};

struct proof *proof_new(struct engine *engine, struct shards *shards) {
    struct proof *proof = calloc(1, sizeof *proof);

    ASSERT(proof);
    proof->engine = engine;
    proof->shards = shards;
    proof->group = calloc(ENGINE_PLACES_MAX, sizeof *proof->group);
    proof->seen = calloc(ENGINE_PLACES_MAX, sizeof *proof->seen);
    ASSERT(proof->group && proof->seen);
    return proof;
}

void proof_free(struct proof *proof) {
    if (!proof) return;
    ends_free(&proof->ends);
    free(proof->group);
    free(proof->seen);
    free(proof);
}

void proof_drop(struct proof *proof) {
    proof->active = false;
    proof->behind = 0;
}

int64_t proof_behind(const struct proof *proof) {
    if (!proof->active) return 0;
    return proof->behind;
}

static bool count_inputs(struct proof *proof, struct err *err) {
    static const enum topic inputs[] = {TOPIC_COMPLAINTS, TOPIC_ACTIVITY, TOPIC_DECISIONS};

    if (proof->count && clock_boot_ms() - proof->counted_ms < COUNT_EVERY_MS) return true;
    int count = 0;
    for (int i = 0; i < 3; i++) {
        int partitions = kafka_partitions(proof->engine->asker, inputs[i], ENGINE_ASK_MS, err);
        if (partitions < 0 || watch_check_inputs(count + partitions, err) < 0) return false;
        for (int k = 0; k < partitions; k++)
            proof->group[count++] = (struct place){.topic = inputs[i], .partition = k};
    }
    if (count != proof->count)
        for (int i = 0; i < count; i++) proof->seen[i] = -1;
    proof->count = count;
    ends_of(&proof->ends, proof->group, count);
    proof->counted_ms = clock_boot_ms();

    return true;
}

static void begin(struct proof *proof, int64_t now_ms) {
    static struct log_gate gate;
    struct err err = {""};

    if (proof->active || clock_boot_ms() < proof->next_ms) return;
    proof->next_ms = clock_boot_ms() + BEGIN_EVERY_MS;
    if (!count_inputs(proof, &err) || ends_ask(&proof->ends, proof->engine, &err) < 0) {
        log_seldom(&gate, 5000, LOG_WARN,
                   "deadlines wait: the ends of intake's inputs are not known", "error", err.text,
                   NULL);
        health_unproven(PROOF, err.text);
        return;
    }
    proof->active = true;
    proof->at_ms = now_ms;
    if (!proof->still) proof->moved_ms = clock_boot_ms();
    proof->next_ms = 0;
}

/* How far intake is behind; notes whether it moves. */
static int64_t look_at_group(struct proof *proof) {
    int64_t behind = 0;

    for (int i = 0; i < proof->count; i++) {
        int64_t committed = proof->group[i].offset == KAFKA_NO_OFFSET ? 0 : proof->group[i].offset;
        if (committed != proof->seen[i]) {
            proof->moved_ms = clock_boot_ms();
            proof->still = false;
        }
        proof->seen[i] = committed;
        if (committed < proof->ends.at[i].offset) behind += proof->ends.at[i].offset - committed;
    }

    return behind;
}

static bool intake_is_there(struct proof *proof, int64_t *at_ms_out, bool *unconfirmed_out) {
    static struct log_gate gate;

    if (!proof->active || clock_boot_ms() < proof->next_ms) return false;
    struct err err;
    if (kafka_group_offsets(proof->engine->asker, "intake", proof->group, proof->count,
                            ENGINE_ASK_MS, &err) < 0) {
        log_seldom(&gate, 5000, LOG_WARN, "deadlines wait: intake's offsets are not known", "error",
                   err.text, NULL);
        health_unproven(PROOF, err.text);
        proof->moved_ms = clock_boot_ms(); /* not knowing is not standing still */
        proof->still = false;
        proof->next_ms = clock_boot_ms() + BEGIN_EVERY_MS;
        return false;
    }
    health_proven(PROOF);
    proof->behind = look_at_group(proof);
    bool held_long = clock_boot_ms() - proof->moved_ms > proof->engine->config->hold_max_ms &&
                     proof->engine->spec->fires_unconfirmed;
    if (proof->behind && !held_long) {
        ends_look(&proof->ends, proof->engine);
        proof->next_ms = clock_boot_ms() + LOOK_EVERY_MS;
        return false;
    }
    *at_ms_out = proof->at_ms;
    *unconfirmed_out = proof->behind > 0;
    if (proof->behind)
        log_seldom(&gate, 5000, LOG_ERROR, "intake stands still: deadlines fire unconfirmed",
                   "behind", log_int(proof->behind), NULL);
    proof->still = proof->behind > 0; /* those that fall due later need not wait as long again */
    proof_drop(proof);
    proof->next_ms = clock_boot_ms() + BEGIN_EVERY_MS;

    return true;
}

/* ---- The own partitions ---- */

static void ask_own_ends(struct shards *shards, int64_t at_ms, bool unconfirmed) {
    struct engine *engine = shards->engine;
    struct place *ends = arena_alloc(engine->arena, sizeof *ends * ((size_t)shards->count + 1));
    int count = 0;

    for (int i = 0; i < shards->count; i++)
        if (shards->at[i].phase == SHARD_RUN && !shards->at[i].proof.pending_ms)
            ends[count++] = (struct place){.topic = spec_input(engine->spec),
                                           .partition = shards->at[i].number};
    struct err err;
    if (kafka_ends(engine->asker, ends, count, ENGINE_ASK_MS, &err) < 0) {
        health_unproven("the end of the own partitions, before a deadline fires", err.text);
        return;
    }
    health_proven("the end of the own partitions, before a deadline fires");
    for (int i = 0; i < count; i++) {
        struct shard_proof *proof = &shards_find(shards, ends[i].partition)->proof;
        proof->pending_ms = at_ms;
        proof->own_end = ends[i].offset;
        proof->pending_unconfirmed = unconfirmed;
    }
}

static void conclude(struct shards *shards) {
    for (int i = 0; i < shards->count; i++) {
        struct shard *shard = &shards->at[i];
        int64_t reached = shard->polled_to > shard->read_to ? shard->polled_to : shard->read_to;
        if (!shard->proof.pending_ms || reached < shard->proof.own_end) continue;
        if (shard->proof.pending_ms > shard->proof.proven_ms) {
            shard->proof.proven_ms = shard->proof.pending_ms;
            shard->proof.unconfirmed = shard->proof.pending_unconfirmed;
        }
        shard->proof.pending_ms = 0;
    }
}

void proof_turn(struct proof *proof) {
    struct shards *shards = proof->shards;
    struct engine *engine = shards->engine;
    int64_t now_ms = shards_now_ms(shards);
    int64_t wake_ms = shards_next_wake_ms(shards);
    int64_t at_ms;
    bool unconfirmed;

    conclude(shards);
    if (!wake_ms || wake_ms >= now_ms || clock_boot_ms() < shards->due_clock.hold_until_ms) return;
    if (engine->config->demonstration) {
        /* The mock broker keeps no group offsets: fire without proof. */
        for (int i = 0; i < shards->count; i++) shards->at[i].proof.proven_ms = now_ms;
        return;
    }
    begin(proof, now_ms);
    if (intake_is_there(proof, &at_ms, &unconfirmed)) ask_own_ends(shards, at_ms, unconfirmed);
    conclude(shards);
}

bool proof_fires(const struct proof *proof) {
    struct shards *shards = proof->shards;
    int64_t now_ms = shards_now_ms(shards);

    for (int i = 0; i < shards->count; i++) {
        const struct shard *shard = &shards->at[i];
        if (shard->phase != SHARD_RUN || !shard->next_wake_ms) continue;
        if (shard->next_wake_ms < shard->proof.proven_ms && shard->next_wake_ms < now_ms &&
            clock_boot_ms() >= shards->due_clock.hold_until_ms)
            return true;
    }

    return false;
}
