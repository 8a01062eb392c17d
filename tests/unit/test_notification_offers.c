/* What customers are offered is said truly: each test holds a sentence about an offer against the
 * events that it claims. What was said once without them is named in the first line of each. */
#include "notification_world.h"

#define REFUSED(reason) PROPOSAL ",'decision':{'source':'/test','id':'d-1'},'reason':'" reason "'}"

/* "无需再做任何操作", for returns and repairs that need one; "3 days", for custom work that takes
 * ten. */
static void what_was_chosen_needs_what_it_needs(void **unused) {
    (void)unused;
#define SOME "'amount':{'currency':'CNY','minor':100}"
#define SHARED                                                                                     \
    "'split':{'platform':{'currency':'CNY','minor':140000},'customer':{'currency':'CNY','minor':"  \
    "60000}}"
    static const struct {
        const char *option;
        bool nothing_to_do, keep_the_goods;
        const char *done_by; /* NULL: no time */
    } cases[] = {
        {ONE("'kind':'coupon'," SOME), true, false, "11月23日 18:00"},
        {ONE("'kind':'apology'"), true, false, "11月23日 18:00"},
        {ONE("'kind':'refund_without_return'," SOME), true, false, "11月25日 18:00"},
        {ONE("'kind':'reissue'"), true, false, "11月25日 18:00"},
        {ONE("'kind':'cancel'"), true, false, "11月23日 18:00"},
        {ONE("'kind':'refund'," SOME), false, false, "11月25日 18:00"},
        {ONE("'kind':'exchange'"), false, true, NULL},
        {ONE("'kind':'repair'"), false, true, NULL},
        {ONE("'kind':'inspection'"), false, true, NULL},
        {ONE("'kind':'change','detail':'express production line'"), false, false, NULL},
        {ONE("'kind':'coupon'," SOME "},{'kind':'repair'"), false, true, NULL},
        {"{'option':'A','remedies':[{'kind':'coupon'," SOME
         "}],'cost':{'currency':'CNY','minor':200000}," SHARED "}",
         false, false, "11月23日 18:00"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        begin(&world);
        approve(&world, cases[i].option);
        world_event(&world, "compensation.chosen", PROPOSAL ",'option':'A'}");
        const char *said = told(&world, "customer");
        print_message("  %s\n", strstr(said, "您选择的是"));
        assert_int_equal(strstr(said, "无需再做任何操作") != NULL, cases[i].nothing_to_do);
        assert_int_equal(strstr(said, "请先不要寄出") != NULL, cases[i].keep_the_goods);
        if (cases[i].done_by)
            assert_non_null(strstr(said, cases[i].done_by));
        else
            assert_null(strstr(said, "北京时间"));
        world_close(&world);
    }
}

/* The offer before the acknowledgement. */
static void the_offer_comes_behind_the_first_word(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    classify(&world, "");
    approve(&world, ONE("'kind':'exchange'"));
    assert_null(told(&world, "customer"));
    assert_int_equal(world.wake_at, world.now_ms + 60000);
    world.now_ms += 1000;
    acknowledge(&world);
    assert_int_equal(world.count, 4);
    assert_non_null(strstr(world.outputs[0].data, "\"template\":\"acknowledgement\""));
    assert_non_null(strstr(world.outputs[2].data, "\"template\":\"offer\""));
    assert_int_equal(world.wake_at, 0);
    world_close(&world);

    /* No deadline comes: the first word goes out without one, and the offer behind it. */
    open_case(&world);
    classify(&world, "");
    approve(&world, ONE("'kind':'exchange'"));
    world_wake(&world, world.wake_at);
    assert_int_equal(world.count, 4);
    assert_non_null(strstr(world.outputs[0].data, "\"notification_id\":\"" ACK "\""));
    assert_non_null(strstr(world.outputs[1].data, "有进展我们会主动告诉您"));
    assert_non_null(strstr(world.outputs[2].data, "\"template\":\"offer\""));
    acknowledge(&world); /* told once */
    assert_null(told(&world, "customer"));
    world_close(&world);

    /* What is over by then needs no first word. */
    open_case(&world);
    classify(&world, "");
    world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
    world_wake(&world, world.wake_at);
    assert_int_equal(world.count, 2);
    world_expect(&world, "notification.requested", "'template':'resolved'");
    world_close(&world);
}

/* "We bear 1 400", without "you bear 600", and bound by "确认后立即为您办理". */
static void the_customers_share_is_said(void **unused) {
    (void)unused;
    static const char shared[] =
        "{'option':'A','remedies':[{'kind':'repair'},{'kind':'fee_share','amount':{'currency':"
        "'CNY','minor':140000}}],'cost':{'currency':'CNY','minor':200000},'split':{'platform':{"
        "'currency':'CNY','minor':140000},'customer':{'currency':'CNY','minor':60000}}}";
    struct world world;
    begin(&world);
    world_event(&world, "case.assessed", "{" IN_CASE ",'finding':'x','by':'lab'}");
    approve(&world, shared);
    expect_told(&world, "customer", "维修＋由我们承担费用 ¥1,400.00，费用中由您承担 ¥600.00");
    expect_told(&world, "customer", "由您承担的部分已写明");
    expect_untold(&world, "customer", "不需要另外付费");
    expect_untold(&world, "customer", "立即");
    world_event(&world, "compensation.chosen", PROPOSAL ",'option':'A'}");
    expect_told(&world, "customer", "由您承担的是 ¥600.00");
    expect_untold(&world, "customer", "无需");
    world_close(&world);

    begin(&world);
    approve(&world, ONE("'kind':'exchange'"));
    expect_told(&world, "customer", "您不需要另外付费");
    expect_untold(&world, "customer", "由您承担");
    world_close(&world);
}

/* Silence after a refused decision, a withdrawal, a rejection, a lapsed offer. */
static void nobody_is_left_waiting(void **unused) {
    (void)unused;
    static const struct {
        const char *type, *data, *template_name, *says;
    } cases[] = {
        {"compensation.expired", PROPOSAL ",'reason':'not chosen'}", "lapsed", "现在已经失效"},
        {"compensation.withdrawn", PROPOSAL ",'reason':'reclassified'}", "decided_otherwise",
         "已经撤回"},
        {"compensation.withdrawn", PROPOSAL ",'reason':'closed'}", "decided_otherwise", "已经撤回"},
        {"compensation.withdrawn", PROPOSAL ",'reason':'duplicate'}", "offer_void", "一并撤回"},
        {"compensation.decision_refused", REFUSED("expired"), "choice_refused",
         "没有生效。\\n原因：已过期限"},
        {"compensation.decision_refused", REFUSED("wrong_option"), "choice_refused",
         "仍然有效的方案：换货"},
        {"compensation.rejected", PROPOSAL ",'role':'manager','reason':'no'}", "not_approved",
         "没有通过"},
        {"case.withdrawn", "{" IN_CASE ",'reason':'withdrawn','by':'li'}", "withdrawn", "撤回登记"},
        {"compensation.failed", PROPOSAL ",'settlements':[{'settlement_id':'" P1 ".1'}]}",
         "settlement_trouble", "我们已报告主管"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char name[64];
        begin(&world);
        approve(&world, ONE("'kind':'exchange'"));
        world.event_id = "d-1";
        world_event(&world, "decision.chosen", PROPOSAL ",'option':'B'}");
        world.event_id = NULL;
        world_event(&world, cases[i].type, "%s", cases[i].data);
        snprintf(name, sizeof name, "\"template\":\"%s\"", cases[i].template_name);
        bool found = false;
        for (int j = 0; j < world.count; j++) found |= strstr(world.outputs[j].data, name) != NULL;
        assert_true(found);
        expect_told(&world, "customer", cases[i].says);
        world_close(&world);
    }

    /* The same choice once more is no other. */
    struct world twice;
    begin(&twice);
    approve(&twice, ONE("'kind':'exchange'"));
    world_event(&twice, "compensation.chosen", PROPOSAL ",'option':'A'}");
    twice.event_id = "d-1";
    world_event(&twice, "decision.chosen", PROPOSAL ",'option':'A'}");
    twice.event_id = NULL;
    world_event(&twice, "compensation.decision_refused", REFUSED("already_decided"));
    assert_int_equal(twice.count, 0);
    world_close(&twice);

    /* Who was offered nothing is told of no offer. */
    static const char *const ends[][2] = {
        {"compensation.expired", PROPOSAL ",'reason':'not decided'}"},
        {"compensation.expired", PROPOSAL ",'reason':'not chosen'}"},
        {"compensation.withdrawn", PROPOSAL ",'reason':'reclassified'}"}};
    for (size_t i = 0; i < LENGTH(ends); i++) {
        struct world world;
        begin(&world);
        world_event(&world, ends[i][0], "%s", ends[i][1]);
        assert_null(told(&world, "customer"));
        world_close(&world);
    }
}

/* Silence after a refused decision: colleagues hear it, too, and why. */
static void who_decided_hears_that_it_does_not_count(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world.event_id = "d-1";
    world_event(&world, "decision.approved", PROPOSAL ",'actor':'wang','role':'agent'}");
    world.event_id = NULL;
    world_event(&world, "compensation.decision_refused", REFUSED("role_too_low"));
    assert_int_equal(world.count, 2);
    world_expect(&world, "notification.requested",
                 "'template':'decision_refused','audience':'actor'");
    expect_body(&world, "'to':'wang'");
    expect_body(&world, "您的决定没有生效（权限不足）");
    world_event(&world, "compensation.decision_refused", REFUSED("over_budget"));
    expect_told(&world, "finance", "预算不足");
    world_close(&world);
}

/* Every word about a proposal comes from that proposal: P1 was chosen, P2 approved, P1 is settled.
 */
static void what_is_settled_is_what_was_chosen(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    approve(&world, ONE("'kind':'coupon','amount':{'currency':'CNY','minor':5000}"));
    world_event(&world, "compensation.chosen", PROPOSAL ",'option':'A'}");
    world_event(
        &world, "compensation.approved",
        "{" IN_CASE ",'proposal_id':'" WORLD_CASE
        ".2','options':[{'option':'A','remedies':[{'kind':'refund','amount':{'currency':"
        "'CNY','minor':599900}}],'cost':{'currency':'CNY','minor':599900},'split':{}}]" CHOOSE_BY);
    expect_told(&world, "customer", "退款 ¥5,999.00");
    world_event(&world, "compensation.settled",
                PROPOSAL ",'settlements':[{'settlement_id':'" P1 ".1'}]}");
    expect_told(&world, "customer", "已全部办完：优惠券 ¥50.00");
    expect_untold(&world, "customer", "5,999");
    world_close(&world);

    /* Nothing is known of it: then nothing is said of what it was. */
    begin(&world);
    world_event(&world, "compensation.settled",
                "{" IN_CASE ",'proposal_id':'" WORLD_CASE
                ".9','settlements':[{'settlement_id':'x.1'}]}");
    expect_told(&world, "customer", "您选择的方案已全部办完。");
    world_close(&world);
}

/* "需主管审批 1 人"; "延长保修（180 天内有效，6 个月）"; "退款 ¥0.00"; amounts without separators. */
static void amounts_and_terms_read_well(void **unused) {
    (void)unused;
    static const struct {
        const char *option, *says, *says_not;
    } cases[] = {
        {ONE("'kind':'warranty','valid_days':180,'detail':'6 months more'"), "延长保修 6 个月",
         "有效"},
        {ONE("'kind':'warranty','valid_days':180"), "延长保修 180天", "有效"},
        {ONE("'kind':'warranty'"), "是：延长保修。", "有效"},
        {ONE("'kind':'refund','amount':{'currency':'CNY','minor':0}},{'kind':'exchange'"),
         "是：换货", "¥"},
        {ONE("'kind':'gift','amount':{'currency':'CNY','minor':0}"), "是：赠品", "¥"},
        {ONE("'kind':'refund','amount':{'currency':'CNY','minor':123456700}"), "¥1,234,567.00",
         "1234567"},
        {ONE("'kind':'coupon','amount':{'currency':'JPY','minor':5000}"), "JP¥5,000", "5000"},
        {ONE("'kind':'coupon','amount':{'currency':'KWD','minor':5000}"), "KWD\u00a05.000",
         "50.00"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        begin(&world);
        approve(&world, cases[i].option);
        expect_told(&world, "customer", cases[i].says);
        expect_untold(&world, "customer", cases[i].says_not);
        world_close(&world);
    }

    /* An offer of nothing is none. */
    struct world world;
    begin(&world);
    approve(&world, ONE("'kind':'refund','amount':{'currency':'CNY','minor':0}"));
    world_expect(&world, "notification.suppressed", "'reason':'nothing_to_say'");
    world_close(&world);
}

/* One option, announced as a choice of two. */
static void one_option_is_no_choice(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    approve(&world, ONE("'kind':'exchange'"));
    expect_untold(&world, "customer", "任选");
    expect_untold(&world, "customer", "方案A");
    expect_told(&world, "customer", "是否同意");
    world_close(&world);

    begin(&world);
    approve(&world, ONE("'kind':'exchange'") ",{'option':'B','remedies':[{'kind':'refund','amount':"
                                             "{'currency':'CNY','minor':0}}],'cost':{'currency':'"
                                             "CNY','minor':0},'split':{}}");
    expect_untold(&world, "customer", "任选");
    world_close(&world);

    begin(&world);
    world_event(&world, "compensation.approved", PROPOSAL "," OPTIONS CHOOSE_BY);
    expect_told(&world, "customer", "任选其一：方案A：");
    world_close(&world);
}

/* An excessive demand is answered with what can be done. */
static void a_refusal_has_an_alternative(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    classify(&world, "'excessive_demand'");
    acknowledge(&world);
    world_event(&world, "compensation.refused",
                "{" IN_CASE ",'rule':'more than is due','role':'supervisor','keep':['the whole "
                "conversation']}");
    assert_non_null(strstr(told(&world, "supervisor"), "请留存：完整聊天记录"));
    approve(&world, ONE("'kind':'exchange'"));
    world_expect(&world, "notification.requested", "'template':'refusal'");
    expect_told(&world, "customer", "超出了我们能做到的范围。我们能为您做到的是：换货");
    world_close(&world);

    /* Demanded, but nobody refused it: an offer as any other. */
    open_case(&world);
    classify(&world, "'excessive_demand'");
    acknowledge(&world);
    approve(&world, ONE("'kind':'exchange'"));
    world_expect(&world, "notification.requested", "'template':'offer'");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_chosen_needs_what_it_needs),
        cmocka_unit_test(the_offer_comes_behind_the_first_word),
        cmocka_unit_test(the_customers_share_is_said),
        cmocka_unit_test(nobody_is_left_waiting),
        cmocka_unit_test(who_decided_hears_that_it_does_not_count),
        cmocka_unit_test(what_is_settled_is_what_was_chosen),
        cmocka_unit_test(amounts_and_terms_read_well),
        cmocka_unit_test(one_option_is_no_choice),
        cmocka_unit_test(a_refusal_has_an_alternative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
