/* Caps and budgets: what is granted, what is refused over them, and what a refusal gives back. */
#include "compensation_world.h"

/* Policy's coupon of 20.00 against a limit of 899.00 for the order (299.00 and 600.00), of 10
 * 000.00 a month, of 200 000.00 a day. */
static void keeps_to_caps_and_budgets(void **unused) {
    (void)unused;
    static const struct {
        const char *key;
        int64_t taken;
        const char *reason, *role; /* NULL: approved by policy */
        int held;                  /* claims of this case afterwards */
    } cases[] = {
        {"cap\x1forder\x1f"
         "default\x1f"
         "CNY\x1f"
         "A1",
         87900, NULL, NULL, 3},
        {"cap\x1forder\x1f"
         "default\x1f"
         "CNY\x1f"
         "A1",
         87901, "over the order's cap", "manager", 1},
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
         19998001, "over the day's budget", "agent", 2},
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
            (struct world_claim){cases[i].key, "another.1", cases[i].taken};
        open_case(&world, "regular", ORDER_299);
        classify(&world, "logistics.delayed", "");
        assert_int_equal(world.claim_count - 1, cases[i].held);
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
    world.claims[world.claim_count++] = (struct world_claim){"budget\x1f"
                                                             "agent\x1f"
                                                             "default\x1f"
                                                             "CNY\x1f"
                                                             "20261122",
                                                             "another.1", 9990000};
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
    static const char order_key[] = "cap\x1forder\x1f"
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
    world_expect(&world, "compensation.proposed", "s cap");
    approve(&world, "li", "agent");
    expect_refused(&world, "'reason':'over_budget'");
    assert_int_equal(world_claimed(&world, order_key), 0);
    assert_int_equal(world.claim_count, 0);
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
    assert_int_equal(world_claimed(&world, order_key), 31900);
    request(&world, "li", "5000");
    assert_int_equal(world_claimed(&world, order_key), 5000);
    decide(&world, "decision.rejected", P2, "wang", "supervisor", ",'reason':'no'");
    assert_int_equal(world.claim_count, 0);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_to_caps_and_budgets),
        cmocka_unit_test(refuses_over_budget),
        cmocka_unit_test(gives_back_what_a_refusal_leaves),
        cmocka_unit_test(gives_back_what_is_superseded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
