/* map_batch: one batch: read, claim, decide, put in order, one transaction. */
#include "base/clock.h"
#include "base/ids.h"
#include "runtime/map_order.h"
#include "runtime/map_parts.h"
#include <stdlib.h>
#include <string.h>

struct job {
    struct raw raw;
    int input;                   /* index of its partition */
    bool listed;                 /* it is one of those that wait */
    const struct map_kept *kept; /* and this is its copy; NULL: it was just polled */
    struct event ev;
    struct effects effects;
    struct asking asking;
    struct claims first; /* what it asks for before it has any answer */
    enum result result;
    bool decided;
};

struct work {
    struct map *map;
    struct engine *engine;
    struct arena *arena;
    struct job *jobs;
    struct map_item *items; /* one for each job */
    int *order;             /* jobs that go, in the order in which they are written */
    int count, going;
};

/* ---- Reading ---- */

static bool is_wanted(const struct engine *engine, const struct raw *raw) {
    if (!engine->spec->wants) return true;
    size_t len;
    const char *type = event_peek_type(raw, &len);
    return !type || engine->spec->wants(arena_strndup(engine->arena, type, len));
}

static void take(struct work *work, const struct raw *raw, int input, const struct map_kept *kept,
                 int64_t now_ms) {
    struct engine *engine = work->engine;
    struct job *job = &work->jobs[work->count++];
    job->raw = *raw;
    job->input = input;
    job->listed = raw->offset < work->map->inputs[input].decided;
    job->kept = kept;
    job->result = DONE;
    effects_init(&job->effects, work->arena);
    job->decided = !is_wanted(engine, &job->raw);
    if (job->decided) return;

    if (event_read(&job->raw, work->arena, &job->ev, &job->effects.rejection) != 0) {
        job->result = REJECT;
        job->decided = true;
        return;
    }
    job->asking = (struct asking){.in = {.settings = &engine->settings,
                                         .policies = &engine->policies,
                                         .ev = &job->ev,
                                         .now_ms = now_ms,
                                         .arena = work->arena},
                                  .claims = {.arena = work->arena}};
}

static void begin(struct work *work, struct map *map, const struct map_polled *polled, int count) {
    struct map_waiters *waiters = &map->waiters;
    size_t most = (size_t)(count + waiters->ready) + 1;
    int64_t now_ms = clock_now_ms();

    *work = (struct work){.map = map, .engine = map->engine, .arena = map->engine->arena};
    work->jobs = arena_alloc(work->arena, sizeof *work->jobs * most);
    work->items = arena_alloc(work->arena, sizeof *work->items * most);
    work->order = arena_alloc(work->arena, sizeof *work->order * most);
    for (int i = 0; i < waiters->count; i++) {
        const struct map_kept *kept = &waiters->at[i];
        const struct raw *raw = &kept->copy.raw;
        if (!kept->ready) continue;
        take(work, raw, (int)(map_find(map, raw->topic, raw->partition) - map->inputs), kept,
             now_ms);
    }
    for (int i = 0; i < count; i++) take(work, &polled[i].raw, polled[i].input, NULL, now_ms);
}

/* ---- Deciding ---- */

/* Claim keys in use in this round. */
struct key_set {
    const char **at;
    size_t size; /* a power of two */
};

/* Where the key is, or would be. */
static const char **key_set_place(const struct key_set *set, const char *key) {
    size_t hash = ids_table_hash(key, strlen(key));

    for (size_t i = hash & (set->size - 1);; i = (i + 1) & (set->size - 1))
        if (!set->at[i] || strcmp(set->at[i], key) == 0) return &set->at[i];
}

static void decide(struct engine *engine, struct job *job) {
    job->result = engine->spec->decide(&job->asking.in, NULL, &job->effects);
    job->decided = true;
}

/* A job goes in this round when none of its claims is asked for by an earlier one that is not yet
 * decided. Who only looks stands in nobody's way: a round's claims are made in the order of its
 * jobs. */
static bool goes_now(const struct job *job, struct key_set *keys) {
    bool collides = false;

    for (int i = 0; i < job->first.count; i++) {
        const struct claim *claim = &job->first.at[i];
        const char **place = key_set_place(keys, claim->key);
        collides |= *place != NULL;
        if (claim->kind != CLAIM_LOOK) *place = claim->key;
    }
    return !collides;
}

