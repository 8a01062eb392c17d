/* The plan of topics, and what is said about topics that differ from it. */
#include "data/json.h"
#include "decision/claims.h"
#include "redressctl/log/topics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct arena *arena;
    struct topics_plan plans[TOPICS_MAX];
    int count;
    struct topics_faults faults;
    struct kafka_setting found[TOPICS_SETTINGS_MAX];
};

static int start(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->arena = fixture->faults.arena = arena_new();
    fixture->count = topics_plan(fixture->arena, "shop", 12, 3, fixture->plans);
    *state = fixture;
    return 0;
}

static int end(void **state) {
    arena_free(((struct fixture *)*state)->arena);
    free(*state);
    return 0;
}

/* The plan of a topic, with the settings found being those planned. */
static const struct topics_plan *plan_of(struct fixture *fixture, const char *name) {
    for (int i = 0; i < fixture->count; i++)
        if (strcmp(fixture->plans[i].name, name) == 0) {
            memcpy(fixture->found, fixture->plans[i].settings, sizeof fixture->found);
            return &fixture->plans[i];
        }
    fail_msg("%s is not planned", name);
    return NULL;
}

static const char *planned(struct fixture *fixture, const char *name, const char *setting) {
    const struct topics_plan *plan = plan_of(fixture, name);
    for (int i = 0; i < plan->setting_count; i++)
        if (strcmp(plan->settings[i].name, setting) == 0) return plan->settings[i].value;
    return "";
}

static void find(struct fixture *fixture, const char *setting, const char *value) {
    for (int i = 0; i < TOPICS_SETTINGS_MAX && fixture->found[i].name; i++)
        if (strcmp(fixture->found[i].name, setting) == 0) fixture->found[i].value = value;
}

static void test_plan(void **state) {
    struct fixture *fixture = *state;
    static const char *const names[] = {"shop.complaints",
                                        "shop.activity",
                                        "shop.decisions",
                                        "shop.events",
                                        "shop.deliveries",
                                        "shop.settlements",
                                        "shop.orders",
                                        "shop.policies",
                                        "shop.claims",
                                        "shop.rejected",
                                        "shop.sla.state",
                                        "shop.compensation.state",
                                        "shop.notification.state",
                                        "shop.cohort.state"};
    assert_int_equal(fixture->count, sizeof names / sizeof *names);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct topics_plan *plan = plan_of(fixture, names[i]);
        assert_int_equal(plan->partitions, strcmp(names[i], "shop.policies") == 0 ? 1 : 12);
        assert_int_equal(plan->replication, 3);
        assert_string_equal(planned(fixture, names[i], "min.insync.replicas"), "2");
    }
    assert_string_equal(planned(fixture, "shop.sla.state", "cleanup.policy"), "compact");
    assert_string_equal(planned(fixture, "shop.sla.state", "segment.ms"), "86400000");
    assert_string_equal(planned(fixture, "shop.sla.state", "max.compaction.lag.ms"), "604800000");
    assert_string_equal(planned(fixture, "shop.sla.state", "delete.retention.ms"), "1209600000");
    assert_string_equal(planned(fixture, "shop.policies", "cleanup.policy"), "compact");
    assert_string_equal(planned(fixture, "shop.claims", "cleanup.policy"), "compact,delete");
    assert_string_equal(planned(fixture, "shop.events", "retention.ms"), "2592000000");
    /* A record that may come in must fit into the rejected topic with its headers. */
    assert_true(atoi(planned(fixture, "shop.complaints", "max.message.bytes")) > 1024 * 1024 + 512);
    assert_true(atoi(planned(fixture, "shop.rejected", "max.message.bytes")) >
                atoi(planned(fixture, "shop.complaints", "max.message.bytes")) + 65536);
    topics_plan(fixture->arena, "shop", 1, 1, fixture->plans);
    assert_string_equal(planned(fixture, "shop.events", "min.insync.replicas"), "1");
}

static void test_as_planned(void **state) {
    struct fixture *fixture = *state;
    for (int i = 0; i < fixture->count; i++) {
        const struct topics_plan *plan = plan_of(fixture, fixture->plans[i].name);
        topics_check(plan, plan->partitions, 12, fixture->found, &fixture->faults);
    }
    assert_true(atoll(planned(fixture, "shop.claims", "retention.ms")) >= CLAIMS_KEPT_MAX_MS);
    plan_of(fixture, "shop.claims");
    find(fixture, "retention.ms", "-1"); /* for ever is as good, */
    topics_check(plan_of(fixture, "shop.claims"), 12, 12, fixture->found, &fixture->faults);
    find(fixture, "delete.retention.ms", "9999999999999"); /* and longer */
    topics_check(plan_of(fixture, "shop.claims"), 12, 12, fixture->found, &fixture->faults);
    plan_of(fixture, "shop.claims");
    find(fixture, "cleanup.policy", "delete,compact");
    topics_check(plan_of(fixture, "shop.claims"), 12, 12, fixture->found, &fixture->faults);
    topics_check(plan_of(fixture, "shop.complaints"), 40, 12, fixture->found,
                 &fixture->faults); /* its own affair */
    assert_int_equal(fixture->faults.count, 0);
}

