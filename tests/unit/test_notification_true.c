/* Messages are true and kind: each test holds a sentence against the events that it claims. What
 * was said once without them is named in the first line of each. */
#include "notification_world.h"

#define REPEATED                                                                                   \
    "{" IN_CASE ",'repeats':1,'channel':'im','customer':{'id':'c1','tier':'vip'},'text':'y'}"
#define ASSIGNED "{" IN_CASE ",'to':'lin','team':'east'}"
#define BREACHED ",'breached_at':'2026-11-23T10:00:01Z'}"

/* "经核实", one second after the complaint. */
static void nothing_is_looked_into_before_it_is(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    approve(&world, ONE("'kind':'exchange'"));
    expect_told(&world, "customer", "我们为您准备的方案是：换货");
    expect_untold(&world, "customer", "核");
    world_close(&world);

    begin(&world);
    world_event(&world, "case.assessed", "{" IN_CASE ",'finding':'x','by':'lab'}");
    approve(&world, ONE("'kind':'exchange'"));
    expect_told(&world, "customer", "根据核查结果，我们为您准备的方案是：换货");
    world_close(&world);
}

/* "经核实", even when evidence is asked for: it is asked for, and not after it was given. */
static void evidence_is_asked_for_where_it_is_missing(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    classify(&world, "'evidence_missing'");
    assert_null(told(&world, "customer")); /* behind the first word */
    acknowledge(&world);
    assert_int_equal(world_count(&world, "notification.requested"), 2);
    assert_non_null(strstr(world.outputs[3].data, "拍下问题部位"));
    assert_non_null(strstr(world.outputs[3].data, "11月29日 18:00"));
    world_close(&world);

    open_case(&world);
    acknowledge(&world);
    world_event(&world, "case.customer_replied",
                "{" IN_CASE ",'text':'x','channel':'im','customer':{'id':'c1','tier':'vip'},"
                "'evidence':[{'kind':'photo','url':'https://x/1'}]}");
    classify(&world, "'evidence_missing'");
    assert_null(told(&world, "customer"));
    world_close(&world);

    open_case(&world);
    acknowledge(&world);
    classify(&world, "'evidence_missing','question'");
    assert_null(told(&world, "customer"));
    world_close(&world);
}

/* "已安排专人", "同一位客服", without any case.assigned. */
static void nobody_is_named_before_he_is_assigned(void **unused) {
    (void)unused;
    static const struct { const char *type, *data; } later[] = {{"case.repeated", REPEATED}};
    struct world world;
    begin(&world);
    for (int i = 0; i < world.count; i++) assert_null(strstr(world.outputs[i].data, "专人"));
    world_event(&world, later[0].type, "%s", later[0].data);
    expect_untold(&world, "customer", "专人");
    expect_untold(&world, "customer", "同一位");
    world_close(&world);

    open_case(&world);
    world_event(&world, "case.assigned", ASSIGNED);
    world_expect(&world, "delivery.requested", "'channel':'im','to':'lin'");
    acknowledge(&world);
    expect_told(&world, "customer", "已有专人负责");
    world_event(&world, later[0].type, "%s", later[0].data);
    expect_told(&world, "customer", "负责您这件事的专人");
    world_close(&world);
}

/* "已提高处理级别", though reopening raises nothing. */
static void nothing_is_raised_by_reopening(void **unused) {
    (void)unused;
    static const char started[] =
        "{" IN_CASE ",'policy':'p','policy_version':'1','targets':[{'name':'resolution',"
        "'cycle':'2026-11-22T12:00:00Z','due_at':'2026-11-23T12:00:00Z'}]}";
    for (int escalated = 0; escalated < 2; escalated++) {
        struct world world;
        begin(&world);
        world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
        world_event(&world, "sla.escalated", SLA ",'level':1,'to':'manager'}");
        world_event(&world, "case.reopened", "{" IN_CASE ",'by':'li'}");
        if (escalated) world_event(&world, "sla.escalated", SLA ",'level':2,'to':'manager'}");
        world_event(&world, "sla.started", "%s", started);
        expect_untold(&world, "customer", "级别");
        if (escalated)
            expect_told(&world, "customer", "这件事已升级");
        else
            expect_untold(&world, "customer", "升级");
        world_close(&world);
    }
}

