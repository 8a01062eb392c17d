/* One complaint through all five workers on a real broker: accepted, classified, promised,
 * compensated, answered, and what people do about it recorded once; deadlines in seconds, never
 * early; how long a complaint takes to its answer.
 */
#include "base/clock.h"
#include "base/ids.h"
#include "pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define CASE "BYCRCNPA1C41H-FRGWX4V" /* deploy/contract/README.md: of order A1001, /shop/app, c-1 */
#define KEY  "BYCRCNPA1C41H"
#define P1   CASE ".1"
#define ORDER                                                                                       \
    "'customer':{'id':'u-1','tier':'vip','locale':'zh-CN','name':'张伟','phone':'13812341234'},'" \
    "order':{'id':'A1001',"                                                                         \
    "'status':'signed','amount':{'currency':'CNY','minor':29900}}"

enum { LIMIT_MS = PIPELINE_WITHIN_MS, MINUTE_MS = 60000 };

/* A time in the data of an event: "due_at". */
static int64_t time_in(const struct tree *data, const char *name) {
    const char *text = tree_text(data, name);
    int64_t ms = 0;
    if (!text || clock_parse(text, &ms) < 0) fail_msg("%s: %s", name, text ? text : "not there");
    return ms;
}

static void assert_text(const struct tail_event *event, const char *name, const char *expected) {
    const char *text = tree_text(event->ev.data, name);
    if (!text || strcmp(text, expected) != 0)
        fail_msg("%s: %s is %s, expected %s", event->ev.type, name, text ? text : "nothing",
                 expected);
}

static void assert_holds(const struct tail_event *event, const char *text) {
    if (!strstr(event->data, text))
        fail_msg("%s: %s expected in\n%s", event->ev.type, text, event->data);
}

/* Exactly so many of a type about the case, among those read so far. */
static void assert_count(const struct pipeline *pipeline, const char *type, int count) {
    int found = tail_count(pipeline->events, type, CASE);
    if (found != count) fail_msg("%d %s, expected %d", found, type, count);
}

/* The message of a template about a case, among those read so far; messages of sla's and
 * compensation's causes come in any order. */
static const struct tail_event *find_message(const struct tail *events, const char *case_id,
                                             const char *template_name) {
    const struct tail_event *event;
    for (int nth = 1; (event = tail_find(events, "notification.requested", case_id, nth)); nth++)
        if (strcmp(tree_text(event->ev.data, "template"), template_name) == 0) return event;
    return NULL;
}

static const struct tail_event *wait_message(struct tail *events, const char *case_id,
                                             const char *template_name) {
    const struct tail_event *event;
    int64_t end_ms = wait_now_ms() + LIMIT_MS;
    while (!(event = find_message(events, case_id, template_name))) {
        if (wait_now_ms() > end_ms) fail_msg("%s: no %s", case_id, template_name);
        tail_poll(events, 5);
    }
    return event;
}

/* What the channel gateways are given for it. */
static const struct tail_event *wait_delivery(struct tail *deliveries,
                                              const struct tail_event *message) {
    const char *id = tree_text(message->ev.data, "notification_id");
    int64_t end_ms = wait_now_ms() + LIMIT_MS;
    for (int i = 0;; i++) {
        const struct tail_event *event;
        while (!(event = tail_at(deliveries, i)))
            if (!tail_poll(deliveries, 50) && wait_now_ms() > end_ms)
                fail_msg("%s is not delivered", id);
        if (strcmp(tree_text(event->ev.data, "notification_id"), id) == 0) return event;
    }
}

/* ---- One complaint of a VIP ---- */

static void submit(struct pipeline *pipeline, int64_t time_ms) {
    pipeline_publish(pipeline, "complaint.submitted", "/shop/app", "c-1", time_ms, "A1001",
                     "{'channel':'im','conversation':'chat-1'," ORDER
                     ",'evidence':[{'kind':'photo','url':'https://shop.example/"
                     "1.jpg'}],'text':'裙子上有勾丝，很明显的一条，太失望了！'}");
}

