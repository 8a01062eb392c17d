/* limits: asked for at start, held against each record, and learned from refusals. */
#include "limits.h"
#include "engine.h"
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

static const char *name_of(const struct engine *engine, enum topic topic, char name_out[KAFKA_NAME_MAX]) {
    return kafka_topic(&engine->kafka, topic, name_out);
}

static int too_small(const struct engine *engine, enum topic topic, int64_t limit, struct err *err) {
    char name[KAFKA_NAME_MAX];
    return err_set(err,
                   "%s takes records of %" PRId64 " bytes (max.message.bytes), expected at least %d: kafka-configs.sh "
                   "--alter --entity-type topics --entity-name %s --add-config max.message.bytes=1048588",
                   name_of(engine, topic, name), limit, LIMITS_LEAST, name);
}

static bool writes(const struct engine *engine, enum topic topic) {
    switch (topic) {
    case TOPIC_EVENTS:
    case TOPIC_REJECTED: return true;
    case TOPIC_CLAIMS: return engine->claims != NULL;
    case TOPIC_STATE:
    case TOPIC_DELIVERIES:
    case TOPIC_SETTLEMENTS: return engine->spec->kind == WORKER_KEYED;
    default: return false;
    }
}

static int ask_outputs(struct engine *engine, struct err *err) {
    struct limits *limits = &engine->limits;
    for (enum topic topic = TOPIC_COMPLAINTS; topic < TOPIC_COUNT; topic++) {
        int64_t limit = 0;
        if (!writes(engine, topic)) continue;
        if (kafka_topic_limit(engine->asker, topic, ENGINE_ASK_MS, &limit, err) < 0) return 1;
        if (limit && limit < LIMITS_LEAST) return too_small(engine, topic, limit, err);
        limits->bytes[topic] = limit;
    }
    return 0;
}

/* An answer of the broker holds a batch of any size that the topic takes. */
static int ask_inputs(struct engine *engine, struct err *err) {
    int64_t most = 0;
    for (const enum topic *topic = engine->spec->reads; *topic != TOPIC_NONE; topic++) {
        int64_t limit = 0;
        if (kafka_topic_limit(engine->asker, *topic, ENGINE_ASK_MS, &limit, err) < 0) return 1;
        if (limit > most) most = limit;
    }
    most += RECEIVE_MORE;
    engine->kafka.sizes.receive = most > RECEIVE_MOST ? RECEIVE_MOST : most > RECEIVE_PRESET ? most : 0;
    return 0;
}

static int64_t operators(const struct engine *engine, const char *property, int64_t ours) {
    const char *value = config_kafka(engine->config, property);
    return value ? strtoll(value, NULL, 10) : ours;
}

/* The producer takes what the most generous topic takes, and puts no more into a batch than the strictest. */
static void set_sizes(struct engine *engine) {
    struct limits *limits = &engine->limits;
    int64_t record = RECORD_PRESET, batch = BATCH_PRESET;
    for (enum topic topic = TOPIC_COMPLAINTS; topic < TOPIC_COUNT; topic++) {
        int64_t limit = limits->bytes[topic];
        if (limit > record) record = limit;
        if (limit && limit < batch) batch = limit;
    }
    if (record > LIMITS_MOST) record = LIMITS_MOST;
    if (limits->batch && limits->batch < batch) batch = limits->batch;
    limits->own = operators(engine, "message.max.bytes", record);
    engine->kafka.sizes.record = record;
    engine->kafka.sizes.batch = batch;
}

int limits_ask(struct engine *engine, struct err *err) {
    int result = engine->config->demonstration ? 0 : ask_outputs(engine, err);
    if (result == 0 && !engine->config->demonstration) result = ask_inputs(engine, err);
    set_sizes(engine);
    return result;
}

/* ---- Holding against ---- */

int64_t limits_of(const struct engine *engine, enum topic topic) {
    const struct limits *limits = &engine->limits;
    int64_t limit = limits->bytes[topic];
    return limit && limit < limits->own ? limit : limits->own;
}

int64_t limits_of_state(const struct engine *engine) {
    return limits_of(engine, TOPIC_STATE) / 4 * 3;
}

bool limits_fit(const struct engine *engine, enum topic topic, int64_t size) {
    return size <= limits_of(engine, topic);
}

/* ---- What is rejected ---- */

void limits_refuse(struct engine *engine, const struct raw *raw, bool copied, const char *reason, const char *fmt,
                   ...) {
    struct limits *limits = &engine->limits;
    if (limits->refused_count == limits->refused_size) {
        limits->refused_size = limits->refused_size ? limits->refused_size * 2 : 16;
        limits->refused = realloc(limits->refused, sizeof *limits->refused * (size_t)limits->refused_size);
        ASSERT(limits->refused);
    }

    struct limits_refused *refused = &limits->refused[limits->refused_count++];
    *refused = (struct limits_refused){
        .place = {.topic = raw->topic, .partition = raw->partition, .offset = raw->offset}, .copied = copied};
    refused->rejection.reason = reason;
    va_list args;
    va_start(args, fmt);
    vsnprintf(refused->rejection.detail, sizeof refused->rejection.detail, fmt, args);
    va_end(args);
}

/* The last word about it counts. */
const struct limits_refused *limits_refused(const struct engine *engine, const struct raw *raw) {
    const struct limits *limits = &engine->limits;
    for (int i = limits->refused_count - 1; i >= 0; i--) {
        const struct place *place = &limits->refused[i].place;
        if (place->offset == raw->offset && place->partition == raw->partition && place->topic == raw->topic)
            return &limits->refused[i];
    }
    return NULL;
}

