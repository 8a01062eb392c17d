/* A message on which nobody reports has an end: the next channel, and behind the last one a person.
 * Only a wake-up ends it, for that has proof that no report lies unread. */
#include "notification_world.h"

#include "base/ids.h"

#define WITHIN    (26 * HOUR_MS)
#define DONE_(id) "{" IN_CASE ",'notification_id':'" id "'}"
#define REFUND    ONE("'kind':'refund','amount':{'currency':'CNY','minor':29900}")

static void set_within(struct world *world, int64_t within) {
    ((struct message_policy *)world->version.policy)->report_within = within;
}

static void delivered_policy_has_one(void **unused) {
    (void)unused;
    struct world world;
    world_open(&world, &notification_spec, POLICY);
    assert_int_equal(((const struct message_policy *)world.version.policy)->report_within, WITHIN);
    world_close(&world);
}

static void begin_waiting(struct world *world, const char *customer) {
    open_with(world, "im", customer);
    set_within(world, WITHIN);
    classify_as(world, "logistics.delayed", "P1", ""); /* told at any hour, and no department */
    acknowledge(world);
}

static void other_channels_then_a_person(void **unused) {
    (void)unused;
    static const char *const next[][2] = {{ACK, "sms"}, {ACK ".2", "email"}};
    char wanted[128];
    struct world world;
    begin_waiting(&world, ZHANG);
    for (size_t i = 0; i < LENGTH(next); i++) {
        assert_int_equal(world.wake_at, world.now_ms + WITHIN);
        world_wake(&world, world.wake_at);
        snprintf(wanted, sizeof wanted, "'notification_id':'%s'", next[i][0]);
        world_expect(&world, "notification.failed", wanted);
        world_expect(&world, "notification.failed", "'reason':'no_report'");
        expect_told(&world, "customer", next[i][1]);
    }
    world_wake(&world, world.wake_at);
    assert_null(told(&world, "customer"));
    expect_told(&world, "supervisor", "没有收到送达回报");
    /* Nor does the supervisor's gateway say anything: that is the end. */
    world_wake(&world, world.wake_at);
    world_expect(&world, "notification.failed", "'audience':'supervisor'");
    assert_int_equal(world_count(&world, "delivery.requested"), 0);
    assert_int_equal(world.wake_at, 0);
    world_close(&world);
}

static void a_report_in_time_ends_it(void **unused) {
    (void)unused;
    struct world world;
    begin_waiting(&world, ZHANG);
    world.now_ms = world.wake_at - 1;
    world_event(&world, "delivery.done", DONE_(ACK));
    world_expect(&world, "notification.delivered", ACK);
    assert_int_equal(world.wake_at, 0);
    world_close(&world);
}

/* What is read after a long downtime holds the report that came in time. */
static void only_a_wake_up_ends_it(void **unused) {
    (void)unused;
    struct world world;
    begin_waiting(&world, ZHANG);
    world.now_ms += 2 * WITHIN;
    world_event(&world, "case.assessed", "{" IN_CASE ",'finding':'x','by':'lab'}");
    assert_int_equal(world_count(&world, "notification.failed"), 0);
    world_event(&world, "delivery.done", DONE_(ACK));
    world_expect(&world, "notification.delivered", ACK);
    world_close(&world);
}

/* Who reports when the next channel has been taken changes nothing. */
static void a_late_report_changes_nothing(void **unused) {
    (void)unused;
    struct world world;
    begin_waiting(&world, ZHANG);
    world_wake(&world, world.wake_at);
    world_event(&world, "delivery.done", DONE_(ACK));
    assert_true(world.unchanged);
    world_event(&world, "delivery.done", DONE_(ACK ".2"));
    world_expect(&world, "notification.delivered", ACK ".2");
    world_close(&world);
}

static void nobody_is_woken_for_it(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    classify_as(&world, "logistics.delayed", "P3", "");
    acknowledge(&world);
    world_event(&world, "delivery.done", DONE_(ACK));
    set_within(&world, 11 * HOUR_MS);
    approve(&world, REFUND);
    world_wake(&world, world.wake_at); /* five in the morning, in Shanghai */
    world_expect(&world, "notification.failed", "'reason':'no_report'");
    assert_null(told(&world, "customer"));
    assert_int_equal(world.wake_at, world_time("2026-11-23T00:00:00Z"));
    world_wake(&world, world.wake_at);
    expect_told(&world, "customer", "+8613812341234");
    world_close(&world);
}

/* Those that were under way before the policy had such a time get one with the next event. */
static void older_messages_end_too(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    assert_int_equal(world.wake_at, 0);
    set_within(&world, WITHIN);
    world_event(&world, "case.assessed", "{" IN_CASE ",'finding':'x','by':'lab'}");
    assert_int_equal(world.wake_at, world.now_ms + WITHIN);
    world_close(&world);
}

/* More than a case may have under way: the oldest is given up, and a person hears of it. */
static void the_oldest_makes_room(void **unused) {
    (void)unused;
    struct world world;
    int failed = 0;
    int told_of = 0;
    begin_waiting(&world, ZHANG);
    for (int i = 0; i < 2 * NOTIFICATION_PENDING_MAX; i++) {
        world_event(&world, "task.started", "{" IN_CASE ",'task':'inspection','by':'lab%d'}", i);
        failed += world_count(&world, "notification.failed");
        told_of += told(&world, "supervisor") != NULL;
        const struct notification_state *state = world_state(&world);
        assert_in_range(state->pending.count, 1, NOTIFICATION_PENDING_MAX);
    }
    assert_true(failed >= NOTIFICATION_PENDING_MAX);
    assert_true(told_of > 0);
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivered_policy_has_one),
        cmocka_unit_test(other_channels_then_a_person),
        cmocka_unit_test(a_report_in_time_ends_it),
        cmocka_unit_test(only_a_wake_up_ends_it),
        cmocka_unit_test(a_late_report_changes_nothing),
        cmocka_unit_test(nobody_is_woken_for_it),
        cmocka_unit_test(older_messages_end_too),
        cmocka_unit_test(the_oldest_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
