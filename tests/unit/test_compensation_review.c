/* Demands, threats and publicity: what is refused, what the law may give, who decides, and that what
 * is offered stays what anybody is offered. */
#include "compensation_world.h"

#define ORDER(minor, more)                                                                         \
    "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':" minor "}" more "}"
#define CAME(time) ",'delivered_at':'" time "'"

/* What is offered, without who decides about it and why. */
static void take_options(const struct output *proposed, char *out, size_t size) {
    const char *from = strstr(proposed->data, "\"options\"");
    const char *to = strstr(proposed->data, "\"needs\"");

    if (!to) to = strstr(proposed->data, "\"reasons\"");
    assert_true(from && to && from < to);
    snprintf(out, size, "%.*s", (int)(to - from), from);
}

/* Threats, demands and publicity never raise an offer and never lower it. */
static void gives_nothing_for_threats(void **unused) {
    (void)unused;
    static const char *const tiers[] = {"regular", "vip", "svip"};
    static const char *const flags[] = {"", "'emotional'", "'perishable'", "'repeat'"};
    static const char *const threats[] = {"'review_threat'", "'excessive_demand'",
                                          "'review_threat','excessive_demand'",
                                          "'public_opinion','legal'", "'multiple_damages'"};
    int offers = 0;
    for (int i = 0; contract_classes[i]; i++)
        for (size_t j = 0; j < LENGTH(tiers) * LENGTH(flags) * LENGTH(threats); j++) {
            const char *calm = flags[j / LENGTH(tiers) % LENGTH(flags)],
                       *threat = threats[j / LENGTH(tiers) / LENGTH(flags)];
            char options[2][16384] = {"", ""}, text[256];
            for (int threatened = 0; threatened < 2; threatened++) {
                struct world world;
                open_world(&world);
                open_case(&world, tiers[j % LENGTH(tiers)], ORDER_299);
                snprintf(text, sizeof text, "%s%s%s", calm, threatened && *calm ? "," : "",
                         threatened ? threat : "");
                classify(&world, contract_classes[i], text);
                const struct output *proposed = world_find(&world, "compensation.proposed");
                if (proposed)
                    take_options(proposed, options[threatened], sizeof options[threatened]);
                world_close(&world);
            }
            assert_string_equal(options[0], options[1]);
            offers += *options[0] != 0;
        }
    assert_true(offers > 200);
}

