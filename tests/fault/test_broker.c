/* The broker dies and comes back when all time-outs are over, and stands still for longer than a
 * transaction may take.
 */
#include "faults.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    CASES = 4000,
    FAULTS = 2,
    FROZEN_MS = 9000 /* longer than sessions and transactions of faults_short_session() */
};

static void test_broker(void **state) {
    (void)state;
    struct replay *replay = replay_new("broker", 4, 1, "policies-uci");
    unsigned seed = faults_seed();
    replay_limit(replay, CASES);
    replay_divide(replay, FAULTS);
    faults_short_session(replay);
    replay_start(replay);

    faults_work(replay, &seed, &sla_spec, 1);
    faults_count(replay, "before the broker is killed"); /* it cannot be asked after */
    process_kill(&replay->h->kafka, SIGKILL);
    faults_stay_away(replay, "Kafka");
    harness_start_kafka(replay->h);
    faults_count(replay, "the broker is back");

    faults_work(replay, &seed, &sla_spec, 1);
    faults_count(replay, "before the broker stands still");
    process_freeze(&replay->h->kafka);
    usleep(FROZEN_MS * 1000);
    process_thaw(&replay->h->kafka);
    faults_count(replay, "the broker goes on");
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_broker)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
