/* Two intakes, one of which dies between its claims and its transaction: what joins what it had
 * claimed waits for it, and nothing else does. Every submission is counted: it is in the case log
 * or among the rejected, once. */
#include "base/clock.h"
#include "base/ids.h"
#include "faults.h"
#include "intake/intake.h"
#include "runtime/claim_store.h"
#include "runtime/map_inputs.h"
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
    ALL = 12,          /* partitions of three topics */
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

/* A complaint about an order, of a conversation or none, to one partition. */
static void publish(struct scene *scene, const char *id, const char *order,
                    const char *conversation, int partition) {
    static const struct header structured = {"content-type", "application/cloudevents+json", 28};
    struct buf buf = {0};
    struct err err;
    char time[CLOCK_TEXT_MAX];
    struct kafka kafka = {.config = &scene->world->config};
    if (!scene->world->producer) scene->world->producer = kafka_producer_new(&kafka, NULL, &err);
    if (!scene->world->producer) wait_fail("%s", err.text);

    buf_printf(&buf,
               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/shop/"
               "app\",\"type\":\"complaint.submitted\",\"time\":\"%s\",\"data\":{\"channel\":"
               "\"app\",\"customer\":{\"id\":\"u-1\",\"tier\":\"regular\"},\"order\":{\"id\":\"%"
               "s\",\"status\":\"signed\",\"amount\":{\"currency\":\"CNY\",\"minor\":8900}},",
               id, clock_format(clock_now_ms(), time), order);
    if (conversation) buf_printf(&buf, "\"conversation\":\"%s\",", conversation);
    buf_puts(&buf, "\"text\":\"the seam is torn\"}}");
    struct kafka_message message = {.topic = TOPIC_COMPLAINTS,
                                    .partition = partition,
                                    .key = order,
                                    .key_len = strlen(order),
                                    .value = buf.at,
                                    .value_len = buf.len,
                                    .headers = &structured,
                                    .header_count = 1};
    if (kafka_produce(scene->world->producer, &message, &err) != KAFKA_DONE)
        wait_fail("%s", err.text);
    buf_free(&buf);
}

static void complain(struct scene *scene, const char *id, const char *order, int partition) {
    publish(scene, id, order, NULL, partition);
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
    WAIT_FOR(kafka_group_offsets(scene->world->asker, "intake", &place, 1, FAULTS_STEP_MS, &err) ==
                 0,
             FAULTS_STEP_MS);
    return place.offset == KAFKA_NO_OFFSET ? 0 : place.offset;
}

/* c-1 is claimed by the first intake, which dies of it. Returns with the second one running. */
static void die_after_claiming(struct scene *scene) {
    process_env(scene->intakes[0],
                "REDRESS_TEST_FAULT=after_claims:2"); /* the second round asks for the order */
    for (int i = 0; i < 2; i++) process_start(scene->intakes[i]);
    for (int i = 0; i < 2; i++) harness_wait_ready(scene->h, scene->intakes[i]);
    /* Half of three topics; until the second one came it had all of them. */
    WAIT_FOR(process_log_count(scene->intakes[0], "\"assigned\",\"partitions\":6") > 0,
             FAULTS_STEP_MS);
    complain(scene, "c-1", "X", DEAD);
    world_flush(scene->world);
    if (!process_wait(scene->intakes[0], FAULTS_STEP_MS))
        wait_fail("intake-0 did not come to its claims");
    assert_int_equal(process_exit_status(scene->intakes[0]), 128 + SIGKILL);
    process_env(scene->intakes[0], "REDRESS_TEST_FAULT=");
}

/* How often a submission came out: opened a case or joined one, or was rejected. */
static int came_out(struct scene *scene, const char *id) {
    int count = 0;
    const struct tail *tails[] = {scene->events, scene->rejected};
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < tail_read(tails[t]); i++)
            count += strcmp(tail_at(tails[t], i)->ev.id, id) == 0;
    return count;
}

