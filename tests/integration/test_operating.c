/* What an operator relies on: workers leave cleanly at SIGTERM also under load and lose nothing by
 * it, policies are reloaded at SIGHUP or refused with file and line, and a worker does not start on
 * a Redis or topics that would lose states. */
#include "base/clock.h"
#include "base/ids.h"
#include "intake/intake.h"
#include "outside/kafka_admin.h"
#include "pipeline.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum {
    LIMIT_MS = PIPELINE_WITHIN_MS,
    DRAIN_MS = 240000, /* REDRESS_DRAIN is 10 s; leak checks come on top */
    RUN_MS = 240000,
    BACKLOG = 400,
    CONFIGURATION = 78,
    CANNOT_GO_ON = 70
};

static void complain(struct pipeline *pipeline, int i, char case_id[IDS_CASE_LEN + 1]) {
    char id[16], order[16], route[IDS_ROUTE_LEN + 1];
    snprintf(id, sizeof id, "o-%d", i);
    snprintf(order, sizeof order, "order:O%d", i);
    ids_route("default", order, route);
    ids_case(route, "/shop/app", id, case_id);
    pipeline_publish(
        pipeline, "complaint.submitted", "/shop/app", id, clock_now_ms(), route,
        "{'channel':'app','customer':{'id':'u-%d','tier':'regular'},'order':{'id':'O%d','status':'"
        "signed','amount':{'currency':'CNY','minor':8900}},'text':'毛衣穿了一天就起球'}",
        i, i);
}

/* The policies delivered, but promises wait for the class however long it takes: they are told
 * once. */
static void wait_for_class(struct harness *h, struct process *sla) {
    char dir[260], file[280];
    snprintf(dir, sizeof dir, "%s/waiting", h->dir);
    snprintf(file, sizeof file, "%s/sla.yaml", dir);

    assert_int_equal(harness_run(h, NULL, RUN_MS, "cp", "-r", h->policy_dir, dir, NULL), 0);
    assert_int_equal(harness_run(h, NULL, RUN_MS, "sed", "-i",
                                 "s/^classify_within: 10s/classify_within: 1h/", file, NULL),
                     0);
    process_env(sla, "REDRESS_POLICY_DIR=%s", dir);
}

/* Ended while there is work: everything goes on where it stopped. */
static void test_sigterm(void **state) {
    (void)state;
    struct pipeline *pipeline = pipeline_new("sigterm", 4);
    char case_id[IDS_CASE_LEN + 1];
    for (int i = 0; i < PIPELINE_WORKERS;
         i++) /* many batches: what remains to be done is certain */
        process_env(pipeline->workers[i], "REDRESS_BATCH_RECORDS=20");
    wait_for_class(pipeline->h, pipeline->workers[PIPELINE_SLA]);
    pipeline_start(pipeline);
    for (int i = 0; i < BACKLOG; i++) complain(pipeline, i, case_id);
    world_flush(pipeline->world);
    tail_wait(pipeline->events, "case.opened", NULL, 1, LIMIT_MS);
    for (int i = 0; i < PIPELINE_WORKERS; i++) process_kill(pipeline->workers[i], SIGTERM);
    int64_t began_ms = wait_now_ms();
    for (int i = 0; i < PIPELINE_WORKERS; i++) {
        struct process *worker = pipeline->workers[i];
        if (!process_wait(worker, DRAIN_MS))
            fail_msg("%s still runs %d ms after SIGTERM", worker->name, DRAIN_MS);
        if (process_exit_status(worker) != 0)
            fail_msg("%s: status %d", worker->name, process_exit_status(worker));
    }
    WAIT_FOR(world_lag(pipeline->world, pipeline_specs[PIPELINE_NOTIFICATION]) > 0, LIMIT_MS);
    tail_catch_up(pipeline->events);
    print_message(
        "all workers ended %lld ms after SIGTERM, with %d of %d cases opened and %d answered\n",
        (long long)(wait_now_ms() - began_ms), tail_count(pipeline->events, "case.opened", NULL),
        BACKLOG, tail_count(pipeline->events, "notification.requested", NULL));
    pipeline_start(pipeline);
    pipeline_wait_idle(pipeline);
    static const char *const once[] = {"case.opened", "case.classified", "sla.started",
                                       "compensation.proposed"};
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        assert_int_equal(tail_count(pipeline->events, once[i], NULL), BACKLOG);
    pipeline_check_views(pipeline);
    pipeline_close(pipeline);
}

