/* Unit tests of cohorts: who is warned, by whom it is opened, who is asked, and when it ends. */
#include "cohort_keys.h"
#include "cohort_world.h"

static struct cohort_world so;

static int set_up(void **state) {
    (void)state;
    world_open(&so, world_policy);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    world_close(&so);
    return 0;
}

static const char *name(const char *prefix, int number) {
    return arena_printf(so.arena, "%s%d", prefix, number);
}

/* The load of one truck, and orders beside it. */
static struct world_order fresh(int number) {
    return (struct world_order){.id = name("F", number),
                                .carrier = "SF",
                                .warehouse = "W1",
                                .lane = "HZ-SH",
                                .sku = "cherries",
                                .batch = "B-7",
                                .placed_at = so.now_ms - DAY_MS};
}

static void load_truck(int count) {
    for (int i = 1; i <= count; i++) {
        struct world_order order = fresh(i);
        world_order(&so, &order);
    }
}

static void update(int number, int status) {
    struct world_order order = fresh(number);
    order.status = status;
    world_order(&so, &order);
}

static void complain(int number, const char *class_name) {
    struct world_order order = fresh(number);
    world_complain(&so, &order, class_name, "");
}

static struct world_word truck_is_late(const char *by) {
    int64_t day = world_time("2026-11-22T00:00:00Z");
    return (struct world_word){.match = {.lane = "HZ-SH"},
                               .placed_from = day,
                               .placed_to = day + DAY_MS,
                               .class_name = "logistics.delayed",
                               .by = by};
}

static void confirm(struct world_word word) {
    world_say(&so, "cohort.confirmed", &word);
}

static void end(struct world_word word) {
    world_say(&so, "cohort.ended", &word);
}

static int warned(void) {
    return world_count(&so, "cohort.member_warned", NULL);
}

static int tokens(void) {
    return world_count(&so, "settlement.ordered", NULL);
}

static const struct cohort *only_cohort(const char *key) {
    const struct cohort_state *state = world_state(&so, world_at(&so, key));
    assert_int_equal(state->cohorts.count, 1);
    return state->cohorts.at;
}

/* ---- The fresh-food case ---- */

static void one_late_truck_warns_the_other_twenty_once(void **state) {
    (void)state;
    so.crash = true;
    load_truck(21);
    complain(7, "logistics.delayed");
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 0);
    confirm(truck_is_late("zhao"));
    world_pass(&so, HOUR_MS);

    assert_int_equal(world_count(&so, "cohort.opened", "'size':20"), 1);
    assert_int_equal(warned(), 20);
    assert_int_equal(tokens(), 20);
    for (int i = 1; i <= 21; i++) {
        assert_int_equal(world_warned(&so, name("F", i)), i != 7);
        assert_int_equal(world_tokens(&so, name("F", i)), i != 7);
    }
    assert_int_equal(world_count(&so, "settlement.ordered", "'minor':5000"), 20);
    assert_int_equal(world_count(&so, "settlement.ordered", "'customer_id':'c-F3'"), 1);
    confirm(truck_is_late("zhao"));
    confirm(truck_is_late("li"));
    world_pass(&so, 2 * DAY_MS);
    assert_int_equal(warned(), 20);
}

static void nobody_is_warned_twice_through_two_cohorts(void **state) {
    (void)state;
    load_truck(21);
    confirm(truck_is_late("zhao"));
    confirm((struct world_word){
        .match = {.batch = "B-7"}, .class_name = "quality.expired", .by = "zhao"});
    confirm((struct world_word){
        .match = {.carrier = "SF"}, .class_name = "logistics.stalled", .by = "zhao"});
    confirm((struct world_word){
        .match = {.lane = "HZ-SH"}, .class_name = "logistics.delayed", .by = "zhao"});
    world_pass(&so, DAY_MS);

    assert_int_equal(world_count(&so, "cohort.opened", NULL), 4);
    assert_int_equal(warned(), 21);
    for (int i = 1; i <= 21; i++) assert_int_equal(world_warned(&so, name("F", i)), 1);
}

