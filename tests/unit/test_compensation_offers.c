/* Offers: dividing, the default policy's table, what follows the class and the order, faults in the
 * policy. */
#include "compensation/offer.h"
#include "compensation/share.h"
#include "compensation_world.h"

static void divides_exactly(void **unused) {
    (void)unused;
    static const struct {
        int64_t total, weights[4], parts[4];
        int count;
    } cases[] = {
        {100, {70, 30}, {70, 30}, 2},
        {200000, {70, 30}, {140000, 60000}, 2},
        {100, {1, 1, 1}, {34, 33, 33}, 3},
        {200, {1, 1, 1}, {67, 67, 66}, 3},
        {1, {50, 50}, {1, 0}, 2},
        {0, {50, 50}, {0, 0}, 2},
        {10, {0, 5, 0}, {0, 10, 0}, 3},
        {7, {1, 2, 4}, {1, 2, 4}, 3},
        {29999, {33, 33, 34}, {9900, 9900, 10199}, 3},
        {INT64_C(1000000000000000),
         {1, 2},
         {INT64_C(333333333333333), INT64_C(666666666666667)},
         2},
        {INT64_C(1000000000000000),
         {INT64_C(999999999999999), 1},
         {INT64_C(999999999999999), 1},
         2},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct share_weights weights = {.count = cases[i].count};
        memcpy(weights.weight, cases[i].weights, sizeof cases[i].weights);
        int64_t parts[SHARE_PARTIES_MAX];
        share_divide(cases[i].total, &weights, parts);
        for (int j = 0; j < cases[i].count; j++) assert_int_equal(parts[j], cases[i].parts[j]);
    }
}

/* Parts add up whatever the amounts; a fixed sequence, so that a failure comes again. */
static void divides_anything(void **unused) {
    (void)unused;
    uint64_t seed = 42;
    for (int round = 0; round < 20000; round++) {
        struct share_weights weights = {0};
        int64_t parts[SHARE_PARTIES_MAX], sum = 0;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int64_t total = (int64_t)(seed >> 16) % INT64_C(1000000000000);
        weights.count = 1 + (int)(seed >> 60) % SHARE_PARTIES_MAX;
        for (int i = 0; i < weights.count; i++)
            weights.weight[i] = (int64_t)(seed >> (i * 5) & 1023) + (i == 0);
        share_divide(total, &weights, parts);
        for (int i = 0; i < weights.count; i++) {
            assert_true(parts[i] >= 0);
            assert_true(weights.weight[i] > 0 || parts[i] == 0);
            sum += parts[i];
        }
        assert_int_equal(sum, total);
    }
}

