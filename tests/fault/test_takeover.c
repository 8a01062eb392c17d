/* Taking over: the first time, when the changelogs have no @log yet, through crashes and past a
 * zombie; what a worker refuses, with its remedy, instead of deciding from it or wiping a view on
 * its word; and the views that are made anew. */
#include "base/clock.h"
#include "base/ids.h"
#include "faults.h"
#include "outside/redis.h"
#include "redressctl/log/topics.h"
#include "sla/sla.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PARTITIONS = 4, COMPLAINTS = 200, ASK_MS = 1000 };

struct scene {
    struct harness *h;
    struct world *world;
    struct kafka kafka; /* of sla, whose changelog is written to */
    struct process *intake, *sla;
};

static void open_servers(struct scene *scene, const char *name) {
    scene->h = harness_share(name);
}

static void open_prefix(struct scene *scene, const char *prefix) {
    snprintf(scene->h->prefix, sizeof scene->h->prefix, "%s", prefix);
    scene->world = world_open(scene->h);
    scene->kafka = (struct kafka){.config = &scene->world->config, .worker = "sla"};
    scene->intake = harness_worker(scene->h, "intake", 0);
    scene->sla = harness_worker(scene->h, "sla", 0);
}

static void close_scene(struct scene *scene) {
    world_close(scene->world);
    harness_leave(scene->h);
}

/* All topics as `redressctl topics create` makes them, but for the changelogs' first record.
 * cleanup: of sla's. */
static void make_topics(struct scene *scene, int partitions, const char *cleanup) {
    struct arena *arena = arena_new();
    struct err err;
    struct topics_plan plans[TOPICS_MAX];
    struct kafka_new_topic topics[TOPICS_MAX];
    int count = topics_plan(arena, scene->h->prefix, partitions, 1, plans);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < plans[i].setting_count; k++)
            if (plans[i].worker && strcmp(plans[i].worker, "sla") == 0 &&
                strcmp(plans[i].settings[k].name, "cleanup.policy") == 0)
                plans[i].settings[k].value = cleanup;
        topics[i] = (struct kafka_new_topic){.name = plans[i].name,
                                             .partitions = plans[i].partitions,
                                             .replication = 1,
                                             .settings = plans[i].settings,
                                             .setting_count = plans[i].setting_count};
    }
    struct kafka_admin *admin = kafka_admin_new(&scene->kafka, &err);
    if (!admin || kafka_admin_create(admin, topics, count, FAULTS_STEP_MS, &err) < 0)
        wait_fail("%s", err.text);
    for (int i = 0; i < count; i++)
        if (topics[i].made != KAFKA_MADE) wait_fail("%s: %s", topics[i].name, topics[i].err.text);
    kafka_admin_free(admin);
    arena_free(arena);
}

static void complain(struct scene *scene, int first, int count) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};
    struct buf buf = {0};
    for (int i = first; i < first + count; i++) {
        char number[32], routed_by[64], route[IDS_ROUTE_LEN + 1], data[200];
        snprintf(number, sizeof number, "case-%d", i);
        snprintf(routed_by, sizeof routed_by, "conversation:%s", number);
        ids_route("default", routed_by, route);
        snprintf(data, sizeof data,
                 "{\"channel\":\"phone\",\"customer\":{\"id\":\"caller-%d\",\"tier\":\"regular\"},"
                 "\"conversation\":\"%s\",\"text\":\"it is late\"}",
                 i, number);
        buf_clear(&buf);
        ticketlogs_write(&(struct ticket_event){.type = "complaint.submitted",
                                                .id = number,
                                                .source = "/desk",
                                                .time_ms = clock_now_ms(),
                                                .key = route,
                                                .data = data},
                         &buf);
        world_publish(scene->world, TOPIC_COMPLAINTS, route, buf.at, buf.len, &structured, 1);
    }
    buf_free(&buf);
    world_flush(scene->world);
}

/* ---- The first time ---- */

struct logs {
    int count[PARTITIONS], first[PARTITIONS], records[PARTITIONS];
};

