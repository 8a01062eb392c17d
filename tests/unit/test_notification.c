/* Notification: who is told what on each occasion, channels and the next one, silence with its
 * reason. What the texts may say is in test_notification_true.c. */
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
    expect_body(&world, "11月22日 19:00（北京时间）前与您联系");
    expect_body(&world, "11月23日 18:00（北京时间）前给您处理结果");
    expect_body(&world, "'to':'c1','locale':'zh-CN'");
    /* Told once, however often it starts. */
    acknowledge(&world);
    assert_int_equal(world.count, 0);
    world_close(&world);
}

static void promises_only_what_lies_ahead(void **unused) {
    (void)unused;
    static const struct {
        const char *first_contact, *resolution;
        const char *says, *says_not;
    } cases[] = {
        {"2026-11-22T11:00:00Z", "2026-11-23T10:00:00Z", "19:00（北京时间）前与您联系", "久等"},
        {"2026-11-22T11:00:00Z", NULL, "19:00（北京时间）前与您联系", "处理结果"},
        {"2026-11-22T09:59:59Z", "2026-11-23T10:00:00Z", "11月23日 18:00（北京时间）前给您处理结果",
         "17:59"},
        {"2026-11-22T09:59:59Z", "2026-11-22T09:59:59Z", "让您久等了", "处理结果"},
        {"2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", "11月22日 19:00（北京时间）前与您联系",
         "18:00"}, /* an hour from now */
        {NULL, NULL, "有进展我们会主动告诉您", "北京时间"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_case(&world);
        start_sla(&world, cases[i].first_contact, cases[i].resolution);
        world_expect(&world, "notification.requested", "'template':'acknowledgement'");
        expect_told(&world, "customer", cases[i].says);
        expect_untold(&world, "customer", cases[i].says_not);
        world_close(&world);
    }
}

static void says_nothing_of_other_targets(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    world_event(&world, "sla.started",
                "{" IN_CASE ",'policy':'p','policy_version':'1','targets':[{'name':"
                "'warehouse_intercept'," CYCLE ",'due_at':'2026-11-22T11:00:00Z'}]}");
    assert_int_equal(world.count, 0);
    world_close(&world);
}

#define CUSTOMER_NEW "'customer':{'id':'c1','tier':'vip'},'text':'y'}"
/* One row an occasion: the event, who is told, on which message id, and what the text says. */
static void tells_each_occasion(void **unused) {
    (void)unused;
    static const struct {
        const char *type, *data;
        const char *audience, *template_name, *cause, *says, *says_too;
    } cases[] = {
        {"sla.warned", SLA DUE ",'percent':75}", "supervisor", "warning",
         "warning.resolution.1795341600000.75.supervisor", "问题解决 将于 11月23日 18:00", "75%"},
        {"sla.warned", SLA DUE ",'before':'10m'}", "supervisor", "warning",
         "warning.resolution.1795341600000.600000ms.supervisor", "张* 138****1234", "还有 10分钟"},
        {"sla.breached", SLA DUE ",'breached_at':'2026-11-23T10:00:01Z'}", "supervisor", "breach",
         "breach.resolution.1795341600000.supervisor", "商品破损 P2", "张* 138****1234"},
        {"sla.breached",
         "{" IN_CASE ",'target':'mall.resolution'," CYCLE DUE
         ",'breached_at':'2026-11-23T10:00:01Z'}",
         "supervisor", "breach", "breach.mall.resolution.1795341600000.supervisor",
         "问题解决 (mall)", "张* 138****1234"},
        {"sla.escalated", SLA ",'level':2,'to':'manager'}", "manager", "escalation",
         "escalation.resolution.1795341600000.2.manager", "升级至经理", "第 2 级"},
        {"sla.escalated", SLA ",'level':2,'telling':3,'to':'manager'}", "manager", "escalation",
         "escalation.resolution.1795341600000.2.3.manager", "升级至经理", "第 2 级"},
        {"sla.escalated", SLA ",'level':3,'to':'director'}", "supervisor", "escalation",
         "escalation.resolution.1795341600000.3.supervisor", "升级至director", "第 3 级"},
        {"sla.retracted", SLA DUE ",'breached_at':'2026-11-23T10:00:01Z','cause':'late_record'}",
         "supervisor", "retraction", "retraction.resolution.1795341600000.supervisor", "并未超时",
         "问题解决"},
        {"compensation.proposed",
         PROPOSAL "," OPTIONS
                  ",'needs':{'role':'manager','approvals':2},'approve_by':'2026-11-23T10:00:00Z'}",
         "manager", "approval_request", "approval_request.1.manager", "最高成本 ¥499.00",
         "需 2 位经理审批"},
        {"compensation.proposed",
         PROPOSAL "," OPTIONS
                  ",'needs':{'role':'agent','approvals':1},'approve_by':'2026-11-23T10:00:00Z'}",
         "agent", "approval_request", "approval_request.1.agent", "需客服审批", "张* 138****1234"},
        {"compensation.approved", PROPOSAL "," OPTIONS CHOOSE_BY, "customer", "offer", "offer.1",
         "方案A：换货（空运 48 小时送达）＋价值 ¥89.00 的赠品（搭配配饰）；方案B：退款 "
         "¥299.00＋优惠券 ¥200.00（30天内有效，可叠加）",
         "11月25日 18:00"},
        {"compensation.rejected", PROPOSAL ",'role':'manager','reason':'too much'}", "customer",
         "not_approved", "not_approved.1", "没有通过", "张伟"},
        {"compensation.escalated", PROPOSAL ",'role':'finance'}", "finance", "approval_reminder",
         "approval_reminder.1.finance", "请财务在", P1},
        {"compensation.expired", PROPOSAL ",'reason':'not decided'}", "supervisor", "not_decided",
         "not_decided.1.supervisor", "没有足够的审批", P1},
        {"compensation.expired", PROPOSAL ",'reason':'not chosen'}", NULL, NULL, NULL, NULL, NULL},
        {"compensation.withdrawn", PROPOSAL ",'reason':'superseded'}", NULL, NULL, NULL, NULL,
         NULL},
        {"case.resolved", "{" IN_CASE ",'by':'li'}", "customer", "resolved", "resolved.0",
         "11月29日 18:00", "张伟"},
        {"case.repeated", "{" IN_CASE ",'repeats':3,'channel':'im'," CUSTOMER_NEW, "customer",
         "repeated", "repeated.3", "11月22日 19:00", "张伟"},
        {"case.assigned", "{" IN_CASE ",'to':'li'}", "assignee", "assigned", "assigned.",
         "由您负责", "11月22日 19:00"},
        {"case.withdrawn", "{" IN_CASE ",'reason':'withdrawn','by':'li'}", "customer", "withdrawn",
         "withdrawn", "已按撤回登记", "张伟"},
        {"case.withdrawn",
         "{" IN_CASE ",'reason':'duplicate','of':'BYCRCNPA1C41H-0000001','by':'li'}", "customer",
         "duplicate", "duplicate", "BYCRCNPA1C41H-0000001", "张伟"},
        {"case.withdrawn", "{" IN_CASE ",'reason':'spam','by':'li'}", NULL, NULL, NULL, NULL, NULL},
        {"visit.scored", "{" IN_CASE ",'score':5}", "supervisor", "praise", "praise.0.supervisor",
         "打了 5 分", "张*"},
        {"visit.scored", "{" IN_CASE ",'score':3}", NULL, NULL, NULL, NULL, NULL},
        {"case.closed", "{" IN_CASE ",'by':'li'}", NULL, NULL, NULL, NULL, NULL},
        {"case.closed", "{" IN_CASE ",'by':'redress-sla','automated':true,'reason':'silence'}",
         NULL, NULL, NULL, NULL, NULL},
        {"case.assessed", "{" IN_CASE ",'finding':'x','by':'lab'}", NULL, NULL, NULL, NULL, NULL},
        {"sla.paused",
         "{" IN_CASE ",'reason':'awaiting_customer','targets':[{'name':'resolution'," CYCLE "}]}",
         NULL, NULL, NULL, NULL, NULL},
        {"sla.rescheduled", SLA DUE ",'cause':'policy'}", NULL, NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char text[256];
        begin(&world);
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
        /* The same once more is not told again; what has no number of its own counts by its id. */
        world.event_id = "e-4";
        world_event(&world, cases[i].type, "%s", cases[i].data);
        if (world_count(&world, "notification.requested"))
            assert_string_equal(cases[i].type, "compensation.escalated");
        world_close(&world);
    }
}

static void tells_the_choice_and_its_end(void **unused) {
    (void)unused;
    struct world world;
    open_with(&world, "im", ",'locale':'en','name':'Lee'");
    classify(&world, "");
    acknowledge(&world);
    world_event(&world, "compensation.approved", PROPOSAL "," OPTIONS CHOOSE_BY);
    expect_body(&world, "option A: exchange (by air freight within 48 hours) + gift worth "
                        "CN¥89.00 (a matching accessory); option B: refund of CN¥299.00 + coupon "
                        "of CN¥200.00 (valid for 30 days, can be combined)");
    expect_body(&world, "by November 25, 18:00 (Beijing time)");
    world_event(&world, "compensation.chosen", PROPOSAL ",'option':'B'}");
    expect_body(&world, "You have chosen: refund of CN¥299.00 + coupon of CN¥200.00 (valid for "
                        "30 days, can be combined). We have ordered it.");
    /* Three working days from Sunday evening on. */
    expect_body(&world, "done by November 25, 18:00");
    world_event(&world, "compensation.settled",
                PROPOSAL ",'settlements':[{'settlement_id':'" P1 ".1'}]}");
    expect_body(&world, "All of it is done: refund of CN¥299.00");
    world_close(&world);
}

static void asks_nobody_for_what_policy_approves(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "compensation.proposed", PROPOSAL "," OPTIONS "}");
    assert_int_equal(world.count, 0);
    world_close(&world);
}

static void says_again_what_a_reopened_case_promises(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
    world_event(&world, "case.reopened", "{" IN_CASE ",'by':'li'}");
    assert_null(told(&world, "customer"));
    expect_told(&world, "supervisor", "重新打开");
    world_event(&world, "sla.started",
                "{" IN_CASE ",'policy':'p','policy_version':'1','targets':[{'name':'resolution',"
                "'cycle':'2026-11-22T12:00:00Z','due_at':'2026-11-23T12:00:00Z'}]}");
    world_expect(&world, "notification.requested", WORLD_CASE ".reopened.1");
    expect_told(&world, "customer", "11月23日 20:00");
    world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
    world_expect(&world, "notification.requested", WORLD_CASE ".resolved.1");
    world_close(&world);
}

#define FAILED(id) "{" IN_CASE ",'notification_id':'" id "','reason':'offline'}"

static void goes_on_to_the_next_channel(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "delivery.failed", FAILED(ACK));
    world_expect(
        &world, "notification.failed",
        "'channel':'im','template':'acknowledgement','audience':'customer','reason':'offline'");
    world_expect(&world, "notification.requested", "'notification_id':'" ACK ".2','channel':'sms'");
    expect_body(&world, "'to':'+8613812341234'");
    expect_body(&world, "张伟，您好"); /* the same words, with both times */
    expect_body(&world, "11月22日 19:00");
    world_event(&world, "delivery.failed", FAILED(ACK));
    assert_true(world.unchanged);
    world_event(&world, "delivery.failed", FAILED(ACK ".2"));
    world_expect(&world, "notification.requested",
                 "'notification_id':'" ACK ".3','channel':'email'");
    world_event(&world, "delivery.failed", FAILED(ACK ".3"));
    assert_int_equal(world_count(&world, "notification.failed"), 1);
    world_expect(&world, "notification.requested",
                 "'template':'undelivered','audience':'supervisor'"); /* a person is told */
    expect_body(&world, "offline");
    expect_body(&world, "请电话联系");
    world_close(&world);
}