static void offers_by_the_table(void **unused) {
    (void)unused;
    static const struct {
        const char *tier, *order, *class_name, *flags;
        const char *rule;  /* NULL: nothing is offered */
        const char *needs; /* NULL: approved by policy */
        const char *a, *b; /* in the proposal */
    } cases[] = {
#define ORDER(status, minor, more)                                                                 \
    "{'id':'A1','status':'" status "','amount':{'currency':'CNY','minor':" minor "}" more "}"
        {"vip", ORDER_299, "quality.flaw", "'emotional'", "quality-vip-upset", "supervisor",
         "'minor':48800", "'minor':49900"},
        {"regular", ORDER_299, "quality.flaw", "", "quality-flaw", "supervisor", "'minor':4485",
         "'minor':30900"},
        {"regular", ORDER("signed", "3333", ""), "quality.flaw", "", "quality-flaw", NULL,
         "'minor':1000", "'minor':4333"},
        {"regular", ORDER("signed", "990000", ""), "quality.flaw", "", "quality-flaw", "finance",
         "'minor':10000", "'minor':991000"},
        {"regular", ORDER("signed", "29903", ""), "quality.flaw", "", "quality-flaw", "supervisor",
         "'minor':4485", "'minor':30903"},
        {"regular", ORDER("signed", "29910", ""), "quality.flaw", "", "quality-flaw", "supervisor",
         "'minor':4487", "'minor':30910"},
        {"regular", ORDER_299, "quality.damaged", "", "quality-damaged", "supervisor",
         "'minor':31900", "'minor':29900"},
        {"regular", ORDER("signed", "3900", ""), "quality.damaged", "'low_value'",
         "quality-low-value", NULL, "refund_without_return", "'minor':4900"},
        {"regular", ORDER("signed", "9900", ",'perishable':true"), "quality.damaged", "",
         "fresh-spoiled", "manager",
         "{'kind':'stored_value','amount':{'currency':'CNY','minor':"
         "50000}},{'kind':'apology'",
         "'cost':{'currency':'CNY','minor':59900}"},
        {"regular", ORDER("signed", "9900", ""), "quality.expired", "'perishable'", "fresh-spoiled",
         "manager", "'minor':50000", "'minor':9900"},
        {"regular", ORDER("signed", "9900", ""), "quality.damaged", "'perishable','slight'",
         "quality-perishable", NULL, "refund_without_return", "reissue"},
        {"regular", ORDER("signed", "2500", ""), "quality.flaw", "'perishable','low_value'",
         "quality-perishable", NULL, "refund_without_return", "reissue"},
        {"regular", ORDER_299, "quality.damaged", "'slight'", "quality-slight", "supervisor",
         "{'kind':'coupon','amount':{'currency':'CNY','minor':4485}", "'minor':30900"},
        {"regular", ORDER_299, "quality.expired", "", "quality-expired", "manager",
         "{'kind':'refund_without_return','amount':{'currency':'CNY','minor':29900}},{'kind':"
         "'reissue','detail':'fresh batch'}",
         "'merchant':{'currency':'CNY','minor':29900},'platform':{'currency':'CNY','minor':5000}"},
        {"regular", ORDER("shipped", "9900", ",'promised_at':'2026-11-22T04:00:00Z'"),
         "logistics.delayed", "'perishable'", "late-fresh-hours", "agent", "next-day cold chain",
         "'minor':14900"},
        {"regular", ORDER("shipped", "9900", ",'promised_at':'2026-11-20T04:00:00Z'"),
         "logistics.delayed", "'perishable'", "late-fresh", "manager", "'minor':50000",
         "'minor':59900"},
        {"regular", ORDER("shipped", "2500", ""), "logistics.delayed", "'perishable','low_value'",
         "fresh-not-there", NULL, "next-day cold chain", "'minor':7500"},
        {"regular", ORDER("shipped", "9900", ""), "logistics.lost", "'perishable'",
         "fresh-not-there", "agent", "next-day cold chain", "'minor':14900"},
        {"regular", ORDER_299, "quality.counterfeit", "", "quality-counterfeit", "supervisor",
         "'minor':34900", "inspection"},
        {"regular", ORDER_299, "quality.not_as_described", "", "quality-not-as-described",
         "supervisor", "'minor':29900", "'minor':5980"},
        {"regular", ORDER_299, "logistics.delayed", "", "late", NULL,
         "'carrier':{'currency':'CNY','minor':1000}", "stored_value"},
        {"svip", ORDER_299, "logistics.stalled", "", "late-vip", NULL, "'minor':5000",
         "'minor':3000"},
        {"regular", NULL, "logistics.delayed", "", "late", NULL, "'minor':2000", "'minor':1000"},
        {"regular", ORDER_299, "logistics.lost", "", "lost", "supervisor",
         "'carrier':{'currency':'CNY','minor':20930}",
         "'platform':{'currency':'CNY','minor':8970}"},
        {"regular", ORDER_299, "logistics.not_received", "", "lost", "supervisor", "reissue",
         "refund"},
        {"regular", ORDER_299, "logistics.parcel_damaged", "", "parcel-damaged", "supervisor",
         "reissue", "refund"},
        {"regular", ORDER_299, "order.missing_items", "", "missing-items", "agent", "'minor':15950",
         "'minor':5980"},
        {"regular", ORDER("paid", "9900", ""), "order.cancel", "", "cancel-unshipped", NULL,
         "cancel", "'minor':2000"},
        {"regular", ORDER("shipped", "9900", ""), "order.cancel", "", NULL, NULL, NULL, NULL},
        {"regular", ORDER("packed", "9900", ""), "order.change", "", "change-unshipped", NULL,
         "change", "cancel"},
        {"regular", ORDER_299, "aftersale.return", "", "return", "supervisor", "'minor':29900",
         "'minor':2000"},
        {"regular", ORDER_299, "aftersale.exchange", "", "exchange", "supervisor", "exchange",
         "refund"},
        {"regular", ORDER_299, "aftersale.refund_overdue", "", NULL, NULL, NULL, NULL},
        {"regular", ORDER_299, "aftersale.repair", "", "repair", NULL, "loaner", "'minor':10000"},
        {"regular", ORDER("signed", "699900", ",'delivered_at':'2025-11-01T10:00:00Z'"),
         "aftersale.repair", "", "repair-out-of-warranty", NULL,
         "{'kind':'inspection','detail':'priced first, then 20 % off the repair'}",
         "'minor':10000"},
        {"regular", ORDER("signed", "699900", ",'delivered_at':'2026-08-22T10:00:00Z'"),
         "aftersale.repair", "", "repair", NULL, "loaner", "'minor':10000"},
        {"regular", ORDER_299, "service.attitude", "", "service", NULL, "'minor':2000",
         "'minor':1000"},
        {"regular", ORDER_299, "service.no_reply", "'emotional'", "service-upset", NULL,
         "'minor':5000", "'minor':3000"},
        {"regular", NULL, "quality.damaged", "", "goodwill-without-order", NULL, "'minor':2000",
         "'minor':1000"},
        {"regular", "{'id':'A1','status':'paid','amount':{'currency':'USD','minor':5000}}",
         "logistics.delayed", "", "late", NULL, "'currency':'USD','minor':300", "'minor':150"},
        {"regular", "{'id':'A1','status':'paid','amount':{'currency':'JPY','minor':5000}}",
         "quality.damaged", "", "quality-damaged", "finance", "'currency':'JPY','minor':5000",
         "refund"},
        {"regular", "{'id':'A1','status':'paid','amount':{'currency':'JPY','minor':5000}}",
         "logistics.delayed", "", NULL, NULL, NULL, NULL},
        {"regular", ORDER_299, "quality.damaged", "'safety'", NULL, NULL, NULL, NULL},
        {"regular", ORDER_299, "quality.damaged", "'question'", NULL, NULL, NULL, NULL},
        {"regular", ORDER_299, "inquiry.product", "", NULL, NULL, NULL, NULL},
        {"regular", ORDER_299, "order.urge", "", NULL, NULL, NULL, NULL},
        {"regular", ORDER_299, "order.custom_change", "", NULL, NULL, NULL, NULL},
        {"regular", ORDER_299, "other", "", NULL, NULL, NULL, NULL},
#undef ORDER
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char rule[64];
        open_world(&world);
        open_case(&world, cases[i].tier, cases[i].order);
        classify(&world, cases[i].class_name, cases[i].flags);
        print_message("  %s %s\n", cases[i].class_name, cases[i].rule ? cases[i].rule : "-");
        if (!cases[i].rule) {
            assert_int_equal(world.count, 0);
            assert_null(world_pair(&world, "status"));
            world_close(&world);
            continue;
        }
        snprintf(rule, sizeof rule, "'rule %s'", cases[i].rule);
        world_expect(&world, "compensation.proposed", rule);
        world_expect(&world, "compensation.proposed", cases[i].a);
        world_expect(&world, "compensation.proposed", cases[i].b);
        if (cases[i].needs) {
            snprintf(rule, sizeof rule, "'role':'%s'", cases[i].needs);
            world_expect(&world, "compensation.proposed", rule);
            assert_int_equal(world_count(&world, "compensation.approved"), 0);
        } else {
            world_expect(&world, "compensation.approved", "'by':['policy']");
            assert_null(strstr(world_find(&world, "compensation.proposed")->data, "needs"));
            expect_status(&world, "approved");
        }
        world_close(&world);
    }
}