static void who_has_a_case_elsewhere_is_not_warned(void **state) {
    (void)state;
    load_truck(3);
    world_case_opened(&so, "F2"); /* by a complaint that named nothing but the order */
    confirm(truck_is_late("zhao"));
    world_pass(&so, HOUR_MS);
    assert_int_equal(world_warned(&so, "F2"), 0);
    assert_int_equal(warned(), 2);
}

static void who_complains_before_the_warning_is_not_warned(void **state) {
    (void)state;
    load_truck(3);
    confirm(truck_is_late("zhao"));
    complain(1, "logistics.delayed"); /* read before the wake-up fires */
    world_pass(&so, HOUR_MS);
    assert_int_equal(world_warned(&so, "F1"), 0);
    assert_int_equal(warned(), 2);
}

static void only_orders_at_risk_are_warned(void **state) {
    (void)state;
    static const struct {
        int status;
        int late, bad; /* whether a class of logistics, of quality warns it */
    } rows[] = {
        {ORDER_CREATED, 1, 0},   {ORDER_PAID, 1, 1},      {ORDER_PACKED, 1, 1},
        {ORDER_SHIPPED, 1, 1},   {ORDER_DELIVERED, 0, 1}, {ORDER_SIGNED, 0, 1},
        {ORDER_CANCELLED, 0, 0},
    };

    for (size_t i = 0; i < LENGTH(rows); i++)
        for (int bad = 0; bad < 2; bad++) {
            struct world_word word = truck_is_late("zhao");
            if (bad) word.class_name = "quality.expired";
            world_close(&so);
            world_open(&so, world_policy);
            update(1, rows[i].status);
            confirm(word);
            world_pass(&so, HOUR_MS);
            assert_int_equal(warned(), bad ? rows[i].bad : rows[i].late);
            assert_int_equal(tokens(), bad ? 0 : rows[i].late);
        }
}

static void all_that_a_match_names_must_hold(void **state) {
    (void)state;
    static const struct {
        struct cohort_match match;
        int warned;
    } rows[] = {
        {{.carrier = "SF"}, 3},
        {{.carrier = "SF", .warehouse = "W1"}, 2},
        {{.carrier = "YTO", .warehouse = "W1"}, 1},
        {{.carrier = "YTO", .lane = "HZ-SH"}, 0},
        {{.sku = "cherries", .carrier = "SF"}, 2},
        {{.sku = "cherries", .batch = "B-7"}, 1},
        {{.warehouse = "W3"}, 0},
    };
    static const struct world_order orders[] = {
        {.id = "A", .carrier = "SF", .warehouse = "W1", .lane = "HZ-SH", .sku = "cherries"},
        {.id = "B", .carrier = "SF", .warehouse = "W1", .sku = "cherries", .batch = "B-7"},
        {.id = "C", .carrier = "SF", .warehouse = "W2", .sku = "figs"},
        {.id = "D", .carrier = "YTO", .warehouse = "W1", .sku = "figs"},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        world_close(&so);
        world_open(&so, world_policy);
        for (size_t k = 0; k < LENGTH(orders); k++) world_order(&so, &orders[k]);
        confirm((struct world_word){
            .match = rows[i].match, .class_name = "logistics.delayed", .by = "zhao"});
        world_pass(&so, HOUR_MS);
        if (warned() != rows[i].warned) fail_msg("row %zu: %d", i, warned());
    }
}

/* ---- By the rate ---- */

static void unusually_many_complaints_open_a_cohort_once(void **state) {
    (void)state;
    load_truck(60);
    for (int i = 1; i <= 12; i++) complain(i, "logistics.delayed");
    const struct cohort *cohort = only_cohort(TRUCK);

    assert_int_equal(cohort->status, COHORT_OPEN);
    assert_true(cohort->complaints >= 3 && cohort->chance <= 0.0001);
    assert_string_equal(cohort->match->lane, "HZ-SH");
    assert_int_equal(cohort->placed_to - cohort->placed_from, DAY_MS);
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 48);
    for (int i = 1; i <= 12; i++) assert_int_equal(world_warned(&so, name("F", i)), 0);
    assert_int_equal(world_count(&so, "cohort.opened", "'lane':'HZ-SH','placed"), 0);
}

