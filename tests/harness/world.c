/* world: reading, waiting, publishing. */
#include "world.h"
#include "base/clock.h"
#include <stdlib.h>
#include <string.h>

enum {
    ASK_MS = 5000,     /* one question: the answer is then unknown for now */
    FIND_MS = 240000,  /* until the broker answers at all */
    READ_MS = 600000,  /* the whole case log of a replay: 5 s, alone */
    FLUSH_MS = 600000, /* a whole log that was published */
    PLACES_MAX = 512,
    MARKERS_MAX = 16 /* in a row: five workers and their replicas; what is more is lag */
};

struct world *world_open(struct harness *h) {
    struct world *world = calloc(1, sizeof *world);

    world->h = h;
    world->arena = arena_new();
    char *environment[] = {
        arena_printf(world->arena, "REDRESS_KAFKA_BOOTSTRAP_SERVERS=%s", h->bootstrap),
        arena_printf(world->arena, "REDRESS_REDIS_URL=%s", h->redis_url),
        arena_printf(world->arena, "REDRESS_TOPIC_PREFIX=%s", h->prefix), NULL};
    struct buf errors = {0};
    if (config_load(NULL, environment, world->arena, &world->config, &errors) < 0)
        wait_fail("%s", errors.at);
    struct kafka kafka = {.config = &world->config};
    struct err err;
    world->asker = kafka_asker_new(&kafka, &err);
    if (!world->asker) wait_fail("%s", err.text);
    return world;
}

void world_close(struct world *world) {
    kafka_producer_free(world->producer);
    kafka_asker_free(world->asker);
    arena_free(world->arena);
    free(world);
}

/* ---- Reading ---- */

static int places_of(struct kafka_asker *asker, enum topic topic, struct place *places) {
    struct err err;
    int count = -1;

    for (int64_t end_ms = wait_now_ms() + FIND_MS; count < 0;) {
        count = kafka_partitions(asker, topic, ASK_MS, &err);
        if (count < 0) wait_turn(end_ms, __FILE__, __LINE__, err.text);
    }
    for (int i = 0; i < count; i++) places[i] = (struct place){.topic = topic, .partition = i};
    return count;
}

struct reading {
    struct kafka kafka;
    struct kafka_consumer *reader;
    struct place starts[PLACES_MAX], ends[PLACES_MAX];
    int partitions, left;
};

static void begin_reading(struct reading *reading, enum topic topic) {
    struct err err;
    struct kafka_asker *asker = kafka_asker_new(&reading->kafka, &err);

    if (!asker) wait_fail("%s", err.text);
    reading->partitions = places_of(asker, topic, reading->ends);
    memcpy(reading->starts, reading->ends, sizeof reading->starts);
    WAIT_FOR(kafka_ends(asker, reading->ends, reading->partitions, ASK_MS, &err) == 0, FIND_MS);
    WAIT_FOR(kafka_starts(asker, reading->starts, reading->partitions, ASK_MS, &err) == 0, FIND_MS);
    for (int i = 0; i < reading->partitions; i++)
        reading->left += reading->starts[i].offset < reading->ends[i].offset;
    kafka_asker_free(asker);
    reading->reader = kafka_reader_new(&reading->kafka, true, &err);
    if (!reading->reader ||
        kafka_fetch_from(reading->reader, reading->starts, reading->partitions, &err) < 0)
        wait_fail("%s", err.text);
}

int64_t world_read(struct world *world, enum topic topic, const char *worker,
                   void (*each)(void *context, const struct raw *raw), void *context) {
    struct reading *reading = calloc(1, sizeof *reading);

    reading->kafka = (struct kafka){.config = &world->config, .worker = worker};
    begin_reading(reading, topic);
    struct arena *arena = arena_new();
    int64_t count = 0;
    int64_t end_ms = wait_now_ms() + READ_MS;
    while (reading->left > 0) {
        struct kafka_record *record;
        struct place place;
        struct err err;
        enum kafka_got got = kafka_poll(reading->reader, 50, &record, &place, &err);
        if (got == KAFKA_RECORD) {
            struct raw raw;
            kafka_record_raw(&reading->kafka, record, arena, &raw);
            each(context, &raw);
            count++;
            kafka_record_free(record);
            if (count % 1000 == 0) arena_reset(arena);
        } else if (got == KAFKA_END && reading->ends[place.partition].offset >= 0 &&
                   place.offset >= reading->ends[place.partition].offset) {
            bool empty =
                reading->starts[place.partition].offset >= reading->ends[place.partition].offset;
            reading->ends[place.partition].offset = -1;
            reading->left -= !empty;
        }
        if (wait_now_ms() > end_ms)
            wait_fail("topic %s was not read to its end", topic_name(topic));
    }
    kafka_consumer_free(reading->reader);
    arena_free(arena);
    free(reading);

    return count;
}

