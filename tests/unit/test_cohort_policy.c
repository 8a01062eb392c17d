/* cohort.yaml: faults with their places, all at once, and the default policy of deploy/. */
#include "cohort_world.h"

#define POLICY "deploy/policies/cohort.yaml"

static struct arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static int load(const char *text, struct faults *faults, const struct cohort_policy **policy_out) {
    const struct tree *file;
    struct err err = {""};
    void *policy = NULL;
    const char *version = NULL;

    *faults = (struct faults){.arena = arena};
    if (yaml_read(arena, "cohort.yaml", text, strlen(text), &file, &err) != 0)
        fail_msg("%s", err.text);
    int result = cohort_policy_load(file, ".", arena, &policy, &version, faults);
    if (policy_out) *policy_out = policy;
    return result;
}

/* The policy of the unit tests with one line in place of the one that begins alike. */
static const char *with_line(const char *key, const char *line) {
    const char *at = strstr(world_policy, key);
    assert_non_null(at);
    const char *end = strchr(at, '\n');
    return arena_printf(arena, "%.*s%s%s", (int)(at - world_policy), world_policy, line, end);
}

static void each_fault_has_its_line(void **state) {
    (void)state;
    static const struct {
        const char *key, *line, *path;
        int number;
    } rows[] = {
        {"version", "colour: red", "version", 1},
        {"migrate", "migrate: false", "migrate", 2},
        {"window", "window: 61d", "window", 3},
        {"window", "window: 23h", "window", 3},
        {"ends_after", "ends_after: 1m", "ends_after", 4},
        {"half_life", "half_life: 0d", "half_life", 5},
        {"false_alarm", "false_alarm: 0", "false_alarm", 6},
        {"false_alarm", "false_alarm: 0.06", "false_alarm", 6},
        {"false_alarm", "false_alarm: -1", "false_alarm", 6},
        {"at_least", "at_least: 1", "at_least", 7},
        {"per_thousand", "per_thousand: 0", "per_thousand", 8},
        {"per_thousand", "per_thousand: 1001", "per_thousand", 8},
        {"weight", "weight: 0", "weight", 9},
        {"not_flags", "not_flags: [quiet]", "not_flags", 10},
        {"orders_most", "orders_most: 5000", "orders_most", 11},
        {"people_over", "people_over: 0", "people_over", 12},
        {"cost_over", "cost_over: {currency: CNX, minor: 1}", "cost_over", 13},
        {"cost_over", "cost_over: {currency: CNY, minor: -1}", "cost_over", 13},
        {"joins", "joins: later", "joins", 14},
        {"borne_by", "burned_by: platform", "borne_by", 1},
        {"  - {name: late", "  - {name: late, class: [logistic.delayed], at_risk: [paid]}",
         "rules[0].class", 17},
        {"  - {name: late", "  - {name: late, class: ['logistics.*'], at_risk: [payed]}",
         "rules[0].at_risk", 17},
        {"  - {name: late", "  - {name: late, class: ['logistics.*']}", "rules[0].at_risk", 17},
        {"  - {name: bad", "  - {name: late, class: ['quality.*'], at_risk: [paid]}",
         "rules[1].name", 18},
        {"  - {name: bad",
         "  - {name: b, class: ['quality.*'], at_risk: [paid], token: {kind: apology}}",
         "rules[1].token", 18},
        {"  - {name: bad",
         "  - {name: b, class: ['quality.*'], at_risk: [paid], token: {kind: coupon, amount: "
         "{currency: USD, minor: 5}}}",
         "rules[1].token", 18},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct faults faults;
        bool found = false;
        assert_int_equal(load(with_line(rows[i].key, rows[i].line), &faults, NULL), -1);
        for (int k = 0; k < faults.count; k++)
            if (strstr(faults.at[k].path, rows[i].path) == faults.at[k].path &&
                faults.at[k].line == rows[i].number)
                found = true;
        if (!found)
            fail_msg("row %zu: %d faults, the first %d: %s: %s", i, faults.count, faults.at[0].line,
                     faults.at[0].path, faults.at[0].text);
    }
}

/* Lines from 19 on. */
static void so_have_those_of_causes(void **state) {
    (void)state;
    static const char causes[] =
        "causes:\n  timezone: Asia/Shanghai\n  tenants: [{tenant: eu, timezone: Europe/Berlin}]\n"
        "  judged_after: 2h\n  counts_at: shipped\n  false_alarm: 0.0001\n  at_least: 5\n"
        "  per_thousand: 20\n  weight: 50\n  half_within: 4d\n"
        "  parties:\n    - {party: carrier, dimension: [lane], class: ['logistics.*']}\n"
        "    - {party: quality}\n";
    static const struct {
        const char *from, *to, *path;
        int number;
    } rows[] = {
        {"Asia/Shanghai", "Asia/Shangri-La", "causes.timezone", 20},
        {"Europe/Berlin", "CET+1", "causes.tenants", 21},
        {"judged_after: 2h", "judged_after: 2d", "causes.judged_after", 22},
        {"counts_at: shipped", "counts_at: cancelled", "causes.counts_at", 23},
        {"counts_at: shipped", "counts_at: sent", "causes.counts_at", 23},
        {"false_alarm: 0.0001", "false_alarm: 0.1", "causes.false_alarm", 24},
        {"at_least: 5", "at_least: 1", "causes.at_least", 25},
        {"per_thousand: 20", "per_thousand: 0", "causes.per_thousand", 26},
        {"weight: 50", "weight: 0", "causes.weight", 27},
        {"half_within: 4d", "half_within: 15d", "causes.half_within", 28},
        {"[lane]", "[day]", "causes.parties[0].dimension", 30},
        {"logistics.*", "late.*", "causes.parties[0].class", 30},
        {"{party: quality}", "{party: quality, dimension: [sku]}", "causes.parties", 30},
        {"half_within", "half_life", "causes.half_within", 20},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const char *at = strstr(causes, rows[i].from);
        struct faults faults;
        bool found = false;
        assert_non_null(at);
        const char *text = arena_printf(arena, "%s%.*s%s%s", world_policy, (int)(at - causes),
                                        causes, rows[i].to, at + strlen(rows[i].from));
        assert_int_equal(load(text, &faults, NULL), -1);
        for (int k = 0; k < faults.count; k++)
            found |=
                strcmp(faults.at[k].path, rows[i].path) == 0 && faults.at[k].line == rows[i].number;
        if (!found)
            fail_msg("row %zu: %d faults, the first %d: %s: %s", i, faults.count, faults.at[0].line,
                     faults.at[0].path, faults.at[0].text);
    }
}