/* Each row: complaints of `class_name` with `flags` about different orders of sixty. */
static void what_does_not_open_a_cohort(void **state) {
    (void)state;
    static const struct {
        const char *why, *class_name, *flags;
        int complaints;
        bool same_order;
    } rows[] = {
        {"too few to be told from chance", "logistics.delayed", "", 3, false},
        {"questions", "logistics.delayed", "\"question\"", 12, false},
        {"no class that a rule names", "order.cancel", "", 12, false},
        {"one order again and again", "logistics.delayed", "", 12, true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        world_close(&so);
        world_open(&so, world_policy);
        load_truck(60);
        for (int k = 1; k <= rows[i].complaints; k++) {
            struct world_order order = fresh(rows[i].same_order ? 1 : k);
            world_complain(&so, &order, rows[i].class_name, rows[i].flags);
        }
        world_pass(&so, HOUR_MS);
        if (world_count(&so, "cohort.opened", NULL) != 0) fail_msg("%s", rows[i].why);
        assert_int_equal(warned(), 0);
    }
}

static void groups_are_counted_apart(void **state) {
    (void)state;
    load_truck(60);
    for (int i = 1; i <= 8; i++) complain(i, i % 2 ? "logistics.delayed" : "quality.expired");
    int apart = world_count(&so, "cohort.opened", NULL);
    for (int i = 9; i <= 20; i++) complain(i, "logistics.stalled");
    assert_int_equal(apart, 0);
    assert_true(world_count(&so, "cohort.opened", "logistics") > 0);
    assert_int_equal(world_count(&so, "cohort.opened", "quality"), 0);
}

/* ---- Who is asked ---- */

static void a_large_cohort_waits_for_another_person(void **state) {
    (void)state;
    load_truck(80); /* 250 000 buys 50 tokens */
    confirm(truck_is_late("zhao"));
    world_pass(&so, HOUR_MS);
    assert_int_equal(only_cohort(TRUCK)->status, COHORT_WAITING);
    assert_int_equal(only_cohort(TRUCK)->members, 80);
    assert_int_equal(world_state(&so, world_at(&so, TRUCK))->waits_since, only_cohort(TRUCK)->at);
    confirm(truck_is_late("zhao")); /* not the same person */
    world_pass(&so, HOUR_MS);
    assert_int_equal(so.count, 0);

    confirm(truck_is_late("li"));
    world_pass(&so, HOUR_MS);
    assert_int_equal(world_count(&so, "cohort.opened", "'size':80"), 1);
    assert_int_equal(warned(), 80);
    assert_int_equal(tokens(), 80);
}

static void without_a_token_only_people_count(void **state) {
    (void)state;
    struct world_word word = truck_is_late("zhao");
    word.class_name = "quality.expired";
    load_truck(60);
    confirm(word);
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 60);
    assert_int_equal(tokens(), 0);
}

static void one_that_grows_too_large_waits_again(void **state) {
    (void)state;
    load_truck(50);
    confirm(truck_is_late("zhao"));
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 50);
    update(51, ORDER_SHIPPED);
    world_pass(&so, HOUR_MS);
    assert_int_equal(only_cohort(TRUCK)->status, COHORT_WAITING);
    assert_int_equal(warned(), 50);
    confirm(truck_is_late("li"));
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 51);
    assert_int_equal(world_count(&so, "cohort.opened", NULL), 1);
}

static void one_that_is_not_whole_waits(void **state) {
    (void)state;
    for (int i = 1; i <= 100; i++) {
        struct world_order order = fresh(i);
        order.carrier = i <= 90 ? "YTO" : "SF";
        world_order(&so, &order);
    }
    struct world_word word = truck_is_late("zhao");
    word.match.carrier = "SF";
    confirm(word);
    world_pass(&so, HOUR_MS);
    assert_int_equal(only_cohort(TRUCK)->status, COHORT_WAITING);
    word.by = "li";
    confirm(word);
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 10);
}