static void check_once(struct scene *scene, const char *id) {
    int times = came_out(scene, id);
    if (times != 1) fail_msg("%s came out %d times", id, times);
}

/* What joins a case stands behind its opening, or the workers behind intake refuse it as
 * unknown_case. */
static void check_order(struct scene *scene) {
    int joined = 0;
    for (int i = 0; i < tail_read(scene->events); i++) {
        const struct tail_event *event = tail_at(scene->events, i);
        if (strcmp(event->ev.type, "case.opened") == 0) continue;
        const struct tail_event *opened =
            tail_find(scene->events, "case.opened", event->ev.subject, 1);
        if (!opened || opened->partition != event->partition || opened->offset > event->offset)
            fail_msg("%s of %s stands before case.opened of %s", event->ev.type, event->ev.id,
                     event->ev.subject);
        joined++;
    }
    print_message("%d events, %d of which joined a case\n", tail_read(scene->events), joined);
}

static void wait_for_all(struct scene *scene) {
    WAIT_FOR(world_lag(scene->world, &intake_spec) == 0, WITHIN_MS);
    tail_catch_up(scene->events);
    tail_catch_up(scene->rejected);
}

static void check_streamed(struct scene *scene) {
    for (int i = 0; i < scene->streamed; i++) {
        char id[32];
        snprintf(id, sizeof id, "s-%d", i);
        check_once(scene, id);
    }
}

/* More of an order than may wait at once in one partition: it stands until some of them have gone.
 */
static void crowd(struct scene *scene, const char *order) {
    enum { CROWD = MAP_WAITING_MAX * 2 + 5 };
    for (int i = 0; i < CROWD; i++) {
        char id[32];
        snprintf(id, sizeof id, "s-%d", scene->streamed++);
        complain(scene, id, order, WAITING);
    }
}

/* While c-2 waits, other partitions go on; nothing is committed beyond it, and when its intake dies
 * it is still there.
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
    crowd(&scene, "X");
    int64_t beyond = 0, end_ms = wait_now_ms() + FAULTS_STEP_MS;
    for (int64_t from = committed(&scene, STREAM);
         !beyond && committed(&scene, STREAM) < from + PASSED;) {
        stream(&scene, EACH_TURN);
        beyond = committed(&scene, WAITING);
        wait_turn(end_ms, __FILE__, __LINE__, "the stream is committed while a record waits");
    }
    process_kill(scene.intakes[1], SIGKILL);
    print_message(
        "intake-1 killed: offset %lld of the partition of c-2 was committed, %d records streamed\n",
        (long long)beyond, scene.streamed);
    process_start(scene.intakes[1]);
    int64_t before = committed(&scene, STREAM);
    stream(&scene, EACH_TURN);
    WAIT_FOR(committed(&scene, STREAM) >= before + EACH_TURN, WITHIN_MS);
    process_start(scene.intakes[0]);
    wait_for_all(&scene);
    check_once(&scene, "c-1");
    check_once(&scene, "c-2");
    check_once(&scene, "c-3");
    check_streamed(&scene);
    check_order(&scene);
    assert_int_equal(beyond, 0);
    close_scene(&scene);
}

static const struct tail_event *joined(struct scene *scene, const char *id) {
    for (int i = 0; i < tail_read(scene->events); i++)
        if (strcmp(tail_at(scene->events, i)->ev.id, id) == 0) return tail_at(scene->events, i);
    return NULL;
}

/* The dead intake stays away for longer than its session: c-2 waits until the other one has its
 * partition, and takes hardly any processor time for it; c-3 behind it does not wait. */
