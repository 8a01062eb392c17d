/* Twelve partitions, with one of each worker, with two, and with three, of which again and again
 * one leaves and one joins. */
#include "faults.h"
#include "intake/intake.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    PARTITIONS = 12,
    PLACES = 4, /* one of them is empty */
    MOVES = 6,  /* each place is left once, two of them twice */
    STAY_CASES = 2000,
    MOVE_CASES = 6000,
    LEAVES_MS = 240000 /* a hang; REDRESS_DRAIN is 10 s */
};

static void stay(const char *name, int replicas) {
    struct replay *replay = replay_new(name, PARTITIONS, replicas, "policies-uci");
    replay_limit(replay, STAY_CASES);
    replay_publish(replay, FAULTS_ALL, 1);
    replay_start(replay);
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
}

static void test_one_of_each(void **state) {
    (void)state;
    stay("one", 1);
}

static void test_two_of_each(void **state) {
    (void)state;
    stay("two", 2);
}

/* What the running ones say they have; -1: one of them has nothing. */
static long assigned(struct process **workers, const char *name) {
    long sum = 0;
    for (int i = 0; i < PLACES; i++) {
        long own =
            workers[i]->pid ? process_log_number(workers[i], "\"message\":\"assigned\"", name) : 0;
        if (workers[i]->pid && own <= 0) return -1;
        sum += own;
    }
    return sum;
}

/* Nothing belongs to one who has left: until its session is over, its partitions stay with it. */
static bool all_taken(struct replay *replay) {
    int inputs = 0;
    while (intake_spec.reads[inputs] != TOPIC_NONE) inputs++;
    return assigned(replay->intake, "partitions") == inputs * PARTITIONS &&
           assigned(replay->sla, "shards") == PARTITIONS;
}

static void leave(struct process *process) {
    if (!process_wait(process, LEAVES_MS)) wait_fail("%s does not leave", process->name);
    assert_int_equal(process_exit_status(process), 0);
}

/* The empty place is filled, and the next one gets empty. */
static void move(struct replay *replay, int in, int out) {
    faults_feed(replay, 1);
    process_kill(replay->intake[out], SIGTERM);
    process_kill(replay->sla[out], SIGTERM);
    faults_count(replay, "one leaves and one joins");
    faults_start_until(replay->intake[in], "assigned");
    faults_start_until(replay->sla[in], "assigned");
    leave(replay->intake[out]);
    leave(replay->sla[out]);
    WAIT_FOR(all_taken(replay), FAULTS_STEP_MS);
}

static void test_leaving_and_joining(void **state) {
    (void)state;
    struct replay *replay = replay_new("moves", PARTITIONS, PLACES, "policies-uci");
    faults_short_session(replay);
    replay_limit(replay, MOVE_CASES);
    replay_divide(replay, MOVES);
    replay->began_ms = wait_now_ms();
    for (int i = 0; i < PLACES - 1; i++) {
        process_start(replay->intake[i]);
        process_start(replay->sla[i]);
    }
    WAIT_FOR(all_taken(replay), FAULTS_STEP_MS);

    for (int i = 0; i < MOVES; i++) move(replay, (i + PLACES - 1) % PLACES, i % PLACES);
    assert_true(replay_published_all(replay));
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_of_each),
                                       cmocka_unit_test(test_two_of_each),
                                       cmocka_unit_test(test_leaving_and_joining)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
