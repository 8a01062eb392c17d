/* Notification: who is told what on each occasion, channels and fallback, silence with its reason.
 */
#include "notification_world.h"

static void acknowledges_with_both_deadlines(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    assert_int_equal(world.count, 2);
    world_expect(&world, "notification.requested",
                 "'notification_id':'" ACK
                 "','channel':'im','template':'acknowledgement','audience':'customer'");
    assert_string_equal(world_find(&world, "notification.requested")->subject, WORLD_CASE);
    const struct output *delivery = world_find(&world, "delivery.requested");
    assert_string_equal(delivery->id, ACK);
    assert_string_equal(delivery->key, "BYCRCNPA1C41H");
    expect_body(&world, "张伟，您好");
    expect_body(&world, "2026年11月22日 19:00（北京时间） 前与您联系");
    expect_body(&world, "2026年11月23日 18:00（北京时间） 前给您解决方案");
    expect_body(&world, "'to':'c1','locale':'zh-CN'");
    /* Told once, however often it starts. */
    acknowledge(&world);
    assert_int_equal(world.count, 0);
    world_close(&world);
}

static void promises_only_what_lies_ahead(void **unused) {
    (void)unused;
    static const struct {
        const char *first_contact, *resolution, *template_name, *says;
    } cases[] = {
        {"2026-11-22T11:00:00Z", "2026-11-23T10:00:00Z", "acknowledgement", "19:00"},
        {"2026-11-22T11:00:00Z", NULL, "acknowledgement_first_contact", "19:00"},
        {"2026-11-22T09:59:59Z", "2026-11-23T10:00:00Z", "acknowledgement_resolution",
         "11月23日 18:00"},
        {"2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", "acknowledgement_late",
         "11月22日 19:00"}, /* an hour from now */
        {NULL, NULL, "acknowledgement_late", "11月22日 19:00"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char name[64];
        open_case(&world);
        start_sla(&world, cases[i].first_contact, cases[i].resolution);
        snprintf(name, sizeof name, "'template':'%s'", cases[i].template_name);
        world_expect(&world, "notification.requested", name);
        expect_body(&world, cases[i].says);
        world_close(&world);
    }
}

static void says_nothing_of_other_targets(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    world_event(
        &world, "sla.started",
        "{'case_id':'" WORLD_CASE
        "','policy':'p','policy_version':'1','targets':[{'name':'warehouse_intercept'," CYCLE
        ",'due_at':'2026-11-22T11:00:00Z'}]}");
    assert_int_equal(world.count, 0);
    world_close(&world);
}

/* One row an occasion: the event, who is told, on which message id, and what the text must and must
 * not say. */
static void tells_each_occasion(void **unused) {
    (void)unused;
    static const struct {
        const char *type, *data;
        const char *audience, *template_name, *cause, *says, *says_too;
    } cases[] = {
        {"sla.warned", SLA DUE ",'percent':75}", "supervisor", "warning",
         "warning.resolution.1795341600000.75", "问题解决 将于 2026年11月23日 18:00", "75%"},
        {"sla.warned", SLA DUE ",'before':'10m'}", "supervisor", "warning",
         "warning.resolution.1795341600000.600000ms", "张* 138****1234", "10 min"},
        {"sla.breached", SLA DUE ",'breached_at':'2026-11-23T10:00:01Z'}", "supervisor", "breach",
         "breach.resolution.1795341600000", "商品破损 P2", "张* 138****1234"},
        {"sla.escalated", SLA ",'level':2,'to':'manager'}", "manager", "escalation",
         "escalation.resolution.1795341600000.2", "升级至经理", "第 2 级"},
        {"sla.retracted", SLA DUE ",'breached_at':'2026-11-23T10:00:01Z','cause':'late_record'}",
         "supervisor", "retraction", "retraction.resolution.1795341600000", "并未超时", "问题解决"},
        {"compensation.proposed",
         PROPOSAL "," OPTIONS
                  ",'needs':{'role':'manager','approvals':2},'approve_by':'2026-11-23T10:00:00Z'}",
         "manager", "approval_request", "approval.1", "最高成本 ¥499.00", "需经理审批 2 人"},
        {"compensation.approved",
         PROPOSAL "," OPTIONS ",'choose_by':'2026-11-25T10:00:00Z','by':['policy']}", "customer",
         "offer", "offer.1",
         "方案A：换货（空运 48 小时送达）＋赠品，价值 ¥89.00（搭配配饰）；方案B：退款 "
         "¥299.00＋优惠券 ¥200.00（30 天内有效，可叠加）",
         "2026年11月25日 18:00"},
        {"compensation.escalated", PROPOSAL ",'role':'finance'}", "finance", "approval_reminder",
         "approval_reminder.1", "请财务在", P1},
        {"compensation.expired", PROPOSAL ",'reason':'not decided'}", "supervisor", "not_decided",
         "not_decided.1", "无人审批", P1},
        {"compensation.expired", PROPOSAL ",'reason':'not chosen'}", NULL, NULL, NULL, NULL, NULL},
        {"compensation.failed", PROPOSAL ",'settlements':[{'settlement_id':'" P1 ".1'}]}",
         "supervisor", "settlement_failed", "settlement_failed.1", "人工处理", P1},
        {"case.resolved", "{'case_id':'" WORLD_CASE "','by':'li'}", "customer", "resolved",
         "resolved.0", "2026年11月29日 18:00", "张伟"},
        {"case.repeated",
         "{'case_id':'" WORLD_CASE
         "','repeats':3,'channel':'im','customer':{'id':'c1','tier':'vip'},'text':'y'}",
         "customer", "repeated", "repeated.3", "11月22日 19:00", "张伟"},
        {"case.closed", "{'case_id':'" WORLD_CASE "','by':'li'}", NULL, NULL, NULL, NULL, NULL},
        {"case.closed",
         "{'case_id':'" WORLD_CASE "','by':'redress-sla','automated':true,'reason':'silence'}",
         NULL, NULL, NULL, NULL, NULL},
        {"sla.paused",
         "{'case_id':'" WORLD_CASE
         "','reason':'awaiting_customer','targets':[{'name':'resolution'," CYCLE "}]}",
         NULL, NULL, NULL, NULL, NULL},
        {"sla.rescheduled", SLA DUE ",'cause':'policy'}", NULL, NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char text[256];
        open_case(&world);
        classify(&world, "");
        world_event(&world, cases[i].type, "%s", cases[i].data);
        print_message("  %s %s\n", cases[i].type,
                      cases[i].template_name ? cases[i].template_name : "-");
        if (!cases[i].audience) {
            assert_int_equal(world.count, 0);
            world_close(&world);
            continue;
        }
        assert_int_equal(world.count, 2);
        snprintf(text, sizeof text, "'notification_id':'" WORLD_CASE ".%s", cases[i].cause);
        world_expect(&world, "notification.requested", text);
        snprintf(text, sizeof text, "'template':'%s','audience':'%s'", cases[i].template_name,
                 cases[i].audience);
        world_expect(&world, "notification.requested", text);
        expect_body(&world, cases[i].says);
        expect_body(&world, cases[i].says_too);
        bool personal = strstr(world_find(&world, "delivery.requested")->data, "张伟") ||
                        strstr(world_find(&world, "delivery.requested")->data, "13812341234");
        assert_int_equal(personal, strcmp(cases[i].audience, "customer") == 0);
        /* The same once more is not told again. */
        if (strcmp(cases[i].type, "compensation.escalated") != 0) {
            world_event(&world, cases[i].type, "%s", cases[i].data);
            assert_int_equal(world.count, 0);
        }
        world_close(&world);
    }
}

static void tells_the_choice_and_its_end(void **unused) {
    (void)unused;
    struct world world;
    open_with(&world, "im", ",'locale':'en','name':'Lee'");
    world_event(&world, "compensation.approved",
                PROPOSAL "," OPTIONS ",'choose_by':'2026-11-25T10:00:00Z','by':['wang']}");
    expect_body(
        &world,
        "option A: exchange (air freight 48 h) + gift worth CNY 89.00 (matching accessory); option "
        "B: refund of CNY 299.00 + coupon of CNY 200.00 (valid for 30 days, stackable)");
    expect_body(&world, "by 25 November 2026, 18:00 (UTC+8)");
    world_event(&world, "compensation.chosen", PROPOSAL ",'option':'A'}");
    expect_body(&world, "have begun: option A: exchange (air freight 48 h) + gift worth CNY 89.00 "
                        "(matching accessory).");
    expect_body(&world, "done by 25 November 2026, 18:00");
    world_event(&world, "compensation.settled",
                PROPOSAL ",'settlements':[{'settlement_id':'" P1 ".1'}]}");
    expect_body(&world, "All of it is done: option A: exchange");
    world_close(&world);
}

static void asks_nobody_for_what_policy_approves(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    world_event(&world, "compensation.proposed", PROPOSAL "," OPTIONS "}");
    assert_int_equal(world.count, 0);
    world_close(&world);
}

static void says_again_what_a_reopened_case_promises(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "case.resolved", "{'case_id':'" WORLD_CASE "','by':'li'}");
    world_event(&world, "case.reopened", "{'case_id':'" WORLD_CASE "','by':'li'}");
    world_event(&world, "sla.started",
                "{'case_id':'" WORLD_CASE
                "','policy':'p','policy_version':'1','targets':[{'name':'resolution','cycle':'2026-"
                "11-22T12:00:00Z','due_at':'2026-11-23T12:00:00Z'}]}");
    world_expect(&world, "notification.requested", WORLD_CASE ".reopened.1");
    world_event(&world, "case.resolved", "{'case_id':'" WORLD_CASE "','by':'li'}");
    world_expect(&world, "notification.requested", WORLD_CASE ".resolved.1");
    world_close(&world);
}

static void falls_back_once(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "delivery.failed",
                "{'case_id':'" WORLD_CASE "','notification_id':'" ACK "','reason':'offline'}");
    world_expect(
        &world, "notification.failed",
        "'channel':'im','template':'acknowledgement','audience':'customer','reason':'offline'");
    world_expect(&world, "notification.requested",
                 "'notification_id':'" ACK ".fallback','channel':'sms'");
    expect_body(&world, "'to':'+8613812341234'");
    expect_body(&world, "张伟，您好"); /* the same words, with both times */
    expect_body(&world, "2026年11月22日 19:00");
    world_event(&world, "delivery.failed",
                "{'case_id':'" WORLD_CASE "','notification_id':'" ACK "','reason':'offline'}");
    assert_true(world.unchanged);
    world_event(&world, "delivery.failed",
                "{'case_id':'" WORLD_CASE "','notification_id':'" ACK
                ".fallback','reason':'no such number'}");
    assert_int_equal(world_count(&world, "notification.failed"), 1);
    world_expect(&world, "notification.requested",
                 "'template':'delivery_failed','audience':'supervisor'"); /* a person is told */
    expect_body(&world, "no such number");
    world_close(&world);
}

