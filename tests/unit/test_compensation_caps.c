/* Caps and budgets: what is granted, what is refused over them, and what a refusal gives back. */
#include "compensation_world.h"

/* Policy's coupon of 20.00 against a limit of 200.00 of goodwill beside the order, of 10 000.00 a
 * month, of 200 000.00 a day. */
static void keeps_to_caps_and_budgets(void **unused) {
    (void)unused;
    static const struct {
        const char *key;
        int64_t taken;
        const char *reason, *role; /* NULL: approved by policy */
        int held;                  /* claims of this case afterwards */
    } cases[] = {
        {"cap\x1fgoodwill\x1f"
         "default\x1f"
         "CNY\x1f"
         "A1",
         18000, NULL, NULL, 3},
        {"cap\x1fgoodwill\x1f"
         "default\x1f"
         "CNY\x1f"
         "A1",
         18001, "over the cap of goodwill beside an order", "manager", 1},
        {"cap\x1f"
         "customer\x1f"
         "default\x1f"
         "CNY\x1f"
         "c1\x1f"
         "202611",
         998000, NULL, NULL, 3},
        {"cap\x1f"
         "customer\x1f"
         "default\x1f"
         "CNY\x1f"
         "c1\x1f"
         "202611",
         998001, "over the customer's cap", "manager", 1},
        {"budget\x1fpolicy\x1f"
         "default\x1f"
         "CNY\x1f"
         "20261122",
         19998000, NULL, NULL, 3},
        {"budget\x1fpolicy\x1f"
         "default\x1f"
         "CNY\x1f"
         "20261122",
         19998001, "over the budget", "agent", 2},
        {"budget\x1fpolicy\x1f"
         "default\x1f"
         "CNY\x1f"
         "20261121",
         19998001, NULL, NULL, 3},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char role[64];
        open_world(&world);
        world.claims[world.claim_count++] =
            (struct world_claim){.key = cases[i].key, .id = "another.1", .amount = cases[i].taken};
        open_case(&world, "regular", ORDER_299);
        classify(&world, "logistics.delayed", "");
        assert_int_equal(world.claim_count - 2, cases[i].held); /* that one, and history's */
        if (!cases[i].role) {
            world_expect(&world, "compensation.approved", "policy");
            world_close(&world);
            continue;
        }
        const char *data = world_find(&world, "compensation.proposed")->data;
        assert_non_null(strstr(data, cases[i].reason));
        snprintf(role, sizeof role, "'role':'%s'", cases[i].role);
        world_expect(&world, "compensation.proposed", role);
        approve(&world, "sun", cases[i].role);
        world_expect(&world, "compensation.approved", "sun");
        /* Beyond a cap it is counted all the same. */
        if (strncmp(cases[i].key, "cap", 3) == 0)
            assert_int_equal(world_claimed(&world, cases[i].key), cases[i].taken + 2000);
        world_wake(&world, world.wake_at); /* not chosen: all is given back */
        world_expect(&world, "compensation.expired", "not chosen");
        assert_int_equal(world.claim_count, 1);
        world_close(&world);
    }
}

/* An agent's budget of the day is spent: he is refused, a supervisor is not. */
static void refuses_over_budget(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    world.claims[world.claim_count++] = (struct world_claim){.key = "budget\x1f"
                                                                    "agent\x1f"
                                                                    "default\x1f"
                                                                    "CNY\x1f"
                                                                    "20261122",
                                                             .id = "another.1",
                                                             .amount = 9990000};
    open_case(&world, "regular",
              "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':15000}}");
    classify(&world, "aftersale.return", "");
    world_expect(&world, "compensation.proposed", "'role':'agent'");
    int claims = world.claim_count;
    approve(&world, "li", "agent");
    expect_refused(&world, "'reason':'over_budget'");
    assert_int_equal(world.claim_count, claims);
    expect_status(&world, "awaiting_approval");
    approve(&world, "wang", "supervisor");
    expect_status(&world, "approved");
    world_close(&world);
}

/* Refused for the budget, nothing beyond the cap may stay counted, though it was claimed in the
 * same round. */
static void gives_back_what_a_refusal_leaves(void **unused) {
    (void)unused;
    static const char order_key[] = "cap\x1fgoodwill\x1f"
                                    "default\x1f"
                                    "CNY\x1f"
                                    "A1";
    struct world world;
    world_open_text(&world, &compensation_spec,
                    "version: v\ncurrency: CNY\nsplit: {platform: 100}\napprove_within: "
                    "1h\nchoose_within: 1h\nkeep_for: 1d\n"
                    "approval: [{by: policy, up_to: {CNY: 5000}}, {by: agent}]\n"
                    "caps: {order_extra: {CNY: 0}, over: agent}\n"
                    "budgets: [{by: agent, daily: {CNY: 1999}}]\n"
                    "rules: [{name: r, options: [{option: A, remedies: [{kind: coupon, fixed: "
                    "{CNY: 2000}}]}]}]\n");
    open_case(&world, "regular",
              "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':1000}}");
    classify(&world, "other", "");
    world_expect(&world, "compensation.proposed", "over the cap");
    approve(&world, "li", "agent");
    expect_refused(&world, "'reason':'over_budget'");
    assert_int_equal(world_claimed(&world, order_key), 0);
    assert_int_equal(world.claim_count, 0);
    world_close(&world);
}