/* ---- Policies ---- */

static void write_policy(const char *dir, const char *text) {
    char path[300], next[310];
    snprintf(path, sizeof path, "%s/sla.yaml", dir);
    snprintf(next, sizeof next, "%s.new", path);
    FILE *file = fopen(next, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(rename(next, path), 0);
}

static void expect_version(struct pipeline *pipeline, int i, const char *version, const char *due) {
    char case_id[IDS_CASE_LEN + 1];
    complain(pipeline, i, case_id);
    const struct tail_event *started =
        tail_wait(pipeline->events, "sla.started", case_id, 1, LIMIT_MS);
    const char *found = tree_text(started->ev.data, "policy_version");
    if (!found || strcmp(found, version) != 0)
        fail_msg("policy_version %s, expected %s", found, version);
    if (due && !strstr(started->data, due)) fail_msg("%s expected in %s", due, started->data);
}

static void test_sighup(void **state) {
    (void)state;
    static const char first[] =
        "version: \"one\"\npolicies:\n  - name: p\n    targets:\n      resolution: {within: 24h}\n";
    static const char second[] =
        "version: \"two\"\npolicies:\n  - name: p\n    targets:\n      follow_up: {within: 1h}\n"
        "      first_contact: {within: 2h}\n";
    static const char broken[] =
        "version: \"three\"\npolicies:\n  - name: p\n    targets:\n      resolution: {with: 24h}\n";
    static const char reused[] =
        "version: \"two\"\npolicies:\n  - name: p\n    targets:\n      resolution: {within: 3h}\n";
    struct pipeline *pipeline = pipeline_new("sighup", 4);
    struct process *sla = pipeline->workers[PIPELINE_SLA];
    char dir[260];
    snprintf(dir, sizeof dir, "%s/policies", pipeline->h->dir);
    assert_int_equal(mkdir(dir, 0755), 0);
    process_env(sla, "REDRESS_POLICY_DIR=%s", dir);
    write_policy(dir, first);
    pipeline_start(pipeline);
    expect_version(pipeline, 1, "one", "\"resolution\"");
    process_kill(sla, SIGHUP); /* nothing has changed: nothing is loaded */
    WAIT_FOR(process_log_count(sla, "policies unchanged") == 1, LIMIT_MS);
    assert_int_equal(process_log_count(sla, "policies reloaded"), 0);
    write_policy(dir, second);
    process_kill(sla, SIGHUP);
    WAIT_FOR(process_log_count(sla, "policies reloaded") == 1, LIMIT_MS);
    expect_version(pipeline, 2, "two", "\"first_contact\"");
    write_policy(dir, broken);
    process_kill(sla, SIGHUP);
    WAIT_FOR(process_log_count(sla, "policies not reloaded") == 1, LIMIT_MS);
    assert_true(process_log_count(sla, "sla.yaml:5") > 0);
    expect_version(pipeline, 3, "two", "\"first_contact\"");
    write_policy(dir, reused);
    process_kill(sla, SIGHUP);
    WAIT_FOR(process_log_count(sla, "policies not reloaded") == 2, LIMIT_MS);
    assert_true(process_log_count(sla, "give the changed policy a new version") > 0);
    expect_version(pipeline, 4, "two", "\"first_contact\"");
    assert_true(process_running(sla));
    pipeline_close(pipeline);
}

static void copy_with(const char *from_dir, const char *to_dir, const char *name,
                      const char *more) {
    char from[400], to[400], line[8192];
    snprintf(from, sizeof from, "%s/%s", from_dir, name);
    snprintf(to, sizeof to, "%s/%s", to_dir, name);
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    assert_non_null(in);
    assert_non_null(out);
    while (fgets(line, sizeof line, in)) fputs(line, out);
    fputs(more, out);
    fclose(in);
    fclose(out);
}

static int lines_of(const char *dir, const char *name) {
    char path[400];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (int c; (c = fgetc(file)) != EOF;) count += c == '\n';
    fclose(file);
    return count;
}

/* An unknown key behind the last line of each policy: needs neither Kafka nor Redis. */
static void test_check(void **state) {
    (void)state;
    struct harness *h = harness_new("check");
    char good[sizeof h->policy_dir], dir[sizeof h->policy_dir];
    memcpy(good, h->policy_dir, sizeof good);
    snprintf(dir, sizeof dir, "%.180s/policies", h->dir);
    /* With the files that a policy names beside itself. */
    assert_int_equal(harness_run(h, NULL, RUN_MS, "cp", "-r", good, dir, NULL), 0);
    int checked = 0;
    for (int i = 0; i < PIPELINE_WORKERS; i++) {
        const char *name = pipeline_specs[i]->policy_file;
        char program[64], place[64];
        struct buf said = {0};
        snprintf(program, sizeof program, "redress-%s", pipeline_specs[i]->name);
        memcpy(h->policy_dir, good, sizeof good);
        if (harness_run(h, &said, RUN_MS, program, "--check", NULL) != 0 ||
            !strstr(said.at, "\nredis_url: redis://"))
            fail_msg("%s --check: %s", program, said.at);
        buf_free(&said);
        if (!name) continue;
        copy_with(good, dir, name, "no_such_setting: 1\n");
        snprintf(place, sizeof place, "%s:%d", name, lines_of(dir, name));
        memcpy(h->policy_dir, dir, sizeof dir);
        int status = harness_run(h, &said, RUN_MS, program, "--check", NULL);
        if (status != CONFIGURATION || !strstr(said.at, place) ||
            !strstr(said.at, "no_such_setting"))
            fail_msg("%s --check: status %d, expected %d and %s in\n%s", program, status,
                     CONFIGURATION, place, said.at);
        buf_free(&said);
        checked++;
    }
    assert_int_equal(checked, 4);
    harness_close(h);
}

/* ---- Starts that are refused ---- */

static void expect_refused(struct process *worker, const char *why, const char *remedy) {
    process_start(worker);
    if (!process_wait(worker, LIMIT_MS)) {
        process_log_tail(worker, 10);
        fail_msg("%s still runs", worker->name);
    }
    if (process_exit_status(worker) != CANNOT_GO_ON || !process_log_count(worker, why) ||
        !process_log_count(worker, remedy)) {
        process_log_tail(worker, 10);
        fail_msg("%s: status %d, expected %d, \"%s\" and \"%s\"", worker->name,
                 process_exit_status(worker), CANNOT_GO_ON, why, remedy);
    }
}

static void set_redis_policy(struct harness *h, const char *policy) {
    char port[16];
    snprintf(port, sizeof port, "%d", h->redis_port);
    assert_int_equal(harness_run(h, NULL, RUN_MS, "redis-cli", "-p", port, "config", "set",
                                 "maxmemory-policy", policy, NULL),
                     0);
}

static void test_redis_that_forgets_is_refused(void **state) {
    (void)state;
    struct harness *h = harness_share("eviction");
    harness_create_topics(h, 2);
    set_redis_policy(h, "allkeys-lru");
    static const char *const workers[] = {"intake", "sla", "compensation", "notification"};
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++)
        expect_refused(harness_worker(h, workers[i], 0), "allkeys-lru",
                       "maxmemory-policy noeviction");
    set_redis_policy(h, "noeviction");
    harness_leave(h);
}