/* The failure is reported after the first deadline: it is not promised again. Other words stay as
 * they were. */
static void falls_back_with_what_lies_ahead(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "compensation.approved",
                PROPOSAL "," OPTIONS ",'choose_by':'2026-11-25T10:00:00Z','by':['wang']}");
    world.now_ms += 2 * HOUR_MS;
    world_event(&world, "delivery.failed",
                "{'case_id':'" WORLD_CASE "','notification_id':'" ACK "','reason':'offline'}");
    world_expect(&world, "notification.requested", "'template':'acknowledgement_resolution'");
    world_event(&world, "delivery.failed",
                "{'case_id':'" WORLD_CASE "','notification_id':'" WORLD_CASE
                ".offer.1','reason':'offline'}");
    world_expect(&world, "notification.requested",
                 "'notification_id':'" WORLD_CASE ".offer.1.fallback'");
    expect_body(&world, "方案B：退款 ¥299.00");
    expect_body(&world, "张伟");
    world_close(&world);
}

static void gives_up_without_another_channel(void **unused) {
    (void)unused;
    struct world world;
    open_with(&world, "im", "");
    acknowledge(&world);
    world_event(&world, "delivery.failed",
                "{'case_id':'" WORLD_CASE "','notification_id':'" ACK "','reason':'offline'}");
    world_expect(&world, "notification.requested", "'audience':'supervisor'");
    /* A failing alarm raises no alarm. */
    const char *id = arena_strdup(world.arena, world_find(&world, "delivery.requested")->id);
    world_event(&world, "delivery.failed",
                "{'case_id':'" WORLD_CASE "','notification_id':'%s','reason':'x'}", id);
    assert_int_equal(world.count, 1);
    world_expect(&world, "notification.failed", "'audience':'supervisor'");
    world_close(&world);
}

