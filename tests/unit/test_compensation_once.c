/* What was paid for an order is paid back once: over cases, articles, options, people and rules;
 * goodwill has its own caps. */
#include "compensation_world.h"

#define KEY(what, rest)                                                                            \
    "cap\x1f" what "\x1f"                                                                          \
    "default\x1f" rest
#define ORDER_KEY                                                                                  \
    KEY("order", "CNY\x1f"                                                                         \
                 "A1")
#define CUP_KEY                                                                                    \
    KEY("item", "CNY\x1f"                                                                          \
                "A1\x1f"                                                                           \
                "cup")
#define GOODWILL_KEY                                                                               \
    KEY("goodwill", "CNY\x1f"                                                                      \
                    "A1")
#define NO_ORDER_KEY                                                                               \
    KEY("no_order", "\x1f"                                                                         \
                    "c1")

#define ORDER_59 "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':5900}}"
#define CUP      "{'sku':'cup','name':'Cup','quantity':1,'price':{'currency':'CNY','minor':2900}}"
#define PLATES   "{'sku':'plate','name':'Plate','quantity':2,'price':{'currency':'CNY','minor':1500}}"

/* Another case after the first: other state, the same claims. */
static void next_case(struct world *world) {
    world->exists = false;
    world->pairs.count = 0;
    /* The same case's id again would be granted what it has; so what is there is another's. */
    for (int i = 0; i < world->claim_count; i++)
        world->claims[i].id = arena_printf(world->arena, "before-%d-%d", world->events, i);
    world->refused_count = 0;
}

static void open_with(struct world *world, const char *order, const char *items) {
    open_case(world, "regular", arena_printf(world->arena, "%s,'items':[%s]", order, items));
}

static void set_taken(struct world *world, const char *key, int64_t minor) {
    world->claims[world->claim_count++] = (struct world_claim){key, "another.1", minor, NULL};
}

/* Ten complaints that the parcel is lost, eight days apart. */
static void pays_an_order_back_once(void **unused) {
    (void)unused;
    struct world world;
    int offers = 0;
    open_world(&world);
    for (int i = 0; i < 10; i++) {
        open_case(&world, "regular", ORDER_59);
        classify(&world, "logistics.lost", "");
        if (world_find(&world, "compensation.proposed")) {
            offers++;
            choose(&world, P1, "B");
            settle(&world, "settlement.done", P1 ".1");
            world_expect(&world, "compensation.settled", P1);
        }
        assert_true(world_claimed(&world, ORDER_KEY) <= 5900);
        next_case(&world);
    }
    assert_int_equal(offers, 1);
    assert_int_equal(world_claimed(&world, ORDER_KEY), 5900);
    assert_int_equal(world_claimed(&world, GOODWILL_KEY), 0);
    world_close(&world);
}

/* Of two options only the chosen one's counts: the coupon pays nothing back. */
static void keeps_what_was_chosen(void **unused) {
    (void)unused;
    static const struct {
        const char *option;
        int64_t back, goodwill;
    } cases[] = {{"A", 0, 1000}, {"B", 5900, 1000}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_world(&world);
        open_case(&world, "regular", ORDER_59);
        classify(&world, "quality.flaw", "");
        assert_int_equal(world_claimed(&world, ORDER_KEY), 5900);
        assert_int_equal(world_claimed(&world, GOODWILL_KEY), 1000);
        choose(&world, P1, cases[i].option);
        assert_int_equal(world_claimed(&world, ORDER_KEY), cases[i].back);
        assert_int_equal(world_claimed(&world, GOODWILL_KEY), cases[i].goodwill);
        world_close(&world);
    }
}

/* A cup of 29.00 is paid back once, and the plates after it; then nothing of the order is left. */
static void counts_articles(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_with(&world, ORDER_59, CUP);
    classify(&world, "logistics.lost", "");
    world_expect(&world, "compensation.proposed",
                 "'minor':2900}}],'cost':{'currency':'CNY','minor':2900}");
    choose(&world, P1, "B");
    assert_int_equal(world_claimed(&world, ORDER_KEY), 2900);
    assert_int_equal(world_claimed(&world, CUP_KEY), 2900);

    next_case(&world);
    open_with(&world, ORDER_59, CUP);
    classify(&world, "logistics.lost", "");
    assert_null(world_find(&world, "compensation.proposed"));

    next_case(&world);
    open_with(&world, ORDER_59, CUP "," PLATES);
    classify(&world, "logistics.lost", "");
    assert_null(world_find(&world, "compensation.proposed")); /* a part of it was paid back */

    next_case(&world);
    open_with(&world, ORDER_59, PLATES);
    classify(&world, "logistics.lost", "");
    world_expect(&world, "compensation.proposed", "'cost':{'currency':'CNY','minor':3000}");
    choose(&world, P1, "B");
    assert_int_equal(world_claimed(&world, ORDER_KEY), 5900);

    next_case(&world);
    open_case(&world, "regular", ORDER_59);
    classify(&world, "logistics.lost", "");
    assert_null(world_find(&world, "compensation.proposed"));
    world_close(&world);
}

