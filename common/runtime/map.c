/* map: records of the leading topic (complaints) go as they come; the others pass the gate
 * (map_gate.c); what joins a record that is not committed yet waits for it (map_wait.c). */
#include "runtime/map.h"
#include "base/clock.h"
#include "base/heap.h"
#include "runtime/begun.h"
#include "runtime/health.h"
#include "runtime/map_parts.h"
#include "runtime/permissions_try.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    GATHER_MAX = 20000, /* polls in one turn */
    END_EVERY_MS = 20, /* how often an end without records is committed: proofs wait for intake's */
    END_SELDOM_MS = 1000, /* nobody waits for the others' */
    REPORT_EVERY_MS = 5000,
    DAMAGED_EVERY_MS = 3,
    DAMAGED_MAX_MS = 30000 /* for what was read before a damaged batch: longer than a take-over,
                              which it may wait for */
};

/* ---- Inputs ---- */

struct map_input *map_find(const struct map *map, enum topic topic, int partition) {
    return map_input_find(map->inputs, map->input_count, topic, partition);
}

void map_polled_of(const struct map *map, const struct raw *raw, struct map_polled *out) {
    const struct map_input *input = map_find(map, raw->topic, raw->partition);
    ASSERT(input);
    *out = (struct map_polled){*raw, (int)(input - map->inputs)};
}

/* The only way back, whatever it is for: nothing in hand and nothing that was seen of an input
 * outlives the position from which it is fetched. Fetching begins anew with the next turn. */
static void rewind_all(struct map *map) {
    map_gate_drop(&map->gate);
    map_wait_drop(map);
    for (int i = 0; i < map->input_count; i++) map_input_rewind(&map->inputs[i]);
    map->fetching = false;
    map->damaged = false; /* it is met again */
}

void map_forget(struct map *map) {
    rewind_all(map);
    map->known = false;
}

static void on_assigned(void *context, const struct place *places, int count) {
    struct map *map = context;

    map_forget(map);
    ASSERT(count <= ENGINE_PLACES_MAX);
    map->inputs = heap_resize(map->inputs, sizeof *map->inputs * (size_t)count);
    for (int i = 0; i < count; i++)
        map_input_assign(&map->inputs[i], places[i].topic, places[i].partition);
    map->input_count = count;
    map->damaged_since_ms = 0;
    log_say(LOG_INFO, "assigned", "partitions", log_int(count), NULL);
}

static void on_revoked(void *context, bool lost) {
    struct map *map = context;
    log_say(LOG_INFO, "revoked", "partitions", log_int(map->input_count), "lost",
            lost ? "true" : "false", NULL);
    for (int i = 0; i < map->input_count; i++)
        engine_lag(map->engine, map->inputs[i].topic, map->inputs[i].partition, 0);
    metrics_set(map->engine->metrics.lag, NULL, 0);
    map_forget(map);
    map->input_count = 0;
}

/* The assigned partitions, without offsets. */
static struct place *places_of(const struct map *map) {
    struct place *places =
        arena_alloc(map->engine->arena, sizeof *places * ((size_t)map->input_count + 1));
    for (int i = 0; i < map->input_count; i++)
        places[i] =
            (struct place){.topic = map->inputs[i].topic, .partition = map->inputs[i].partition};
    return places;
}

/* The committed offsets, or the beginning of a partition that was never read: a position is never
 * guessed. */
static bool read_offsets(struct map *map) {
    struct engine *engine = map->engine;
    struct place *places = places_of(map);
    struct place *starts = places_of(map);
    struct err err;

    enum { TURN_MS = 500 };
    if (kafka_committed(engine->consumer, places, map->input_count, TURN_MS, &err) !=
            OUTCOME_DONE ||
        kafka_starts(engine->asker, starts, map->input_count, ENGINE_ASK_MS, &err) < 0) {
        engine_pause(engine, "offsets cannot be read now", err.text);
        return false;
    }
    if (!begun_check(engine, places, starts, map->input_count)) return false;
    for (int i = 0; i < map->input_count; i++)
        map_input_stand(&map->inputs[i],
                        places[i].offset == KAFKA_NO_OFFSET ? -1 : places[i].offset,
                        places[i].metadata, starts[i].offset);
    map->known = true;

    return true;
}

/* What is fetched changes. */
static bool fetch(struct map *map, bool wanted) {
    struct engine *engine = map->engine;
    if (wanted == map->fetching) return true;

    rewind_all(map);
    struct place *places = places_of(map);
    for (int i = 0; i < map->input_count; i++) places[i].offset = map->inputs[i].polled;
    int count = 0;
    if (wanted) count = map->input_count;
    struct err err;
    if (kafka_fetch_from(engine->consumer, places, count, &err) < 0) {
        engine_pause(engine, "cannot fetch", err.text);
        return false;
    }
    map->fetching = wanted;
    return true;
}

