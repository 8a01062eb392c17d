/* fake_kafka: logs of records that are open, committed or aborted; a transaction ends at once for the coordinator, and
 * a little later for each partition (its marker). A group hands out its partitions when all its living members have
 * come back; who does not poll for a session's time is put out. */
#include "fake_kafka.h"
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum {
    WORKERS_MAX = 4, /* with a changelog each */
    PARTITIONS_MAX = 8,
    GROUPS_MAX = 4,
    MEMBERS_MAX = 8,
    PLACES_MAX = 64,
    TRANSACTIONS_MAX = 4096,
    PRODUCERS_MAX = 64,
    MARKER_MS = 20, /* at most, behind the decision */
    AWAY_MS = 20
};

enum fate { OPEN, COMMITTED, ABORTED, MARKER };

struct entry {
    enum fate fate;
    int transaction; /* -1: none */
    char *key, *value;
    size_t key_len, value_len;
    struct header *headers;
    int header_count;
    int64_t at_ms;
};
struct log {
    struct entry *at;
    int64_t count, size;
};

/* One of a producer: what it wrote, and what it said of its group. */
struct transaction {
    char id[100]; /* of the producer */
    int epoch;
    enum fate fate;
    int64_t began_ms;
    bool touched[TOPIC_COUNT + WORKERS_MAX][PARTITIONS_MAX];
    int64_t marker_ms[TOPIC_COUNT + WORKERS_MAX][PARTITIONS_MAX]; /* 0: written, or not decided yet */
    struct group *group;
    struct place places[PLACES_MAX];
    int place_count;
    int64_t group_marker_ms;
    int left; /* markers outstanding */
};

struct member {
    struct kafka_consumer *consumer;
    int64_t polled_ms;
    bool came_back; /* to the group that is being formed */
};
struct group {
    char worker[40];
    struct member members[MEMBERS_MAX];
    int member_count;
    int generation;
    bool forming;
    struct place committed[PLACES_MAX];
    int place_count;
};

static struct log logs[TOPIC_COUNT + WORKERS_MAX][PARTITIONS_MAX];
static char *workers[WORKERS_MAX];
static struct transaction *transactions[TRANSACTIONS_MAX];
static int transaction_count, settled_transactions, partitions;
static struct group groups[GROUPS_MAX];
static int group_count;
static struct {
    char id[100];
    int epoch;
} producers[PRODUCERS_MAX];
static int producer_count;
static struct fake_kafka_faults faults;

/* ---- Topics ---- */

static int worker_index(const char *worker) {
    for (int i = 0; i < WORKERS_MAX; i++) {
        if (workers[i] && strcmp(workers[i], worker) == 0) return i;
        if (workers[i]) continue;
        workers[i] = strdup(worker);
        return i;
    }
    err_bug(__FILE__, __LINE__, "too many workers");
}

static int topic_index(enum topic topic, const char *worker) {
    return topic == TOPIC_STATE ? TOPIC_COUNT + worker_index(worker) : (int)topic;
}

static struct log *log_of(enum topic topic, const char *worker, int partition) {
    ASSERT(partition >= 0 && partition < partitions);
    return &logs[topic_index(topic, worker)][partition];
}

static struct entry *append(struct log *log, const struct entry *entry) {
    if (log->count == log->size) {
        log->size = log->size ? 2 * log->size : 64;
        log->at = realloc(log->at, (size_t)log->size * sizeof *log->at);
        ASSERT(log->at);
    }
    log->at[log->count] = *entry;
    return &log->at[log->count++];
}

static char *copy_bytes(const char *bytes, size_t len) {
    char *copy = bytes ? malloc(len + 1) : NULL;

    if (!bytes) return NULL;
    ASSERT(copy);
    memcpy(copy, bytes, len);
    copy[len] = 0;
    return copy;
}

static struct header *copy_headers(const struct header *headers, int count) {
    struct header *copy = calloc((size_t)count + 1, sizeof *copy);

    for (int i = 0; i < count; i++)
        copy[i] = (struct header){copy_bytes(headers[i].name, strlen(headers[i].name)),
                                  copy_bytes(headers[i].value, headers[i].value_len), headers[i].value_len};
    return copy;
}

static void free_entry(struct entry *entry) {
    for (int i = 0; i < entry->header_count; i++) {
        free((char *)entry->headers[i].name);
        free((char *)entry->headers[i].value);
    }
    free(entry->headers);
    free(entry->key);
    free(entry->value);
}

