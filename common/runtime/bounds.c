/* bounds: asked for at start, held against each record, and learned from refusals. */
#include "runtime/bounds.h"
#include "base/heap.h"
#include "runtime/engine.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORD_PRESET = 2 * 1024 * 1024,   /* as kafka.c has it */
    BATCH_PRESET = 1000000,            /* likewise */
    BATCH_LEAST = 16 * 1024,           /* below this batching is not worth much */
    RECEIVE_PRESET = 100000000,        /* librdkafka's own */
    RECEIVE_MOST = 1000 * 1000 * 1000, /* half of what it allows */
    RECEIVE_MORE = 1024 * 1024         /* an answer around a batch */
};

/* ---- Asking ---- */

static const char *name_of(const struct engine *engine, enum topic topic,
                           char name_out[KAFKA_NAME_MAX]) {
    return kafka_topic(&engine->kafka, topic, name_out);
}

static enum outcome too_small(const struct engine *engine, enum topic topic, int64_t limit,
                              struct err *err) {
    char name[KAFKA_NAME_MAX];
    err_set(err,
            "%s takes records of %" PRId64
            " bytes (max.message.bytes), expected at least %d: kafka-configs.sh --alter "
            "--entity-type topics --entity-name %s --add-config max.message.bytes=1048588",
            name_of(engine, topic, name), limit, BOUNDS_LEAST, name);
    return OUTCOME_STOP;
}

static bool writes(const struct engine *engine, enum topic topic) {
    switch (topic) {
    case TOPIC_EVENTS:
    case TOPIC_REJECTED: return true;
    case TOPIC_CLAIMS: return engine->claims != NULL;
    case TOPIC_STATE: return engine->spec->kind == WORKER_KEYED;
    default: break;
    }
    const enum topic *more = engine->spec->writes;
    while (more && *more != TOPIC_NONE && *more != topic) more++;
    return more && *more == topic;
}

static enum outcome ask_outputs(struct engine *engine, struct err *err) {
    struct bounds *bounds = &engine->bounds;

    for (enum topic topic = TOPIC_COMPLAINTS; topic < TOPIC_COUNT; topic++) {
        int64_t limit = 0;
        if (!writes(engine, topic)) continue;
        if (kafka_topic_limit(engine->asker, topic, ENGINE_ASK_MS, &limit, err) < 0)
            return OUTCOME_WAIT;
        if (limit && limit < BOUNDS_LEAST) return too_small(engine, topic, limit, err);
        bounds->bytes[topic] = limit;
    }

    return OUTCOME_DONE;
}

/* An answer of the broker holds a batch of any size that the topic takes. */
static enum outcome ask_inputs(struct engine *engine, struct err *err) {
    int64_t most = 0;

    for (const enum topic *topic = engine->spec->reads; *topic != TOPIC_NONE; topic++) {
        int64_t limit = 0;
        if (kafka_topic_limit(engine->asker, *topic, ENGINE_ASK_MS, &limit, err) < 0)
            return OUTCOME_WAIT;
        if (limit > most) most = limit;
    }
    most += RECEIVE_MORE;
    if (most > RECEIVE_MOST) most = RECEIVE_MOST;
    engine->kafka.sizes.receive = 0;
    if (most > RECEIVE_PRESET) engine->kafka.sizes.receive = most;

    return OUTCOME_DONE;
}

static int64_t operators(const struct engine *engine, const char *property, int64_t ours) {
    const char *value = config_kafka(engine->config, property);
    if (!value) return ours;
    return strtoll(value, NULL, 10);
}

/* The producer takes what the most generous topic takes, and puts no more into a batch than the
 * strictest. */
static void set_sizes(struct engine *engine) {
    struct bounds *bounds = &engine->bounds;
    int64_t record = RECORD_PRESET;
    int64_t batch = BATCH_PRESET;

    for (enum topic topic = TOPIC_COMPLAINTS; topic < TOPIC_COUNT; topic++) {
        int64_t limit = bounds->bytes[topic];
        if (limit > record) record = limit;
        if (limit && limit < batch) batch = limit;
    }
    if (record > BOUNDS_MOST) record = BOUNDS_MOST;
    if (bounds->batch && bounds->batch < batch) batch = bounds->batch;
    bounds->own = operators(engine, "message.max.bytes", record);
    engine->kafka.sizes.record = record;
    engine->kafka.sizes.batch = batch;
}