static void count_log(void *context, const struct raw *raw) {
    struct logs *logs = context;
    bool is_log = raw->key_len == 4 && memcmp(raw->key, "@log", 4) == 0;
    logs->count[raw->partition] += is_log;
    logs->first[raw->partition] += is_log && logs->records[raw->partition] == 0;
    logs->records[raw->partition]++;
}

static void count_opened(void *context, const struct raw *raw) {
    size_t len;
    const char *type = event_peek_type(raw, &len);
    *(int *)context +=
        type && len == strlen("case.opened") && memcmp(type, "case.opened", len) == 0;
}

static void wait_idle(struct scene *scene) {
    static const enum topic inputs[] = {TOPIC_COMPLAINTS, TOPIC_NONE};
    static const struct worker_spec intake = {.name = "intake", .reads = inputs};
    const struct worker_spec *specs[] = {&intake, &sla_spec, NULL};
    world_wait_idle(scene->world, specs, FAULTS_STEP_MS);
}

static void check_first(struct scene *scene, int cases) {
    wait_idle(scene);
    struct logs logs = {0};
    struct buf diff = {0};
    int lines, opened = 0;
    world_read(scene->world, TOPIC_STATE, "sla", count_log, &logs);
    for (int i = 0; i < PARTITIONS; i++) {
        print_message("changelog %d: %d records, %d @log\n", i, logs.records[i], logs.count[i]);
        assert_int_equal(logs.count[i], 1);
        assert_int_equal(logs.first[i], 1);
    }
    world_read(scene->world, TOPIC_EVENTS, NULL, count_opened, &opened);
    assert_int_equal(opened, cases);
    if (world_check_view(scene->world, &sla_spec, &diff, &lines)) fail_msg("%s", diff.at);
    assert_true(lines > cases);
    buf_free(&diff);
}

static void crash_at(struct scene *scene, const char *point, int passage) {
    process_env(scene->sla, "REDRESS_TEST_FAULT=%s:%d", point, passage);
    process_start(scene->sla);
    if (!process_wait(scene->sla, FAULTS_STEP_MS)) wait_fail("sla did not come to %s", point);
    assert_int_equal(process_exit_status(scene->sla), 128 + SIGKILL);
    process_env(scene->sla, "REDRESS_TEST_FAULT=");
}

/* Before and after the record is written, and within its transaction. */
static void test_crashes(void **state) {
    (void)state;
    struct scene scene = {0};
    open_servers(&scene, "first");
    open_prefix(&scene, "first");
    make_topics(&scene, PARTITIONS, "compact");
    complain(&scene, 0, COMPLAINTS);
    crash_at(&scene, "before_log", 1);
    crash_at(&scene, "before_commit", 1);
    crash_at(&scene, "after_log", 1);
    crash_at(&scene, "before_log", 2);
    crash_at(&scene, "after_log", 1);
    process_start(scene.sla);
    harness_wait_ready(scene.h, scene.sla);
    process_start(scene.intake);
    check_first(&scene, COMPLAINTS);
    close_scene(&scene);
}

/* It stands still with an @log in hand, and another makes one meanwhile. */
static void test_zombie(void **state) {
    (void)state;
    struct scene scene = {0};
    open_servers(&scene, "zombie-log");
    open_prefix(&scene, "zombie");
    make_topics(&scene, PARTITIONS, "compact");
    struct process *other = harness_worker(scene.h, "sla", 1), *both[] = {scene.sla, other};
    for (int i = 0; i < 2; i++) {
        process_env(both[i], "REDRESS_SESSION_TIMEOUT=6s");
        process_env(both[i], "REDRESS_TRANSACTION_TIMEOUT=3s");
    }
    complain(&scene, 0, COMPLAINTS);
    process_env(scene.sla, "REDRESS_TEST_FAULT=before_log:2:stop");
    process_start(scene.sla);
    WAIT_FOR(process_stands(scene.sla), FAULTS_STEP_MS);
    process_freeze(scene.sla);
    process_start(other);
    harness_wait_ready(scene.h, other);
    process_start(scene.intake);
    WAIT_FOR(world_lag(scene.world, &sla_spec) == 0, FAULTS_STEP_MS);
    process_thaw(scene.sla);
    harness_wait_ready(scene.h, scene.sla);
    complain(&scene, COMPLAINTS, COMPLAINTS);
    check_first(&scene, 2 * COMPLAINTS);
    close_scene(&scene);
}