/* The last stable offset: nothing at or beyond it may be handed out. */
static int64_t stable(const struct log *log) {
    for (int64_t i = 0; i < log->count; i++)
        if (log->at[i].fate == OPEN) return i;
    return log->count;
}

/* ---- Transactions ---- */

static void write_marker(struct transaction *transaction, int number, int topic, int partition) {
    struct log *log = &logs[topic][partition];

    for (int64_t i = 0; i < log->count; i++)
        if (log->at[i].transaction == number && log->at[i].fate == OPEN) log->at[i].fate = transaction->fate;
    append(log, &(struct entry){.fate = MARKER, .transaction = -1, .at_ms = sim_now_ms()});
    transaction->marker_ms[topic][partition] = 0;
    transaction->left--;
}

static void commit_place(struct group *group, const struct place *place) {
    for (int i = 0; i < group->place_count; i++) {
        struct place *known = &group->committed[i];
        if (known->topic != place->topic || known->partition != place->partition) continue;
        *known = *place;
        return;
    }
    ASSERT(group->place_count < PLACES_MAX);
    group->committed[group->place_count++] = *place;
}

static void write_group_marker(struct transaction *transaction) {
    if (transaction->fate == COMMITTED)
        for (int i = 0; i < transaction->place_count; i++) commit_place(transaction->group, &transaction->places[i]);
    transaction->group_marker_ms = 0;
    transaction->left--;
}

static int64_t later(void) {
    return sim_now_ms() + (int64_t)sim_random(MARKER_MS);
}

/* Decided; each partition hears of it later, in any order. */
static void decide(int number, enum fate fate) {
    struct transaction *transaction = transactions[number];

    transaction->fate = fate;
    for (int topic = 0; topic < TOPIC_COUNT + WORKERS_MAX; topic++)
        for (int i = 0; i < partitions; i++) {
            if (!transaction->touched[topic][i]) continue;
            transaction->marker_ms[topic][i] = later();
            transaction->left++;
        }
    if (!transaction->group) return;
    transaction->group_marker_ms = later();
    transaction->left++;
}

static void settle_one(int number, int64_t now_ms) {
    struct transaction *transaction = transactions[number];

    if (transaction->fate == OPEN && now_ms - transaction->began_ms > FAKE_TRANSACTION_MS) {
        for (int i = 0; i < producer_count; i++)
            if (strcmp(producers[i].id, transaction->id) == 0) producers[i].epoch++; /* who was too slow is fenced */
        decide(number, ABORTED);
    }
    if (transaction->fate == OPEN || !transaction->left) return;

    for (int topic = 0; topic < TOPIC_COUNT + WORKERS_MAX; topic++)
        for (int i = 0; i < partitions; i++)
            if (transaction->marker_ms[topic][i] && transaction->marker_ms[topic][i] <= now_ms)
                write_marker(transaction, number, topic, i);
    if (transaction->group_marker_ms && transaction->group_marker_ms <= now_ms) write_group_marker(transaction);
}

static bool is_settled(int number) {
    return transactions[number]->fate != OPEN && !transactions[number]->left;
}

/* What time has brought. */
static void settle(void) {
    int64_t now_ms = sim_now_ms();

    for (int i = settled_transactions; i < transaction_count; i++) settle_one(i, now_ms);
    while (settled_transactions < transaction_count && is_settled(settled_transactions)) settled_transactions++;
}

static void pass(const char *call) {
    sim_seam(call);
    settle();
}

static bool is_away(const char *call, struct err *err) {
    pass(call);
    if (!sim_chance(faults.away)) return false;

    sim_sleep((int64_t)sim_random(AWAY_MS));
    settle();
    err_set(err, "the fake does not answer");
    return true;
}

/* ---- Groups ---- */

struct kafka_membership {
    int generation;
};

struct fetched {
    struct place place;
    bool paused;
    int64_t told_end; /* the end that was reported; -1: none */
};

struct kafka_consumer {
    const struct kafka *kafka;
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

static struct group *group_of(const char *worker) {
    for (int i = 0; i < group_count; i++)
        if (strcmp(groups[i].worker, worker) == 0) return &groups[i];

