/* reading: see the header. */
#include "outside/reading.h"
#include "base/clock.h"
#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 5000, POLL_MS = 50, WAS_READ = -1 };

struct reading {
    const struct reading_plan *plan;
    struct kafka_consumer *reader;
    struct place *starts, *ends; /* of the ends, WAS_READ: was there */
    int count, left;
    struct arena *turn; /* one record */
};

static enum outcome count_partitions(const struct reading_plan *plan, int *count_out,
                                     struct err *err) {
    char name[KAFKA_NAME_MAX];
    int count = kafka_partitions(plan->asker, plan->topic, ASK_MS, err);

    if (count < 0) return OUTCOME_WAIT;
    kafka_topic(plan->kafka, plan->topic, name);
    if (count == 0) {
        err_set(err, "the topic %s does not exist; run `redressctl topics create`", name);
        return OUTCOME_STOP;
    }
    if (count > READING_PARTITIONS_MAX) {
        err_set(err, "%s has %d partitions, expected at most %d", name, count,
                READING_PARTITIONS_MAX);
        return OUTCOME_STOP;
    }
    *count_out = count;

    return OUTCOME_DONE;
}

static int ask_ends(struct reading *reading, struct err *err) {
    struct kafka_asker *asker = reading->plan->asker;

    if (reading->plan->end == READING_STABLE_END)
        return kafka_stable_ends(asker, reading->ends, reading->count, ASK_MS, err);
    return kafka_ends(asker, reading->ends, reading->count, ASK_MS, err);
}

static int ask_starts(struct reading *reading, struct err *err) {
    const struct reading_plan *plan = reading->plan;

    if (!plan->from) return kafka_starts(plan->asker, reading->starts, reading->count, ASK_MS, err);
    for (int i = 0; i < reading->count; i++) reading->starts[i].offset = plan->from[i].offset;
    return 0;
}

/* From where to where. */
static enum outcome ask(struct reading *reading, struct err *err) {
    reading->starts = calloc((size_t)reading->count, sizeof *reading->starts);
    reading->ends = calloc((size_t)reading->count, sizeof *reading->ends);
    ASSERT(reading->starts && reading->ends);
    for (int i = 0; i < reading->count; i++)
        reading->starts[i] = reading->ends[i] =
            (struct place){.topic = reading->plan->topic, .partition = i};
    if (ask_ends(reading, err) < 0 || ask_starts(reading, err) < 0) return OUTCOME_WAIT;

    for (int i = 0; i < reading->count; i++) {
        if (reading->starts[i].offset < reading->ends[i].offset)
            reading->left++;
        else
            reading->ends[i].offset = WAS_READ;
    }

    return OUTCOME_DONE;
}

static void note_end(struct reading *reading, const struct place *place) {
    struct place *end = &reading->ends[place->partition];
    if (end->offset == WAS_READ || place->offset < end->offset) return;
    end->offset = WAS_READ;
    reading->left--;
}

static int hand_out(struct reading *reading, struct kafka_record *record) {
    struct raw raw;

    kafka_record_raw(reading->plan->kafka, record, reading->turn, &raw);
    int stop = reading->plan->each(reading->plan->context, &raw);
    kafka_record_free(record);
    arena_reset(reading->turn);

    return stop;
}

static enum outcome give_up(const struct reading *reading, const struct err *trouble,
                            struct err *err) {
    const char *why = "nothing comes";

    if (trouble->text[0]) why = trouble->text;
    err_set(err, "silent for %d s, %d partitions are not read to their end: %s",
            reading->plan->silence_ms / 1000, reading->left, why);
    return OUTCOME_WAIT;
}

static enum outcome read_on(struct reading *reading, struct err *err) {
    int64_t heard_ms = clock_boot_ms();
    struct err trouble = {""};

    while (reading->left > 0) {
        struct kafka_record *record;
        struct place place;
        enum kafka_got got = kafka_poll(reading->reader, POLL_MS, &record, &place, &trouble);
        if (got == KAFKA_RECORD && hand_out(reading, record)) return OUTCOME_STOP;
        if (got == KAFKA_END) note_end(reading, &place);
        if (got == KAFKA_LOST || got == KAFKA_DAMAGED) {
            *err = trouble;
            return got == KAFKA_DAMAGED ? OUTCOME_STOP : OUTCOME_WAIT;
        }
        if (got == KAFKA_RECORD || got == KAFKA_END) heard_ms = clock_boot_ms();
        if (clock_boot_ms() - heard_ms >= reading->plan->silence_ms)
            return give_up(reading, &trouble, err);
    }

    return OUTCOME_DONE;
}

static enum outcome read_all(struct reading *reading, struct err *err) {
    enum outcome result = ask(reading, err);

    if (result != OUTCOME_DONE || reading->left == 0) return result;
    reading->reader = kafka_reader_new(reading->plan->kafka, true, err);
    if (!reading->reader ||
        kafka_fetch_from(reading->reader, reading->starts, reading->count, err) < 0)
        return OUTCOME_WAIT;

    return read_on(reading, err);
}

enum outcome reading_run(const struct reading_plan *plan, struct err *err) {
    struct reading reading = {.plan = plan, .count = plan->from_count};

    if (!plan->from) {
        enum outcome result = count_partitions(plan, &reading.count, err);
        if (result != OUTCOME_DONE) return result;
    }
    if (reading.count == 0) return OUTCOME_DONE;

    reading.turn = arena_new();
    enum outcome result = read_all(&reading, err);
    kafka_consumer_free(reading.reader);
    arena_free(reading.turn);
    free(reading.starts);
    free(reading.ends);

    return result;
}
