/* What leaves the house for the customer: by it alone it is decided who approves, whatever an asker
 * says of costs and of who bears them. */
#include "compensation/offer.h"
#include "compensation_world.h"

#define CNY(minor) "{'currency':'CNY','minor':" minor "}"

static void ask_for(struct world *world, const char *remedies, const char *cost,
                    const char *split) {
    world_event(world, "compensation.requested",
                "{'case_id':'" WORLD_CASE
                "','actor':'li','role':'agent','reason':'x','options':[{'option':'A','remedies':[%"
                "s],'cost':%s,'split':{%s}}]}",
                remedies, cost, split);
}

static void expect_paid(const struct world *world, const char *paid) {
    const char *is = world_pair(world, "paid_minor");
    assert_string_equal(is ? is : "0", paid);
}

static void asks_those_who_may(void **unused) {
    (void)unused;
    static const struct {
        const char *order, *remedies, *cost, *split;
        const char *paid, *role, *says; /* says: in the proposal */
    } cases[] = {
        /* The customer does not bear what he is given. */
        {ORDER_299, "{'kind':'gift','amount':" CNY("100000000") "}", CNY("100000000"),
         "'customer':" CNY("100000000"), "100000000", "finance",
         "'split':{'platform':" CNY("100000000") "}"},
        {ORDER_299, "{'kind':'gift','amount':" CNY("15000") "}", CNY("1"), "'customer':" CNY("1"),
         "15000", "agent", "'cost':" CNY("15000")},
        {ORDER_299, "{'kind':'gift','amount':" CNY("20000") "}", CNY("20000"),
         "'customer':" CNY("19999") ",'carrier':" CNY("1"), "20000", "agent",
         "'split':{'carrier':" CNY("20000") "}"},
        {ORDER_299, "{'kind':'fee_share','amount':" CNY("20001") "}", CNY("20000"), "", "20001",
         "supervisor", "'cost':" CNY("20001")},
        /* Beyond what he is given, he may bear a part of what it costs; no more than that. */
        {ORDER_299, "{'kind':'fee_share','amount':" CNY("140000") "}", CNY("200000"),
         "'platform':" CNY("140000") ",'customer':" CNY("60000"), "140000", "manager",
         "'split':{'platform':" CNY("140000") ",'customer':" CNY("60000") "}"},
        {ORDER_299, "{'kind':'fee_share','amount':" CNY("140000") "}", CNY("200000"),
         "'platform':" CNY("1") ",'customer':" CNY("90000"), "140000", "manager",
         "'customer':" CNY("60000")},
        {ORDER_299, "{'kind':'fee_share','amount':" CNY("10000") "}", CNY("30000"),
         "'platform':" CNY("30000"), "30000", "supervisor", "'platform':" CNY("30000")},
        /* Goods and work cost what the policy says, even where the asker says less, */
        {ORDER_299, "{'kind':'reissue'}", CNY("0"), "", "29900", "supervisor",
         "'cost':" CNY("29900")},
        {ORDER_299, "{'kind':'exchange','amount':" CNY("1") "}", CNY("1"), "'customer':" CNY("1"),
         "29900", "supervisor", "'split':{'platform':" CNY("29900") "}"},
        {ORDER_299, "{'kind':'repair','amount':" CNY("40000") "}", CNY("0"), "", "40000",
         "supervisor", "'cost':" CNY("40000")},
        {ORDER_299, "{'kind':'inspection'},{'kind':'loaner'}", CNY("0"), "", "10000", "agent",
         "'cost':" CNY("10000")},
        {ORDER_299, "{'kind':'repair'}", CNY("0"), "", "5980", "agent", "'cost':" CNY("5980")},
        {ORDER_299, "{'kind':'apology'},{'kind':'warranty','valid_days':180}", CNY("0"), "", "0",
         "agent", "'cost':" CNY("0")},
        /* and what nobody knows the value of is approved by those without a limit. */
        {ORDER_299, "{'kind':'gift','detail':'a phone'}", CNY("0"), "", "0", "finance",
         "what it costs is not known"},
        {NULL, "{'kind':'reissue','amount':" CNY("100") "}", CNY("100"), "", "100", "finance",
         "what it costs is not known"},
        {NULL, "{'kind':'gift','amount':" CNY("100") "}", CNY("100"), "", "100", "agent", "'an"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char role[64];
        open_world(&world);
        open_case(&world, "regular", cases[i].order);
        ask_for(&world, cases[i].remedies, cases[i].cost, cases[i].split);
        snprintf(role, sizeof role, "'needs':{'role':'%s'", cases[i].role);
        world_expect(&world, "compensation.proposed", role);
        if (strcmp(cases[i].says, "'an") != 0)
            world_expect(&world, "compensation.proposed", cases[i].says);
        expect_paid(&world, cases[i].paid);
        world_close(&world);
    }
}

/* What a rule says that the customer bears takes something off goods and work, not off money. */
static void rules_give_what_they_pay(void **unused) {
    (void)unused;
    static const struct {
        const char *remedy, *paid;
    } cases[] = {
        {"{kind: refund, percent: 100, split: {customer: 100}}", "29900"},
        {"{kind: coupon, fixed: {CNY: 5000}, split: {customer: 50, platform: 50}}", "5000"},
        {"{kind: repair, cost: {CNY: 8000}, split: {customer: 25, platform: 75}}", "6000"},
        {"{kind: repair, split: {customer: 100}}", "0"}, /* he pays for it himself */
        {"{kind: exchange}", "29900"},
        {"{kind: loaner}", "700"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char policy[1024];
        snprintf(policy, sizeof policy,
                 "version: v\ncurrency: CNY\nsplit: {platform: 100}\n"
                 "approve_within: 1h\nchoose_within: 1h\nkeep_for: 1d\n"
                 "approval: [{by: policy, up_to: {CNY: 1}}, {by: agent}]\n"
                 "values: [{kind: loaner, fixed: {CNY: 700}}]\n"
                 "rules: [{name: r, options: [{option: A, remedies: [%s]}]}]\n",
                 cases[i].remedy);
        world_open_text(&world, &compensation_spec, policy);
        open_case(&world, "regular", ORDER_299);
        classify(&world, "other", "");
        expect_paid(&world, cases[i].paid);
        world_close(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_those_who_may),
        cmocka_unit_test(rules_give_what_they_pay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