/* An order that was let go for room and comes back was warned all the same. */
static void one_that_comes_back_is_not_warned_again(void **state) {
    (void)state;
    load_truck(20);
    confirm(truck_is_late("zhao"));
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 20);
    for (int i = 1000; i < 1100; i++) update(i, ORDER_DELIVERED);
    assert_int_equal(world_state(&so, world_at(&so, TRUCK))->orders.count, 80);
    load_truck(20);
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 20);
    assert_int_equal(tokens(), 20);
}

/* ---- Joining and ending ---- */

static void orders_that_join_later_are_warned(void **state) {
    (void)state;
    load_truck(5);
    confirm(truck_is_late("zhao"));
    world_pass(&so, HOUR_MS);
    update(6, ORDER_PAID);
    world_pass(&so, HOUR_MS);
    assert_int_equal(world_warned(&so, "F6"), 1);
    assert_int_equal(warned(), 6);
}

static void by_policy_at_their_hand_over(void **state) {
    (void)state;
    char policy[sizeof world_policy + 10];
    const char *cut = strstr(world_policy, "at_once");
    snprintf(policy, sizeof policy, "%.*shand_over%s", (int)(cut - world_policy), world_policy,
             cut + 7);
    world_close(&so);
    world_open(&so, policy);
    update(5, ORDER_PAID); /* there before the cohort: at once */
    confirm(truck_is_late("zhao"));
    world_pass(&so, HOUR_MS);
    assert_int_equal(world_warned(&so, "F5"), 1);
    update(6, ORDER_PAID);
    world_pass(&so, HOUR_MS);
    assert_int_equal(world_warned(&so, "F6"), 0);
    update(6, ORDER_SHIPPED);
    world_pass(&so, HOUR_MS);
    assert_int_equal(world_warned(&so, "F6"), 1);
}

static void it_closes_when_somebody_says_so(void **state) {
    (void)state;
    load_truck(5);
    confirm(truck_is_late("zhao"));
    world_pass(&so, HOUR_MS);
    end(truck_is_late("li"));
    end(truck_is_late("li"));
    assert_int_equal(world_count(&so, "cohort.closed", "'size':5"), 1);
    update(6, ORDER_PAID);
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 5);
    confirm(truck_is_late("zhao")); /* another cohort: for those that are left */
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 6);
}

static void it_closes_by_time(void **state) {
    (void)state;
    load_truck(5);
    confirm(truck_is_late("zhao"));
    world_pass(&so, 2 * DAY_MS);
    confirm(truck_is_late("zhao")); /* still so: three days more */
    world_pass(&so, 2 * DAY_MS);
    assert_int_equal(world_count(&so, "cohort.closed", NULL), 0);
    world_pass(&so, DAY_MS);
    assert_int_equal(world_count(&so, "cohort.closed", NULL), 1);
    update(6, ORDER_PAID);
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 5);
}

static void one_that_waits_is_put_away_in_silence(void **state) {
    (void)state;
    load_truck(80);
    confirm(truck_is_late("zhao"));
    end(truck_is_late("li"));
    world_pass(&so, 4 * DAY_MS);
    assert_int_equal(so.count, 0);
}

/* What a cohort explained is not counted as usual, nor again. */
static void explained_complaints_open_nothing_again(void **state) {
    (void)state;
    load_truck(60);
    for (int i = 1; i <= 12; i++) complain(i, "logistics.delayed");
    int opened = world_count(&so, "cohort.opened", NULL);
    assert_true(opened > 0);
    world_pass(&so, 3 * DAY_MS + HOUR_MS);
    assert_int_equal(world_count(&so, "cohort.closed", NULL), opened);
    for (int i = 13; i <= 14; i++) complain(i, "logistics.delayed");
    assert_int_equal(world_count(&so, "cohort.opened", NULL), opened);
}

/* ---- Order of facts, room and end ---- */