/* ---- Refusals ---- */

struct refusal {
    const char *prefix;
    const char *cleanup;    /* cleanup.policy of the changelog; NULL: compact */
    const char *first_key;  /* its first record; NULL: none */
    int shards;             /* as that says */
    const char *state_key;  /* one more record */
    const char *state_next; /* its header redress_next */
    bool event;             /* the case log has one */
    int64_t committed;      /* the group's offset; -1: none */
    const char *log_id;     /* with it */
    const char *why, *remedy;
};

static void produce(struct scene *scene, enum topic topic, const char *key, const char *value,
                    const char *next) {
    struct err err;
    struct kafka_producer *producer = kafka_producer_new(&scene->kafka, NULL, &err);
    if (!producer) wait_fail("%s", err.text);
    struct kafka_message message = {.topic = topic,
                                    .key = key,
                                    .key_len = strlen(key),
                                    .value = value,
                                    .value_len = strlen(value)};
    struct header header = {"redress_next", next, next ? strlen(next) : 0};
    message.headers = &header;
    message.header_count = next != NULL;
    if (kafka_produce(producer, &message, &err) != KAFKA_DONE ||
        kafka_flush(producer, FAULTS_STEP_MS, &err) != KAFKA_DONE)
        wait_fail("%s", err.text);
    kafka_producer_free(producer);
}

static void note_assigned(void *context, const struct place *places, int count) {
    (void)places;
    *(bool *)context = count > 0;
}

static void note_revoked(void *context, bool lost) {
    (void)lost;
    *(bool *)context = false;
}

/* What sla's group has committed, by a member that leaves again. */
static void commit_offset(struct scene *scene, int64_t offset, const char *log_id) {
    static const enum topic reads[] = {TOPIC_EVENTS, TOPIC_NONE},
                            writes[] = {TOPIC_EVENTS, TOPIC_NONE};
    bool assigned = false;
    struct kafka_hooks hooks = {&assigned, note_assigned, note_revoked};
    struct kafka_record *record;
    struct place place = {.topic = TOPIC_EVENTS, .offset = offset}, where;
    struct err err;
    snprintf(place.metadata, sizeof place.metadata, "%s", log_id);
    struct kafka_consumer *member = kafka_consumer_new(&scene->kafka, reads, &hooks, &err);
    if (!member) wait_fail("%s", err.text);
    int64_t end_ms = wait_now_ms() + FAULTS_STEP_MS;
    while (!assigned) {
        kafka_poll(member, 50, &record, &where, &err);
        wait_turn(end_ms, __FILE__, __LINE__, "assigned");
    }
    struct kafka_producer *producer = kafka_producer_new(&scene->kafka, "somebody", &err);
    if (!producer) wait_fail("%s", err.text);
    WAIT_FOR(kafka_producer_ready(producer, writes, ASK_MS, &err) == KAFKA_DONE, FAULTS_STEP_MS);
    if (kafka_begin(producer, &err) != KAFKA_DONE ||
        kafka_send_offsets(producer, &place, 1, kafka_membership(member), &err) != KAFKA_DONE ||
        kafka_commit(producer, &err) != KAFKA_DONE)
        wait_fail("%s", err.text);
    kafka_producer_free(producer);
    kafka_consumer_free(member);
}

static void expect_refused(struct scene *scene, const char *why, const char *remedy) {
    if (!process_wait(scene->sla, FAULTS_STEP_MS))
        wait_fail("%s: sla still runs", scene->h->prefix);
    if (process_exit_status(scene->sla) == EXIT_CANNOT_GO_ON &&
        process_log_count(scene->sla, why) > 0 && process_log_count(scene->sla, remedy) > 0)
        return;
    process_log_tail(scene->sla, 10);
    fail_msg("%s: status %d, expected %d, \"%s\" and \"%s\"", scene->h->prefix,
             process_exit_status(scene->sla), EXIT_CANNOT_GO_ON, why, remedy);
}