static void test_differences(void **state) {
    static const struct {
        const char *topic, *setting, *value, *expected;
    } cases[] = {
        {"shop.sla.state", "cleanup.policy", "delete", "compact"},
        {"shop.sla.state", "cleanup.policy", "compact,delete", "compact"},
        {"shop.sla.state", "delete.retention.ms", "86400000", "at least 1209600000"},
        {"shop.sla.state", "segment.ms", "604800000", "at most 86400000"},
        {"shop.sla.state", "max.compaction.lag.ms", "9223372036854775807", "at most 604800000"},
        {"shop.claims", "cleanup.policy", "compact", "compact,delete"},
        {"shop.claims", "retention.ms", "86400000", "at least 39744000000"},
        {"shop.events", "retention.ms", "-1", "at most 2592000000"},
        {"shop.events", "min.insync.replicas", "1", "at least 2"},
        {"shop.complaints", "max.message.bytes", "1048588", "at least 1572864"},
        {"shop.complaints", "max.message.bytes", NULL, "at least 1572864"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct topics_plan *plan = plan_of(fixture, cases[i].topic);
        find(fixture, cases[i].setting, cases[i].value);
        fixture->faults.count = 0;
        topics_check(plan, 12, 12, fixture->found, &fixture->faults);
        if (fixture->faults.count != 1)
            fail_msg("%s %s: %d faults", cases[i].topic, cases[i].setting, fixture->faults.count);
        const struct topics_fault *fault = &fixture->faults.at[0];
        assert_string_equal(fault->topic, cases[i].topic);
        assert_string_equal(fault->setting, cases[i].setting);
        assert_string_equal(fault->found,
                            cases[i].value ? cases[i].value : "unknown to the broker");
        assert_string_equal(fault->expected, cases[i].expected);
        assert_non_null(strstr(fault->mend, cases[i].topic));
        assert_non_null(strstr(fault->mend, cases[i].setting));
    }
}

static void test_list_values_are_bracketed(void **state) {
    struct fixture *fixture = *state;
    const struct topics_plan *plan = plan_of(fixture, "shop.claims");
    find(fixture, "cleanup.policy", "delete");
    topics_check(plan, 12, 12, fixture->found, &fixture->faults);
    assert_non_null(strstr(fixture->faults.at[0].mend,
                           "cleanup.policy=[compact,delete]")); /* a comma parts settings */
}

static void test_partitions(void **state) {
    struct fixture *fixture = *state;
    topics_check(plan_of(fixture, "shop.sla.state"), 4, 12, fixture->found, &fixture->faults);
    topics_check(plan_of(fixture, "shop.deliveries"), 4, 12, fixture->found, &fixture->faults);
    topics_check(plan_of(fixture, "shop.settlements"), 16, 12, fixture->found, &fixture->faults);
    topics_check(plan_of(fixture, "shop.orders"), 0, 12, fixture->found, &fixture->faults);
    assert_int_equal(fixture->faults.count, 4);
    for (int i = 0; i < 3; i++) assert_string_equal(fixture->faults.at[i].setting, "partitions");
    assert_string_equal(fixture->faults.at[0].found, "4");
    assert_non_null(strstr(fixture->faults.at[0].mend, "stop that worker"));
    assert_non_null(
        strstr(fixture->faults.at[1].mend, "--alter --topic shop.deliveries --partitions 12"));
    assert_non_null(strstr(fixture->faults.at[2].mend, "cannot be taken away"));
    assert_string_equal(fixture->faults.at[3].setting, "topic");
    assert_string_equal(fixture->faults.at[3].mend, "redressctl topics create");
}

static void test_broker(void **state) {
    struct fixture *fixture = *state;
    topics_check_broker("1000", 5000, 15000, &fixture->faults);
    assert_int_equal(fixture->faults.count, 0);
    topics_check_broker("5000", 5000, 15000, &fixture->faults); /* safe, but slow */
    topics_check_broker("10000", 5000, 15000,
                        &fixture->faults); /* a session may end before the transaction */
    topics_check_broker(NULL, 5000, 15000, &fixture->faults);
    assert_int_equal(fixture->faults.count, 3);
    assert_non_null(strstr(fixture->faults.at[0].expected, "1000 is recommended"));
    assert_non_null(strstr(fixture->faults.at[1].expected,
                           "less than session_timeout minus transaction_timeout (10000)"));
    assert_string_equal(fixture->faults.at[2].found, "unknown");
}

static void test_log(void **state) {
    struct fixture *fixture = *state;
    struct buf out = {NULL, 0, 0};
    topics_check_log(plan_of(fixture, "shop.sla.state"), 3, false, &fixture->faults);
    assert_int_equal(fixture->faults.count, 0);
    topics_check_log(plan_of(fixture, "shop.sla.state"), 3, true, &fixture->faults);
    assert_string_equal(fixture->faults.at[0].setting, "partition 3");
    topics_log_record("ABC", 12, &out);
    assert_string_equal(out.at, "{\"log_id\":\"ABC\",\"shards\":12}");
    buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plan, start, end),
        cmocka_unit_test_setup_teardown(test_as_planned, start, end),
        cmocka_unit_test_setup_teardown(test_differences, start, end),
        cmocka_unit_test_setup_teardown(test_list_values_are_bracketed, start, end),
        cmocka_unit_test_setup_teardown(test_partitions, start, end),
        cmocka_unit_test_setup_teardown(test_broker, start, end),
        cmocka_unit_test_setup_teardown(test_log, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