/* A dress with pulled threads, bought by a VIP. */
static void makes_good_the_dress(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "vip", ORDER_299);
    classify(&world, "quality.flaw", "'emotional','vip','excessive_demand'");
    world_expect(&world, "compensation.proposed",
                 "{'option':'A','remedies':[{'kind':'exchange','detail':'air freight 48 "
                 "h'},{'kind':'gift','amount':{'currency':'CNY','minor':8900},'detail':'matching "
                 "accessory'},{'kind':'coupon','amount':{'currency':'CNY','minor':10000},'detail':'"
                 "no minimum'}],'cost':{'currency':'CNY','minor':48800}");
    world_expect(&world, "compensation.proposed",
                 "{'option':'B','remedies':[{'kind':'refund','amount':{'currency':'CNY','minor':"
                 "29900}},{'kind':'coupon','amount':{'currency':'CNY','minor':20000},'valid_days':"
                 "30,'detail':'stackable'}],'cost':{'currency':'CNY','minor':49900}");
    approve(&world, "wang", "supervisor");
    world_expect(&world, "compensation.approved", "'by':['wang']");
    choose(&world, P1, "A");
    world_expect(&world, "compensation.chosen", "'option':'A'");
    assert_int_equal(world_count(&world, "settlement.ordered"), 3);
    assert_null(world_pair(&world, "choose_by"));
    assert_string_equal(world.outputs[2].id, P1 ".2");
    assert_non_null(strstr(world.outputs[2].data,
                           "\"kind\":\"gift\",\"amount\":{\"currency\":\"CNY\",\"minor\":8900}"));
    assert_string_equal(world.outputs[2].key, "BYCRCNPA1C41H");
    world_close(&world);
}

