/* fake_broker: see fake_broker.h. */
#include "fake_broker.h"
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum { AWAY_MS = 20 };

struct fake_broker fake_broker;
static char *workers[WORKERS_MAX];

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

int fake_broker_topic(enum topic topic, const char *worker) {
    return topic == TOPIC_STATE ? TOPIC_COUNT + worker_index(worker) : (int)topic;
}

int fake_broker_topic_of(const struct kafka *kafka, const struct kafka_message *message) {
    char worker[40];

    if (!message->topic_name) return fake_broker_topic(message->topic, kafka->worker);
    fake_broker_name(worker, sizeof worker,
                     message->topic_name + strlen(kafka->config->topic_prefix) + 1);
    char *dot = strchr(worker, '.');
    ASSERT(dot && strcmp(dot, ".state") == 0);
    *dot = '\0';
    return fake_broker_topic(TOPIC_STATE, worker);
}

struct log *fake_broker_log(enum topic topic, const char *worker, int partition) {
    ASSERT(partition >= 0 && partition < fake_broker.partitions);
    return &fake_broker.logs[fake_broker_topic(topic, worker)][partition];
}

struct entry *fake_broker_append(struct log *log, const struct entry *entry) {
    if (log->count == log->size) {
        log->size = log->size ? 2 * log->size : 64;
        log->at = realloc(log->at, (size_t)log->size * sizeof *log->at);
        ASSERT(log->at);
    }
    log->at[log->count] = *entry;
    return &log->at[log->count++];
}

char *fake_broker_bytes(const char *bytes, size_t len) {
    char *copy = bytes ? malloc(len + 1) : NULL;

    if (!bytes) return NULL;
    ASSERT(copy);
    memcpy(copy, bytes, len);
    copy[len] = 0;
    return copy;
}

void fake_broker_name(char *to, size_t size, const char *name) {
    size_t len = strnlen(name, size - 1);

    memcpy(to, name, len);
    to[len] = 0;
}

struct header *fake_broker_headers(const struct header *headers, int count) {
    struct header *copy = calloc((size_t)count + 1, sizeof *copy);

    for (int i = 0; i < count; i++)
        copy[i] = (struct header){fake_broker_bytes(headers[i].name, strlen(headers[i].name)),
                                  fake_broker_bytes(headers[i].value, headers[i].value_len),
                                  headers[i].value_len};
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
int64_t fake_broker_stable(const struct log *log) {
    for (int64_t i = 0; i < log->count; i++)
        if (log->at[i].fate == OPEN) return i;
    return log->count;
}

/* ---- Transactions ---- */

static void write_marker(struct transaction *transaction, int number, int topic, int partition) {
    struct log *log = &fake_broker.logs[topic][partition];

    for (int64_t i = 0; i < log->count; i++)
        if (log->at[i].transaction == number && log->at[i].fate == OPEN)
            log->at[i].fate = transaction->fate;
    fake_broker_append(log,
                       &(struct entry){.fate = MARKER, .transaction = -1, .at_ms = sim_now_ms()});
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
        for (int i = 0; i < transaction->place_count; i++)
            commit_place(transaction->group, &transaction->places[i]);
    transaction->group_marker_ms = 0;
    transaction->left--;
}

static int64_t later(void) {
    return sim_now_ms() + (int64_t)sim_random(MARKER_MS);
}

/* Decided; each partition hears of it later, in any order. */
void fake_broker_decide(int number, enum fate fate) {
    struct transaction *transaction = fake_broker.transactions[number];

    transaction->fate = fate;
    for (int topic = 0; topic < TOPIC_COUNT + WORKERS_MAX; topic++)
        for (int i = 0; i < fake_broker.partitions; i++) {
            if (!transaction->touched[topic][i]) continue;
            transaction->marker_ms[topic][i] = later();
            transaction->left++;
        }
    if (!transaction->group) return;
    transaction->group_marker_ms = later();
    transaction->left++;
}

static void settle_one(int number, int64_t now_ms) {
    struct transaction *transaction = fake_broker.transactions[number];

    if (transaction->fate == OPEN && now_ms - transaction->began_ms > transaction->timeout_ms) {
        for (int i = 0; i < fake_broker.producer_count; i++)
            if (strcmp(fake_broker.producers[i].id, transaction->id) == 0)
                fake_broker.producers[i].epoch++; /* who was too slow is fenced */
        fake_broker_decide(number, ABORTED);
    }
    if (transaction->fate == OPEN || !transaction->left) return;

    for (int topic = 0; topic < TOPIC_COUNT + WORKERS_MAX; topic++)
        for (int i = 0; i < fake_broker.partitions; i++)
            if (transaction->marker_ms[topic][i] && transaction->marker_ms[topic][i] <= now_ms)
                write_marker(transaction, number, topic, i);
    if (transaction->group_marker_ms && transaction->group_marker_ms <= now_ms)
        write_group_marker(transaction);
}

bool fake_broker_settled(int number) {
    return fake_broker.transactions[number]->fate != OPEN &&
           !fake_broker.transactions[number]->left;
}

/* What time has brought. */
void fake_broker_settle(void) {
    int64_t now_ms = sim_now_ms();

    for (int i = fake_broker.settled_transactions; i < fake_broker.transaction_count; i++)
        settle_one(i, now_ms);
    while (fake_broker.settled_transactions < fake_broker.transaction_count &&
           fake_broker_settled(fake_broker.settled_transactions))
        fake_broker.settled_transactions++;
}

void fake_broker_pass(const char *call) {
    sim_seam(call);
    fake_broker_settle();
}

bool fake_broker_away(const char *call, struct err *err) {
    fake_broker_pass(call);
    if (!sim_chance(fake_broker.faults.away)) return false;

    sim_sleep((int64_t)sim_random(AWAY_MS));
    fake_broker_settle();
    err_set(err, "the fake does not answer");
    return true;
}

/* ---- Groups ---- */

struct group *fake_broker_group(const char *worker) {
    for (int i = 0; i < fake_broker.group_count; i++)
        if (strcmp(fake_broker.groups[i].worker, worker) == 0) return &fake_broker.groups[i];