    ASSERT(group_count < GROUPS_MAX);
    struct group *group = &groups[group_count++];
    *group = (struct group){0};
    strncpy(group->worker, worker, sizeof group->worker - 1);
    return group;
}

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
        for (int i = 0; i < partitions; i++, next++) {
            struct kafka_consumer *consumer = group->members[next % group->member_count].consumer;
            consumer->places[consumer->place_count++] =
                (struct place){.topic = consumer->topics[topic], .partition = i, .offset = KAFKA_NO_OFFSET};
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
    *consumer = (struct kafka_consumer){
        .kafka = kafka, .hooks = *hooks, .committed_only = true, .group = group_of(kafka->worker)};
    for (int i = 0; topics[i] != TOPIC_NONE; i++) consumer->topics[i] = topics[i];
    return consumer;
}

struct kafka_consumer *kafka_reader_new(const struct kafka *kafka, bool committed, struct err *err) {
    (void)err;
    struct kafka_consumer *consumer = calloc(1, sizeof *consumer);
    ASSERT(consumer);
    *consumer = (struct kafka_consumer){.kafka = kafka, .committed_only = committed};
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

struct kafka_record {
    struct raw raw;
};

int kafka_fetch_from(struct kafka_consumer *consumer, const struct place *places, int count, struct err *err) {
    (void)err;
    pass("fetch from");
    ASSERT(count <= PLACES_MAX);
    consumer->fetched_count = count;
    for (int i = 0; i < count; i++) consumer->fetched[i] = (struct fetched){.place = places[i], .told_end = -1};
    return 0;
}

int kafka_pause(struct kafka_consumer *consumer, const struct place *places, int count, bool pause, struct err *err) {
    (void)err;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < consumer->fetched_count; k++)
            if (consumer->fetched[k].place.topic == places[i].topic &&
                consumer->fetched[k].place.partition == places[i].partition)
                consumer->fetched[k].paused = pause;
    return 0;
}

static struct kafka_record *record_of(const struct fetched *from, const struct entry *entry) {
    struct kafka_record *record = calloc(1, sizeof *record);
    ASSERT(record);

    record->raw = (struct raw){.topic = from->place.topic,
                               .partition = from->place.partition,
                               .offset = from->place.offset,
                               .timestamp_ms = entry->at_ms,
                               .key = entry->key,
                               .key_len = entry->key_len,
                               .value = entry->value,
                               .value_len = entry->value_len,
                               .headers = entry->headers,
                               .header_count = entry->header_count};
    return record;
}

static enum kafka_got look(struct kafka_consumer *consumer, struct fetched *from, struct kafka_record **record_out,
                           struct place *place_out, struct err *err) {
    struct log *log = log_of(from->place.topic, consumer->kafka->worker, from->place.partition);
    int64_t limit = consumer->committed_only ? stable(log) : log->count;

