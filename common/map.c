/* map: records of the leading topic (complaints) go as they come. Records of the other topics are held until every
 * leading record that was there when they were read has been committed by the group: so nothing precedes its
 * case.opened. */
#include "map.h"
#include "begun.h"
#include "clock.h"
#include "fault.h"
#include "map_inputs.h"
#include "map_order.h"
#include "permissions_try.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    HELD_MAX = 10000,      /* records waiting for the gate */
    HELD_HIGH = 8000,      /* here their partitions pause */
    HELD_LOW = 2000,       /* and resume here */
    GATE_EVERY_MS = 3,     /* how often the gate is looked at while something waits */
    WAITING_MAX_MS = 5000, /* a record waits so long for the one that it joins */
    GATHER_MAX = 20000,    /* polls in one turn */
    END_EVERY_MS = 20,     /* how often an end without records is committed: proofs wait for intake's */
    END_SELDOM_MS = 1000,  /* nobody waits for the others' */
    COUNT_EVERY_MS = 30000 /* partitions may be added to the leading topic */
};

struct map {
    struct engine *engine;
    struct map_input *inputs;
    int input_count;
    bool known;    /* offsets have been read */
    bool fetching; /* something is being fetched */
    bool paused;   /* the held topics are */
    struct kafka_record **held;
    int held_first, held_count; /* a ring */
    int gate_count;             /* records of the ring that this gate is for; 0: no gate */
    struct place *gate;         /* the leading topic's ends when they were read */
    int gate_places;
    int64_t gate_counted_ms;
    int64_t gate_next_ms, end_next_ms;
    int64_t waiting_since_ms; /* records wait for what others have claimed but not yet committed; 0: none */
};

/* ---- Inputs ---- */

static struct map_input *find_input(const struct map *map, enum topic topic, int partition) {
    return map_input_find(map->inputs, map->input_count, topic, partition);
}

static struct kafka_record *take_held(struct map *map) {
    struct kafka_record *record = map->held[map->held_first];
    map->held_first = (map->held_first + 1) % HELD_MAX;
    map->held_count--;
    if (map->gate_count) map->gate_count--;
    return record;
}

static void drop_held(struct map *map) {
    while (map->held_count) kafka_record_free(take_held(map));
    map->gate_count = 0;
}

/* The only way back, whatever it is for: nothing in hand and nothing that was seen of an input outlives the position
 * from which it is fetched. Fetching begins anew with the next turn. */
static void rewind_all(struct map *map) {
    drop_held(map);
    for (int i = 0; i < map->input_count; i++) map_input_rewind(&map->inputs[i]);
    map->fetching = false;
}

/* After trouble, and with another assignment, also what is committed is not known any more. */
static void forget_all(struct map *map) {
    rewind_all(map);
    map->known = false;
}

static void on_assigned(void *context, const struct place *places, int count) {
    struct map *map = context;
    forget_all(map);
    ASSERT(count <= ENGINE_PLACES_MAX);
    map->inputs = realloc(map->inputs, sizeof *map->inputs * ((size_t)count + 1));
    ASSERT(map->inputs);
    for (int i = 0; i < count; i++) map_input_assign(&map->inputs[i], places[i].topic, places[i].partition);
    map->input_count = count;
    log_say(LOG_INFO, "assigned", "partitions", log_int(count), NULL);
}

static void on_revoked(void *context, bool lost) {
    struct map *map = context;
    log_say(LOG_INFO, "revoked", "partitions", log_int(map->input_count), "lost", lost ? "true" : "false", NULL);
    forget_all(map);
    map->input_count = 0;
}

static struct place *places_of(const struct map *map) {
    struct place *places = arena_alloc(map->engine->arena, sizeof *places * ((size_t)map->input_count + 1));
    for (int i = 0; i < map->input_count; i++)
        places[i] = (struct place){.topic = map->inputs[i].topic, .partition = map->inputs[i].partition};
    return places;
}