static void an_older_fact_changes_nothing(void **state) {
    (void)state;
    update(1, ORDER_SIGNED);
    so.event_age_ms = HOUR_MS; /* said an hour before, heard now */
    update(1, ORDER_SHIPPED);
    confirm(truck_is_late("zhao"));
    world_pass(&so, HOUR_MS);
    assert_int_equal(warned(), 0);
}

static void all_is_forgotten_in_the_end(void **state) {
    (void)state;
    load_truck(21);
    complain(3, "logistics.delayed");
    confirm(truck_is_late("zhao"));
    world_pass(&so, 400 * DAY_MS);
    assert_int_equal(warned(), 20);
    for (int i = 0; i < so.state_count; i++) {
        assert_false(so.states[i].exists);
        assert_int_equal(so.states[i].wake_at, 0);
    }
}

static void what_cannot_be_read_is_rejected(void **state) {
    (void)state;
    static const struct {
        const char *key, *type, *data, *reason, *detail;
    } rows[] = {
        {"default", "order.complained", "{'case_id':'x','order_id':'A'}", "bad_value", "key"},
        {"default\x1f"
         "moon\x1f"
         "x",
         "order.complained", "{'case_id':'x','order_id':'A'}", "bad_value", "key"},
        {"default\x1f"
         "day\x1f"
         "x",
         "order.complained", "{'case_id':'x','order_id':'A'}", "bad_value", "key"},
        {"\x1f"
         "lane\x1f"
         "x",
         "order.complained", "{'case_id':'x','order_id':'A'}", "bad_value", "key"},
        {LANE, "order.complained", "{'order_id':'A'}", "missing_field", "case_id"},
        {LANE, "order.updated", "{'order':{'id':'A'}}", "missing_field", "status"},
        {LANE, "cohort.confirmed", "{'match':{'lane':'HZ-SH'},'class':'inquiry.price','by':'z'}",
         "bad_value", "rule of cohort.yaml"},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        world_record(&so, rows[i].key, rows[i].type, name("r-", (int)i), so.now_ms, rows[i].data);
        assert_int_equal(so.result, REJECT);
        assert_string_equal(so.rejection.reason, rows[i].reason);
        if (!strstr(so.rejection.detail, rows[i].detail)) fail_msg("%s", so.rejection.detail);
        assert_false(world_at(&so, rows[i].key)->exists);
    }
}

static void long_order_ids_fit(void **state) {
    (void)state;
    char *id = arena_alloc(so.arena, 129);
    memset(id, 'x', 128);
    world_order(&so, &(struct world_order){.id = id, .carrier = "SF"});
    confirm((struct world_word){
        .match = {.carrier = "SF"}, .class_name = "logistics.delayed", .by = "zhao"});
    world_pass(&so, HOUR_MS);
    assert_int_equal(tokens(), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(one_late_truck_warns_the_other_twenty_once),
        TEST(nobody_is_warned_twice_through_two_cohorts),
        TEST(who_has_a_case_elsewhere_is_not_warned),
        TEST(who_complains_before_the_warning_is_not_warned),
        TEST(only_orders_at_risk_are_warned),
        TEST(all_that_a_match_names_must_hold),
        TEST(unusually_many_complaints_open_a_cohort_once),
        TEST(what_does_not_open_a_cohort),
        TEST(groups_are_counted_apart),
        TEST(a_large_cohort_waits_for_another_person),
        TEST(without_a_token_only_people_count),
        TEST(one_that_grows_too_large_waits_again),
        TEST(one_that_is_not_whole_waits),
        TEST(one_that_comes_back_is_not_warned_again),
        TEST(orders_that_join_later_are_warned),
        TEST(by_policy_at_their_hand_over),
        TEST(it_closes_when_somebody_says_so),
        TEST(it_closes_by_time),
        TEST(one_that_waits_is_put_away_in_silence),
        TEST(explained_complaints_open_nothing_again),
        TEST(an_older_fact_changes_nothing),
        TEST(all_is_forgotten_in_the_end),
        TEST(what_cannot_be_read_is_rejected),
        TEST(long_order_ids_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