static void notes_what_arrived(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "delivery.done",
                "{'case_id':'" WORLD_CASE "','notification_id':'" ACK "'}");
    world_expect(&world, "notification.delivered", "'channel':'im'");
    assert_int_equal(world.count, 1);
    world_event(&world, "delivery.failed",
                "{'case_id':'" WORLD_CASE "','notification_id':'" ACK "','reason':'late'}");
    assert_true(world.unchanged);
    world_event(&world, "delivery.done",
                "{'case_id':'" WORLD_CASE "','notification_id':'elsewhere'}");
    assert_true(world.unchanged);
    world_close(&world);
}

static void is_silent_with_a_reason(void **unused) {
    (void)unused;
    static const char breached[] =
        "{'case_id':'" WORLD_CASE "','target':'resolution'," CYCLE
        ",'due_at':'2026-11-23T10:00:00Z','breached_at':'2026-11-23T10:00:01Z'}";
    struct world world;
    open_case(&world);
    classify(&world, "'question'");
    acknowledge(&world); /* who asks is answered, too */
    assert_int_equal(world_count(&world, "notification.requested"), 1);
    world_event(&world, "sla.breached", "%s", breached);
    assert_int_equal(world.count, 1);
    world_expect(&world, "notification.suppressed", "'audience':'supervisor','reason':'question'");
    world_close(&world);

    open_case(&world);
    classify(&world, "'question'");
    classify(&world, ""); /* he complains after all */
    world_event(&world, "sla.breached", "%s", breached);
    world_expect(&world, "notification.requested", "breach");
    world_close(&world);

    open_case(&world);
    world_event(&world, "case.withdrawn", "{'case_id':'" WORLD_CASE "','reason':'spam','by':'li'}");
    world_event(&world, "sla.breached", "%s", breached);
    world_expect(&world, "notification.suppressed", "'reason':'withdrawn'");
    world_event(&world, "case.resolved", "{'case_id':'" WORLD_CASE "','by':'li'}");
    world_expect(&world, "notification.suppressed", "'audience':'customer','reason':'withdrawn'");
    world_close(&world);

    open_case(&world);
    world_event(&world, "sla.escalated",
                "{'case_id':'" WORLD_CASE "','target':'resolution'," CYCLE
                ",'level':1,'to':'director'}");
    world_expect(
        &world, "notification.suppressed",
        "'channel':'none','template':'escalation','audience':'director','reason':'no_address'");
    world_close(&world);
}