/* A cap on goodwill asks nobody about what is no goodwill: a part of what was paid comes back. */
static void no_goodwill_meets_no_cap_of_it(void **unused) {
    (void)unused;
    struct world world;
    world_open_text(&world, &compensation_spec,
                    "version: v\ncurrency: CNY\nsplit: {platform: 100}\napprove_within: "
                    "1h\nchoose_within: 1h\nkeep_for: 1d\n"
                    "approval: [{by: policy, up_to: {CNY: 5000}}, {by: agent}]\n"
                    "caps: {order_extra: {CNY: 0}, over: agent}\n"
                    "rules: [{name: r, options: [{option: A, remedies: [{kind: refund, fixed: "
                    "{CNY: 500}}]}]}]\n");
    open_case(&world, "regular",
              "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':1000}}");
    classify(&world, "other", "");
    world_expect(&world, "compensation.approved", "policy");
    world_close(&world);
}

#define DAY_KEY(day)                                                                               \
    "budget\x1fpolicy\x1f"                                                                         \
    "default\x1f"                                                                                  \
    "CNY\x1f" day

/* Complaints dated 3 to 5 days back count for the day in which they are decided. */
static void counts_in_the_time_of_deciding(void **unused) {
    (void)unused;
    for (int days = 0; days < 6; days++) {
        struct world world;
        open_world(&world);
        world.event_age_ms = days * 24 * HOUR_MS;
        world.claims[world.claim_count++] =
            (struct world_claim){DAY_KEY("20261122"), "another.1", 20000000, NULL};
        open_case(&world, "regular", ORDER_299);
        classify(&world, "logistics.delayed", "");
        world_expect(&world, "compensation.proposed", "over the budget");
        world_close(&world);
    }
    /* In the log at 23:59 of Shanghai, folded after midnight: yesterday's. */
    struct world world;
    open_world(&world);
    world.now_ms += 6 * HOUR_MS + 60000;
    world.log_age_ms = 120000;
    open_case(&world, "regular", ORDER_299);
    classify(&world, "logistics.delayed", "");
    assert_int_equal(world_claimed(&world, DAY_KEY("20261122")), 2000);
    world_close(&world);
}

/* One budget counts in one currency. Of one without a rate nobody knows what it is. */
static void counts_in_one_currency(void **unused) {
    (void)unused;
    static const struct {
        const char *currency, *coupon;
        int64_t counted; /* of the day, in CNY; -1: nothing, for a person decides */
    } cases[] = {
        {"CNY", "2000", 2000}, {"USD", "300", 2130}, {"EUR", "301", 2469}, /* 2468.2: up */
        {"JPY", "450", 2205},  /* no minor units; 0.049 */
        {"KWD", "1500", 3450}, /* three digits; 23 */
        {"GBP", "250", -1},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char policy[1024], order[128];
        snprintf(policy, sizeof policy,
                 "version: v\ncurrency: CNY\nsplit: {platform: 100}\napprove_within: 1h\n"
                 "choose_within: 1h\nkeep_for: 1d\nday_offset: 8h\n"
                 "rates: {USD: 7.1, EUR: 8.2, JPY: 0.049, KWD: 23}\n"
                 "approval: [{by: policy, up_to: {%s: 5000}}, {by: manager}]\n"
                 "caps: {customer_monthly: {CNY: 100000}, over: manager}\n"
                 "budgets: [{by: policy, daily: {CNY: 100000}}]\n"
                 "rules: [{name: r, options: [{option: A, remedies: [{kind: coupon, fixed: "
                 "{%s: %s}}]}]}]\n",
                 cases[i].currency, cases[i].currency, cases[i].coupon);
        snprintf(order, sizeof order,
                 "{'id':'A1','status':'signed','amount':{'currency':'%s','minor':10000}}",
                 cases[i].currency);
        world_open_text(&world, &compensation_spec, policy);
        open_case(&world, "regular", order);
        classify(&world, "other", "");
        if (cases[i].counted < 0) {
            world_expect(&world, "compensation.proposed", "s cap");
            assert_int_equal(world.claim_count, 0);
            approve(&world, "sun", "manager");
        }
        expect_status(&world, "approved");
        int64_t counted = cases[i].counted < 0 ? 0 : cases[i].counted;
        assert_int_equal(world_claimed(&world, DAY_KEY("20261122")), counted);
        choose(&world, P1, "A");
        assert_int_equal(world_claimed(&world, DAY_KEY("20261122")), counted);
        world_close(&world);
    }
}

/* Dollars on an order in yuan would be beside its caps. */
static void refuses_another_currency(void **unused) {
    (void)unused;
    struct world world;
    open_waiting(&world);
    world_event(
        &world, "compensation.requested",
        "{'case_id':'" WORLD_CASE
        "','actor':'li','role':'agent','reason':'x','options':[{'option':'A','remedies':[{'"
        "kind':'coupon','amount':{'currency':'USD','minor':100}}],'cost':{'currency':'USD','"
        "minor':100},'split':{}}]}");
    expect_refused(&world, "'reason':'other_currency'");
    expect_status(&world, "awaiting_approval");
    world_close(&world);
}

static void gives_back_what_is_superseded(void **unused) {
    (void)unused;
    static const char order_key[] = "cap\x1forder\x1f"
                                    "default\x1f"
                                    "CNY\x1f"
                                    "A1";
    struct world world;
    open_waiting(&world);
    assert_int_equal(world_claimed(&world, order_key), 29900);
    request(&world, "li", "5000");
    assert_int_equal(world_claimed(&world, order_key), 5000);
    decide(&world, "decision.rejected", P2, "wang", "supervisor", ",'reason':'no'");
    assert_int_equal(world.claim_count, 0);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_to_caps_and_budgets),
        cmocka_unit_test(no_goodwill_meets_no_cap_of_it),
        cmocka_unit_test(refuses_over_budget),
        cmocka_unit_test(gives_back_what_a_refusal_leaves),
        cmocka_unit_test(counts_in_the_time_of_deciding),
        cmocka_unit_test(counts_in_one_currency),
        cmocka_unit_test(refuses_another_currency),
        cmocka_unit_test(gives_back_what_is_superseded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
