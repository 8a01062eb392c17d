/* Intake under a stream of complaints that never stops: activity passes nevertheless. And an intake
 * that stands still: sla says what it waits for, and after hold_max fires without proof, and says
 * so. And a channel that leaves a transaction open: only what lies behind it waits for its end. */
#include "base/clock.h"
#include "base/ids.h"
#include "faults.h"
#include "outside/redis.h"
#include "sla/sla.h"
#include "tail.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PARTITIONS = 2,
    WITHIN_MS = 600000, /* policies-downtime */
    LEAD_MS = 10000,    /* from a complaint to its deadline: intake dies in between */
    EVERY_US = 1000,    /* complaints of the stream */
    UNDER_WAY = 200     /* of them are opened when the contact is made */
};

struct scene {
    struct harness *h;
    struct world *world;
    struct tail *events;
    struct process *intake, *sla;
};

static void open_scene(struct scene *scene, const char *name, int partitions) {
    scene->h = harness_share(name);
    snprintf(scene->h->policy_dir, sizeof scene->h->policy_dir,
             "%s/tests/harness/policies-downtime", REDRESS_SOURCE_DIR);
    harness_create_topics(scene->h, partitions);
    scene->world = world_open(scene->h);
    scene->events = tail_open(scene->world, TOPIC_EVENTS);
    scene->intake = harness_worker(scene->h, "intake", 0);
    scene->sla = harness_worker(scene->h, "sla", 0);
}

static void close_scene(struct scene *scene) {
    tail_close(scene->events);
    world_close(scene->world);
    harness_leave(scene->h);
}

static void publish(struct scene *scene, enum topic topic, const char *type, int index,
                    int64_t time_ms, char case_id[IDS_CASE_LEN + 1]) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};
    char number[32], id[64], routed_by[64], route[IDS_ROUTE_LEN + 1], data[300];
    struct buf buf = {0};
    bool complaint = topic == TOPIC_COMPLAINTS;
    snprintf(number, sizeof number, "case-%d", index);
    snprintf(id, sizeof id, complaint ? "%s" : "%s-contact", number);
    snprintf(routed_by, sizeof routed_by, "conversation:%s", number);
    ids_route("default", routed_by, route);
    ids_case(route, "/desk", number, case_id);
    if (complaint)
        snprintf(data, sizeof data,
                 "{\"channel\":\"phone\",\"customer\":{\"id\":\"caller-%d\",\"tier\":\"regular\"},"
                 "\"conversation\":\"%s\",\"text\":\"it is late\"}",
                 index, number);
    else
        snprintf(data, sizeof data, "{\"case_id\":\"%s\",\"by\":\"desk\"}", case_id);
    ticketlogs_write(&(struct ticket_event){.topic = topic,
                                            .type = type,
                                            .id = id,
                                            .source = "/desk",
                                            .time_ms = time_ms,
                                            .sequence = complaint ? 0 : 1,
                                            .key = route,
                                            .case_id = case_id,
                                            .data = data},
                     &buf);
    world_publish(scene->world, topic, route, buf.at, buf.len, &structured, 1);
    buf_free(&buf);
}

/* One more of the stream, which ends when the contact has passed. */
static void stream(struct scene *scene, int index) {
    char case_id[IDS_CASE_LEN + 1];
    publish(scene, TOPIC_COMPLAINTS, "complaint.submitted", index, clock_now_ms(), case_id);
    while (tail_poll(scene->events, 0)) {}
    usleep(EVERY_US);
}

static void test_activity_passes(void **state) {
    (void)state;
    struct scene scene = {0};
    char first[IDS_CASE_LEN + 1];
    int complaints = 1;
    open_scene(&scene, "stream", PARTITIONS);
    process_start(scene.intake);
    harness_wait_ready(scene.h, scene.intake);
    publish(&scene, TOPIC_COMPLAINTS, "complaint.submitted", 0, clock_now_ms(), first);

    int64_t end_ms = wait_now_ms() + FAULTS_STEP_MS;
    while (tail_count(scene.events, "case.opened", NULL) < UNDER_WAY && wait_now_ms() < end_ms)
        stream(&scene, complaints++);
    publish(&scene, TOPIC_ACTIVITY, "case.contacted", 0, clock_now_ms(), first);
    int64_t contacted_ms = wait_now_ms();
    while (!tail_find(scene.events, "case.contacted", first, 1) && wait_now_ms() < end_ms)
        stream(&scene, complaints++);
    world_flush(scene.world);
    print_message("%d complaints; the contact passed after %lld ms\n", complaints,
                  (long long)(wait_now_ms() - contacted_ms));
    assert_non_null(tail_find(scene.events, "case.contacted", first, 1));
    close_scene(&scene);
}

