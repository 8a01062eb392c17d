/* fake_kafka: the client's calls on fake_broker.c. A group hands out its partitions when all its
 * living members have come back; who does not poll for a session's time is put out. */
#include "fake_kafka.h"
#include "base/ids.h"
#include "fake_broker.h"
#include "outside/kafka_try.h"
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Groups ---- */

struct kafka_membership {
    int generation;
};

struct kafka_consumer {
    struct kafka kafka;
    struct group *group; /* NULL: a reader */
    struct kafka_hooks hooks;
    enum topic topics[8];
    bool committed_only;
    struct fetched fetched[PLACES_MAX];
    int fetched_count, turn;
    struct kafka_membership membership; /* of the assignment that it was told */
    int generation;                     /* of the one to be told */
    bool assigned;
    struct place places[PLACES_MAX]; /* assigned, to be told */
    int place_count;
    bool news;
};

static struct member *member_of(const struct kafka_consumer *consumer) {
    struct group *group = consumer->group;

    for (int i = 0; group && i < group->member_count; i++)
        if (group->members[i].consumer == consumer) return &group->members[i];
    return NULL;
}

static void form_anew(struct group *group) {
    group->forming = true;
    for (int i = 0; i < group->member_count; i++) group->members[i].came_back = false;
}

static void put_out(struct group *group, int index) {
    group->members[index] = group->members[--group->member_count];
    form_anew(group);
}

static void put_out_dead(struct group *group) {
    for (int i = group->member_count - 1; i >= 0; i--)
        if (sim_now_ms() - group->members[i].polled_ms > FAKE_SESSION_MS) put_out(group, i);
}

static void hand_out(struct group *group) {
    int next = 0;

    group->forming = false;
    group->generation++;
    for (int i = 0; i < group->member_count; i++) {
        struct kafka_consumer *consumer = group->members[i].consumer;
        consumer->place_count = 0;
        consumer->news = true;
        consumer->generation = group->generation;
    }
    for (int topic = 0; group->members[0].consumer->topics[topic] != TOPIC_NONE; topic++)
        for (int i = 0; i < fake_broker.partitions; i++, next++) {
            struct kafka_consumer *consumer = group->members[next % group->member_count].consumer;
            consumer->places[consumer->place_count++] = (struct place){
                .topic = consumer->topics[topic], .partition = i, .offset = KAFKA_NO_OFFSET};
        }
}

static void revoke(struct kafka_consumer *consumer, bool lost) {
    consumer->fetched_count = 0;
    if (!consumer->assigned) return;
    consumer->assigned = false;
    consumer->hooks.revoked(consumer->hooks.context, lost);
}

/* A member's heartbeat and what comes of it. */
static void attend(struct kafka_consumer *consumer) {
    struct group *group = consumer->group;
    struct member *member = member_of(consumer);

    put_out_dead(group);
    member = member_of(consumer);
    if (!member) { /* it was put out, or is new */
        revoke(consumer, true);
        ASSERT(group->member_count < MEMBERS_MAX);
        group->members[group->member_count++] = (struct member){.consumer = consumer};
        form_anew(group);
        member = member_of(consumer);
    }
    member->polled_ms = sim_now_ms();
    if (group->forming && !member->came_back) {
        revoke(consumer, false);
        consumer->news = false;
        member->came_back = true;
    }

    bool all = group->forming;
    for (int i = 0; i < group->member_count; i++) all = all && group->members[i].came_back;
    if (all) hand_out(group);
    if (!consumer->news) return;
    consumer->news = false;
    consumer->assigned = true;
    consumer->membership.generation = consumer->generation;
    consumer->hooks.assigned(consumer->hooks.context, consumer->places, consumer->place_count);
}

struct kafka_consumer *kafka_consumer_new(const struct kafka *kafka, const enum topic *topics,
                                          const struct kafka_hooks *hooks, struct err *err) {
    (void)err;
    struct kafka_consumer *consumer = calloc(1, sizeof *consumer);
    ASSERT(consumer);
    *consumer = (struct kafka_consumer){.kafka = *kafka,
                                        .hooks = *hooks,
                                        .committed_only = true,
                                        .group = fake_broker_group(kafka->worker)};
    for (int i = 0; topics[i] != TOPIC_NONE; i++) consumer->topics[i] = topics[i];
    return consumer;
}

int kafka_subscribe_again(struct kafka_consumer *consumer, const enum topic *topics,
                          struct err *err) {
    (void)topics, (void)err;
    form_anew(consumer->group);
    return 0;
}