/* Case 2: full refund, stored value 500, letter, the same goods next day. */
static void makes_good_the_cherries(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular','region':'CN-SH",
              "{'id':'A2','status':'delivered','amount':{'currency':'CNY','minor':16800},'"
              "perishable':true}");
    classify(&world, "logistics.delayed", "'perishable','public_opinion','excessive_demand'");
    world_expect(&world, "compensation.proposed",
                 "'remedies':[{'kind':'refund_without_return','amount':{'currency':'CNY','minor':"
                 "16800}},{'kind':'stored_value','amount':{'currency':'CNY','minor':50000}},{'kind'"
                 ":'apology','detail':'letter of apology'},{'kind':'reissue','detail':'same goods "
                 "from a local shop next day'}],'cost':{'currency':'CNY','minor':83600}");
    world_expect(&world, "compensation.proposed",
                 "'needs':{'role':'manager'"); /* 836.00 is within a supervisor's limit, but over
                                                  the order's cap */
    world_close(&world);
}

/* Case 3: 2 000 at 70 to 30, warranty and insurance worth 399; after an inspection and a loaner. */
static void settles_the_laptop(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular",
              "{'id':'A3','status':'signed','amount':{'currency':'CNY','minor':699900}}");
    classify(&world, "aftersale.repair", "");
    choose(&world, P1, "A");
    assert_int_equal(world_count(&world, "settlement.ordered"), 2);
    assess(&world, "'platform':70,'customer':30",
           "{'kind':'repair','amount':{'currency':'CNY','minor':200000}}");
    world_expect(&world, "compensation.proposed", "'proposal_id':'" P2 "'");
    world_expect(&world, "compensation.proposed",
                 "{'kind':'fee_share','amount':{'currency':'CNY','minor':140000}}");
    world_expect(&world, "compensation.proposed",
                 "{'kind':'insurance','amount':{'currency':'CNY','minor':39900}");
    world_expect(&world, "compensation.proposed",
                 "'cost':{'currency':'CNY','minor':239900},'split':{'platform':{'currency':'CNY','"
                 "minor':179900},'customer':{'currency':'CNY','minor':60000}}");
    /* The first proposal's settlements go on. */
    settle(&world, "settlement.done", P1 ".1");
    settle(&world, "settlement.done", P1 ".2");
    world_expect(&world, "compensation.settled", "'proposal_id':'" P1 "'");
    expect_status(&world, "awaiting_approval");
    world_close(&world);
}

