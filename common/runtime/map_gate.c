/* map_gate: records of the other topics are held until every record of the leading topic
 * (complaints) that was there when they were read has been committed by the group: so nothing
 * precedes its case.opened. What lies behind a transaction that somebody left open is not waited
 * for without limit (ends.h). */
#include "base/clock.h"
#include "runtime/map_parts.h"
#include <stdlib.h>

enum {
    HELD_MAX = 10000,           /* records waiting for the gate */
    HELD_HIGH = 8000,           /* here their partitions pause */
    HELD_LOW = 2000,            /* and resume here */
    HELD_BYTES_HIGH = 64 << 20, /* or here: some seconds of activity at full speed */
    HELD_BYTES_LOW = 16 << 20,
    GATE_EVERY_MS = 3,     /* how often the gate is looked at while something waits */
    COUNT_EVERY_MS = 30000 /* partitions may be added to the leading topic */
};

/* ---- The ring ---- */

void map_gate_init(struct map_gate *gate) {
    gate->held = calloc(HELD_MAX, sizeof *gate->held);
    ASSERT(gate->held);
}

void map_gate_free(struct map_gate *gate) {
    free(gate->held);
    ends_free(&gate->ends);
}

bool map_gate_holds(const struct map *map, enum topic topic) {
    enum topic leads = map->engine->spec->leads;
    return leads != TOPIC_NONE && topic != leads;
}

void map_gate_add(struct map *map, const struct raw *raw) {
    struct map_gate *gate = &map->gate;
    ASSERT(gate->count < HELD_MAX);
    struct map_copy *copy = &gate->held[(gate->first + gate->count++) % HELD_MAX];
    map_copy_make(copy, raw);
    gate->bytes += copy->size;
}

static struct map_copy take(struct map_gate *gate) {
    struct map_copy copy = gate->held[gate->first];

    gate->first = (gate->first + 1) % HELD_MAX;
    gate->count--;
    gate->bytes -= copy.size;
    if (gate->for_count) gate->for_count--;
    return copy;
}

void map_gate_drop(struct map_gate *gate) {
    while (gate->count) {
        struct map_copy copy = take(gate);
        map_copy_free(&copy);
    }
    gate->for_count = 0;
}

bool map_gate_full(const struct map *map) {
    const struct map_gate *gate = &map->gate;
    if (map->held_back) return gate->count > HELD_LOW || gate->bytes > HELD_BYTES_LOW;
    return gate->count >= HELD_HIGH || gate->bytes >= HELD_BYTES_HIGH;
}

/* ---- The gate ---- */

/* Is everything of the leading topic, as it was when the held records were read, committed by the
 * group? */
static bool is_open(struct map *map) {
    struct engine *engine = map->engine;
    const struct ends *ends = &map->gate.ends;
    struct place *group = arena_alloc(engine->arena, sizeof *group * ((size_t)ends->count + 1));
    int asked = 0;
    for (int i = 0; i < ends->count; i++) {
        const struct place *end = &ends->at[i];
        const struct map_input *own = map_find(map, end->topic, end->partition);
        bool passed = end->offset == 0 || (own && own->committed >= end->offset);
        if (passed) continue;
        if (own) return false; /* ours, and we know that we are not there yet */
        group[asked++] = *end;
    }

    struct err err;
    if (asked && kafka_group_offsets(engine->asker, engine->spec->name, group, asked, ENGINE_ASK_MS,
                                     &err) < 0)
        return false;
    for (int i = 0, k = 0; k < asked; i++) {
        if (ends->at[i].partition != group[k].partition) continue;
        if (group[k++].offset < ends->at[i].offset) return false;
    }
    return true;
}

static bool count_partitions(struct map *map, struct err *err) {
    struct engine *engine = map->engine;
    struct map_gate *gate = &map->gate;
    if (gate->ends.count && clock_boot_ms() - gate->counted_ms < COUNT_EVERY_MS) return true;

    int partitions = kafka_partitions(engine->asker, engine->spec->leads, ENGINE_ASK_MS, err);
    if (partitions <= 0) return false;
    struct place *places = arena_alloc(engine->arena, sizeof *places * (size_t)partitions);
    for (int i = 0; i < partitions; i++)
        places[i] = (struct place){.topic = engine->spec->leads, .partition = i};
    ends_of(&gate->ends, places, partitions);
    gate->counted_ms = clock_boot_ms();
    return true;
}

static bool set(struct map *map) {
    struct map_gate *gate = &map->gate;
    struct err err;
    if (!count_partitions(map, &err) || ends_ask(&gate->ends, map->engine, &err) < 0) return false;
    gate->for_count = gate->count;
    return true;
}

/* Some of what the gate is for; not so much that a batch of it would not fit into memory. */
static void pass_some(struct map *map) {
    struct engine *engine = map->engine;
    struct map_gate *gate = &map->gate;
    int limit = (int)engine->config->batch_records;
    int count = 0;
    size_t bytes = 0;
    if (limit > gate->for_count) limit = gate->for_count;
    struct map_copy *copies = arena_alloc(engine->arena, sizeof *copies * ((size_t)limit + 1));
    struct map_polled *polled = arena_alloc(engine->arena, sizeof *polled * ((size_t)limit + 1));
    while (count < limit && bytes < MAP_BATCH_BYTES) {
        copies[count] = take(gate);
        bytes += copies[count].size;
        map_polled_of(map, &copies[count].raw, &polled[count]);
        count++;
    }

    map_process(map, polled, count);
    for (int i = 0; i < count; i++) map_copy_free(&copies[i]);
}

void map_gate_turn(struct map *map) {
    struct map_gate *gate = &map->gate;
    int64_t now_ms = clock_boot_ms();
    if (!gate->count || now_ms < gate->look_at_ms) return;
    gate->look_at_ms = now_ms + GATE_EVERY_MS;
    if (!gate->for_count && !set(map)) return;
    if (!is_open(map)) {
        ends_look(&gate->ends, map->engine);
        return;
    }

    gate->look_at_ms = 0; /* the next part of an open gate need not wait */
    pass_some(map);
}

int map_gate_sleep_ms(const struct map *map, int limit_ms) {
    if (map->gate.count && limit_ms > GATE_EVERY_MS) return GATE_EVERY_MS;
    return limit_ms;
}