/* Pauses or resumes those whose turn it is. */
static void pause_some(struct map *map, bool wanted) {
    struct place *places = NULL;
    int count = 0;
    for (int i = 0; i < map->input_count; i++) {
        struct map_input *input = &map->inputs[i];
        bool pauses = input->full || (map->held_back && map_gate_holds(map, input->topic));
        if (pauses != wanted || pauses == input->paused) continue;
        input->paused = pauses;
        if (!places) places = places_of(map);
        places[count++] = (struct place){.topic = input->topic, .partition = input->partition};
    }

    struct err err;
    if (!count || kafka_pause(map->engine->consumer, places, count, wanted, &err) == 0) return;
    engine_pause(map->engine, "cannot pause", err.text);
    rewind_all(map);
}

/* A partition of which too much waited is read on. */
static void read_on(struct map *map) {
    for (int i = 0; i < map->input_count; i++)
        if (map->inputs[i].full && map_input_has_room(&map->inputs[i]) && map_wait_has_half(map)) {
            rewind_all(map);
            return;
        }
}

/* ---- The loop ---- */

/* What a turn has polled. */
struct hand {
    struct kafka_record **records;
    struct map_polled *polled; /* of the same */
    int count;
    size_t bytes;
};

/* Once for all turns: room for a whole batch is 200 KB, and most turns poll nothing. */
static struct hand hand_new(const struct map *map) {
    size_t most = (size_t)map->engine->config->batch_records + 1;
    struct hand hand = {.records = calloc(most, sizeof(struct kafka_record *)),
                        .polled = calloc(most, sizeof(struct map_polled))};

    ASSERT(hand.records && hand.polled);
    return hand;
}

static void hand_free(struct hand *hand) {
    free(hand->records);
    free(hand->polled);
}

static void hand_drop(struct hand *hand) {
    while (hand->count) kafka_record_free(hand->records[--hand->count]);
    hand->bytes = 0;
}

/* A record goes to the batch at hand, waits for the gate, or has been decided already. */
static void sort_record(struct map *map, struct kafka_record *record, struct hand *hand) {
    struct map_polled *polled = &hand->polled[hand->count];
    struct raw raw;
    kafka_record_raw(&map->engine->kafka, record, map->engine->arena, &raw);
    map_polled_of(map, &raw, polled);
    bool wanted = map_input_polled(&map->inputs[polled->input], raw.offset);
    if (wanted && !map_gate_holds(map, raw.topic)) {
        hand->records[hand->count++] = record;
        hand->bytes += map_copy_size(&raw);
        return;
    }

    if (wanted) map_gate_add(map, &raw);
    kafka_record_free(record);
}

static void note_end(struct map *map, const struct place *place) {
    struct map_input *input = map_find(map, place->topic, place->partition);
    if (input) map_input_ended(input, place->offset);
}

static void note_damage(struct map *map) {
    map->damaged = true;
    if (!map->damaged_since_ms) map->damaged_since_ms = clock_boot_ms();
}

static bool has_room(const struct map *map, const struct hand *hand) {
    if (hand->count >= map->engine->config->batch_records || hand->bytes >= MAP_BATCH_BYTES)
        return false;
    return map->held_back || !map_gate_full(map);
}

/* What comes while nothing is fetched is of an assignment that has gone, or comes again. */
static void gather(struct map *map, int timeout_ms, struct hand *hand) {
    int64_t end_ms = 0;

    for (int polls = 0; polls < GATHER_MAX && has_room(map, hand) && !map->damaged; polls++) {
        if (end_ms && clock_boot_ms() > end_ms) break;
        struct kafka_record *record;
        struct place place;
        enum kafka_got got = engine_poll(map->engine, polls ? 0 : timeout_ms, &record, &place);
        if (got == KAFKA_NOTHING || map->engine->stopping) break;
        if (!end_ms) end_ms = clock_boot_ms() + map->engine->config->batch_ms;
        if (got == KAFKA_RECORD && !map->fetching) kafka_record_free(record);
        if (!map->fetching) continue;
        if (got == KAFKA_RECORD) sort_record(map, record, hand);
        if (got == KAFKA_END) note_end(map, &place);
        if (got == KAFKA_DAMAGED) note_damage(map);
    }
    if (!map->fetching) hand_drop(hand);
}

/* Behind a damaged batch nothing may be read. What was read before it is decided and committed
 * first, or it would be lost to whoever sets the offset behind the damage. */
static void end_damaged(struct map *map) {
    if (!map->damaged) return;
    bool drained = !map->gate.count && !map->waiters.count;
    if (drained || clock_boot_ms() - map->damaged_since_ms > DAMAGED_MAX_MS)
        engine_damaged(map->engine, map->engine->damage.text);
    else
        usleep((useconds_t)DAMAGED_EVERY_MS * 1000);
}

