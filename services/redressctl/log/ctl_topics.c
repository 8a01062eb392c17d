/* redressctl topics: makes what topics.c plans, and holds it against what is there. */
#include "redressctl/log/ctl_topics.h"
#include "base/clock.h"
#include "base/ids.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PARTITIONS = 12, /* default: two workers on each of six cores, and divisible by 2, 3, 4 and 6 */
    REPLICATION = 3, /* default, or as many as there are brokers */
    PARTITIONS_LIMIT = 1000,
    ASK_MS = 10000,   /* one request */
    SETTLE_MS = 30000 /* until new partitions have leaders everywhere */
};

struct topics_run {
    struct ctl *ctl;
    struct kafka_admin *admin;
    struct topics_plan plans[TOPICS_MAX];
    bool made[TOPICS_MAX], failed[TOPICS_MAX];
    int begun[TOPICS_MAX]; /* partitions that got their `@log` */
    int count;
    const char *partitions_text, *replication_text;
};

static int open_admin(struct topics_run *run) {
    struct err err;
    struct ctl *ctl = run->ctl;
    int64_t partitions = PARTITIONS;
    int64_t replication = 0;
    int status = ctl_config(ctl);

    if (!status && run->partitions_text)
        status =
            ctl_number(ctl, "--partitions", run->partitions_text, 1, PARTITIONS_LIMIT, &partitions);
    if (!status && run->replication_text)
        status = ctl_number(ctl, "--replication", run->replication_text, 1, 10, &replication);
    if (status) return status;
    run->admin = kafka_admin_new(&ctl->kafka, &err);
    int brokers = -1;
    if (run->admin) brokers = kafka_admin_brokers(run->admin, ASK_MS, &err);
    if (brokers < 0)
        return ctl_fail(ctl, "Kafka at %s: %s (REDRESS_KAFKA_BOOTSTRAP_SERVERS says where it is)",
                        config_kafka(&ctl->config, "bootstrap.servers")
                            ? config_kafka(&ctl->config, "bootstrap.servers")
                            : "127.0.0.1:9092",
                        err.text);
    if (!replication) replication = brokers < REPLICATION ? brokers : REPLICATION;
    run->count = topics_plan(ctl->arena, ctl->config.topic_prefix, (int)partitions,
                             (int)replication, run->plans);

    return 0;
}

/* Existing topics are left as they are: what differs is for `check` to say. */
static int make_topics(struct topics_run *run) {
    struct kafka_new_topic topics[TOPICS_MAX];
    struct err err;
    int made = 0;
    int failed = 0;

    for (int i = 0; i < run->count; i++) {
        const struct topics_plan *plan = &run->plans[i];
        topics[i] = (struct kafka_new_topic){.name = plan->name,
                                             .partitions = plan->partitions,
                                             .replication = plan->replication,
                                             .settings = plan->settings,
                                             .setting_count = plan->setting_count};
    }
    if (kafka_admin_create(run->admin, topics, run->count, SETTLE_MS, &err) < 0) {
        for (int i = 0; i < run->count; i++) run->failed[i] = true;
        return ctl_fail(run->ctl, "cannot make topics: %s", err.text);
    }
    for (int i = 0; i < run->count; i++) {
        run->made[i] = topics[i].made == KAFKA_MADE;
        run->failed[i] = topics[i].made == KAFKA_NOT_MADE;
        made += run->made[i];
        failed += run->failed[i];
        if (run->failed[i]) ctl_fail(run->ctl, "%s: %s", topics[i].name, topics[i].err.text);
    }
    ctl_note("%d topics made, %d were there already", made, run->count - made - failed);

    if (failed) return EXIT_CANNOT_GO_ON;
    return 0;
}

/* The partition count of a topic, waiting while a new topic's news travels through the cluster. */
static int settled_partitions(struct topics_run *run, const char *name, struct err *err) {
    int64_t end_ms = clock_boot_ms() + SETTLE_MS;
    int count;
    while ((count = kafka_admin_partitions(run->admin, name, ASK_MS, err)) <= 0 &&
           clock_boot_ms() < end_ms)
        usleep(50 * 1000);
    return count;
}

/* Starts and ends of all partitions of a changelog. 0 or -1. */
static int changelog_places(struct topics_run *run, const struct topics_plan *plan, int partitions,
                            struct place **starts_out, struct place **ends_out, struct err *err) {
    struct kafka kafka = {.config = &run->ctl->config, .worker = plan->worker};
    struct kafka_asker *asker = kafka_asker_new(&kafka, err);

    if (!asker) return -1;
    struct place *starts = arena_alloc(run->ctl->arena, (size_t)partitions * sizeof *starts);
    struct place *ends = arena_alloc(run->ctl->arena, (size_t)partitions * sizeof *ends);
    for (int i = 0; i < partitions; i++)
        starts[i] = ends[i] = (struct place){.topic = TOPIC_STATE, .partition = i};
    int64_t end_ms = clock_boot_ms() + SETTLE_MS;
    int bad;
    do { /* a new partition may have no leader yet */
        bad = kafka_starts(asker, starts, partitions, ASK_MS, err) < 0 ||
              kafka_ends(asker, ends, partitions, ASK_MS, err) < 0;
        if (bad) usleep(50 * 1000);
    } while (bad && clock_boot_ms() < end_ms);
    kafka_asker_free(asker);
    *starts_out = starts;
    *ends_out = ends;

    if (bad) return -1;
    return 0;
}

