/* sla.yaml: faults with their places, which policy matches, and the default policy of deploy/. */
#include "base/clock.h"
#include "data/yaml.h"
#include "sla/sla_policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY ((int64_t)86400000)

static void test_policy_faults(void **unused) {
    (void)unused;
#define ROW(match, targets)                                                                        \
    "version: \"1\"\npolicies:\n  - name: a\n    match: " match "\n    targets: " targets "\n"
    static const struct {
        const char *text, *path;
        int line;
    } cases[] = {
        {"policies: []\n", "version", 1},
        {"version: \"1\"\npolicies: []\n", "policies", 2},
        {"version: \"1\"\ncolour: red\npolicies:\n  - {name: a, targets: {resolution: {within: "
         "1h}}}\n",
         "colour", 2},
        {"version: \"1\"\nclose_silent_after: soon\npolicies:\n  - {name: a, targets: {resolution: "
         "{within: 1h}}}\n",
         "close_silent_after", 2},
        {ROW("{class: [\"quality.*\"]}", "{resolution: {within: 1h, pause_in: []}}"),
         "policies[0].targets.resolution.pause_in", 5},
        {ROW("{class: [qualty]}", "{resolution: {within: 1h}}"), "policies[0].match.class", 4},
        {ROW("{severity: [P5]}", "{resolution: {within: 1h}}"), "policies[0].match.severity", 4},
        {ROW("{team: [\"!returns\", repair]}", "{resolution: {within: 1h}}"),
         "policies[0].match.team", 4},
        {ROW("{flags: [safety, \"!vip\"]}", "{resolution: {within: 1h}}"),
         "policies[0].match.flags", 4},
        {ROW("{customer: [\"!\"]}", "{resolution: {within: 1h}}"), "policies[0].match.customer", 4},
        {ROW("{repeats: 0}", "{resolution: {within: 1h}}"), "policies[0].match.repeats", 4},
        {ROW("{clas: [other]}", "{resolution: {within: 1h}}"), "policies[0].match.clas", 4},
        {ROW("{}", "{resolution: {within: 1 h}}"), "policies[0].targets.resolution.within", 5},
        {ROW("{}", "{resolution: {within: 0s}}"), "policies[0].targets.resolution.within", 5},
        {ROW("{}", "{resolution: {within: 11000d}}"), "policies[0].targets.resolution.within", 5},
        {ROW("{}", "{resolution: {}}"), "policies[0].targets.resolution.within", 5},
        {ROW("{}", "{Resolution: {within: 1h}}"), "policies[0].targets.Resolution", 5},
        {ROW("{}", "{resolution: {within: 1h, calendar: office}}"),
         "policies[0].targets.resolution.calendar", 5},
        {ROW("{}", "{resolution: {within: 1h, warn: [100%]}}"),
         "policies[0].targets.resolution.warn", 5},
        {ROW("{}", "{resolution: {within: 1h, warn: [1h]}}"), "policies[0].targets.resolution.warn",
         5},
        {ROW("{}", "{resolution: {within: 1h, warn: [{at: 75%, time: wall}]}}"),
         "policies[0].targets.resolution.warn", 5},
        {ROW("{}", "{resolution: {within: 1h, warn: [{at: 10m, time: office}]}}"),
         "policies[0].targets.resolution.warn.time", 5},
        {ROW("{}", "{resolution: {within: 1h, warn: [{time: working}]}}"),
         "policies[0].targets.resolution.warn.at", 5},
        {ROW("{}", "{resolution: {within: 1h, warn: [10m, 10m]}}"),
         "policies[0].targets.resolution.warn", 5},
        {ROW("{}", "{resolution: {within: 1h, warn: 10m}}"), "policies[0].targets.resolution.warn",
         5},
        {ROW("{}", "{resolution: {within: 1h, escalate: [{after: soon, to: x}]}}"),
         "policies[0].targets.resolution.escalate", 5},
        {ROW("{}", "{resolution: {within: 1h, escalate: [{after: 2h, to: x}, {after: 1h, to: "
                   "x}]}}"),
         "policies[0].targets.resolution.escalate", 5},
        {ROW("{}", "{resolution: {within: 1h, escalate: [{time: slow, to: x}]}}"),
         "policies[0].targets.resolution.escalate[0].time", 5},
        {ROW("{}", "{resolution: {within: 1h, escalate: [{after: 99%, to: x}]}}"),
         "policies[0].targets.resolution.escalate", 5},
        {ROW("{}", "{resolution: {within: 1h, escalate: [{after: 120%, time: wall, to: x}]}}"),
         "policies[0].targets.resolution.escalate", 5},
        {ROW("{}", "{resolution: {within: 1h, escalate: [{after: 150%, to: x}, {after: 120%, to: "
                   "x}]}}"),
         "policies[0].targets.resolution.escalate", 5},
        {ROW("{}", "{resolution: {within: 1h, escalate: [{every: 30m, to: x}]}}"),
         "policies[0].targets.resolution.escalate", 5},
        {ROW("{}", "{resolution: {within: 1h, escalate: [{times: 3, to: x}]}}"),
         "policies[0].targets.resolution.escalate", 5},
        {ROW("{}", "{resolution: {within: 1h, escalate: [{every: 30m, times: 1, to: x}]}}"),
         "policies[0].targets.resolution.escalate[0].times", 5},
        {ROW("{}", "{resolution: {within: 1h, escalate: [{if: assigned, to: x}]}}"),
         "policies[0].targets.resolution.escalate[0].if", 5},
        {ROW("{}", "{resolution: {within: 1h, warn: [{at: 10m, every: 1m}]}}"),
         "policies[0].targets.resolution.warn.every", 5},
        {ROW("{}", "{resolution: {by: {time: \"25:00\", days: 1}}}"),
         "policies[0].targets.resolution.by.time", 5},
        {ROW("{}", "{resolution: {by: {days: 1}}}"), "policies[0].targets.resolution.by.time", 5},
        {ROW("{}", "{resolution: {by: {time: \"16:00\"}}}"),
         "policies[0].targets.resolution.by.days", 5},
        {ROW("{}", "{resolution: {by: {time: \"16:00\", if_before: \"17:00\", else_days: 1}}}"),
         "policies[0].targets.resolution.by.if_before", 5},
        {ROW("{}", "{resolution: {by: {time: \"16:00\", if_before: \"14:00\"}}}"),
         "policies[0].targets.resolution.by.else_days", 5},
        {ROW("{}",
             "{resolution: {by: {time: \"16:00\", days: 2, if_before: \"14:00\", else_days: 1}}}"),
         "policies[0].targets.resolution.by.else_days", 5},
        {ROW("{}", "{resolution: {by: {time: \"16:00\", days: 1, else_time: \"12:00\"}}}"),
         "policies[0].targets.resolution.by.else_time", 5},
        {ROW("{}", "{resolution: {by: {time: \"16:00\", days: 500}}}"),
         "policies[0].targets.resolution.by.days", 5},
        {ROW("{}", "{resolution: {within: 1h, by: {time: \"16:00\", days: 1}}}"),
         "policies[0].targets.resolution.within", 5},
        {ROW("{}", "{resolution: {by: {time: \"16:00\", days: 1}, on_reopen: continue}}"),
         "policies[0].targets.resolution.on_reopen", 5},
        {ROW("{}", "{resolution: {within: 1h, calendar: [office]}}"),
         "policies[0].targets.resolution.calendar", 5},
        {ROW("{}", "{resolution: {within: 1h, calendar: {by: planet, default: office}}}"),
         "policies[0].targets.resolution.calendar.by", 5},
        {ROW("{}", "{resolution: {within: 1h, calendar: {by: region}}}"),
         "policies[0].targets.resolution.calendar.default", 5},
        {ROW("{}", "{resolution: {within: 1h, calendar: {by: region, default: office}}}"),
         "policies[0].targets.resolution.calendar.default", 5},
        {"version: \"1\"\ncalendars: {office: {weekly: {mon: [[\"09:00\", \"18:00\"]]}}}\n"
         "policies:\n  - name: a\n    targets: {resolution: {within: 1h, calendar: {by: region, "
         "default: office}}}\n",
         "policies[0].targets.resolution.calendar", 5},
        {"version: \"1\"\npauses: [lunch]\npolicies:\n  - {name: a, targets: {resolution: {within: "
         "1h}}}\n",
         "pauses", 2},
        {"version: \"1\"\npauses:\n  lunch: {max: 0s}\npolicies:\n  - {name: a, targets: "
         "{resolution: "
         "{within: 1h}}}\n",
         "pauses.lunch.max", 3},
        {"version: \"1\"\npauses:\n  lunch: {least: 1h}\npolicies:\n  - {name: a, targets: "
         "{resolution: "
         "{within: 1h}}}\n",
         "pauses.lunch.least", 3},
        {"version: \"1\"\npauses:\n  closed: {max: 1h}\npolicies:\n  - {name: a, targets: "
         "{resolution: "
         "{within: 1h}}}\n",
         "pauses.closed", 3},
        {"version: \"1\"\npolicies:\n  - name: a\n    also: [b, c]\n    targets: {resolution: "
         "{within: 1h}}\n"
         "  - {name: b, match: {tenant: [mall]}, targets: {resolution: {within: 2h}}}\n",
         "policies[0].also", 4},
        {"version: \"1\"\npolicies:\n  - name: a\n    also: [a]\n    targets: {resolution: "
         "{within: 1h}}\n"
         "  - {name: b, match: {tenant: [mall]}, targets: {resolution: {within: 2h}}}\n",
         "policies[0].also", 4},
        {"version: \"1\"\npolicies:\n  - name: a\n    also: [b, b]\n    targets: {resolution: "
         "{within: 1h}}\n"
         "  - {name: b, match: {tenant: [mall]}, targets: {resolution: {within: 2h}}}\n",
         "policies[0].also", 4},
        {"version: \"1\"\npolicies:\n  - name: a\n    also: [b]\n    targets: {resolution: "
         "{within: 1h}}\n"
         "  - {name: b, match: {tenant: [mall]}, also: [a], targets: {resolution: {within: 2h}}}\n",
         "policies[0].also", 4},
        {"version: \"1\"\npolicies:\n  - name: a\n    also: [B-1]\n    targets: {resolution: "
         "{within: 1h}}\n"
         "  - {name: B-1, match: {tenant: [mall]}, targets: {resolution: {within: 2h}}}\n",
         "policies[0].also", 4},
        {"version: \"1\"\npolicies:\n  - name: a\n    also: [b]\n    targets: {resolution: "
         "{within: 1h}}\n"
         "  - {name: b, match: {tenant: [mall]}, targets: "
         "{a23456789012345678901234567890123456789: {within: 2h}}}\n",
         "policies[0].also", 4},
        {ROW("{}", "{resolution: {within: 1h, pause_on: [lunch]}}"),
         "policies[0].targets.resolution.pause_on", 5},
        {ROW("{}", "{resolution: {within: 1h, chain_max: 3}}"), "policies[0].targets.resolution",
         5},
        {ROW("{}", "{first_contact: {within: 1h, on_reopen: continue}}"),
         "policies[0].targets.first_contact.on_reopen", 5},
        {ROW("{}", "{resolution: {within: 1h, on_reopen: resume}}"),
         "policies[0].targets.resolution.on_reopen", 5},
        {ROW("{}", "{next_update: {within: 1h, chain_max: 0}}"),
         "policies[0].targets.next_update.chain_max", 5},
        {"version: \"1\"\npolicies:\n  - name: a\n    resume_on: [case.answered]\n    targets: "
         "{resolution: {within: 1h}}\n",
         "policies[0].resume_on", 4},
        {ROW("{}", "{resolution: {within: 1h, met_by: [case.solved]}}"),
         "policies[0].targets.resolution.met_by", 5},
        {ROW("{}",
             "{resolution: {within: 1h, escalate: [{after: 2h, to: a}, {after: 1h, to: b}]}}"),
         "policies[0].targets.resolution.escalate", 5},
        {"version: \"1\"\ncalendars:\n  c: {weekly: {}}\npolicies:\n  - {name: a, targets: "
         "{resolution: {within: 1h}}}\n",
         "calendars.c", 3},
        {"version: \"1\"\npolicies:\n  - {name: a, targets: {resolution: {within: 1h}}}\n"
         "  - {name: b, match: {tier: [vip]}, targets: {resolution: {within: 1h}}}\n",
         "policies[1]", 4},
        {"version: \"1\"\npolicies:\n  - {name: a, match: {class: [\"quality.*\"]}, targets: "
         "{resolution: {within: 1h}}}\n"
         "  - {name: b, match: {class: [quality.flaw], tier: [vip]}, targets: {resolution: "
         "{within: 1h}}}\n",
         "policies[1]", 4},
        /* The same end, to the millisecond. */
        {"version: \"1\"\npolicies:\n  - {name: a, match: {opened_until: "
         "\"2026-04-01T00:00:00Z\"}, "
         "targets: {resolution: {within: 1h}}}\n"
         "  - {name: b, match: {opened_until: \"2026-04-01T00:00:00Z\"}, targets: {resolution: "
         "{within: 1h}}}\n",
         "policies[1]", 4},
        {"version: \"1\"\npolicies:\n  - {name: a, match: {opened_from: \"2026-04-01T00:00:00Z\"}, "
         "targets: {resolution: {within: 1h}}}\n"
         "  - {name: b, match: {opened_from: \"2026-04-01T00:00:00Z\"}, targets: {resolution: "
         "{within: 1h}}}\n",
         "policies[1]", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *arena = arena_new();
        struct faults faults = {.arena = arena};
        const struct tree *tree;
        struct err err = {""};
        void *policy;
        const char *version;
        if (yaml_read(arena, "sla.yaml", cases[i].text, strlen(cases[i].text), &tree, &err))
            fail_msg("%zu: %s", i, err.text);
        assert_int_not_equal(sla_policy_load(tree, "", arena, &policy, &version, &faults), 0);
        assert_true(faults.count >= 1);
        if (strcmp(faults.at[0].path, cases[i].path) != 0 || faults.at[0].line != cases[i].line)
            fail_msg("%zu: found %s:%d %s, expected %s:%d", i, faults.at[0].path, faults.at[0].line,
                     faults.at[0].text, cases[i].path, cases[i].line);
        arena_free(arena);
    }
}

/* Overlaps that leave something for the later policy are no fault. */
static void test_policy_matches(void **unused) {
    (void)unused;
    static const char text[] =
        "version: \"1\"\npolicies:\n"
        "  - {name: flaw, match: {class: [quality.flaw]}, targets: {}}\n"
        "  - {name: dear, match: {class: [\"quality.*\"], order: {at_least: {currency: CNY, minor: "
        "100000}}}, targets: {}}\n"
        "  - {name: fresh, match: {order: {perishable: true, carrier: [sf]}}, targets: {}}\n"
        "  - {name: flagged, match: {flags: [legal, safety]}, targets: {}}\n"
        "  - {name: spring, match: {opened_from: \"2026-03-01T00:00:00Z\", opened_until: "
        "\"2026-04-01T00:00:00Z\", tenant: [shop]}, targets: {}}\n"
        "  - {name: quality, match: {class: [\"quality.*\"], tier: [vip, svip], channel: [app]}, "
        "targets: {}}\n";
    struct arena *arena = arena_new();
    struct faults faults = {.arena = arena};
    const struct tree *tree;
    void *policy;
    const char *version;
    assert_int_equal(yaml_read(arena, "sla.yaml", text, strlen(text), &tree, NULL), 0);
    if (sla_policy_load(tree, "", arena, &policy, &version, &faults))
        fail_msg("%s: %s", faults.at[0].path, faults.at[0].text);
    const char *legal[] = {"emotional", "legal"};
    struct texts none = {0}, flags = {legal, 2};
    struct sla_order dear = {.amount = {"CNY", 100000}}, cheap = {.amount = {"CNY", 99999}},
                     foreign = {.amount = {"USD", 900000}};
    struct sla_order fresh = {.perishable = true, .carrier = "sf"},
                     fresh_other = {.perishable = true, .carrier = "yto"};
    int64_t march;
    assert_int_equal(clock_parse("2026-03-15T00:00:00Z", &march), 0);
    const struct {
        struct sla_profile profile;
        const char *name;
    } cases[] = {
        {{.class_name = "quality.flaw", .flags = &none}, "flaw"},
        {{.class_name = "quality.expired", .flags = &none, .order = &dear}, "dear"},
        {{.class_name = "quality.expired", .flags = &none, .order = &cheap}, NULL},
        {{.class_name = "quality.expired", .flags = &none, .order = &foreign}, NULL},
        {{.class_name = "other", .flags = &none, .order = &fresh}, "fresh"},
        {{.class_name = "other", .flags = &none, .order = &fresh_other}, NULL},
        {{.flags = &flags}, "flagged"},
        {{.tenant = "shop", .flags = &none, .opened_at = march}, "spring"},
        {{.tenant = "shop", .flags = &none, .opened_at = march + 30 * DAY}, NULL},
        {{.tenant = "default", .flags = &none, .opened_at = march}, NULL},
        {{.class_name = "quality.damaged",
          .flags = &none,
          .tier = TIER_SVIP,
          .channel = CHANNEL_APP},
         "quality"},
        {{.class_name = "quality.damaged",
          .flags = &none,
          .tier = TIER_REGULAR,
          .channel = CHANNEL_APP},
         NULL},
        {{.flags = &none, .tier = TIER_SVIP, .channel = CHANNEL_APP}, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sla_row *row = sla_policy_match(policy, &cases[i].profile);
        const char *found = row ? row->name : NULL;
        if (found != cases[i].name &&
            (!found || !cases[i].name || strcmp(found, cases[i].name) != 0))
            fail_msg("%zu: found %s, expected %s", i, found ? found : "none",
                     cases[i].name ? cases[i].name : "none");
    }
    arena_free(arena);
}

static void test_default_policy(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();
    struct faults faults = {.arena = arena};
    const struct tree *tree;
    struct err err = {""};
    void *policy;
    const char *version;
    if (yaml_read_file(arena, REDRESS_SOURCE_DIR "/deploy/policies/sla.yaml", &tree, &err))
        fail_msg("%s", err.text);
    if (sla_policy_load(tree, "", arena, &policy, &version, &faults))
        fail_msg("%s: %s", faults.at[0].path, faults.at[0].text);
    assert_int_equal(((const struct sla_policy *)policy)->close_silent_after, 90 * DAY);
    /* Every class has a policy that promises a first contact and a resolution; solving is a contact.
     */
    struct texts none = {0};
    for (int i = 0; contract_classes[i]; i++) {
        struct sla_profile profile = {
            .class_name = contract_classes[i], .severity = SEVERITY_P3, .flags = &none};
        const struct sla_row *row = sla_policy_match(policy, &profile);
        const struct sla_rule *contact = sla_policy_rule(row, "first_contact");
        assert_non_null(contact);
        assert_true(contact->met_by.has[EVENT_CASE_RESOLVED]);
        assert_non_null(sla_policy_rule(row, "resolution"));
    }

    /* Nothing warns or escalates on a case that only asks. */
    const char *asks = "question";
    struct texts flags = {&asks, 1};
    struct sla_profile profile = {
        .class_name = "inquiry.product", .severity = SEVERITY_P4, .flags = &flags};
    const struct sla_row *row = sla_policy_match(policy, &profile);
    for (int i = 0; i < row->rule_count; i++) {
        assert_int_equal(row->rules[i]->warning_count, 0);
        assert_int_equal(row->rules[i]->escalate.count, 0);
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_policy_faults),
                                       cmocka_unit_test(test_policy_matches),
                                       cmocka_unit_test(test_default_policy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
