/* What `sla explain` says about one case at several moments: before the deadline, late, met late. */
#include "case_world.h"
#include "sla/sla.h"
#include "sla/sla_explain.h"

static const char policy[] =
    "version: '1'\n"
    "calendars:\n"
    "  office: {timezone: Asia/Shanghai, weekly: {sun: [['09:00', '12:00'], ['13:00', '18:00']]}}\n"
    "  JP: {timezone: Asia/Tokyo, weekly: {sun: [['09:00', '18:00']]}}\n"
    "policies:\n"
    "  - {name: calls, match: {team: [calls]}, targets: {first_contact: {within: 1h, escalate: "
    "[{after: 1h, every: 30m, times: 3, to: boss}]}}}\n"
    "  - {name: night, match: {team: [night]}, targets: {first_contact: {within: 6h}}}\n"
    "  - name: all\n"
    "    also: [market]\n"
    "    targets:\n"
    "      first_contact: {within: 1h}\n"
    "      resolution: {within: 4h, calendar: office, pause_on: [awaiting_customer], "
    "on_reopen: continue, warn: [50%, {at: 30m, time: working}], escalate: [{after: 1h, time: "
    "working, to: boss}]}\n"
    "      inspection: {by: {time: '16:00', if_before: '14:00', else_days: 1}, calendar: {by: "
    "region, "
    "default: office}, starts_on: [case.opened]}\n"
    "  - {name: market, targets: {resolution: {within: 9d}}}\n";

static void fold(struct world *world, const char *type, const char *at, const char *data) {
    world->now_ms = world_time(at);
    world_event(world, type, "%s", data);
}

/* 22 November 2026 is a Sunday; opened at 9:00 in Shanghai, when the office opens. */
static void open_case(struct world *world) {
    world_open_text(world, &sla_spec, policy);
    fold(world, "case.opened", "2026-11-22T01:00:00Z",
         "{'case_id':'" WORLD_CASE "','opened_at':'2026-11-22T01:00:00Z','tenant':'default',"
         "'channel':'app','customer':{'id':'c','tier':'regular','region':'JP-13'},'text':'x'}");
}

/* The line about a cycle, as of a moment; member: `"name":value` that must (or, after '!', must not)
 * be there. */
static void expect_cycle(struct world *world, const char *target, const char *cycle,
                         const char *now, const char *const *members) {
    struct buf out = {0};
    sla_explain_case(world_state(world), world->version.policy, world_time(now), world->arena,
                     &out);
    const char *begin =
        arena_printf(world->arena, "{\"target\":\"%s\",\"cycle\":\"%s\"", target, cycle);
    const char *line = strstr(out.at, begin);
    if (!line) fail_msg("nothing about %s in\n%s", target, out.at);
    const char *text = arena_strndup(world->arena, line, strcspn(line, "\n"));
    for (; *members; members++) {
        bool absent = **members == '!';
        if ((strstr(text, *members + absent) != NULL) == absent)
            fail_msg("%s: expected %s in\n%s", now, *members, text);
    }
    buf_free(&out);
}

static void expect(struct world *world, const char *target, const char *now,
                   const char *const *members) {
    expect_cycle(world, target, "2026-11-22T01:00:00Z", now, members);
}

static void test_before_and_after(void **state) {
    (void)state;
    struct world world;

    open_case(&world);
    expect(&world, "first_contact", "2026-11-22T01:59:00Z",
           (const char *const[]){"\"due_at\":\"2026-11-22T02:00:00Z\"", "\"state\":\"running\"",
                                 "!late_seconds", NULL});
    expect(&world, "first_contact", "2026-11-22T02:00:00Z",
           (const char *const[]){"!late_seconds", NULL}); /* at the deadline is on time */
    expect(&world, "first_contact", "2026-11-22T02:00:30Z",
           (const char *const[]){"\"late_seconds\":30,", "\"late_working_seconds\":30", NULL});
    world_close(&world);
}

/* From 9 to 12 and 13 to 14 in Shanghai: the hour at noon does not count, nor does lateness then. */
static void test_working_time(void **state) {
    (void)state;
    struct world world;

    open_case(&world);
    expect(&world, "resolution", "2026-11-22T05:59:00Z",
           (const char *const[]){"\"due_at\":\"2026-11-22T06:00:00Z\"", "!late_seconds",
                                 "\"counted\":false,\"why\":\"closed\"", NULL});
    expect(&world, "resolution", "2026-11-22T11:00:00Z",
           (const char *const[]){"\"late_seconds\":18000", "\"late_working_seconds\":14400", NULL});
    world_close(&world);
}

static void test_met_late(void **state) {
    (void)state;
    struct world world;

    open_case(&world);
    fold(&world, "case.contacted", "2026-11-22T02:10:00Z",
         "{'case_id':'" WORLD_CASE "','by':'li'}");
    expect(&world, "first_contact", "2026-11-22T09:00:00Z",
           (const char *const[]){"\"state\":\"met_late\"", "\"met_at\":\"2026-11-22T02:10:00Z\"",
                                 "\"late_seconds\":600,", NULL});
    world_close(&world);
}

/* Three of the four hours were used before; the second cycle says so. */
static void test_reopened(void **state) {
    (void)state;
    struct world world;

    open_case(&world);
    fold(&world, "case.resolved", "2026-11-22T05:00:00Z", "{'case_id':'" WORLD_CASE "','by':'li'}");
    fold(&world, "case.reopened", "2026-11-22T08:00:00Z", "{'case_id':'" WORLD_CASE "','by':'li'}");
    expect_cycle(&world, "resolution", "2026-11-22T08:00:00Z", "2026-11-22T08:30:00Z",
                 (const char *const[]){"\"goes_on_from\":\"2026-11-22T01:00:00Z\"",
                                       "\"used_seconds\":10800,",
                                       "\"due_at\":\"2026-11-22T09:00:00Z\"", NULL});
    expect(&world, "resolution", "2026-11-22T08:30:00Z",
           (const char *const[]){"!goes_on_from", "!used_seconds", NULL});
    world_close(&world);
}

