/* policy_log: reading redress.policies to its end, and writing to it. */
#include "runtime/policy_log.h"
#include "base/clock.h"
#include <string.h>

enum { ASK_MS = 2000, READ_MS = 20000, FLUSH_MS = 10000 };

struct reading {
    const struct kafka *kafka;
    struct arena *arena;
    struct policy_record *at;
    int count, size;
};

static void add(struct reading *reading, const struct kafka_record *record) {
    struct raw raw;

    kafka_record_raw(reading->kafka, record, reading->arena, &raw);
    if (!raw.key) return;
    if (reading->count == reading->size) {
        int size = 16;
        if (reading->size) size = reading->size * 2;
        reading->at =
            arena_grow(reading->arena, reading->at, sizeof *reading->at * (size_t)reading->size,
                       sizeof *reading->at * (size_t)size);
        reading->size = size;
    }
    struct policy_record *item = &reading->at[reading->count++];
    *item = (struct policy_record){.key = arena_strndup(reading->arena, raw.key, raw.key_len),
                                   .offset = raw.offset};
    if (!raw.value) return;
    item->body = arena_strndup(reading->arena, raw.value, raw.value_len);
    item->body_len = raw.value_len;
}

static int read_to(struct reading *reading, struct kafka_consumer *reader, int64_t end,
                   struct err *err) {
    struct err trouble = {"no answer"};

    for (int64_t until_ms = clock_boot_ms() + READ_MS; clock_boot_ms() <= until_ms;) {
        struct kafka_record *record;
        struct place place;
        enum kafka_got got = kafka_poll(reader, 50, &record, &place, &trouble);
        if (got == KAFKA_END && place.offset >= end) return 0;
        if (got == KAFKA_DAMAGED) break; /* what follows is not to be believed */
        if (got != KAFKA_RECORD) continue;
        add(reading, record);
        kafka_record_free(record);
    }
    err_set(err, "the policies topic was not read to its end: %s", trouble.text);

    return 1;
}

/* One partition: in two, versions have no order. */
static int find_ends(struct policy_log *log, struct place *start, struct place *end,
                     struct err *err) {
    int count = kafka_partitions(log->asker, TOPIC_POLICIES, ASK_MS, err);

    if (count < 0) return 1;
    if (count != 1) {
        char name[KAFKA_NAME_MAX];
        err_set(
            err,
            "the topic %s has %d partitions, expected one; `redressctl topics create` makes it so",
            kafka_topic(log->kafka, TOPIC_POLICIES, name), count);
        return 1;
    }
    *start = *end = (struct place){.topic = TOPIC_POLICIES};
    if (kafka_ends(log->asker, end, 1, ASK_MS, err) < 0) return 1;
    return kafka_starts(log->asker, start, 1, ASK_MS, err) < 0;
}

static int read_topic(void *context, struct arena *arena, struct policy_record **records_out,
                      int *count_out, struct err *err) {
    struct policy_log *log = context;
    struct reading reading = {.kafka = log->kafka, .arena = arena};
    struct place start, end;
    int result = find_ends(log, &start, &end, err);

    if (result == 0 && start.offset < end.offset) {
        struct kafka_consumer *reader = kafka_reader_new(log->kafka, true, err);
        if (!reader) return 1;
        if (kafka_fetch_from(reader, &start, 1, err) < 0)
            result = 1;
        else
            result = read_to(&reading, reader, end.offset, err);
        kafka_consumer_free(reader);
    }
    *records_out = reading.at;
    *count_out = reading.count;

    return result;
}

static int write_record(void *context, const char *key, const char *body, struct err *err) {
    struct policy_log *log = context;
    struct kafka_producer *producer = kafka_producer_new(log->kafka, NULL, err);

    if (!producer) return 1;
    struct kafka_message message = {.topic = TOPIC_POLICIES,
                                    .partition = -1,
                                    .key = key,
                                    .key_len = strlen(key),
                                    .value = body,
                                    .value_len = strlen(body)};
    bool good = kafka_produce(producer, &message, err) == KAFKA_DONE &&
                kafka_flush(producer, FLUSH_MS, err) == KAFKA_DONE;
    kafka_producer_free(producer);

    if (good) return 0;
    return 1;
}

struct policy_topic policy_log_open(struct policy_log *log) {
    return (struct policy_topic){.context = log, .read = read_topic, .write = write_record};
}
