/* What was chosen and is not done in its time: ordered again under the same id, then people are
 * told; what is done is never ordered again, whatever becomes of the rest. */
#include "compensation_world.h"

#define OPENED "2026-11-22T10:00:00Z"

static int64_t after(int hours) {
    return world_time(OPENED) + hours * HOUR_MS;
}

/* Two settlements: a reissue and a coupon. */
static void choose_two(struct world *world) {
    open_approved(world);
    choose(world, P1, "A");
    assert_int_equal(world_count(world, "settlement.ordered"), 2);
}

/* The one order of the last step is of this settlement, for the how manieth time. */
static void expect_again(const struct world *world, const char *settlement, int attempt) {
    char text[80];
    world_expect(world, "settlement.ordered", settlement);
    snprintf(text, sizeof text, "\"attempt\":%d", attempt);
    world_expect(world, "settlement.ordered", text);
    snprintf(text, sizeof text, "%s.again.%d", settlement, attempt);
    assert_string_equal(world_find(world, "settlement.ordered")->id, text);
}

static void goes_up_the_ladder(void **unused) {
    (void)unused;
    struct world world;
    choose_two(&world);
    assert_int_equal(world.wake_at, after(4));
    settle(&world, "settlement.done", P1 ".1");
    expect_status(&world, "settling");
    static const struct {
        int hours, attempt;
        const char *role;
    } steps[] = {{4, 2, NULL}, {12, 3, NULL}, {24, 0, "'finance'"}, {48, 0, "'manager'"}};
    for (size_t i = 0; i < LENGTH(steps); i++) {
        assert_int_equal(world.wake_at, after(steps[i].hours));
        world_wake(&world, world.wake_at);
        assert_int_equal(world.count, 1);
        if (steps[i].attempt) {
            expect_again(&world, P1 ".2", steps[i].attempt);
        } else {
            world_expect(&world, "compensation.escalated", steps[i].role);
            world_expect(&world, "compensation.escalated", "'reason':'not settled'");
            world_expect(&world, "compensation.escalated", "'settlement_id':'" P1 ".2'");
        }
        expect_status(&world, "settling");
    }
    assert_int_equal(world.wake_at, 0);
    settle(&world, "settlement.done", P1 ".2");
    expect_status(&world, "settled");
    world_close(&world);
}

/* Only the part that failed is tried again; that it failed is told once. */
static void tries_what_failed_again(void **unused) {
    (void)unused;
    struct world world;
    choose_two(&world);
    settle(&world, "settlement.done", P1 ".1");
    settle(&world, "settlement.failed", P1 ".2");
    world_expect(&world, "compensation.failed", P1 ".2");
    expect_status(&world, "failed");
    world_wake(&world, after(4));
    expect_again(&world, P1 ".2", 2);
    expect_status(&world, "settling");
    settle(&world, "settlement.failed", P1 ".2");
    assert_int_equal(world.count, 0);
    expect_status(&world, "failed");
    world_wake(&world, after(12));
    expect_again(&world, P1 ".2", 3);
    settle(&world, "settlement.done", P1 ".2");
    world_expect(&world, "compensation.settled", P1 ".1");
    expect_status(&world, "settled");
    assert_int_equal(world.wake_at, 0);
    world_close(&world);
}

/* The answers of a gateway that timed out after accepting: late, twice, in any order. */
static void takes_late_answers(void **unused) {
    (void)unused;
    struct world world;
    choose_two(&world);
    world_wake(&world, after(4)); /* the coupon; what has to be sent has 3 days */
    expect_again(&world, P1 ".2", 2);
    assert_int_equal(world_count(&world, "settlement.ordered"), 1);
    settle(&world, "settlement.done", P1 ".2");
    world_wake(&world, after(72));
    expect_again(&world, P1 ".1", 2);
    settle(&world, "settlement.done", P1 ".1");
    world_expect(&world, "compensation.settled", P1 ".1");
    static const char *const late[] = {"settlement.failed", "settlement.done", "settlement.failed"};
    for (size_t i = 0; i < LENGTH(late); i++) {
        settle(&world, late[i], P1 ".1");
        assert_true(world.unchanged);
    }
    world_wake(&world, after(100));
    assert_int_equal(world.count, 0);
    expect_status(&world, "settled");
    world_close(&world);
}

/* Slept through all of it: ordered again once, and both are told. */
static void catches_up(void **unused) {
    (void)unused;
    struct world world;
    open_approved(&world);
    choose(&world, P1, "B");
    world_wake(&world, after(200));
    assert_int_equal(world_count(&world, "settlement.ordered"), 1);
    assert_int_equal(world_count(&world, "compensation.escalated"), 2);
    assert_int_equal(world.wake_at, 0);
    world_close(&world);
}

/* The settlement of an earlier proposal is watched beside the one at hand; a closed case is kept
 * while something of it will be tried again. */
static void watches_all_of_them(void **unused) {
    (void)unused;
    struct world world;
    open_approved(&world);
    choose(&world, P1, "A");
    settle(&world, "settlement.done", P1 ".2");
    request(&world, "li", "1000");
    world_event(&world, "case.closed", "{'case_id':'" WORLD_CASE "','by':'li'}");
    world_wake(&world, after(72));
    expect_again(&world, P1 ".1", 2);
    world_expect(&world, "settlement.ordered", "'proposal_id':'" P1 "'");
    settle(&world, "settlement.failed", P1 ".1");
    world_expect(&world, "compensation.failed", P1);
    assert_int_equal(world.wake_at, after(7 * 24));
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_up_the_ladder),  cmocka_unit_test(tries_what_failed_again),
        cmocka_unit_test(takes_late_answers),  cmocka_unit_test(catches_up),
        cmocka_unit_test(watches_all_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
