/* The life of a message: requested, then delivered or failed; what failed for now is tried again
 * after growing pauses, then on another channel, then a person is told. Reports that come twice,
 * late or about nobody's message change nothing. */
#include "notification_world.h"

#define FAILED(id)  "{" IN_CASE ",'notification_id':'" id "','reason':'offline'}"
#define FOR_NOW(id) "{" IN_CASE ",'notification_id':'" id "','reason':'busy','temporary':true}"
#define DONE_(id)   "{" IN_CASE ",'notification_id':'" id "'}"
#define REFUND      ONE("'kind':'refund','amount':{'currency':'CNY','minor':29900}")

static void pauses_grow(void **unused) {
    (void)unused;
    static const struct {
        const char *fails;
        int minutes;
        const char *next, *channel;
    } tries[] = {
        {FOR_NOW(ACK), 1, ACK ".2", "im"},        {FOR_NOW(ACK ".2"), 10, ACK ".3", "im"},
        {FOR_NOW(ACK ".3"), 60, ACK ".4", "im"},  {FOR_NOW(ACK ".4"), 0, ACK ".5", "sms"},
        {FOR_NOW(ACK ".5"), 1, ACK ".6", "sms"}, /* each channel anew */
        {FAILED(ACK ".6"), 0, ACK ".7", "email"},
    };
    struct world world;
    open_case(&world);
    acknowledge(&world);
    for (size_t i = 0; i < LENGTH(tries); i++) {
        char wanted[128];
        int64_t failed_at = world.now_ms;
        world_event(&world, "delivery.failed", "%s", tries[i].fails);
        assert_int_equal(world_count(&world, "notification.failed"), 1);
        if (tries[i].minutes) {
            assert_int_equal(world_count(&world, "delivery.requested"), 0);
            assert_int_equal(world.wake_at, failed_at + tries[i].minutes * 60000);
            world_wake(&world, world.wake_at);
        }
        snprintf(wanted, sizeof wanted, "'notification_id':'%s','channel':'%s'", tries[i].next,
                 tries[i].channel);
        world_expect(&world, "notification.requested", wanted);
        expect_body(&world, "张伟，您好");
    }
    world_event(&world, "delivery.failed", FAILED(ACK ".7"));
    expect_told(&world, "supervisor", "消息未能送达（offline）");
    assert_int_equal(world.wake_at, 0);
    world_close(&world);
}

/* Twice, late, and about nobody's message. */
static void reports_count_once(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "delivery.failed", FOR_NOW(ACK));
    world_event(&world, "delivery.failed", FOR_NOW(ACK));
    assert_true(world.unchanged);
    world_wake(&world, world.wake_at);
    world_event(&world, "delivery.done", DONE_(ACK)); /* late: of the first attempt */
    assert_true(world.unchanged);
    world_event(&world, "delivery.done", DONE_(ACK ".2"));
    world_expect(&world, "notification.delivered", ACK ".2");
    static const char *const again[] = {DONE_(ACK ".2"), DONE_("nobody.1"), DONE_(ACK ".3")};
    for (size_t i = 0; i < LENGTH(again); i++) {
        world_event(&world, "delivery.done", "%s", again[i]);
        assert_true(world.unchanged);
        world_event(&world, "delivery.failed", "%s", again[i]);
        assert_true(world.unchanged);
    }
    world_close(&world);
}

/* It had arrived after all: the customer does not hear it twice. */
static void what_arrived_is_not_sent_again(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "delivery.failed", FOR_NOW(ACK));
    world_event(&world, "delivery.done", DONE_(ACK));
    world_expect(&world, "notification.delivered", ACK);
    assert_int_equal(world.wake_at, 0);
    world_close(&world);
}

/* What was to follow it waits behind it. */
static void the_order_is_kept(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    acknowledge(&world);
    world_event(&world, "delivery.failed", FOR_NOW(ACK));
    approve(&world, REFUND);
    assert_null(told(&world, "customer"));
    world_wake(&world, world.wake_at);
    assert_int_equal(world_count(&world, "delivery.requested"), 2);
    assert_non_null(strstr(world.outputs[1].data, ACK ".2"));
    assert_non_null(strstr(world.outputs[3].data, "offer.1"));
    world_close(&world);
}