/* A name for this life of the changelog: a worker whose committed offsets know another one refuses
 * to start. */
static void make_log_id(const char *topic, char id_out[27]) {
    char time[24], process[24];
    snprintf(time, sizeof time, "%lld", (long long)clock_now_ms());
    snprintf(process, sizeof process, "%ld.%lld", (long)getpid(), (long long)clock_boot_us());
    ids_hash(id_out, 3, topic, time, process);
}

/* Writes `@log` into each partition of a changelog that has never had a record. */
static int begin_log(struct topics_run *run, struct kafka_producer *producer,
                     const struct topics_plan *plan, int *begun_out) {
    struct err err;
    struct place *starts, *ends;
    struct buf value = {NULL, 0, 0};
    int partitions = settled_partitions(run, plan->name, &err);
    int begun = 0;

    if (partitions == 0) err_set(&err, "no such topic");
    if (partitions <= 0 || changelog_places(run, plan, partitions, &starts, &ends, &err) < 0)
        return ctl_fail(run->ctl, "%s: %s", plan->name, err.text);
    char log_id[27];
    make_log_id(plan->name, log_id);
    topics_log_record(log_id, partitions, &value);
    struct kafka_delivery *deliveries =
        arena_alloc(run->ctl->arena, (size_t)partitions * sizeof *deliveries);
    enum kafka_outcome outcome = KAFKA_DONE;
    for (int i = 0; i < partitions && outcome == KAFKA_DONE; i++) {
        if (ends[i].offset > 0)
            continue; /* also one whose records have all expired: it is not new */
        struct kafka_message message = {.topic_name = plan->name,
                                        .partition = i,
                                        .key = "@log",
                                        .key_len = 4,
                                        .value = value.at,
                                        .value_len = value.len,
                                        .delivery = &deliveries[i]};
        outcome = kafka_produce(producer, &message, &err);
        begun++;
    }
    if (outcome == KAFKA_DONE && begun) outcome = kafka_flush(producer, SETTLE_MS, &err);
    buf_free(&value);
    if (outcome != KAFKA_DONE) return ctl_fail(run->ctl, "%s: @log: %s", plan->name, err.text);
    if (begun) ctl_note("%s: begun in %d partitions", plan->name, begun);
    *begun_out = begun;
    return 0;
}

static int begin_logs(struct topics_run *run) {
    struct err err;
    struct kafka_producer *producer = kafka_producer_new(&run->ctl->kafka, NULL, &err);

    if (!producer) return ctl_fail(run->ctl, "%s", err.text);
    int status = 0;
    for (int i = 0; i < run->count && !status; i++)
        if (run->plans[i].worker) status = begin_log(run, producer, &run->plans[i], &run->begun[i]);
    kafka_producer_free(producer);

    return status;
}

/* Those that are there now. */
static void print_made(const struct topics_run *run) {
    for (int i = 0; i < run->count; i++) {
        struct ctl_row row;
        if (run->failed[i]) continue;
        ctl_row_begin(&row);
        ctl_row_text(&row, "topic", run->plans[i].name);
        ctl_row_bool(&row, "made", run->made[i]);
        if (run->plans[i].worker) ctl_row_int(&row, "begun", run->begun[i]);
        ctl_row_end(&row);
    }
}

static int create(struct topics_run *run) {
    int status = 0;

    if (run->ctl->config.demonstration)
        ctl_note("redress-devbroker makes its topics itself");
    else
        status = make_topics(run);
    if (!status) status = begin_logs(run);
    if (run->ctl->json) print_made(run);
    return status;
}

static void print_faults(const struct topics_run *run, const struct topics_faults *faults) {
    struct buf buf = {NULL, 0, 0};

    for (int i = 0; i < faults->count; i++) {
        const struct topics_fault *fault = &faults->at[i];
        if (!run->ctl->json) {
            ctl_line("%s: %s: %s, expected %s", fault->topic, fault->setting, fault->found,
                     fault->expected);
            ctl_line("    mend: %s", fault->mend);
            continue;
        }
        const char *const pairs[] = {"topic", fault->topic, "setting",  fault->setting,
                                     "found", fault->found, "expected", fault->expected,
                                     "mend",  fault->mend};
        struct json_out json = {.buf = &buf};
        json_begin_map(&json);
        for (size_t j = 0; j < sizeof pairs / sizeof *pairs; j += 2) {
            json_key(&json, pairs[j]);
            json_text(&json, pairs[j + 1]);
        }
        json_end_map(&json);
        ctl_json(buf.at, buf.len);
        buf_clear(&buf);
    }
    buf_free(&buf);
}