/* The committed offsets, or the beginning of a partition that was never read: a position is never guessed. */
static bool read_offsets(struct map *map) {
    struct engine *engine = map->engine;
    struct place *places = places_of(map), *starts = places_of(map);
    struct err err;
    enum { TURN_MS = 500 };
    if (kafka_committed(engine->consumer, places, map->input_count, TURN_MS, &err) != 0 ||
        kafka_starts(engine->asker, starts, map->input_count, ENGINE_ASK_MS, &err) < 0) {
        engine_pause(engine, "offsets cannot be read now", err.text);
        return false;
    }
    if (!begun_check(engine, places, starts, map->input_count)) return false;
    for (int i = 0; i < map->input_count; i++)
        map_input_stand(&map->inputs[i], places[i].offset == KAFKA_NO_OFFSET ? -1 : places[i].offset, starts[i].offset);
    map->known = true;
    return true;
}

/* What is fetched changes. */
static bool fetch(struct map *map, bool wanted) {
    struct engine *engine = map->engine;
    if (wanted == map->fetching) return true;

    rewind_all(map);
    struct place *places = places_of(map);
    for (int i = 0; i < map->input_count; i++) places[i].offset = map->inputs[i].decided;
    int count = wanted ? map->input_count : 0;
    struct err err;
    if (kafka_fetch_from(engine->consumer, places, count, &err) < 0) {
        engine_pause(engine, "cannot fetch", err.text);
        return false;
    }
    map->fetching = wanted;
    map->paused = false;
    return true;
}

/* ---- One batch ---- */

struct job {
    struct kafka_record *record;
    struct raw raw;
    struct event ev;
    struct effects effects;
    struct asking asking;
    enum result result;
    bool readable, decided;
};

/* Claim keys in use in this round. */
struct key_set {
    const char **at;
    size_t size; /* a power of two */
};

/* FNV-1a. Returns true when the key was there already. */
static bool key_set_add(struct key_set *set, const char *key) {
    size_t hash = 14695981039346656037ULL;
    for (const char *c = key; *c; c++) hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
    for (size_t i = hash & (set->size - 1);; i = (i + 1) & (set->size - 1)) {
        if (!set->at[i]) {
            set->at[i] = key;
            return false;
        }
        if (strcmp(set->at[i], key) == 0) return true;
    }
}

static void read_job(struct map *map, struct job *job, struct kafka_record *record, int64_t now_ms) {
    struct engine *engine = map->engine;
    job->record = record;
    kafka_record_raw(&engine->kafka, record, engine->arena, &job->raw);
    effects_init(&job->effects, engine->arena);
    job->readable = event_read(&job->raw, engine->arena, &job->ev, &job->effects.rejection) == 0;
    job->result = job->readable ? DONE : REJECT;
    job->decided = !job->readable;
    job->asking = (struct asking){.in = {.settings = &engine->settings,
                                         .policies = &engine->policies,
                                         .ev = &job->ev,
                                         .now_ms = now_ms,
                                         .arena = engine->arena},
                                  .claims = {.arena = engine->arena}};
}

static bool wanted(const struct map *map, const struct kafka_record *record) {
    struct raw raw;
    struct engine *engine = map->engine;
    if (!engine->spec->wants) return true;
    kafka_record_raw(&engine->kafka, record, engine->arena, &raw);
    size_t len;
    const char *type = event_peek_type(&raw, &len);
    return !type || engine->spec->wants(arena_strndup(engine->arena, type, len));
}

static void decide(struct engine *engine, struct job *job) {
    job->result = engine->spec->decide(&job->asking.in, NULL, &job->effects);
    job->decided = true;
    metrics_add(engine->metrics.events, job->ev.type, 1);
}

/* A job goes in this round when none of its claims is asked for by an earlier one that is not yet decided. */
static bool goes_now(struct engine *engine, struct job *job, struct key_set *keys) {
    struct claims probe = {.arena = engine->arena};
    engine->spec->ask(&job->asking.in, NULL, &probe);
    bool collides = false;
    for (int i = 0; i < probe.count; i++) collides |= key_set_add(keys, probe.at[i].key);
    return !collides;
}

static size_t power_of_two(size_t at_least) {
    size_t size = 64;
    while (size < at_least) size *= 2;
    return size;
}