/* Neither a retry nor the next channel wakes anybody; P1 does. */
static void retries_let_sleep(void **unused) {
    (void)unused;
    for (int grave = 0; grave < 2; grave++)
        for (int temporary = 0; temporary < 2; temporary++) {
            struct world world;
            begin(&world);
            if (grave) classify_as(&world, "quality.damaged", "P1", "");
            world.now_ms = world_time("2026-11-22T12:59:30Z");
            approve(&world, REFUND);
            assert_non_null(told(&world, "customer"));
            world.now_ms += 31000;
            world_event(&world, "delivery.failed",
                        "{" IN_CASE ",'notification_id':'" WORLD_CASE
                        ".offer.1','reason':'x','temporary':%s}",
                        temporary ? "true" : "false");
            assert_int_equal(told(&world, "customer") != NULL, grave && !temporary);
            if (!grave) {
                assert_int_equal(world.wake_at, world_time("2026-11-23T00:00:00Z"));
                world_wake(&world, world.wake_at);
                expect_told(&world, "customer",
                            temporary ? "\"channel\":\"im\"" : "+8613812341234");
            }
            world_close(&world);
        }
}

/* A colleague who cannot be reached is not the end of it; the last one is. */
static void somebody_else_is_told(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "case.assigned", "{" IN_CASE ",'to':'li'}");
    const char *id = arena_strdup(world.arena, world_find(&world, "delivery.requested")->id);
    world_event(&world, "delivery.failed",
                "{" IN_CASE ",'notification_id':'%s','reason':'x','temporary':true}", id);
    world_wake(&world, world.wake_at);
    expect_body(&world, "'to':'li'");
    world_event(&world, "delivery.failed", "{" IN_CASE ",'notification_id':'%s.2','reason':'x'}",
                id);
    world_expect(&world, "notification.requested", "'audience':'supervisor'");
    expect_body(&world, "'to':'supervisors'");
    expect_body(&world, "新分配");
    world_event(&world, "delivery.failed", "{" IN_CASE ",'notification_id':'%s.3','reason':'x'}",
                id);
    assert_int_equal(world.count, 1);
    world_close(&world);
}

/* Behind a person stands the team that the case names, behind it the supervisor. */
static void the_team_stands_behind(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "case.assigned", "{" IN_CASE ",'to':'li','team':'team-east'}");
    const char *id = arena_strdup(world.arena, world_find(&world, "delivery.requested")->id);
    expect_body(&world, "'to':'li'");
    world_event(&world, "delivery.failed", "{" IN_CASE ",'notification_id':'%s','reason':'x'}", id);
    world_expect(&world, "notification.requested", "'audience':'team'");
    expect_body(&world, "'to':'team-east'");
    world_event(&world, "delivery.failed", "{" IN_CASE ",'notification_id':'%s.2','reason':'x'}",
                id);
    expect_body(&world, "'to':'supervisors'");
    world_close(&world);
}

/* When news has arrived the clock of the next update is told; by nothing else, and once. */
static void news_count_as_an_update(void **unused) {
    (void)unused;
    struct world world;
    begin(&world);
    world_event(&world, "task.started", "{" IN_CASE ",'task':'inspection','by':'lab'}");
    const char *id = arena_strdup(world.arena, world_find(&world, "delivery.requested")->id);
    assert_null(world_find(&world, "case.updated"));
    world_event(&world, "delivery.done", "{" IN_CASE ",'notification_id':'%s'}", id);
    world_expect(&world, "case.updated",
                 "{'case_id':'" WORLD_CASE "','by':'redress-notification','channel':'im',"
                 "'automated':true}");
    assert_string_equal(world_find(&world, "case.updated")->subject, WORLD_CASE);
    world_event(&world, "delivery.done", "{" IN_CASE ",'notification_id':'%s'}", id);
    assert_true(world.unchanged);
    world_event(&world, "delivery.done", DONE_(ACK));
    assert_null(world_find(&world, "case.updated")); /* the acknowledgement is no news */
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow),
        cmocka_unit_test(reports_count_once),
        cmocka_unit_test(what_arrived_is_not_sent_again),
        cmocka_unit_test(the_order_is_kept),
        cmocka_unit_test(retries_let_sleep),
        cmocka_unit_test(somebody_else_is_told),
        cmocka_unit_test(the_team_stands_behind),
        cmocka_unit_test(news_count_as_an_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