/* A log of last year, published today: nobody is called about it. */
static void leaves_the_past_alone(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    const struct tree *data;
    struct err err = {{0}};
    static const char json[] = "{\"case_id\":\"" WORLD_CASE "\",\"by\":\"li\"}";
    assert_int_equal(json_read(world.arena, json, strlen(json), NULL, &data, &err), JSON_OK);
    struct event ev = {.id = "old",
                       .source = "/test",
                       .type = "case.resolved",
                       .subject = WORLD_CASE,
                       .time_ms = world.now_ms - 31 * 24 * HOUR_MS,
                       .data = data};
    world_fold(&world, &ev);
    world_expect(&world, "notification.suppressed", "'reason':'stale'");
    world_close(&world);
}

static void follows_the_clocks(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "sla.paused",
                "{'case_id':'" WORLD_CASE
                "','reason':'awaiting_customer','targets':[{'name':'resolution'," CYCLE "}]}");
    assert_null(world_pair(&world, "resolution_due"));
    world_event(&world, "sla.resumed",
                "{'case_id':'" WORLD_CASE
                "','reason':'awaiting_customer','targets':[{'name':'resolution'," CYCLE
                ",'due_at':'2026-11-24T10:00:00Z'}]}");
    assert_int_equal(strtoll(world_pair(&world, "resolution_due"), NULL, 10),
                     world_time("2026-11-24T10:00:00Z"));
    world_event(&world, "sla.rescheduled",
                "{'case_id':'" WORLD_CASE "','target':'first_contact'," CYCLE
                ",'due_at':'2026-11-22T10:30:00Z','cause':'policy'}");
    assert_int_equal(strtoll(world_pair(&world, "first_contact_due"), NULL, 10),
                     world_time("2026-11-22T10:30:00Z"));
    world_close(&world);
}

static void forgets_closed_cases(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    world_event(&world, "case.closed", "{'case_id':'" WORLD_CASE "','by':'li'}");
    assert_int_equal(world.wake_at, world.now_ms + 90 * 24 * HOUR_MS);
    world_event(&world, "case.reopened", "{'case_id':'" WORLD_CASE "','by':'li'}");
    assert_int_equal(world.wake_at, 0);
    world_event(&world, "case.closed", "{'case_id':'" WORLD_CASE "','by':'li'}");
    world_wake(&world, world.wake_at);
    assert_true(world.forgotten);
    acknowledge(&world); /* late: the case is not known */
    assert_true(world.unchanged);
    assert_false(world.exists);
    world_close(&world);
}