static int check_logs(struct topics_run *run, const struct topics_plan *plan, int partitions,
                      struct topics_faults *faults, struct err *err) {
    struct place *starts, *ends;
    if (changelog_places(run, plan, partitions, &starts, &ends, err) < 0) return -1;
    for (int i = 0; i < partitions; i++)
        topics_check_log(plan, i, starts[i].offset == ends[i].offset, faults);
    return 0;
}

static int check_topic(struct topics_run *run, const struct topics_plan *plan, int events,
                       struct topics_faults *faults, struct err *err) {
    struct kafka_setting found[TOPICS_SETTINGS_MAX];
    int partitions = kafka_admin_partitions(run->admin, plan->name, ASK_MS, err);

    if (partitions < 0) return -1;
    memcpy(found, plan->settings, sizeof found);
    if (partitions > 0 &&
        kafka_admin_topic_settings(run->admin, plan->name, found, plan->setting_count, ASK_MS,
                                   run->ctl->arena, err) < 0)
        return -1;
    topics_check(plan, partitions, events, found, faults);

    if (plan->worker && partitions > 0) return check_logs(run, plan, partitions, faults, err);
    return 0;
}

/* 0 or -1. */
static int find_faults(struct topics_run *run, struct topics_faults *faults, struct err *err) {
    struct kafka_setting broker = {topics_broker_setting, NULL};
    const char *name = arena_printf(run->ctl->arena, "%s.events", run->ctl->config.topic_prefix);

    faults->arena = run->ctl->arena;
    int events = kafka_admin_partitions(run->admin, name, ASK_MS, err);
    int bad = events < 0;
    for (int i = 0; i < run->count && !bad; i++)
        bad = check_topic(run, &run->plans[i], events, faults, err) < 0;
    if (bad ||
        kafka_admin_broker_settings(run->admin, &broker, 1, ASK_MS, run->ctl->arena, err) < 0)
        return -1;
    topics_check_broker(broker.value, run->ctl->config.transaction_timeout_ms,
                        run->ctl->config.session_timeout_ms, faults);

    return 0;
}

static int check(struct topics_run *run) {
    struct err err;
    struct topics_faults *faults = arena_alloc(run->ctl->arena, sizeof *faults);

    if (run->ctl->config.demonstration) {
        ctl_note("redress-devbroker has no settings to check");
        return 0;
    }
    if (find_faults(run, faults, &err) < 0) return ctl_fail(run->ctl, "%s", err.text);
    print_faults(run, faults);
    ctl_note("%d topics checked, %d differences", run->count, faults->count);

    if (faults->count) return EXIT_CANNOT_GO_ON;
    return 0;
}

int ctl_topics_faults(struct ctl *ctl, int brokers, struct topics_faults *faults, struct err *err) {
    struct topics_run run = {.ctl = ctl, .admin = kafka_admin_new(&ctl->kafka, err)};

    if (!run.admin) return -1;
    run.count = topics_plan(ctl->arena, ctl->config.topic_prefix, PARTITIONS,
                            brokers < REPLICATION ? brokers : REPLICATION, run.plans);
    int rc = find_faults(&run, faults, err);
    kafka_admin_free(run.admin);

    return rc;
}

static int run_topics(int argc, char **argv) {
    struct ctl ctl = {.command = &ctl_topics};
    struct topics_run *run = calloc(1, sizeof *run);

    ASSERT(run);
    run->ctl = &ctl;
    const struct options_row options[] = {{"--partitions", &run->partitions_text, NULL},
                                          {"--replication", &run->replication_text, NULL},
                                          {NULL, NULL, NULL}};
    int status = ctl_options(run->ctl, options, &argc, argv);
    const char *what = "";
    if (argc == 2) what = argv[1];
    if (!status && strcmp(what, "create") != 0 && strcmp(what, "check") != 0)
        status = ctl_usage(run->ctl, "expected create or check");
    if (!status) status = open_admin(run);
    if (!status) status = strcmp(what, "create") == 0 ? create(run) : check(run);
    kafka_admin_free(run->admin);
    ctl_close(run->ctl);
    free(run);

    return status;
}

const struct command ctl_topics = {
    .name = "topics",
    .usage = "topics create|check [--partitions N] [--replication N] [--json]",
    .about = "make all topics with their settings, or check those that are there",
    .options = "create check --partitions --replication --json",
    .run = run_topics,
    .help = help_topics,
};
