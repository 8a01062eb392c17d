/* watch: see the header. */
#include "runtime/watch.h"
#include "base/clock.h"
#include "base/ids.h"

enum {
    EVERY_MS = 10000, /* nothing goes wrong meanwhile: the counts of the start are used */
    ASK_MS = 500,     /* one question: a broker that is there answers in a few ms */
    UNREAD_TIMES = 3  /* in a row: a rebalance under way is over by then */
};

int watch_check_inputs(int partitions, struct err *err) {
    if (partitions <= ENGINE_PLACES_MAX) return 0;
    return err_set(err,
                   "the inputs have %d partitions together, expected at most %d: take fewer, and "
                   "more prefixes where that does not do",
                   partitions, ENGINE_PLACES_MAX);
}

static enum outcome count_inputs(struct engine *engine, struct err *err) {
    static const enum topic inputs[] = {TOPIC_COMPLAINTS, TOPIC_ACTIVITY, TOPIC_DECISIONS,
                                        TOPIC_NONE};
    int all = 0;

    for (const enum topic *topic = engine->spec->kind == WORKER_KEYED ? inputs
                                                                      : engine->spec->reads;
         *topic != TOPIC_NONE; topic++) {
        int count = kafka_partitions(engine->asker, *topic, ENGINE_ASK_MS, err);
        if (count < 0) return OUTCOME_WAIT;
        all += count;
    }

    return watch_check_inputs(all, err) < 0 ? OUTCOME_STOP : OUTCOME_DONE;
}

static bool count_topics(struct engine *engine, const enum topic *topics, struct err *err) {
    for (; *topics != TOPIC_NONE; topics++) {
        int count = kafka_partitions(engine->asker, *topics, ENGINE_ASK_MS, err);
        if (count < 0) return false;
        engine->counts[*topics] = count;
    }
    return true;
}

enum outcome watch_begin(struct engine *engine, struct err *err) {
    static const enum topic claims[] = {TOPIC_CLAIMS, TOPIC_NONE};
    const enum topic *writes = engine->spec->writes;

    if (engine->spec->ask && !count_topics(engine, claims, err)) return OUTCOME_WAIT;
    if (writes && !count_topics(engine, writes, err)) return OUTCOME_WAIT;
    return count_inputs(engine, err);
}

int watch_partition(const struct engine *engine, const struct kafka_message *message) {
    int count = engine->counts[message->topic];
    if (message->partition >= 0 || !message->key || !count) return message->partition;
    return ids_partition(message->key, message->key_len, count);
}

void watch_stop(struct engine *engine, enum topic topic, int before, int now) {
    char name[KAFKA_NAME_MAX];

    engine_stop(
        engine, EXIT_CANNOT_GO_ON,
        "the number of partitions has changed: what is about an open case would go elsewhere",
        arena_printf(
            engine->arena,
            "%s had %d partitions when this worker began and has %d now: `redressctl repartition "
            "--to PREFIX` takes everything along to new topics (see `redressctl help repartition`)",
            kafka_topic(&engine->kafka, topic, name), before, now));
}

static bool is_fixed(const struct engine *engine, enum topic topic) {
    if (topic == TOPIC_CLAIMS) return engine->claims != NULL;
    if (topic == TOPIC_ORDERS) return engine->spec->kind == WORKER_KEYED;
    return topic == TOPIC_EVENTS || topic == TOPIC_STATE || topic == TOPIC_DELIVERIES ||
           topic == TOPIC_SETTLEMENTS;
}

static void look_at_counts(struct engine *engine) {
    struct err err;

    for (enum topic topic = TOPIC_COMPLAINTS; topic < TOPIC_COUNT && !engine->stopping; topic++) {
        if (!engine->counts[topic] || !is_fixed(engine, topic)) continue;
        int count = kafka_partitions(engine->asker, topic, ASK_MS, &err);
        if (count < 0) return;
        if (count != engine->counts[topic]) watch_stop(engine, topic, engine->counts[topic], count);
    }
}

/* A worker without a state commits an offset of each partition as soon as it gets it (begun.h). */
static bool is_unread(struct engine *engine, enum topic topic) {
    struct err err;
    int partitions = kafka_partitions(engine->asker, topic, ASK_MS, &err);

    if (partitions <= 0) return false;
    struct place *group = arena_alloc(engine->arena, sizeof *group * (size_t)partitions);
    for (int i = 0; i < partitions; i++) group[i] = (struct place){.topic = topic, .partition = i};
    if (kafka_group_offsets(engine->asker, engine->spec->name, group, partitions, ASK_MS, &err) < 0)
        return false;
    for (int i = 0; i < partitions; i++)
        if (group[i].offset == KAFKA_NO_OFFSET) return true;
    return false;
}

/* Partitions that are added while all members are away for a moment are nobody's: a member that
 * comes back under its name gets what it had, and its client compares with what it saw first. So
 * the group is asked to divide anew. */
static void look_at_inputs(struct engine *engine) {
    bool unread = false;
    for (const enum topic *topic = engine->spec->reads; !unread && *topic != TOPIC_NONE; topic++)
        unread = is_unread(engine, *topic);
    if (unread)
        engine->unread = engine->unread + 1;
    else
        engine->unread = 0;
    if (engine->unread < UNREAD_TIMES) return;

    struct err err;
    engine->unread = 0;
    log_say(LOG_WARN, "an input has a partition that nobody reads: the group divides them anew",
            NULL);
    if (kafka_subscribe_again(engine->consumer, engine->spec->reads, &err) < 0)
        log_say(LOG_WARN, "cannot subscribe", "error", err.text, NULL);
}

void watch_turn(struct engine *engine) {
    int64_t now_ms = clock_boot_ms();
    if (now_ms < engine->watch_at_ms || engine->config->demonstration || engine_paused(engine))
        return;
    engine->watch_at_ms = now_ms + EVERY_MS;
    look_at_counts(engine);
    if (engine->spec->kind == WORKER_MAP && engine->consumer && !engine->stopping)
        look_at_inputs(engine);
}
