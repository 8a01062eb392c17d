/* Twelve partitions, with one of each worker, with two, and with three, of which one leaves and one joins every five
 * seconds. */
#include "faults.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

enum { PARTITIONS = 12, EVERY_MS = 5000, MOVES = 8, LEAVES_MS = 20000 };

static void stay(const char *name, int replicas) {
    struct replay *replay = replay_new(name, PARTITIONS, replicas, "policies-uci");
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

static void leave(struct process *process) {
    assert_int_equal(process_stop(process, LEAVES_MS), 0);
}

/* There are places for four: one is empty, and when it is filled the next one leaves. Everything comes twice and before
 * the workers start, so that the last moves find lag, too. */
static void test_leaving_and_joining(void **state) {
    (void)state;
    struct replay *replay = replay_new("moves", PARTITIONS, 4, "policies-uci");
    faults_short_session(replay);
    replay_publish(replay, FAULTS_ALL, 2);
    replay->began_ms = wait_now_ms();
    for (int i = 0; i < 3; i++) {
        process_start(replay->intake[i]);
        process_start(replay->sla[i]);
    }
    int moves = 0;
    for (int64_t next_ms = wait_now_ms() + EVERY_MS; moves < MOVES; next_ms += EVERY_MS) {
        while (wait_now_ms() < next_ms) usleep(10000);
        if (moves && replay_lag(replay) == 0) break;
        int in = (moves + 3) % 4, out = moves % 4;
        process_start(replay->intake[in]);
        process_start(replay->sla[in]);
        leave(replay->intake[out]);
        leave(replay->sla[out]);
        faults_count(replay, "one left and one joined");
        moves++;
    }
    assert_true(moves >= MOVES / 2);
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_of_each), cmocka_unit_test(test_two_of_each),
                                       cmocka_unit_test(test_leaving_and_joining)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