static bool meta_says(struct scene *scene, const char *text) {
    struct err err;
    struct arena *arena = arena_new();
    struct redis *redis = redis_new(scene->world->config.redis_url, &err);
    struct redis_reply reply;
    bool says = false;
    if (redis_ask(redis, arena, &reply, &err, 2, "HGETALL",
                  arena_printf(arena, "%s:meta", scene->h->prefix)))
        wait_fail("%s", err.text);
    for (int i = 0; i + 1 < reply.count; i += 2)
        says = says || (strncmp(reply.items[i].text, "held:sla.", 9) == 0 &&
                        strstr(reply.items[i + 1].text, text));
    redis_free(redis);
    arena_free(arena);
    return says;
}

static int64_t breached_at(const struct tail_event *breach) {
    int64_t ms = 0;
    if (clock_parse(tree_text(breach->ev.data, "breached_at"), &ms))
        fail_msg("breached_at: %s", breach->data);
    return ms;
}

/* A case whose deadline lies at due_ms. */
static void open_case(struct scene *scene, int index, int64_t due_ms,
                      char case_id[IDS_CASE_LEN + 1]) {
    publish(scene, TOPIC_COMPLAINTS, "complaint.submitted", index, due_ms - WITHIN_MS, case_id);
    world_flush(scene->world);
}

static void check_held(struct scene *scene) {
    struct buf said = {0};

    WAIT_FOR(meta_says(scene, "deadlines wait for intake, 1 records behind"), FAULTS_STEP_MS);
    assert_int_equal(
        harness_run(scene->h, &said, FAULTS_STEP_MS, "redressctl", "top", "--once", NULL), 0);
    assert_non_null(strstr(said.at, "deadlines wait for intake"));
    buf_free(&said);
    assert_true(harness_metric(scene->h, scene->sla, "redress_held{reason=\"deadlines\"}") > 0);
}

/* Two cases are open when intake dies; of the third, intake has not heard. The second falls due a
 * little later than the first, which has waited for hold_max by then: it does not wait as long
 * again. */
static void test_hold_max(void **state) {
    (void)state;
    enum { HOLD_MAX_MS = 15000, LATER_MS = 1000 };
    struct scene scene = {0};
    char warm[IDS_CASE_LEN + 1], open[IDS_CASE_LEN + 1], later[IDS_CASE_LEN + 1],
        unread[IDS_CASE_LEN + 1];
    open_scene(&scene, "hold", 1);
    process_env(scene.sla, "REDRESS_HOLD_MAX=%ds", HOLD_MAX_MS / 1000);
    process_env(scene.sla, "REDRESS_LATE_SETTLE=1s");
    process_start(scene.intake);
    process_start(scene.sla);
    open_case(&scene, 3, clock_now_ms() + WITHIN_MS, warm);
    tail_wait(scene.events, "sla.started", warm, 1,
              FAULTS_STEP_MS); /* what comes now comes quickly */

    int64_t due_ms = clock_now_ms() + LEAD_MS;
    open_case(&scene, 0, due_ms, open);
    open_case(&scene, 2, due_ms + LATER_MS, later);
    tail_wait(scene.events, "sla.started", open, 1, FAULTS_STEP_MS);
    tail_wait(scene.events, "sla.started", later, 1, FAULTS_STEP_MS);
    process_kill(scene.intake, SIGKILL);
    open_case(&scene, 1, due_ms, unread);
    check_held(&scene);

    const struct tail_event *breach =
        tail_wait(scene.events, "sla.breached", open, 1, FAULTS_STEP_MS);
    const struct tree *unconfirmed = tree_get(breach->ev.data, "unconfirmed");
    assert_true(unconfirmed && unconfirmed->kind == TREE_BOOL);
    int64_t first_ms = breached_at(breach);
    breach = tail_wait(scene.events, "sla.breached", later, 1, FAULTS_STEP_MS);
    assert_non_null(tree_get(breach->ev.data, "unconfirmed"));
    print_message("the second was reported %lld ms after the first\n",
                  (long long)(breached_at(breach) - first_ms));
    assert_true(breached_at(breach) - first_ms < HOLD_MAX_MS);

    process_start(scene.intake);
    breach = tail_wait(scene.events, "sla.breached", unread, 1, FAULTS_STEP_MS);
    assert_null(tree_get(breach->ev.data, "unconfirmed"));
    assert_int_equal(tail_count(scene.events, "sla.breached", open), 1);
    close_scene(&scene);
}

/* A channel service gave its transaction up: of the topic that intake reads, only the markers are
 * visible, and the proof waits until they are behind it. */
