/* topics: one row a topic. Values are Kafka's own units (ms, bytes). */
#include "redressctl/log/topics.h"
#include "data/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000 };

/* Retentions: personal data goes after 30 days, and the day that a segment may be open
 * (CONTRACT_PERSONAL_MS, deploy/docs/topics.md); claims are kept as long as
 * the longest of them lives (CLAIMS_KEPT_MAX_MS); a changelog's tombstones must be there for longer
 * than a view may be old (half of delete.retention.ms). Sizes: a record of 1 MiB must be let in, to
 * be rejected with a reason, and the rejected topic takes it with its headers. */
#define PERSONAL                                                                                   \
    {"retention.ms", "2592000000", TOPICS_AT_MOST}, {                                              \
        "segment.ms", "86400000", TOPICS_AT_MOST                                                   \
    } /* 30 d and 1 d */
#define INBOUND                                                                                    \
    { "max.message.bytes", "1572864", TOPICS_AT_LEAST }
#define CHANGELOG                                                                                  \
    {"cleanup.policy", "compact", TOPICS_EQUAL}, {"segment.ms", "86400000", TOPICS_AT_MOST},       \
        {"max.compaction.lag.ms", "604800000", TOPICS_AT_MOST}, {                                  \
        "delete.retention.ms", "1209600000", TOPICS_AT_LEAST                                       \
    }

struct setting_row {
    const char *name, *value;
    enum topics_rule rule;
};
struct topic_row {
    enum topic topic;
    const char *worker;
    bool as_events;
    int partitions; /* 0: as asked */
    struct setting_row settings[TOPICS_SETTINGS_MAX];
};

static const struct topic_row rows[] = {
    {TOPIC_COMPLAINTS, NULL, false, 0, {PERSONAL, INBOUND}},
    {TOPIC_ACTIVITY, NULL, false, 0, {PERSONAL, INBOUND}},
    {TOPIC_DECISIONS, NULL, false, 0, {PERSONAL, INBOUND}},
    {TOPIC_EVENTS, NULL, true, 0, {PERSONAL}},
    {TOPIC_DELIVERIES, NULL, true, 0, {PERSONAL}},
    {TOPIC_SETTLEMENTS, NULL, true, 0, {PERSONAL}},
    {TOPIC_ORDERS, NULL, true, 0, {PERSONAL}},
    {TOPIC_POLICIES, NULL, false, 1, {{"cleanup.policy", "compact", TOPICS_EQUAL}}},
    {TOPIC_CLAIMS,
     NULL,
     false,
     0,
     {{"cleanup.policy", "compact,delete", TOPICS_EQUAL},
      {"retention.ms", "39744000000", TOPICS_AT_LEAST}, /* 460 d: CLAIMS_KEPT_MAX_MS */
      {"segment.ms", "86400000", TOPICS_AT_MOST}}},
    {TOPIC_REJECTED, NULL, false, 0, {PERSONAL, {"max.message.bytes", "2097152", TOPICS_AT_LEAST}}},
    {TOPIC_STATE, "sla", true, 0, {CHANGELOG}},
    {TOPIC_STATE, "compensation", true, 0, {CHANGELOG}},
    {TOPIC_STATE, "notification", true, 0, {CHANGELOG}},
    {TOPIC_STATE, "cohort", true, 0, {CHANGELOG}},
};
enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert((int)ROWS <= (int)TOPICS_MAX, "more topics than TOPICS_MAX");

const char topics_broker_setting[] = "transaction.abort.timed.out.transaction.cleanup.interval.ms";

static void add_setting(struct topics_plan *plan, const char *name, const char *value,
                        enum topics_rule rule) {
    ASSERT(plan->setting_count < TOPICS_SETTINGS_MAX);
    plan->settings[plan->setting_count] = (struct kafka_setting){name, value};
    plan->rules[plan->setting_count++] = rule;
}

static void plan_row(struct arena *arena, const char *prefix, const struct topic_row *row,
                     struct topics_plan *plan) {
    plan->topic = row->topic;
    plan->worker = row->worker;
    plan->as_events = row->as_events;
    if (row->worker)
        plan->name = arena_printf(arena, "%s.%s.state", prefix, row->worker);
    else
        plan->name = arena_printf(arena, "%s.%s", prefix, topic_name(row->topic));
    for (const struct setting_row *setting = row->settings; setting->name; setting++)
        add_setting(plan, setting->name, setting->value, setting->rule);
    /* With three copies, one may be away: two must have a record before it counts as written. */
    add_setting(plan, "min.insync.replicas", plan->replication >= 3 ? "2" : "1", TOPICS_AT_LEAST);
}

int topics_plan(struct arena *arena, const char *prefix, int partitions, int replication,
                struct topics_plan plans_out[TOPICS_MAX]) {
    for (int i = 0; i < ROWS; i++) {
        plans_out[i] =
            (struct topics_plan){.partitions = rows[i].partitions ? rows[i].partitions : partitions,
                                 .replication = replication};
        plan_row(arena, prefix, &rows[i], &plans_out[i]);
    }
    return ROWS;
}

static void fault(struct topics_faults *faults, struct topics_fault fault) {
    if (faults->count < (int)(sizeof faults->at / sizeof *faults->at))
        faults->at[faults->count++] = fault;
}