/* The failure is reported after the first deadline: it is not promised again. */
static void goes_on_with_what_lies_ahead(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "compensation.approved", PROPOSAL "," OPTIONS CHOOSE_BY);
    world.now_ms += 2 * HOUR_MS;
    world_event(&world, "sla.met",
                "{" IN_CASE ",'target':'first_contact'," CYCLE
                ",'due_at':'2026-11-22T11:00:00Z','met_at':'2026-11-22T10:30:00Z','on_time':true}");
    world_event(&world, "delivery.failed", FAILED(ACK));
    world_expect(&world, "notification.requested", "'template':'acknowledgement'");
    expect_told(&world, "customer", "11月23日 18:00");
    expect_untold(&world, "customer", "11月22日");
    world_event(&world, "delivery.failed", FAILED(WORLD_CASE ".offer.1"));
    world_expect(&world, "notification.requested", "'notification_id':'" WORLD_CASE ".offer.1.2'");
    expect_body(&world, "方案B：退款 ¥299.00");
    expect_body(&world, "张伟");
    /* An offer that has lapsed meanwhile is not made once more. */
    world.now_ms = world_time("2026-11-25T10:00:00Z");
    world_event(&world, "delivery.failed", FAILED(WORLD_CASE ".offer.1.2"));
    world_expect(&world, "notification.suppressed", "'reason':'superseded'");
    assert_null(told(&world, "customer"));
    world_close(&world);
}