static enum claim_result decide_in_rounds(struct engine *engine, struct job *jobs, int count) {
    int *chosen = arena_alloc(engine->arena, sizeof *chosen * ((size_t)count + 1));
    struct asking *askings = arena_alloc(engine->arena, sizeof *askings * ((size_t)count + 1));
    enum { KEYS_OF_ONE = 8 };
    for (int left = 1; left;) {
        struct key_set keys = {.size = power_of_two((size_t)count * KEYS_OF_ONE * 2)};
        keys.at = arena_alloc(engine->arena, sizeof *keys.at * keys.size);
        int go = 0;
        left = 0;
        for (int i = 0; i < count; i++) {
            if (jobs[i].decided) continue;
            if (!goes_now(engine, &jobs[i], &keys)) {
                left++;
                continue;
            }
            chosen[go] = i;
            askings[go++] = jobs[i].asking;
        }
        enum claim_result result = engine_ask(engine, askings, go);
        if (result != CLAIM_DONE) return result;
        for (int k = 0; k < go; k++) {
            jobs[chosen[k]].asking = askings[k];
            decide(engine, &jobs[chosen[k]]);
        }
    }
    return CLAIM_DONE;
}

/* By all the clocks there are. False: not now. */
static bool set_clocks(struct engine *engine, struct job *jobs, int count) {
    int64_t latest_ms = 0;
    for (int i = 0; i < count; i++)
        if (jobs[i].readable && jobs[i].ev.time_ms > latest_ms) latest_ms = jobs[i].ev.time_ms;
    if (!clocks_reach(engine, latest_ms)) return false;

    for (int i = 0; i < count; i++) jobs[i].asking.in.now_ms = clocks_of(engine, &jobs[i].raw);
    return true;
}

static enum claim_result decide_all(struct map *map, struct job *jobs, int count) {
    struct engine *engine = map->engine;
    if (engine->spec->ask) {
        if (!set_clocks(engine, jobs, count)) return CLAIM_AWAY;
        claim_store_begin(engine->claims);
        return decide_in_rounds(engine, jobs, count);
    }
    for (int i = 0; i < count; i++)
        if (!jobs[i].decided) decide(engine, &jobs[i]);
    return CLAIM_DONE;
}

/* The next offsets of what has been decided, or has been seen to be empty. */
static void add_places(struct map *map, struct batch *batch) {
    batch->places = arena_alloc(batch->arena, sizeof *batch->places * ((size_t)map->input_count + 1));
    for (int i = 0; i < map->input_count; i++) {
        const struct map_input *input = &map->inputs[i];
        int64_t due = map_input_due(input);
        if (due < 0) continue;
        batch->places[batch->place_count++] =
            (struct place){.topic = input->topic, .partition = input->partition, .offset = due};
    }
}

static bool commit(struct map *map, struct batch *batch) {
    add_places(map, batch);
    ASSERT(batch->place_count || !batch->count); /* what is published has been read */
    if (!batch->place_count) return true;

    if (engine_commit(map->engine, batch) != KAFKA_DONE) {
        forget_all(map);
        return false;
    }
    for (int i = 0; i < batch->place_count; i++) {
        const struct place *place = &batch->places[i];
        map_input_settle(find_input(map, place->topic, place->partition), place->offset);
    }
    return true;
}

/* Leaves out what must go behind a record that is not committed yet, and the rest of its partition. Two that wait for
 * each other would wait for ever: after WAITING_MAX_MS they go as they are. */
static bool leave_waiting(struct map *map, struct job *jobs, int count, int64_t *next, bool *waits_out) {
    struct engine *engine = map->engine;
    struct map_order_input *inputs = arena_alloc(engine->arena, sizeof *inputs * ((size_t)map->input_count + 1));
    struct map_order_item *items = arena_alloc(engine->arena, sizeof *items * ((size_t)count + 1));
    for (int i = 0; i < map->input_count; i++)
        inputs[i] = (struct map_order_input){map->inputs[i].topic, map->inputs[i].partition, map->inputs[i].settled};
    for (int i = 0; i < count; i++) {
        const struct map_input *input = find_input(map, jobs[i].raw.topic, jobs[i].raw.partition);
        items[i] = (struct map_order_item){(int)(input - map->inputs), jobs[i].raw.offset, &jobs[i].asking, false};
    }
    bool any = map_order(engine, inputs, map->input_count, items, count) > 0;
    if (any && !map->waiting_since_ms) map->waiting_since_ms = clock_boot_ms();
    if (any && clock_boot_ms() - map->waiting_since_ms > WAITING_MAX_MS) {
        log_say(LOG_WARN, "records that joined each other's claims go on without order", NULL);
        any = false;
    }
    if (!any) map->waiting_since_ms = 0;
    for (int i = count - 1; any && i >= 0; i--) {
        waits_out[i] = items[i].waits;
        if (items[i].waits)
            next[items[i].input] = jobs[i].raw.offset; /* backwards: the first that waits is the last to be set */
    }
    return any;
}

