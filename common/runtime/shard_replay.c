/* shard_replay: a changelog replayed into its view: while Redis applies one slice the next is read
 * from Kafka, decoded and flattened. What the view has of a case is asked for only where it may
 * have something: most cases of a compacted changelog come once. */
#include "base/clock.h"
#include "base/fault.h"
#include "base/ids.h"
#include "runtime/shard_parts.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Cases seen ---- */

enum { SEEN_FIRST = 1024, SEEN_MAX = 1 << 23 /* 64 MiB: then all are asked for */ };

static void end_seen(struct shard_seen *seen) {
    free(seen->at);
    *seen = (struct shard_seen){.shard = -1};
}

void shard_seen_begin(struct shard_seen *seen, const struct shard *shard,
                      const struct view_standing *standing) {
    bool empty = standing->whole && !standing->cases && !standing->unread;
    end_seen(seen);
    if (empty) *seen = (struct shard_seen){.shard = shard->number, .applied = standing->applied};
}

static uint64_t *seen_place(const struct shard_seen *seen, uint64_t hash) {
    for (size_t at = hash;; at++) {
        uint64_t *slot = &seen->at[at & (seen->size - 1)];
        if (!*slot || *slot == hash) return slot;
    }
}

/* False: it would be too large. */
static bool seen_grow(struct shard_seen *seen) {
    struct shard_seen larger = *seen;

    larger.size = seen->size ? 2 * seen->size : SEEN_FIRST;
    if (larger.size > SEEN_MAX) return false;
    larger.at = calloc(larger.size, sizeof *larger.at);
    ASSERT(larger.at);
    for (size_t i = 0; i < seen->size; i++)
        if (seen->at[i]) *seen_place(&larger, seen->at[i]) = seen->at[i];
    free(seen->at);
    *seen = larger;
    return true;
}

/* Whether the view may have something of the case where a shard stands there; from now on it does.
 */
static bool seen_before(struct shard_seen *seen, const struct shard *shard, int64_t applied,
                        const char *id) {
    if (seen->shard != shard->number || seen->applied != applied) return true;
    if (seen->count * 2 >= seen->size && !seen_grow(seen)) {
        end_seen(seen);
        return true;
    }
    uint64_t hash = ids_table_hash(id, strlen(id)) | 1; /* 0: nobody's place */
    uint64_t *slot = seen_place(seen, hash);
    bool before = *slot != 0;
    *slot = hash;
    seen->count += !before;
    return before;
}

/* ---- A slice ---- */

enum { SLICE_PLACES = 2 * VIEW_CASES_MAX }; /* so that at most half are taken */

struct replayed {
    struct view_change changes[VIEW_CASES_MAX];
    int count;
    uint16_t places[SLICE_PLACES]; /* by the case's hash: which change, from 1 on; 0: nobody's */
    int64_t to;
    bool end; /* the true end was reached */
    struct view_step *step;
};

/* A later record of a case takes the place of an earlier one. */
static struct view_change *slot_for(struct replayed *replayed, const char *id) {
    size_t at = ids_table_hash(id, strlen(id)) % SLICE_PLACES;

    for (; replayed->places[at]; at = (at + 1) % SLICE_PLACES) {
        struct view_change *change = &replayed->changes[replayed->places[at] - 1];
        if (strcmp(change->id, id) == 0) return change;
    }
    replayed->changes[replayed->count++] = (struct view_change){.id = id};
    replayed->places[at] = (uint16_t)replayed->count;
    return &replayed->changes[replayed->count - 1];
}

/* The case is set aside with the reason: its record stays as it is, and a newer one of it counts in
 * its place. */
static const char *cannot_read(struct shards *shards, const struct shard *shard,
                               const struct raw *raw, const char *id, const char *why) {
    static struct log_gate gate;
    const char *text = arena_printf(shards->engine->arena, "changelog offset %" PRId64 ": %.300s",
                                    raw->offset, why);
    log_seldom(&gate, 1000, LOG_ERROR,
               "a case's changelog record is not a state that this version can read", "shard",
               log_int(shard->number), "case", id, "why", text, NULL);
    return text;
}

static void decode_record(struct shards *shards, struct shard *shard, const struct raw *raw,
                          struct replayed *replayed) {
    struct arena *arena = shards->engine->arena;

    if (raw->key_len == 4 && memcmp(raw->key, "@log", 4) == 0) return;
    struct view_change *change = slot_for(replayed, arena_strndup(arena, raw->key, raw->key_len));
    change->offset = raw->offset;
    change->now = NULL;
    change->unread = NULL;
    if (!raw->value) return;
    static const struct json_limits limits = {
        .bytes = 4 << 20,
        .depth = 32,
        .values = 1 << 20}; /* our own record: only against a runaway */
    const struct tree *tree;
    struct err err;
    struct faults faults = {.arena = arena};
    void *state = arena_alloc(arena, shards->engine->spec->state->size);
    if (json_read(arena, raw->value, raw->value_len, &limits, &tree, &err) != JSON_OK)
        change->unread = cannot_read(shards, shard, raw, change->id, err.text);
    else if (fields_decode(shards->engine->spec->state, tree, FIELDS_STATE, arena, state,
                           &faults) != 0)
        change->unread =
            cannot_read(shards, shard, raw, change->id,
                        arena_printf(arena, "%s: %s", faults.at[0].path, faults.at[0].text));
    else
        change->now = state;
}

