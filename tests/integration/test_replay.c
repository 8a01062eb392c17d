/* The UCI ticket log, 12 349 incidents with their times of 2016 and 2017, through intake and sla:
 * exactly the cases that were late breach, each once. */
#include "replay.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    ALL = 1 << 30,
    SOME_CASES = 3000, /* where their number does not matter: test_backlog has all of them */
    LIMIT_MS = 900000  /* 40 s, alone */
};

/* Published in full while the workers are stopped, which are then started. */
static void finish_backlog(struct replay *replay, int times, int resolution) {
    replay_publish(replay, ALL, times);
    replay_start(replay);
    replay_wait(replay, LIMIT_MS);
    replay_check(replay, resolution, false);
    replay_close(replay);
}

static void test_backlog(void **state) {
    (void)state;
    finish_backlog(replay_new("backlog", 4, 1, "policies-uci"), 1, REPLAY_RESOLUTION);
}

static void test_everything_twice(void **state) {
    (void)state;
    struct replay *replay = replay_new("twice", 4, 1, "policies-uci");
    replay_limit(replay, SOME_CASES);
    finish_backlog(replay, 2, replay->expected.resolution);
}

static void test_one_partition(void **state) {
    (void)state;
    struct replay *replay = replay_new("one", 1, 1, "policies-uci");
    replay_limit(replay, SOME_CASES);
    finish_backlog(replay, 1, replay->expected.resolution);
}

static void test_pausing(void **state) {
    (void)state;
    finish_backlog(replay_new("pausing", 4, 1, "policies-uci-pausing"), 1,
                   REPLAY_RESOLUTION_PAUSING);
}

/* Into running workers, 2 000 events a second and more. */
static void test_running(void **state) {
    (void)state;
    struct replay *replay = replay_new("running", 4, 1, "policies-uci");
    replay_limit(replay, SOME_CASES);
    replay_start(replay);
    int64_t began_ms = wait_now_ms();
    while (!replay_published_all(replay)) replay_publish(replay, REPLAY_CHUNK, 1);
    print_message("published at %.0f events/s into running workers\n",
                  replay->published * 1e3 / (double)(wait_now_ms() - began_ms));
    replay_wait(replay, LIMIT_MS);
    replay_check(replay, replay->expected.resolution, true);
    replay_close(replay);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backlog), cmocka_unit_test(test_everything_twice),
        cmocka_unit_test(test_one_partition), cmocka_unit_test(test_pausing),
        cmocka_unit_test(test_running)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