struct kafka_consumer *kafka_reader_new(const struct kafka *kafka, bool committed,
                                        struct err *err) {
    (void)err;
    struct kafka_consumer *consumer = calloc(1, sizeof *consumer);
    ASSERT(consumer);
    *consumer = (struct kafka_consumer){.kafka = *kafka, .committed_only = committed};
    return consumer;
}

void kafka_consumer_free(struct kafka_consumer *consumer) {
    if (!consumer) return;
    struct member *member = member_of(consumer);
    if (member) put_out(consumer->group, (int)(member - consumer->group->members));
    free(consumer);
}

struct kafka_membership *kafka_membership(struct kafka_consumer *consumer) {
    return consumer->assigned ? &consumer->membership : NULL;
}

/* ---- Reading ---- */

int kafka_fetch_from(struct kafka_consumer *consumer, const struct place *places, int count,
                     struct err *err) {
    (void)err;
    fake_broker_pass("fetch from");
    ASSERT(count <= PLACES_MAX);
    consumer->fetched_count = count;
    for (int i = 0; i < count; i++)
        consumer->fetched[i] = (struct fetched){.place = places[i], .told_end = -1};
    return 0;
}

int kafka_pause(struct kafka_consumer *consumer, const struct place *places, int count, bool pause,
                struct err *err) {
    (void)err;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < consumer->fetched_count; k++)
            if (consumer->fetched[k].place.topic == places[i].topic &&
                consumer->fetched[k].place.partition == places[i].partition)
                consumer->fetched[k].paused = pause;
    return 0;
}

static enum kafka_got look(struct kafka_consumer *consumer, struct fetched *from,
                           struct kafka_record **record_out, struct place *place_out,
                           struct err *err) {
    struct log *log =
        fake_broker_log(from->place.topic, consumer->kafka.worker, from->place.partition);
    int64_t limit = consumer->committed_only ? fake_broker_stable(log) : log->count;

    if (from->place.offset < 0 || from->place.offset > log->count) {
        err_set(err, "offset %lld out of range", (long long)from->place.offset);
        return KAFKA_LOST;
    }
    while (from->place.offset < limit) {
        const struct entry *entry = &log->at[from->place.offset];
        if (entry->fate == COMMITTED || (entry->fate == OPEN && !consumer->committed_only)) {
            *record_out = fake_broker_record(from, entry);
            from->place.offset++;
            return KAFKA_RECORD;
        }
        from->place.offset++;
    }
    if (from->told_end == from->place.offset) return KAFKA_NOTHING;

    from->told_end = from->place.offset;
    *place_out = from->place;
    return KAFKA_END;
}

static enum kafka_got look_at_all(struct kafka_consumer *consumer, struct kafka_record **record_out,
                                  struct place *place_out, struct err *err) {
    for (int i = 0; i < consumer->fetched_count; i++) {
        struct fetched *from = &consumer->fetched[(consumer->turn + i) % consumer->fetched_count];
        if (from->paused) continue;
        enum kafka_got got = look(consumer, from, record_out, place_out, err);
        if (got == KAFKA_NOTHING) continue;
        if (sim_chance(50)) consumer->turn = (int)sim_random((uint64_t)consumer->fetched_count);
        return got;
    }
    return KAFKA_NOTHING;
}

enum kafka_got kafka_poll(struct kafka_consumer *consumer, int timeout_ms,
                          struct kafka_record **record_out, struct place *place_out,
                          struct err *err) {
    int64_t until_ms = sim_now_ms() + timeout_ms;

    for (;;) {
        fake_broker_pass("poll");
        if (consumer->group) attend(consumer);
        enum kafka_got got = look_at_all(consumer, record_out, place_out, err);
        if (got != KAFKA_NOTHING || sim_now_ms() >= until_ms) return got;
        int64_t left_ms = until_ms - sim_now_ms();
        int64_t step_ms = fake_broker.settled_transactions < fake_broker.transaction_count ? 3 : 25;
        sim_sleep(left_ms < step_ms ? left_ms : step_ms);
        fake_broker_settle();
    }
}

void kafka_record_free(struct kafka_record *record) {
    free(record);
}

void kafka_record_raw(const struct kafka *kafka, const struct kafka_record *record,
                      struct arena *arena, struct raw *raw_out) {
    (void)kafka, (void)arena;
    *raw_out = record->raw;
}