/* Case 4: a mould of 2 000, half each; the surcharge is the platform's; gifts of 129 and 299. */
static void changes_the_bookmarks(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(
        &world, "regular",
        "{'id':'A4','status':'paid','amount':{'currency':'CNY','minor':400000},'custom':true}");
    classify(&world, "order.custom_change", "");
    assert_int_equal(world.count, 0);
    assess(&world, "'platform':100",
           "{'kind':'mould','amount':{'currency':'CNY','minor':200000}},{'kind':'express','amount':"
           "{'currency':'CNY','minor':60000}}");
    world_expect(&world, "compensation.proposed",
                 "{'kind':'fee_share','amount':{'currency':'CNY','minor':160000}}");
    world_expect(&world, "compensation.proposed", "'customer':{'currency':'CNY','minor':100000}");
    world_expect(&world, "compensation.proposed",
                 "{'kind':'gift','amount':{'currency':'CNY','minor':12900}");
    world_expect(&world, "compensation.proposed",
                 "{'kind':'gift','amount':{'currency':'CNY','minor':29900}");
    world_expect(&world, "compensation.proposed", "'cost':{'currency':'CNY','minor':302800}");
    world_close(&world);
}

/* What they come to stands in events that others must be able to read. */
static void offers_nothing_beyond_all_money(void **unused) {
    (void)unused;
    static const char *const most =
        "{'kind':'mould','amount':{'currency':'CNY','minor':999999999999999}}";
    static const char *const more[] = {"",
                                       ",{'kind':'express','amount':{'currency':'CNY','minor':1}}"};

    for (int i = 0; i < 2; i++) {
        struct world world;
        open_world(&world);
        open_case(&world, "regular",
                  "{'id':'A4','status':'paid','amount':{'currency':'CNY','minor':999999999999999},'"
                  "custom':true}");
        classify(&world, "order.custom_change", "");
        assess(&world, "'platform':100", arena_printf(world.arena, "%s%s", most, more[i]));
        for (int n = 0; n < world.count; n++) {
            const struct contract_type *type = contract_find(world.outputs[n].type);
            struct faults faults = {.arena = world.arena};
            const struct tree *data;
            struct err err;
            assert_int_equal(json_read(world.arena, world.outputs[n].data,
                                       world.outputs[n].data_len, NULL, &data, &err),
                             JSON_OK);
            if (fields_decode(type->table, data, FIELDS_EVENT, world.arena,
                              arena_alloc(world.arena, type->table->size), &faults))
                fail_msg("%s: %s: %s", type->name, faults.at[0].path, faults.at[0].text);
        }
        world_close(&world);
    }
}

static void follows_the_class(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER_299);
    classify(&world, "inquiry.product", "'question'");
    assert_int_equal(world.count, 0);
    classify(&world, "logistics.delayed", ""); /* he complains after all */
    world_expect(&world, "compensation.proposed", "rule late");
    classify(&world, "quality.damaged", "");
    assert_int_equal(world.count, 0); /* one proposal for a case, unless a person says otherwise */
    world_close(&world);

    open_waiting(&world);
    world_event(&world, "case.reclassified",
                "{'case_id':'" WORLD_CASE "','class':'logistics.delayed','by':'li'}");
    world_expect(&world, "compensation.withdrawn", "superseded");
    world_expect(&world, "compensation.proposed", "rule late");
    world_event(&world, "case.reclassified",
                "{'case_id':'" WORLD_CASE "','class':'quality.damaged','by':'li'}");
    world_expect(&world, "compensation.withdrawn", "superseded"); /* nobody has chosen yet */
    world_expect(&world, "compensation.proposed", "rule quality-damaged");
    world_close(&world);

    open_waiting(&world);
    world_event(&world, "case.reclassified",
                "{'case_id':'" WORLD_CASE "','class':'inquiry.price','by':'li'}");
    world_expect(&world, "compensation.withdrawn", "reclassified");
    expect_status(&world, "withdrawn");
    world_close(&world);
}

