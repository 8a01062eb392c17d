/* What the commands share: options, spans, safe texts; and which indexes of deadlines are looked
 * at. */
#include "base/suggest.h"
#include "data/yaml.h"
#include "redressctl/ctl.h"
#include "sight/sight_deadlines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct options {
    struct ctl ctl;
    const char *limit, *name;
    int argc;
    char *argv[12];
};

/* Splits a line at blanks into argv, and parses it. */
static int parse(struct options *options, char *line) {
    memset(options, 0, sizeof *options);
    options->ctl.command = &ctl_cases;
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        options->argv[options->argc++] = word;
    const struct options_row table[] = {
        {"--limit", &options->limit, NULL}, {"--name", &options->name, NULL}, {NULL, NULL, NULL}};
    return ctl_options(&options->ctl, table, &options->argc, options->argv);
}

static void test_options(void **state) {
    (void)state;
    struct options options;
    char line[] = "cases one --limit 5 two --json --name=a=b --config /etc/x - -- --three";
    assert_int_equal(parse(&options, line), 0);
    assert_string_equal(options.limit, "5");
    assert_string_equal(options.name, "a=b");
    assert_true(options.ctl.json);
    assert_string_equal(options.ctl.config_path, "/etc/x");
    assert_int_equal(options.argc, 5);
    assert_string_equal(options.argv[1], "one");
    assert_string_equal(options.argv[2], "two");
    assert_string_equal(options.argv[3], "-");
    assert_string_equal(options.argv[4], "--three");
    ctl_close(&options.ctl);
}

static void test_bad_options(void **state) {
    (void)state;
    static const char *const lines[] = {"cases --limt 5", "cases --limit", "cases --json=yes",
                                        "cases -x", "cases --lim=5"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct options options;
        char line[64];
        snprintf(line, sizeof line, "%s", lines[i]);
        assert_int_equal(parse(&options, line), EXIT_BAD_USAGE);
        ctl_close(&options.ctl);
    }
}

static void test_numbers(void **state) {
    (void)state;
    struct ctl ctl = {.command = &ctl_cases};
    int64_t number = -1;
    static const char *const bad[] = {"", "0", "11", "x", "5x", " 5", "-5", "99999999999999999999"};
    assert_int_equal(ctl_number(&ctl, "--limit", "10", 1, 10, &number), 0);
    assert_int_equal(number, 10);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ctl_number(&ctl, "--limit", bad[i], 1, 10, &number), EXIT_BAD_USAGE);
    assert_int_equal(number, 10);
    assert_int_equal(ctl_duration(&ctl, "--due-within", "10m", &number), 0);
    assert_int_equal(number, 600000);
    assert_int_equal(ctl_duration(&ctl, "--due-within", "10", &number), EXIT_BAD_USAGE);
}

static void test_span(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0s"},           {999, "0s"},
                 {-999, "0s"},        {1000, "1s"},
                 {-35000, "-35s"},    {60000, "1m"},
                 {61999, "1m 1s"},    {3600000, "1h"},
                 {7500000, "2h 5m"},  {3605000, "1h"},
                 {86400000, "1d"},    {273600000, "3d 4h"},
                 {-90000, "-1m 30s"}, {INT64_MAX, "106751991167d 7h"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CTL_SPAN_MAX];
        assert_string_equal(ctl_span(cases[i].ms, text), cases[i].text);
    }
}

static void test_safe(void **state) {
    (void)state;
    struct buf out = {NULL, 0, 0};
    static const char bytes[] = "ok 包裹\x1b[31m\n\xe2\x80\xae\xff\xe5\x8c";
    ctl_safe(&out, bytes, sizeof bytes - 1);
    assert_string_equal(out.at, "ok 包裹\\u001b[31m\\u000a\\u202e\\xff\\xe5\\x8c");
    buf_free(&out);
}

static void test_hash(void **state) {
    (void)state;
    struct redis_reply items[] = {{.kind = REDIS_TEXT, .text = "status"},
                                  {.kind = REDIS_TEXT, .text = "open"},
                                  {.kind = REDIS_TEXT, .text = "open"},
                                  {.kind = REDIS_TEXT, .text = "x"}};
    struct redis_reply hash = {.kind = REDIS_LIST, .items = items, .count = 4},
                       none = {.kind = REDIS_NIL};
    assert_string_equal(sight_hash_get(&hash, "status"), "open");
    assert_string_equal(sight_hash_get(&hash, "open"), "x");
    assert_null(sight_hash_get(&hash, "x"));
    assert_null(sight_hash_get(&none, "status"));
}

static void test_targets(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct err err;
    const struct tree *policy;
    static const char yaml[] = "policies:\n"
                               "  - name: a\n    targets: {first_contact: {within: 1h}, "
                               "warehouse_intercept: {within: 1h}}\n"
                               "  - name: b\n    targets: {warehouse_intercept: {within: 2h}, "
                               "refund_settlement: {within: 3wd}}\n"
                               "  - name: c\n    targets: oops\n";
    assert_int_equal(yaml_read(arena, "sla.yaml", yaml, strlen(yaml), &policy, &err), 0);
    struct texts targets = sight_deadlines_targets(policy, arena);
    assert_int_equal(targets.count, 7);
    assert_string_equal(targets.at[0], "first_contact");
    assert_string_equal(targets.at[5], "warehouse_intercept");
    assert_string_equal(targets.at[6], "refund_settlement");
    assert_int_equal(sight_deadlines_targets(NULL, arena).count, 5);

    targets =
        sight_deadlines_listed("first_contact_due refund_settlement_due _due wake_at x_due", arena);
    assert_int_equal(targets.count, 3);
    assert_string_equal(targets.at[0], "first_contact");
    assert_string_equal(targets.at[1], "refund_settlement");
    assert_string_equal(targets.at[2], "x");
    assert_int_equal(sight_deadlines_listed("", arena).count, 0);
    assert_int_equal(sight_deadlines_listed("*", arena).count, 0);
    arena_free(arena);
}

static void test_suggest(void **state) {
    (void)state;
    assert_int_equal(suggest_distance("topics", "topics"), 0);
    assert_int_equal(suggest_distance("topcis", "topics"), 1); /* swapped */
    assert_int_equal(suggest_distance("topic", "topics"), 1);
    assert_int_equal(suggest_distance("", "topics"), 6);
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
    struct suggest nearest = {.word = "cas"};
    assert_null(suggest_best(&nearest));
    suggest_offer(&nearest, "cases");
    assert_null(suggest_best(&nearest)); /* two letters of three are too many */
    suggest_offer(&nearest, "case");
    assert_string_equal(suggest_best(&nearest), "case");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options), cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_span),
        cmocka_unit_test(test_safe),    cmocka_unit_test(test_hash),
        cmocka_unit_test(test_targets), cmocka_unit_test(test_suggest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