static bool is_unstable(const struct group *group, const struct place *place) {
    for (int i = fake_broker.settled_transactions; i < fake_broker.transaction_count; i++) {
        const struct transaction *transaction = fake_broker.transactions[i];
        if (transaction->group != group || fake_broker_settled(i)) continue;
        if (transaction->fate != OPEN && !transaction->group_marker_ms) continue;
        for (int k = 0; k < transaction->place_count; k++)
            if (transaction->places[k].topic == place->topic &&
                transaction->places[k].partition == place->partition)
                return true;
    }
    return false;
}

enum outcome kafka_committed(struct kafka_consumer *consumer, struct place *places, int count,
                             int timeout_ms, struct err *err) {
    int64_t until_ms = sim_now_ms() + timeout_ms;

    if (fake_broker_away("committed", err)) return OUTCOME_WAIT;
    for (int i = 0; i < count; i++) {
        while (is_unstable(consumer->group, &places[i])) {
            if (sim_now_ms() >= until_ms) {
                err_set(err, "not stable");
                return OUTCOME_WAIT;
            }
            sim_sleep(1);
            fake_broker_settle();
        }
        fake_broker_look_up(consumer->group, &places[i]);
    }
    return OUTCOME_DONE;
}

/* ---- Writing ---- */

struct kafka_producer {
    struct kafka kafka;
    char id[100];    /* "": without transactions */
    int epoch;       /* 0: not yet known to the broker */
    int transaction; /* -1: none */
    struct kafka_delivery *deliveries[1024];
    int delivery_count;
};

static int *epoch_of(const char *id) {
    for (int i = 0; i < fake_broker.producer_count; i++)
        if (strcmp(fake_broker.producers[i].id, id) == 0) return &fake_broker.producers[i].epoch;

    ASSERT(fake_broker.producer_count < PRODUCERS_MAX);
    fake_broker_name(fake_broker.producers[fake_broker.producer_count].id,
                     sizeof fake_broker.producers[0].id, id);
    fake_broker.producers[fake_broker.producer_count].epoch = 0;
    return &fake_broker.producers[fake_broker.producer_count++].epoch;
}

struct kafka_producer *kafka_producer_new(const struct kafka *kafka, const char *transactional_id,
                                          struct err *err) {
    (void)err;
    struct kafka_producer *producer = calloc(1, sizeof *producer);
    ASSERT(producer);
    *producer = (struct kafka_producer){.kafka = *kafka, .transaction = -1};
    if (transactional_id) fake_broker_name(producer->id, sizeof producer->id, transactional_id);
    return producer;
}

void kafka_producer_free(struct kafka_producer *producer) {
    free(producer);
}

/* What this name left behind: an open one is ended; true when nothing of it is outstanding. */
static bool clear_away(const char *id) {
    bool clear = true;

    for (int i = fake_broker.settled_transactions; i < fake_broker.transaction_count; i++) {
        if (strcmp(fake_broker.transactions[i]->id, id) != 0 || fake_broker_settled(i)) continue;
        if (fake_broker.transactions[i]->fate == OPEN) fake_broker_decide(i, ABORTED);
        clear = false;
    }
    return clear;
}

enum kafka_outcome kafka_producer_ready(struct kafka_producer *producer, const enum topic *topics,
                                        int timeout_ms, struct err *err) {
    (void)topics, (void)timeout_ms;
    if (producer->epoch) return KAFKA_DONE;
    if (fake_broker_away("init", err)) return KAFKA_LATER;

    int *epoch = epoch_of(producer->id);
    bool clear = clear_away(producer->id);
    producer->epoch = ++*epoch;
    if (clear) return KAFKA_DONE;
    producer->epoch = 0;
    sim_sleep(MARKER_MS / 2);
    return KAFKA_LATER;
}

static bool is_fenced(const struct kafka_producer *producer) {
    return producer->epoch != *epoch_of(producer->id);
}

static enum kafka_outcome refuse(const struct kafka_producer *producer, struct err *err) {
    (void)producer;
    err_set(err, "fenced");
    return KAFKA_REBUILD;
}

enum kafka_outcome kafka_begin(struct kafka_producer *producer, struct err *err) {
    (void)err;
    ASSERT(producer->transaction < 0);
    ASSERT(fake_broker.transaction_count < TRANSACTIONS_MAX);
    producer->delivery_count = 0;
    producer->transaction = -2; /* the broker hears of it with the first call */
    return KAFKA_DONE;
}