static void keeps_personal_data_apart(void **unused) {
    (void)unused;
    struct world world;
    struct pairs open, personal;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "case.resolved", "{'case_id':'" WORLD_CASE "','by':'li'}");
    fields_flatten(notification_spec.state, world_state(&world), world.arena, &open, &personal);
    assert_int_equal(personal.count, 4);
    for (int i = 0; i < open.count; i++) {
        assert_null(strstr(open.at[i].value, "张"));
        assert_null(strstr(open.at[i].value, "13812341234"));
        assert_null(strstr(open.at[i].value, "zhang@"));
    }
    /* After an erasure nobody can be reached. */
    void *state = world_state(&world);
    fields_erase_private(notification_spec.state, state);
    fields_flatten(notification_spec.state, state, world.arena, &world.pairs, &personal);
    world_event(&world, "compensation.approved",
                PROPOSAL "," OPTIONS ",'choose_by':'2026-11-25T10:00:00Z','by':['wang']}");
    world_expect(&world, "notification.suppressed", "'reason':'no_address'");
    world_close(&world);
}

/* Targets may have any name; the message's id is then a hash, and the same each time. */
static void hashes_causes_that_are_no_ids(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    for (int i = 0; i < 2; i++) {
        world_event(&world, "sla.breached",
                    "{'case_id':'" WORLD_CASE "','target':'仓库,拦截'," CYCLE
                    ",'due_at':'2026-11-23T10:00:00Z','breached_at':'2026-11-23T10:00:01Z'}");
        assert_int_equal(world_count(&world, "notification.requested"), i == 0);
    }
    world_event(&world, "sla.breached",
                "{'case_id':'" WORLD_CASE "','target':'仓库'," CYCLE
                ",'due_at':'2026-11-23T10:00:00Z','breached_at':'2026-11-23T10:00:01Z'}");
    assert_int_equal(world_count(&world, "notification.requested"), 1);
    world_close(&world);
}

static void bounds_what_it_keeps(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    for (int i = 1; i <= 300; i++)
        world_event(
            &world, "sla.escalated",
            "{'case_id':'" WORLD_CASE "','target':'t%d'," CYCLE ",'level':1,'to':'manager'}", i);
    const struct notification_state *state = world_state(&world);
    assert_int_equal(state->sent.count, NOTIFICATION_SENT_MAX);
    assert_int_equal(state->pending.count, NOTIFICATION_PENDING_MAX);
    world_close(&world);
}

static void wants_only_what_it_folds(void **unused) {
    (void)unused;
    static const char *const no[] = {
        "sla.met",   "notification.requested", "decision.approved",  "case.contacted",
        "task.done", "settlement.done",        "complaint.submitted"};
    for (size_t i = 0; i < LENGTH(no); i++) assert_false(notification_spec.wants(no[i]));
    assert_true(notification_spec.wants("sla.started"));
}

/* Whatever file the process has that folds it next. */
static void keeps_its_version(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    world_expect_version(&world, world.version.version);
    world_roll_out(&world, "next", false);
    acknowledge(&world);
    world_expect_version(&world, world.version.version);
    world_close(&world);

    open_case(&world);
    world_roll_out(&world, "next", true);
    acknowledge(&world);
    world_expect_version(&world, "next");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acknowledges_with_both_deadlines),
        cmocka_unit_test(promises_only_what_lies_ahead),
        cmocka_unit_test(says_nothing_of_other_targets),
        cmocka_unit_test(tells_each_occasion),
        cmocka_unit_test(tells_the_choice_and_its_end),
        cmocka_unit_test(asks_nobody_for_what_policy_approves),
        cmocka_unit_test(says_again_what_a_reopened_case_promises),
        cmocka_unit_test(falls_back_once),
        cmocka_unit_test(falls_back_with_what_lies_ahead),
        cmocka_unit_test(gives_up_without_another_channel),
        cmocka_unit_test(notes_what_arrived),
        cmocka_unit_test(is_silent_with_a_reason),
        cmocka_unit_test(leaves_the_past_alone),
        cmocka_unit_test(follows_the_clocks),
        cmocka_unit_test(forgets_closed_cases),
        cmocka_unit_test(keeps_personal_data_apart),
        cmocka_unit_test(hashes_causes_that_are_no_ids),
        cmocka_unit_test(bounds_what_it_keeps),
        cmocka_unit_test(wants_only_what_it_folds),
        cmocka_unit_test(keeps_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
