/* From one version to the next and back, worker by worker, under load: the next one writes an event
 * and a state with one more field each (next.py). Nobody stops, the counts are exact, and what the
 * next version had put into states is still there after today's has folded and written them. */
#include "faults.h"
#include "intake/intake.h"
#include "sla/sla.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PARTITIONS = 4,
    REPLICAS = 2,
    CASES = 5000,
    CHANGES = 2 * 2 * REPLICAS, /* each process of both workers, there and back */
    LEAVES_MS = 60000
};

static int64_t done(struct replay *replay, const struct worker_spec *spec) {
    int64_t count = -1;
    WAIT_FOR((count = world_done(replay->world, spec)) >= 0, FAULTS_STEP_MS);
    return count;
}

/* While one is away both workers go on: what comes meanwhile is taken in by the other intake, and
 * its deadlines are set. Nobody else has ended. */
static void others_go_on(struct replay *replay, const struct process *away) {
    int64_t taken_in = done(replay, &intake_spec);
    int64_t set = done(replay, &sla_spec);

    replay_publish_share(replay, 1);
    WAIT_FOR(world_done(replay->world, &intake_spec) > taken_in, FAULTS_WAIT_MS);
    WAIT_FOR(world_done(replay->world, &sla_spec) > set, FAULTS_WAIT_MS);
    for (int i = 0; i < REPLICAS; i++) {
        assert_true(replay->intake[i] == away || process_running(replay->intake[i]));
        assert_true(replay->sla[i] == away || process_running(replay->sla[i]));
    }
    print_message("%s is away: the others decide %lld complaints and activities, %lld events\n",
                  away->name, (long long)(done(replay, &intake_spec) - taken_in),
                  (long long)(done(replay, &sla_spec) - set));
}

/* One process ends in the midst of a share, and goes on as the other version. */
static void change(struct replay *replay, struct process *worker, bool next) {
    int64_t began_ms;

    faults_feed(replay, 1);
    process_kill(worker, SIGTERM);
    faults_count(replay, worker->name);
    if (!process_wait(worker, LEAVES_MS)) wait_fail("%s does not leave", worker->name);
    assert_int_equal(process_exit_status(worker), 0);
    others_go_on(replay, worker);
    faults_version(worker, next);
    began_ms = wait_now_ms();
    faults_start_until(worker, "assigned");
    print_message("%s has partitions again after %lld ms\n", worker->name,
                  (long long)(wait_now_ms() - began_ms));
}

/* ---- The states ---- */

struct kept {
    struct arena *arena;
    struct kept_case {
        const char *key;
        bool seen, last_has; /* any record of it had the field; the last one has it */
    } * at;
    int count;
    int64_t events_with_note;
};

static struct kept_case *case_of(struct kept *kept, const struct raw *raw) {
    for (int i = kept->count - 1; i >= 0; i--)
        if (strlen(kept->at[i].key) == raw->key_len &&
            memcmp(kept->at[i].key, raw->key, raw->key_len) == 0)
            return &kept->at[i];
    struct kept_case *new = ARENA_ADD(kept->arena, kept->at, kept->count);
    new->key = arena_strndup(kept->arena, raw->key, raw->key_len);
    return new;
}

static void look_at_state(void *context, const struct raw *raw) {
    static const char field[] = "upgrade_seen";
    struct kept *kept = context;

    if (!raw->key || !raw->value) return;
    struct kept_case *found = case_of(kept, raw);
    found->last_has = memmem(raw->value, raw->value_len, field, sizeof field - 1) != NULL;
    found->seen |= found->last_has;
}

static void look_at_event(void *context, const struct raw *raw) {
    static const char field[] = "upgrade_note";
    struct kept *kept = context;

    if (raw->value && memmem(raw->value, raw->value_len, field, sizeof field - 1))
        kept->events_with_note++;
}

static void test_there_and_back(void **state) {
    (void)state;
    struct replay *replay = replay_new("upgrade", PARTITIONS, REPLICAS, "policies-uci");
    faults_short_session(replay);
    replay_limit(replay, CASES);
    replay_divide(replay, 2 * CHANGES + 1); /* before and while one is away; at the end */
    replay_start(replay);
    replay->began_ms = wait_now_ms();
    /* Readers first, there; writers first, back. */
    for (int i = 0; i < REPLICAS; i++) change(replay, replay->sla[i], true);
    for (int i = 0; i < REPLICAS; i++) change(replay, replay->intake[i], true);
    for (int i = 0; i < REPLICAS; i++) change(replay, replay->intake[i], false);
    for (int i = 0; i < REPLICAS; i++) change(replay, replay->sla[i], false);
    faults_feed(replay, 1);
    assert_true(replay_published_all(replay));
    replay_wait(replay, FAULTS_WAIT_MS);
    replay_check(replay, replay->expected.resolution, false);

    struct kept kept = {.arena = replay->arena};
    world_read(replay->world, TOPIC_EVENTS, NULL, look_at_event, &kept);
    world_read(replay->world, TOPIC_STATE, "sla", look_at_state, &kept);
    int seen = 0;
    for (int i = 0; i < kept.count; i++) {
        seen += kept.at[i].seen;
        if (kept.at[i].seen && !kept.at[i].last_has)
            wait_fail("%s: the next version's field is gone", kept.at[i].key);
    }
    print_message("%lld cases opened by the next version; %d states keep its field\n",
                  (long long)kept.events_with_note, seen);
    assert_true(kept.events_with_note > 0);
    assert_true(seen > 0);
    replay_close(replay);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_there_and_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
