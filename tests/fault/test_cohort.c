/* One late truck after another: 21 orders, one complaint, a cause confirmed. Whoever warns is killed
 * at each point of its way, so is who writes the letters, Redis forgets everything in between, and a
 * second worker takes half of it over: each of the 20 others is warned once, gets one token and one
 * letter, and who complained none. */
#include "base/clock.h"
#include "base/ids.h"
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

enum { ORDERS = 21, WARNED = ORDERS - 1, PARTITIONS = 4, ASK_MS = 5000 };

/* Where it dies: the first time it may fold the word, the second it warns. */
static const struct trouble {
    const char *point;
    int passage;
    bool forgets; /* Redis, before it comes back */
} troubles[] = {
    {"after_claims", 1, false}, {"before_commit", 1, false}, {"before_commit", 2, true},
    {"after_commit", 2, false}, {"before_apply", 2, true},   {"after_apply", 2, false},
};
enum { TRUCKS = sizeof troubles / sizeof *troubles };

static const char *place_of(int truck, char text[16]) {
    snprintf(text, 16, "LANE-%d", truck);
    return text;
}

#define ABOUT_ORDER                                                                                \
    "'order':{'id':'T%d-%d','status':'shipped','amount':{'currency':'CNY','minor':9900},"          \
    "'carrier':'SF','lane':'%s','placed_at':'%s'},'items':[{'sku':'CHERRY-%d','name':'cherries',"  \
    "'quantity':1,'price':{'currency':'CNY','minor':9900}}],"

static void publish_order(struct pipeline *pipeline, int truck, int i) {
    char id[32], lane[16], key[32], placed[CLOCK_TEXT_MAX];
    snprintf(id, sizeof id, "o-%d-%d", truck, i);
    snprintf(key, sizeof key, "T%d-%d", truck, i);
    clock_format(clock_now_ms() - COHORT_KEY_DAY_MS, placed);
    pipeline_publish(pipeline, "order.updated", "/shop/oms", id, clock_now_ms(), key,
                     "{" ABOUT_ORDER "'customer':{'id':'c-%d-%d','locale':'en'}}", truck, i,
                     place_of(truck, lane), placed, truck, truck, i);
}

/* The customer of the last one. */
static void publish_complaint(struct pipeline *pipeline, int truck) {
    char id[32], lane[16], placed[CLOCK_TEXT_MAX];
    snprintf(id, sizeof id, "c-%d", truck);
    clock_format(clock_now_ms() - COHORT_KEY_DAY_MS, placed);
    pipeline_publish(pipeline, "complaint.submitted", "/shop/app", id, clock_now_ms(), id,
                     "{" ABOUT_ORDER "'channel':'app','customer':{'id':'c-%d-%d','tier':'regular'},"
                     "'text':'the delivery is two days late, where is it'}",
                     truck, ORDERS, place_of(truck, lane), placed, truck, truck, ORDERS);
}

static void publish_word(struct pipeline *pipeline, int truck) {
    char id[32], lane[16];
    snprintf(id, sizeof id, "w-%d", truck);
    pipeline_publish(pipeline, "cohort.confirmed", "/desk", id, clock_now_ms(), id,
                     "{'match':{'lane':'%s'},'class':'logistics.delayed','by':'li'}",
                     place_of(truck, lane));
}

static bool is_of_truck(const struct tail_event *event, int truck) {
    char start[16];
    const char *order_id = tree_text(event->ev.data, "order_id");
    snprintf(start, sizeof start, "T%d-", truck);
    return order_id && strncmp(order_id, start, strlen(start)) == 0;
}

static int count_of(const struct tail *tail, const char *type, int truck) {
    const struct tail_event *event;
    int count = 0;
    for (int i = 0; (event = tail_at(tail, i)); i++)
        count += strcmp(event->ev.type, type) == 0 && is_of_truck(event, truck);
    return count;
}

static void reach(struct pipeline *pipeline, int truck) {
    int64_t end_ms = wait_now_ms() + FAULTS_WAIT_MS;
    while (count_of(pipeline->events, "cohort.member_warned", truck) < WARNED) {
        if (wait_now_ms() > end_ms) fail_msg("truck %d: not all are warned", truck);
        tail_poll(pipeline->events, 20);
    }
}

/* Whether it has committed every record that the tail has read; behind them are markers only. */
static bool is_done(struct pipeline *pipeline, struct tail *orders) {
    struct place group[PARTITIONS];
    struct err err;

    tail_catch_up(orders);
    for (int i = 0; i < PARTITIONS; i++)
        group[i] = (struct place){.topic = TOPIC_ORDERS, .partition = i};
    if (kafka_group_offsets(pipeline->world->asker, "cohort", group, PARTITIONS, ASK_MS, &err) < 0)
        return false;
    for (int i = 0; i < PARTITIONS; i++)
        if (tail_next_offset(orders, i) > 0 &&
            (group[i].offset == KAFKA_NO_OFFSET || group[i].offset < tail_next_offset(orders, i)))
            return false;
    return true;
}