static void test_a_join_outlasts_a_death(void **state) {
    (void)state;
    enum {
        BUSY_PERCENT =
            25 /* with sanitizers; a partition that is read again and again takes all there is */
    };
    struct scene scene = {0};
    open_scene(&scene, "outlasts");
    process_env(scene.intakes[0], "REDRESS_SESSION_TIMEOUT=40s");
    process_env(scene.intakes[1],
                "REDRESS_SESSION_TIMEOUT=7s"); /* it says what waits longer than two of these */
    die_after_claiming(&scene);
    complain(&scene, "c-2", "X", WAITING);
    complain(&scene, "c-3", "Y", WAITING);
    world_flush(scene.world);
    WAIT_FOR((tail_poll(scene.events, 0), joined(&scene, "c-3")), FAULTS_STEP_MS);
    assert_null(joined(&scene, "c-2"));

    int64_t began_ms = wait_now_ms();
    double before = process_cpu_s(scene.intakes[1]);
    WAIT_FOR(harness_metric(scene.h, scene.intakes[1], "redress_held{reason=\"joins\"}") > 0,
             WITHIN_MS);
    assert_int_equal(
        process_log_count(scene.intakes[1],
                          "\"record\":\"complaints/3/0\",\"waits_for\":\"complaints/0/0\""),
        1);
    double took = process_cpu_s(scene.intakes[1]) - before,
           waited = (double)(wait_now_ms() - began_ms) / 1e3;
    WAIT_FOR((tail_poll(scene.events, 0), joined(&scene, "c-2")), WITHIN_MS);
    print_message(
        "c-2 waited for a new owner, which took %.2f s of processor time in the first %.1f s\n",
        took, waited);
    wait_for_all(&scene);
    check_once(&scene, "c-1");
    check_once(&scene, "c-2");
    check_order(&scene);
    assert_string_equal(joined(&scene, "c-2")->ev.type, "case.repeated");
    assert_true(took * 100 < waited * BUSY_PERCENT);
    close_scene(&scene);
}

/* ---- Claims whose record never comes ---- */

/* As intake makes it for the account u-1, without a secret for pseudonyms. */
static const char *order_key(const char *order, struct arena *arena) {
    char account[27];

    ids_hash(account, 2, "default", "u-1");
    return arena_printf(arena, "order\x1f%s\x1f%s\x1f%s", "default", order, account);
}

static void claim_order(struct scene *scene, const char *order, const char *owner,
                        const char *case_id) {
    struct arena *arena = arena_new();
    struct err err;
    struct kafka kafka = {.config = &scene->world->config};
    struct redis *redis = redis_new(scene->world->config.redis_url, &err);
    struct claim_store *store = claim_store_new(redis, &kafka);
    struct answer answer;
    struct claim claim = {.kind = CLAIM_JOIN,
                          .key = order_key(order, arena),
                          .id = owner,
                          .value = case_id,
                          .time_ms = clock_now_ms(),
                          .valid_ms = WITHIN_MS};
    enum outcome result = claim_store_make(store, arena, &claim, &answer, 1, &err);
    if (result == OUTCOME_BROKEN) {
        WAIT_FOR(claim_store_restore(store, scene->world->asker, FAULTS_STEP_MS, &err) ==
                     OUTCOME_DONE,
                 FAULTS_STEP_MS);
        claim_store_begin(store);
        result = claim_store_make(store, arena, &claim, &answer, 1, &err);
    }
    if (result != OUTCOME_DONE || !answer.granted) wait_fail("%s: not claimed", order);
    claim_store_free(store);
    redis_free(redis);
    arena_free(arena);
}

/* Records of both intakes that wait for each other, and such whose claimant's record is not there:
 * in a partition that there is not, or beyond the end, of another intake's and of an own one.
 * Nobody dies, so nothing else ends their waiting. */