/* A call within a transaction: the first begins it at the broker, which first ends the one before.
 */
static enum kafka_outcome enter(struct kafka_producer *producer, const char *call,
                                struct err *err) {
    fake_broker_pass(call);
    while (producer->transaction == -2 && !is_fenced(producer)) {
        bool clear = true;
        for (int i = fake_broker.settled_transactions; i < fake_broker.transaction_count; i++)
            clear = clear && (strcmp(fake_broker.transactions[i]->id, producer->id) != 0 ||
                              fake_broker_settled(i));
        if (clear) break;
        sim_sleep(1);
        fake_broker_settle();
    }
    if (is_fenced(producer)) return refuse(producer, err);
    if (producer->transaction == -2) {
        struct transaction *transaction = calloc(1, sizeof *transaction);
        ASSERT(transaction);
        *transaction = (struct transaction){
            .epoch = producer->epoch, .began_ms = sim_now_ms(), .timeout_ms = FAKE_TRANSACTION_MS};
        memcpy(transaction->id, producer->id, sizeof transaction->id);
        producer->transaction = fake_broker.transaction_count;
        fake_broker.transactions[fake_broker.transaction_count++] = transaction;
    }
    if (!sim_chance(fake_broker.faults.abort)) return KAFKA_DONE;
    err_set(err, "the fake asks for an abort");
    return KAFKA_ABORT;
}

enum kafka_outcome kafka_send_offsets(struct kafka_producer *producer, const struct place *places,
                                      int count, struct kafka_membership *membership,
                                      struct err *err) {
    int generation = membership->generation; /* what is sent is what is known now */
    enum kafka_outcome outcome = enter(producer, "send offsets", err);
    if (outcome != KAFKA_DONE) return outcome;

    struct transaction *transaction = fake_broker.transactions[producer->transaction];
    struct group *group = fake_broker_group(producer->kafka.worker);
    put_out_dead(group);
    if (generation != group->generation) {
        err_set(err, "illegal generation");
        return KAFKA_ABORT;
    }
    transaction->group = group;
    for (int i = 0; i < count; i++) transaction->places[transaction->place_count++] = places[i];
    return KAFKA_DONE;
}

/* Versions of policies have an order: one partition. */
static int partitions_of(enum topic topic) {
    if (topic == TOPIC_POLICIES) return 1;
    return fake_broker.partitions;
}

static int partition_of(const struct kafka_message *message) {
    if (message->partition >= 0) return message->partition;
    return ids_partition(message->key, message->key_len, partitions_of(message->topic));
}

enum kafka_outcome kafka_produce(struct kafka_producer *producer,
                                 const struct kafka_message *message, struct err *err) {
    bool plain = !producer->id[0];
    enum kafka_outcome outcome = plain ? KAFKA_DONE : enter(producer, "produce", err);
    if (outcome != KAFKA_DONE) return outcome;

    int topic = fake_broker_topic_of(&producer->kafka, message);
    int partition = partition_of(message);
    struct log *log = &fake_broker.logs[topic][partition];
    if (message->delivery)
        message->delivery->offset = sim_chance(fake_broker.faults.no_offset) ? -1 : log->count;
    fake_broker_append(
        log,
        &(struct entry){.fate = plain ? COMMITTED : OPEN,
                        .transaction = producer->transaction,
                        .key = fake_broker_bytes(message->key, message->key_len),
                        .key_len = message->key_len,
                        .value = fake_broker_bytes(message->value, message->value_len),
                        .value_len = message->value_len,
                        .headers = fake_broker_headers(message->headers, message->header_count),
                        .header_count = message->header_count,
                        .at_ms = sim_now_ms()});
    if (!plain) fake_broker.transactions[producer->transaction]->touched[topic][partition] = true;
    return KAFKA_DONE;
}

enum kafka_outcome kafka_flush(struct kafka_producer *producer, int timeout_ms, struct err *err) {
    (void)timeout_ms;
    return producer->id[0] ? enter(producer, "flush", err) : KAFKA_DONE;
}

static bool is_open(const struct kafka_producer *producer) {
    return !is_fenced(producer) && producer->transaction >= 0 &&
           fake_broker.transactions[producer->transaction]->fate == OPEN;
}

