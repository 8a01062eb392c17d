/* map_wait: records that wait for the one whose claim they join (map_order.h). Those behind them go
 * on; what waits is kept as a copy, and decided again once its claimant's record is committed.
 * There is no time limit: until that record is committed somebody will decide it, be it after a
 * session time-out and a restart. Meanwhile the group's offsets are asked for, and once a second
 * the claims again, for Redis may have lost them, and whether the claimant's record is there at
 * all. */
#include "base/clock.h"
#include "base/heap.h"
#include "runtime/map_order.h"
#include "runtime/map_parts.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    BYTES_MAX = 8 << 20, /* of copies */
    LOOK_FIRST_MS = 4,   /* the other intake commits within a few ms, */
    LOOK_LAST_MS = 250,  /* or it has died: doubled each time */
    AGAIN_EVERY_MS = 1000,
    SAY_EVERY_MS = 30000,
    LONG_SESSIONS = 2 /* session time-outs: then no death explains it any more, and whoever is alive
                         has asked again */
};

struct map_known map_wait_known(const struct map *map) {
    const struct map_waiters *waiters = &map->waiters;

    return (struct map_known){.own = map->inputs,
                              .own_count = map->input_count,
                              .others = waiters->others,
                              .other_count = waiters->other_count,
                              .gone = waiters->gone,
                              .gone_count = waiters->gone_count};
}

/* ---- Copies ---- */

bool map_wait_has_room(const struct map *map, size_t more) {
    return map->waiters.bytes + more <= BYTES_MAX;
}

bool map_wait_has_half(const struct map *map) {
    return map->waiters.bytes <= BYTES_MAX / 2;
}

void map_wait_keep(struct map *map, const struct raw *raw) {
    struct map_waiters *waiters = &map->waiters;

    struct map_kept *kept = HEAP_ADD(waiters->at, waiters->count);
    *kept = (struct map_kept){.since_ms = clock_boot_ms()};
    map_copy_make(&kept->copy, raw);
    waiters->bytes += kept->copy.size;
    waiters->look_every_ms = LOOK_FIRST_MS;
    waiters->look_at_ms = clock_boot_ms() + LOOK_FIRST_MS;
}

static const struct map_position *awaited(const struct map *map, const struct map_kept *kept) {
    return map_input_waits_for(map_find(map, kept->copy.raw.topic, kept->copy.raw.partition),
                               kept->copy.raw.offset);
}

void map_wait_settle(struct map *map) {
    struct map_waiters *waiters = &map->waiters;
    int left = 0;

    for (int i = 0; i < waiters->count; i++) {
        struct map_kept *kept = &waiters->at[i];
        if (kept->ready && !awaited(map, kept)) {
            waiters->bytes -= kept->copy.size;
            map_copy_free(&kept->copy);
            continue;
        }
        kept->ready = false;
        waiters->at[left++] = *kept;
    }
    waiters->count = left;
    waiters->ready = 0;
    if (!left) waiters->gone_count = 0;
}

void map_wait_drop(struct map *map) {
    struct map_waiters *waiters = &map->waiters;
    for (int i = 0; i < waiters->count; i++) map_copy_free(&waiters->at[i].copy);
    waiters->count = waiters->ready = waiters->gone_count = waiters->other_count = 0;
    waiters->bytes = 0;
}

void map_wait_free(struct map *map) {
    map_wait_drop(map);
    free(map->waiters.at);
    free(map->waiters.others);
    free(map->waiters.gone);
}

/* ---- Other processes' partitions ---- */

static struct map_input *other(struct map *map, const struct map_position *at) {
    struct map_waiters *waiters = &map->waiters;
    struct map_input *found =
        map_input_find(waiters->others, waiters->other_count, at->topic, at->partition);
    if (found) return found;

    found = HEAP_ADD(waiters->others, waiters->other_count);
    map_input_assign(found, at->topic, at->partition);
    return found;
}

