/* A worker stands still for longer than its session, another takes over, and the first goes on: it changes nothing.
 * Where it stood is chosen: before its transaction, before its apply and while it empties a view, where only a guard is
 * between it and the log or the view. Without that guard the same scene comes out wrong. */
#include "faults.h"
#include "redis.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

enum { CASES = 2000, FIRST_EVENTS = 8000, PARTITIONS = 4, MORE_RECORDS = 500 };

static struct replay *begin(const char *name, int events) {
    struct replay *replay = replay_new(name, PARTITIONS, 2, "policies-uci");
    replay_limit(replay, CASES);
    faults_short_session(replay);
    for (int i = 0; i < 2; i++) {
        process_env(replay->intake[i], "REDRESS_BATCH_RECORDS=200");
        process_env(replay->sla[i], "REDRESS_BATCH_RECORDS=200");
    }
    replay_publish(replay, events, 1);
    replay->began_ms = wait_now_ms();
    return replay;
}

/* Another decides what the frozen one has in hand, and more. */
static void taken_over(struct replay *replay, struct process *zombie, int64_t (*lag_of)(struct replay *replay)) {
    process_freeze(zombie); /* it stands already; from now on it can be thawed */
    int64_t lag = lag_of(replay), left;
    assert_true(lag > MORE_RECORDS);
    WAIT_FOR((left = lag_of(replay)) >= 0 && left < lag - MORE_RECORDS, FAULTS_STEP_MS);
    print_message("taken over: %lld of %lld records are left\n", (long long)left, (long long)lag);
    assert_true(left > 0);
    process_thaw(zombie);
}

/* The zombie has its batch in hand and has not begun its transaction. */
static bool intake_scene(const char *name, const char *without, struct buf *wrong) {
    struct replay *replay = begin(name, FAULTS_ALL);
    struct process *zombie = replay->intake[0];
    process_env(zombie, "REDRESS_TEST_WITHOUT=%s", without);
    process_env(zombie, "REDRESS_TEST_FAULT=before_begin:4:stop");
    process_start(zombie);
    WAIT_FOR(process_stands(zombie), FAULTS_STEP_MS);
    faults_restart(replay, replay->intake[1]);
    taken_over(replay, zombie, replay_intake_lag);
    faults_restart(replay, replay->sla[0]);
    bool settled = replay_settles(replay, FAULTS_STEP_MS * 2);
    bool right = replay_is_right(replay, replay->expected.resolution, false, wrong) && settled;
    replay_close(replay);
    return right;
}

/* The zombie has committed and not yet applied. */
static bool sla_scene(const char *name, const char *without, struct buf *wrong) {
    struct replay *replay = begin(name, FAULTS_ALL);
    struct process *zombie = replay->sla[0];
    process_env(zombie, "REDRESS_TEST_WITHOUT=%s", without);
    process_env(zombie, "REDRESS_TEST_FAULT=before_apply:6:stop");
    process_start(replay->intake[0]);
    process_start(zombie);
    WAIT_FOR(process_stands(zombie), FAULTS_STEP_MS);
    WAIT_FOR(replay_intake_lag(replay) == 0, FAULTS_STEP_MS);
    process_start(replay->sla[1]);
    taken_over(replay, zombie, replay_sla_lag);
    bool settled = replay_settles(replay, FAULTS_STEP_MS * 2);
    bool right = replay_is_right(replay, replay->expected.resolution, false, wrong) && settled;
    replay_close(replay);
    return right;
}

/* The zombie empties a view, as it was asked to, and has keys in hand that are to go. */
static void ask_for_rebuild(struct replay *replay) {
    struct err err;
    struct redis_reply reply;
    struct arena *arena = arena_new();
    struct redis *redis = redis_new(replay->world->config.redis_url, &err);
    for (int i = 0; i < PARTITIONS; i++)
        if (redis_ask(redis, arena, &reply, &err, 3, "SET",
                      arena_printf(arena, "%s:{sla.%d}:wipe", replay->h->prefix, i), "1"))
            wait_fail("%s", err.text);
    redis_free(redis);
    arena_free(arena);
}

static bool wipe_scene(const char *name, const char *without, struct buf *wrong) {
    struct replay *replay = begin(name, FIRST_EVENTS);
    struct process *zombie = replay->sla[0];
    process_env(zombie, "REDRESS_TEST_WITHOUT=%s", without);
    process_env(zombie, "REDRESS_TEST_FAULT=within_wipe:%d:stop", PARTITIONS + 1); /* the first ones find nothing */
    faults_restart(replay, zombie);
    process_start(replay->intake[0]);
    replay_wait(replay, FAULTS_WAIT_MS);
    ask_for_rebuild(replay);
    WAIT_FOR(process_stands(zombie), FAULTS_STEP_MS);
    replay_publish(replay, FAULTS_ALL, 1);
    WAIT_FOR(replay_intake_lag(replay) == 0, FAULTS_STEP_MS);
    process_start(replay->sla[1]);
    taken_over(replay, zombie, replay_sla_lag);
    bool settled = replay_settles(replay, FAULTS_STEP_MS * 2);
    bool right = replay_is_right(replay, replay->expected.resolution, true, wrong) && settled;
    replay_close(replay);
    return right;
}

static void expect_right(bool right, struct buf *wrong) {
    if (!right) fail_msg("%s", wrong->at ? wrong->at : "it did not settle");
    buf_free(wrong);
}

static void expect_wrong(bool right, struct buf *wrong) {
    print_message("without the guard: %s\n", wrong->at ? wrong->at : "it did not settle");
    assert_false(right);
    buf_free(wrong);
}

static void test_before_its_transaction(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_right(intake_scene("zombie-intake", "nothing", &wrong), &wrong);
}

static void test_without_membership(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_wrong(intake_scene("no-membership", "membership", &wrong), &wrong);
}

static void test_before_its_apply(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_right(sla_scene("zombie-sla", "nothing", &wrong), &wrong);
}

static void test_without_compare_and_set(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_wrong(sla_scene("no-cas", "cas", &wrong), &wrong);
}

static void test_within_a_wipe(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_right(wipe_scene("zombie-wipe", "nothing", &wrong), &wrong);
}

static void test_without_the_mark(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_wrong(wipe_scene("no-mark", "mark", &wrong), &wrong);
}

/* Two processes under one name fence each other until one of them gives up; the other goes on. */
static void test_one_name(void **state) {
    (void)state;
    struct replay *replay = begin("one-name", FAULTS_ALL);
    struct process *first = replay->sla[0], *second = replay->sla[1];
    process_env(second, "REDRESS_INSTANCE=redress-sla-0");
    process_start(replay->intake[0]);
    process_start(first);
    WAIT_FOR(replay_sla_lag(replay) > 0, FAULTS_STEP_MS);
    faults_count(replay, "a second sla-0 starts");
    process_start(second);
    WAIT_FOR(!process_running(first) || !process_running(second), FAULTS_STEP_MS * 2);
    struct process *gone = first->pid ? second : first;
    assert_int_equal(process_exit_status(gone), EXIT_CANNOT_GO_ON);
    print_message("%s gave up\n", gone->name);
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_its_transaction),  cmocka_unit_test(test_without_membership),
        cmocka_unit_test(test_before_its_apply),        cmocka_unit_test(test_one_name),
        cmocka_unit_test(test_without_compare_and_set), cmocka_unit_test(test_within_a_wipe),
        cmocka_unit_test(test_without_the_mark)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
