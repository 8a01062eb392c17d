/* fake_broker: what fake_kafka's broker keeps: logs of records that are open, committed or aborted,
 * transactions, and what groups have committed. A transaction ends at once for the coordinator, and
 * a little later for each partition (its marker). */
#ifndef REDRESS_SEAM_FAKE_BROKER_H
#define REDRESS_SEAM_FAKE_BROKER_H

#include "fake_kafka.h"

enum {
    WORKERS_MAX = 8, /* with a changelog each */
    PARTITIONS_MAX = 8,
    GROUPS_MAX = 12,
    MEMBERS_MAX = 8,
    PLACES_MAX = 64,
    TRANSACTIONS_MAX = 4096,
    PRODUCERS_MAX = 64,
    MARKER_MS = 20 /* at most, behind the decision */
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
    int64_t began_ms, timeout_ms;
    bool touched[TOPIC_COUNT + WORKERS_MAX][PARTITIONS_MAX];
    int64_t marker_ms[TOPIC_COUNT + WORKERS_MAX]
                     [PARTITIONS_MAX]; /* 0: written, or not decided yet */
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

struct producer_name {
    char id[100];
    int epoch;
};

extern struct fake_broker {
    int partitions;
    struct log logs[TOPIC_COUNT + WORKERS_MAX][PARTITIONS_MAX];
    struct transaction *transactions[TRANSACTIONS_MAX];
    int transaction_count, settled_transactions; /* all before these are settled */
    struct group groups[GROUPS_MAX];
    int group_count;
    struct producer_name producers[PRODUCERS_MAX];
    int producer_count;
    struct fake_kafka_faults faults;
} fake_broker;

struct fetched {
    struct place place;
    bool paused;
    int64_t told_end; /* the end that was reported; -1: none */
};
struct kafka_record {
    struct raw raw;
};

int fake_broker_topic(enum topic topic, const char *worker); /* index of its logs */
/* Where a message goes. A tool names the topic: "<prefix>.<worker>.state" is the only one of these. */
int fake_broker_topic_of(const struct kafka *kafka, const struct kafka_message *message);
struct log *fake_broker_log(enum topic topic, const char *worker, int partition);
struct entry *fake_broker_append(struct log *log, const struct entry *entry);
char *fake_broker_bytes(const char *bytes, size_t len); /* a copy; NULL gives NULL */
void fake_broker_name(char *to, size_t size,
                      const char *name); /* as much of it as there is room for */
struct header *fake_broker_headers(const struct header *headers, int count);
int64_t fake_broker_stable(const struct log *log); /* nothing at or beyond it may be handed out */
struct kafka_record *fake_broker_record(const struct fetched *from, const struct entry *entry);

void fake_broker_decide(int transaction, enum fate fate);
bool fake_broker_settled(int transaction); /* it has ended, and all have heard of it */
void fake_broker_settle(void);             /* what time has brought */

/* At each call: others may go on, and time does. */
void fake_broker_pass(const char *call);
bool fake_broker_away(const char *call, struct err *err); /* the same; true: it is not answered */

struct group *fake_broker_group(const char *worker);
void fake_broker_look_up(const struct group *group, struct place *place);

#endif
