/* What a carrier owes for an order that is late: from when on, how much, and once an order. */
#include "compensation/recovery.h"
#include "compensation_world.h"

/* The clock of the world stands at 2026-11-22T10:00:00Z. */
#define LATE(status, minor, currency, more)                                                        \
    "{'id':'A1','status':'" status "','amount':{'currency':'" currency "','minor':" minor          \
    "},'carrier':'SF'" more "}"
#define PROMISED(time) ",'promised_at':'" time "'"
#define CAME(time)     ",'delivered_at':'" time "'"
#define CLAIMED        "compensation.recovery_claimed"

static void claims_what_is_due(void **unused) {
    (void)unused;
    static const struct {
        const char *order, *says; /* NULL: nothing is claimed */
    } rows[] = {
        {LATE("shipped", "9900", "CNY", PROMISED("2026-11-21T09:59:59Z")), "'late_seconds':86401"},
        {LATE("shipped", "9900", "CNY", PROMISED("2026-11-21T10:00:00Z")), NULL}, /* 24 h */
        {LATE("shipped", "9900", "CNY", PROMISED("2026-11-22T12:00:00Z")), NULL},
        {LATE("shipped", "9900", "CNY", ""), NULL},
        {LATE("paid", "9900", "CNY", PROMISED("2026-11-01T00:00:00Z")), NULL}, /* not his fault */
        {LATE("cancelled", "9900", "CNY", PROMISED("2026-11-01T00:00:00Z")), NULL},
        {LATE("delivered", "9900", "CNY",
              PROMISED("2026-11-10T00:00:00Z") CAME("2026-11-12T00:00:00Z")),
         "'late_seconds':172800"},
        {LATE("delivered", "9900", "CNY",
              PROMISED("2026-11-10T00:00:00Z") CAME("2026-11-10T20:00:00Z")),
         NULL},
        {LATE("signed", "9900", "CNY", PROMISED("2026-11-10T00:00:00Z")), NULL}, /* who knows */
        {LATE("shipped", "9900", "USD", PROMISED("2026-11-20T09:59:59Z")),
         "'amount':{'currency':'USD','minor':700}"},
        {LATE("shipped", "9900", "JPY", PROMISED("2026-11-20T09:59:59Z")), NULL},
        {LATE("shipped", "9900", "CNY", PROMISED("2026-11-20T09:59:59Z")),
         "'order_id':'A1','rule':'carrier late','party':'carrier','carrier':'SF','amount':{"
         "'currency':'CNY','minor':5000}"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct world world;
        open_world(&world);
        open_case(&world, "regular", rows[i].order);
        classify(&world, "logistics.delayed", "");
        if (rows[i].says) world_expect(&world, CLAIMED, rows[i].says);
        if (!rows[i].says && world_count(&world, CLAIMED)) fail_msg("row %zu claims", i);
        classify(&world, "logistics.delayed", "'emotional'");
        assert_int_equal(world_count(&world, CLAIMED), 0);
        world_close(&world);
    }
}

#define ROW(name, party, statuses, minor)                                                          \
    "  - {name: " name ", party: " party ", match: {order_status: [" statuses                      \
    "]}, late_over: 24h, amount: {CNY: " minor "}}\n"

/* The first row of a party that speaks; what does not speak, or has been claimed, keeps no other
 * from it. */
static void claims_of_each_party(void **unused) {
    (void)unused;
    static const char policy[] =
        "version: v\ncurrency: CNY\nsplit: {platform: 100}\napprove_within: 1h\n"
        "choose_within: 1d\nkeep_for: 10d\napproval: [{by: finance}]\nrules:\n  - {name: "
        "r}\nrecovery:\n" ROW("cancelled", "carrier", "cancelled", "1")
            ROW("late", "carrier", "shipped", "5000") ROW("late again", "carrier", "shipped", "2")
                ROW("kept", "merchant", "shipped", "700");
    struct world world;
    world_open_text(&world, &compensation_spec, policy);
    open_case(&world, "regular", LATE("shipped", "9900", "CNY", PROMISED("2026-11-20T09:59:59Z")));
    classify(&world, "logistics.delayed", "");
    assert_int_equal(world_count(&world, CLAIMED), 2);
    int told = 0;
    for (int i = 0; i < world.count; i++) {
        if (strcmp(world.outputs[i].type, CLAIMED) != 0) continue;
        const char *expected = told++ ? "\"rule\":\"kept\",\"party\":\"merchant\""
                                      : "\"rule\":\"late\",\"party\":\"carrier\"";
        if (!strstr(world.outputs[i].data, expected))
            fail_msg("no %s in %s", expected, world.outputs[i].data);
    }
    world_close(&world);
}

/* However many cases and messages there are about the order. */
static void claims_once_an_order(void **unused) {
    (void)unused;
    struct world world;
    int claimed = 0;
    open_world(&world);
    for (int n = 1; n <= 3; n++) {
        world.pairs.count = 0;
        world.exists = false;
        world.subject = arena_printf(world.arena, "BYCRCNPA1C41H-FRGW%03d", n);
        open_case(&world, "regular",
                  LATE("shipped", "9900", "CNY", PROMISED("2026-11-20T09:59:59Z")));
        classify(&world, n == 2 ? "inquiry.product" : "logistics.lost", n == 2 ? "'question'" : "");
        claimed += world_count(&world, CLAIMED);
    }
    assert_int_equal(claimed, 1);
    world_close(&world);
}

/* Facts of last week prove no lateness of today; told again they do. */
static void needs_fresh_facts(void **unused) {
    (void)unused;
    static const char order[] = LATE("shipped", "9900", "CNY", PROMISED("2026-11-22T06:00:00Z"));
    struct world world;
    open_world(&world);
    open_case(&world, "regular", order);
    world.now_ms += 100 * HOUR_MS;
    classify(&world, "logistics.delayed", "");
    assert_int_equal(world_count(&world, CLAIMED), 0);
    world_event(&world, "case.repeated",
                "{'case_id':'" WORLD_CASE
                "','repeats':1,'channel':'im','customer':{'id':'c1','tier':'regular'},'order':%s,"
                "'text':'x'}",
                order);
    world_expect(&world, CLAIMED, "'late_seconds':374400");
    world_close(&world);
}

/* What brings nothing new is not kept, so it claims nothing either: that would be said again. */
static void says_it_once(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", LATE("shipped", "9900", "CNY", PROMISED("2026-11-20T09:59:59Z")));
    world_event(&world, "case.customer_replied",
                "{'case_id':'" WORLD_CASE
                "','channel':'im','customer':{'id':'c1','tier':'regular'},'text':'x'}");
    assert_true(world.unchanged);
    assert_int_equal(world.count, 0);
    classify(&world, "logistics.delayed", "");
    assert_int_equal(world_count(&world, CLAIMED), 1);
    world_close(&world);
}

#define ORDERED "settlement.ordered"

static int64_t sum_of(struct world *world, enum recovery_sum what, const char *carrier) {
    const char *key =
        recovery_sum_key(what, "carrier", carrier, "default", "CNY", "202611", world->arena);
    return world_claimed(world, key);
}

/* What the worker reads of its own words: with the next claims. */
static void say_again(struct world *world, const char *type, const char *more) {
    world_event(world, type,
                "{'case_id':'" WORLD_CASE
                "','order_id':'A1','party':'carrier','carrier':'SF','amount':{'currency':'CNY',"
                "'minor':5000},'settlement_id':'" WORLD_CASE
                ".recovery.carrier','claimed_at':'2026-11-22T10:00:00Z'%s}",
                more);
}
static void report(struct world *world, const char *type, const char *reference) {
    world_event(world, type,
                "{'case_id':'" WORLD_CASE "','settlement_id':'" WORLD_CASE
                ".recovery.carrier','reference':'%s'}",
                reference);
}

/* It is asked for once, with who owes it; what is reported is said, and summed in its month. */
static void is_settled(void **unused) {
    (void)unused;
    static const char late[] = ",'rule':'carrier late','late_seconds':172801";
    struct world world;
    open_world(&world);
    open_case(&world, "regular", LATE("shipped", "9900", "CNY", PROMISED("2026-11-20T09:59:59Z")));
    classify(&world, "logistics.delayed", "");
    world_expect(&world, CLAIMED, "'settlement_id':'" WORLD_CASE ".recovery.carrier'");
    world_expect(&world, ORDERED,
                 "'remedy':{'kind':'recovery_claim','amount':{'currency':'CNY','minor':5000}");
    world_expect(&world, ORDERED, "'split':{'carrier':{'currency':'CNY','minor':5000}}");
    assert_int_equal(sum_of(&world, RECOVERY_CLAIMED, NULL), 0);

    for (int i = 0; i < 2; i++) {
        say_again(&world, CLAIMED, late);
        assert_int_equal(sum_of(&world, RECOVERY_CLAIMED, NULL), 5000);
        assert_int_equal(sum_of(&world, RECOVERY_CLAIMED, "SF"), 5000);
    }
    report(&world, "settlement.failed", "refused");
    world_expect(&world, "compensation.recovery_failed", "'reference':'refused'");
    report(&world, "settlement.done", "paid-7");
    world_expect(&world, "compensation.recovery_settled", "'reference':'paid-7'");
    report(&world, "settlement.done", "paid-8");
    assert_int_equal(world.count, 0);
    report(&world, "settlement.failed", "too late");
    assert_int_equal(world.count, 0);

    assert_int_equal(sum_of(&world, RECOVERY_PAID, NULL), 0);
    for (int i = 0; i < 2; i++) {
        say_again(&world, "compensation.recovery_settled", ",'reference':'paid-7'");
        assert_int_equal(sum_of(&world, RECOVERY_PAID, NULL), 5000);
        assert_int_equal(sum_of(&world, RECOVERY_PAID, "SF"), 5000);
    }
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_what_is_due),   cmocka_unit_test(claims_of_each_party),
        cmocka_unit_test(claims_once_an_order), cmocka_unit_test(needs_fresh_facts),
        cmocka_unit_test(says_it_once),         cmocka_unit_test(is_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