enum outcome bounds_ask(struct engine *engine, struct err *err) {
    enum outcome outcome = OUTCOME_DONE;
    if (!engine->config->demonstration) outcome = ask_outputs(engine, err);
    if (outcome == OUTCOME_DONE && !engine->config->demonstration)
        outcome = ask_inputs(engine, err);
    set_sizes(engine);
    return outcome;
}

/* ---- Holding against ---- */

/* The batch's header of 61 bytes, and each number of the record at its longest. */
int64_t bounds_size(const struct kafka_message *message) {
    enum { BATCH = 61, RECORD = 36, HEADER = 10 };
    size_t size = BATCH + RECORD + message->key_len + message->value_len;
    for (int i = 0; i < message->header_count; i++)
        size += HEADER + strlen(message->headers[i].name) + message->headers[i].value_len;
    return (int64_t)size;
}

int64_t bounds_of(const struct engine *engine, enum topic topic) {
    const struct bounds *bounds = &engine->bounds;
    int64_t limit = bounds->bytes[topic];
    int64_t own = INT64_MAX;
    if (bounds->own) own = bounds->own;
    if (limit && limit < own) return limit;
    return own;
}

int64_t bounds_of_state(const struct engine *engine) {
    return bounds_of(engine, TOPIC_STATE) / 4 * 3;
}

bool bounds_fit(const struct engine *engine, enum topic topic, int64_t size) {
    return size <= bounds_of(engine, topic);
}

/* ---- What is rejected ---- */

void bounds_refuse(struct engine *engine, const struct raw *raw, bool copied, const char *reason,
                   const char *fmt, ...) {
    struct bounds *bounds = &engine->bounds;
    struct bounds_refused *refused = HEAP_ADD(bounds->refused, bounds->refused_count);
    *refused = (struct bounds_refused){
        .place = {.topic = raw->topic, .partition = raw->partition, .offset = raw->offset},
        .copied = copied};
    refused->rejection.reason = reason;
    va_list args;
    va_start(args, fmt);
    vsnprintf(refused->rejection.detail, sizeof refused->rejection.detail, fmt, args);
    va_end(args);
}

/* The last word about it counts. */
const struct bounds_refused *bounds_refused(const struct engine *engine, const struct raw *raw) {
    const struct bounds *bounds = &engine->bounds;

    for (int i = bounds->refused_count - 1; i >= 0; i--) {
        const struct place *place = &bounds->refused[i].place;
        if (place->offset == raw->offset && place->partition == raw->partition &&
            place->topic == raw->topic)
            return &bounds->refused[i];
    }
    return NULL;
}

static bool is_settled(const struct place *place, const struct place *places, int count) {
    for (int i = 0; i < count; i++)
        if (places[i].topic == place->topic && places[i].partition == place->partition)
            return place->offset < places[i].offset;
    return false;
}

void bounds_settled(struct engine *engine, const struct place *places, int count) {
    struct bounds *bounds = &engine->bounds;
    int kept = 0;
    for (int i = 0; i < bounds->refused_count; i++)
        if (!is_settled(&bounds->refused[i].place, places, count))
            bounds->refused[kept++] = bounds->refused[i];
    bounds->refused_count = kept;
}

int bounds_read_event(struct engine *engine, const struct raw *raw, struct arena *arena,
                      struct event *ev_out, struct rejection *rejection) {
    const struct bounds_refused *refused = bounds_refused(engine, raw);
    if (!refused || !refused->rejection.reason) return event_read(raw, arena, ev_out, rejection);
    *rejection = refused->rejection;
    return -1;
}

/* ---- States ---- */

bool bounds_watched(const struct engine *engine, const char *id) {
    for (int i = 0; i < engine->bounds.watched_count; i++)
        if (strcmp(engine->bounds.watched[i], id) == 0) return true;
    return false;
}