static void wait_for_cohorts(struct pipeline *pipeline, struct tail *orders) {
    pipeline_wait_idle(pipeline);
    WAIT_FOR(is_done(pipeline, orders), PIPELINE_WITHIN_MS);
}

static void go_through(struct pipeline *pipeline, struct tail *orders, struct process *cohort,
                       int truck) {
    const struct trouble *trouble = &troubles[truck];
    struct process *letters = pipeline->workers[PIPELINE_NOTIFICATION];

    for (int i = 1; i <= ORDERS; i++) publish_order(pipeline, truck, i);
    publish_complaint(pipeline, truck);
    wait_for_cohorts(pipeline, orders);
    process_kill(cohort, SIGKILL);
    process_env(cohort, "REDRESS_TEST_FAULT=%s:%d", trouble->point, trouble->passage);
    publish_word(pipeline, truck);
    world_flush(pipeline->world);
    process_start(cohort);
    if (!process_wait(cohort, FAULTS_WAIT_MS)) wait_fail("it did not come to %s", trouble->point);
    assert_int_equal(process_exit_status(cohort), 128 + SIGKILL);
    process_kill(letters, SIGKILL);
    if (trouble->forgets) faults_tell_redis(pipeline->world, "FLUSHALL");
    process_env(cohort, "REDRESS_TEST_FAULT=");
    process_start(cohort);
    process_start(letters);
    reach(pipeline, truck);
    print_message("truck %d: killed at %s%s\n", truck, trouble->point,
                  trouble->forgets ? ", and Redis forgot" : "");
}

/* One of each for every order but the one that was complained about. */
static void check_once(const struct tail *tail, const char *type) {
    int counts[TRUCKS][ORDERS + 1] = {{0}};
    const struct tail_event *event;
    int truck, order;

    for (int i = 0; (event = tail_at(tail, i)); i++) {
        const char *order_id = tree_text(event->ev.data, "order_id");
        bool without_case = tree_get(event->ev.data, "cohort_id") != NULL;
        if (strcmp(event->ev.type, type) != 0 || !without_case || !order_id) continue;
        assert_int_equal(sscanf(order_id, "T%d-%d", &truck, &order), 2);
        counts[truck][order]++;
    }
    for (truck = 0; truck < TRUCKS; truck++)
        for (order = 1; order <= ORDERS; order++)
            if (counts[truck][order] != (order <= WARNED))
                fail_msg("%s: T%d-%d: %d", type, truck, order, counts[truck][order]);
}

/* -1: a shard is taken over, or its view made anew, so that not all can be seen. */
static int count_open(struct pipeline *pipeline) {
    struct buf listed = {0};
    int open = 0;
    int status = harness_run(pipeline->h, &listed, PIPELINE_WITHIN_MS, "redressctl", "cohorts",
                             "--json", NULL);

    for (const char *at = listed.at; at && (at = strstr(at, "\"status\":\"open\"")); at++) open++;
    buf_free(&listed);
    return status ? -1 : open;
}

/* Each runs, with all that were warned; a person ends one. */
static void check_commands(struct pipeline *pipeline) {
    WAIT_FOR(count_open(pipeline) >= 0, PIPELINE_WITHIN_MS);
    assert_int_equal(count_open(pipeline), TRUCKS);
    assert_int_equal(harness_run(pipeline->h, NULL, PIPELINE_WITHIN_MS, "redressctl", "cohorts",
                                 "end", "--lane", "LANE-0", "--class", "logistics.delayed", "--by",
                                 "wang", NULL),
                     0);
    tail_wait(pipeline->events, "cohort.closed", NULL, 1, FAULTS_STEP_MS);
}

static void trucks(void **state) {
    (void)state;
    struct pipeline *pipeline = pipeline_new("cohort", PARTITIONS);
    struct process *cohort = harness_worker(pipeline->h, "cohort", 0);
    struct process *second = harness_worker(pipeline->h, "cohort", 1);
    struct tail *orders = tail_open(pipeline->world, TOPIC_ORDERS);

    pipeline_start(pipeline);
    process_start(cohort);
    harness_wait_ready(pipeline->h, cohort);
    for (int truck = 0; truck < TRUCKS - 1; truck++) go_through(pipeline, orders, cohort, truck);
    process_start(second);
    harness_wait_ready(pipeline->h, second);
    process_kill(second, SIGKILL);
    go_through(pipeline, orders, cohort, TRUCKS - 1);
    pipeline_start(pipeline);
    wait_for_cohorts(pipeline, orders);
    struct tail *settlements = tail_open(pipeline->world, TOPIC_SETTLEMENTS);
    struct tail *letters = tail_open(pipeline->world, TOPIC_DELIVERIES);
    tail_catch_up(settlements);
    tail_catch_up(letters);
    check_once(pipeline->events, "cohort.member_warned");
    check_once(pipeline->events, "notification.requested");
    check_once(settlements, "settlement.ordered");
    check_once(letters, "delivery.requested");
    check_commands(pipeline);
    wait_for_cohorts(pipeline, orders);
    pipeline_check_view(pipeline, &cohort_spec);
    pipeline_check_views(pipeline);
    tail_close(orders);
    tail_close(settlements);
    tail_close(letters);
    pipeline_close(pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(trucks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