/* Partitions, each once. */
struct asking_list {
    struct place *at;
    int count;
};

static void add_partition(struct map *map, struct asking_list *list,
                          const struct map_position *at) {
    for (int i = 0; i < list->count; i++)
        if (list->at[i].topic == at->topic && list->at[i].partition == at->partition) return;
    *ARENA_ADD(map->engine->arena, list->at, list->count) =
        (struct place){.topic = at->topic, .partition = at->partition};
}

/* A partition of another process that something waits for and that is not known to have passed it.
 */
static void add_other(struct map *map, struct asking_list *list, const struct map_position *at) {
    if (map_find(map, at->topic, at->partition) || map_input_passed(other(map, at), at->offset))
        return;
    add_partition(map, list, at);
}

static void ask_offsets(struct map *map, const struct asking_list *list) {
    struct engine *engine = map->engine;
    struct err err;
    if (!list->count) return;
    struct place *places =
        arena_memdup(engine->arena, list->at, sizeof *places * (size_t)list->count);
    if (kafka_group_offsets(engine->asker, engine->spec->name, places, list->count, ENGINE_ASK_MS,
                            &err) < 0)
        return;

    for (int i = 0; i < list->count; i++) {
        struct map_input *input =
            other(map, &(struct map_position){places[i].topic, places[i].partition, 0});
        map_input_stand(input, places[i].offset == KAFKA_NO_OFFSET ? -1 : places[i].offset,
                        places[i].metadata, 0);
    }
}

void map_wait_learn(struct map *map, const struct map_item *items, int count) {
    struct asking_list list = {0};
    for (int i = 0; i < count; i++)
        for (int k = 0; k < items[i].need_count; k++) add_other(map, &list, &items[i].needs[k]);
    ask_offsets(map, &list);
}

/* ---- Records that are gone ---- */

/* Where partitions begin and end now; nothing where there is no such partition. */
static bool ask_bounds(struct map *map, const struct asking_list *list, struct place *starts,
                       struct place *ends) {
    struct engine *engine = map->engine;
    struct err err;
    int count = 0;
    int partitions[TOPIC_COUNT];
    memset(partitions, -1, sizeof partitions);
    for (int i = 0; i < list->count; i++) {
        const struct place *place = &list->at[i];
        int *known = &partitions[place->topic];
        if (*known < 0) *known = kafka_partitions(engine->asker, place->topic, ENGINE_ASK_MS, &err);
        if (*known < 0) return false;
        if (place->partition < *known) starts[count++] = *place;
    }

    memcpy(ends, starts, sizeof *ends * (size_t)count);
    if (kafka_starts(engine->asker, starts, count, ENGINE_ASK_MS, &err) < 0 ||
        kafka_ends(engine->asker, ends, count, ENGINE_ASK_MS, &err) < 0)
        return false;
    starts[count].partition = -1; /* the last */
    return true;
}

static bool is_there(const struct map_position *at, const struct place *starts,
                     const struct place *ends) {
    for (int i = 0; starts[i].partition >= 0; i++)
        if (starts[i].topic == at->topic && starts[i].partition == at->partition)
            return at->offset >= starts[i].offset && at->offset < ends[i].offset;
    return false;
}

static void add_gone(struct map *map, const struct map_position *at) {
    struct map_waiters *waiters = &map->waiters;

    for (int i = 0; i < waiters->gone_count; i++)
        if (map_position_compare(&waiters->gone[i], at) == 0) return;
    *HEAP_ADD(waiters->gone, waiters->gone_count) = *at;
    log_say(LOG_WARN,
            "a claim's record is gone: its topic was made anew, or it was deleted. Who joined it "
            "goes on",
            "record",
            arena_printf(map->engine->arena, "%s/%d/%" PRId64, topic_name(at->topic), at->partition,
                         at->offset),
            NULL);
}

/* A claimant's record may be gone for good. Whoever claimed had read it, so it lies before an end
 * that is asked for now, or its topic was made anew. */