/* The same policies in any order: the broker keeps "compact,delete" as it was written. */
static bool same_list(const char *a, const char *b) {
    if (strcmp(a, b) == 0) return true;
    bool deletes = strstr(a, "delete") != NULL;
    bool compacts = strstr(a, "compact") != NULL;
    return deletes && compacts && strstr(b, "delete") && strstr(b, "compact");
}

static bool setting_holds(enum topics_rule rule, const char *found, const char *expected) {
    if (!found) return false;
    if (rule == TOPICS_EQUAL) return same_list(found, expected);
    long long is = strtoll(found, NULL, 10);
    long long wanted = strtoll(expected, NULL, 10);
    if (is < 0) return rule == TOPICS_AT_LEAST; /* -1 is for ever */
    if (rule == TOPICS_AT_LEAST) return is >= wanted;
    return is <= wanted;
}

static const char *expectation(struct arena *arena, enum topics_rule rule, const char *value) {
    if (rule == TOPICS_EQUAL) return value;
    return arena_printf(arena, "%s %s", rule == TOPICS_AT_LEAST ? "at least" : "at most", value);
}

static const char *remedy_of(const struct topics_plan *plan, int partitions, int events,
                             struct arena *arena) {
    if (plan->worker)
        return "stop that worker, remove the topic and its group's offsets, run `redressctl topics "
               "create`: its state is then built anew from the case log, as far back as that "
               "reaches";
    if (partitions < events)
        return arena_printf(arena, "kafka-topics.sh --alter --topic %s --partitions %d", plan->name,
                            events);
    return arena_printf(arena,
                        "partitions cannot be taken away: stop the workers, remove %s once it has "
                        "been read, run `redressctl topics create --partitions %d`",
                        plan->name, events);
}

static void check_partitions(const struct topics_plan *plan, int partitions, int events,
                             struct topics_faults *faults) {
    struct arena *arena = faults->arena;

    if (!plan->as_events || partitions == events || events == 0) return;
    const char *found = arena_printf(arena, "%d", partitions);
    const char *wanted = arena_printf(
        arena, "%d, as many as the case log has: partition i of both belongs together", events);
    fault(faults, (struct topics_fault){plan->name, "partitions", found, wanted,
                                        remedy_of(plan, partitions, events, arena)});
}

void topics_check(const struct topics_plan *plan, int partitions, int events,
                  const struct kafka_setting *found, struct topics_faults *faults) {
    struct arena *arena = faults->arena;

    if (partitions == 0) {
        fault(faults, (struct topics_fault){plan->name, "topic", "none", "the topic",
                                            "redressctl topics create"});
        return;
    }
    check_partitions(plan, partitions, events, faults);
    for (int i = 0; i < plan->setting_count; i++) {
        const struct kafka_setting *wanted = &plan->settings[i];
        if (setting_holds(plan->rules[i], found[i].value, wanted->value)) continue;
        bool list = strchr(wanted->value, ',') != NULL;
        fault(faults,
              (struct topics_fault){plan->name, wanted->name,
                                    found[i].value ? found[i].value : "unknown to the broker",
                                    expectation(arena, plan->rules[i], wanted->value),
                                    arena_printf(arena,
                                                 "kafka-configs.sh --alter --entity-type topics "
                                                 "--entity-name %s --add-config %s=%s%s%s",
                                                 plan->name, wanted->name, list ? "[" : "",
                                                 wanted->value, list ? "]" : "")});
    }
}

void topics_check_broker(const char *value, int64_t transaction_timeout_ms,
                         int64_t session_timeout_ms, struct topics_faults *faults) {
    struct arena *arena = faults->arena;
    long long interval_ms = 0;
    if (value) interval_ms = strtoll(value, NULL, 10);

    if (value && interval_ms <= SECOND) return;
    bool unsafe = value && session_timeout_ms <= transaction_timeout_ms + interval_ms;
    fault(faults,
          (struct topics_fault){
              "broker", topics_broker_setting, value ? value : "unknown",
              unsafe ? arena_printf(arena,
                                    "less than session_timeout minus transaction_timeout (%" PRId64
                                    "), so that a dead worker's transaction ends before its "
                                    "partitions move; 1000 is recommended",
                                    session_timeout_ms - transaction_timeout_ms)
                     : "1000 is recommended: a killed worker's open transaction holds up every "
                       "reader that long",
              arena_printf(arena, "set %s=1000 in each broker's server.properties and restart it",
                           topics_broker_setting)});
}

void topics_check_log(const struct topics_plan *plan, int partition, bool empty,
                      struct topics_faults *faults) {
    if (!empty) return;
    fault(faults,
          (struct topics_fault){plan->name, arena_printf(faults->arena, "partition %d", partition),
                                "no record", "its first record, @log", "redressctl topics create"});
}

void topics_log_record(const char *log_id, int shards, struct buf *out) {
    struct json_out json = {.buf = out};

    json_begin_map(&json);
    json_key(&json, "log_id");
    json_text(&json, log_id);
    json_key(&json, "shards");
    json_int(&json, shards);
    json_end_map(&json);
}
