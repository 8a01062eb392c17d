/* From one version to the next and back, worker by worker, while complaints come: the next one
 * writes events and states with one more field each (next.py). Nobody else stops, the counts are
 * exact, and what the next version had put into states is still there after today's has folded and
 * written them. */
#include "base/ids.h"
#include "cohort/cohort.h"
#include "faults.h"
#include "flow.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PARTITIONS = 4,
    REPLICAS = 2,
    RATE = 20, /* complaints a second: two processors with sanitizers decide them as they come */
    MEANWHILE = 5, /* complaints through the whole line while one process is away */
    COHORT = PIPELINE_WORKERS,
    WORKERS /* of each replica: the pipeline's, and redress-cohort */
};

struct line {
    struct pipeline *pipeline;
    struct process *workers[REPLICAS][WORKERS];
    struct flow *flow;
};

static struct process *of_this_test(struct process *worker) {
    process_env(worker, "REDRESS_SESSION_TIMEOUT=6s");
    process_env(worker, "REDRESS_TRANSACTION_TIMEOUT=3s");
    return worker;
}

static void start_all(struct line *line) {
    for (int i = REPLICAS - 1; i >= 0; i--) { /* the pipeline's own are the first of each */
        pipeline_workers(line->pipeline, i);
        for (int kind = 0; kind < PIPELINE_WORKERS; kind++)
            line->workers[i][kind] = of_this_test(line->pipeline->workers[kind]);
        line->workers[i][COHORT] = of_this_test(harness_worker(line->pipeline->h, "cohort", i));
        process_start(line->workers[i][COHORT]);
        pipeline_start(line->pipeline);
        harness_wait_ready(line->pipeline->h, line->workers[i][COHORT]);
    }
}

static void others_run(const struct line *line, const struct process *away) {
    for (int i = 0; i < REPLICAS; i++)
        for (int kind = 0; kind < WORKERS; kind++)
            assert_true(line->workers[i][kind] == away || process_running(line->workers[i][kind]));
}

/* What is complained of from now on goes through the pipeline. */
static void line_goes_on(struct line *line) {
    for (int kind = FLOW_OPENED; kind <= FLOW_REQUESTED; kind++) {
        int enough = flow_total(line->flow, (enum flow_kind)kind) + MEANWHILE;
        WAIT_FOR(flow_total(line->flow, (enum flow_kind)kind) >= enough, FAULTS_WAIT_MS);
    }
}

/* One process ends in the midst of complaints, and goes on as the other version. */
static void change(struct line *line, struct process *worker, bool next) {
    int64_t began_ms = wait_now_ms();
    int before = flow_total(line->flow, FLOW_REQUESTED);

    assert_int_equal(process_stop(worker, FAULTS_STEP_MS), 0);
    line_goes_on(line);
    others_run(line, worker);
    int64_t away_ms = wait_now_ms() - began_ms;
    faults_version(worker, next);
    began_ms = wait_now_ms();
    faults_start_until(worker, "assigned");
    print_message("%s, %s: away for %lld ms, in which %d complaints came through; partitions after "
                  "%lld ms\n",
                  worker->name, next ? "next" : "back", (long long)away_ms,
                  flow_total(line->flow, FLOW_REQUESTED) - before,
                  (long long)(wait_now_ms() - began_ms));
}

static void change_all(struct line *line, int kind, bool next) {
    for (int i = 0; i < REPLICAS; i++) change(line, line->workers[i][kind], next);
}

/* ---- Events and states ---- */

struct kept {
    struct arena *arena;
    struct kept_case {
        const char *key;
        bool seen, last_has; /* any record of it had the field; the last one has it */
    } * at;
    int count;
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

struct notes {
    int opened, classified;
};

static void look_at_event(void *context, const struct raw *raw) {
    static const char field[] = "upgrade_note";
    static const char classified[] = "\"rules_version\"";
    struct notes *notes = context;

    if (!raw->value || !memmem(raw->value, raw->value_len, field, sizeof field - 1)) return;
    if (memmem(raw->value, raw->value_len, classified, sizeof classified - 1))
        notes->classified++;
    else
        notes->opened++;
}

static void check_states(struct line *line, const char *worker) {
    struct kept kept = {.arena = arena_new()};
    int seen = 0;

    world_read(line->pipeline->world, TOPIC_STATE, worker, look_at_state, &kept);
    for (int i = 0; i < kept.count; i++) {
        seen += kept.at[i].seen;
        if (kept.at[i].seen && !kept.at[i].last_has)
            wait_fail("%s, %s: the next version's field is gone", worker, kept.at[i].key);
    }
    print_message("%s: %d of %d states keep the next version's field\n", worker, seen, kept.count);
    assert_true(seen > 0);
    arena_free(kept.arena);
}

static void test_there_and_back(void **state) {
    (void)state;
    /* Readers first, there; writers first, back. */
    static const int order[WORKERS] = {COHORT,       PIPELINE_NOTIFICATION,   PIPELINE_COMPENSATION,
                                       PIPELINE_SLA, PIPELINE_CLASSIFICATION, PIPELINE_INTAKE};
    const struct worker_spec *const cohorts[] = {&cohort_spec, NULL};
    struct line line = {.pipeline = pipeline_new("upgrade", PARTITIONS)};

    start_all(&line);
    line.flow = flow_begin(line.pipeline, RATE);
    for (int i = 0; i < WORKERS; i++) change_all(&line, order[i], true);
    line_goes_on(&line);
    for (int i = WORKERS - 1; i >= 0; i--) change_all(&line, order[i], false);
    flow_end(line.flow, FAULTS_WAIT_MS);
    flow_check(line.flow);
    world_wait_idle(line.pipeline->world, cohorts, FAULTS_WAIT_MS);
    pipeline_check_view(line.pipeline, &cohort_spec);

    struct notes notes = {0};
    world_read(line.pipeline->world, TOPIC_EVENTS, NULL, look_at_event, &notes);
    print_message("the next version opened %d cases and classified %d\n", notes.opened,
                  notes.classified);
    assert_true(notes.opened > 0 && notes.classified > 0);
    check_states(&line, "sla");
    check_states(&line, "compensation");
    check_states(&line, "notification");
    check_states(&line, "cohort");
    flow_free(line.flow);
    pipeline_close(line.pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_there_and_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
