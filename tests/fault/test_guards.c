/* Without a guard the log comes out wrong: offsets in the transaction, the true end at take-over,
 * complaints before activity. (Compare-and-set and the assignment's metadata: test_zombies.c; the
 * proof: test_downtime.c. The same scenes with their guards come out right, there and in
 * test_kills.c.) */
#include "faults.h"
#include "outside/redis.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    CASES = 1000,
    HANGING_MS = 900000, /* the broker would end the transaction then */
    STANDS_MS = 3000,    /* so long it is watched */
    MORE_RECORDS = 500,
    SHARES = 2
};

static struct replay *begin(const char *name, int partitions) {
    struct replay *replay = replay_new(name, partitions, 1, "policies-uci");
    replay_limit(replay, CASES);
    replay_divide(replay, SHARES);
    process_env(replay->intake[0], "REDRESS_BATCH_RECORDS=100");
    process_env(replay->sla[0], "REDRESS_BATCH_RECORDS=100");
    replay->began_ms = wait_now_ms();
    return replay;
}

static bool end(struct replay *replay, struct buf *wrong) {
    bool settled = replay_settles(replay, FAULTS_WAIT_MS);
    bool right = replay_is_right(replay, replay->expected.resolution, false, wrong) && settled;
    replay_close(replay);
    return right;
}

static void expect_wrong(bool right, struct buf *wrong) {
    print_message("without the guard: %s\n", wrong->at ? wrong->at : "it did not settle");
    assert_false(right);
    buf_free(wrong);
}

static void test_without_offsets(void **state) {
    (void)state;
    struct buf wrong = {0};
    struct replay *replay = begin("no-offsets", 4);
    replay_publish(replay, FAULTS_ALL, 1);
    faults_unguarded(replay->intake[0], "offsets");
    faults_crash_at(replay, replay->intake[0], "between_commits", 4);
    replay_start(replay);
    expect_wrong(end(replay, &wrong), &wrong);
}

/* A transaction that hangs in a topic of one partition: what is committed behind it is not readable
 * yet, and is there.
 */
struct hanging {
    struct config config;
    struct kafka kafka;
    struct kafka_producer *producer;
    struct kafka_delivery delivery;
};

static void hang(struct replay *replay, struct hanging *hanging, enum topic topic) {
    const enum topic topics[] = {topic, TOPIC_NONE};
    struct err err;
    hanging->config = replay->world->config;
    hanging->config.transaction_timeout_ms = HANGING_MS;
    hanging->kafka = (struct kafka){.config = &hanging->config, .worker = "sla"};
    hanging->producer = kafka_producer_new(&hanging->kafka, "hanging", &err);
    if (!hanging->producer) wait_fail("%s", err.text);
    WAIT_FOR(kafka_producer_ready(hanging->producer, topics, 1000, &err) == KAFKA_DONE,
             FAULTS_STEP_MS);
    struct kafka_message message = {
        .topic = topic, .key = "none", .key_len = 4, .delivery = &hanging->delivery};
    if (kafka_begin(hanging->producer, &err) != KAFKA_DONE ||
        kafka_produce(hanging->producer, &message, &err) != KAFKA_DONE ||
        kafka_flush(hanging->producer, FAULTS_STEP_MS, &err) != KAFKA_DONE)
        wait_fail("%s", err.text);
}

static void let_go(struct hanging *hanging) {
    struct err err;
    if (kafka_abort(hanging->producer, &err) != KAFKA_DONE) wait_fail("%s", err.text);
    kafka_producer_free(hanging->producer);
}

/* Activity can be read before any complaint. */
static void test_without_complaints_first(void **state) {
    (void)state;
    static const enum topic reads[] = {TOPIC_ACTIVITY, TOPIC_NONE};
    static const struct worker_spec activity = {.name = "intake", .reads = reads};
    struct buf wrong = {0};
    struct hanging hanging = {0};
    struct replay *replay = begin("no-order", 1);
    faults_unguarded(replay->intake[0], "complaints_first");

    hang(replay, &hanging, TOPIC_COMPLAINTS);
    replay_publish(replay, FAULTS_ALL, 1);
    replay_start(replay);
    WAIT_FOR(world_lag(replay->world, &activity) == 0, FAULTS_WAIT_MS);
    let_go(&hanging);
    expect_wrong(end(replay, &wrong), &wrong);
}

static bool is_ready(struct replay *replay) {
    char body[200];
    return net_http_get(harness_http_port(replay->h, replay->sla[0]), "/readyz", body,
                        sizeof body) == 200;
}

/* What it says of its only shard. */
static bool is_held(struct replay *replay, const char *why) {
    struct err err;
    struct redis_reply reply;
    struct arena *arena = arena_new();
    struct redis *redis = redis_new(replay->world->config.redis_url, &err);
    const char *meta = arena_printf(arena, "%s:meta", replay->h->prefix);
    bool held =
        redis_ask(redis, arena, &reply, &err, 3, "HGET", meta, "held:sla.0") == OUTCOME_DONE &&
        reply.text && strcmp(reply.text, why) == 0;

    redis_free(redis);
    arena_free(arena);
    return held;
}

/* It is, as soon as it can be; or it says why not, and stays so: without its guard it gets over that,
 * which a slow machine is given time for. */
static bool gets_ready(struct replay *replay, bool guarded) {
    WAIT_FOR(is_ready(replay) || is_held(replay, "replaying"), FAULTS_STEP_MS);
    int64_t end_ms = wait_now_ms() + (guarded ? STANDS_MS : FAULTS_STEP_MS);
    while (!is_ready(replay) && wait_now_ms() < end_ms) usleep(10000);
    return is_ready(replay);
}

/* sla decides while a transaction hangs in its changelog, dies, and takes over from itself. */
static bool take_over_scene(const char *name, const char *without, struct buf *wrong) {
    struct replay *replay = begin(name, 1);
    struct process *sla = replay->sla[0];
    struct hanging hanging = {0};
    faults_unguarded(sla, without);

    replay_publish_share(replay, 1);
    process_start(replay->intake[0]);
    faults_restart(replay, sla);
    hang(replay, &hanging, TOPIC_STATE);
    int64_t before = world_done(replay->world, &sla_spec);
    faults_feed(replay, 1);
    WAIT_FOR(world_done(replay->world, &sla_spec) > before + MORE_RECORDS, FAULTS_WAIT_MS);
    faults_kill(replay, sla);
    process_start(sla);
    if (gets_ready(replay, !without))
        buf_puts(wrong, "it decides before it has read its changelog to the end\n");
    let_go(&hanging);
    return end(replay, wrong);
}

static void test_take_over(void **state) {
    (void)state;
    struct buf wrong = {0};
    if (!take_over_scene("take-over", NULL, &wrong))
        fail_msg("%s", wrong.at ? wrong.at : "it did not settle");
}

static void test_without_true_end(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_wrong(take_over_scene("no-end", "true_end", &wrong), &wrong);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_offsets), cmocka_unit_test(test_without_complaints_first),
        cmocka_unit_test(test_take_over), cmocka_unit_test(test_without_true_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
