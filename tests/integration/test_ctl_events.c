/* `redressctl events` reads no more than it is asked for: of one case its partition, of a time what
 * was written since. A record that is no event is noted wherever it is read, so it tells what was.
 */
#include "redressctl_world.h"
#include "world.h"

enum { PARTITIONS = 4 };

static struct world *world;
static char cases[2][IDS_CASE_LEN + 1]; /* in two partitions */

static int partition_of(const char *case_id) {
    return ids_partition(case_id, IDS_ROUTE_LEN, PARTITIONS);
}

static void name_cases(void) {
    int found = 0;

    for (int i = 0; found < 2; i++) {
        char order[24];
        char route[IDS_ROUTE_LEN + 1];
        snprintf(order, sizeof order, "order:E%d", i);
        ids_route("default", order, route);
        ids_case(route, "/shop/app", order, cases[found]);
        found += found == 0 || partition_of(cases[0]) != partition_of(cases[1]);
    }
}

/* The bytes, where the case's events are. */
static void put(const char *case_id, const char *value) {
    char route[IDS_ROUTE_LEN + 1] = "";

    memcpy(route, case_id, IDS_ROUTE_LEN);
    world_publish(world, TOPIC_EVENTS, route, value, strlen(value), NULL, 0);
    world_flush(world);
}

static void tell(const char *case_id, const char *id) {
    char value[500];
    snprintf(value, sizeof value,
             "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/redress/intake\",\"type\":"
             "\"case.updated\",\"time\":\"2026-11-22T17:19:16Z\",\"subject\":\"%s\",\"data\":{"
             "\"case_id\":\"%s\",\"by\":\"anna\"}}",
             id, case_id, case_id);
    put(case_id, value);
}

static void assert_shows(const char *line, const char *wanted, const char *unwanted, int count) {
    assert_says(line, 0, wanted);
    if (strstr(said.at, unwanted)) fail_msg("%s: \"%s\" in %s", line, unwanted, said.at);
    if (lines() != count) fail_msg("%s: expected %d lines: %s", line, count, said.at);
}

static void test_a_case(void **state) {
    char line[LINE_SIZE];
    (void)state;
    tell(cases[0], "e-0");
    put(cases[1], "no event at all");
    tell(cases[1], "e-1");

    assert_says("events --json", 0, "no event");
    snprintf(line, sizeof line, "events --json --case %s", cases[0]);
    assert_shows(line, "\"e-0\"", "no event", 1);
    snprintf(line, sizeof line, "events --json --case %s", cases[1]);
    assert_says(line, 0, "no event");
}

/* The broker's clock is this host's. */
static void test_since(void **state) {
    char time[CLOCK_TEXT_MAX];
    char line[LINE_SIZE];
    (void)state;
    int64_t began_ms = clock_now_ms();
    WAIT_FOR(clock_now_ms() > began_ms, RUN_MS);
    int64_t since_ms = clock_now_ms();
    tell(cases[0], "e-2");

    snprintf(line, sizeof line, "events --json --since %s", clock_format(since_ms, time));
    assert_shows(line, "\"e-2\"", "no event", 1);
    assert_shows("events --json --since 1h", "\"e-2\"", "no such words", 4);
    assert_int_equal(ctl("events --json --since 2099-01-01T00:00:00Z"), 0);
    assert_int_equal(lines(), 0);
    assert_says("events --since yesterday", 64, "expected RFC 3339");
    assert_says("events --since 1h --new", 64, "not both");
}

int main(void) {
    h = harness_share("ctl_events");
    harness_create_topics(h, PARTITIONS);
    world = world_open(h);
    name_cases();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_case), cmocka_unit_test(test_since)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_close(world);
    harness_leave(h);
    return failed;
}