/* Somebody made one of the topics with another number of partitions. */
static void make_topic(struct harness *h, const char *name, int partitions) {
    struct arena *arena = arena_new();
    struct config_property server = {"bootstrap.servers", h->bootstrap};
    struct config config = {
        .arena = arena, .kafka = &server, .kafka_count = 1, .topic_prefix = h->prefix};
    struct kafka kafka = {.config = &config};
    struct kafka_new_topic topic = {.name = name, .partitions = partitions, .replication = 1};
    struct err err;
    struct kafka_admin *admin = kafka_admin_new(&kafka, &err);
    assert_non_null(admin);
    assert_int_equal(kafka_admin_create(admin, &topic, 1, RUN_MS, &err), 0);
    assert_int_equal(topic.made, KAFKA_MADE);
    kafka_admin_free(admin);
    arena_free(arena);
}

static void test_unequal_partitions_are_refused(void **state) {
    (void)state;
    struct harness *h = harness_share("unequal");
    make_topic(h, "unequal.deliveries", 3);
    harness_create_topics(h, 2);
    static const char *const workers[] = {"sla", "compensation", "notification"};
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++)
        expect_refused(harness_worker(h, workers[i], 0),
                       "unequal.deliveries has 3 partitions and unequal.events has 2",
                       "redressctl topics create --partitions 2");
    harness_leave(h);
}

