/* What sight/ lists: which lines are wanted, how counts are added up, and the JSON that redressctl
 * and the board give. */
#include "sight/sight_approvals.h"
#include "sight/sight_counts.h"
#include "sight/sight_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const flags[] = {"repeat", "vip"};
static const struct sight_row row = {.case_id = "BYCRCNPA1C41H-FRGWX4V",
                                     .status = "open",
                                     .class_name = "quality.damaged",
                                     .severity = "P2",
                                     .tier = "vip",
                                     .assignee = "anna",
                                     .team = "returns",
                                     .tenant = "default",
                                     .channel = "app",
                                     .flags = {(const char **)flags, 2},
                                     .opened_at = 1700000000000};

static void test_filter_row(void **state) {
    (void)state;
    static const struct {
        struct sight_filter filter;
        bool wanted;
    } cases[] = {
        {{.class_pattern = NULL}, true},
        {{.class_pattern = "quality.damaged"}, true},
        {{.class_pattern = "quality.*"}, true},
        {{.class_pattern = "logistics.*"}, false},
        {{.tier = "vip"}, true},
        {{.tier = "regular"}, false},
        {{.severity = "P2", .status = "open"}, true},
        {{.severity = "P2", .status = "closed"}, false},
        {{.assignee = "anna"}, true},
        {{.assignee = ""}, false},
        {{.team = "returns"}, true},
        {{.team = "return"}, false},
        {{.tenant = "default"}, true},
        {{.tenant = "other"}, false},
        {{.channel = "app"}, true},
        {{.channel = "web"}, false},
        {{.flag = "vip"}, true},
        {{.flag = "legal"}, false},
        {{.class_pattern = "quality.*", .tier = "vip", .flag = "legal"}, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (sight_filter_row(&cases[i].filter, &row) != cases[i].wanted)
            fail_msg("row %zu: expected %d", i, cases[i].wanted);
    struct sight_row bare = {.case_id = row.case_id, .status = "open"};
    assert_false(sight_filter_row(&(struct sight_filter){.class_pattern = "quality.*"}, &bare));
    assert_false(sight_filter_row(&(struct sight_filter){.team = "returns"}, &bare));
    assert_true(sight_filter_row(&(struct sight_filter){.status = "open"}, &bare));
}

static void test_filter_target(void **state) {
    (void)state;
    const struct sight_target target = {"first_contact", "running", 1000};
    static const struct {
        struct sight_filter filter;
        bool wanted;
    } cases[] = {
        {{.target = NULL}, true},          {{.target = "first_contact", .state = "running"}, true},
        {{.target = "resolution"}, false}, {{.state = "breached"}, false},
        {{.from_ms = 1000}, true},         {{.from_ms = 1001}, false},
        {{.to_ms = 1000}, false}, /* before it */
        {{.to_ms = 1001}, true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (sight_filter_target(&cases[i].filter, &target) != cases[i].wanted)
            fail_msg("row %zu: expected %d", i, cases[i].wanted);
}

static void test_counts(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct parts counts = {NULL, 0};

    sight_counts_add(&counts, "P3", 2, arena);
    sight_counts_add(&counts, "P1", 1, arena);
    sight_counts_add(&counts, "P2", 5, arena);
    sight_counts_add(&counts, "P1", 4, arena); /* of another shard */
    sight_counts_add(&counts, "P4", 3, arena);
    sight_counts_add(&counts, "P4", -3, arena);
    sight_counts_sort(&counts);
    const struct sight_count *at = counts.at;
    assert_int_equal(counts.count, 3);
    assert_string_equal(at[0].value, "P1");
    assert_int_equal(at[0].cases, 5);
    assert_string_equal(at[1].value, "P2"); /* as many: by name */
    assert_string_equal(at[2].value, "P3");
    arena_free(arena);
}

/* Whatever others call their targets: a bounded list, and none is lost from the sum. */
static void test_counts_bounded(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct parts counts = {NULL, 0};
    int64_t sum = 0;

    for (int i = 0; i < 5 * SIGHT_VALUES_MAX; i++)
        sight_counts_add(&counts, arena_printf(arena, "v%d", i), 1, arena);
    for (int i = 0; i < counts.count; i++) sum += ((struct sight_count *)counts.at)[i].cases;
    assert_in_range(counts.count, 2, SIGHT_VALUES_MAX + 1);
    assert_int_equal(sum, 5 * SIGHT_VALUES_MAX);
    arena_free(arena);
}

static void assert_json(const struct table *table, const void *data, const char *expected) {
    struct buf buf = {NULL, 0, 0};
    struct json_out json = {.buf = &buf};

    fields_encode(table, data, &json);
    assert_string_equal(buf.at, expected);
    buf_free(&buf);
}

static void test_json(void **state) {
    (void)state;
    struct sight_listed listed = {.target = "first_contact",
                                  .state = "running",
                                  .due_at = 1700000060000,
                                  .overdue = false,
                                  .row = row};
    assert_json(&sight_listed_table, &listed,
                "{\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\",\"target\":\"first_contact\",\"due_at\":"
                "\"2023-11-14T22:14:20Z\",\"overdue\":false,\"state\":\"running\",\"status\":"
                "\"open\",\"class\":\"quality.damaged\",\"severity\":\"P2\",\"tier\":\"vip\","
                "\"assignee\":\"anna\",\"team\":\"returns\",\"tenant\":\"default\",\"channel\":"
                "\"app\",\"flags\":[\"repeat\",\"vip\"],\"opened_at\":\"2023-11-14T22:13:20Z\"}");
    /* One that Redis has lost. */
    struct sight_listed lost = {
        .target = "resolution", .due_at = 1700000060000, .overdue = true, .row.case_id = "x"};
    assert_json(&sight_listed_table, &lost,
                "{\"case_id\":\"x\",\"target\":\"resolution\",\"due_at\":\"2023-11-14T22:14:20Z\","
                "\"overdue\":true}");
    struct sight_waiting waiting = {.case_id = "x",
                                    .approve_by = 1700000060000,
                                    .role = "supervisor",
                                    .required = 2,
                                    .cost_minor = 29900,
                                    .currency = "CNY"};
    assert_json(&sight_waiting_table, &waiting,
                "{\"case_id\":\"x\",\"approve_by\":\"2023-11-14T22:14:20Z\",\"role\":"
                "\"supervisor\",\"currency\":\"CNY\",\"approvals\":0,\"required\":2,\"cost_minor\":"
                "29900}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter_row), cmocka_unit_test(test_filter_target),
        cmocka_unit_test(test_counts),     cmocka_unit_test(test_counts_bounded),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
