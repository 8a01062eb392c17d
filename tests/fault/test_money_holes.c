/* The ways in which money was got out of the engine, tried on the running pipeline, while
 * compensation is killed in the midst of each step and Redis forgets everything once: two agents
 * and a million, an order paid back twice, a word that is another proposal's, an approval that comes
 * too late or after the end, complaints of days ago against today's budget, a class that changes, a
 * cup out of an order, another account. */
#include "base/clock.h"
#include "base/ids.h"
#include "compensation/compensation.h"
#include "compensation/duty_policy.h"
#include "compensation/offer_policy.h"
#include "faults.h"
#include "pipeline.h"
#include "runtime/claim_store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_MS  INT64_C(3600000)
#define DAY_MS   (24 * HOUR_MS)
#define SHANGHAI (8 * HOUR_MS)
#define MILLION  "100000000"

enum { TOO_LATE_S = 15 };

static struct pipeline *pipeline;
static int events;

/* ---- What people and customers do ---- */

static const char *case_of(const char *id, const char *order) {
    static char ids[16][IDS_CASE_LEN + 1];
    static int next;
    char route[IDS_ROUTE_LEN + 1], subject[32];
    char *out = ids[next++ % 16];

    snprintf(subject, sizeof subject, "order:%s", order);
    ids_route("default", subject, route);
    ids_case(route, "/shop/app", id, out);

    return out;
}

static void say(const char *case_id, const char *type, const char *more) {
    char id[16], route[IDS_ROUTE_LEN + 1];

    snprintf(id, sizeof id, "e-%d", ++events);
    snprintf(route, sizeof route, "%.*s", IDS_ROUTE_LEN, case_id);
    pipeline_publish(pipeline, type, "/desk", id, clock_now_ms(), route, "{'case_id':'%s',%s}",
                     case_id, more);
}

static void complain(const char *id, const char *order, const char *customer, const char *minor,
                     int days_ago, const char *more) {
    pipeline_publish(pipeline, "complaint.submitted", "/shop/app", id,
                     clock_now_ms() - days_ago * DAY_MS, order,
                     "{'channel':'app','customer':{'id':'%s','tier':'regular','locale':'zh-CN'},"
                     "'order':{'id':'%s','status':'signed','amount':{'currency':'CNY','minor':%s}},"
                     "%s}",
                     customer, order, minor, more);
}

/* By an agent; who asks says what it costs and who bears that. */
static void ask_for(const char *case_id, const char *kind, const char *minor, const char *bearer) {
    char more[800];

    snprintf(more, sizeof more,
             "'actor':'li','role':'agent','reason':'an exception','options':[{'option':'A',"
             "'remedies':[{'kind':'%s','amount':{'currency':'CNY','minor':%s}}],'cost':{'currency':"
             "'CNY','minor':%s},'split':{'%s':{'currency':'CNY','minor':%s}}}]",
             kind, minor, minor, bearer, minor);
    say(case_id, "compensation.requested", more);
}

static void decide(const char *case_id, int proposal, const char *actor, const char *role) {
    char more[200];

    snprintf(more, sizeof more, "'proposal_id':'%s.%d','actor':'%s','role':'%s'", case_id, proposal,
             actor, role);
    say(case_id, "decision.approved", more);
}

static void choose(const char *case_id, int proposal, const char *option) {
    char more[200];

    snprintf(more, sizeof more, "'proposal_id':'%s.%d','option':'%s'", case_id, proposal, option);
    say(case_id, "decision.chosen", more);
}

static void settle(const char *case_id, int proposal) {
    char more[200];

    snprintf(more, sizeof more, "'settlement_id':'%s.%d.1','reference':'R'", case_id, proposal);
    say(case_id, "settlement.done", more);
}

/* ---- What must have come of it ---- */

/* How many events of a type about a case hold a text. */
static int count_of(const char *case_id, const char *type, const char *text) {
    const struct tail_event *event;
    int count = 0;

    for (int i = 0; (event = tail_at(pipeline->events, i)); i++)
        count += strcmp(event->ev.type, type) == 0 && strcmp(event->ev.subject, case_id) == 0 &&
                 strstr(event->data, text) != NULL;
    return count;
}

static void expect(const char *case_id, const char *type, const char *text, int count) {
    int found = count_of(case_id, type, text);
    if (found != count)
        fail_msg("%s: %d of %s with %s, expected %d", case_id, found, type, text, count);
}

/* All that was ordered for an order, once an id, in minor units. */
static int64_t paid_for(const struct tail *settlements, const char *order) {
    const struct tail_event *event;
    int64_t sum = 0;

    for (int i = 0; (event = tail_at(settlements, i)); i++) {
        const struct tree *amount =
            tree_get(tree_get(tree_get(event->ev.data, "remedy"), "amount"), "minor");
        const char *kind = tree_text(tree_get(event->ev.data, "remedy"), "kind");
        if (strcmp(tree_text(event->ev.data, "order_id"), order) != 0) continue;
        if (amount && strcmp(kind, "refund") == 0) sum += amount->num;
    }

    return sum;
}