static void test_markers(void **state) {
    (void)state;
    static const enum topic topics[] = {TOPIC_ACTIVITY, TOPIC_NONE};
    struct scene scene = {0};
    struct err err;
    char open[IDS_CASE_LEN + 1];
    open_scene(&scene, "markers", 1);
    struct kafka kafka = {.config = &scene.world->config};
    struct kafka_producer *channel = kafka_producer_new(&kafka, "channel", &err);
    if (!channel) wait_fail("%s", err.text);
    process_start(scene.intake);
    process_start(scene.sla);
    open_case(&scene, 0, clock_now_ms() + LEAD_MS, open);
    WAIT_FOR(kafka_producer_ready(channel, topics, 1000, &err) == KAFKA_DONE, FAULTS_STEP_MS);
    struct kafka_message message = {.topic = TOPIC_ACTIVITY, .value = "{}", .value_len = 2};
    if (kafka_begin(channel, &err) != KAFKA_DONE ||
        kafka_produce(channel, &message, &err) != KAFKA_DONE ||
        kafka_flush(channel, FAULTS_STEP_MS, &err) != KAFKA_DONE ||
        kafka_abort(channel, &err) != KAFKA_DONE)
        wait_fail("%s", err.text);
    const struct tail_event *breach =
        tail_wait(scene.events, "sla.breached", open, 1, FAULTS_STEP_MS);
    assert_null(tree_get(breach->ev.data, "unconfirmed"));
    kafka_producer_free(channel);
    close_scene(&scene);
}

/* ---- A transaction that stays open ---- */

struct channel {
    struct config config;
    struct kafka kafka;
    struct kafka_producer *producer;
};

/* Leaves a transaction open on a partition of the complaints. */
static void leave_open(struct scene *scene, struct channel *channel, int partition) {
    static const enum topic topics[] = {TOPIC_COMPLAINTS, TOPIC_NONE};
    enum { LONG_MS = 600000 };
    struct err err;
    channel->config = scene->world->config;
    channel->config.transaction_timeout_ms = LONG_MS;
    channel->kafka = (struct kafka){.config = &channel->config};
    channel->producer = kafka_producer_new(&channel->kafka, "channel", &err);
    if (!channel->producer) wait_fail("%s", err.text);
    WAIT_FOR(kafka_producer_ready(channel->producer, topics, 1000, &err) == KAFKA_DONE,
             FAULTS_STEP_MS);
    struct kafka_message message = {
        .topic = TOPIC_COMPLAINTS, .partition = partition, .value = "{}", .value_len = 2};
    if (kafka_begin(channel->producer, &err) != KAFKA_DONE ||
        kafka_produce(channel->producer, &message, &err) != KAFKA_DONE ||
        kafka_flush(channel->producer, FAULTS_STEP_MS, &err) != KAFKA_DONE)
        wait_fail("%s", err.text);
}

static void give_up(struct channel *channel) {
    struct err err;
    if (kafka_abort(channel->producer, &err) != KAFKA_DONE) wait_fail("%s", err.text);
    kafka_producer_free(channel->producer);
}

/* In which partition a complaint was opened: those of all topics belong together. */
static int partition_of(const struct scene *scene, const char *case_id) {
    const struct tail_event *opened = tail_find(scene->events, "case.opened", case_id, 1);
    assert_non_null(opened);
    return opened->partition;
}

/* A contact passes and a deadline fires, proven, while the transaction is open; what it hides is
 * opened when it ends. */
static void test_open_transaction(void **state) {
    (void)state;
    struct scene scene = {0};
    struct channel channel;
    char contacted[IDS_CASE_LEN + 1], due[IDS_CASE_LEN + 1], hidden[IDS_CASE_LEN + 1];
    open_scene(&scene, "open", 1);
    process_env(scene.sla, "REDRESS_LATE_SETTLE=1s");
    process_start(scene.intake);
    process_start(scene.sla);
    open_case(&scene, 0, clock_now_ms() + WITHIN_MS, contacted);
    open_case(&scene, 1, clock_now_ms() + LEAD_MS, due);
    tail_wait(scene.events, "sla.started", contacted, 1, FAULTS_STEP_MS);
    tail_wait(scene.events, "sla.started", due, 1, FAULTS_STEP_MS);

    leave_open(&scene, &channel, partition_of(&scene, due));
    open_case(&scene, 2, clock_now_ms() + WITHIN_MS, hidden);
    publish(&scene, TOPIC_ACTIVITY, "case.contacted", 0, clock_now_ms(), contacted);
    world_flush(scene.world);
    tail_wait(scene.events, "case.contacted", contacted, 1, FAULTS_STEP_MS);
    const struct tail_event *breach =
        tail_wait(scene.events, "sla.breached", due, 1, FAULTS_STEP_MS);
    assert_null(tree_get(breach->ev.data, "unconfirmed"));
    assert_int_equal(tail_count(scene.events, "case.opened", hidden), 0);
    const char *said = "a producer leaves a transaction open";
    assert_true(process_log_count(scene.intake, said) > 0);
    assert_true(process_log_count(scene.sla, said) > 0);
    assert_true(harness_metric(scene.h, scene.intake, "redress_held{reason=\"transactions\"}") > 0);

    give_up(&channel);
    tail_wait(scene.events, "case.opened", hidden, 1, FAULTS_STEP_MS);
    close_scene(&scene);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activity_passes), cmocka_unit_test(test_hold_max),
        cmocka_unit_test(test_markers), cmocka_unit_test(test_open_transaction)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
