/* Redis forgets everything, or its scripts, is full, dies, and is away for a minute. */
#include "faults.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_redis(void **state) {
    (void)state;
    struct replay *replay = replay_new("redis", 4, 1, "policies-uci");
    unsigned seed = faults_seed();
    replay_publish(replay, FAULTS_ALL, 1);
    replay_start(replay);
    for (int i = 0; i < 2; i++) {
        faults_reach(replay, &seed, 85 - 20 * i);
        faults_redis(replay, "FLUSHALL");
        faults_count(replay, "FLUSHALL");
    }
    faults_redis(replay, "SCRIPT FLUSH");
    faults_count(replay, "SCRIPT FLUSH");
    faults_redis(replay, "CONFIG SET maxmemory 1");
    faults_pause(&seed, 3000, 3000);
    faults_count(replay, "full");
    faults_redis(replay, "CONFIG SET maxmemory 0");
    faults_reach(replay, &seed, 45);
    faults_kill(replay, &replay->h->redis);
    harness_start_redis(replay->h);
    faults_reach(replay, &seed, 30);
    faults_kill(replay, &replay->h->redis);
    faults_stay_away(replay, "Redis");
    harness_start_redis(replay->h);
    faults_count(replay, "redis is back after a minute");
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_redis)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