/* ---- Waiting ---- */

/* Whether no record is visible between `from` and `to`: transaction markers stand there, which
 * workers whose input is transactional do not always commit. Several in a row where two workers'
 * transactions overlap. */
static bool only_markers(struct world *world, const struct place *from, const struct place *to) {
    struct kafka kafka = {.config = &world->config};
    struct err err;
    struct kafka_consumer *reader = kafka_reader_new(&kafka, true, &err);

    if (!reader || kafka_fetch_from(reader, from, 1, &err) < 0) wait_fail("%s", err.text);
    int64_t end_ms = wait_now_ms() + ASK_MS;
    enum kafka_got got = KAFKA_NOTHING;
    bool read_all = false; /* an end before `to` is that of an open transaction */
    while (got != KAFKA_RECORD && !read_all && wait_now_ms() < end_ms) {
        struct kafka_record *record;
        struct place place;
        got = kafka_poll(reader, 50, &record, &place, &err);
        if (got == KAFKA_RECORD) kafka_record_free(record);
        read_all = got == KAFKA_END && place.offset >= to->offset;
    }
    kafka_consumer_free(reader);

    return read_all;
}

int64_t world_lag(struct world *world, const struct worker_spec *spec) {
    int64_t lag = 0;
    struct err err;

    for (const enum topic *topic = spec->reads; *topic != TOPIC_NONE; topic++) {
        struct place ends[PLACES_MAX], group[PLACES_MAX];
        int count = places_of(world->asker, *topic, ends);
        bool of_workers = *topic == TOPIC_EVENTS || *topic == TOPIC_ORDERS;
        memcpy(group, ends, sizeof group);
        if (kafka_ends(world->asker, ends, count, ASK_MS, &err) < 0 ||
            kafka_group_offsets(world->asker, spec->name, group, count, ASK_MS, &err) < 0)
            return -1;
        for (int i = 0; i < count; i++) {
            if (group[i].offset == KAFKA_NO_OFFSET) group[i].offset = 0;
            int64_t left = ends[i].offset - group[i].offset;
            if (left > 0 && left <= MARKERS_MAX && of_workers &&
                only_markers(world, &group[i], &ends[i]))
                continue;
            lag += left;
        }
    }

    return lag;
}

int64_t world_done(struct world *world, const struct worker_spec *spec) {
    int64_t done = 0;
    struct err err;

    for (const enum topic *topic = spec->reads; *topic != TOPIC_NONE; topic++) {
        struct place group[PLACES_MAX];
        int count = places_of(world->asker, *topic, group);

        if (kafka_group_offsets(world->asker, spec->name, group, count, ASK_MS, &err) < 0)
            return -1;
        for (int i = 0; i < count; i++)
            if (group[i].offset != KAFKA_NO_OFFSET) done += group[i].offset;
    }
    return done;
}

void world_wait_idle(struct world *world, const struct worker_spec *const *specs, int limit_ms) {
    int64_t end_ms = wait_now_ms() + limit_ms;

    for (int quiet = 0;
         quiet < 3;) { /* one worker's output is another's input: three looks in a row */
        int64_t lag = 0;
        for (const struct worker_spec *const *spec = specs; *spec; spec++) {
            int64_t own = world_lag(world, *spec);
            lag += own < 0 ? 1 : own;
        }
        quiet = lag ? 0 : quiet + 1;
        wait_turn(end_ms, __FILE__, __LINE__, "the workers have caught up");
    }
}

/* ---- Publishing ---- */

void world_publish(struct world *world, enum topic topic, const char *key, const char *value,
                   size_t value_len, const struct header *headers, int header_count) {
    struct err err;
    struct kafka kafka = {.config = &world->config};

    if (!world->producer) world->producer = kafka_producer_new(&kafka, NULL, &err);
    if (!world->producer) wait_fail("%s", err.text);
    struct kafka_message message = {.topic = topic,
                                    .partition = -1,
                                    .key = key,
                                    .key_len = key ? strlen(key) : 0,
                                    .value = value,
                                    .value_len = value_len,
                                    .headers = headers,
                                    .header_count = header_count};
    if (kafka_produce(world->producer, &message, &err) != KAFKA_DONE) wait_fail("%s", err.text);
}

void world_flush(struct world *world) {
    struct err err;
    if (world->producer && kafka_flush(world->producer, FLUSH_MS, &err) != KAFKA_DONE)
        wait_fail("%s", err.text);
}