static void all_faults_come_at_once(void **state) {
    (void)state;
    struct faults faults;
    struct buf buf = {0};
    const char *text =
        "version: v\nmigrate: false\nwindow: 7d\nends_after: 3d\nhalf_life: 28d\nfalse_alarm: 0.5\n"
        "at_least: 3\nper_thousand: 0\nweight: 100\nnot_flags: [quiet]\norders_most: 80\n"
        "people_over: 60\ncost_over: {currency: CNY, minor: 1}\njoins: at_once\nborne_by: p\n"
        "rules:\n  - {name: a, class: [late], at_risk: [ordered, paid, lost]}\n";

    assert_int_equal(load(text, &faults, NULL), -1);
    faults_print(&faults, "cohort.yaml", &buf);
    static const char *const lines[] = {
        "cohort.yaml:2: migrate: expected true",
        "cohort.yaml:6: false_alarm: expected 1e-12",
        "cohort.yaml:8: per_thousand: expected above",
        "cohort.yaml:10: not_flags: quiet is no flag",
        "cohort.yaml:17: rules[0].class: late is no class",
        "cohort.yaml:17: rules[0].at_risk: ordered is no",
        "cohort.yaml:17: rules[0].at_risk: lost is no",
    };
    if (faults.count != LENGTH(lines)) fail_msg("%d faults:\n%s", faults.count, buf.at);
    for (size_t i = 0; i < LENGTH(lines); i++)
        if (!strstr(buf.at, lines[i])) fail_msg("no %s in\n%s", lines[i], buf.at);
    buf_free(&buf);
}

static void the_delivered_one_is_as_it_is_meant(void **state) {
    (void)state;
    const struct tree *file;
    struct err err = {""};
    struct faults faults = {.arena = arena};
    void *loaded = NULL;
    const char *version = NULL;

    if (yaml_read_file(arena, POLICY, &file, &err) != 0) fail_msg("%s", err.text);
    if (cohort_policy_load(file, "deploy/policies", arena, &loaded, &version, &faults) != 0)
        fail_msg("%d: %s: %s", faults.at[0].line, faults.at[0].path, faults.at[0].text);
    const struct cohort_policy *policy = loaded;
    static const struct {
        const char *class_name, *rule;
        int64_t token;
        bool signed_too;
    } rows[] = {
        {"logistics.delayed", "under way", 5000, false},
        {"logistics.parcel_damaged", "parcels damaged", 5000, false},
        {"quality.expired", "goods", 5000, true},
        {"order.missing_items", "items missing", 0, false},
        {"order.cancel", NULL, 0, false},
        {"inquiry.price", NULL, 0, false},
        {"service.attitude", NULL, 0, false},
        {"other", NULL, 0, false},
    };

    assert_true(policy->false_alarm == 1e-6);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct cohort_rule *rule = cohort_rule_of(policy, rows[i].class_name);
        if (!rows[i].rule) {
            assert_null(rule);
            continue;
        }
        assert_string_equal(rule->name, rows[i].rule);
        assert_int_equal(rule->token ? rule->token->amount.minor : 0, rows[i].token);
        assert_int_equal(texts_has(&rule->at_risk, "signed"), rows[i].signed_too);
    }
    /* All that one word admits can be held. */
    assert_true(policy->people_over <= policy->orders_most);
}

/* Read back from redress.policies, where it has no lines, it is the same. */
static void it_reads_back(void **state) {
    (void)state;
    struct faults faults;
    const struct cohort_policy *policy;

    assert_int_equal(load(world_policy, &faults, &policy), 0);
    struct buf buf = {0};
    fields_encode(&cohort_policy_table, policy, &(struct json_out){.buf = &buf});
    const struct cohort_policy *again;
    assert_int_equal(load(arena_strndup(arena, buf.at, buf.len), &faults, &again), 0);
    struct buf second = {0};
    fields_encode(&cohort_policy_table, again, &(struct json_out){.buf = &second});
    assert_string_equal(buf.at, second.at);
    buf_free(&buf);
    buf_free(&second);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(each_fault_has_its_line), TEST(so_have_those_of_causes),
        TEST(all_faults_come_at_once), TEST(the_delivered_one_is_as_it_is_meant),
        TEST(it_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