static void learns_the_order_later(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", NULL);
    world_event(
        &world, "case.repeated",
        "{'case_id':'" WORLD_CASE
        "','repeats':1,'channel':'im','customer':{'id':'c1','tier':'regular'},'order':" ORDER_299
        ",'text':'y'}");
    classify(&world, "logistics.lost", "");
    world_expect(&world, "compensation.proposed", "'minor':29900");
    world_event(&world, "case.customer_replied", "{'case_id':'" WORLD_CASE "','text':'hello?'}");
    assert_true(world.unchanged);
    world_close(&world);
}

/* The same case with and without threats and demands gets the same options, whatever its class,
 * tier and other flags.
 */
/* Amounts are minor units, whatever these are: of the yen none, of the dinar thousandths. What comes
 * to nothing is not offered, and neither is half of an option. */
static void computes_in_minor_units(void **unused) {
    (void)unused;
    static const struct {
        const char *currency, *amount, *a, *b; /* NULL: there is no such option */
    } cases[] = {
        {"CNY", "29900", "'remedies':[{'kind':'coupon','amount':{'currency':'CNY','minor':4485}}]",
         "{'kind':'gift','amount':{'currency':'CNY','minor':100}}"},
        {"JPY", "5980", "'remedies':[{'kind':'coupon','amount':{'currency':'JPY','minor':897}}]",
         "{'kind':'gift','amount':{'currency':'JPY','minor':15}}"},
        {"KWD", "20005", "'remedies':[{'kind':'coupon','amount':{'currency':'KWD','minor':3001}}]",
         "{'kind':'gift','amount':{'currency':'KWD','minor':500}}"},
        {"JPY", "3", NULL, "'minor':15"}, /* 15 % of 3 yen are 0.45 */
        {"JPY", "4", "'minor':1}", "'minor':15"},
        {"CNY", "999999999999999", "'minor':150000000000000}", NULL}, /* with more than all money */
        {"CNY", "0", NULL, NULL},
        {"USD", "29900", "'minor':4485}", NULL},
        {"USD", "3", NULL, NULL},
    };
    static const char policy[] =
        "version: v\ncurrency: CNY\nsplit: {platform: 100}\napprove_within: 1h\n"
        "choose_within: 1h\nkeep_for: 1d\napproval: [{by: finance}]\nrules:\n"
        "  - name: r\n    options:\n"
        "      - {option: A, remedies: [{kind: coupon, percent: 15}]}\n"
        "      - {option: B, remedies: [{kind: refund, percent: 100}, {kind: gift, fixed: "
        "{CNY: 100, JPY: 15, KWD: 500}}]}\n";
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        world_open_text(&world, &compensation_spec, policy);
        open_case(&world, "regular",
                  arena_printf(world.arena,
                               "{'id':'A1','status':'paid','amount':{'currency':'%s','minor':%s}}",
                               cases[i].currency, cases[i].amount));
        classify(&world, "other", "");
        const struct output *proposed = world_find(&world, "compensation.proposed");
        const char *data = proposed ? proposed->data : "";
        assert_int_equal(strstr(data, "\"option\":\"A\"") != NULL, cases[i].a != NULL);
        assert_int_equal(strstr(data, "\"option\":\"B\"") != NULL, cases[i].b != NULL);
        if (cases[i].a) world_expect(&world, "compensation.proposed", cases[i].a);
        if (cases[i].b) world_expect(&world, "compensation.proposed", cases[i].b);
        world_close(&world);
    }
}