/* Notes what each job asks for first, and makes room for that many keys. */
static struct key_set ask_first(struct work *work) {
    struct key_set keys = {.size = 64};
    size_t count = 0;

    for (int i = 0; i < work->count; i++) {
        struct job *job = &work->jobs[i];
        job->first.arena = work->arena;
        if (!job->decided) work->engine->spec->ask(&job->asking.in, NULL, &job->first);
        count += (size_t)job->first.count;
    }
    while (keys.size < count * 2) keys.size *= 2;
    keys.at = arena_alloc(work->arena, sizeof *keys.at * keys.size);

    return keys;
}

static enum outcome decide_in_rounds(struct work *work) {
    struct engine *engine = work->engine;
    int *chosen = arena_alloc(work->arena, sizeof *chosen * ((size_t)work->count + 1));
    struct asking *askings = arena_alloc(work->arena, sizeof *askings * ((size_t)work->count + 1));
    struct key_set keys = ask_first(work);
    for (int left = 1; left;) {
        int go = 0;
        left = 0;
        memset(keys.at, 0, sizeof *keys.at * keys.size);
        for (int i = 0; i < work->count; i++) {
            struct job *job = &work->jobs[i];
            if (job->decided) continue;
            if (!goes_now(job, &keys)) {
                left++;
                continue;
            }
            chosen[go] = i;
            askings[go++] = job->asking;
        }

        enum outcome result = engine_ask(engine, askings, go);
        if (result != OUTCOME_DONE) return result;
        for (int k = 0; k < go; k++) {
            work->jobs[chosen[k]].asking = askings[k];
            decide(engine, &work->jobs[chosen[k]]);
        }
    }
    return OUTCOME_DONE;
}

/* By all the clocks there are. False: not now. */
static bool set_clocks(struct work *work) {
    int64_t latest_ms = 0;
    for (int i = 0; i < work->count; i++) {
        const struct job *job = &work->jobs[i];
        if (!job->decided && job->ev.time_ms > latest_ms) latest_ms = job->ev.time_ms;
    }
    if (!clocks_reach(work->engine, latest_ms)) return false;

    for (int i = 0; i < work->count; i++)
        work->jobs[i].asking.in.now_ms = clocks_of(work->engine, &work->jobs[i].raw);
    return true;
}

static enum outcome decide_all(struct work *work) {
    if (work->engine->spec->ask) {
        if (!set_clocks(work)) return OUTCOME_WAIT;
        claim_store_begin(work->engine->claims);
        return decide_in_rounds(work);
    }
    for (int i = 0; i < work->count; i++)
        if (!work->jobs[i].decided) decide(work->engine, &work->jobs[i]);
    return OUTCOME_DONE;
}

/* ---- Order ---- */

/* How many more may wait. */
struct room {
    int left;
    bool cut; /* none of those that come now */
};

/* Of an input in which more records would wait than there is room for, the rest is left to be read
 * again later. Returns whether that changed anything: what goes may have referred to what does not
 * go now. */
static bool leave_what_has_no_room(struct work *work) {
    const struct map *map = work->map;
    struct room *rooms = arena_alloc(work->arena, sizeof *rooms * ((size_t)map->input_count + 1));
    size_t bytes = 0;
    bool changed = false;
    for (int i = 0; i < map->input_count; i++)
        rooms[i].left = MAP_WAITING_MAX - map->inputs[i].waiting_count;
    for (int i = 0; i < work->count; i++)
        if (work->jobs[i].listed && work->items[i].goes) rooms[work->jobs[i].input].left++;

    for (int i = 0; i < work->count; i++) {
        struct map_item *item = &work->items[i];
        struct room *room = &rooms[work->jobs[i].input];
        if (work->jobs[i].listed) continue;
        room->cut = room->cut || item->left;
        if (!room->cut && !item->goes) {
            bytes += map_copy_size(&work->jobs[i].raw);
            room->cut = room->left-- == 0 || !map_wait_has_room(map, bytes);
        }
        if (!room->cut || item->left) continue;
        item->left = changed = true;
    }
    return changed;
}

static void put_in_order(struct work *work) {
    const enum topic *reads = work->engine->spec->reads;

    for (int i = 0; i < work->count; i++) {
        const struct raw *raw = &work->jobs[i].raw;
        work->items[i].at = (struct map_position){raw->topic, raw->partition, raw->offset};
        work->items[i].long_waited =
            work->jobs[i].kept && map_wait_is_long(work->map, work->jobs[i].kept);
        map_order_needs(&work->items[i], &work->jobs[i].asking, reads, work->arena);
    }
    map_wait_learn(work->map, work->items, work->count);
    struct map_known known = map_wait_known(work->map);
    do {
        work->going = map_order(&known, work->items, work->count, work->order, work->arena);
    } while (work->going < work->count && leave_what_has_no_room(work));
}