static void look_for_gone(struct map *map) {
    struct map_waiters *waiters = &map->waiters;
    struct map_known known = map_wait_known(map);
    struct asking_list list = {0};
    for (int i = 0; i < waiters->count; i++)
        add_partition(map, &list, awaited(map, &waiters->at[i]));
    struct place *starts =
        arena_alloc(map->engine->arena, sizeof *starts * ((size_t)list.count + 1));
    struct place *ends = arena_alloc(map->engine->arena, sizeof *ends * ((size_t)list.count + 1));
    if (!ask_bounds(map, &list, starts, ends)) return;

    for (int i = 0; i < waiters->count; i++) {
        const struct map_position *on = awaited(map, &waiters->at[i]);
        if (!map_known_passed(&known, on) && !is_there(on, starts, ends)) add_gone(map, on);
    }
}

/* ---- Looking ---- */

static int64_t long_ms(const struct map *map) {
    return LONG_SESSIONS * map->engine->config->session_timeout_ms;
}

bool map_wait_is_long(const struct map *map, const struct map_kept *kept) {
    return clock_boot_ms() - kept->since_ms > long_ms(map);
}

void map_wait_say(struct map *map) {
    static struct log_gate gate;
    const struct map_waiters *waiters = &map->waiters;
    const struct map_kept *oldest = NULL;
    for (int i = 0; i < waiters->count; i++)
        if (!oldest || waiters->at[i].since_ms < oldest->since_ms) oldest = &waiters->at[i];
    int64_t waited_ms = 0;
    if (oldest) waited_ms = clock_boot_ms() - oldest->since_ms;
    bool is_long = waited_ms > long_ms(map);
    metrics_set(map->engine->metrics.held, "joins", is_long);
    if (!is_long) return;

    struct arena *arena = map->engine->arena;
    const struct map_position *on = awaited(map, oldest);
    log_seldom(
        &gate, SAY_EVERY_MS, LOG_WARN,
        "a record waits for the one that it joins, which nobody has decided yet", "record",
        arena_printf(arena, "%s/%d/%" PRId64, topic_name(oldest->copy.raw.topic),
                     oldest->copy.raw.partition, oldest->copy.raw.offset),
        "waits_for",
        arena_printf(arena, "%s/%d/%" PRId64, topic_name(on->topic), on->partition, on->offset),
        "seconds", log_int(waited_ms / 1000), "waiting", log_int(waiters->count), NULL);
}

void map_wait_look(struct map *map) {
    struct map_waiters *waiters = &map->waiters;
    int64_t now_ms = clock_boot_ms();
    struct asking_list list = {0};
    if (!waiters->count || now_ms < waiters->look_at_ms) return;

    for (int i = 0; i < waiters->count; i++) add_other(map, &list, awaited(map, &waiters->at[i]));
    ask_offsets(map, &list);
    bool again = now_ms >= waiters->again_at_ms;
    if (again) look_for_gone(map);
    if (again) waiters->again_at_ms = now_ms + AGAIN_EVERY_MS;

    struct map_known known = map_wait_known(map);
    waiters->ready = 0;
    for (int i = 0; i < waiters->count; i++) {
        struct map_kept *kept = &waiters->at[i];
        kept->ready = again || map_known_passed(&known, awaited(map, kept));
        waiters->ready += kept->ready;
    }
    waiters->look_every_ms =
        waiters->look_every_ms * 2 < LOOK_LAST_MS ? waiters->look_every_ms * 2 : LOOK_LAST_MS;
    waiters->look_at_ms = now_ms + waiters->look_every_ms;
}

int map_wait_sleep_ms(const struct map *map, int limit_ms) {
    if (!map->waiters.count) return limit_ms;
    int64_t left_ms = map->waiters.look_at_ms - clock_boot_ms();
    if (left_ms < 0) left_ms = 0;
    if (left_ms >= limit_ms) return limit_ms;
    return (int)left_ms;
}