static void decides_about_demands(void **unused) {
    (void)unused;
    static const struct {
        const char *class_name, *flags, *order;
        const char *event, *rule; /* NULL: none */
        const char *role;         /* who decides about the offer; NULL: policy */
    } cases[] = {
        {"quality.flaw", "", ORDER("3333", ""), NULL, NULL, NULL},
        {"quality.flaw", "'excessive_demand'", ORDER("3333", ""), "refused", "more than is due",
         "agent"},
        {"quality.flaw", "'excessive_demand'", ORDER("299900", ""), "refused", "more than is due",
         "manager"},
        {"quality.flaw", "'review_threat'", ORDER("3333", ""), "refused", "review threatened",
         "supervisor"},
        {"quality.flaw", "'review_threat','excessive_demand'", ORDER("3333", ""), "refused",
         "review threatened", "supervisor"},
        /* A multiple of the price: where the law knows it, it is nobody's to refuse. */
        {"quality.expired", "'multiple_damages','excessive_demand'", ORDER("3333", ""), "referred",
         "tenfold for unsafe food", "manager"},
        {"quality.damaged", "'multiple_damages','perishable'", ORDER("3333", ""), "referred",
         "tenfold for food that harmed", "manager"},
        {"quality.counterfeit", "'multiple_damages','review_threat'", ORDER("3333", ""), "referred",
         "threefold for fraud", "manager"},
        {"quality.not_as_described", "'multiple_damages'", ORDER("3333", ""), "referred",
         "threefold for fraud", "manager"},
        {"logistics.delayed", "'multiple_damages'", ORDER("3333", ""), NULL, NULL, NULL},
        {"logistics.delayed", "'multiple_damages','excessive_demand'", ORDER("3333", ""), "refused",
         "more than is due", "agent"},
        {"aftersale.repair", "'excessive_demand'", ORDER("699900", CAME("2026-08-22T10:00:00Z")),
         "referred", "free repair in warranty", "manager"},
        {"aftersale.repair", "'excessive_demand'", ORDER("699900", CAME("2024-08-22T10:00:00Z")),
         "refused", "more than is due", "agent"},
        /* The class is a guess: nobody is refused for it, and a person looks before money goes. */
        {"quality.flaw", "'unsure'", ORDER("3333", ""), NULL, NULL, "agent"},
        {"quality.flaw", "'unsure','excessive_demand'", ORDER("3333", ""), "refused",
         "more than is due", "agent"},
        {"logistics.delayed", "'public_opinion'", ORDER("3333", ""), NULL, NULL, "manager"},
        {"logistics.delayed", "'legal'", ORDER("3333", ""), NULL, NULL, "manager"},
        {"quality.flaw", "'public_opinion','excessive_demand'", ORDER("3333", ""), "refused",
         "more than is due", "manager"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_world(&world);
        open_case(&world, "regular", cases[i].order);
        classify(&world, cases[i].class_name, cases[i].flags);
        print_message("  %s %s\n", cases[i].class_name, cases[i].flags);
        bool refused = cases[i].event && strcmp(cases[i].event, "refused") == 0;
        bool referred = cases[i].event && !refused;
        assert_int_equal(world_count(&world, "compensation.refused"), refused);
        assert_int_equal(world_count(&world, "compensation.referred"), referred);
        if (cases[i].event) {
            const char *type = arena_printf(world.arena, "compensation.%s", cases[i].event);
            const char *rule = arena_printf(world.arena, "'rule':'%s'", cases[i].rule);
            world_expect(&world, type, rule);
            world_expect(&world, type, "'proposal_id':'" P1 "'");
            world_expect(&world, "compensation.proposed",
                         arena_printf(world.arena, "'review %s'", cases[i].rule));
        }
        if (cases[i].role)
            world_expect(&world, "compensation.proposed",
                         arena_printf(world.arena, "'needs':{'role':'%s'", cases[i].role));
        else
            world_expect(&world, "compensation.approved", "'by':['policy']");
        world_close(&world);
    }
}

/* The alternative is the offer, evidence is named, and it is said once. */
static void says_what_is_offered_instead(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER("9900", ""));
    classify(&world, "quality.flaw", "'review_threat'");
    world_expect(&world, "compensation.refused",
                 "'alternative':[{'option':'A','remedies':[{'kind':'coupon','amount':{'currency':"
                 "'CNY','minor':1485},'valid_days':90,'detail':'keep the goods'}]");
    world_expect(&world, "compensation.refused", "'keep':['the whole conversation'");
    world_expect(&world, "compensation.refused", "'role':'supervisor'");
    classify(&world, "quality.flaw", "'review_threat'");
    assert_int_equal(world.count, 0);
    classify(&world, "quality.flaw", "'excessive_demand'");
    assert_int_equal(world.count, 0); /* the first row still answers */
    world_close(&world);

    /* Nothing is offered in such a case, and nobody is refused who only asks. */
    open_world(&world);
    open_case(&world, "regular", ORDER("9900", ""));
    classify(&world, "other", "'question','review_threat'");
    assert_int_equal(world.count, 0);
    classify(&world, "other", "'review_threat'");
    world_expect(&world, "compensation.refused", "'rule':'review threatened'");
    assert_null(strstr(world_find(&world, "compensation.refused")->data, "alternative"));
    assert_null(strstr(world_find(&world, "compensation.refused")->data, "proposal_id"));
    assert_int_equal(world.count, 1);
    world_close(&world);
}

