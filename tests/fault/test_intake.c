/* Two intakes, one of which dies between its claims and its transaction: what joins what it had claimed waits for it.
 * Every submission is counted: it is in the case log or among the rejected, once. */
#include "clock.h"
#include "faults.h"
#include "ids.h"
#include "intake.h"
#include "tail.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PARTITIONS = 4,
    DEAD = 0,          /* of the first intake, by the range assignor: 0 and 1 */
    STREAM = 2,        /* of the second, which it gets a steady stream from */
    WAITING = 3,       /* and where a record waits */
    PASSED = 300,      /* records of the stream that are committed while it waits */
    EACH_TURN = 5,     /* of the stream */
    WITHIN_MS = 120000 /* a session time-out, two starts, and a slow machine */
};

struct scene {
    struct harness *h;
    struct world *world;
    struct tail *events, *rejected;
    struct process *intakes[2];
    int streamed;
};

static void open_scene(struct scene *scene, const char *name) {
    scene->h = harness_new(name);
    harness_start_kafka(scene->h);
    harness_start_redis(scene->h);
    harness_create_topics(scene->h, PARTITIONS);
    scene->world = world_open(scene->h);
    scene->events = tail_open(scene->world, TOPIC_EVENTS);
    scene->rejected = tail_open(scene->world, TOPIC_REJECTED);
    for (int i = 0; i < 2; i++) scene->intakes[i] = harness_worker(scene->h, "intake", i);
}

static void close_scene(struct scene *scene) {
    tail_close(scene->events);
    tail_close(scene->rejected);
    world_close(scene->world);
    harness_close(scene->h);
}

/* A complaint about an order, to one partition. */
static void complain(struct scene *scene, const char *id, const char *order, int partition) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};
    struct buf buf = {0};
    struct err err;
    char time[CLOCK_TEXT_MAX];
    struct kafka kafka = {.config = &scene->world->config};
    if (!scene->world->producer) scene->world->producer = kafka_producer_new(&kafka, NULL, &err);
    if (!scene->world->producer) wait_fail("%s", err.text);

    buf_printf(&buf,
               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/shop/app\",\"type\":\"complaint.submitted\","
               "\"time\":\"%s\",\"data\":{\"channel\":\"app\",\"customer\":{\"id\":\"u-%s\",\"tier\":\"regular\"},"
               "\"order\":{\"id\":\"%s\",\"status\":\"signed\",\"amount\":{\"currency\":\"CNY\",\"minor\":8900}},"
               "\"text\":\"the seam is torn\"}}",
               id, clock_format(clock_now_ms(), time), id, order);
    struct kafka_message message = {.topic = TOPIC_COMPLAINTS,
                                    .partition = partition,
                                    .key = order,
                                    .key_len = strlen(order),
                                    .value = buf.at,
                                    .value_len = buf.len,
                                    .headers = &structured,
                                    .header_count = 1};
    if (kafka_produce(scene->world->producer, &message, &err) != KAFKA_DONE) wait_fail("%s", err.text);
    buf_free(&buf);
}

static void stream(struct scene *scene, int count) {
    for (int i = 0; i < count; i++) {
        char id[32], order[32];
        snprintf(id, sizeof id, "s-%d", scene->streamed);
        snprintf(order, sizeof order, "S%d", scene->streamed++);
        complain(scene, id, order, STREAM);
    }
    world_flush(scene->world);
}

/* What intake's group has committed of a partition of complaints. */
static int64_t committed(struct scene *scene, int partition) {
    struct place place = {.topic = TOPIC_COMPLAINTS, .partition = partition};
    struct err err;
    WAIT_FOR(kafka_group_offsets(scene->world->asker, "intake", &place, 1, FAULTS_STEP_MS, &err) == 0, FAULTS_STEP_MS);
    return place.offset == KAFKA_NO_OFFSET ? 0 : place.offset;
}

/* c-1 is claimed by the first intake, which dies of it. Returns with the second one running. */
static void die_after_claiming(struct scene *scene) {
    process_env(scene->intakes[0], "REDRESS_TEST_FAULT=after_claims:2"); /* the second round asks for the order */
    for (int i = 0; i < 2; i++) process_start(scene->intakes[i]);
    for (int i = 0; i < 2; i++) harness_wait_ready(scene->h, scene->intakes[i]);
    /* Half of three topics; until the second one came it had all of them. */
    WAIT_FOR(process_log_count(scene->intakes[0], "\"assigned\",\"partitions\":6") > 0, FAULTS_STEP_MS);
    complain(scene, "c-1", "X", DEAD);
    world_flush(scene->world);
    if (!process_wait(scene->intakes[0], FAULTS_STEP_MS)) wait_fail("intake-0 did not come to its claims");
    assert_int_equal(process_exit_status(scene->intakes[0]), 128 + SIGKILL);
    process_env(scene->intakes[0], "REDRESS_TEST_FAULT=");
}

/* How often a submission came out: opened a case or joined one, or was rejected. */
static int came_out(struct scene *scene, const char *id) {
    int count = 0;
    const struct tail *tails[] = {scene->events, scene->rejected};
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < tail_read(tails[t]); i++) count += strcmp(tail_at(tails[t], i)->ev.id, id) == 0;
    return count;
}

static void check_all(struct scene *scene) {
    static const char *const ours[] = {"c-1", "c-2", "c-3"};
    WAIT_FOR(world_lag(scene->world, &intake_spec) == 0, WITHIN_MS);
    tail_catch_up(scene->events);
    tail_catch_up(scene->rejected);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (came_out(scene, ours[i]) != 1) fail_msg("%s came out %d times", ours[i], came_out(scene, ours[i]));
    for (int i = 0; i < scene->streamed; i++) {
        char id[32];
        snprintf(id, sizeof id, "s-%d", i);
        if (came_out(scene, id) != 1) fail_msg("%s came out %d times", id, came_out(scene, id));
    }
}

/* While c-2 waits, other partitions go on; nothing is committed beyond it, and when its intake dies it is still there.
 */
static void test_waiting_is_not_passed_over(void **state) {
    (void)state;
    struct scene scene = {0};
    open_scene(&scene, "waiting");
    die_after_claiming(&scene);
    stream(&scene, EACH_TURN);
    WAIT_FOR(committed(&scene, STREAM) >= EACH_TURN, FAULTS_STEP_MS);
    complain(&scene, "c-2", "X", WAITING);
    complain(&scene, "c-3", "Y", WAITING);
    int64_t beyond = 0, end_ms = wait_now_ms() + FAULTS_STEP_MS;
    for (int64_t from = committed(&scene, STREAM); !beyond && committed(&scene, STREAM) < from + PASSED;) {
        stream(&scene, EACH_TURN);
        beyond = committed(&scene, WAITING);
        wait_turn(end_ms, __FILE__, __LINE__, "the stream is committed while a record waits");
    }
    process_kill(scene.intakes[1], SIGKILL);
    print_message("intake-1 killed: offset %lld of the partition of c-2 was committed, %d records streamed\n",
                  (long long)beyond, scene.streamed);
    for (int i = 0; i < 2; i++) process_start(scene.intakes[i]);
    check_all(&scene);
    assert_int_equal(beyond, 0);
    close_scene(&scene);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_waiting_is_not_passed_over)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