static void gives_up_without_another_channel(void **unused) {
    (void)unused;
    struct world world;
    open_with(&world, "im", "");
    acknowledge(&world);
    world_event(&world, "delivery.failed", FAILED(ACK));
    world_expect(&world, "notification.requested", "'audience':'supervisor'");
    expect_body(&world, "没有电话号码");
    /* A failing alarm raises no alarm. */
    const char *id = arena_strdup(world.arena, world_find(&world, "delivery.requested")->id);
    world_event(&world, "delivery.failed", "{" IN_CASE ",'notification_id':'%s','reason':'x'}", id);
    assert_int_equal(world.count, 1);
    world_expect(&world, "notification.failed", "'audience':'supervisor'");
    world_close(&world);
}

static void notes_what_arrived(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "delivery.done", "{" IN_CASE ",'notification_id':'" ACK "'}");
    world_expect(&world, "notification.delivered", "'channel':'im'");
    assert_int_equal(world.count, 1);
    world_event(&world, "delivery.failed", FAILED(ACK));
    assert_true(world.unchanged);
    world_event(&world, "delivery.done", "{" IN_CASE ",'notification_id':'elsewhere'}");
    assert_true(world.unchanged);
    world_close(&world);
}

static void is_silent_with_a_reason(void **unused) {
    (void)unused;
    static const char breached[] = SLA DUE ",'breached_at':'2026-11-23T10:00:01Z'}";
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
    acknowledge(&world);
    classify(&world, ""); /* he complains after all */
    world_event(&world, "sla.breached", "%s", breached);
    expect_told(&world, "supervisor", "超时");
    world_close(&world);

    open_case(&world);
    acknowledge(&world);
    world_event(&world, "case.withdrawn", "{" IN_CASE ",'reason':'spam','by':'li'}");
    world_event(&world, "sla.breached", "%s", breached);
    world_expect(&world, "notification.suppressed", "'reason':'withdrawn'");
    world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
    world_expect(&world, "notification.suppressed", "'audience':'customer','reason':'withdrawn'");
    world_close(&world);
}