static void test_what_never_comes_is_not_waited_for(void **state) {
    (void)state;
    static const char first[] = "0000000000001-0000001", second[] = "0000000000002-0000002";
    static const struct {
        const char *id, *order, *owner;
        int partition;
    } rows[] = {
        {"c-1", "A", "complaints/3/0", 0},       {"c-2", "B", "complaints/0/0", 3},
        {"c-3", "C", "complaints/9/5", 1},       {"c-4", "D", "complaints/1/1000000", 2},
        {"c-5", "E", "complaints/1/2000000", 1}, {"c-6", "F", "complaints/2/0", 2},
    };
    struct scene scene = {0};
    open_scene(&scene, "never");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        claim_order(&scene, rows[i].order, rows[i].owner, i % 2 ? first : second);
    for (int i = 0; i < 2; i++) process_start(scene.intakes[i]);
    for (int i = 0; i < 2; i++) harness_wait_ready(scene.h, scene.intakes[i]);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        complain(&scene, rows[i].id, rows[i].order, rows[i].partition);
    world_flush(scene.world);
    wait_for_all(&scene);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_once(&scene, rows[i].id);
    assert_true(joined(&scene, "c-1")->stamp_ms <=
                joined(&scene, "c-2")->stamp_ms); /* of the circle, the first */
    assert_true(process_log_count(scene.intakes[0], "complaints/9/5") == 1);
    close_scene(&scene);
}

/* ---- Many ---- */

enum { MANY = 3000, ORDERS = 200, CHATS = 300 };

/* Messages of few customers, so that most of them join a case that another one opens at the same
 * moment. */
static void publish_some(struct scene *scene, int count, unsigned *seed) {
    for (int i = 0; i < count && scene->streamed < MANY; i++) {
        char id[32], order[32], chat[32];
        snprintf(id, sizeof id, "s-%d", scene->streamed++);
        snprintf(order, sizeof order, "S%u", rand_r(seed) % ORDERS);
        snprintf(chat, sizeof chat, "chat-%u", rand_r(seed) % CHATS);
        publish(scene, id, order, rand_r(seed) % 3 ? NULL : chat, (int)(rand_r(seed) % PARTITIONS));
    }
    world_flush(scene->world);
}

static bool dies(struct scene *scene, struct process *intake, unsigned *seed) {
    publish_some(scene, EACH_TURN, seed);
    return !process_running(intake);
}

/* The intakes die again and again, at each step of a batch, one of them for longer than its
 * session. */
static void test_joins_under_kills(void **state) {
    (void)state;
    static const char *const points[] = {"after_claims", "before_commit", "after_claims",
                                         "after_commit", "after_claims",  "after_produce",
                                         "after_claims", "before_verify"};
    struct scene scene = {0};
    unsigned seed = faults_seed();
    open_scene(&scene, "joins");
    for (int i = 0; i < 2; i++) {
        process_env(scene.intakes[i], "REDRESS_BATCH_RECORDS=20");
        process_env(scene.intakes[i], "REDRESS_SESSION_TIMEOUT=7s");
        process_start(scene.intakes[i]);
    }
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        struct process *intake = scene.intakes[i % 2], *stays = scene.intakes[(i + 1) % 2];
        int moved = process_log_count(stays, "\"revoked\"");
        process_kill(intake, SIGKILL);
        process_env(intake, "REDRESS_TEST_FAULT=%s:%u", points[i], 2 + rand_r(&seed) % 6);
        process_start(intake);
        WAIT_FOR(dies(&scene, intake, &seed), WITHIN_MS);
        assert_int_equal(process_exit_status(intake), 128 + SIGKILL);
        print_message("%s died at %s, %d published\n", intake->name, points[i], scene.streamed);
        process_env(intake, "REDRESS_TEST_FAULT=");
        if (i == 2) WAIT_FOR(process_log_count(stays, "\"revoked\"") > moved, WITHIN_MS);
        process_start(intake);
    }
    publish_some(&scene, MANY, &seed);
    wait_for_all(&scene);
    check_streamed(&scene);
    check_order(&scene);
    assert_int_equal(tail_read(scene.rejected), 0);
    close_scene(&scene);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_waiting_is_not_passed_over),
                                       cmocka_unit_test(test_a_join_outlasts_a_death),
                                       cmocka_unit_test(test_what_never_comes_is_not_waited_for),
                                       cmocka_unit_test(test_joins_under_kills)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