/* What will ring, and by which clock: a wait from 13:30 to 14:30 moves all of it but the half. */
static void test_rings(void **state) {
    (void)state;
    struct world world;

    open_case(&world);
    fold(&world, "case.paused", "2026-11-22T05:30:00Z",
         "{'case_id':'" WORLD_CASE "','reason':'awaiting_customer'}");
    expect(&world, "resolution", "2026-11-22T05:40:00Z",
           (const char *const[]){
               "\"steps\":[{\"level\":1,\"after\":\"1h\",\"time\":\"working\",\"to\":"
               "\"boss\",\"told\":false}]",
               NULL});
    fold(&world, "case.resumed", "2026-11-22T06:30:00Z", "{'case_id':'" WORLD_CASE "'}");
    expect(&world, "resolution", "2026-11-22T06:40:00Z",
           (const char *const[]){
               "\"due_at\":\"2026-11-22T07:00:00Z\"",
               "{\"at\":\"50%\",\"rings_at\":\"2026-11-22T03:00:00Z\",\"told\":false}",
               "{\"at\":\"30m\",\"time\":\"working\",\"rings_at\":\"2026-11-22T05:30:00Z\"",
               "\"to\":\"boss\",\"rings_at\":\"2026-11-22T08:00:00Z\",\"told\":false}", NULL});
    world_close(&world);
}

/* Due at 2:00, told at 3:00, 3:30 and 4:00: when the next one is, and when the last one was. */
static void test_tellings(void **state) {
    static const struct {
        const char *until, *said;
    } rows[] = {
        {NULL, "\"times_told\":0,\"rings_at\":\"2026-11-22T03:00:00Z\",\"told\":false}]"},
        {"2026-11-22T03:00:30Z",
         "\"times_told\":1,\"rings_at\":\"2026-11-22T03:30:00Z\",\"told\":true}]"},
        {"2026-11-22T03:30:30Z",
         "\"times_told\":2,\"rings_at\":\"2026-11-22T04:00:00Z\",\"told\":true}]"},
        {"2026-11-22T04:00:30Z",
         "\"times_told\":3,\"rings_at\":\"2026-11-22T04:00:00Z\",\"told\":true}]"},
    };
    struct world world;
    (void)state;

    open_case(&world);
    fold(&world, "case.assigned", "2026-11-22T01:20:00Z",
         "{'case_id':'" WORLD_CASE "','to':'li','team':'calls'}");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t until_ms = world.now_ms;
        if (rows[i].until) until_ms = world_time(rows[i].until);
        while (world.wake_at && world.wake_at <= until_ms) world_wake(&world, world.wake_at);
        expect(&world, "first_contact", "2026-11-22T04:10:00Z",
               (const char *const[]){"\"every_seconds\":1800,\"times\":3,", rows[i].said, NULL});
    }
    world_close(&world);
}

/* Each agreement by itself. */
static void test_agreements(void **state) {
    (void)state;
    struct world world;

    open_case(&world);
    expect(&world, "resolution", "2026-11-22T01:10:00Z",
           (const char *const[]){"\"policy\":\"all\"", "\"within\":\"4h\"", NULL});
    expect(&world, "market.resolution", "2026-11-22T01:10:00Z",
           (const char *const[]){"\"policy\":\"market\"", "\"within\":\"9d\"",
                                 "\"due_at\":\"2026-12-01T01:00:00Z\"", NULL});
    world_close(&world);
}

/* Which policies the case has had, and by what. */
static void test_policies(void **state) {
    (void)state;
    struct world world;

    open_case(&world);
    expect(&world, "first_contact", "2026-11-22T01:10:00Z",
           (const char *const[]){"!policies", NULL});
    fold(&world, "case.assigned", "2026-11-22T01:20:00Z",
         "{'case_id':'" WORLD_CASE "','to':'li','team':'night'}");
    expect(
        &world, "first_contact", "2026-11-22T01:30:00Z",
        (const char *const[]){
            "\"policies\":[{\"from\":\"2026-11-22T01:00:00Z\",\"policy\":\"all\",\"since\":\"case."
            "opened\"},"
            "{\"from\":\"2026-11-22T01:20:00Z\",\"policy\":\"night\",\"since\":\"case.assigned\"}]",
            "\"due_at\":\"2026-11-22T07:00:00Z\"", NULL});
    world_close(&world);
}

/* The time of day, and the calendar of the customer's region. */
static void test_own_hours(void **state) {
    (void)state;
    struct world world;

    open_case(&world);
    expect(&world, "inspection", "2026-11-22T01:10:00Z",
           (const char *const[]){"\"by\":\"16:00 if before 14:00, else 16:00 +1wd\"",
                                 "\"calendar\":\"JP\"", "!within",
                                 "\"due_at\":\"2026-11-22T07:00:00Z\"", NULL});
    expect(&world, "resolution", "2026-11-22T01:10:00Z",
           (const char *const[]){"\"calendar\":\"office\"", NULL});
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_and_after), cmocka_unit_test(test_reopened),
        cmocka_unit_test(test_working_time),     cmocka_unit_test(test_rings),
        cmocka_unit_test(test_own_hours),        cmocka_unit_test(test_agreements),
        cmocka_unit_test(test_policies),         cmocka_unit_test(test_met_late),
        cmocka_unit_test(test_tellings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
