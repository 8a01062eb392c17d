/* The UCI ticket log, 12 349 incidents with their times of 2016 and 2017, through intake and sla: exactly the cases
 * that were late breach, each once. */
#include "replay.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { ALL = 1 << 30, LIMIT_MS = 600000 };

/* Published in full while the workers are stopped, which are then started. */
static void backlog(const char *name, int partitions, int times) {
    struct replay *replay = replay_new(name, partitions, 1, "policies-uci");
    replay_publish(replay, ALL, times);
    replay_start(replay);
    replay_wait(replay, LIMIT_MS);
    replay_check(replay, REPLAY_RESOLUTION, false);
    replay_close(replay);
}

static void test_backlog(void **state) {
    (void)state;
    backlog("backlog", 4, 1);
}

static void test_everything_twice(void **state) {
    (void)state;
    backlog("twice", 4, 2);
}

static void test_one_partition(void **state) {
    (void)state;
    backlog("one", 1, 1);
}

static void test_pausing(void **state) {
    (void)state;
    struct replay *replay = replay_new("pausing", 4, 1, "policies-uci-pausing");
    replay_publish(replay, ALL, 1);
    replay_start(replay);
    replay_wait(replay, LIMIT_MS);
    replay_check(replay, REPLAY_RESOLUTION_PAUSING, false);
    replay_close(replay);
}

/* The sla worker dies three times while it has lag. */
static void test_killed(void **state) {
    (void)state;
    struct replay *replay = replay_new("killed", 4, 1, "policies-uci");
    replay_publish(replay, ALL, 1);
    replay_start(replay);
    for (int kills = 0; kills < 3; kills++) {
        int64_t lag =
            world_lag(replay->world,
                      &(struct worker_spec){.name = "sla", .reads = (const enum topic[]){TOPIC_EVENTS, TOPIC_NONE}});
        process_kill(replay->sla[0], SIGKILL);
        int64_t after = replay_lag(replay);
        print_message("killed with %lld records not yet decided by sla, %lld in all\n", (long long)lag,
                      (long long)after);
        assert_true(after > 0);
        process_start(replay->sla[0]);
        harness_wait_ready(replay->h, replay->sla[0]);
    }
    replay_wait(replay, LIMIT_MS);
    replay_check(replay, REPLAY_RESOLUTION, false);
    replay_close(replay);
}

/* Into running workers, 2 000 events a second and more. */
static void test_running(void **state) {
    (void)state;
    struct replay *replay = replay_new("running", 4, 1, "policies-uci");
    replay_start(replay);
    int64_t began_ms = wait_now_ms();
    while (!replay_published_all(replay)) replay_publish(replay, REPLAY_CHUNK, 1);
    print_message("published at %.0f events/s into running workers\n",
                  replay->published * 1e3 / (double)(wait_now_ms() - began_ms));
    replay_wait(replay, LIMIT_MS);
    replay_check(replay, REPLAY_RESOLUTION, true);
    replay_close(replay);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_backlog),       cmocka_unit_test(test_everything_twice),
                                       cmocka_unit_test(test_one_partition), cmocka_unit_test(test_pausing),
                                       cmocka_unit_test(test_killed),        cmocka_unit_test(test_running)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
