/* topics: the plan of all topics with their settings (deploy/docs/topics.md), and what is wrong
 * with those that are there. Pure: ctl_topics.c asks the broker. */
#ifndef REDRESS_TOPICS_H
#define REDRESS_TOPICS_H

#include "outside/kafka_admin.h"

enum { TOPICS_MAX = 32, TOPICS_SETTINGS_MAX = 8 };

/* How a setting in force is held against the plan. */
enum topics_rule { TOPICS_EQUAL, TOPICS_AT_LEAST, TOPICS_AT_MOST };

struct topics_plan {
    const char *name;   /* "redress.events" */
    const char *worker; /* of a changelog; NULL: another topic */
    enum topic topic;
    int partitions, replication;
    bool as_events; /* its partition i belongs to partition i of redress.events */
    struct kafka_setting settings[TOPICS_SETTINGS_MAX];
    enum topics_rule rules[TOPICS_SETTINGS_MAX];
    int setting_count;
};

/* All topics under a prefix; names and values live in the arena. Returns how many. */
int topics_plan(struct arena *arena, const char *prefix, int partitions, int replication,
                struct topics_plan plans_out[TOPICS_MAX]);

/* What is wrong, and how to mend it. */
struct topics_fault {
    const char *topic, *setting, *found, *expected, *mend;
};
struct topics_faults {
    struct arena *arena;
    struct topics_fault at[TOPICS_MAX * (TOPICS_SETTINGS_MAX + 2)];
    int count;
};
/* `partitions` as found (0: no such topic), `events` those of redress.events, `found` the settings
 * in force, in the order of the plan. */
void topics_check(const struct topics_plan *plan, int partitions, int events,
                  const struct kafka_setting *found, struct topics_faults *faults);
/* The broker's transaction.abort.timed.out.transaction.cleanup.interval.ms against the time-outs of
 * the configuration.
 */
extern const char topics_broker_setting[];
void topics_check_broker(const char *value, int64_t transaction_timeout_ms,
                         int64_t session_timeout_ms, struct topics_faults *faults);
/* A changelog partition without any record has lost, or never had, its `@log`. */
void topics_check_log(const struct topics_plan *plan, int partition, bool empty,
                      struct topics_faults *faults);

/* The first record of a changelog partition: its value. */
void topics_log_record(const char *log_id, int shards, struct buf *out);

#endif