static bool read_slice(struct shards *shards, struct shard *shard, struct replayed *replayed) {
    for (int records = 0; records < VIEW_CASES_MAX && !replayed->end; records++) {
        struct kafka_record *record;
        struct place place;
        struct err err;
        enum kafka_got got =
            kafka_poll(shards->reader, replayed->count ? 0 : 20, &record, &place, &err);
        if (got == KAFKA_NOTHING) break;
        if (got == KAFKA_END && place.partition == shard->number)
            replayed->end = place.offset >= shard->end;
        if (got == KAFKA_DAMAGED) engine_damaged(shards->engine, err.text);
        if (got == KAFKA_LOST) shard_heal(shards, shard, err.text);
        if (got == KAFKA_LOST || got == KAFKA_DAMAGED) return false;
        if (got != KAFKA_RECORD) continue;
        struct raw raw;
        kafka_record_raw(&shards->engine->kafka, record, shards->engine->arena, &raw);
        if (raw.partition == shard->number) {
            decode_record(shards, shard, &raw, replayed);
            replayed->to = raw.offset + 1;
        }
        kafka_record_free(record);
    }

    return true;
}

/* ---- Its way into the view ---- */

/* The slice that Redis applies, if there is one. */
struct flight {
    struct shards *shards;
    struct shard *shard;
    struct replayed *under_way;
    int64_t applied; /* where the view will stand behind it */
};

/* False: the shard heals, or waits. */
static bool land(struct flight *flight) {
    struct replayed *landed = flight->under_way;
    struct shard *shard = flight->shard;
    struct view_standing standing;
    struct err err;

    if (!landed) return true;
    flight->under_way = NULL;
    enum outcome result = view_apply_take(flight->shards->view, landed->step, &standing, &err);
    if (shard->phase != SHARD_REPLAY) return false; /* its changelog is another one meanwhile */
    if (shard_stumbles(flight->shards, shard, result, NULL, &err)) return false;
    shard->applied = landed->to;
    shard->next_wake_ms = standing.next_wake_ms;
    shard->unread = standing.unread;
    return true;
}

/* What the view has of the cases that it may have something of. */
static bool know_old(struct flight *flight, struct replayed *replayed) {
    struct shards *shards = flight->shards;
    struct shard *shard = flight->shard;
    struct view_case cases[VIEW_CASES_MAX];
    struct view_change *of[VIEW_CASES_MAX];
    int count = 0;

    for (int i = 0; i < replayed->count; i++) {
        struct view_change *change = &replayed->changes[i];
        if (!seen_before(&shards->seen, shard, flight->applied, change->id)) continue;
        cases[count].id = change->id;
        of[count++] = change;
    }
    if (!count) return true;
    struct view_standing standing;
    struct err err;
    if (!land(flight)) return false;
    enum outcome result = view_read(shards->view, shard->number, shards->engine->arena, cases,
                                    count, &standing, &err);
    if (shard_stumbles(shards, shard, result, &standing, &err) ||
        !shard_stands(shards, shard, &standing))
        return false;
    for (int i = 0; i < count; i++) {
        of[i]->old = cases[i].state;
        of[i]->old_sum = cases[i].sum;
        of[i]->was_unread = cases[i].unread != NULL;
    }
    return true;
}

static bool take_off(struct flight *flight, struct replayed *replayed) {
    struct shards *shards = flight->shards;
    struct shard *shard = flight->shard;
    struct err err;

    if (replayed->to <= flight->applied) return true;
    if (!know_old(flight, replayed)) return false;
    replayed->step =
        view_apply_prepare(shards->view, shard->number, shards->engine->arena, flight->applied,
                           replayed->to, replayed->changes, replayed->count);
    if (!land(flight)) return false;
    enum outcome result = view_apply_send(shards->view, replayed->step, &err);
    if (shard_stumbles(shards, shard, result, NULL, &err)) return false;
    flight->under_way = replayed;
    flight->applied = shards->seen.applied = replayed->to;
    return true;
}

static void healed(struct shards *shards, struct shard *shard) {
    struct engine *engine = shards->engine;
    int64_t took_ms = clock_boot_ms() - shard->healed_at_ms;

    shard->phase = SHARD_RUN;
    shard->reading = false;
    shard->renew_at_ms = clock_boot_ms() + SHARD_RENEW_MS;
    shards->refetch = true;
    end_seen(&shards->seen);
    shard_note_held(shards, shard, NULL);
    metrics_add(engine->metrics.heals, NULL, 1);
    metrics_observe(engine->metrics.heal, (double)took_ms / 1e3);
    log_say(LOG_INFO, "shard runs", "shard", log_int(shard->number), "next", log_int(shard->next),
            "applied", log_int(shard->applied), "ms", log_int(took_ms), NULL);
}

/* Nothing is under way when it returns. */
void shard_replay(struct shards *shards, struct shard *shard) {
    if (!shard->reading && !shard_replay_begin(shards, shard)) return;
    struct flight flight = {.shards = shards, .shard = shard, .applied = shard->applied};
    int64_t until_ms = clock_boot_ms() + SHARD_REPLAY_MS;
    bool goes_on = true;
    bool end = false;
    while (goes_on && !end && clock_boot_ms() < until_ms) {
        struct replayed *replayed = ARENA_NEW(shards->engine->arena, struct replayed);
        goes_on = read_slice(shards, shard, replayed) && take_off(&flight, replayed);
        end = replayed->end;
        FAULT_POINT("within_replay");
    }
    if (land(&flight) && goes_on && end) healed(shards, shard);
}