/* What policy's budget of the day `days` ago holds. */
static int64_t budget_of(int days) {
    struct arena *arena = arena_new();
    const struct offer_policy policy = {.day_offset = SHANGHAI};
    const struct config *config = &pipeline->world->config;
    struct redis_reply *replies;
    struct err err;
    int count;
    struct redis *redis = redis_new(config->redis_url, &err);
    const char *day = duty_budget_period(&policy, clock_now_ms() - days * DAY_MS, 8, arena);
    const char *key = duty_budget_key("policy", "default", "CNY", day, arena);

    assert_non_null(redis);
    redis_addf(redis, 3, "HGET", claim_store_key(config->topic_prefix, key, arena), "s");
    if (redis_exchange(redis, arena, &replies, &count, &err) != OUTCOME_DONE)
        fail_msg("%s", err.text);
    int64_t sum = replies[0].kind == REDIS_TEXT ? strtoll(replies[0].text, NULL, 10) : 0;
    redis_free(redis);
    arena_free(arena);

    return sum;
}

/* ---- Steps ---- */

/* Once something has come of what was published, compensation is killed, and begins again. */
static void in_trouble(bool redis_forgets) {
    struct process *compensation = pipeline->workers[PIPELINE_COMPENSATION];
    int before = tail_read(pipeline->events);

    world_flush(pipeline->world);
    WAIT_FOR((tail_poll(pipeline->events, 20), tail_read(pipeline->events) > before),
             FAULTS_STEP_MS);
    process_kill(compensation, SIGKILL);
    if (redis_forgets) faults_tell_redis(pipeline->world, "FLUSHALL");
    process_start(compensation);
    pipeline_start(pipeline);
    pipeline_wait_idle(pipeline);
}

#define FLAW "'text':'收到的包有瑕疵，皮面上有划痕'"
#define LOST "'text':'包裹丢了，物流一直没有更新，要求退款'"
#define SLOW "'text':'快递太慢了，比承诺的晚了两天还没到'"
#define CUP                                                                                         \
    "'items':[{'sku':'C-1','name':'杯子','quantity':1,'price':{'currency':'CNY','minor':2900}}]," \
    "'text':'六个杯子里有一个收到时碎了'"

static const char *h1, *h3, *h6, *h7, *h8, *h9, *stranger;

static void complaints_come(void) {
    h1 = case_of("h1", "H1");
    h3 = case_of("h3", "H3");
    h6 = case_of("h6", "H6");
    h7 = case_of("h7", "H7");
    h8 = case_of("h8", "H8");
    h9 = case_of("h9", "H9");
    stranger = case_of("h9b", "H9");
    complain("h1", "H1", "u-1", "8900", 0, FLAW);
    complain("h3", "H3", "u-3", "8900", 0, FLAW);
    complain("h5", "H5", "u-5", "8900", 4, FLAW); /* of four days ago */
    complain("h6", "H6", "u-6", "29900", 0, "'text':'花瓶收到时碎了'");
    complain("h7", "H7", "u-7", "5900", 0, SLOW);
    complain("h8", "H8", "u-8", "99900", 0, CUP);
    complain("h9", "H9", "u-9", "5900", 0, LOST);
    complain("h9b", "H9", "u-10", "5900", 0, LOST); /* whose order is u-9's */
    in_trouble(false);
    expect(h8, "compensation.approved",
           "{\"kind\":\"refund\",\"amount\":{\"currency\":\"CNY\","
           "\"minor\":2900}}",
           1);
    expect(h8, "compensation.approved", "99900", 0);
    expect(h9, "case.repeated", "", 0);
    expect(stranger, "case.opened", "\"other_account\":true", 1);
    expect(stranger, "compensation.approved", "", 0);
    for (int days = 2; days < 8; days++) assert_int_equal(budget_of(days), 0);
    assert_true(budget_of(0) + budget_of(1) > 0); /* midnight may have passed */
}

static void first_moves(void) {
    ask_for(h1, "refund", MILLION, "customer");
    ask_for(h1, "coupon", MILLION, "customer");
    choose(h3, 1, "A");
    say(h6, "case.closed", "'by':'li'");
    say(h7, "case.reclassified", "'class':'logistics.lost','by':'li'");
    choose(h9, 1, "B");
    in_trouble(true);
    expect(h1, "compensation.decision_refused", "over_paid", 1);
    expect(h1, "compensation.proposed", "\"needs\":{\"role\":\"finance\",\"approvals\":2}", 1);
    expect(h6, "compensation.withdrawn", "closed", 1);
    expect(h7, "compensation.withdrawn", "superseded", 1);
    expect(h7, "compensation.approved",
           "{\"kind\":\"refund\",\"amount\":{\"currency\":\"CNY\","
           "\"minor\":5900}}",
           1);
}