/* A log of last year, published today: nobody is called about it. */
static void leaves_the_past_alone(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world.event_age_ms = 31 * 24 * HOUR_MS;
    world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
    world_expect(&world, "notification.suppressed", "'reason':'stale'");
    world_close(&world);
}

/* Each row: what happens to the clocks after the promise, and what a repeat is promised then. */
static void follows_the_clocks(void **unused) {
    (void)unused;
    static const struct {
        const char *type, *data, *says, *says_not;
    } cases[] = {
        {"sla.paused",
         "{" IN_CASE ",'reason':'awaiting_customer','targets':[{'name':'first_contact'," CYCLE
         "},{'name':'resolution'," CYCLE "}]}",
         "有进展我们会主动告诉您", "北京时间"},
        {"sla.rescheduled",
         "{" IN_CASE ",'target':'first_contact'," CYCLE
         ",'due_at':'2026-11-22T10:30:00Z','cause':'policy'}",
         "18:30（北京时间）前与您联系", "19:00"},
        {"sla.resumed",
         "{" IN_CASE ",'reason':'awaiting_customer','targets':[{'name':'first_contact'," CYCLE
         ",'due_at':'2026-11-22T12:00:00Z'}]}",
         "20:00（北京时间）前与您联系", "19:00"},
        {"sla.met",
         "{" IN_CASE ",'target':'first_contact'," CYCLE
         ",'due_at':'2026-11-22T11:00:00Z','met_at':'2026-11-22T10:00:00Z','on_time':true}",
         "11月23日 18:00（北京时间）前给您处理结果", "与您联系"},
        {"sla.cancelled", "{" IN_CASE ",'target':'first_contact'," CYCLE ",'cause':'policy'}",
         "11月23日 18:00（北京时间）前给您处理结果", "与您联系"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        begin(&world);
        world_event(&world, cases[i].type, "%s", cases[i].data);
        world_event(&world, "case.repeated",
                    "{" IN_CASE ",'repeats':1,'channel':'im'," CUSTOMER_NEW);
        expect_told(&world, "customer", cases[i].says);
        expect_untold(&world, "customer", cases[i].says_not);
        world_close(&world);
    }
}

static void forgets_closed_cases(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "case.closed", "{" IN_CASE ",'by':'li'}");
    assert_int_equal(world.wake_at, world.now_ms + 90 * 24 * HOUR_MS);
    world_event(&world, "case.reopened", "{" IN_CASE ",'by':'li'}");
    assert_int_equal(world.wake_at, 0);
    world_event(&world, "case.closed", "{" IN_CASE ",'by':'li'}");
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
    begin(&world);
    world_event(&world, "case.repeated",
                "{" IN_CASE ",'repeats':1,'channel':'im','customer':{'id':'c1','tier':'vip'" ZHANG
                "},'text':'张伟 13812341234'}");
    world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
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
    world_event(&world, "compensation.approved", PROPOSAL "," OPTIONS CHOOSE_BY);
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
                    "{" IN_CASE ",'target':'仓库,拦截'," CYCLE DUE
                    ",'breached_at':'2026-11-23T10:00:01Z'}");
        assert_int_equal(world_count(&world, "notification.requested"), i == 0);
    }
    world_event(&world, "sla.breached",
                "{" IN_CASE ",'target':'仓库'," CYCLE DUE ",'breached_at':'2026-11-23T10:00:01Z'}");
    assert_int_equal(world_count(&world, "notification.requested"), 1);
    world_close(&world);
}

