/* A customer is erased: nothing of him is left in the state, nothing more is written to him, and the
 * log says what was blanked; what comes behind it from before brings nothing back, what he says
 * afterwards does. */
#include "notification_world.h"

#define ERASED(id)    "{'tenant':'default','customer_id':'" id "'}"
#define ZHANG_IS_HERE "张伟", "13812341234", "zhang@example.com", "'c1'", "v-77"
#define REFUND        ONE("'kind':'refund','amount':{'currency':'CNY','minor':29900}")

static void open_chat(struct world *world) {
    open_with(world, "im", ZHANG "},'conversation':'v-77','x':{'y':1");
}

/* Nothing of him stands in the state, whatever field it would be. */
static bool is_in_state(struct world *world) {
    static const char *const traces[] = {ZHANG_IS_HERE};
    for (int i = 0; i < world->pairs.count; i++)
        for (size_t j = 0; j < LENGTH(traces); j++) {
            const struct pair *pair = &world->pairs.at[i];
            const char *value = arena_strndup(world->arena, pair->value, pair->value_len);
            if (strcmp(value, "c1") == 0 || strstr(value, traces[j])) return true;
        }
    return false;
}

static void state_is_blanked(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    classify_as(&world, "logistics.delayed", "P3", "");
    acknowledge(&world);
    assert_true(is_in_state(&world));
    world_event(&world, "customer.erased", ERASED("c1"));
    assert_false(is_in_state(&world));
    assert_int_equal(world.count, 1);
    world_expect(&world, "case.erased", "'by':'redress-notification'");
    world_expect(&world, "case.erased", "'fields':['customer_id','name','phone','email']");
    world_expect(&world, "case.erased", "'clear_by':'2026-12-23T10:00:00Z'");
    assert_string_equal(world.outputs[0].subject, WORLD_CASE);
    /* Once more: nothing is left, nothing is said. */
    world_event(&world, "customer.erased", ERASED("c1"));
    assert_true(world.unchanged);
    assert_int_equal(world.count, 0);
    world_close(&world);
}

/* Another customer, and the same id of another tenant. */
static void others_stay(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "customer.erased", ERASED("c2"));
    assert_true(world.unchanged);
    world_event(&world, "customer.erased", "{'tenant':'other','customer_id':'c1'}");
    assert_true(world.unchanged);
    assert_true(is_in_state(&world));
    world_close(&world);
}

/* What waits for the morning or for a retry is not said; the log says so. */
static void nothing_more_is_said(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "delivery.failed",
                "{" IN_CASE ",'notification_id':'" ACK "','reason':'busy','temporary':true}");
    world.now_ms = world_time("2026-11-22T15:00:00Z"); /* eleven at night in Shanghai */
    approve(&world, REFUND);
    assert_null(told(&world, "customer"));
    world_event(&world, "customer.erased", ERASED("c1"));
    assert_int_equal(world_count(&world, "notification.suppressed"), 2);
    world_expect(&world, "case.erased", "'messages':2");
    assert_int_equal(world_count(&world, "delivery.requested"), 0);
    assert_int_equal(world.wake_at, 0);
    world.now_ms = world_time("2026-11-23T02:00:00Z");
    world_event(&world, "compensation.chosen", PROPOSAL ",'option':'A'}");
    world_expect(&world, "notification.suppressed", "'reason':'erased'");
    /* Colleagues go on; they do not see whom it is about. */
    world_event(&world, "case.assigned", "{" IN_CASE ",'to':'li'}");
    expect_body(&world, "顾客 未知");
    world_close(&world);
}

/* One that is under way is not said once more elsewhere. */
static void no_other_channel_is_taken(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "customer.erased", ERASED("c1"));
    world_event(&world, "delivery.failed",
                "{" IN_CASE ",'notification_id':'" ACK "','reason':'x'}");
    world_expect(&world, "notification.suppressed", "'reason':'erased'");
    assert_int_equal(world_count(&world, "delivery.requested"), 0);
    world_close(&world);
}

/* The day after there is nobody to be asked. */
static void nobody_is_asked(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
    world_event(&world, "customer.erased", ERASED("c1"));
    assert_int_equal(world.wake_at, 0);
    world_close(&world);
}

#define AGAIN                                                                                      \
    "{" IN_CASE ",'text':'x','channel':'im','conversation':'v-77','customer':{'id':'c1','tier':"   \
    "'vip'" ZHANG "}}"

static void orders_of_events(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world.now_ms += HOUR_MS;
    world_event(&world, "customer.erased", ERASED("c1"));
    /* Said before, come behind it. */
    world.event_age_ms = HOUR_MS / 2;
    world.now_ms += HOUR_MS / 4;
    world_event(&world, "case.customer_replied", AGAIN);
    assert_false(is_in_state(&world));
    /* Said afterwards: he wants to be written to again. */
    world.event_age_ms = 0;
    world_event(&world, "case.customer_replied", AGAIN);
    assert_true(is_in_state(&world));
    world_event(&world, "task.started", "{" IN_CASE ",'task':'inspection','by':'lab'}");
    assert_non_null(told(&world, "customer"));
    /* And may be erased again. */
    world_event(&world, "customer.erased", ERASED("c1"));
    assert_false(is_in_state(&world));
    world_close(&world);
}

/* A case that is opened by what was said before: intake has taken away the rest, and says why. */
static void a_late_complaint_brings_nobody(void **unused) {
    (void)unused;
    struct world world;
    open_with(&world, "im",
              ",'erased_at':'2026-11-22T11:00:00Z'},'conversation':'v-77','x':{'y':1");
    assert_false(is_in_state(&world));
    classify_as(&world, "logistics.delayed", "P3", "");
    acknowledge(&world);
    world_expect(&world, "notification.suppressed", "'reason':'erased'");
    world_close(&world);
}

static void chats_go_too(void **unused) {
    (void)unused;
    struct world world;
    open_chat(&world);
    assert_true(is_in_state(&world));
    world_event(&world, "customer.erased", ERASED("c1"));
    assert_false(is_in_state(&world));
    world_close(&world);
}

/* A report that changes nothing says nothing: else what waits would be said now and once more when
 * its time comes. */
static void what_changes_nothing_sends_nothing(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world.now_ms = world_time("2026-11-22T15:00:00Z");
    approve(&world, REFUND);
    assert_int_equal(world.wake_at, world_time("2026-11-23T00:00:00Z"));
    world.now_ms = world.wake_at + 1;
    world_event(&world, "delivery.done", "{" IN_CASE ",'notification_id':'nobody.1'}");
    assert_true(world.unchanged);
    assert_int_equal(world.count, 0);
    world_wake(&world, world.now_ms);
    assert_non_null(told(&world, "customer"));
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_is_blanked),
        cmocka_unit_test(others_stay),
        cmocka_unit_test(nothing_more_is_said),
        cmocka_unit_test(no_other_channel_is_taken),
        cmocka_unit_test(nobody_is_asked),
        cmocka_unit_test(orders_of_events),
        cmocka_unit_test(a_late_complaint_brings_nobody),
        cmocka_unit_test(chats_go_too),
        cmocka_unit_test(what_changes_nothing_sends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