/* "2026年11月22日 19:15（北京时间）", as customers are told a time. */
static const char *beijing(int64_t ms, char *text, size_t size) {
    time_t seconds = (time_t)(ms / 1000) + 8 * 3600;
    struct tm at;
    gmtime_r(&seconds, &at);
    snprintf(text, size, "%d月%d日 %02d:%02d（北京时间）", at.tm_mon + 1, at.tm_mday, at.tm_hour,
             at.tm_min);
    return text;
}

static void check_classified(struct pipeline *pipeline) {
    const struct tail_event *opened = tail_wait(pipeline->events, "case.opened", CASE, 1, LIMIT_MS);
    assert_string_equal(opened->key, KEY);
    assert_text(opened, "text", "裙子上有勾丝，很明显的一条，太失望了！");
    const struct tail_event *classified =
        tail_wait(pipeline->events, "case.classified", CASE, 1, LIMIT_MS);
    assert_text(classified, "class", "quality.flaw");
    assert_holds(classified, "\"vip\"");
    assert_holds(classified, "\"emotional\"");
    assert_holds(classified, "勾丝"); /* the words that led to it */
}

static int64_t due_of(const struct tail_event *started, const char *target) {
    const struct tree *targets = tree_get(started->ev.data, "targets");
    for (const struct tree *at = targets ? targets->first : NULL; at; at = at->next)
        if (strcmp(tree_text(at, "name"), target) == 0) return time_in(at, "due_at");
    fail_msg("sla.started without %s: %s", target, started->data);
    return 0;
}

/* The policy for quality and VIPs: 15 minutes, 12 hours. The words name both, and have four parts.
 */
static void check_promised(struct pipeline *pipeline, struct tail *deliveries, int64_t opened_ms) {
    const struct tail_event *started =
        tail_wait(pipeline->events, "sla.started", CASE, 1, LIMIT_MS);
    int64_t contact_ms = due_of(started, "first_contact"),
            resolution_ms = due_of(started, "resolution");
    assert_int_equal(contact_ms, opened_ms + 15 * MINUTE_MS);
    assert_int_equal(resolution_ms, opened_ms + 12 * 60 * MINUTE_MS);
    const struct tail_event *asked = wait_message(pipeline->events, CASE, "acknowledgement");
    assert_text(asked, "audience", "customer");
    const struct tail_event *sent = wait_delivery(deliveries, asked);
    assert_text(sent, "channel", "im");
    assert_text(sent, "to", "chat-1");
    assert_text(sent, "locale", "zh-CN");
    const char *body = tree_text(sent->ev.data, "body");
    char contact[80], resolution[80];
    const char *const parts[] = {"张伟，您好！", "编号 " CASE,
                                 beijing(resolution_ms, resolution, sizeof resolution),
                                 beijing(contact_ms, contact, sizeof contact)};
    const char *at = body;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!(at = strstr(at, parts[i])))
            fail_msg("%s expected, in this order, in\n%s", parts[i], body);
    print_message("%s\n", body);
}

/* An upset VIP's offer costs up to 499.00: a supervisor approves. */
static void check_offered(struct pipeline *pipeline, struct tail *deliveries, int64_t now_ms) {
    const struct tail_event *proposed =
        tail_wait(pipeline->events, "compensation.proposed", CASE, 1, LIMIT_MS);
    assert_text(proposed, "proposal_id", P1);
    assert_holds(proposed, "\"role\":\"supervisor\"");
    pipeline_wait_idle(pipeline);
    assert_count(pipeline, "compensation.approved", 0);
    assert_non_null(find_message(pipeline->events, CASE, "approval_request"));
    assert_null(find_message(pipeline->events, CASE, "offer")); /* never before it is approved */
    pipeline_publish(pipeline, "decision.approved", "/console", "d-1", now_ms, KEY,
                     "{'case_id':'" CASE "','proposal_id':'" P1
                     "','actor':'wang','role':'supervisor'}");
    const struct tail_event *approved =
        tail_wait(pipeline->events, "compensation.approved", CASE, 1, LIMIT_MS);
    assert_holds(approved, "\"by\":[\"wang\"]");
    pipeline_wait_idle(pipeline);
    const struct tail_event *offer = find_message(pipeline->events, CASE, "offer");
    assert_non_null(offer);
    const struct tail_event *sent = wait_delivery(deliveries, offer);
    assert_text(sent, "to", "chat-1");
    assert_holds(sent, "¥299.00"); /* option B: the money back */
    print_message("%s\n", tree_text(sent->ev.data, "body"));
}

