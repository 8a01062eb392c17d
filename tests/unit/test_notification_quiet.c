/* Nobody is told at night, in his own zone; what waited comes in its order in the morning, and only
 * what is still so. */
#include "notification_world.h"

#define WROTE  "{" IN_CASE ",'text':'x','channel':'im','customer':{'id':'c1','tier':'vip'" ZHANG "}}"
#define REFUND ONE("'kind':'refund','amount':{'currency':'CNY','minor':29900}")

/* A case whose first word has been said, hours ago. */
static void begin_at(struct world *world, const char *time) {
    begin(world);
    world->now_ms = world_time(time);
}

/* The approval of an offer at some hour: does it go out then, or when? */
static void customers_sleep(void **unused) {
    (void)unused;
    static const struct {
        const char *name, *zone, *severity, *now, *out; /* NULL: at once */
    } cases[] = {
        {"the last minute", NULL, "P3", "2026-11-22T12:59:59.999Z", NULL},
        {"nine in the evening", NULL, "P3", "2026-11-22T13:00:00Z", "2026-11-23T00:00:00Z"},
        {"the last moment of the night", NULL, "P3", "2026-11-22T23:59:59.999Z",
         "2026-11-23T00:00:00Z"},
        {"eight in the morning", NULL, "P3", "2026-11-23T00:00:00Z", NULL},
        {"P2 waits, too", NULL, "P2", "2026-11-22T18:30:00Z", "2026-11-23T00:00:00Z"},
        {"P1 waits for no morning", NULL, "P1", "2026-11-22T18:30:00Z", NULL},
        {"day here, night there", "America/New_York", "P3", "2026-11-23T06:00:00Z",
         "2026-11-23T13:00:00Z"},
        {"night here, day there", "America/New_York", "P3", "2026-11-23T18:30:00Z", NULL},
        {"a zone that nobody knows: that of the language", "Mars/Olympus", "P3",
         "2026-11-22T18:30:00Z", "2026-11-23T00:00:00Z"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char zone[64] = "";
        if (cases[i].zone) snprintf(zone, sizeof zone, ",'timezone':'%s'", cases[i].zone);
        open_with(&world, "im", zone);
        classify_as(&world, "quality.damaged", cases[i].severity, "");
        acknowledge(&world);
        world.now_ms = world_time(cases[i].now);
        approve(&world, REFUND);
        if (!cases[i].out) {
            if (!told(&world, "customer")) fail_msg("%s: told nothing", cases[i].name);
            world_close(&world);
            continue;
        }
        if (told(&world, "customer")) fail_msg("%s: told", cases[i].name);
        if (world.wake_at != world_time(cases[i].out)) fail_msg("%s: not then", cases[i].name);
        world_wake(&world, world.wake_at);
        expect_told(&world, "customer", "退款 ¥299.00");
        assert_int_equal(world.wake_at, 0);
        world_close(&world);
    }
}

/* Who has just written, or chosen, is awake. */
static void who_writes_is_answered(void **unused) {
    (void)unused;
    static const struct {
        const char *type, *data;
    } words[] = {
        {"case.customer_replied", WROTE},
        {"case.repeated",
         "{" IN_CASE ",'repeats':1,'channel':'im','customer':{'id':'c1','tier':'vip'},'text':'y'}"},
        {"decision.chosen", PROPOSAL ",'option':'A'}"},
        {"visit.scored", "{" IN_CASE ",'score':4}"},
    };
    for (size_t i = 0; i < LENGTH(words); i++)
        for (int minutes = 9; minutes <= 10; minutes++) {
            struct world world;
            begin_at(&world, "2026-11-22T18:30:00Z");
            world_event(&world, words[i].type, "%s", words[i].data);
            world.now_ms += minutes * 60000;
            approve(&world, REFUND);
            assert_int_equal(told(&world, "customer") != NULL, minutes == 9);
            world_close(&world);
        }
}

/* A complaint of yesterday that is published tonight wakes nobody. */
static void late_news_wake_nobody(void **unused) {
    (void)unused;
    struct world world;
    begin_at(&world, "2026-11-22T18:30:00Z");
    world.event_age_ms = HOUR_MS;
    world_event(&world, "case.customer_replied", WROTE);
    approve(&world, REFUND);
    assert_null(told(&world, "customer"));
    world_close(&world);
}

/* In the morning: the acknowledgement before the offer, and nothing that is no longer so. */
static void the_morning_keeps_the_order(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    world.now_ms = world_time("2026-11-22T18:30:00Z");
    classify(&world, "'evidence_missing'");
    approve(&world, REFUND);
    start_sla(&world, "2026-11-22T19:30:00Z", "2026-11-23T18:30:00Z");
    assert_null(told(&world, "customer"));
    world_event(&world, "case.customer_replied",
                "{" IN_CASE ",'text':'x','channel':'im','customer':{'id':'c1','tier':'vip'},"
                "'evidence':[{'kind':'photo','url':'https://x/1'}]}");
    /* He wrote: he is awake, and is told what still is to be said. */
    assert_int_equal(world_count(&world, "delivery.requested"), 2);
    assert_non_null(strstr(world.outputs[0].data, "acknowledgement"));
    world_expect(&world, "notification.suppressed", "'template':'evidence_request'");
    assert_non_null(strstr(world.outputs[world.count - 1].data, "退款 ¥299.00"));
    world_close(&world);

    open_case(&world);
    world.now_ms = world_time("2026-11-22T18:30:00Z");
    start_sla(&world, "2026-11-22T19:30:00Z", "2026-11-23T18:30:00Z");
    approve(&world, REFUND);
    world_event(&world, "compensation.withdrawn", PROPOSAL ",'reason':'superseded'}");
    assert_null(told(&world, "customer"));
    world_wake(&world, world_time("2026-11-23T00:00:00Z"));
    assert_int_equal(world_count(&world, "delivery.requested"), 1);
    expect_told(&world, "customer", "11月24日 08:00（北京时间）前给您处理结果"); /* not 02:30 */
    expect_told(&world, "customer", "11月23日 09:00（北京时间）前与您联系");     /* not 03:30 */
    world_expect(&world, "notification.suppressed", "'template':'offer'");
    world_expect(&world, "notification.suppressed", "'reason':'superseded'");
    world_close(&world);
}

/* What is promised at half past two in the night, to who wrote then. */
static void a_promise_in_the_night_is_moved(void **unused) {
    (void)unused;
    static const struct {
        const char *severity, *contact, *says;
    } cases[] = {
        {"P3", "2026-11-22T19:30:00Z", "11月23日 09:00（北京时间）前与您联系"},
        {"P3", "2026-11-23T00:00:00Z", "11月23日 09:00（北京时间）前与您联系"},
        {"P3", "2026-11-23T00:30:00Z", "11月23日 08:30（北京时间）前与您联系"},
        {"P3", "2026-11-23T13:00:00Z", "11月23日 21:00（北京时间）前与您联系"},
        {"P1", "2026-11-22T19:30:00Z", "11月23日 03:30（北京时间）前与您联系"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_case(&world);
        world.now_ms = world_time("2026-11-22T18:30:00Z");
        world_event(&world, "case.customer_replied", WROTE);
        classify_as(&world, "quality.damaged", cases[i].severity, "");
        start_sla(&world, cases[i].contact, NULL);
        expect_told(&world, "customer", cases[i].says);
        world_close(&world);
    }
}

/* A promise is broken only when the time that was told is over. */
static void a_moved_promise_counts(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    world.now_ms = world_time("2026-11-22T18:30:00Z");
    world_event(&world, "case.customer_replied", WROTE);
    classify(&world, "");
    start_sla(&world, "2026-11-22T19:30:00Z", NULL);
    expect_told(&world, "customer", "09:00");
    world.now_ms = world_time("2026-11-22T19:30:00Z");
    world_event(&world, "sla.breached",
                "{" IN_CASE ",'target':'first_contact'," CYCLE
                ",'due_at':'2026-11-22T19:30:00Z','breached_at':'2026-11-22T19:30:00Z'}");
    if (world.wake_at) world_wake(&world, world_time("2026-11-23T00:00:00Z"));
    assert_null(told(&world, "customer"));
    world_close(&world);
}

#define REPEAT(world, number)                                                                      \
    world_event(world, "case.repeated",                                                            \
                "{" IN_CASE ",'repeats':%d,'channel':'im','customer':{'id':'c1','tier':'vip'},"    \
                "'text':'y'}",                                                                     \
                number)

/* Twelve a day, of all cases; what is more comes the next morning, in its order. */
static void nobody_is_flooded(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    for (int i = 1; i <= 14; i++) {
        REPEAT(&world, i);
        assert_int_equal(told(&world, "customer") != NULL, i <= 11); /* and the first word */
    }
    assert_int_equal(world.wake_at, world_time("2026-11-23T00:00:00Z"));
    world_wake(&world, world.wake_at);
    assert_int_equal(world_count(&world, "delivery.requested"), 3);
    assert_non_null(strstr(world.outputs[0].data, "repeated.12"));
    assert_non_null(strstr(world.outputs[4].data, "repeated.14"));
    assert_int_equal(world.wake_at, 0);
    world_close(&world);
}

/* Another case of his has told him enough; what is grave comes all the same, and counts. */
static void other_cases_count(void **unused) {
    (void)unused;
    for (int grave = 0; grave < 2; grave++) {
        struct world world;
        begin(&world);
        struct world_claim *count = &world.claims[world.claim_count - 1];
        assert_non_null(strstr(count->key, "2026-11-21T16:00:00Z")); /* the day in Shanghai */
        assert_null(strstr(count->key, "c1"));
        count->amount = 12;
        if (grave) classify_as(&world, "quality.damaged", "P1", "");
        approve(&world, REFUND);
        assert_int_equal(told(&world, "customer") != NULL, grave);
        assert_int_equal(world_claimed(&world, world.claims[0].key), grave ? 13 : 12);
        world_close(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(customers_sleep),
        cmocka_unit_test(who_writes_is_answered),
        cmocka_unit_test(late_news_wake_nobody),
        cmocka_unit_test(the_morning_keeps_the_order),
        cmocka_unit_test(a_promise_in_the_night_is_moved),
        cmocka_unit_test(a_moved_promise_counts),
        cmocka_unit_test(nobody_is_flooded),
        cmocka_unit_test(other_cases_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
