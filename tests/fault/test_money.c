/* Those who promise money and write letters are killed, and Redis forgets everything, views and
 * claims: each case is still offered, approved, chosen and settled once, and nobody is told
 * anything twice. */
#include "base/clock.h"
#include "base/ids.h"
#include "compensation/compensation.h"
#include "faults.h"
#include "notification/notification.h"
#include "pipeline.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 3, SHARE = 60, CASES = ROUNDS * SHARE, UNDER_WAY = SHARE / 5 };

static char case_ids[CASES][IDS_CASE_LEN + 1], routes[CASES][IDS_ROUTE_LEN + 1];

static void submit(struct pipeline *pipeline, int i) {
    char id[16], order[16];
    snprintf(id, sizeof id, "m-%d", i);
    snprintf(order, sizeof order, "order:M%d", i);
    ids_route("default", order, routes[i]);
    ids_case(routes[i], "/shop/app", id, case_ids[i]);
    pipeline_publish(
        pipeline, "complaint.submitted", "/shop/app", id, clock_now_ms(), routes[i],
        "{'channel':'app','customer':{'id':'u-%d','tier':'regular'},'order':{'id':'M%d','status':'"
        "signed','amount':{'currency':'CNY','minor':8900}},'text':'收到的包有瑕疵，皮面上有划痕'}",
        i, i);
}

static void choose(struct pipeline *pipeline, int i) {
    char id[16];
    snprintf(id, sizeof id, "ch-%d", i);
    pipeline_publish(pipeline, "decision.chosen", "/shop/app", id, clock_now_ms(), routes[i],
                     "{'case_id':'%s','proposal_id':'%s.1','option':'A'}", case_ids[i],
                     case_ids[i]);
}

static void publish_share(struct pipeline *pipeline, int round,
                          void (*publish)(struct pipeline *pipeline, int i)) {
    for (int i = 0; i < SHARE; i++) publish(pipeline, (round - 1) * SHARE + i);
    world_flush(pipeline->world);
}

static void reach(struct pipeline *pipeline, const char *type, int count) {
    int64_t end_ms = wait_now_ms() + FAULTS_WAIT_MS;
    while (tail_count(pipeline->events, type, NULL) < count) {
        if (wait_now_ms() > end_ms) fail_msg("no more of %s come", type);
        tail_poll(pipeline->events, 20);
    }
}

/* In each round a share more is published, and when a part of it has come out as events of a type,
 * both are killed; in the second of three rounds Redis forgets. */
static void trouble(struct pipeline *pipeline, const char *type,
                    void (*publish)(struct pipeline *pipeline, int i)) {
    struct process *comp = pipeline->workers[PIPELINE_COMPENSATION],
                   *notif = pipeline->workers[PIPELINE_NOTIFICATION];
    for (int round = 1; round <= ROUNDS; round++) {
        publish_share(pipeline, round, publish);
        reach(pipeline, type, (round - 1) * SHARE + UNDER_WAY);
        process_kill(notif, SIGKILL);
        reach(pipeline, type,
              (round - 1) * SHARE + 2 * UNDER_WAY); /* which it has not told anybody */
        process_kill(comp, SIGKILL);
        int64_t lag = -1, letters = -1;
        WAIT_FOR((lag = world_lag(pipeline->world, &compensation_spec)) >= 0, FAULTS_STEP_MS);
        WAIT_FOR((letters = world_lag(pipeline->world, &notification_spec)) >= 0, FAULTS_STEP_MS);
        print_message("%d of %s: killed with %lld and %lld records undecided\n",
                      tail_count(pipeline->events, type, NULL), type, (long long)lag,
                      (long long)letters);
        assert_true(lag > 0 && letters > 0);
        if (round == 2) faults_tell_redis(pipeline->world, "FLUSHALL");
        process_start(comp);
        process_start(notif);
    }
    pipeline_start(pipeline);
    pipeline_wait_idle(pipeline);
}

static void once_each(const struct pipeline *pipeline, const char *type) {
    for (int i = 0; i < CASES; i++) {
        int count = tail_count(pipeline->events, type, case_ids[i]);
        if (count != 1) fail_msg("%s: %d %s, expected 1", case_ids[i], count, type);
    }
}

/* No two of a topic have the same value in a field. */
static int no_two(const struct tail *tail, const char *type, const char *field) {
    const struct tail_event *a, *b;
    int count = 0;
    for (int i = 0; (a = tail_at(tail, i)); i++) {
        if (strcmp(a->ev.type, type) != 0) continue;
        count++;
        const char *own = tree_text(a->ev.data, field);
        for (int k = 0; k < i && (b = tail_at(tail, k)); k++)
            if (strcmp(b->ev.type, type) == 0 && strcmp(own, tree_text(b->ev.data, field)) == 0)
                fail_msg("%s: %s %s twice", type, field, own);
    }
    return count;
}

static void test_money(void **state) {
    (void)state;
    struct pipeline *pipeline = pipeline_new("money", 4);
    for (int i = PIPELINE_COMPENSATION; i <= PIPELINE_NOTIFICATION; i++)
        process_env(pipeline->workers[i],
                    "REDRESS_BATCH_RECORDS=20"); /* many batches to be killed in */
    pipeline_start(pipeline);
    trouble(pipeline, "compensation.proposed", submit);
    once_each(pipeline, "compensation.proposed");
    once_each(pipeline, "compensation.approved");
    trouble(pipeline, "compensation.chosen", choose);
    once_each(pipeline, "compensation.chosen");
    struct tail *settlements = tail_open(pipeline->world, TOPIC_SETTLEMENTS),
                *letters = tail_open(pipeline->world, TOPIC_DELIVERIES);
    tail_catch_up(settlements);
    tail_catch_up(letters);
    int orders = no_two(settlements, "settlement.ordered", "settlement_id");
    int sent = no_two(letters, "delivery.requested", "notification_id");
    int asked = no_two(pipeline->events, "notification.requested", "notification_id");
    print_message("%d settlements ordered, %d messages, each once\n", orders, sent);
    assert_true(orders >= CASES && sent >= 2 * CASES);
    assert_int_equal(asked, sent);
    pipeline_check_views(pipeline);
    tail_close(settlements);
    tail_close(letters);
    pipeline_close(pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_money)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