static void second_moves(void) {
    decide(h1, 2, "wang", "agent");
    decide(h1, 2, "zhao", "agent");
    ask_for(h3, "coupon", "4321", "platform");
    decide(h6, 1, "chen", "supervisor");
    choose(h7, 2, "B");
    settle(h9, 1);
    ask_for(h9, "refund", "1", "platform");
    ask_for(stranger, "refund", "1", "platform");
    in_trouble(false);
    expect(h1, "compensation.decision_refused", "role_too_low", 2);
    expect(h1, "compensation.approved", MILLION, 0);
    expect(h6, "compensation.decision_refused", "already_decided", 1);
    expect(h9, "compensation.decision_refused", "over_paid", 1);
    expect(stranger, "compensation.decision_refused", "over_paid", 1);
}

/* Of two offers one is settled, the other is not chosen. */
static void third_moves(void) {
    decide(h3, 2, "wang", "agent");
    settle(h3, 1);
    in_trouble(false);
    expect(h3, "compensation.approved", "4321", 1);
    expect(h3, "compensation.settled", ".1.1", 1);
}

/* The letter that says that all is done says what was done. */
static void check_letter(void) {
    struct tail *letters = tail_open(pipeline->world, TOPIC_DELIVERIES);
    const struct tail_event *event;
    int found = 0;

    tail_catch_up(letters);
    for (int i = 0; (event = tail_at(letters, i)); i++) {
        const char *body = tree_text(event->ev.data, "body");
        if (strncmp(tree_text(event->ev.data, "notification_id"), h3, IDS_CASE_LEN) != 0 ||
            !strstr(body, "已全部办完"))
            continue;
        found++;
        if (!strstr(body, "13.35") || strstr(body, "43.21")) fail_msg("%s", body);
    }
    assert_int_equal(found, 1);
    tail_close(letters);
}

static void check_paid(void) {
    struct tail *settlements = tail_open(pipeline->world, TOPIC_SETTLEMENTS);

    tail_catch_up(settlements);
    assert_int_equal(paid_for(settlements, "H1"), 0);
    assert_int_equal(paid_for(settlements, "H6"), 0);
    assert_int_equal(paid_for(settlements, "H7"), 5900);
    assert_int_equal(paid_for(settlements, "H9"), 5900);
    tail_close(settlements);
}

/* A policy by which nobody has time to decide; the delivered one otherwise. */
static void hurry(void) {
    static const char make[] =
        "mkdir -p %s/hurry && cp %s/deploy/policies/*.yaml %s/hurry && sed -i -e "
        "'s/^approve_within: .*/approve_within: %ds/' -e 's/^version: .*/version: hurry/' -e "
        "'/^escalate:/,/^$/d' %s/hurry/compensation.yaml";
    struct process *compensation = pipeline->workers[PIPELINE_COMPENSATION];
    const char *dir = pipeline->h->dir;
    char command[2000];

    snprintf(command, sizeof command, make, dir, REDRESS_SOURCE_DIR, dir, TOO_LATE_S, dir);
    if (system(command) != 0) wait_fail("%s: failed", command);
    process_kill(compensation, SIGKILL);
    process_env(compensation, "REDRESS_POLICY_DIR=%s/hurry", dir);
    process_start(compensation);
    pipeline_start(pipeline);
}

/* The approval comes after approve_by, while nobody is there to notice that. */
static void too_late(void) {
    struct process *compensation = pipeline->workers[PIPELINE_COMPENSATION];
    const char *h4 = case_of("h4", "H4");
    int64_t approve_by;

    hurry();
    complain("h4", "H4", "u-4", "29900", 0, FLAW);
    world_flush(pipeline->world);
    const struct tail_event *proposed =
        tail_wait(pipeline->events, "compensation.proposed", h4, 1, FAULTS_STEP_MS);
    process_kill(compensation, SIGKILL);
    assert_int_equal(clock_parse(tree_text(proposed->ev.data, "approve_by"), &approve_by), 0);
    WAIT_FOR(clock_now_ms() > approve_by, FAULTS_STEP_MS);
    decide(h4, 1, "chen", "supervisor");
    world_flush(pipeline->world);
    process_start(compensation);
    pipeline_start(pipeline);
    tail_wait(pipeline->events, "compensation.expired", h4, 1, FAULTS_STEP_MS);
    tail_wait(pipeline->events, "compensation.decision_refused", h4, 1, FAULTS_STEP_MS);
    expect(h4, "compensation.decision_refused", "\"expired\"", 1);
    expect(h4, "compensation.approved", "", 0);
}

static void test_holes(void **state) {
    (void)state;
    pipeline = pipeline_new("holes", 4);
    process_env(pipeline->workers[PIPELINE_COMPENSATION], "REDRESS_BATCH_RECORDS=3");
    pipeline_start(pipeline);
    complaints_come();
    first_moves();
    second_moves();
    third_moves();
    check_letter();
    check_paid();
    too_late();
    pipeline_wait_idle(pipeline);
    pipeline_check_views(pipeline);
    pipeline_close(pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_holes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