/* ---- A new version, replica by replica ---- */

enum { ROLLOUT_FIRST = 8, ROLLOUT_CASES = 32, ROLLOUT_MOVES = 4 };

struct rollout {
    struct pipeline *pipeline;
    struct process *sla[2];
    char cases[ROLLOUT_CASES][IDS_CASE_LEN + 1];
    char versions[ROLLOUT_CASES][8]; /* as started */
};

static const char *folder_with(struct pipeline *pipeline, const char *name, const char *text) {
    static char dir[260];
    snprintf(dir, sizeof dir, "%s/%s", pipeline->h->dir, name);
    assert_int_equal(mkdir(dir, 0755), 0);
    write_policy(dir, text);
    return dir;
}

static void open_cases(struct rollout *rollout, int from, int to) {
    for (int i = from; i < to; i++) complain(rollout->pipeline, i, rollout->cases[i]);
    world_flush(rollout->pipeline->world);
    for (int i = from; i < to; i++) {
        const struct tail_event *started =
            tail_wait(rollout->pipeline->events, "sla.started", rollout->cases[i], 1, LIMIT_MS);
        snprintf(rollout->versions[i], sizeof rollout->versions[i], "%s",
                 tree_text(started->ev.data, "policy_version"));
    }
}

/* Something happens to every case, and sla has folded it. */
static void touch_cases(struct rollout *rollout, int turn) {
    static const struct worker_spec *const specs[] = {&intake_spec, &sla_spec, NULL};
    for (int i = 0; i < ROLLOUT_CASES; i++) {
        char id[32], route[IDS_ROUTE_LEN + 1] = "";
        snprintf(id, sizeof id, "u-%d-%d", turn, i);
        memcpy(route, rollout->cases[i], IDS_ROUTE_LEN);
        pipeline_publish(rollout->pipeline, "case.updated", "/desk", id, clock_now_ms(), route,
                         "{'case_id':'%s','by':'anna'}", rollout->cases[i]);
    }
    world_flush(rollout->pipeline->world);
    world_wait_idle(rollout->pipeline->world, specs, LIMIT_MS);
}

static int count_version(const struct rollout *rollout, const char *version) {
    int count = 0;
    for (int i = 0; i < ROLLOUT_CASES; i++) count += strcmp(rollout->versions[i], version) == 0;
    return count;
}

static void check_version(void *context, const struct raw *raw) {
    const struct rollout *rollout = context;
    for (int i = 0; i < ROLLOUT_CASES; i++) {
        if (raw->key_len != IDS_CASE_LEN || memcmp(raw->key, rollout->cases[i], IDS_CASE_LEN) != 0)
            continue;
        char expected[40];
        snprintf(expected, sizeof expected, "\"policy_version\":\"%s\"", rollout->versions[i]);
        if (raw->value && !memmem(raw->value, raw->value_len, expected, strlen(expected)))
            fail_msg("case %s: %s expected in %.*s", rollout->cases[i], expected,
                     (int)raw->value_len, raw->value);
    }
}

/* One replica has the new file, one still the old one, and the shards move from one to the other
 * and back: every case keeps the version that it was opened under, in every state that was ever
 * written, and no deadline moves. */