enum kafka_outcome kafka_commit(struct kafka_producer *producer, struct err *err) {
    fake_broker_pass("commit");
    if (producer->transaction == -2) {
        producer->transaction = -1;
        return KAFKA_DONE;
    }
    if (sim_chance(fake_broker.faults.commit_unknown)) {
        if (is_open(producer) && sim_chance(50))
            fake_broker_decide(producer->transaction, COMMITTED);
        fake_broker_pass("commit lost");
        err_set(err, "nobody knows");
        return KAFKA_REBUILD;
    }
    if (!is_open(producer)) return refuse(producer, err);

    fake_broker_decide(producer->transaction, COMMITTED);
    producer->transaction = -1;
    fake_broker_pass("committed");
    return KAFKA_DONE;
}

enum kafka_outcome kafka_abort(struct kafka_producer *producer, struct err *err) {
    fake_broker_pass("abort");
    if (producer->transaction == -2) {
        producer->transaction = -1;
        return KAFKA_DONE;
    }
    if (!is_open(producer)) return refuse(producer, err);

    fake_broker_decide(producer->transaction, ABORTED);
    producer->transaction = -1;
    return KAFKA_DONE;
}

/* ---- Asking ---- */

struct kafka_asker {
    struct kafka kafka;
};

struct kafka_asker *kafka_asker_new(const struct kafka *kafka, struct err *err) {
    (void)err;
    struct kafka_asker *asker = calloc(1, sizeof *asker);
    ASSERT(asker);
    asker->kafka = *kafka;
    return asker;
}

void kafka_asker_free(struct kafka_asker *asker) {
    free(asker);
}

int kafka_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
               struct err *err) {
    (void)timeout_ms;
    if (fake_broker_away("ends", err)) return -1;
    for (int i = 0; i < count; i++)
        places[i].offset =
            fake_broker_log(places[i].topic, asker->kafka.worker, places[i].partition)->count;
    fake_broker_pass("ends told");
    return 0;
}

int kafka_stable_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
                      struct err *err) {
    (void)timeout_ms;
    if (fake_broker_away("stable ends", err)) return -1;
    for (int i = 0; i < count; i++)
        places[i].offset = fake_broker_stable(
            fake_broker_log(places[i].topic, asker->kafka.worker, places[i].partition));
    fake_broker_pass("stable ends told");
    return 0;
}

int kafka_starts(struct kafka_asker *asker, struct place *places, int count, int timeout_ms,
                 struct err *err) {
    (void)asker, (void)timeout_ms;
    if (fake_broker_away("starts", err)) return -1;
    for (int i = 0; i < count; i++) places[i].offset = 0;
    return 0;
}

int kafka_group_offsets(struct kafka_asker *asker, const char *worker, struct place *places,
                        int count, int timeout_ms, struct err *err) {
    (void)asker, (void)timeout_ms;
    if (fake_broker_away("group offsets", err)) return -1;
    for (int i = 0; i < count; i++) fake_broker_look_up(fake_broker_group(worker), &places[i]);
    fake_broker_pass("group offsets told");
    return 0;
}

int kafka_partitions(struct kafka_asker *asker, enum topic topic, int timeout_ms, struct err *err) {
    (void)asker, (void)timeout_ms, (void)err;
    return partitions_of(topic);
}

int kafka_topic_setting(struct kafka_asker *asker, enum topic topic, const char *setting,
                        int timeout_ms, char *value_out, size_t size, struct err *err) {
    (void)asker, (void)topic, (void)setting, (void)timeout_ms, (void)err;
    fake_broker_name(value_out, size, "compact");
    return 0;
}

int kafka_topic_limit(struct kafka_asker *asker, enum topic topic, int timeout_ms,
                      int64_t *limit_out, struct err *err) {
    (void)asker, (void)topic, (void)timeout_ms, (void)limit_out;
    err_set(err, "the fake does not say");
    return 1;
}

/* ---- Permissions: the engine of a line has none to try ---- */

struct kafka_tries *kafka_tries_new(const struct kafka *kafka) {
    (void)kafka;
    return NULL;
}

void kafka_tries_free(struct kafka_tries *tries) {
    (void)tries;
}

enum kafka_verdict kafka_try(struct kafka_tries *tries, enum kafka_resource resource,
                             const char *name, enum kafka_operation operation, int timeout_ms,
                             struct err *err) {
    (void)tries, (void)resource, (void)name, (void)operation, (void)timeout_ms, (void)err;
    return KAFKA_ALLOWED;
}

/* ---- Itself ---- */

int kafka_check(const struct config *config, struct buf *errors) {
    (void)config, (void)errors;
    return 0;
}

const char *kafka_library_version(void) {
    return "fake";
}