    if (from->place.offset < 0 || from->place.offset > log->count) {
        err_set(err, "offset %lld out of range", (long long)from->place.offset);
        return KAFKA_LOST;
    }
    while (from->place.offset < limit) {
        const struct entry *entry = &log->at[from->place.offset];
        if (entry->fate == COMMITTED || (entry->fate == OPEN && !consumer->committed_only)) {
            *record_out = record_of(from, entry);
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

enum kafka_got kafka_poll(struct kafka_consumer *consumer, int timeout_ms, struct kafka_record **record_out,
                          struct place *place_out, struct err *err) {
    int64_t until_ms = sim_now_ms() + timeout_ms;

    for (;;) {
        pass("poll");
        if (consumer->group) attend(consumer);
        enum kafka_got got = look_at_all(consumer, record_out, place_out, err);
        if (got != KAFKA_NOTHING || sim_now_ms() >= until_ms) return got;
        int64_t left_ms = until_ms - sim_now_ms();
        int64_t step_ms = settled_transactions < transaction_count ? 3 : 25;
        sim_sleep(left_ms < step_ms ? left_ms : step_ms);
        settle();
    }
}

void kafka_record_free(struct kafka_record *record) {
    free(record);
}

void kafka_record_raw(const struct kafka *kafka, const struct kafka_record *record, struct arena *arena,
                      struct raw *raw_out) {
    (void)kafka, (void)arena;
    *raw_out = record->raw;
}

static bool is_unstable(const struct group *group, const struct place *place) {
    for (int i = settled_transactions; i < transaction_count; i++) {
        const struct transaction *transaction = transactions[i];
        if (transaction->group != group || is_settled(i)) continue;
        if (transaction->fate != OPEN && !transaction->group_marker_ms) continue;
        for (int k = 0; k < transaction->place_count; k++)
            if (transaction->places[k].topic == place->topic && transaction->places[k].partition == place->partition)
                return true;
    }
    return false;
}

static void look_up(const struct group *group, struct place *place) {
    place->offset = KAFKA_NO_OFFSET;
    place->metadata[0] = 0;
    for (int i = 0; i < group->place_count; i++) {
        const struct place *known = &group->committed[i];
        if (known->topic == place->topic && known->partition == place->partition) *place = *known;
    }
}

int kafka_committed(struct kafka_consumer *consumer, struct place *places, int count, int timeout_ms, struct err *err) {
    int64_t until_ms = sim_now_ms() + timeout_ms;

    if (is_away("committed", err)) return -1;
    for (int i = 0; i < count; i++) {
        while (is_unstable(consumer->group, &places[i])) {
            if (sim_now_ms() >= until_ms) return err_set(err, "not stable") + 2;
            sim_sleep(1);
            settle();
        }
        look_up(consumer->group, &places[i]);
    }
    return 0;
}

/* ---- Writing ---- */

struct kafka_producer {
    const struct kafka *kafka;
    char id[100];
    int epoch;       /* 0: not yet known to the broker */
    int transaction; /* -1: none */
    struct kafka_delivery *deliveries[1024];
    int delivery_count;
};

static int *epoch_of(const char *id) {
    for (int i = 0; i < producer_count; i++)
        if (strcmp(producers[i].id, id) == 0) return &producers[i].epoch;

    ASSERT(producer_count < PRODUCERS_MAX);
    strncpy(producers[producer_count].id, id, sizeof producers[0].id - 1);
    producers[producer_count].epoch = 0;
    return &producers[producer_count++].epoch;
}

struct kafka_producer *kafka_producer_new(const struct kafka *kafka, const char *transactional_id, struct err *err) {
    (void)err;
    struct kafka_producer *producer = calloc(1, sizeof *producer);
    ASSERT(producer);
    *producer = (struct kafka_producer){.kafka = kafka, .transaction = -1};
    strncpy(producer->id, transactional_id, sizeof producer->id - 1);
    return producer;
}

void kafka_producer_free(struct kafka_producer *producer) {
    free(producer);
}

/* What this name left behind: an open one is ended; true when nothing of it is outstanding. */
static bool clear_away(const char *id) {
    bool clear = true;

    for (int i = settled_transactions; i < transaction_count; i++) {
        if (strcmp(transactions[i]->id, id) != 0 || is_settled(i)) continue;
        if (transactions[i]->fate == OPEN) decide(i, ABORTED);
        clear = false;
    }
    return clear;
}

enum kafka_outcome kafka_producer_ready(struct kafka_producer *producer, const enum topic *topics, int timeout_ms,
                                        struct err *err) {
    (void)topics, (void)timeout_ms;
    if (producer->epoch) return KAFKA_DONE;
    if (is_away("init", err)) return KAFKA_LATER;

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
    ASSERT(transaction_count < TRANSACTIONS_MAX);
    producer->delivery_count = 0;
    producer->transaction = -2; /* the broker hears of it with the first call */
    return KAFKA_DONE;
}

/* A call within a transaction: the first begins it at the broker, which first ends the one before. */
static enum kafka_outcome enter(struct kafka_producer *producer, const char *call, struct err *err) {
    pass(call);
    while (producer->transaction == -2 && !is_fenced(producer)) {
        bool clear = true;
        for (int i = settled_transactions; i < transaction_count; i++)
            clear = clear && (strcmp(transactions[i]->id, producer->id) != 0 || is_settled(i));
        if (clear) break;
        sim_sleep(1);
        settle();
    }
    if (is_fenced(producer)) return refuse(producer, err);
    if (producer->transaction == -2) {
        struct transaction *transaction = calloc(1, sizeof *transaction);
        ASSERT(transaction);
        *transaction = (struct transaction){.epoch = producer->epoch, .began_ms = sim_now_ms()};
        memcpy(transaction->id, producer->id, sizeof transaction->id);
        producer->transaction = transaction_count;
        transactions[transaction_count++] = transaction;
    }
    if (!sim_chance(faults.abort)) return KAFKA_DONE;
    err_set(err, "the fake asks for an abort");
    return KAFKA_ABORT;
}

enum kafka_outcome kafka_send_offsets(struct kafka_producer *producer, const struct place *places, int count,
                                      struct kafka_membership *membership, struct err *err) {
    int generation = membership->generation; /* what is sent is what is known now */
    enum kafka_outcome outcome = enter(producer, "send offsets", err);
    if (outcome != KAFKA_DONE) return outcome;

    struct transaction *transaction = transactions[producer->transaction];
    struct group *group = group_of(producer->kafka->worker);
    put_out_dead(group);
    if (generation != group->generation) {
        err_set(err, "illegal generation");
        return KAFKA_ABORT;
    }
    transaction->group = group;
    for (int i = 0; i < count; i++) transaction->places[transaction->place_count++] = places[i];
    return KAFKA_DONE;
}

static int partition_of(const struct kafka_message *message) {
    unsigned hash = 0;

    if (message->partition >= 0) return message->partition;
    for (size_t i = 0; i < message->key_len; i++) hash = hash * 31 + (unsigned char)message->key[i];
    return (int)(hash % (unsigned)partitions);
}

enum kafka_outcome kafka_produce(struct kafka_producer *producer, const struct kafka_message *message,
                                 struct err *err) {
    enum kafka_outcome outcome = enter(producer, "produce", err);
    if (outcome != KAFKA_DONE) return outcome;

    int topic = topic_index(message->topic, producer->kafka->worker), partition = partition_of(message);
    struct log *log = &logs[topic][partition];
    if (message->delivery) message->delivery->offset = sim_chance(faults.no_offset) ? -1 : log->count;
    append(log, &(struct entry){.fate = OPEN,
                                .transaction = producer->transaction,
                                .key = copy_bytes(message->key, message->key_len),
                                .key_len = message->key_len,
                                .value = copy_bytes(message->value, message->value_len),
                                .value_len = message->value_len,
                                .headers = copy_headers(message->headers, message->header_count),
                                .header_count = message->header_count,
                                .at_ms = sim_now_ms()});
    transactions[producer->transaction]->touched[topic][partition] = true;
    return KAFKA_DONE;
}

enum kafka_outcome kafka_flush(struct kafka_producer *producer, int timeout_ms, struct err *err) {
    (void)timeout_ms;
    return enter(producer, "flush", err);
}

static bool is_open(const struct kafka_producer *producer) {
    return !is_fenced(producer) && producer->transaction >= 0 && transactions[producer->transaction]->fate == OPEN;
}

enum kafka_outcome kafka_commit(struct kafka_producer *producer, struct err *err) {
    pass("commit");
    if (producer->transaction == -2) {
        producer->transaction = -1;
        return KAFKA_DONE;
    }
    if (sim_chance(faults.commit_unknown)) {
        if (is_open(producer) && sim_chance(50)) decide(producer->transaction, COMMITTED);
        pass("commit lost");
        err_set(err, "nobody knows");
        return KAFKA_REBUILD;
    }
    if (!is_open(producer)) return refuse(producer, err);

    decide(producer->transaction, COMMITTED);
    producer->transaction = -1;
    pass("committed");
    return KAFKA_DONE;
}

enum kafka_outcome kafka_abort(struct kafka_producer *producer, struct err *err) {
    pass("abort");
    if (producer->transaction == -2) {
        producer->transaction = -1;
        return KAFKA_DONE;
    }
    if (!is_open(producer)) return refuse(producer, err);

    decide(producer->transaction, ABORTED);
    producer->transaction = -1;
    return KAFKA_DONE;
}

/* ---- Asking ---- */

struct kafka_asker {
    const struct kafka *kafka;
};

struct kafka_asker *kafka_asker_new(const struct kafka *kafka, struct err *err) {
    (void)err;
    struct kafka_asker *asker = calloc(1, sizeof *asker);
    ASSERT(asker);
    asker->kafka = kafka;
    return asker;
}

void kafka_asker_free(struct kafka_asker *asker) {
    free(asker);
}

int kafka_ends(struct kafka_asker *asker, struct place *places, int count, int timeout_ms, struct err *err) {
    (void)timeout_ms;
    if (is_away("ends", err)) return -1;
    for (int i = 0; i < count; i++)
        places[i].offset = log_of(places[i].topic, asker->kafka->worker, places[i].partition)->count;
    pass("ends told");
    return 0;
}

int kafka_starts(struct kafka_asker *asker, struct place *places, int count, int timeout_ms, struct err *err) {
    (void)asker, (void)timeout_ms;
    if (is_away("starts", err)) return -1;
    for (int i = 0; i < count; i++) places[i].offset = 0;
    return 0;
}

int kafka_group_offsets(struct kafka_asker *asker, const char *worker, struct place *places, int count, int timeout_ms,
                        struct err *err) {
    (void)asker, (void)timeout_ms;
    if (is_away("group offsets", err)) return -1;
    for (int i = 0; i < count; i++) look_up(group_of(worker), &places[i]);
    pass("group offsets told");
    return 0;
}

int kafka_partitions(struct kafka_asker *asker, enum topic topic, int timeout_ms, struct err *err) {
    (void)asker, (void)topic, (void)timeout_ms, (void)err;
    return partitions;
}

int kafka_topic_setting(struct kafka_asker *asker, enum topic topic, const char *setting, int timeout_ms,
                        char *value_out, size_t size, struct err *err) {
    (void)asker, (void)topic, (void)setting, (void)timeout_ms, (void)err;
    strncpy(value_out, "compact", size);
    return 0;
}

/* ---- Names ---- */

int kafka_check(const struct config *config, struct buf *errors) {
    (void)config, (void)errors;
    return 0;
}

char *kafka_topic(const struct kafka *kafka, enum topic topic, char name_out[KAFKA_NAME_MAX]) {
    (void)kafka;
    strncpy(name_out, topic_name(topic), KAFKA_NAME_MAX - 1);
    return name_out;
}

enum topic kafka_topic_of(const struct kafka *kafka, const char *name) {
    (void)kafka, (void)name;
    return TOPIC_NONE;
}

const char *kafka_library_version(void) {
    return "fake";
}

/* ---- The test's ---- */

static void empty_logs(void) {
    for (int topic = 0; topic < TOPIC_COUNT + WORKERS_MAX; topic++)
        for (int i = 0; i < PARTITIONS_MAX; i++) {
            struct log *log = &logs[topic][i];
            for (int64_t k = 0; k < log->count; k++) free_entry(&log->at[k]);
            log->count = 0;
        }
}

void fake_kafka_begin(int count) {
    ASSERT(count <= PARTITIONS_MAX);
    empty_logs();
    for (int i = 0; i < transaction_count; i++) free(transactions[i]);
    transaction_count = settled_transactions = group_count = producer_count = 0;
    faults = (struct fake_kafka_faults){0};
    partitions = count;
}

void fake_kafka_faults(const struct fake_kafka_faults *wanted) {
    faults = *wanted;
}

void fake_kafka_publish(enum topic topic, const char *worker, int partition, const char *key, const char *value,
                        const struct header *headers, int header_count) {
    append(log_of(topic, worker, partition), &(struct entry){.fate = COMMITTED,
                                                             .transaction = -1,
                                                             .key = copy_bytes(key, strlen(key)),
                                                             .key_len = strlen(key),
                                                             .value = copy_bytes(value, strlen(value)),
                                                             .value_len = strlen(value),
                                                             .headers = copy_headers(headers, header_count),
                                                             .header_count = header_count,
                                                             .at_ms = sim_now_ms()});
}

/* Decided, though the partition may not have heard of it yet. */
static bool is_committed(const struct entry *entry) {
    if (entry->fate != OPEN) return entry->fate == COMMITTED;
    return transactions[entry->transaction]->fate == COMMITTED;
}

void fake_kafka_each(enum topic topic, const char *worker, int partition, int64_t to,
                     void (*each)(void *context, const struct raw *raw), void *context) {
    const struct log *log = log_of(topic, worker, partition);
    int64_t limit = to >= 0 && to < log->count ? to : log->count;

    for (int64_t i = 0; i < limit; i++) {
        if (!is_committed(&log->at[i])) continue;
        struct fetched from = {.place = {.topic = topic, .partition = partition, .offset = i}};
        struct kafka_record *record = record_of(&from, &log->at[i]);
        each(context, &record->raw);
        free(record);
    }
}

bool fake_kafka_quiet(void) {
    settle();
    return settled_transactions == transaction_count;
}

int fake_kafka_left(enum topic topic, const char *worker, int partition, int64_t from) {
    const struct log *log = log_of(topic, worker, partition);
    int left = 0;

    for (int64_t i = from < 0 ? 0 : from; i < log->count; i++) left += is_committed(&log->at[i]);
    return left;
}

int64_t fake_kafka_committed(const char *worker, enum topic topic, int partition) {
    struct place place = {.topic = topic, .partition = partition};

    look_up(group_of(worker), &place);
    return place.offset;
}
