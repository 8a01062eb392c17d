/* Workers die: at random moments of their work and of their take-over, and at every step of both.
 */
#include "faults.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    ROUNDS = 15, /* of two kills: ten times sla, ten times intake, ten times both */
    ALONE = 5,
    RANDOM_CASES = 4000,
    CASES = 1000
};

static void kill_both(struct replay *replay, struct process *intake, struct process *sla) {
    if (intake) faults_kill(replay, intake);
    if (sla) faults_kill(replay, sla);
}

/* In the midst of their take-over, or before it. */
static void start_both(unsigned *seed, struct process *intake, struct process *sla) {
    static const char *const moments[] = {"started", "assigned"};
    const char *moment = moments[rand_r(seed) % 2];

    if (intake) faults_start_until(intake, moment);
    if (sla) faults_start_until(sla, moment);
}

/* Each share of the log, and each of its events twice, is published before a kill at work, which
 * comes when less than half of it is decided; the kill within the take-over finds the rest. */
static void test_random_moments(void **state) {
    (void)state;
    struct replay *replay = replay_new("kills", 4, 1, "policies-uci");
    unsigned seed = faults_seed();
    replay_limit(replay, RANDOM_CASES);
    replay_divide(replay, ROUNDS);
    process_env(replay->intake[0], "REDRESS_BATCH_RECORDS=100");
    process_env(replay->sla[0], "REDRESS_BATCH_RECORDS=100");
    replay_start(replay);

    for (int i = 0; i < ROUNDS; i++) {
        struct process *intake = i / ALONE == 0 ? NULL : replay->intake[0];
        struct process *sla = i / ALONE == 1 ? NULL : replay->sla[0];

        faults_work(replay, &seed, sla ? &sla_spec : &replay_intake, 2);
        kill_both(replay, intake, sla);
        start_both(&seed, intake, sla);
        kill_both(replay, intake, sla);
        if (intake) process_start(intake);
        if (sla) process_start(sla);
    }
    assert_true(replay_published_all(replay));
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
}

/* Each step of a batch, and of restoring claims and a view. */
static void test_every_step(void **state) {
    (void)state;
    static const char *const steps[] = {"before_begin",  "before_offsets", "after_offsets",
                                        "after_produce", "before_commit",  "after_commit"};
    static const char *const views[] = {"before_apply", "after_apply"};
    struct replay *replay = replay_new("steps", 4, 1, "policies-uci");
    struct process *intake = replay->intake[0], *sla = replay->sla[0];
    replay_limit(replay, CASES);
    replay_publish(replay, FAULTS_ALL, 1);
    replay->began_ms = wait_now_ms();
    process_env(intake, "REDRESS_BATCH_RECORDS=100");
    process_env(sla, "REDRESS_BATCH_RECORDS=100");
    faults_crash_at(replay, intake, "before_markers", 1);
    faults_crash_at(replay, intake, "after_claims", 2);
    faults_crash_at(replay, intake, "before_verify", 2);
    for (int i = 0; i < 6; i++) faults_crash_at(replay, intake, steps[i], 3 + i % 2);
    process_start(intake);
    for (int i = 0; i < 6; i++) faults_crash_at(replay, sla, steps[i], 3 + i % 2);
    for (int i = 0; i < 2; i++) faults_crash_at(replay, sla, views[i], 3 + i);
    faults_crash_at(replay, sla, "after_apply_step", 3);
    faults_redis(replay, "FLUSHALL");
    faults_crash_at(replay, sla, "after_wipe_begin", 2);
    faults_crash_at(replay, sla, "before_wipe_end", 1);
    faults_crash_at(replay, sla, "within_replay", 2);
    process_start(sla);
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_moments),
                                       cmocka_unit_test(test_every_step)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
