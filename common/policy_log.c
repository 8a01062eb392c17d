/* policy_log: the file, the topic, and that they agree. */
#include "policy_log.h"
#include "clock.h"
#include "log.h"
#include "yaml.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 2000, READ_MS = 20000, PARTITIONS_MAX = 1024, FLUSH_MS = 10000 };

static const char *body_of(struct arena *arena, const struct tree *tree) {
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};
    json_tree(&json, tree);
    const char *body = arena_strndup(arena, buf.at, buf.len);
    buf_free(&buf);
    return body;
}

int policy_log_load(const struct worker_spec *spec, const char *dir, struct arena *arena,
                    const struct policy_version **version_out, const char **body_out, struct buf *errors) {
    *version_out = NULL;
    if (!spec->policy_file) return 0;
    const char *path = arena_printf(arena, "%s/%s", dir, spec->policy_file);
    const struct tree *tree;
    struct err err;
    if (yaml_read_file(arena, path, &tree, &err) < 0) {
        buf_printf(errors, "%s\n", err.text);
        return -1;
    }
    struct faults faults = {.arena = arena};
    void *policy = NULL;
    const char *version = NULL;
    if (spec->load(tree, dir, arena, &policy, &version, &faults) != 0 || faults.count) {
        faults_print(&faults, path, errors);
        return -1;
    }
    struct policy_version *out = ARENA_NEW(arena, struct policy_version);
    *out = (struct policy_version){.version = version, .policy = policy};
    *version_out = out;
    *body_out = body_of(arena, tree);
    return 0;
}

/* ---- The topic ---- */

struct reading {
    const struct worker_spec *spec;
    const struct kafka *kafka;
    struct arena *arena;
    const char *dir, *body;
    const struct policy_version *current;
    struct policy_version *first, *last;
    bool written; /* the current version is in the topic already */
};

static enum policy_log_result add_version(struct reading *reading, const char *version, const struct raw *raw,
                                          struct err *err) {
    if (reading->current && strcmp(version, reading->current->version) == 0) {
        reading->written = true;
        if (strlen(reading->body) == raw->value_len && memcmp(reading->body, raw->value, raw->value_len) == 0)
            return POLICY_LOG_DONE;
        err_set(err, "%s: version %s was used before with another body; give the changed policy a new version",
                reading->spec->policy_file, version);
        return POLICY_LOG_CHANGED;
    }
    static const struct json_limits limits = {.bytes = 4 << 20, .depth = 64, .values = 1 << 20};
    const struct tree *tree;
    struct faults faults = {.arena = reading->arena};
    void *policy;
    const char *own;
    if (json_read(reading->arena, raw->value, raw->value_len, &limits, &tree, err) != JSON_OK ||
        reading->spec->load(tree, reading->dir, reading->arena, &policy, &own, &faults) != 0 || faults.count) {
        log_say(LOG_WARN, "an earlier policy version cannot be read any more; its cases use the current one", "version",
                version, NULL);
        return POLICY_LOG_DONE;
    }
    struct policy_version *item = ARENA_NEW(reading->arena, struct policy_version);
    *item = (struct policy_version){.version = version, .policy = policy};
    if (reading->last)
        reading->last->older = item;
    else
        reading->first = item;
    reading->last = item;
    return POLICY_LOG_DONE;
}

static enum policy_log_result add_record(struct reading *reading, const struct raw *raw, struct err *err) {
    const char *key = arena_strndup(reading->arena, raw->key ? raw->key : "", raw->key_len);
    size_t len = strlen(reading->spec->name);
    if (strncmp(key, reading->spec->name, len) != 0 || key[len] != ':' || !raw->value) return POLICY_LOG_DONE;
    return add_version(reading, key + len + 1, raw, err);
}

static enum policy_log_result read_all(struct reading *reading, struct kafka_consumer *reader, struct place *ends,
                                       int left, struct err *err) {
    int64_t until_ms = clock_boot_ms() + READ_MS;
    while (left > 0) {
        struct kafka_record *record;
        struct place place;
        enum kafka_got got = kafka_poll(reader, 50, &record, &place, err);
        if (got == KAFKA_RECORD) {
            struct raw raw;
            kafka_record_raw(reading->kafka, record, reading->arena, &raw);
            enum policy_log_result result = add_record(reading, &raw, err);
            kafka_record_free(record);
            if (result != POLICY_LOG_DONE) return result;
        } else if (got == KAFKA_END && ends[place.partition].offset >= 0 &&
                   place.offset >= ends[place.partition].offset) {
            ends[place.partition].offset = -1;
            left--;
        }
        if (clock_boot_ms() > until_ms) {
            err_set(err, "the policies topic was not read to its end in %d s", READ_MS / 1000);
            return POLICY_LOG_AWAY;
        }
    }
    return POLICY_LOG_DONE;
}