    ASSERT(fake_broker.group_count < GROUPS_MAX);
    struct group *group = &fake_broker.groups[fake_broker.group_count++];
    *group = (struct group){0};
    fake_broker_name(group->worker, sizeof group->worker, worker);
    return group;
}

void fake_broker_look_up(const struct group *group, struct place *place) {
    place->offset = KAFKA_NO_OFFSET;
    place->metadata[0] = 0;
    for (int i = 0; i < group->place_count; i++) {
        const struct place *known = &group->committed[i];
        if (known->topic == place->topic && known->partition == place->partition) *place = *known;
    }
}

struct kafka_record *fake_broker_record(const struct fetched *from, const struct entry *entry) {
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

/* ---- The test's ---- */

static struct backup {
    int64_t counts[TOPIC_COUNT + WORKERS_MAX][PARTITIONS_MAX];
    struct group groups[GROUPS_MAX];
    int group_count;
} backup;

static void cut(struct log *log, int64_t count) {
    for (int64_t k = count; k < log->count; k++) free_entry(&log->at[k]);
    if (count < log->count) log->count = count;
}

static void empty_logs(void) {
    for (int topic = 0; topic < TOPIC_COUNT + WORKERS_MAX; topic++)
        for (int i = 0; i < PARTITIONS_MAX; i++) cut(&fake_broker.logs[topic][i], 0);
}

void fake_kafka_lose(enum topic topic, const char *worker) {
    ASSERT(fake_kafka_quiet());
    for (int i = 0; i < fake_broker.partitions; i++) cut(fake_broker_log(topic, worker, i), 0);
}

void fake_kafka_back_up(void) {
    ASSERT(fake_kafka_quiet());
    for (int topic = 0; topic < TOPIC_COUNT + WORKERS_MAX; topic++)
        for (int i = 0; i < PARTITIONS_MAX; i++)
            backup.counts[topic][i] = fake_broker.logs[topic][i].count;
    memcpy(backup.groups, fake_broker.groups, sizeof backup.groups);
    backup.group_count = fake_broker.group_count;
}

/* Who is a member stays one: consumers hold their groups. */
void fake_kafka_restore(void) {
    ASSERT(fake_kafka_quiet());
    for (int topic = 0; topic < TOPIC_COUNT + WORKERS_MAX; topic++)
        for (int i = 0; i < PARTITIONS_MAX; i++)
            cut(&fake_broker.logs[topic][i], backup.counts[topic][i]);
    for (int i = 0; i < fake_broker.group_count; i++) {
        struct group *group = &fake_broker.groups[i];
        group->place_count = 0;
        if (i >= backup.group_count) continue;
        group->place_count = backup.groups[i].place_count;
        memcpy(group->committed, backup.groups[i].committed, sizeof group->committed);
    }
}

void fake_kafka_begin(int count) {
    ASSERT(count <= PARTITIONS_MAX);
    empty_logs();
    for (int i = 0; i < fake_broker.transaction_count; i++) free(fake_broker.transactions[i]);
    fake_broker.transaction_count = fake_broker.settled_transactions = fake_broker.group_count =
        fake_broker.producer_count = 0;
    fake_broker.faults = (struct fake_kafka_faults){0};
    fake_broker.partitions = count;
}

void fake_kafka_faults(const struct fake_kafka_faults *wanted) {
    fake_broker.faults = *wanted;
}

void fake_kafka_publish(enum topic topic, const char *worker, int partition, const char *key,
                        const char *value, const struct header *headers, int header_count) {
    fake_broker_append(fake_broker_log(topic, worker, partition),
                       &(struct entry){.fate = COMMITTED,
                                       .transaction = -1,
                                       .key = fake_broker_bytes(key, strlen(key)),
                                       .key_len = strlen(key),
                                       .value = fake_broker_bytes(value, strlen(value)),
                                       .value_len = strlen(value),
                                       .headers = fake_broker_headers(headers, header_count),
                                       .header_count = header_count,
                                       .at_ms = sim_now_ms()});
}

void fake_kafka_leave_open(enum topic topic, int partition, int64_t timeout_ms) {
    struct transaction *transaction = calloc(1, sizeof *transaction);
    ASSERT(transaction && fake_broker.transaction_count < TRANSACTIONS_MAX);

    *transaction =
        (struct transaction){.id = "channel", .began_ms = sim_now_ms(), .timeout_ms = timeout_ms};
    transaction->touched[topic][partition] = true;
    fake_broker.transactions[fake_broker.transaction_count] = transaction;
    fake_broker_append(fake_broker_log(topic, NULL, partition),
                       &(struct entry){.fate = OPEN,
                                       .transaction = fake_broker.transaction_count,
                                       .at_ms = sim_now_ms()});
    fake_broker.transaction_count++;
}

/* Decided, though the partition may not have heard of it yet. */
static bool is_committed(const struct entry *entry) {
    if (entry->fate != OPEN) return entry->fate == COMMITTED;
    return fake_broker.transactions[entry->transaction]->fate == COMMITTED;
}

void fake_kafka_each(enum topic topic, const char *worker, int partition, int64_t to,
                     void (*each)(void *context, const struct raw *raw), void *context) {
    const struct log *log = fake_broker_log(topic, worker, partition);
    int64_t limit = to >= 0 && to < log->count ? to : log->count;

    for (int64_t i = 0; i < limit; i++) {
        if (!is_committed(&log->at[i])) continue;
        struct fetched from = {.place = {.topic = topic, .partition = partition, .offset = i}};
        struct kafka_record *record = fake_broker_record(&from, &log->at[i]);
        each(context, &record->raw);
        free(record);
    }
}

bool fake_kafka_quiet(void) {
    fake_broker_settle();
    return fake_broker.settled_transactions == fake_broker.transaction_count;
}

int fake_kafka_left(enum topic topic, const char *worker, int partition, int64_t from) {
    const struct log *log = fake_broker_log(topic, worker, partition);
    int left = 0;

    for (int64_t i = from < 0 ? 0 : from; i < log->count; i++) left += is_committed(&log->at[i]);
    return left;
}

int64_t fake_kafka_committed(const char *worker, enum topic topic, int partition) {
    struct place place = {.topic = topic, .partition = partition};

    fake_broker_look_up(fake_broker_group(worker), &place);
    return place.offset;
}