/* Tells the inputs what has come of the records. */
static void note(struct work *work) {
    for (int i = 0; i < work->count; i++) {
        const struct map_item *item = &work->items[i];
        struct map_input *input = &work->map->inputs[work->jobs[i].input];
        if (item->left)
            map_input_stop(input);
        else if (item->goes)
            map_input_decide(input, item->at.offset);
        else
            map_input_wait(input, item->at.offset, &item->on);
    }
}

/* ---- Committing ---- */

/* The next offsets of what has been decided, or has been seen to be empty. */
static void add_places(const struct map *map, struct batch *batch) {
    batch->places =
        arena_alloc(batch->arena, sizeof *batch->places * ((size_t)map->input_count + 1));
    for (int i = 0; i < map->input_count; i++)
        batch->place_count += map_input_due(&map->inputs[i], &batch->places[batch->place_count]);
}

/* What of a mark says which records wait. */
static const char *waiting_part(const char *mark) {
    const char *at = strchr(mark, ' ');
    if (at) return at;
    return "";
}

static bool waits_as_before(const struct map_input *input, const struct place *place) {
    const char *before = waiting_part(input->mark);
    const char *now = waiting_part(place->metadata);
    return strcmp(before, now) == 0 && (!now[0] || place->offset == input->committed);
}

/* What waits, and that nothing waits any more. */
static void add_notes(const struct map *map, struct batch *batch) {
    for (int i = 0; i < batch->place_count; i++) {
        const struct place *place = &batch->places[i];
        if (waits_as_before(map_find(map, place->topic, place->partition), place)) continue;
        const char *key =
            map_input_key(batch->arena, map->engine->spec->name, place->topic, place->partition);
        const char *note = NULL;
        if (place->metadata[0]) note = map_input_note(batch->arena, place);
        batch_add(batch, &(struct kafka_message){.topic = TOPIC_POLICIES,
                                                 .partition = -1,
                                                 .key = key,
                                                 .key_len = strlen(key),
                                                 .value = note,
                                                 .value_len = note ? strlen(note) : 0});
    }
}

static bool commit(struct map *map, struct batch *batch) {
    add_places(map, batch);
    ASSERT(batch->place_count || !batch->count); /* what is published has been read */
    if (!batch->place_count) return true;
    add_notes(map, batch);

    if (engine_commit(map->engine, batch) != KAFKA_DONE) {
        map_forget(map);
        return false;
    }
    for (int i = 0; i < batch->place_count; i++) {
        const struct place *place = &batch->places[i];
        map_input_settle(map_find(map, place->topic, place->partition), place);
    }
    return true;
}

bool map_commit_ends(struct map *map) {
    struct batch batch;
    batch_init(&batch, map->engine->arena);
    commit(map, &batch);
    return batch.place_count > 0;
}

static void fill(struct work *work, struct batch *batch) {
    for (int i = 0; i < work->going; i++) {
        struct job *job = &work->jobs[work->order[i]];
        if (job->asking.in.ev) metrics_add(work->engine->metrics.events, job->ev.type, 1);
        batch_add_effects(work->engine, batch, &job->ev, &job->raw, job->result, &job->effects,
                          &job->asking.claims, job->asking.answers);
    }
}

static void decide_and_commit(struct work *work) {
    struct map *map = work->map;
    if (decide_all(work) != OUTCOME_DONE) {
        map_forget(map);
        return;
    }
    put_in_order(work);
    note(work);
    struct batch batch;
    batch_init(&batch, work->arena);
    fill(work, &batch);
    if (!commit(map, &batch)) return;

    map_wait_settle(map);
    for (int i = 0; i < work->count; i++)
        if (!work->jobs[i].kept && !work->items[i].goes && !work->items[i].left)
            map_wait_keep(map, &work->jobs[i].raw);
}

void map_process(struct map *map, const struct map_polled *polled, int count) {
    struct work work;
    int64_t began_us = clock_boot_us();
    begin(&work, map, polled, count);
    decide_and_commit(&work);
    engine_batch_done(map->engine, began_us, count);
}