/* A key of the view, as it was before: is it still there? */
static bool view_is_there(struct scene *scene, bool set) {
    struct err err;
    struct redis *redis = redis_new(scene->world->config.redis_url, &err);
    struct arena *arena = arena_new();
    struct redis_reply reply;
    const char *key = arena_printf(arena, "%s:{sla.0}:applied", scene->h->prefix);
    if (set ? redis_ask(redis, arena, &reply, &err, 3, "SET", key, "1000")
            : redis_ask(redis, arena, &reply, &err, 2, "EXISTS", key))
        wait_fail("%s", err.text);
    bool there = reply.number == 1;
    redis_free(redis);
    arena_free(arena);
    return there;
}

static void refuse(struct scene *scene, const struct refusal *row) {
    char value[100];
    open_prefix(scene, row->prefix);
    make_topics(scene, 1, row->cleanup ? row->cleanup : "compact");
    snprintf(value, sizeof value, "{\"log_id\":\"ours\",\"shards\":%d}", row->shards);
    if (row->first_key) produce(scene, TOPIC_STATE, row->first_key, value, NULL);
    if (row->state_key) produce(scene, TOPIC_STATE, row->state_key, "{}", row->state_next);
    if (row->event) produce(scene, TOPIC_EVENTS, "x", "{}", NULL);
    if (row->committed >= 0) commit_offset(scene, row->committed, row->log_id);
    view_is_there(scene, true);
    process_start(scene->sla);
    expect_refused(scene, row->why, row->remedy);
    print_message("%s: refused\n", row->prefix);
    assert_true(view_is_there(scene, false));
    world_close(scene->world);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {.prefix = "uncompacted",
         .cleanup = "delete",
         .first_key = "@log",
         .shards = 1,
         .committed = -1,
         .why = "cleanup.policy=delete",
         .remedy = "kafka-configs --alter"},
        {.prefix = "another-count",
         .first_key = "@log",
         .shards = 2,
         .committed = -1,
         .why = "made for another number of partitions",
         .remedy = "make new topics"},
        {.prefix = "not-ours",
         .first_key = "somebody",
         .shards = 1,
         .committed = -1,
         .why = "does not begin with its @log record",
         .remedy = "Restore it, or make new topics"},
        {.prefix = "no-offsets",
         .first_key = "@log",
         .shards = 1,
         .state_key = "c1",
         .state_next = "41",
         .committed = -1,
         .why = "no committed offsets although its changelog has states",
         .remedy = "no-offsets.events:0 --reset-offsets --to-offset 41 --execute"},
        {.prefix = "no-log",
         .event = true,
         .committed = 1,
         .log_id = "ours",
         .why = "the changelog is empty although this group has committed offsets",
         .remedy = "Restore it, or"},
        {.prefix = "no-log-yet",
         .event = true,
         .committed = -1,
         .why = "no @log record although the case log has events",
         .remedy = "Run `redressctl topics create`"},
        {.prefix = "another-log",
         .first_key = "@log",
         .shards = 1,
         .event = true,
         .committed = 1,
         .log_id = "another",
         .why = "the group's offsets belong to another changelog",
         .remedy = "Restore the one that they name"},
        {.prefix = "another-case-log",
         .first_key = "@log",
         .shards = 1,
         .event = true,
         .committed = 1000,
         .log_id = "ours",
         .why = "or the topic was recreated",
         .remedy = "reset the group's offsets"},
    };
    struct scene scene = {0};
    open_servers(&scene, "refusals");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) refuse(&scene, &rows[i]);
    harness_leave(scene.h);
}

/* ---- A changelog that is lost ---- */

static void lose_changelog(struct scene *scene) {
    char dir[400], path[700];
    snprintf(dir, sizeof dir, "%s/kafka/%s.sla.state-0", scene->h->dir, scene->h->prefix);
    DIR *folder = opendir(dir);
    if (!folder) wait_fail("no folder %s", dir);
    for (struct dirent *file; (file = readdir(folder));) {
        snprintf(path, sizeof path, "%s/%s", dir, file->d_name);
        if (file->d_name[0] != '.' && strcmp(file->d_name, "partition.metadata") != 0) unlink(path);
    }
    closedir(folder);
}

