/* Redis as large installations run it, while complaints flow: a cluster of three primaries whose slots
 * move, whose primary dies and which fails over; a primary whose Sentinels name a replica that is
 * behind; several independent primaries, one of which forgets everything. Nothing is lost, nothing
 * twice, and the views equal their folds. Each prints how long the workers waited. */
#include "faults.h"
#include "redises.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { CASES = 4000, PRIMARIES = 3, WHILE_MOVING = 6 };

/* Workers and the test's own eyes look there from now on. */
static void look_at(struct replay *replay, const char *url) {
    for (int i = 0; i < replay->replicas; i++) {
        process_env(replay->intake[i], "REDRESS_REDIS_URL=%s", url);
        process_env(replay->sla[i], "REDRESS_REDIS_URL=%s", url);
    }
    replay->world->config.redis_url = url;
}

/* Until both workers have decided something since. */
static void goes_on(struct replay *replay, const char *what) {
    int64_t began_ms = wait_now_ms();
    int64_t intake = -1;
    int64_t sla = -1;

    WAIT_FOR((intake = world_done(replay->world, &replay_intake)) >= 0, FAULTS_STEP_MS);
    WAIT_FOR((sla = world_done(replay->world, &sla_spec)) >= 0, FAULTS_STEP_MS);
    if (replay_intake_lag(replay) > 0)
        WAIT_FOR(world_done(replay->world, &replay_intake) > intake, FAULTS_STEP_MS);
    WAIT_FOR(world_done(replay->world, &sla_spec) > sla, FAULTS_STEP_MS);
    print_message("%s: they go on after %lld ms\n", what, (long long)(wait_now_ms() - began_ms));
}

static struct replay *open_replay(const char *name, int shares) {
    struct replay *replay = replay_new(name, 4, 1, "policies-uci");
    replay_limit(replay, CASES);
    replay_divide(replay, shares);
    return replay;
}

/* Complaints come as long as slots move, and are decided meanwhile. */
static void move_slots(struct replay *replay, struct redises *redises) {
    int64_t began_ms = wait_now_ms();
    int fed = 0;

    redises_move_slots(redises);
    for (; !redises_moved(redises) && fed < WHILE_MOVING; fed++) {
        faults_feed(replay, 1);
        WAIT_FOR(redises_moved(redises) || replay_sla_lag(replay) == 0, FAULTS_WAIT_MS);
    }
    WAIT_FOR(redises_moved(redises), FAULTS_WAIT_MS);
    print_message("the slots of a primary have moved within %lld ms, %d shares came meanwhile\n",
                  (long long)(wait_now_ms() - began_ms), fed);
    assert_true(fed > 0);
    for (; fed < WHILE_MOVING; fed++) faults_feed(replay, 1);
}

static void kill_primary(struct replay *replay, struct redises *redises) {
    process_kill(&redises->servers[1], SIGKILL);
    faults_count(replay, "a primary died");
    goes_on(replay, "its replica follows");
}

/* A replica takes over in good order. */
static void hand_over(struct replay *replay, struct redises *redises) {
    for (int i = PRIMARIES; i < redises->count; i++) {
        const char *role = redises_tell(redises, i, "ROLE", NULL);
        if (strncmp(role, "slave", 5) != 0 || !strstr(role, "connected")) continue;
        redises_tell(redises, i, "CLUSTER", "FAILOVER", NULL);
        WAIT_FOR(redises_is_primary(redises, i), FAULTS_STEP_MS);
        faults_count(replay, "a primary has handed over");
        goes_on(replay, "behind that");
        return;
    }
    wait_fail("no replica is left");
}

static void a_cluster_moves_and_fails_over(void **state) {
    (void)state;
    enum { FAULTS = 2 };
    struct replay *replay = open_replay("cluster", WHILE_MOVING + FAULTS);
    struct redises redises;
    unsigned seed = faults_seed();

    redises_cluster(&redises, replay->h);
    look_at(replay, redises.url);
    replay_start(replay);
    move_slots(replay, &redises);
    faults_work(replay, &seed, &sla_spec, 1);
    kill_primary(replay, &redises);
    faults_work(replay, &seed, &sla_spec, 1);
    hand_over(replay, &redises);
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
    redises_close(&redises);
}

static void sentinels_name_an_older_replica(void **state) {
    (void)state;
    enum { FAULTS = 3 };
    struct replay *replay = open_replay("sentinel", FAULTS);
    struct redises redises;
    unsigned seed = faults_seed();

    redises_sentinel(&redises, replay->h);
    look_at(replay, redises.url);
    replay_start(replay);
    faults_work(replay, &seed, &sla_spec, 1);
    process_freeze(&redises.servers[1]);
    faults_work(replay, &seed, &sla_spec, 1);
    process_kill(&redises.servers[0], SIGKILL);
    process_thaw(&redises.servers[1]);
    faults_count(replay, "the primary died while its replica was behind");
    WAIT_FOR(redises_is_primary(&redises, 1), FAULTS_STEP_MS);
    goes_on(replay, "the replica follows");
    assert_true(process_log_count(replay->sla[0], "the view is made anew") > 0);
    faults_work(replay, &seed, &sla_spec, 1);
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
    redises_close(&redises);
}

static void one_of_several_primaries_forgets(void **state) {
    (void)state;
    struct replay *replay = open_replay("spread", PRIMARIES);
    struct redises redises;
    unsigned seed = faults_seed();

    redises_spread(&redises, replay->h);
    look_at(replay, redises.url);
    replay_start(replay);
    for (int i = 0; i < PRIMARIES; i++) {
        faults_work(replay, &seed, &sla_spec, 1);
        assert_string_not_equal(redises_tell(&redises, i, "DBSIZE", NULL), "0\n");
        redises_tell(&redises, i, "FLUSHALL", NULL);
        faults_count(replay, "one of three has forgotten everything");
        goes_on(replay, "behind that");
    }
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);
    replay_close(replay);
    redises_close(&redises);
}

/* A name or pattern runs only those tests. */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_cluster_moves_and_fails_over),
                                       cmocka_unit_test(sentinels_name_an_older_replica),
                                       cmocka_unit_test(one_of_several_primaries_forgets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
