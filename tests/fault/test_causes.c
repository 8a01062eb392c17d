/* Warehouses that begin to pack late: nine complaints each of the day before yesterday, orders of
 * the weeks before. Whoever judges is killed at each point of its way, so is who writes the
 * letters, and Redis forgets everything in between: each rise is told once, in the log and to the
 * warehouse, what was done about it is kept, and `redressctl causes` lists it. */
#include "base/clock.h"
#include "cohort/cohort.h"
#include "faults.h"
#include "pipeline.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ORDERS = 8, COMPLAINTS = 9, PARTITIONS = 4 };
#define DAYS_MS(days) ((days)*INT64_C(24) * 3600 * 1000)

/* Where it dies, twice: what it folds comes before what it judges. Of what was not committed all is
 * done again, so there the second passage judges. */
static const struct trouble {
    const char *point;
    int second;
    bool forgets; /* Redis, before it comes back */
} troubles[] = {
    {"before_commit", 2, false}, {"before_commit", 2, true}, {"after_commit", 1, false},
    {"before_apply", 1, true},   {"after_apply", 1, false},
};
enum { WAREHOUSES = sizeof troubles / sizeof *troubles };

#define ABOUT_ORDER                                                                                \
    "'order':{'id':'W%d-%d','status':'%s','amount':{'currency':'CNY','minor':9900},"               \
    "'warehouse':'HZ%d'},'items':[{'sku':'S-%d-%d','name':'x','quantity':1,'price':{'currency':"   \
    "'CNY','minor':9900}}],"

/* Each shipped on a day of its own, some weeks ago. */
static void publish_order(struct pipeline *pipeline, int warehouse, int i) {
    char id[32], key[32];
    snprintf(id, sizeof id, "o-%d-%d", warehouse, i);
    snprintf(key, sizeof key, "W%d-%d", warehouse, i);
    pipeline_publish(pipeline, "order.updated", "/shop/oms", id, clock_now_ms() - DAYS_MS(20 + i),
                     key, "{" ABOUT_ORDER "'customer':{'id':'c-%d-%d'}}", warehouse, i, "shipped",
                     warehouse, warehouse, i, warehouse, i);
}

static void publish_complaint(struct pipeline *pipeline, int warehouse, int i) {
    char id[32];
    snprintf(id, sizeof id, "c-%d-%d", warehouse, i);
    pipeline_publish(pipeline, "complaint.submitted", "/shop/app", id, clock_now_ms() - DAYS_MS(2),
                     id,
                     "{" ABOUT_ORDER "'channel':'app','customer':{'id':'u-%d-%d','tier':'regular'},"
                     "'text':'发货太慢了，投诉'}",
                     warehouse, 100 + i, "paid", warehouse, warehouse, 100 + i, warehouse, i);
}

/* Of a type, about a warehouse; 0: about any. */
static int count_of(const struct tail *tail, const char *type, int warehouse) {
    const struct tail_event *event;
    char name[16];
    int count = 0;
    snprintf(name, sizeof name, "HZ%d", warehouse);
    for (int i = 0; (event = tail_at(tail, i)); i++) {
        const char *found = tree_text(tree_get(event->ev.data, "match"), "warehouse");
        count += strcmp(event->ev.type, type) == 0 && found && strcmp(found, name) == 0;
    }
    return count;
}

static bool has_risen(struct pipeline *pipeline, int warehouse) {
    tail_poll(pipeline->events, 20);
    return count_of(pipeline->events, "cause.risen", warehouse) > 0;
}

static void go_through(struct pipeline *pipeline, struct process *cohort, int warehouse) {
    const struct trouble *trouble = &troubles[warehouse - 1];
    struct process *letters = pipeline->workers[PIPELINE_NOTIFICATION];

    for (int i = 1; i <= ORDERS; i++) publish_order(pipeline, warehouse, i);
    process_kill(cohort, SIGKILL);
    for (int i = 1; i <= COMPLAINTS; i++) publish_complaint(pipeline, warehouse, i);
    world_flush(pipeline->world);
    pipeline_wait_idle(pipeline);
    for (int time = 0; time < 2; time++) {
        process_env(cohort, "REDRESS_TEST_FAULT=%s:%d", trouble->point, time ? trouble->second : 1);
        process_start(cohort);
        if (!process_wait(cohort, FAULTS_WAIT_MS))
            wait_fail("it did not come to %s", trouble->point);
        assert_int_equal(process_exit_status(cohort), 128 + SIGKILL);
    }
    process_kill(letters, SIGKILL);
    if (trouble->forgets) faults_tell_redis(pipeline->world, "FLUSHALL");
    process_env(cohort, "REDRESS_TEST_FAULT=");
    process_start(cohort);
    process_start(letters);
    WAIT_FOR(has_risen(pipeline, warehouse), FAULTS_WAIT_MS);
    print_message("warehouse %d: killed at %s%s\n", warehouse, trouble->point,
                  trouble->forgets ? ", and Redis forgot" : "");
}