static void check_contacted(struct pipeline *pipeline, int64_t now_ms) {
    pipeline_publish(pipeline, "case.contacted", "/desk", "a-1", now_ms, KEY,
                     "{'case_id':'" CASE "','by':'lin','channel':'phone'}");
    const struct tail_event *met = tail_wait(pipeline->events, "sla.met", CASE, 1, LIMIT_MS);
    assert_text(met, "target", "first_contact");
    assert_holds(met, "\"on_time\":true");
    assert_int_equal(time_in(met->ev.data, "met_at"), now_ms);
}

/* Chosen twice, under two ids: ordered once. */
static void check_settled(struct pipeline *pipeline, int64_t now_ms) {
    struct tail *settlements = tail_open(pipeline->world, TOPIC_SETTLEMENTS);
    for (int i = 1; i <= 2; i++) {
        char id[8];
        snprintf(id, sizeof id, "ch-%d", i);
        pipeline_publish(pipeline, "decision.chosen", "/shop/app", id, now_ms + i, KEY,
                         "{'case_id':'" CASE "','proposal_id':'" P1 "','option':'B'}");
        tail_wait(pipeline->events, "compensation.chosen", CASE, 1, LIMIT_MS);
    }
    pipeline_wait_idle(pipeline);
    tail_catch_up(settlements);
    assert_count(pipeline, "compensation.chosen", 1);
    assert_count(pipeline, "compensation.decision_refused", 1);
    assert_int_equal(tail_count(settlements, "settlement.ordered", NULL),
                     2); /* a refund and a coupon */
    for (int i = 1; i <= 2; i++) {
        char settlement[40];
        snprintf(settlement, sizeof settlement, P1 ".%d", i);
        assert_text(tail_at(settlements, i - 1), "settlement_id", settlement);
        assert_text(tail_at(settlements, i - 1), "customer_id", "u-1");
        assert_count(pipeline, "compensation.settled", 0);
        pipeline_publish(pipeline, "settlement.done", "/payment", settlement, now_ms + 3 + i, KEY,
                         "{'case_id':'" CASE "','settlement_id':'%s','reference':'R-%d'}",
                         settlement, i);
        pipeline_wait_idle(pipeline);
    }
    assert_holds(tail_wait(pipeline->events, "compensation.settled", CASE, 1, LIMIT_MS), "\"R-2\"");
    assert_count(pipeline, "compensation.settled", 1);
    tail_catch_up(settlements);
    assert_int_equal(tail_count(settlements, "settlement.ordered", NULL), 2);
    tail_close(settlements);
}

static void check_duplicate(struct pipeline *pipeline, int64_t opened_ms) {
    pipeline_wait_idle(pipeline);
    int before = tail_read(pipeline->events);
    submit(pipeline, opened_ms);
    pipeline_wait_idle(pipeline);
    assert_int_equal(tail_read(pipeline->events), before);
}

/* By e-mail about the same order: a repeat. In the same chat: another message. What names the
 * computed id of either is about the case. */
