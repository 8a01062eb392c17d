/* reading: see the header. */
#include "outside/reading.h"
#include "base/clock.h"
#include <stdlib.h>

enum { ASK_MS = 5000, POLL_MS = 50, READ_DONE = -1 };

struct reading {
    const struct kafka *kafka;
    struct kafka_consumer *reader;
    struct place *starts, *ends; /* of the ends, READ_DONE: was there */
    int count, left;
};

/* From the beginning where from is NULL. */
static enum reading_result ask(struct reading *reading, struct kafka_asker *asker, enum topic topic,
                               const struct place *from, int count, struct err *err) {
    reading->count = count;
    reading->starts = calloc((size_t)count, sizeof *reading->starts);
    reading->ends = calloc((size_t)count, sizeof *reading->ends);
    ASSERT(reading->starts && reading->ends);
    for (int i = 0; i < count; i++)
        reading->starts[i] = reading->ends[i] = (struct place){.topic = topic, .partition = i};
    if (kafka_ends(asker, reading->ends, count, ASK_MS, err) < 0) return READING_AWAY;
    if (!from)
        return kafka_starts(asker, reading->starts, count, ASK_MS, err) < 0 ? READING_AWAY
                                                                            : READING_DONE;
    for (int i = 0; i < count; i++) reading->starts[i].offset = from[i].offset;
    return READING_DONE;
}

static enum reading_result count_partitions(const struct kafka *kafka, struct kafka_asker *asker,
                                            enum topic topic, int *count_out, struct err *err) {
    char name[KAFKA_NAME_MAX];
    int count = kafka_partitions(asker, topic, ASK_MS, err);

    if (count < 0) return READING_AWAY;
    kafka_topic(kafka, topic, name);
    if (count == 0) {
        err_set(err, "the topic %s does not exist; run `redressctl topics create`", name);
        return READING_BROKEN;
    }
    if (count > READING_PARTITIONS_MAX) {
        err_set(err, "%s has %d partitions, expected at most %d", name, count,
                READING_PARTITIONS_MAX);
        return READING_BROKEN;
    }
    *count_out = count;

    return READING_DONE;
}

static void note_end(struct reading *reading, const struct place *place) {
    struct place *end = &reading->ends[place->partition];
    if (end->offset == READ_DONE || place->offset < end->offset) return;
    end->offset = READ_DONE;
    reading->left--;
}

static enum reading_result read_on(struct reading *reading, int silence_ms, reading_each *each,
                                   void *context, struct err *err) {
    struct arena *arena = arena_new();
    int64_t heard_ms = clock_boot_ms();
    enum kafka_got got = KAFKA_NOTHING;
    err_set(err, "nothing comes");
    while (reading->left > 0 && got != KAFKA_LOST && got != KAFKA_DAMAGED &&
           clock_boot_ms() - heard_ms < silence_ms) {
        struct kafka_record *record;
        struct place place;
        got = kafka_poll(reading->reader, POLL_MS, &record, &place, err);
        if (got == KAFKA_RECORD || got == KAFKA_END) heard_ms = clock_boot_ms();
        if (got == KAFKA_END) note_end(reading, &place);
        if (got != KAFKA_RECORD) continue;

        struct raw raw;
        kafka_record_raw(reading->kafka, record, arena, &raw);
        each(context, &raw);
        kafka_record_free(record);
        arena_reset(arena);
    }
    arena_free(arena);
    if (reading->left == 0) return READING_DONE;
    if (got == KAFKA_DAMAGED) return READING_BROKEN;
    return READING_AWAY;
}

static enum reading_result read_all(const struct kafka *kafka, struct kafka_asker *asker,
                                    enum topic topic, const struct place *from, int count,
                                    int silence_ms, reading_each *each, void *context,
                                    struct err *err) {
    struct reading reading = {.kafka = kafka};
    enum reading_result result = ask(&reading, asker, topic, from, count, err);
    for (int i = 0; result == READING_DONE && i < reading.count; i++) {
        if (reading.starts[i].offset < reading.ends[i].offset)
            reading.left++;
        else
            reading.ends[i].offset = READ_DONE;
    }
    if (result == READING_DONE && reading.left) {
        reading.reader = kafka_reader_new(kafka, true, err);
        if (reading.reader &&
            kafka_fetch_from(reading.reader, reading.starts, reading.count, err) == 0)
            result = read_on(&reading, silence_ms, each, context, err);
        else
            result = READING_AWAY;
    }
    kafka_consumer_free(reading.reader);
    free(reading.starts);
    free(reading.ends);
    return result;
}

enum reading_result reading_whole(const struct kafka *kafka, struct kafka_asker *asker,
                                  enum topic topic, int silence_ms, reading_each *each,
                                  void *context, struct err *err) {
    int count = 0;
    enum reading_result result = count_partitions(kafka, asker, topic, &count, err);
    if (result != READING_DONE) return result;
    return read_all(kafka, asker, topic, NULL, count, silence_ms, each, context, err);
}

enum reading_result reading_from(const struct kafka *kafka, struct kafka_asker *asker,
                                 const struct place *from, int count, int silence_ms,
                                 reading_each *each, void *context, struct err *err) {
    if (!count) return READING_DONE;
    return read_all(kafka, asker, from[0].topic, from, count, silence_ms, each, context, err);
}