/* next: of each input, behind the last of its records in the batch; -1: none. */
static void decide_and_commit(struct map *map, struct job *jobs, int count, int64_t *next) {
    struct engine *engine = map->engine;
    bool *waits = arena_alloc(engine->arena, (size_t)count + 1), any = false;
    if (decide_all(map, jobs, count) != CLAIM_DONE) {
        forget_all(map);
        return;
    }
    if (engine->spec->ask) any = leave_waiting(map, jobs, count, next, waits);
    struct batch batch;
    batch_init(&batch, engine->arena);
    for (int i = 0; i < count; i++)
        if (!waits[i])
            batch_add_effects(engine, &batch, &jobs[i].ev, &jobs[i].raw, jobs[i].result, &jobs[i].effects,
                              &jobs[i].asking.claims, jobs[i].asking.answers);
    for (int i = 0; i < map->input_count; i++)
        if (next[i] >= 0) map_input_decide(&map->inputs[i], next[i]);
    if (commit(map, &batch) && any) rewind_all(map); /* what waits is read again */
}

/* Decides the records and commits. Takes the records. */
static void process(struct map *map, struct kafka_record **records, int count) {
    struct engine *engine = map->engine;
    int64_t began_us = clock_boot_us(), now_ms = clock_now_ms();
    int64_t *next = arena_alloc(engine->arena, sizeof *next * ((size_t)map->input_count + 1));
    struct job *jobs = arena_alloc(engine->arena, sizeof *jobs * ((size_t)count + 1));
    int job_count = 0;
    for (int i = 0; i < map->input_count; i++) next[i] = -1;
    for (int i = 0; i < count; i++) {
        struct raw raw;
        kafka_record_raw(&engine->kafka, records[i], engine->arena, &raw);
        struct map_input *input = find_input(map, raw.topic, raw.partition);
        ASSERT(input);
        next[input - map->inputs] = raw.offset + 1;
        if (wanted(map, records[i])) read_job(map, &jobs[job_count++], records[i], now_ms);
    }
    decide_and_commit(map, jobs, job_count, next);
    metrics_observe(engine->metrics.batch, (double)(clock_boot_us() - began_us) / 1e6);
    for (int i = 0; i < count; i++) kafka_record_free(records[i]);
}

/* ---- The gate ---- */

/* Is everything of the leading topic, as it was when the held records were read, committed by the group? */
static bool gate_open(struct map *map) {
    struct engine *engine = map->engine;
    struct place *group = arena_alloc(engine->arena, sizeof *group * ((size_t)map->gate_places + 1));
    int asked = 0;
    for (int i = 0; i < map->gate_places; i++) {
        const struct map_input *own = find_input(map, map->gate[i].topic, map->gate[i].partition);
        bool passed = map->gate[i].offset == 0 || (own && own->settled >= map->gate[i].offset);
        if (passed) continue;
        if (own) return false; /* ours, and we know that we are not there yet */
        group[asked++] = map->gate[i];
    }
    struct err err;
    if (asked && kafka_group_offsets(engine->asker, engine->spec->name, group, asked, ENGINE_ASK_MS, &err) < 0)
        return false;
    for (int i = 0, k = 0; k < asked; i++) {
        if (map->gate[i].partition != group[k].partition) continue;
        if (group[k++].offset < map->gate[i].offset) return false;
    }
    return true;
}