/* What comes later: an offer that stands goes on standing; one that waits is decided higher. */
static void follows_later_words(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER("3333", ""));
    classify(&world, "quality.flaw", "");
    expect_status(&world, "approved");
    classify(&world, "quality.flaw", "'review_threat'");
    world_expect(&world, "compensation.refused", "'proposal_id':'" P1 "'");
    world_expect(&world, "compensation.refused", "'alternative':[{'option':'A'");
    assert_int_equal(world.count, 1);
    expect_status(&world, "approved");
    choose(&world, P1, "A");
    world_expect(&world, "compensation.chosen", "'option':'A'");
    world_close(&world);

    open_waiting(&world);
    classify(&world, "quality.damaged", "'public_opinion'");
    world_expect(&world, "compensation.withdrawn", "superseded");
    world_expect(&world, "compensation.proposed", "'needs':{'role':'manager'");
    world_expect(&world, "compensation.proposed", "'cost':{'currency':'CNY','minor':31900}");
    decide(&world, "decision.approved", P2, "wang", "supervisor", "");
    expect_refused(&world, "role_too_low");
    classify(&world, "quality.damaged", "'public_opinion'");
    assert_int_equal(world.count, 0);
    decide(&world, "decision.approved", P2, "chen", "manager", "");
    expect_status(&world, "approved");
    world_close(&world);

    /* A person says what it is: the law may give it after all. */
    open_world(&world);
    open_case(&world, "regular", ORDER("3333", ""));
    classify(&world, "logistics.delayed", "'excessive_demand','multiple_damages'");
    world_expect(&world, "compensation.refused", "more than is due");
    world_event(&world, "case.reclassified",
                "{'case_id':'" WORLD_CASE "','class':'quality.counterfeit','by':'li'}");
    world_expect(&world, "compensation.referred", "'rule':'threefold for fraud'");
    world_close(&world);
}

/* Who was refused gets more only from those who may make exceptions, VIP or not. */
static void asks_for_exceptions(void **unused) {
    (void)unused;
    static const struct {
        const char *tier, *flags, *role;
    } cases[] = {
        {"regular", "", "agent"},
        {"vip", "", "agent"},
        {"regular", "'excessive_demand'", "manager"},
        {"vip", "'excessive_demand'", "manager"},
        {"vip", "'review_threat'", "manager"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_world(&world);
        open_case(&world, cases[i].tier, ORDER("9900", ""));
        classify(&world, "logistics.delayed", cases[i].flags);
        request(&world, "li", "9000");
        world_expect(&world, "compensation.proposed",
                     arena_printf(world.arena, "'needs':{'role':'%s'", cases[i].role));
        world_close(&world);
    }
}

/* An order that another account has complained about before: whatever it costs, a person decides,
 * also where the order is named only when goodwill was offered already. */
static void looks_at_orders_of_others(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "vip", ORDER("9900", ",'other_account':true"));
    classify(&world, "logistics.delayed", "");
    world_expect(&world, "compensation.proposed", "'needs':{'role':'supervisor','approvals':1}");
    world_expect(&world, "compensation.proposed", "'review another account");
    assert_null(world_find(&world, "compensation.approved"));
    world_close(&world);

    open_world(&world);
    open_case(&world, "regular", NULL);
    classify(&world, "logistics.lost", "");
    world_expect(&world, "compensation.approved", "'by':['policy']");
    world_event(&world, "case.customer_replied",
                "{'case_id':'" WORLD_CASE "','channel':'im','customer':{'id':'c1','tier':"
                "'regular'},'order':" ORDER("5900", ",'other_account':true") ",'text':'x'}");
    world_expect(&world, "compensation.withdrawn", "superseded");
    world_expect(&world, "compensation.proposed", "'needs':{'role':'supervisor'");
    assert_null(world_find(&world, "compensation.approved"));
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_nothing_for_threats),    cmocka_unit_test(decides_about_demands),
        cmocka_unit_test(says_what_is_offered_instead), cmocka_unit_test(follows_later_words),
        cmocka_unit_test(asks_for_exceptions),          cmocka_unit_test(looks_at_orders_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