static void check_joined(struct pipeline *pipeline, int64_t now_ms) {
    char repeat_id[IDS_CASE_LEN + 1];
    ids_case(KEY, "/mail", "m-1", repeat_id);
    pipeline_publish(pipeline, "complaint.submitted", "/mail", "m-1", now_ms, "A1001",
                     "{'channel':'email'," ORDER ",'text':'那条裙子的事还没有人处理吗？'}");
    const struct tail_event *repeated =
        tail_wait(pipeline->events, "case.repeated", CASE, 1, LIMIT_MS);
    assert_holds(repeated, "\"repeats\":1");
    assert_string_equal(repeated->key, KEY);
    pipeline_publish(pipeline, "complaint.submitted", "/shop/app", "c-2", now_ms + 1, "chat-1",
                     "{'channel':'im','conversation':'chat-1'," ORDER
                     ",'text':'另外袖口也脱线了'}");
    const struct tail_event *replied =
        tail_wait(pipeline->events, "case.customer_replied", CASE, 1, LIMIT_MS);
    assert_text(replied, "text", "另外袖口也脱线了");
    assert_string_not_equal(repeat_id, CASE);
    pipeline_publish(pipeline, "case.replied", "/desk", "a-2", now_ms + 2, KEY,
                     "{'case_id':'%s','by':'lin','channel':'email'}", repeat_id);
    const struct tail_event *answered =
        tail_wait(pipeline->events, "case.replied", CASE, 1, LIMIT_MS);
    assert_text(answered, "case_id", CASE);
    assert_string_equal(answered->key, KEY);
    pipeline_wait_idle(pipeline);
    assert_count(pipeline, "case.opened", 1);
    assert_count(pipeline, "case.repeated", 1);
    assert_count(pipeline, "case.customer_replied", 1);
    assert_count(pipeline, "case.classified", 3);
    assert_int_equal(tail_count(pipeline->events, "case.opened", NULL), 1);
}

/* From the view in Redis, under the version that the case keeps: redress.policies has it, the
 * folder another. */
static void check_explained(struct pipeline *pipeline) {
    struct buf said = {0}, dir = {0}, make = {0};
    buf_printf(&dir, "%s/draft", pipeline->h->dir);
    buf_printf(&make,
               "mkdir %s && sed 's/^version: .*/version: draft/; s/within: 15m/within: 90d/' %s > "
               "%s/sla.yaml",
               dir.at, REDRESS_SOURCE_DIR "/deploy/policies/sla.yaml", dir.at);
    assert_int_equal(system(make.at), 0);
    int status = harness_run(pipeline->h, &said, LIMIT_MS, "redressctl", "sla", "explain", CASE,
                             "--policies", dir.at, NULL);
    const char *const parts[] = {"first_contact, cycle", ": met\n",    "within     15m", "counted",
                                 "resolution, cycle",    ": running\n"};
    const char *at = said.at;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (status || !at || !(at = strstr(at, parts[i])))
            fail_msg("%d, %s expected in\n%s", status, parts[i], said.at);
    assert_null(strstr(said.at, "draft"));
    buf_free(&said);
    buf_free(&dir);
    buf_free(&make);
}