static bool count_gate(struct map *map, struct err *err) {
    struct engine *engine = map->engine;
    if (map->gate_places && clock_boot_ms() - map->gate_counted_ms < COUNT_EVERY_MS) return true;
    int partitions = kafka_partitions(engine->asker, engine->spec->leads, ENGINE_ASK_MS, err);
    if (partitions <= 0) return false;
    map->gate = realloc(map->gate, sizeof *map->gate * (size_t)partitions);
    ASSERT(map->gate);
    map->gate_places = partitions;
    map->gate_counted_ms = clock_boot_ms();
    return true;
}

static bool set_gate(struct map *map) {
    struct engine *engine = map->engine;
    struct err err;
    if (!count_gate(map, &err)) return false;
    int partitions = map->gate_places;
    for (int i = 0; i < partitions; i++) map->gate[i] = (struct place){.topic = engine->spec->leads, .partition = i};
    if (kafka_ends(engine->asker, map->gate, partitions, ENGINE_ASK_MS, &err) < 0) return false;
    map->gate_count = map->held_count;
    return true;
}

static void process_held(struct map *map) {
    struct engine *engine = map->engine;
    int64_t now_ms = clock_boot_ms();
    if (!map->held_count || now_ms < map->gate_next_ms) return;
    map->gate_next_ms = now_ms + GATE_EVERY_MS;
    if (!map->gate_count && !set_gate(map)) return;
    if (!gate_open(map)) return;
    int count = map->gate_count < engine->config->batch_records ? map->gate_count : (int)engine->config->batch_records;
    struct kafka_record **records = arena_alloc(engine->arena, sizeof *records * ((size_t)count + 1));
    for (int i = 0; i < count; i++) records[i] = take_held(map);
    map->gate_next_ms = 0; /* the next part of an open gate need not wait */
    process(map, records, count);
}

static void pause_held_topics(struct map *map) {
    bool pause = map->paused ? map->held_count > HELD_LOW : map->held_count >= HELD_HIGH;
    if (pause == map->paused || !map->fetching) return;
    struct place *places = places_of(map);
    int count = 0;
    for (int i = 0; i < map->input_count; i++)
        if (places[i].topic != map->engine->spec->leads) places[count++] = places[i];
    struct err err;
    if (kafka_pause(map->engine->consumer, places, count, pause, &err) < 0)
        engine_pause(map->engine, "cannot pause", err.text);
    map->paused = pause;
}

/* ---- The loop ---- */

/* A record goes to the batch at hand, or waits for the gate. */
static bool sort_record(struct map *map, struct kafka_record *record) {
    struct raw raw;
    kafka_record_raw(&map->engine->kafka, record, map->engine->arena, &raw);
    struct map_input *input = find_input(map, raw.topic, raw.partition);
    ASSERT(input);
    map_input_polled(input, raw.offset);
    if (map->engine->spec->leads == TOPIC_NONE || raw.topic == map->engine->spec->leads) return true;
    if (FAULT_WITHOUT("complaints_first")) return true;
    ASSERT(map->held_count < HELD_MAX);
    map->held[(map->held_first + map->held_count++) % HELD_MAX] = record;
    return false;
}

static void note_end(struct map *map, const struct place *place) {
    struct map_input *input = find_input(map, place->topic, place->partition);
    if (input) map_input_ended(input, place->offset);
}

static int gather(struct map *map, int timeout_ms, struct kafka_record **records) {
    int count = 0, limit = (int)map->engine->config->batch_records;
    int64_t end_ms = 0;
    for (int polls = 0; polls < GATHER_MAX && count < limit && (map->paused || map->held_count < HELD_HIGH); polls++) {
        if (end_ms && clock_boot_ms() > end_ms) break;
        struct kafka_record *record;
        struct place place;
        enum kafka_got got = engine_poll(map->engine, count || polls ? 0 : timeout_ms, &record, &place);
        if (got == KAFKA_NOTHING || map->engine->stopping) break;
        if (!end_ms) end_ms = clock_boot_ms() + map->engine->config->batch_ms;
        if (got == KAFKA_END && map->fetching) note_end(map, &place);
        if (got == KAFKA_RECORD && !map->fetching)
            kafka_record_free(record); /* of an assignment that has gone */
        else if (got == KAFKA_RECORD && sort_record(map, record))
            records[count++] = record;
    }
    if (!map->fetching) {
        while (count) kafka_record_free(records[--count]);
    }
    return count;
}