static void refuses_bad_policies(void **unused) {
    (void)unused;
    static const char head[] = "version: v\ncurrency: CNY\nsplit: {platform: 100}\napprove_within: "
                               "1h\nchoose_within: 1h\nkeep_for: 1d\n";
    static const char approval[] = "approval: [{by: policy, up_to: {CNY: 1}}, {by: finance}]\n";
    static const char rules[] =
        "rules: [{name: r, options: [{option: A, remedies: [{kind: apology}]}]}]\n";
    static const struct {
        const char *approval, *rules, *more, *says;
    } cases[] = {
        {approval, rules, "", NULL},
        {approval, rules, "colour: red\n", "colour"},
        {"", rules, "", "approval"},
        {"approval: [{by: policy, up_to: {CNY: 1}}]\n", rules, "", "approval[0]"},
        {"approval: [{by: policy}]\n", rules, "", "by: expected a role"},
        {"approval: [{by: manager, up_to: {CNY: 1}}, {by: agent}]\n", rules, "", "approval[1].by"},
        {"approval: [{by: agent, up_to: {CNY: 5}}, {by: manager, up_to: {CNY: 5}}, {by: "
         "finance}]\n",
         rules, "", "approval[1].up_to: CNY"},
        {approval, "rules: [{name: r, match: {class: [qualty.*]}}]\n", "",
         "no class is matched by qualty.*"},
        {approval, "rules: [{name: r, match: {flags: [review_threat]}}]\n", "",
         "never leads to an offer"},
        {approval, "rules: [{name: r, match: {without_flags: [excessive_demand]}}]\n", "",
         "nor takes from one"},
        {approval, "rules: [{name: r, match: {flags: [public_opinion]}}]\n", "",
         "never leads to an offer"},
        {approval, rules, "reviews: [{name: r, match: {flags: [review_threat]}, by: agent}]\n",
         NULL},
        {approval, rules,
         "reviews: [{name: r, match: {}, by: agent}, {name: r, match: {}, by: agent}]\n",
         "reviews[1].name: is there twice"},
        {approval, rules, "reviews: [{name: r, match: {flags: [x]}, by: agent}]\n",
         "reviews[0].match.flags: unknown: x"},
        {approval, rules, "reviews: [{name: r, match: {}, by: agent, keep: [chat]}]\n",
         "reviews[0].keep: belongs to a refused demand"},
        {approval, rules, "reviews: [{name: r, match: {}, by: legal}]\n", "reviews[0].by"},
        {approval, "rules: [{name: r, match: {severity: [P9]}}]\n", "", "unknown: P9"},
        {approval, "rules: [{name: r, match: {late_from: 2h, late_below: 1h}}]\n", "",
         "match.late_below: expected more"},
        {approval, "rules: [{name: r, match: {age_from: 1h, age_below: 1h}}]\n", "",
         "match.age_below: expected more"},
        {approval, "rules: [{name: r, match: {costs: [mould]}}]\n", "", "`on: assessed`"},
        {approval, "rules: [{name: r, on: assessed, match: {facts: {days: {over: 3}}}}]\n", "",
         "match.facts: expected"},
        {approval, "rules: [{name: r, on: assessed, match: {facts: {days: {from: x}}}}]\n", "",
         "match.facts: expected"},
        {approval, "rules: [{name: r, on: assessed, match: {facts: {days: {from: 3}}}}]\n", "",
         NULL},
        {approval, "rules: [{name: r}, {name: r}]\n", "", "rules[1].name: is there twice"},
        {approval,
         "rules: [{name: r, options: [{option: A, remedies: [{kind: gift, fixed: {CNY: 1}, "
         "percent: 3}]}]}]\n",
         "", "expected one of fixed"},
        {approval,
         "rules: [{name: r, options: [{option: A, remedies: [{kind: gift, fixed: {yuan: 1}}]}]}]\n",
         "", "yuan: expected three capital letters of ISO 4217: CNY?"},
        {approval, "rules: [{name: r, match: {currency: [RMB]}}]\n", "",
         "match.currency: RMB: expected three capital letters of ISO 4217: CNY?"},
        {"approval: [{by: policy, up_to: {JYP: 1}}, {by: finance}]\n", rules, "", "JPY?"},
        {"approval: [{by: policy, up_to: {XXX: 1}}, {by: finance}]\n", rules, "", "such as CNY"},
        {"approval: [{by: policy, up_to: {CNY: 1000000000000000}}, {by: finance}]\n", rules, "",
         "minor units from 0 to 999999999999999"},
        {approval,
         "rules: [{name: r, options: [{option: A, remedies: [{kind: gift, fixed: {CNY: 0}}]}]}]\n",
         "", "minor units from 1 to"},
        {approval,
         "rules: [{name: r, options: [{option: A, remedies: [{kind: gift, fixed: 5}]}]}]\n", "",
         "expected {currency: minor units}"},
        {approval,
         "rules: [{name: r, options: [{option: A, remedies: [{kind: gift, fixed: {CNY: 1}, "
         "at_most: {CNY: 1}}]}]}]\n",
         "", "belong to a percentage"},
        {approval,
         "rules: [{name: r, options: [{option: A, split: {platform: 99}, remedies: [{kind: "
         "apology}]}]}]\n",
         "", "100 together"},
        {approval,
         "rules: [{name: r, options: [{option: A, remedies: [{kind: fee_share, assessed_costs: "
         "true}]}]}]\n",
         "", "on: assessed"},
        {approval, "rules: [{name: r, options: [{option: A, remedies: [{kind: bribe}]}]}]\n", "",
         "kind"},
        {approval, rules, "budgets: [{by: policy, daily: {CNY: 1, USD: 1}}]\n",
         "expected one currency"},
        {approval, rules, "caps: {customer_monthly: {CNY: 1, USD: 1}, over: manager}\n",
         "expected one currency"},
        {approval, rules, "rates: {USD: 0}\n", "expected other ISO 4217 codes"},
        {approval, rules, "rates: {CNY: 1}\n", "expected other ISO 4217 codes"},
        {approval, rules, "rates: {US: 1}\n", "expected other ISO 4217 codes"},
        {approval, rules, "rates: 7\n", "rates: expected {currency"},
        {approval, rules, "escalate: [{after: 2h, to: manager}]\n", "less than approve_within"},
        {approval, rules, "escalate: [{after: 30m, to: manager}, {after: 30m, to: finance}]\n",
         "more than in the step before"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct arena *arena = arena_new();
        struct faults faults = {.arena = arena};
        struct err err = {{0}};
        struct buf buf = {0};
        const struct tree *file;
        void *policy;
        const char *version;
        const char *text =
            arena_printf(arena, "%s%s%s%s", head, cases[i].approval, cases[i].rules, cases[i].more);
        if (yaml_read(arena, "p", text, strlen(text), &file, &err)) fail_msg("%s", err.text);
        int result = offer_policy_load(file, ".", arena, &policy, &version, &faults);
        faults_print(&faults, "compensation.yaml", &buf);
        if (!cases[i].says) {
            assert_int_equal(result, 0);
        } else {
            assert_int_equal(result, -1);
            if (!strstr(buf.at, cases[i].says)) fail_msg("no `%s` in: %s", cases[i].says, buf.at);
            assert_non_null(strstr(buf.at, "compensation.yaml:"));
        }
        buf_free(&buf);
        arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divides_exactly),
        cmocka_unit_test(divides_anything),
        cmocka_unit_test(offers_by_the_table),
        cmocka_unit_test(makes_good_the_dress),
        cmocka_unit_test(makes_good_the_cherries),
        cmocka_unit_test(settles_the_laptop),
        cmocka_unit_test(changes_the_bookmarks),
        cmocka_unit_test(offers_nothing_beyond_all_money),
        cmocka_unit_test(follows_the_class),
        cmocka_unit_test(learns_the_order_later),
        cmocka_unit_test(computes_in_minor_units),
        cmocka_unit_test(refuses_bad_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