void bounds_watch(struct engine *engine, const char *id) {
    struct bounds *bounds = &engine->bounds;

    if (bounds->watched_count == BOUNDS_WATCHED_MAX)
        while (bounds->watched_count) free(bounds->watched[--bounds->watched_count]);
    char *copy = strdup(id);
    ASSERT(copy);
    bounds->watched[bounds->watched_count++] = copy;
}

/* ---- What refusals teach ---- */

/* What is refused although it fits by all that is known. */
static bool is_unexplained(const struct engine *engine, const struct batch *batch, int i) {
    const struct kafka_message *message = &batch->messages[i];
    if (batch->deliveries[i].refusal == KAFKA_NOT_VALID) return true;
    return batch->deliveries[i].refusal == KAFKA_TOO_LARGE &&
           bounds_fit(engine, message->topic, bounds_size(message));
}

static void learn_limit(struct engine *engine, const struct kafka_message *message) {
    int64_t limit = bounds_size(message) - 1;
    struct err err;

    if (limit < BOUNDS_LEAST) {
        too_small(engine, message->topic, limit, &err);
        engine_stop(engine, EXIT_CANNOT_GO_ON, "a topic takes too little", err.text);
        return;
    }
    engine->bounds.bytes[message->topic] = limit;
}

static void learn_rules(struct engine *engine, const struct batch *batch, int i) {
    char name[KAFKA_NAME_MAX];
    const struct raw *cause = batch->causes[i];
    bool copy = batch->messages[i].topic == TOPIC_REJECTED;
    const struct bounds_refused *before = NULL;
    if (cause) before = bounds_refused(engine, cause);

    name_of(engine, batch->messages[i].topic, name);
    if (!cause || (copy && before && !before->copied))
        engine_stop(engine, EXIT_CANNOT_GO_ON,
                    "a topic does not take a record by its rules (compaction, a schema): mend its "
                    "settings; `redressctl topics check` says what they are to be",
                    name);
    else if (copy)
        bounds_refuse(engine, cause, false, before ? before->rejection.reason : NULL, "%s",
                      before ? before->rejection.detail : "");
    else
        bounds_refuse(engine, cause, true, "refused", "by the rules of %s, of what %s makes of it",
                      name, engine->spec->name);
}

/* Alone in its batch it is certain that it is this record. */
static void learn_alone(struct engine *engine, const struct batch *batch) {
    for (int i = 0; i < batch->count; i++) {
        if (!is_unexplained(engine, batch, i)) continue;
        engine->bounds.alone = true;
        if (batch->deliveries[i].refusal == KAFKA_TOO_LARGE)
            learn_limit(engine, &batch->messages[i]);
        else
            learn_rules(engine, batch, i);
    }
}

bool bounds_learn(struct engine *engine, const struct batch *batch) {
    bool any = false;
    bool unexplained = false;
    struct err err;
    for (int i = 0; i < batch->count; i++) any |= batch->deliveries[i].refusal != KAFKA_NOT_REFUSED;
    if (!any) return false;

    if (bounds_ask(engine, &err) == OUTCOME_STOP)
        engine_stop(engine, EXIT_CANNOT_GO_ON, "a topic takes too little", err.text);
    for (int i = 0; i < batch->count; i++) unexplained |= is_unexplained(engine, batch, i);
    if (unexplained && engine->kafka.sizes.one_by_one) learn_alone(engine, batch);
    if (unexplained && !engine->kafka.sizes.one_by_one) engine->bounds.alone = false;
    engine->kafka.sizes.one_by_one |= unexplained;
    log_say(LOG_WARN, "Kafka refused records as they are", "known_why",
            unexplained ? "false" : "true", NULL);
    return true;
}

/* When nobody was refused alone, it was the batch that was too large. */
bool bounds_passed(struct engine *engine) {
    struct bounds *bounds = &engine->bounds;
    if (!engine->kafka.sizes.one_by_one) return false;

    if (!bounds->alone && engine->kafka.sizes.batch / 2 >= BATCH_LEAST)
        bounds->batch = engine->kafka.sizes.batch / 2;
    engine->kafka.sizes.one_by_one = false;
    set_sizes(engine);
    return true;
}

void bounds_free(struct bounds *bounds) {
    while (bounds->watched_count) free(bounds->watched[--bounds->watched_count]);
    free(bounds->refused);
}