/* An end behind which only transaction markers are left is committed too: the proof before a deadline asks for it. */
static void commit_ends(struct map *map) {
    int64_t now_ms = clock_boot_ms();
    if (now_ms < map->end_next_ms || !map->fetching) return;

    struct batch batch;
    batch_init(&batch, map->engine->arena);
    commit(map, &batch);
    if (batch.place_count)
        map->end_next_ms = now_ms + (map->engine->spec->leads == TOPIC_NONE ? END_SELDOM_MS : END_EVERY_MS);
}

/* An idle worker commits what is committed once more, now and then: so it is found out that it still may. */
static void prove_transactions(struct map *map) {
    struct engine *engine = map->engine;
    if (!engine_unproven(engine)) return;
    struct batch batch;
    batch_init(&batch, engine->arena);
    batch.places = arena_alloc(engine->arena, sizeof *batch.places * ((size_t)map->input_count + 1));
    for (int i = 0; i < map->input_count; i++) {
        const struct map_input *input = &map->inputs[i];
        if (input->settled < 0) continue;
        batch.places[batch.place_count++] =
            (struct place){.topic = input->topic, .partition = input->partition, .offset = input->settled};
    }
    if (batch.place_count && engine_commit(engine, &batch) != KAFKA_DONE) forget_all(map);
}

static void report_lag(struct map *map) {
    static int64_t next_ms;
    enum { EVERY_MS = 5000 };
    int64_t now_ms = clock_boot_ms(), lag = 0;
    if (now_ms < next_ms || !map->known || !map->input_count) return;
    next_ms = now_ms + EVERY_MS;
    struct place *ends = places_of(map);
    struct err err;
    if (kafka_ends(map->engine->asker, ends, map->input_count, ENGINE_ASK_MS, &err) < 0) return;
    for (int i = 0; i < map->input_count; i++) lag += ends[i].offset - map->inputs[i].decided;
    metrics_set(map->engine->metrics.lag, NULL, (double)lag);
}

static bool can_decide(struct map *map) {
    struct engine *engine = map->engine;
    if (engine_paused(engine) || !engine_producer(engine)) return false;
    if (!engine_restored(engine)) return false;
    return map->known || (map->input_count > 0 && read_offsets(map));
}

/* How long a poll may wait. A restore under way goes on at once; one that waits before its next attempt does not turn
 * the processor meanwhile. */
static int sleep_ms(const struct map *map, bool able) {
    enum { UNABLE_MS = 10 };
    bool restoring = !able && map->engine->need_restore && !engine_paused(map->engine);
    if (restoring) return 0;
    if (map->held_count) return GATE_EVERY_MS;
    return able ? ENGINE_IDLE_MS : UNABLE_MS;
}

static void turn(struct map *map) {
    struct engine *engine = map->engine;
    if (engine_reload_asked()) engine->reload(engine);
    permissions_turn(engine->permissions);
    bool able = can_decide(map) && !engine->stopping;
    if (!fetch(map, able)) able = false;
    struct kafka_record **records =
        arena_alloc(engine->arena, sizeof *records * ((size_t)engine->config->batch_records + 1));
    int count = gather(map, sleep_ms(map, able), records);
    if (count) process(map, records, count);
    if (able && map->fetching) process_held(map); /* also while the leading topic never falls silent */
    if (able && map->fetching) commit_ends(map);
    if (able && map->fetching) prove_transactions(map);
    pause_held_topics(map);
    report_lag(map);
    worker_turned(able && map->fetching && map->input_count > 0);
    arena_reset(engine->arena);
}

void map_run(struct engine *engine) {
    struct map map = {.engine = engine, .held = calloc(HELD_MAX, sizeof *map.held)};
    ASSERT(map.held);
    struct kafka_hooks hooks = {&map, on_assigned, on_revoked};
    engine_join(engine, &hooks);
    while (!engine->stopping && !engine_stop_asked()) turn(&map);
    kafka_consumer_free(
        engine->consumer); /* leaves the group; what was not committed is read again by the next owner */
    engine->consumer = NULL;
    drop_held(&map);
    free(map.inputs);
    free(map.held);
    free(map.gate);
}