static void bounds_what_it_keeps(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    for (int i = 1; i <= 300; i++) {
        world_event(&world, "sla.escalated",
                    "{" IN_CASE ",'target':'t%d'," CYCLE ",'level':1,'to':'manager'}", i);
        world_event(&world, "task.started", "{" IN_CASE ",'task':'t%d','by':'li'}", i);
        world_event(
            &world, "sla.breached",
            "{" IN_CASE ",'target':'t%d'," CYCLE DUE ",'breached_at':'2026-11-23T10:00:01Z'}", i);
        world_event(&world, "decision.chosen",
                    "{" IN_CASE ",'proposal_id':'" WORLD_CASE ".%d','option':'A'}", i);
        world_event(&world, "compensation.approved",
                    "{" IN_CASE ",'proposal_id':'" WORLD_CASE ".%d'," OPTIONS CHOOSE_BY, i);
    }
    const struct notification_state *state = world_state(&world);
    assert_int_equal(state->sent.count, NOTIFICATION_SENT_MAX);
    assert_int_equal(state->pending.count, NOTIFICATION_PENDING_MAX);
    assert_int_equal(state->waiting.count, NOTIFICATION_WAITING_MAX);
    assert_int_equal(state->targets.count, NOTIFICATION_TARGETS_MAX);
    assert_int_equal(state->tasks.count, NOTIFICATION_TASKS_MAX);
    assert_int_equal(state->offers.count, NOTIFICATION_OFFERS_MAX);
    assert_int_equal(state->decisions.count, NOTIFICATION_DECISIONS_MAX);
    world_expect(&world, "notification.suppressed", "'reason':'too_many'");
    world_close(&world);
}

static void wants_only_what_it_folds(void **unused) {
    (void)unused;
    static const char *const no[] = {"notification.requested", "case.contacted",
                                     "settlement.ordered", "complaint.submitted",
                                     "compensation.vote_counted"};
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
        cmocka_unit_test(goes_on_to_the_next_channel),
        cmocka_unit_test(goes_on_with_what_lies_ahead),
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