/* "已转给相关部门", though nothing is passed on. */
static void what_was_passed_on_was_passed_on(void **unused) {
    (void)unused;
    static const struct {
        const char *class_name, *role, *says;
    } cases[] = {
        {"quality.flaw", "quality", "已转给质检"},
        {"order.missing_items", "warehouse", "已转给仓库"},
        {"service.attitude", NULL, "希望这次的处理能让您满意"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_case(&world);
        acknowledge(&world);
        classify_as(&world, cases[i].class_name, "P3", "");
        assert_int_equal(world.count, cases[i].role ? 2 : 0);
        if (cases[i].role) assert_non_null(told(&world, cases[i].role));
        world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
        expect_told(&world, "customer", cases[i].says);
        if (!cases[i].role) expect_untold(&world, "customer", "转给");
        world_close(&world);
    }
}

/* An apology and "正在加急处理", to somebody who asks whether it is in stock. */
static void a_question_is_no_complaint(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    classify_as(&world, "inquiry.product", "P4", "'question'");
    acknowledge(&world);
    world_expect(&world, "notification.requested", "'template':'question_received'");
    expect_told(&world, "customer", "感谢您的咨询");
    expect_untold(&world, "customer", "抱歉");
    expect_untold(&world, "customer", "加急");
    expect_untold(&world, "customer", "优先");
    world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
    world_expect(&world, "notification.requested", "'template':'question_answered'");
    expect_untold(&world, "customer", "抱歉");
    world_close(&world);

    /* Urgent is what is P1 or P2, and nobody is sorry before he knows for what. */
    static const struct {
        const char *severity;
        bool urgent;
    } cases[] = {{"P1", true}, {"P2", true}, {"P3", false}, {"P4", false}, {NULL, false}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        open_case(&world);
        if (cases[i].severity) classify_as(&world, "other", cases[i].severity, "");
        acknowledge(&world);
        assert_int_equal(strstr(told(&world, "customer"), "优先处理") != NULL, cases[i].urgent);
        assert_int_equal(strstr(told(&world, "customer"), "抱歉") != NULL,
                         cases[i].severity != NULL);
        world_close(&world);
    }
}

/* {contact_by}, an hour from now at half past two in the night. */
static void nobody_promises_to_call_at_night(void **unused) {
    (void)unused;
    static const struct {
        const char *now, *by;
    } cases[] = {
        {"2026-11-22T18:30:00Z", "11月23日 09:00"}, /* 02:30: an hour after eight in the morning */
        {"2026-11-22T15:30:00Z", "11月23日 08:30"}, /* half an hour of it is left before midnight */
        {"2026-11-22T02:00:00Z", "11月22日 11:00"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_case(&world);
        world.now_ms = world_time(cases[i].now);
        /* He is awake: he writes. */
        world_event(&world, "case.customer_replied",
                    "{" IN_CASE ",'text':'x','channel':'im','customer':{'id':'c1','tier':'vip'}}");
        start_sla(&world, "2026-11-21T10:00:00Z", NULL);
        expect_told(&world, "customer", cases[i].by);
        world_close(&world);
    }
}

/* {contact_by} after a repeat when no first_contact runs: what runs is promised, or nothing. */
static void a_repeat_is_promised_what_runs(void **unused) {
    (void)unused;
    static const char met[] =
        "{" IN_CASE ",'target':'%s'," CYCLE
        ",'due_at':'2026-11-22T11:00:00Z','met_at':'2026-11-22T10:00:00Z','on_time':true}";
    struct world world;
    begin(&world);
    world_event(&world, "sla.met", met, "first_contact");
    world_event(&world, "case.repeated", REPEATED);
    expect_told(&world, "customer", "最迟在 11月23日 18:00（北京时间）前给您处理结果");
    expect_untold(&world, "customer", "与您联系");
    world_close(&world);

    begin(&world);
    world_event(&world, "sla.met", met, "first_contact");
    world_event(&world, "sla.met", met, "resolution");
    world_event(&world, "case.repeated", REPEATED);
    expect_told(&world, "customer", "有进展我们会主动告诉您");
    expect_untold(&world, "customer", "北京时间");
    world_close(&world);

    begin(&world);
    world_event(&world, "sla.met", met, "first_contact");
    world_event(&world, "sla.started",
                "{" IN_CASE ",'policy':'p','policy_version':'1','targets':[{'name':'next_reply',"
                "'cycle':'2026-11-22T12:00:00Z','due_at':'2026-11-22T13:00:00Z'}]}");
    world_event(&world, "case.repeated", REPEATED);
    expect_told(&world, "customer", "21:00（北京时间）前与您联系");
    world_close(&world);
}

/* A promise that was told and not kept is admitted, by whom it was told and while it is not kept. */
static void a_missed_promise_is_admitted(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world.now_ms = world_time("2026-11-23T10:00:01Z");
    world_event(&world, "sla.breached", SLA DUE BREACHED);
    expect_told(&world, "customer", "原定在 11月23日 18:00（北京时间）前办到，现在还没有做到");
    expect_told(&world, "customer", "我们已报告主管"); /* who was told, for nobody is assigned */
    expect_told(&world, "supervisor", "超时");
    world_close(&world);

    /* Nothing had been promised. */
    open_case(&world);
    classify(&world, "");
    start_sla(&world, "2026-11-22T11:00:00Z", NULL);
    world.now_ms = world_time("2026-11-23T10:00:01Z");
    world_event(&world, "sla.breached", SLA DUE BREACHED);
    assert_null(told(&world, "customer"));
    world_close(&world);

    /* It is solved by then. */
    begin(&world);
    world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
    world_wake(&world, world.wake_at); /* he is asked how content he is */
    world.now_ms = world_time("2026-11-23T10:00:01Z");
    world_event(&world, "sla.breached", SLA DUE BREACHED);
    assert_null(told(&world, "customer"));
    world_close(&world);
}

/* Finance is asked for a refund that is late, and then the customer hears that it was. */
static void a_late_refund_is_chased(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world.now_ms = world_time("2026-11-25T10:00:01Z");
    world_event(&world, "sla.breached",
                "{" IN_CASE ",'target':'refund_settlement'," CYCLE
                ",'due_at':'2026-11-25T10:00:00Z','breached_at':'2026-11-25T10:00:01Z'}");
    expect_told(&world, "finance", "退款应于 11月25日 18:00");
    expect_told(&world, "customer", "我们已请财务核对");
    world_close(&world);
}

/* What the customer waits for. */
static void progress_is_told(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "task.started", "{" IN_CASE ",'task':'inspection','by':'lab'}");
    expect_told(&world, "customer", "商品检测，已经开始");
    world_event(&world, "task.started", "{" IN_CASE ",'task':'refill_shelves','by':'lab'}");
    assert_null(told(&world, "customer"));
    world.now_ms += 24 * HOUR_MS;
    world_event(&world, "sla.warned",
                "{" IN_CASE ",'target':'next_update'," CYCLE DUE ",'before':'1d'}");
    expect_told(&world, "customer", "商品检测，从 11月22日 18:00（北京时间）开始，还没有完成");
    world_event(&world, "task.done", "{" IN_CASE ",'task':'inspection','by':'lab'}");
    expect_told(&world, "customer", "商品检测，已经完成");
    world_event(&world, "sla.warned",
                "{" IN_CASE ",'target':'next_update'," CYCLE DUE ",'before':'1h'}");
    assert_null(told(&world, "customer"));
    world_close(&world);
}

/* Times in the reader's own zone. */
static void times_are_the_readers(void **unused) {
    (void)unused;
    static const struct {
        const char *customer, *says;
    } cases[] = {
        /* What falls into the reader's night is promised for the hours in which he can be called.
         */
        {",'locale':'zh-CN'", "11月22日 19:00（北京时间）"},
        {",'locale':'zh-TW'", "11月22日 19:00（台北時間）"},
        {",'locale':'zh-HK'", "11月22日 19:00（台北時間）"},
        {",'locale':'zh-HK','timezone':'Asia/Hong_Kong'", "11月22日 19:00（香港時間）"},
        {",'locale':'en-GB','timezone':'Europe/London'", "November 22, 11:00 (UTC+0)"},
        {",'locale':'en-US','timezone':'America/New_York'", "November 22, 09:00 (UTC-5)"},
        {",'locale':'en-AU','timezone':'Australia/Sydney'", "November 23, 12:00 (UTC+11)"},
        {",'locale':'en','timezone':'Mars/Olympus'", "November 22, 19:00 (Beijing time)"},
        {",'locale':'fr'", "11月22日 19:00（北京时间）"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_with(&world, "im", cases[i].customer);
        acknowledge(&world);
        expect_told(&world, "customer", cases[i].says);
        world_close(&world);
    }
    struct world world;
    open_case(&world);
    start_sla(&world, NULL, "2027-01-01T00:00:00Z");
    expect_told(&world, "customer", "2027年1月1日 08:00");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_looked_into_before_it_is),
        cmocka_unit_test(evidence_is_asked_for_where_it_is_missing),
        cmocka_unit_test(nobody_is_named_before_he_is_assigned),
        cmocka_unit_test(nothing_is_raised_by_reopening),
        cmocka_unit_test(what_was_passed_on_was_passed_on),
        cmocka_unit_test(a_question_is_no_complaint),
        cmocka_unit_test(nobody_promises_to_call_at_night),
        cmocka_unit_test(a_repeat_is_promised_what_runs),
        cmocka_unit_test(a_missed_promise_is_admitted),
        cmocka_unit_test(a_late_refund_is_chased),
        cmocka_unit_test(progress_is_told),
        cmocka_unit_test(times_are_the_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