static void test_rollout(void **state) {
    (void)state;
    static const char old[] =
        "version: \"one\"\nclassify_within: 100ms\npolicies:\n  - name: p\n    targets:\n"
        "      first_contact: {within: 1h}\n      resolution: {within: 24h}\n";
    static const char new[] =
        "version: \"two\"\nclassify_within: 100ms\npolicies:\n  - name: p\n    targets:\n"
        "      first_contact: {within: 2h}\n      resolution: {within: 48h}\n";
    struct pipeline *pipeline = pipeline_new("rollout", 4);
    struct rollout rollout = {.pipeline = pipeline, .sla = {pipeline->workers[PIPELINE_SLA]}};
    rollout.sla[1] = harness_worker(pipeline->h, "sla", 1);
    process_env(rollout.sla[0], "REDRESS_POLICY_DIR=%s", folder_with(pipeline, "old", old));
    process_env(rollout.sla[1], "REDRESS_POLICY_DIR=%s", folder_with(pipeline, "new", new));
    for (int i = 0; i < 2; i++) { /* who has left is given up soon */
        process_env(rollout.sla[i], "REDRESS_SESSION_TIMEOUT=6s");
        process_env(rollout.sla[i], "REDRESS_TRANSACTION_TIMEOUT=3s");
    }
    process_start(pipeline->workers[PIPELINE_INTAKE]);
    process_start(rollout.sla[0]);
    harness_wait_ready(pipeline->h, pipeline->workers[PIPELINE_INTAKE]);
    harness_wait_ready(pipeline->h, rollout.sla[0]);
    open_cases(&rollout, 0, ROLLOUT_FIRST);
    assert_int_equal(count_version(&rollout, "one"), ROLLOUT_FIRST);

    process_start(rollout.sla[1]);
    harness_wait_ready(pipeline->h, rollout.sla[1]);
    open_cases(&rollout, ROLLOUT_FIRST, ROLLOUT_CASES);
    assert_true(count_version(&rollout, "two") > 0);
    assert_true(count_version(&rollout, "one") > ROLLOUT_FIRST);
    for (int move = 0; move < ROLLOUT_MOVES; move++) {
        struct process *leaves = rollout.sla[(move + 1) % 2];
        assert_int_equal(process_stop(leaves, DRAIN_MS), 0);
        touch_cases(&rollout, move);
        process_start(leaves);
        harness_wait_ready(pipeline->h, leaves);
    }
    tail_catch_up(pipeline->events);
    assert_int_equal(tail_count(pipeline->events, "sla.rescheduled", NULL), 0);
    assert_int_equal(tail_count(pipeline->events, "sla.cancelled", NULL), 0);
    assert_true(world_read(pipeline->world, TOPIC_STATE, "sla", check_version, &rollout) > 0);
    print_message("%d cases of version one, %d of version two\n", count_version(&rollout, "one"),
                  count_version(&rollout, "two"));
    pipeline_close(pipeline);
}

/* A case whose version was taken back: nothing is decided about it, and the process says what to
 * do. */
static void test_lost_version(void **state) {
    (void)state;
    static const char policy[] =
        "version: \"%s\"\nclassify_within: 100ms\n%spolicies:\n  - name: p\n    targets:\n"
        "      resolution: {within: 24h}\n";
    struct pipeline *pipeline = pipeline_new("lost-version", 1);
    struct rollout rollout = {.pipeline = pipeline, .sla = {pipeline->workers[PIPELINE_SLA]}};
    struct process *sla = rollout.sla[0];
    char text[300];
    snprintf(text, sizeof text, policy, "one", "");
    const char *dir = folder_with(pipeline, "policies", text);
    process_env(sla, "REDRESS_POLICY_DIR=%s", dir);
    process_start(pipeline->workers[PIPELINE_INTAKE]);
    process_start(sla);
    open_cases(&rollout, 0, 1);
    assert_int_equal(process_stop(sla, DRAIN_MS), 0);

    world_publish(pipeline->world, TOPIC_POLICIES, "sla:one", NULL, 0, NULL, 0);
    world_flush(pipeline->world);
    snprintf(text, sizeof text, policy, "two", "");
    write_policy(dir, text);
    pipeline_publish(pipeline, "case.updated", "/desk", "u", clock_now_ms(), rollout.cases[0],
                     "{'case_id':'%s','by':'anna'}", rollout.cases[0]);
    world_flush(pipeline->world);
    expect_refused(sla, "redress.policies has no sla:one",
                   "start redress-sla once on the sla.yaml of that version");

    snprintf(text, sizeof text, policy, "three", "migrate: true\n");
    write_policy(dir, text);
    process_start(sla);
    pipeline_publish(pipeline, "case.resolved", "/desk", "r", clock_now_ms(), rollout.cases[0],
                     "{'case_id':'%s','by':'anna'}", rollout.cases[0]);
    world_flush(pipeline->world);
    const struct tail_event *met =
        tail_wait(pipeline->events, "sla.met", rollout.cases[0], 1, LIMIT_MS);
    assert_string_equal(tree_text(met->ev.data, "policy_version"), "three");
    pipeline_close(pipeline);
}

