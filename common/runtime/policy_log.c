/* policy_log: reading redress.policies to its end, and writing to it. */
#include "runtime/policy_log.h"
#include "outside/reading.h"
#include <string.h>

enum { ASK_MS = 2000, SILENCE_MS = 20000, FLUSH_MS = 10000 };

struct records_read {
    struct arena *arena;
    struct policy_record *at;
    int count;
};

static int add(void *context, const struct raw *raw) {
    struct records_read *read = context;

    if (!raw->key) return 0;
    struct policy_record *item = ARENA_ADD(read->arena, read->at, read->count);
    *item = (struct policy_record){.key = arena_strndup(read->arena, raw->key, raw->key_len),
                                   .offset = raw->offset};
    if (!raw->value) return 0;
    item->body = arena_strndup(read->arena, raw->value, raw->value_len);
    item->body_len = raw->value_len;

    return 0;
}

/* One partition: in two, versions have no order. */
static int check_partitions(struct policy_log *log, struct err *err) {
    char name[KAFKA_NAME_MAX];
    int count = kafka_partitions(log->asker, TOPIC_POLICIES, ASK_MS, err);

    if (count == 1) return 0;
    if (count >= 0)
        err_set(
            err,
            "the topic %s has %d partitions, expected one; `redressctl topics create` makes it so",
            kafka_topic(log->kafka, TOPIC_POLICIES, name), count);
    return 1;
}

static int read_topic(void *context, struct arena *arena, struct policy_record **records_out,
                      int *count_out, struct err *err) {
    struct policy_log *log = context;
    struct records_read read = {.arena = arena};
    const struct reading_plan plan = {.kafka = log->kafka,
                                      .asker = log->asker,
                                      .topic = TOPIC_POLICIES,
                                      .silence_ms = SILENCE_MS,
                                      .each = add,
                                      .context = &read};
    struct err why;

    if (check_partitions(log, err)) return 1;
    enum outcome result = reading_run(&plan, &why);
    *records_out = read.at;
    *count_out = read.count;

    if (result == OUTCOME_DONE) return 0;
    err_set(err, "the policies topic was not read to its end: %s", why.text);
    return 1;
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
