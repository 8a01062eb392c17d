/* What colleagues are told together: one message a window and an address, of all cases, none lost,
 * none twice; what must be acted on at once is. */
#include "notification_world.h"

#define OTHER "BYCRCNPA1C41H-0000001"
#define LATE  ",'breached_at':'2026-11-22T10:00:01Z'}"

/* The delivered policy as it is, but that reports are waited for without end. */
static void open_collecting(struct world *world) {
    world_open(world, &notification_spec, POLICY);
    ((struct message_policy *)world->version.policy)->report_within = 0;
    world_event(world, "case.opened",
                "{'case_id':'" WORLD_CASE
                "','opened_at':'2026-11-22T10:00:00Z','tenant':'default','channel':'im','customer':"
                "{'id':'c1','tier':'vip'" ZHANG "},'text':'x'}");
    classify_as(world, "logistics.delayed", "P3", "");
    acknowledge(world);
}

/* What was collected comes back out of the case log. Returns how many lines there were. */
static int take_lines(struct world *world) {
    struct output lines[WORLD_OUTPUTS_MAX];
    int count = 0;

    for (int i = 0; i < world->count; i++)
        if (strcmp(world->outputs[i].type, "notification.collected") == 0)
            lines[count++] = world->outputs[i];
    for (int i = 0; i < count; i++) {
        assert_string_equal(lines[i].subject, WORLD_CASE);
        world_event(world, lines[i].type, "%s", lines[i].data);
    }
    return count;
}

static void breach(struct world *world, const char *target) {
    world_event(world, "sla.breached", "{" IN_CASE ",'target':'%s'," CYCLE DUE LATE, target);
}

static void one_message_tells_all(void **unused) {
    (void)unused;
    struct world world;
    int lines = 0;

    open_collecting(&world);
    for (int i = 0; i < 10; i++) {
        breach(&world, arena_printf(world.arena, "t%d", i));
        assert_null(told(&world, "supervisor"));
        lines += take_lines(&world);
        world_event(&world, "sla.escalated",
                    "{" IN_CASE ",'target':'t%d'," CYCLE ",'level':1,'to':'supervisor'}", i);
        lines += take_lines(&world);
    }
    assert_int_equal(lines, 20);
    assert_int_equal(world.wake_at, world_time("2026-11-22T10:15:05Z"));
    world_wake(&world, world.wake_at);
    assert_int_equal(world_count(&world, "delivery.requested"), 1);
    expect_told(&world, "supervisor", "【汇总】20 条：");
    expect_told(&world, "supervisor", "• 已超时：t0（" WORLD_CASE "）");
    expect_told(&world, "supervisor", "• 升级 1 级：t9（" WORLD_CASE "）");
    expect_untold(&world, "supervisor", "张"); /* lines hold no personal data */
    expect_untold(&world, "supervisor", "1381234");
    world_wake(&world, world.now_ms + HOUR_MS);
    assert_int_equal(world.count, 0);
    world_close(&world);
}

/* The case that was first in the window tells it. */
static void the_first_case_is_the_host(void **unused) {
    (void)unused;
    struct world world;
    open_collecting(&world);
    world.claims[world.claim_count++] =
        (struct world_claim){.key = "digest\x1fsupervisor\x1fim\x1fsupervisors\x1f"
                                    "900000\x1f"
                                    "1994824",
                             .id = "another",
                             .value = OTHER};
    breach(&world, "t");
    world_expect(&world, "notification.collected",
                 "'case_id':'" OTHER "','of':'" WORLD_CASE "','notification_id':'" WORLD_CASE
                 ".breach.t.1795341600000.supervisor'");
    const struct output *line = world_find(&world, "notification.collected");
    assert_string_equal(line->subject, OTHER);
    assert_string_equal(line->key, "BYCRCNPA1C41H");
    assert_int_equal(world.wake_at, 0);
    /* The next window is its own. */
    world.now_ms = world_time("2026-11-22T10:15:00Z");
    breach(&world, "u");
    assert_string_equal(world_find(&world, "notification.collected")->subject, WORLD_CASE);
    world_close(&world);
}

/* Each to his own digest; P1 waits a minute; what must be acted on is told at once. */
static void who_is_told_when(void **unused) {
    (void)unused;
    static const struct {
        const char *name, *severity, *type, *data, *audience, *tell_at; /* NULL: at once */
    } cases[] = {
        {"P3", "P3", "sla.breached", SLA DUE LATE, "supervisor", "2026-11-22T10:15:00Z"},
        {"P1", "P1", "sla.breached", SLA DUE LATE, "supervisor", "2026-11-22T10:01:00Z"},
        {"a person", "P3", "case.assigned", "{" IN_CASE ",'to':'li'}", "assignee",
         "2026-11-22T10:05:00Z"},
        {"behind office hours: Monday morning", "P3", "compensation.decision_refused",
         PROPOSAL ",'decision':{'source':'/x','id':'y'},'reason':'over_budget'}", "finance",
         "2026-11-23T01:00:00Z"},
        {"an approval", "P3", "compensation.proposed",
         PROPOSAL "," OPTIONS
                  ",'needs':{'role':'manager','approvals':2},'approve_by':'2026-11-23T10:00:00Z'}",
         "manager", NULL},
        {"a refund", "P3", "sla.breached",
         "{" IN_CASE ",'target':'refund_settlement'," CYCLE DUE LATE, "finance", NULL},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_collecting(&world);
        classify_as(&world, "logistics.delayed", cases[i].severity, "");
        world_event(&world, cases[i].type, "%s", cases[i].data);
        if (!cases[i].tell_at) {
            if (!told(&world, cases[i].audience)) fail_msg("%s: not at once", cases[i].name);
            world_close(&world);
            continue;
        }
        char wanted[64];
        const struct output *line = NULL;
        snprintf(wanted, sizeof wanted, "\"audience\":\"%s\"", cases[i].audience);
        for (int j = 0; j < world.count; j++)
            if (strcmp(world.outputs[j].type, "notification.collected") == 0 &&
                strstr(world.outputs[j].data, wanted))
                line = &world.outputs[j];
        if (!line) fail_msg("%s: not collected", cases[i].name);
        if (!strstr(line->data, cases[i].tell_at))
            fail_msg("%s: no %s in %s", cases[i].name, cases[i].tell_at, line->data);
        world_close(&world);
    }
}