/* ---- Cases that nobody closes ---- */

enum { SILENT_CASES = 32 };

/* Closed once each, whoever says it: the id is that of the last word, and the log has no id twice.
 */
static void check_closings(struct rollout *rollout, int first_has) {
    const struct tail *events = rollout->pipeline->events;
    for (int i = 0; i < SILENT_CASES; i++) {
        const struct tail_event *closed = tail_find(events, "case.closed", rollout->cases[i], 1);
        assert_int_equal(tail_count(events, "case.closed", rollout->cases[i]), i ? 1 : first_has);
        assert_string_equal(closed->ev.source, "/redress/sla");
        assert_string_equal(tree_text(closed->ev.data, "reason"), "silence");
        assert_null(tail_find(events, "sla.met", rollout->cases[i], 1));
    }
    assert_int_equal(tail_count(events, "case.closed", NULL), SILENT_CASES + first_has - 1);
}

/* While they are closed their worker is killed, and goes on; what is read back of its own words
 * changes nothing; and the customer's word opens a case again. */
static void test_silence(void **state) {
    static const char policy[] =
        "version: \"silent\"\nclassify_within: 1h\nclose_silent_after: 4s\npolicies:\n"
        "  - name: p\n    targets:\n      next_reply: {within: 1s}\n";
    (void)state;
    struct pipeline *pipeline = pipeline_new("silence", 4);
    struct rollout rollout = {.pipeline = pipeline, .sla = {pipeline->workers[PIPELINE_SLA]}};
    struct process *sla = rollout.sla[0];
    process_env(sla, "REDRESS_POLICY_DIR=%s", folder_with(pipeline, "silent", policy));
    process_env(sla, "REDRESS_LATE_SETTLE=1s");
    pipeline_start(pipeline);
    for (int i = 0; i < SILENT_CASES; i++) complain(pipeline, i, rollout.cases[i]);
    world_flush(pipeline->world);
    tail_wait(pipeline->events, "case.closed", NULL, 1, LIMIT_MS);
    process_kill(sla, SIGKILL);
    pipeline_start(pipeline);
    tail_wait(pipeline->events, "case.closed", NULL, SILENT_CASES, LIMIT_MS);
    pipeline_wait_idle(pipeline);
    check_closings(&rollout, 1);
    pipeline_check_views(pipeline);

    pipeline_publish(pipeline, "case.customer_replied", "/shop/app", "again", clock_now_ms(),
                     rollout.cases[0], "{'case_id':'%s','text':'还没有人回复我'}",
                     rollout.cases[0]);
    world_flush(pipeline->world);
    tail_wait(pipeline->events, "sla.started", rollout.cases[0], 1, LIMIT_MS);
    tail_wait(pipeline->events, "case.closed", rollout.cases[0], 2, LIMIT_MS);
    pipeline_wait_idle(pipeline);
    check_closings(&rollout, 2);
    pipeline_close(pipeline);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sigterm),
                                       cmocka_unit_test(test_sighup),
                                       cmocka_unit_test(test_check),
                                       cmocka_unit_test(test_redis_that_forgets_is_refused),
                                       cmocka_unit_test(test_unequal_partitions_are_refused),
                                       cmocka_unit_test(test_rollout),
                                       cmocka_unit_test(test_lost_version),
                                       cmocka_unit_test(test_silence)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