/* No person may go beyond what was paid, whatever the role; what is left, he may give. */
static void refuses_people_beyond_it(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    set_taken(&world, ORDER_KEY, 1000);
    open_case(&world, "regular", ORDER_59);
    request(&world, "li", "4901");
    expect_refused(&world, "'reason':'over_paid'");
    assert_null(world_pair(&world, "proposal_id"));
    assert_int_equal(world.claim_count, 1);
    world_close(&world);

    open_world(&world);
    set_taken(&world, ORDER_KEY, 1000);
    open_case(&world, "regular", ORDER_59);
    request(&world, "li", "4900");
    world_expect(&world, "compensation.proposed", "'minor':4900");
    assert_int_equal(world_claimed(&world, ORDER_KEY), 5900);
    /* What he asks for in its place has its room; what he may not have changes nothing. */
    request(&world, "li", "4800");
    world_expect(&world, "compensation.withdrawn", "superseded");
    assert_int_equal(world_claimed(&world, ORDER_KEY), 5800);
    request(&world, "li", "5000");
    expect_refused(&world, "over_paid");
    expect_status(&world, "awaiting_approval");
    assert_int_equal(world_claimed(&world, ORDER_KEY), 5800);
    decide(&world, "decision.rejected", P2, "wang", "manager", ",'reason':'no'");
    assert_int_equal(world_claimed(&world, ORDER_KEY), 1000);
    world_close(&world);
}

/* Policy goes on to what does not pay back: here the option without, or nothing. */
static void offers_what_is_left(void **unused) {
    (void)unused;
    static const struct {
        const char *class_name, *says; /* NULL: nothing */
    } cases[] = {
        {"logistics.lost", NULL},
        {"quality.damaged", NULL},
        {"quality.flaw", "'options':[{'option':'A','remedies':[{'kind':'coupon'"},
        {"aftersale.return", "'options':[{'option':'B','remedies':[{'kind':'coupon'"},
        {"service.attitude", "'options':[{'option':'A'"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_world(&world);
        set_taken(&world, ORDER_KEY, 5900);
        open_case(&world, "regular", ORDER_59);
        classify(&world, cases[i].class_name, "");
        if (!cases[i].says)
            assert_int_equal(world.count, 0);
        else
            world_expect(&world, "compensation.proposed", cases[i].says);
        assert_int_equal(world_claimed(&world, ORDER_KEY), 5900);
        world_close(&world);
    }
}

/* Nothing was paid, or it was given back with the cancellation. */
static void pays_nothing_back_for_nothing(void **unused) {
    (void)unused;
    static const char *const statuses[] = {"created", "cancelled"};
    static const char *const classes[] = {
        "quality.damaged",    "logistics.lost", "quality.expired", "aftersale.return",
        "aftersale.exchange", "order.cancel",   "order.change",    "quality.not_as_described"};
    for (size_t i = 0; i < LENGTH(statuses); i++)
        for (size_t j = 0; j < LENGTH(classes); j++) {
            struct world world;
            open_world(&world);
            open_case(&world, "regular",
                      arena_printf(world.arena,
                                   "{'id':'A1','status':'%s','amount':{'currency':'CNY','minor':"
                                   "5900}}",
                                   statuses[i]));
            classify(&world, classes[j], "");
            const struct output *proposed = world_find(&world, "compensation.proposed");
            assert_true(!proposed || !strstr(proposed->data, "refund"));
            assert_int_equal(world_claimed(&world, ORDER_KEY), 0);
            request(&world, "li", "1");
            expect_refused(&world, "over_paid");
            world_close(&world);
        }
}

/* Twelve complaints without an order bring one coupon; after a rejection it may be offered again. */
static void gives_goodwill_without_order_once(void **unused) {
    (void)unused;
    static const char *const classes[] = {"quality.damaged", "logistics.delayed",
                                          "service.attitude"};
    struct world world;
    int offers = 0;
    open_world(&world);
    for (int i = 0; i < 12; i++) {
        open_case(&world, "regular", NULL);
        classify(&world, classes[i % 3], "");
        if (world_find(&world, "compensation.proposed")) {
            offers++;
            choose(&world, P1, "A");
        }
        assert_int_equal(world_claimed(&world, NO_ORDER_KEY), 1);
        next_case(&world);
    }
    assert_int_equal(offers, 1);
    /* An order that nobody has paid is none. */
    open_case(&world, "regular",
              "{'id':'A2','status':'created','amount':{'currency':'CNY','minor':5900}}");
    classify(&world, "logistics.delayed", "");
    assert_int_equal(world.count, 0);
    next_case(&world);
    open_case(&world, "regular", ORDER_59);
    classify(&world, "logistics.delayed", "");
    world_expect(&world, "compensation.proposed", "rule late");
    world_close(&world);

    open_world(&world);
    open_case(&world, "regular", NULL);
    classify(&world, "logistics.delayed", "");
    assert_int_equal(world_claimed(&world, NO_ORDER_KEY), 1);
    world_wake(&world, world.wake_at);
    world_expect(&world, "compensation.expired", "not chosen");
    assert_int_equal(world_claimed(&world, NO_ORDER_KEY), 0);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pays_an_order_back_once),
        cmocka_unit_test(keeps_what_was_chosen),
        cmocka_unit_test(counts_articles),
        cmocka_unit_test(refuses_people_beyond_it),
        cmocka_unit_test(offers_what_is_left),
        cmocka_unit_test(pays_nothing_back_for_nothing),
        cmocka_unit_test(gives_goodwill_without_order_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