/* An end behind which only transaction markers are left is committed too: the proof before a
 * deadline asks for it. */
static void commit_ends(struct map *map) {
    int64_t now_ms = clock_boot_ms();
    if (now_ms < map->end_next_ms) return;
    if (map_commit_ends(map))
        map->end_next_ms =
            now_ms + (map->engine->spec->leads == TOPIC_NONE ? END_SELDOM_MS : END_EVERY_MS);
}

/* An idle worker commits what is committed once more, now and then: so it is found out that it
 * still may. */
static void prove_transactions(struct map *map) {
    struct engine *engine = map->engine;

    if (!engine_unproven(engine)) return;
    struct batch batch;
    batch_init(&batch, engine->arena);
    batch.places =
        arena_alloc(engine->arena, sizeof *batch.places * ((size_t)map->input_count + 1));
    for (int i = 0; i < map->input_count; i++) {
        const struct map_input *input = &map->inputs[i];
        if (input->committed < 0) continue;
        struct place *place = &batch.places[batch.place_count++];
        *place = (struct place){
            .topic = input->topic, .partition = input->partition, .offset = input->committed};
        memcpy(place->metadata, input->mark, sizeof place->metadata);
    }
    if (batch.place_count && engine_commit(engine, &batch) != KAFKA_DONE) map_forget(map);
}

static void report(struct map *map) {
    int64_t now_ms = clock_boot_ms();
    int64_t lag = 0;
    if (now_ms < map->report_at_ms || !map->known || !map->input_count) return;
    map->report_at_ms = now_ms + REPORT_EVERY_MS;
    map_wait_say(map);

    struct place *ends = places_of(map);
    struct err err;
    if (kafka_ends(map->engine->asker, ends, map->input_count, ENGINE_ASK_MS, &err) < 0) return;
    for (int i = 0; i < map->input_count; i++) {
        int64_t own = ends[i].offset - map->inputs[i].decided + map->inputs[i].waiting_count;
        engine_lag(map->engine, ends[i].topic, ends[i].partition, own);
        lag += own;
    }
    metrics_set(map->engine->metrics.lag, NULL, (double)lag);
}

static bool can_decide(struct map *map) {
    struct engine *engine = map->engine;
    if (engine_paused(engine) || !engine_producer(engine)) return false;
    if (!engine_restored(engine)) return false;
    return map->known || (map->input_count > 0 && read_offsets(map));
}

/* How long a poll may wait. A restore under way goes on at once; one that waits before its next
 * attempt does not turn the processor meanwhile. */
static int sleep_ms(const struct map *map, bool able) {
    enum { UNABLE_MS = 10 };
    bool restoring = !able && map->engine->need_restore && !engine_paused(map->engine);
    if (restoring) return 0;
    if (!able) return UNABLE_MS;
    return map_wait_sleep_ms(map, map_gate_sleep_ms(map, ENGINE_IDLE_MS));
}

/* Each step ends with the rest when one before it met trouble: then nothing is in hand any more. */
static void work(struct map *map, const struct hand *hand) {
    map_wait_look(map);
    if (hand->count || map->waiters.ready) map_process(map, hand->polled, hand->count);
    if (map->fetching) map_gate_turn(map); /* also while the leading topic never falls silent */
    if (map->fetching) commit_ends(map);
    if (map->fetching) prove_transactions(map);
    map->held_back = map_gate_full(map);
    if (map->fetching) pause_some(map, true);
    if (map->fetching) pause_some(map, false);
    if (map->fetching) read_on(map);
}

static void turn(struct map *map, struct hand *hand) {
    struct engine *engine = map->engine;
    engine_read_again(engine);
    permissions_turn(engine->permissions);
    bool able = can_decide(map) && !engine->stopping;
    if (!fetch(map, able)) able = false;

    gather(map, sleep_ms(map, able), hand);
    if (map->fetching) work(map, hand);
    hand_drop(hand);
    end_damaged(map);
    report(map);
    health_turned(able && map->fetching && map->input_count > 0);
    arena_reset(engine->arena);
}

void map_run(struct engine *engine) {
    struct map map = {.engine = engine};
    struct kafka_hooks hooks = {&map, on_assigned, on_revoked};
    struct hand hand = hand_new(&map);

    map_gate_init(&map.gate);
    engine_join(engine, &hooks);
    while (!engine->stopping && !engine_stop_asked()) turn(&map, &hand);
    rewind_all(&map);                      /* no record outlives its handle */
    kafka_consumer_free(engine->consumer); /* leaves the group; what was not committed is read again
                                              by the next owner */
    engine->consumer = NULL;
    map_gate_free(&map.gate);
    map_wait_free(&map);
    hand_free(&hand);
    free(map.inputs);
}