static bool is_settled(const struct place *place, const struct place *places, int count) {
    for (int i = 0; i < count; i++)
        if (places[i].topic == place->topic && places[i].partition == place->partition)
            return place->offset < places[i].offset;
    return false;
}

void limits_settled(struct engine *engine, const struct place *places, int count) {
    struct limits *limits = &engine->limits;
    int kept = 0;
    for (int i = 0; i < limits->refused_count; i++)
        if (!is_settled(&limits->refused[i].place, places, count)) limits->refused[kept++] = limits->refused[i];
    limits->refused_count = kept;
}

int limits_read_event(struct engine *engine, const struct raw *raw, struct arena *arena, struct event *ev_out,
                      struct rejection *rejection) {
    const struct limits_refused *refused = limits_refused(engine, raw);
    if (!refused || !refused->rejection.reason) return event_read(raw, arena, ev_out, rejection);
    *rejection = refused->rejection;
    return -1;
}

/* ---- States ---- */

bool limits_watched(const struct engine *engine, const char *id) {
    for (int i = 0; i < engine->limits.watched_count; i++)
        if (strcmp(engine->limits.watched[i], id) == 0) return true;
    return false;
}

void limits_watch(struct engine *engine, const char *id) {
    struct limits *limits = &engine->limits;
    if (limits->watched_count == LIMITS_WATCHED_MAX)
        while (limits->watched_count) free(limits->watched[--limits->watched_count]);
    char *copy = strdup(id);
    ASSERT(copy);
    limits->watched[limits->watched_count++] = copy;
}

/* ---- What refusals teach ---- */

/* What is refused although it fits by all that is known. */
static bool is_unexplained(const struct engine *engine, const struct batch *batch, int i) {
    const struct kafka_message *message = &batch->messages[i];
    if (batch->deliveries[i].refusal == KAFKA_NOT_VALID) return true;
    return batch->deliveries[i].refusal == KAFKA_TOO_LARGE &&
           limits_fit(engine, message->topic, kafka_message_size(message));
}

static void learn_limit(struct engine *engine, const struct kafka_message *message) {
    int64_t limit = kafka_message_size(message) - 1;
    struct err err;
    if (limit < LIMITS_LEAST) {
        too_small(engine, message->topic, limit, &err);
        engine_stop(engine, EXIT_CANNOT_GO_ON, "a topic takes too little", err.text);
        return;
    }
    engine->limits.bytes[message->topic] = limit;
}

static void learn_rules(struct engine *engine, const struct batch *batch, int i) {
    char name[KAFKA_NAME_MAX];
    const struct raw *cause = batch->causes[i];
    bool copy = batch->messages[i].topic == TOPIC_REJECTED;
    const struct limits_refused *before = cause ? limits_refused(engine, cause) : NULL;
    name_of(engine, batch->messages[i].topic, name);
    if (!cause || (copy && before && !before->copied))
        engine_stop(
            engine, EXIT_CANNOT_GO_ON,
            "a topic does not take a record by its rules (compaction, a schema): mend its settings; `redressctl "
            "topics check` says what they are to be",
            name);
    else if (copy)
        limits_refuse(engine, cause, false, before ? before->rejection.reason : NULL, "%s",
                      before ? before->rejection.detail : "");
    else
        limits_refuse(engine, cause, true, "refused", "by the rules of %s, of what %s makes of it", name,
                      engine->spec->name);
}

/* Alone in its batch it is certain that it is this record. */
static void learn_alone(struct engine *engine, const struct batch *batch) {
    for (int i = 0; i < batch->count; i++) {
        if (!is_unexplained(engine, batch, i)) continue;
        engine->limits.alone = true;
        if (batch->deliveries[i].refusal == KAFKA_TOO_LARGE)
            learn_limit(engine, &batch->messages[i]);
        else
            learn_rules(engine, batch, i);
    }
}

bool limits_learn(struct engine *engine, const struct batch *batch) {
    bool any = false, unexplained = false;
    struct err err;
    for (int i = 0; i < batch->count; i++) any |= batch->deliveries[i].refusal != KAFKA_NOT_REFUSED;
    if (!any) return false;

    if (limits_ask(engine, &err) < 0) engine_stop(engine, EXIT_CANNOT_GO_ON, "a topic takes too little", err.text);
    for (int i = 0; i < batch->count; i++) unexplained |= is_unexplained(engine, batch, i);
    if (unexplained && engine->kafka.sizes.one_by_one) learn_alone(engine, batch);
    if (unexplained && !engine->kafka.sizes.one_by_one) engine->limits.alone = false;
    engine->kafka.sizes.one_by_one |= unexplained;
    log_say(LOG_WARN, "Kafka refused records as they are", "known_why", unexplained ? "false" : "true", NULL);
    return true;
}

/* When nobody was refused alone, it was the batch that was too large. */
bool limits_passed(struct engine *engine) {
    struct limits *limits = &engine->limits;
    if (!engine->kafka.sizes.one_by_one) return false;

    if (!limits->alone && engine->kafka.sizes.batch / 2 >= BATCH_LEAST) limits->batch = engine->kafka.sizes.batch / 2;
    engine->kafka.sizes.one_by_one = false;
    set_sizes(engine);
    return true;
}

void limits_free(struct limits *limits) {
    while (limits->watched_count) free(limits->watched[--limits->watched_count]);
    free(limits->refused);
}
