/* Redis forgets everything, or its scripts, is full, dies, and is away. */
#include "faults.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

enum { CASES = 5000, FAULTS = 6 };

/* How often one of them has said that it waits for Redis. */
static int waits(struct replay *replay) {
    return process_log_count(replay->intake[0], "claims cannot be made now") +
           process_log_count(replay->sla[0], "redis cannot take it now");
}

static int goes_on(struct replay *replay) {
    return process_log_count(replay->intake[0], "\"goes on\"") +
           process_log_count(replay->sla[0], "\"goes on\"");
}

static void fill(struct replay *replay) {
    int before = waits(replay);
    int went_on = goes_on(replay);

    faults_redis(replay, "CONFIG SET maxmemory 1");
    WAIT_FOR(waits(replay) > before, FAULTS_STEP_MS);
    faults_count(replay, "full");
    faults_redis(replay, "CONFIG SET maxmemory 0");
    WAIT_FOR(goes_on(replay) > went_on, FAULTS_STEP_MS);
}

static void test_redis(void **state) {
    (void)state;
    struct replay *replay = replay_new("redis", 4, 1, "policies-uci");
    unsigned seed = faults_seed();
    replay_limit(replay, CASES);
    replay_divide(replay, FAULTS);
    replay_start(replay);

    for (int i = 0; i < 2; i++) {
        faults_work(replay, &seed, &sla_spec, 1);
        faults_redis(replay, "FLUSHALL");
        faults_count(replay, "FLUSHALL");
    }
    faults_work(replay, &seed, &sla_spec, 1);
    faults_redis(replay, "SCRIPT FLUSH");
    faults_count(replay, "SCRIPT FLUSH");
    faults_work(replay, &seed, &sla_spec, 1);
    fill(replay);
    faults_work(replay, &seed, &sla_spec, 1);
    faults_kill(replay, &replay->h->redis);
    harness_start_redis(replay->h);
    faults_work(replay, &seed, &sla_spec, 1);
    faults_kill(replay, &replay->h->redis);
    faults_stay_away(replay, "Redis");
    harness_start_redis(replay->h);
    faults_count(replay, "redis is back");
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