/* The broker comes back without it: the worker stops, whether it ran or not, and its view stays. */
static void lost(const char *name, bool runs) {
    struct scene scene = {0};
    open_servers(&scene, name);
    open_prefix(&scene, name);
    harness_create_topics(scene.h, 1);
    process_env(scene.sla,
                "REDRESS_SESSION_TIMEOUT=60s"); /* it keeps its shard while the broker is away */
    process_start(scene.sla);
    process_start(scene.intake);
    complain(&scene, 0, COMPLAINTS);
    wait_idle(&scene);
    assert_true(view_is_there(&scene, false));
    if (!runs) assert_int_equal(process_stop(scene.sla, FAULTS_STEP_MS), 0);
    process_kill(&scene.h->kafka, SIGKILL);
    lose_changelog(&scene);
    harness_start_kafka(scene.h);
    if (!runs) process_start(scene.sla);
    complain(&scene, COMPLAINTS, COMPLAINTS);
    if (runs)
        expect_refused(&scene, "does not begin with its @log record",
                       "its beginning was lost. Restore it");
    else
        expect_refused(&scene, "the changelog is empty although this group has committed offsets",
                       "Restore it");
    assert_true(view_is_there(&scene, false));
    close_scene(&scene);
}

static void test_lost_while_down(void **state) {
    (void)state;
    lost("lost-down", false);
}

static void test_lost_while_up(void **state) {
    (void)state;
    lost("lost-up", true);
}

/* ---- A view that cannot be healed ---- */

static void tell_redis(struct scene *scene, const char *verb, const char *kind, const char *a,
                       const char *b) {
    struct err err;
    struct redis_reply reply;
    struct arena *arena = arena_new();
    struct redis *redis = redis_new(scene->world->config.redis_url, &err);
    const char *key = arena_printf(arena, "%s:{sla.0}:%s", scene->h->prefix, kind);
    if (redis_ask(redis, arena, &reply, &err, b ? 4 : a ? 3 : 2, verb, key, a, b))
        wait_fail("%s", err.text);
    redis_free(redis);
    arena_free(arena);
}

/* Whatever is wrong with it: it is made anew, with nothing left of what was there. */
static void test_views(void **state) {
    (void)state;
    char old[32];
    snprintf(old, sizeof old, "%lld", (long long)clock_now_ms() - 8LL * 24 * 3600 * 1000);
    const struct {
        const char *verb, *kind, *value, *why;
    } rows[] = {
        {"SET", "applied_at", old, "it is too old"},
        {"SET", "applied", "1000000", "it lies beyond the changelog's end"},
        {"SET", "wiping", "somebody", "it was being emptied"},
        {"SET", "wipe", "1", "asked for by redressctl rebuild"},
        {"DEL", "applied", NULL, "it is empty"},
    };
    struct scene scene = {0};
    open_servers(&scene, "views");
    open_prefix(&scene, "views");
    harness_create_topics(scene.h, 1);
    process_start(scene.intake);
    process_start(scene.sla);
    complain(&scene, 0, COMPLAINTS);
    wait_idle(&scene);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf diff = {0};
        int lines;
        assert_int_equal(process_stop(scene.sla, FAULTS_STEP_MS), 0);
        tell_redis(&scene, rows[i].verb, rows[i].kind, rows[i].value, NULL);
        tell_redis(&scene, "HSET", "case:nobody", "status", "open");
        process_start(scene.sla);
        harness_wait_ready(scene.h, scene.sla);
        print_message("%s\n", rows[i].why);
        assert_true(process_log_count(scene.sla, rows[i].why) > 0);
        if (world_check_view(scene.world, &sla_spec, &diff, &lines))
            fail_msg("%s: %s", rows[i].why, diff.at);
        buf_free(&diff);
    }
    struct buf diff = {0};
    int lines;
    tell_redis(&scene, "HSET", "case:nobody", "status", "open");
    assert_int_equal(world_check_view(scene.world, &sla_spec, &diff, &lines), 1); /* it can fail */
    assert_non_null(strstr(diff.at, "case:nobody"));
    buf_free(&diff);
    close_scene(&scene);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crashes),       cmocka_unit_test(test_zombie),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_lost_while_down),
        cmocka_unit_test(test_lost_while_up), cmocka_unit_test(test_views)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