static enum policy_log_result read_topic(struct reading *reading, struct kafka_asker *asker, struct err *err) {
    int partitions = kafka_partitions(asker, TOPIC_POLICIES, ASK_MS, err);
    if (partitions <= 0 || partitions > PARTITIONS_MAX) return POLICY_LOG_AWAY;
    struct place *starts = arena_alloc(reading->arena, sizeof *starts * (size_t)partitions);
    struct place *ends = arena_alloc(reading->arena, sizeof *ends * (size_t)partitions);
    for (int i = 0; i < partitions; i++) starts[i] = ends[i] = (struct place){.topic = TOPIC_POLICIES, .partition = i};
    if (kafka_ends(asker, ends, partitions, ASK_MS, err) < 0 ||
        kafka_starts(asker, starts, partitions, ASK_MS, err) < 0)
        return POLICY_LOG_AWAY;
    int left = 0;
    for (int i = 0; i < partitions; i++) {
        if (starts[i].offset < ends[i].offset)
            left++;
        else
            ends[i].offset = -1;
    }
    if (!left) return POLICY_LOG_DONE;
    struct kafka_consumer *reader = kafka_reader_new(reading->kafka, true, err);
    if (!reader) return POLICY_LOG_AWAY;
    enum policy_log_result result = kafka_fetch_from(reader, starts, partitions, err) < 0
                                        ? POLICY_LOG_AWAY
                                        : read_all(reading, reader, ends, left, err);
    kafka_consumer_free(reader);
    return result;
}

static enum policy_log_result write_current(const struct reading *reading, struct err *err) {
    struct kafka_producer *producer = kafka_producer_new(reading->kafka, NULL, err);
    if (!producer) return POLICY_LOG_AWAY;
    const char *key = arena_printf(reading->arena, "%s:%s", reading->spec->name, reading->current->version);
    struct kafka_message message = {.topic = TOPIC_POLICIES,
                                    .partition = -1,
                                    .key = key,
                                    .key_len = strlen(key),
                                    .value = reading->body,
                                    .value_len = strlen(reading->body)};
    bool good =
        kafka_produce(producer, &message, err) == KAFKA_DONE && kafka_flush(producer, FLUSH_MS, err) == KAFKA_DONE;
    kafka_producer_free(producer);
    return good ? POLICY_LOG_DONE : POLICY_LOG_AWAY;
}

enum policy_log_result policy_log_sync(const struct worker_spec *spec, const struct kafka *kafka,
                                       struct kafka_asker *asker, const char *dir, struct arena *arena,
                                       const struct policy_version *current, const char *body,
                                       struct policies *policies_out, struct err *err) {
    if (!current) return POLICY_LOG_DONE;
    struct reading reading = {
        .spec = spec, .kafka = kafka, .arena = arena, .dir = dir, .body = body, .current = current};
    enum policy_log_result result = read_topic(&reading, asker, err);
    if (result == POLICY_LOG_DONE && !reading.written) result = write_current(&reading, err);
    if (result != POLICY_LOG_DONE) return result;
    struct policy_version *first = ARENA_NEW(arena, struct policy_version);
    *first = (struct policy_version){.version = current->version, .policy = current->policy, .older = reading.first};
    policies_out->current = first;
    return POLICY_LOG_DONE;
}

enum policy_log_result policy_log_read(const struct worker_spec *spec, const struct kafka *kafka,
                                       struct kafka_asker *asker, const char *dir, struct arena *arena,
                                       struct policies *policies_out, struct err *err) {
    struct reading reading = {.spec = spec, .kafka = kafka, .arena = arena, .dir = dir};
    enum policy_log_result result = read_topic(&reading, asker, err);
    if (result == POLICY_LOG_DONE) policies_out->current = reading.first;
    return result;
}
