/* A worker stands still for longer than its session, another takes over, and the first goes on: it
 * changes nothing. Where it stood is chosen: before its transaction, before its apply and while it
 * empties a view, where only a guard is between it and the log or the view. Without that guard the
 * same scene comes out wrong. */
#include "faults.h"
#include "outside/redis.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { CASES = 1000, PARTITIONS = 4 };

static const char assigned[] = "\"message\":\"assigned\"", revoked[] = "\"message\":\"revoked\"";

static struct replay *begin(const char *name) {
    struct replay *replay = replay_new(name, PARTITIONS, 2, "policies-uci");
    replay_limit(replay, CASES);
    faults_short_session(replay);
    for (int i = 0; i < 2; i++) {
        process_env(replay->intake[i], "REDRESS_BATCH_RECORDS=200");
        process_env(replay->sla[i], "REDRESS_BATCH_RECORDS=200");
    }
    replay_publish(replay, FAULTS_ALL, 1);
    replay->began_ms = wait_now_ms();
    return replay;
}

static void stand_at(struct process *zombie, const char *without, const char *fault) {
    faults_unguarded(zombie, without);
    process_env(zombie, "REDRESS_TEST_FAULT=%s:stop", fault);
}

static void go_on(struct process *zombie, const char *until) {
    int before = process_log_count(zombie, until);

    process_freeze(zombie); /* it stands already; from now on it can be thawed */
    process_thaw(zombie);
    WAIT_FOR(process_log_count(zombie, until) > before, FAULTS_STEP_MS);
}

/* It does what it has in hand, and hears then that others have taken its place. Nobody mends
 * meanwhile what it does to the view. */
static void go_on_alone(struct replay *replay, struct process *zombie, struct process *other,
                        struct buf *wrong) {
    struct buf diff = {0};
    int lines;

    process_freeze(other);
    go_on(zombie, revoked);
    process_freeze(zombie);
    int differ = world_check_view(replay->world, &sla_spec, &diff, &lines);
    if (differ) buf_printf(wrong, "the zombie has changed the view: %d lines differ\n", differ);
    buf_free(&diff);
    process_thaw(zombie);
    process_thaw(other);
}

static bool end(struct replay *replay, struct buf *wrong) {
    bool settled = replay_settles(replay, FAULTS_WAIT_MS);
    bool right = replay_is_right(replay, replay->expected.resolution, false, wrong) && settled;
    replay_close(replay);
    return right;
}

/* The zombie has its batch in hand and has not begun its transaction; another decides that batch
 * and all others. */
static bool intake_scene(const char *name, const char *without, struct buf *wrong) {
    struct replay *replay = begin(name);
    struct process *zombie = replay->intake[0];
    stand_at(zombie, without, "before_begin:4");

    process_start(zombie);
    WAIT_FOR(process_stands(zombie), FAULTS_STEP_MS);
    process_start(replay->intake[1]);
    WAIT_FOR(replay_intake_lag(replay) == 0, FAULTS_WAIT_MS);
    go_on(zombie, assigned);
    process_start(replay->sla[0]);
    return end(replay, wrong);
}

/* The zombie has committed and not yet applied; another applies that, and everything behind it. */
static bool sla_scene(const char *name, const char *without, struct buf *wrong) {
    struct replay *replay = begin(name);
    struct process *zombie = replay->sla[0];
    stand_at(zombie, without, "before_apply:3");

    process_start(replay->intake[0]);
    WAIT_FOR(replay_intake_lag(replay) == 0, FAULTS_WAIT_MS);
    process_start(zombie);
    WAIT_FOR(process_stands(zombie), FAULTS_STEP_MS);
    process_start(replay->sla[1]);
    replay_wait(replay, FAULTS_WAIT_MS);
    go_on_alone(replay, zombie, replay->sla[1], wrong);
    return end(replay, wrong);
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

/* Another makes the views anew meanwhile. */
static bool wipe_scene(const char *name, const char *without, struct buf *wrong) {
    struct replay *replay = begin(name);
    struct process *zombie = replay->sla[0], *other = replay->sla[1];
    char fault[40];
    snprintf(fault, sizeof fault, "within_wipe:%d",
             PARTITIONS + 1); /* the first ones find nothing */
    stand_at(zombie, without, fault);

    faults_restart(replay, zombie);
    process_start(replay->intake[0]);
    replay_wait(replay, FAULTS_WAIT_MS);
    ask_for_rebuild(replay);
    WAIT_FOR(process_stands(zombie), FAULTS_STEP_MS);
    faults_restart(replay, other);
    WAIT_FOR(process_log_number(other, assigned, "shards") == PARTITIONS, FAULTS_STEP_MS);
    harness_wait_ready(replay->h, other);
    go_on_alone(replay, zombie, other, wrong);
    return end(replay, wrong);
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
    expect_right(intake_scene("zombie-intake", NULL, &wrong), &wrong);
}

static void test_without_membership(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_wrong(intake_scene("no-membership", "membership", &wrong), &wrong);
}

static void test_before_its_apply(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_right(sla_scene("zombie-sla", NULL, &wrong), &wrong);
}

static void test_without_compare_and_set(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_wrong(sla_scene("no-cas", "cas", &wrong), &wrong);
}

static void test_within_a_wipe(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_right(wipe_scene("zombie-wipe", NULL, &wrong), &wrong);
}

static void test_without_the_mark(void **state) {
    (void)state;
    struct buf wrong = {0};
    expect_wrong(wipe_scene("no-mark", "mark", &wrong), &wrong);
}

/* Two processes under one name fence each other until one of them gives up; the other goes on. */
static void test_one_name(void **state) {
    (void)state;
    struct replay *replay = begin("one-name");
    struct process *first = replay->sla[0], *second = replay->sla[1];
    process_env(second, "REDRESS_INSTANCE=%s-sla-0", replay->h->prefix);

    process_start(replay->intake[0]);
    faults_restart(replay, first);
    faults_count(replay, "a second sla-0 starts");
    process_start(second);
    WAIT_FOR(!process_running(first) || !process_running(second), FAULTS_WAIT_MS);
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