/* To the warehouse, at once; and once to the weekly digests, whose windows are still open. */
static void check_letters(struct pipeline *pipeline) {
    const struct tail_event *event;
    int told = 0;
    int lines = 0;

    for (int i = 0; (event = tail_at(pipeline->events, i)); i++) {
        const char *text = tree_text(event->ev.data, "template");
        if (!text) continue;
        told += strcmp(event->ev.type, "notification.requested") == 0 &&
                strcmp(text, "cause_risen") == 0 &&
                strcmp(tree_text(event->ev.data, "audience"), "warehouse") == 0;
        lines += strcmp(event->ev.type, "notification.collected") == 0 &&
                 strcmp(text, "week_risen") == 0;
    }
    assert_int_equal(told, WAREHOUSES);
    assert_int_equal(lines, 2 * WAREHOUSES); /* warehouse_weekly, manager_weekly */
}

/* So many lines have it; -1: the view is made anew. */
static int listed(struct pipeline *pipeline, const char *what, char *cause_id, size_t size) {
    static const char member[] = "\"cause_id\":\"";
    struct buf out = {0};
    int count = 0;

    int status = harness_run(pipeline->h, &out, PIPELINE_WITHIN_MS, "redressctl", "causes",
                             "--party", "warehouse", "--json", NULL);
    for (const char *at = out.at; at && (at = strstr(at, what)); at++) count++;
    const char *id = out.at ? strstr(out.at, member) : NULL;
    if (id) snprintf(cause_id, size, "%.21s", id + sizeof member - 1);
    buf_free(&out);
    return status ? -1 : count;
}

static bool all_are_listed(struct pipeline *pipeline) {
    char cause_id[32];
    return listed(pipeline, "\"status\":\"risen\"", cause_id, sizeof cause_id) == WAREHOUSES;
}

static bool is_answered(struct pipeline *pipeline) {
    char cause_id[32];
    return listed(pipeline, "\"answer\":\"two more people pack\"", cause_id, sizeof cause_id) == 1;
}

/* One, whole: with cases of it. */
static bool is_shown(struct pipeline *pipeline, const char *cause_id) {
    struct buf out = {0};
    int status = harness_run(pipeline->h, &out, PIPELINE_WITHIN_MS, "redressctl", "causes", "show",
                             cause_id, NULL);
    bool shown = status == 0 && strstr(out.at, cause_id) && strstr(out.at, "\"examples\":[\"");

    buf_free(&out);
    return shown;
}

static void check_commands(struct pipeline *pipeline) {
    char cause_id[32] = "";

    WAIT_FOR(all_are_listed(pipeline), PIPELINE_WITHIN_MS);
    assert_int_equal(listed(pipeline, "\"status\":\"risen\"", cause_id, sizeof cause_id),
                     WAREHOUSES);
    assert_true(is_shown(pipeline, cause_id));
    assert_int_equal(harness_run(pipeline->h, NULL, PIPELINE_WITHIN_MS, "redressctl", "causes",
                                 "answer", cause_id, "--done", "two more people pack", "--by", "li",
                                 NULL),
                     0);
    WAIT_FOR(is_answered(pipeline), PIPELINE_WITHIN_MS);
    assert_int_equal(listed(pipeline, "\"status\":\"risen\"", cause_id, sizeof cause_id),
                     WAREHOUSES - 1);
}

static void warehouses(void **state) {
    (void)state;
    struct pipeline *pipeline = pipeline_new("causes", PARTITIONS);
    struct process *cohort = harness_worker(pipeline->h, "cohort", 0);

    pipeline_start(pipeline);
    process_start(cohort);
    harness_wait_ready(pipeline->h, cohort);
    for (int warehouse = 1; warehouse <= WAREHOUSES; warehouse++)
        go_through(pipeline, cohort, warehouse);
    pipeline_start(pipeline);
    pipeline_wait_idle(pipeline);
    faults_tell_redis(pipeline->world, "FLUSHALL");
    check_commands(pipeline);
    pipeline_wait_idle(pipeline);
    for (int warehouse = 1; warehouse <= WAREHOUSES; warehouse++)
        assert_int_equal(count_of(pipeline->events, "cause.risen", warehouse), 1);
    assert_int_equal(count_of(pipeline->events, "cause.reviewed", 1), 0);
    check_letters(pipeline);
    pipeline_wait_views(pipeline);
    pipeline_check_view(pipeline, &cohort_spec);
    pipeline_check_views(pipeline);
    pipeline_close(pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(warehouses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