/* What redressctl says of everything: well, until Redis may throw deadlines away. */
static void check_doctor(struct pipeline *pipeline) {
    char port[16];
    struct buf said = {0};
    struct harness *h = pipeline->h;

    snprintf(port, sizeof port, "%d", h->redis_port);
    int status = harness_run(h, &said, LIMIT_MS, "redressctl", "doctor", NULL);
    static const char *const parts[] = {
        "ok   kafka ", "ok   topics ", "ok   worker intake ",  "ok   worker notification ",
        "ok   redis ", "ok   clocks ", "ok   policy sla.yaml", "0 bad"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (status || !strstr(said.at, parts[i]))
            fail_msg("%d, %s expected in\n%s", status, parts[i], said.at);
    buf_clear(&said);
    assert_int_equal(harness_run(h, &said, LIMIT_MS, "redressctl", "lag", "--json", NULL), 0);
    assert_non_null(strstr(said.at, "{\"worker\":\"classification\",\"topic\":\"events\""));
    buf_clear(&said);
    assert_int_equal(harness_run(h, NULL, LIMIT_MS, "redis-cli", "-p", port, "config", "set",
                                 "maxmemory-policy", "allkeys-lru", NULL),
                     0);
    status = harness_run(h, &said, LIMIT_MS, "redressctl", "doctor", "--json", NULL);
    assert_int_equal(harness_run(h, NULL, LIMIT_MS, "redis-cli", "-p", port, "config", "set",
                                 "maxmemory-policy", "noeviction", NULL),
                     0);
    assert_int_equal(status, 70);
    assert_non_null(strstr(said.at, "{\"check\":\"redis\",\"good\":false"));
    assert_non_null(strstr(said.at, "maxmemory-policy is allkeys-lru"));
    buf_free(&said);
}

static void test_one_complaint(void **state) {
    (void)state;
    struct pipeline *pipeline = pipeline_new("pipeline", 4);
    pipeline_start(pipeline);
    struct tail *deliveries = tail_open(pipeline->world, TOPIC_DELIVERIES);
    int64_t opened_ms = clock_now_ms();
    submit(pipeline, opened_ms);
    check_classified(pipeline);
    check_promised(pipeline, deliveries, opened_ms);
    check_offered(pipeline, deliveries, opened_ms + 10);
    check_contacted(pipeline, opened_ms + 20);
    check_settled(pipeline, opened_ms + 30);
    check_duplicate(pipeline, opened_ms);
    check_joined(pipeline, opened_ms + 40);
    check_explained(pipeline);
    struct tail *rejected = tail_open(pipeline->world, TOPIC_REJECTED);
    tail_catch_up(rejected);
    assert_null(tail_at(rejected, 0));
    tail_close(rejected);
    world_wait_idle(pipeline->world, pipeline_specs, LIMIT_MS);
    pipeline_check_views(pipeline);
    check_doctor(pipeline);
    tail_close(deliveries);
    pipeline_close(pipeline);
}

/* ---- Deadlines in seconds ---- */

enum {
    CASES = 24,
    CONTACT_MS = 10000,
    RESOLUTION_MS = 16000,
    WARNED_MS = 4000
}; /* tests/harness/policies-seconds/sla.yaml */

struct lateness {
    int64_t most_ms;
    int count;
};

/* Noted by the worker's own clock at writing, and by ours at reading: not before `due_ms` by
 * either. */
static void not_early(const struct tail_event *event, int64_t due_ms, struct lateness *late) {
    if (event->stamp_ms < due_ms || event->seen_ms < due_ms)
        fail_msg("%s %lld ms early: %s", event->ev.type, (long long)(due_ms - event->stamp_ms),
                 event->data);
    if (event->stamp_ms - due_ms > late->most_ms) late->most_ms = event->stamp_ms - due_ms;
    late->count++;
}

static bool is_contact(const struct tail_event *event) {
    return strcmp(tree_text(event->ev.data, "target"), "first_contact") == 0;
}

static void check_times(const struct tail *events, struct lateness *late) {
    const struct tail_event *event;
    for (int i = 0; (event = tail_at(events, i)); i++) {
        const struct tree *data = event->ev.data;
        bool warned = strcmp(event->ev.type, "sla.warned") == 0,
             breached = strcmp(event->ev.type, "sla.breached") == 0;
        bool escalated = strcmp(event->ev.type, "sla.escalated") == 0;
        if (!warned && !breached && !escalated) continue;
        int64_t cycle_ms = time_in(data, "cycle"),
                due_ms = cycle_ms + (is_contact(event) ? CONTACT_MS : RESOLUTION_MS);
        if (!escalated) assert_int_equal(time_in(data, "due_at"), due_ms);
        if (warned) {
            const struct tree *percent = tree_get(data, "percent");
            int64_t at_ms =
                percent ? cycle_ms + (due_ms - cycle_ms) * percent->num / 100 : due_ms - WARNED_MS;
            not_early(event, at_ms, &late[0]);
        } else if (breached) {
            assert_true(time_in(data, "breached_at") > due_ms);
            not_early(event, due_ms, &late[1]);
        } else {
            int64_t level = tree_get(data, "level")->num,
                    after_ms = is_contact(event) ? (level - 1) * 2000 : 1000;
            not_early(event, due_ms + after_ms, &late[2]);
        }
    }
}

/* Cases 0, 3, 6, ... are contacted in time and resolved; the others are left alone. */
static bool is_cared_for(int i) {
    return i % 3 == 0;
}

static void check_case(const struct tail *events, int i, const char *case_id) {
    static const struct {
        const char *type;
        int cared_for, left_alone;
    } expected[] = {{"sla.started", 1, 1},  {"sla.met", 2, 0},       {"sla.warned", 0, 3},
                    {"sla.breached", 0, 2}, {"sla.escalated", 0, 3}, {"sla.retracted", 0, 0},
                    {"sla.cancelled", 0, 0}};
    for (size_t k = 0; k < sizeof expected / sizeof *expected; k++) {
        int count = tail_count(events, expected[k].type, case_id);
        int wanted = is_cared_for(i) ? expected[k].cared_for : expected[k].left_alone;
        if (count != wanted)
            fail_msg("case %d, %s: %d %s, expected %d", i, case_id, count, expected[k].type,
                     wanted);
    }
}

static void open_in_seconds(struct pipeline *pipeline, int i, char case_id[IDS_CASE_LEN + 1]) {
    char id[16], order[16], route[IDS_ROUTE_LEN + 1];
    snprintf(id, sizeof id, "s-%d", i);
    snprintf(order, sizeof order, "order:S%d", i);
    ids_route("default", order, route);
    ids_case(route, "/shop/app", id, case_id);
    int64_t now_ms = clock_now_ms();
    pipeline_publish(
        pipeline, "complaint.submitted", "/shop/app", id, now_ms, route,
        "{'channel':'app','customer':{'id':'u-%d','tier':'regular'},'order':{'id':'S%d','status':'"
        "signed','amount':{'currency':'CNY','minor':8900}},'text':'收到的包有瑕疵，皮面上有划痕'}",
        i, i);
    if (is_cared_for(i)) {
        world_flush(
            pipeline->world); /* what is about a case is sent when its complaint has arrived */
        pipeline_publish(pipeline, "case.contacted", "/desk", id, now_ms + 1, route,
                         "{'case_id':'%s','by':'lin'}", case_id);
        pipeline_publish(pipeline, "case.resolved", "/desk/2", id, now_ms + 2, route,
                         "{'case_id':'%s','by':'lin'}", case_id);
    }
    world_flush(pipeline->world);
}

static void test_deadlines_in_seconds(void **state) {
    (void)state;
    char case_ids[CASES][IDS_CASE_LEN + 1], first_id[IDS_CASE_LEN + 1];
    struct pipeline *pipeline = pipeline_new("seconds", 4);
    process_env(pipeline->workers[PIPELINE_SLA],
                "REDRESS_POLICY_DIR=%s/tests/harness/policies-seconds", REDRESS_SOURCE_DIR);
    pipeline_start(pipeline);
    /* The first complaint finds everything new: connections, transactions, scripts. */
    open_in_seconds(pipeline, CASES + 1,
                    first_id); /* one that nobody resolves before it is heard */
    wait_message(pipeline->events, first_id, "acknowledgement");
    for (int i = 0; i < CASES; i++) {
        open_in_seconds(pipeline, i, case_ids[i]);
        tail_poll(pipeline->events, 50);
    }
    /* The manager's escalation of the last case is the last thing to come. */
    for (int i = 0; i < CASES; i++)
        if (!is_cared_for(i))
            tail_wait(pipeline->events, "sla.escalated", case_ids[i], 3, LIMIT_MS);
    pipeline_wait_idle(pipeline);
    struct lateness late[3] = {{0}};
    check_times(pipeline->events, late);
    for (int i = 0; i < CASES; i++) check_case(pipeline->events, i, case_ids[i]);
    print_message("%d warnings at most %lld ms late, %d breaches %lld ms, %d escalations %lld ms; "
                  "none early\n",
                  late[0].count, (long long)late[0].most_ms, late[1].count,
                  (long long)late[1].most_ms, late[2].count, (long long)late[2].most_ms);
    /* A flaw's small offers are approved by policy, and each is offered. */
    for (int i = 0; i < CASES; i++) {
        assert_holds(tail_wait(pipeline->events, "compensation.approved", case_ids[i], 1, LIMIT_MS),
                     "\"by\":[\"policy\"]");
        assert_int_equal(tail_count(pipeline->events, "compensation.proposed", case_ids[i]), 1);
    }
    pipeline_check_views(pipeline);
    pipeline_close(pipeline);
}

/* ---- How long a complaint takes to its answer ---- */

enum { WARM_UP = 10, COMPLAINTS = 50 };

static int by_size(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* What comes on the way, in this order; how long after publishing each could be read. */
static const char *const stages[] = {"case.opened", "case.classified", "sla.started",
                                     "acknowledgement", "offer"};
enum { ACKNOWLEDGED = 3, STAGES = 5 };

static void complain(struct pipeline *pipeline, int i, int64_t took_us[STAGES]) {
    char id[16], order[16], route[IDS_ROUTE_LEN + 1], case_id[IDS_CASE_LEN + 1];
    snprintf(id, sizeof id, "l-%d", i);
    snprintf(order, sizeof order, "order:L%d", i);
    ids_route("default", order, route);
    ids_case(route, "/shop/app", id, case_id);
    int64_t began_us = clock_boot_us(), began_ms = clock_now_ms();
    pipeline_publish(pipeline, "complaint.submitted", "/shop/app", id, began_ms, route,
                     "{'channel':'im','conversation':'l-%d','customer':{'id':'u-%d','tier':'vip'},'"
                     "order':{'id':'L%d','status':'signed','amount':{'currency':'CNY','minor':8900}"
                     "},'text':'鞋子穿了两天就开胶'}",
                     i, i, i);
    wait_message(pipeline->events, case_id, stages[ACKNOWLEDGED]);
    took_us[ACKNOWLEDGED] = clock_boot_us() - began_us;
    for (int k = 0; k < ACKNOWLEDGED; k++)
        took_us[k] =
            (tail_find(pipeline->events, stages[k], case_id, 1)->seen_ms - began_ms) * 1000;
    /* The last word: the next complaint finds an idle system. */
    const struct tail_event *offer =
        wait_message(pipeline->events, case_id, stages[ACKNOWLEDGED + 1]);
    took_us[ACKNOWLEDGED + 1] = (offer->seen_ms - began_ms) * 1000;
}

static void test_time_to_answer(void **state) {
    (void)state;
    struct pipeline *pipeline = pipeline_new("latency", 4);
    pipeline_start(pipeline);
    int64_t took_us[STAGES][COMPLAINTS], one_us[STAGES];
    for (int i = 0; i < WARM_UP + COMPLAINTS; i++) {
        complain(pipeline, i, one_us);
        for (int k = 0; k < STAGES && i >= WARM_UP; k++) took_us[k][i - WARM_UP] = one_us[k];
    }
    double load = 0;
    assert_int_equal(getloadavg(&load, 1), 1);
    print_message("%d complaints one at a time, from published to readable, load %.1f:\n",
                  COMPLAINTS, load);
    for (int k = 0; k < STAGES; k++) {
        qsort(took_us[k], COMPLAINTS, sizeof *took_us[k], by_size);
        print_message("%-16s median %6.1f ms, p99 %6.1f ms, longest %6.1f ms\n", stages[k],
                      (double)took_us[k][COMPLAINTS / 2] / 1e3,
                      (double)took_us[k][COMPLAINTS * 99 / 100 - 1] / 1e3,
                      (double)took_us[k][COMPLAINTS - 1] / 1e3);
    }
    pipeline_close(pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_complaint),
                                       cmocka_unit_test(test_deadlines_in_seconds),
                                       cmocka_unit_test(test_time_to_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