static void send_line(struct world *world, int number, const char *to, const char *tell_at) {
    world_event(world, "notification.collected",
                "{" IN_CASE ",'of':'" OTHER "','notification_id':'" OTHER
                ".breach.%d','channel':'im','to':'%s','template':'breach',"
                "'audience':'%s','line':'line %d','tell_at':'%s'}",
                number, to, strcmp(to, "managers") == 0 ? "manager" : "assignee", number, tell_at);
}

/* Digests of several addresses stay apart; a late line is told all the same; a full one is told. */
static void no_line_is_lost(void **unused) {
    (void)unused;
    struct world world;
    open_collecting(&world);
    send_line(&world, 1, "li", "2026-11-22T10:05:00Z");
    send_line(&world, 2, "wang", "2026-11-22T10:05:00Z");
    send_line(&world, 3, "managers", "2026-11-22T10:15:00Z");
    send_line(&world, 4, "li", "2026-11-22T10:05:00Z");
    world_wake(&world, world_time("2026-11-22T10:05:05Z"));
    assert_int_equal(world_count(&world, "delivery.requested"), 2);
    assert_non_null(strstr(world.outputs[1].data, "2 条：\\n• line 1\\n• line 4"));
    assert_non_null(strstr(world.outputs[1].data, "\"to\":\"li\""));
    assert_non_null(strstr(world.outputs[3].data, "1 条：\\n• line 2"));
    assert_string_not_equal(world.outputs[1].id, world.outputs[3].id);
    world.now_ms = world_time("2026-11-22T10:06:00Z");
    send_line(&world, 5, "li", "2026-11-22T10:05:00Z"); /* it was long on its way */
    expect_told(&world, "assignee", "line 5");
    for (int i = 0; i < 49; i++) {
        send_line(&world, 100 + i, "wang", "2026-11-22T10:10:00Z");
        assert_int_equal(world.count, 0);
    }
    send_line(&world, 200, "wang", "2026-11-22T10:10:00Z");
    expect_told(&world, "assignee", "【汇总】50 条");
    world_wake(&world, world_time("2026-11-22T10:15:05Z"));
    expect_told(&world, "manager", "1 条：\\n• line 3");
    assert_int_equal(world.wake_at, 0);
    world_close(&world);
}

/* Many addresses at once: what one case keeps is bounded, and told rather than dropped. */
static void the_host_is_bounded(void **unused) {
    (void)unused;
    struct world world;
    int told_lines = 0;
    open_collecting(&world);
    world_event(&world, "delivery.done", "{" IN_CASE ",'notification_id':'" ACK "'}");
    for (int i = 0; i < 500; i++) {
        char to[16];
        snprintf(to, sizeof to, "agent%d", i);
        send_line(&world, i, to, "2026-11-22T10:05:00Z");
        told_lines += world_count(&world, "delivery.requested");
    }
    const struct notification_state *state = world_state(&world);
    assert_in_range(state->lines.count, 1, NOTIFICATION_LINES_MAX - 1);
    assert_int_equal(told_lines + state->lines.count, 500);
    world_close(&world);
}

/* Nobody is said to have been told before he is. */
static void told_is_told(void **unused) {
    (void)unused;
    struct world world;
    open_collecting(&world);
    send_line(&world, 1, "managers", "2026-11-22T10:15:00Z"); /* of another case */
    world_event(&world, "notification.collected",
                "{" IN_CASE ",'of':'" OTHER "','notification_id':'" OTHER
                ".breach.9','channel':'im','to':'supervisors','template':'breach',"
                "'audience':'supervisor','line':'x','tell_at':'2026-11-22T10:15:00Z'}");
    world_wake(&world, world_time("2026-11-22T10:15:05Z"));
    assert_int_equal(world_count(&world, "delivery.requested"), 2);
    world.now_ms = world_time("2026-11-23T10:00:00Z");
    breach(&world, "resolution");
    expect_told(&world, "customer", "没有做到");
    expect_untold(&world, "customer", "已报告主管");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_message_tells_all), cmocka_unit_test(the_first_case_is_the_host),
        cmocka_unit_test(who_is_told_when),      cmocka_unit_test(no_line_is_lost),
        cmocka_unit_test(the_host_is_bounded),   cmocka_unit_test(told_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
