/* Facts change: an offer follows them, never a second gift, never more than was paid. */
#include "compensation_world.h"

#define ORDER_59 "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':5900}}"
#define FRESH_59                                                                                   \
    "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':5900},'perishable':true}"
#define REFUND_59 "'kind':'refund','amount':{'currency':'CNY','minor':5900}"
#define ORDER_KEY                                                                                  \
    "cap\x1forder\x1f"                                                                             \
    "default\x1f"                                                                                  \
    "CNY\x1f"                                                                                      \
    "A1"

static void reclassify(struct world *world, const char *class_name) {
    world_event(world, "case.reclassified", "{'case_id':'" WORLD_CASE "','class':'%s','by':'li'}",
                class_name);
}

static void reply(struct world *world, const char *more) {
    world_event(world, "case.customer_replied",
                "{'case_id':'" WORLD_CASE
                "','channel':'im','customer':{'id':'c1','tier':'regular'}%s,'text':'y'}",
                more);
}

static void breach(struct world *world, const char *target) {
    world_event(world, "sla.breached",
                "{'case_id':'" WORLD_CASE
                "','target':'%s','cycle':'2026-11-22T10:00:00Z','due_at':'2026-11-22T11:00:00Z','"
                "breached_at':'2026-11-22T11:00:00Z','late_seconds':60}",
                target);
}

/* What is told of it next. */
enum told { NOTHING, ANEW, WITHDRAWN };

/* A coupon for a late parcel is on offer, chosen, or expired; then a fact comes. */
static void follows_facts(void **unused) {
    (void)unused;
    static const struct {
        const char *first;
        void (*fact)(struct world *world, const char *what);
        const char *what;
        enum told open, chosen; /* before, and after, the customer has chosen */
        const char *says;       /* in the new proposal */
    } cases[] = {
        {"logistics.delayed", reclassify, "logistics.lost", ANEW, ANEW, REFUND_59},
        {"logistics.delayed", reclassify, "logistics.stalled", NOTHING, NOTHING, NULL},
        {"logistics.delayed", reclassify, "service.attitude", ANEW, NOTHING, "rule service"},
        {"logistics.delayed", reclassify, "inquiry.price", WITHDRAWN, NOTHING, NULL},
        {"logistics.delayed", reclassify, "other", WITHDRAWN, NOTHING, NULL},
        {"logistics.delayed", reply, "", NOTHING, NOTHING, NULL},
        {"logistics.delayed", reply, ",'order':" ORDER_59, NOTHING, NOTHING, NULL},
        {"logistics.delayed", reply, ",'order':" FRESH_59, ANEW, ANEW, "rule late-fresh"},
        {"logistics.delayed", reply, ",'evidence':[{'kind':'photo','url':'https://a/b'}]", NOTHING,
         NOTHING, NULL},
        {"logistics.delayed", breach, "resolution", NOTHING, NOTHING, NULL},
        {"quality.flaw", reply, ",'requested':{'remedy':'refund'}", ANEW, ANEW, REFUND_59},
    };
    for (size_t i = 0; i < LENGTH(cases); i++)
        for (int chosen = 0; chosen < 2; chosen++) {
            struct world world;
            open_world(&world);
            open_case(&world, "regular", ORDER_59);
            classify(&world, cases[i].first, "");
            expect_status(&world, "approved");
            if (chosen) choose(&world, P1, "A");
            cases[i].fact(&world, cases[i].what);
            enum told told = chosen ? cases[i].chosen : cases[i].open;
            assert_int_equal(world_count(&world, "compensation.proposed"), told == ANEW);
            assert_int_equal(world_count(&world, "compensation.withdrawn"),
                             told != NOTHING && !chosen);
            if (told == ANEW) world_expect(&world, "compensation.proposed", cases[i].says);
            /* No second gift. */
            if (told == ANEW && chosen)
                assert_null(
                    strstr(world_find(&world, "compensation.proposed")->data, "\"coupon\""));
            assert_true(world_claimed(&world, ORDER_KEY) <= 5900);
            cases[i].fact(&world, cases[i].what); /* said again it is no other */
            assert_int_equal(world_count(&world, "compensation.proposed"), 0);
            world_close(&world);
        }
}

/* "Parcel lost, full refund" got a coupon of 20.00 and stayed so. */
static void makes_good_what_was_too_little(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER_59);
    classify(&world, "logistics.delayed", "");
    choose(&world, P1, "A");
    settle(&world, "settlement.done", P1 ".1");
    reclassify(&world, "logistics.lost");
    world_expect(&world, "compensation.proposed",
                 "'options':[{'option':'A','remedies':[{'kind':'reissue','detail':'sent first by "
                 "express'}],'cost':{'currency':'CNY','minor':5900}");
    choose(&world, P2, "B");
    world_expect(&world, "settlement.ordered", REFUND_59);
    assert_int_equal(world_claimed(&world, ORDER_KEY), 5900);
    reclassify(&world, "quality.damaged"); /* nothing is left to be paid back */
    assert_int_equal(world.count, 0);
    reclassify(&world, "service.attitude"); /* and goodwill was given */
    assert_int_equal(world.count, 0);
    world_close(&world);
}

static void learns_of_the_order(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", NULL);
    classify(&world, "logistics.lost", "");
    world_expect(&world, "compensation.proposed", "rule goodwill-without-order");
    reply(&world, ",'order':" ORDER_59);
    world_expect(&world, "compensation.withdrawn", "superseded");
    world_expect(&world, "compensation.proposed", REFUND_59);
    world_close(&world);
}

static void sees_that_goods_perish(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER_59);
    classify(&world, "logistics.delayed", "");
    classify(&world, "logistics.delayed", "'perishable'");
    world_expect(&world, "compensation.proposed", "rule late-fresh");
    classify(&world, "logistics.delayed", "'perishable'");
    assert_int_equal(world.count, 0);
    world_close(&world);
}

/* The refund is late: finance is chased; a coupon when it stays late. */
static void gives_a_coupon_on_a_breach(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER_59);
    classify(&world, "aftersale.refund_overdue", "");
    assert_int_equal(world.count, 0);
    breach(&world, "first_contact");
    assert_int_equal(world.count, 0);
    breach(&world, "refund_settlement");
    world_expect(&world, "compensation.proposed", "rule refund-overdue");
    breach(&world, "refund_settlement");
    assert_true(world.unchanged);
    world_close(&world);
}

/* What people have offered or rejected is not overruled by the table. */
static void leaves_people_their_word(void **unused) {
    (void)unused;
    struct world world;
    open_waiting(&world);
    decide(&world, "decision.rejected", P1, "wang", "supervisor", ",'reason':'no'");
    reclassify(&world, "logistics.lost");
    assert_int_equal(world.count, 0);
    world_close(&world);

    open_waiting(&world);
    request(&world, "li", "5000");
    reclassify(&world, "logistics.delayed");
    assert_int_equal(world.count, 0);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_facts),
        cmocka_unit_test(makes_good_what_was_too_little),
        cmocka_unit_test(learns_of_the_order),
        cmocka_unit_test(sees_that_goods_perish),
        cmocka_unit_test(gives_a_coupon_on_a_breach),
        cmocka_unit_test(leaves_people_their_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
