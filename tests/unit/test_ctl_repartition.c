/* Where records go under another number of partitions, and what changes in them. */
#include "base/ids.h"
#include "redressctl/log/repartition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEADER(name, value)                                                                        \
    { name, value, sizeof value - 1 }

enum { NEW = 6 };
static const int64_t next[NEW] = {10, 11, 12, 13, 14, 15};
static const struct repartition plan = {
    .from = "shop",
    .counts = {[TOPIC_EVENTS] = NEW, [TOPIC_STATE] = NEW, [TOPIC_CLAIMS] = 4, [TOPIC_POLICIES] = 1},
    .next = next};

static int start(void **state) {
    *state = arena_new();
    return 0;
}

static int end(void **state) {
    arena_free(*state);
    return 0;
}

static struct raw record(enum topic topic, const char *key, const char *value) {
    return (struct raw){.topic = topic,
                        .partition = 1,
                        .offset = 7,
                        .timestamp_ms = 1234,
                        .key = key,
                        .key_len = key ? strlen(key) : 0,
                        .value = value,
                        .value_len = value ? strlen(value) : 0};
}

/* A case's state goes where its events go, whose key is the route alone. */
static void test_case_stays_together(void **state) {
    char route[IDS_ROUTE_LEN + 1], case_id[IDS_CASE_LEN + 1];
    for (int i = 0; i < 100; i++) {
        char order[32];
        snprintf(order, sizeof order, "order:A%d", i);
        ids_route("default", order, route);
        ids_case(route, "/shop/app", "c-1", case_id);
        const struct header headers[] = {HEADER("other", "x"), HEADER("redress_next", "999")};
        struct raw event = record(TOPIC_EVENTS, route, "{}"),
                   kept = record(TOPIC_STATE, case_id, "{}");
        kept.headers = headers;
        kept.header_count = 2;
        struct kafka_message one, two;
        assert_int_equal(repartition_record(&plan, &event, *state, &one), 1);
        assert_int_equal(repartition_record(&plan, &kept, *state, &two), 1);
        assert_int_equal(one.partition, ids_partition(route, IDS_ROUTE_LEN, NEW));
        assert_int_equal(two.partition, one.partition);
        assert_int_equal(one.timestamp_ms, 1234);
        char expected[16];
        snprintf(expected, sizeof expected, "%d", 10 + two.partition);
        assert_int_equal(two.headers[1].value_len, 2);
        assert_memory_equal(two.headers[1].value, expected, 2);
        assert_memory_equal(two.headers[0].value, "x", 1);
    }
}

static void test_what_stays(void **state) {
    struct raw log = record(TOPIC_STATE, "@log", "{}"),
               begun = record(TOPIC_POLICIES, "@begun:intake:complaints:1", "{}");
    struct raw policy = record(TOPIC_POLICIES, "sla:2026", "{}"),
               gone = record(TOPIC_STATE, "BYCRCNPA1C41H-FRGWX4V", NULL);
    struct kafka_message message;
    assert_int_equal(repartition_record(&plan, &log, *state, &message), 0);
    assert_int_equal(repartition_record(&plan, &begun, *state, &message), 0);
    assert_int_equal(repartition_record(&plan, &policy, *state, &message), 1);
    assert_int_equal(message.partition, 0);
    assert_int_equal(repartition_record(&plan, &gone, *state, &message), 1);
    assert_null(message.value);
}

/* It lies in every partition, and is to lie in each of the new ones once. */
static void test_for_all_cases(void **state) {
    struct raw event = record(TOPIC_EVENTS, NULL, "{}");
    struct kafka_message message;
    assert_int_equal(repartition_record(&plan, &event, *state, &message), 0);
    event.partition = 0;
    assert_int_equal(repartition_record(&plan, &event, *state, &message), NEW);
}

/* Another record will lie at the position that claimed: it must not be taken for the claimant. */
static void test_claims(void **state) {
    static const struct {
        const char *before, *after;
    } rows[] = {{"{\"key\":\"order\\u001fA1\",\"kind\":\"join\",\"id\":\"complaints/3/"
                 "17\",\"value\":\"C\",\"more\":[1,{\"a\":null}]}",
                 "{\"key\":\"order\\u001fA1\",\"kind\":\"join\",\"id\":\"shop:complaints/3/"
                 "17\",\"value\":\"C\",\"more\":[1,{\"a\":null}]}"},
                {"{\"kind\":\"count\",\"id\":\"BYCRCNPA1C41H-FRGWX4V.1\",\"amount\":5}", NULL},
                {"{\"kind\":\"once\",\"id\":\"shop:complaints/3/17\"}", NULL},
                {"not ours", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct raw claim = record(TOPIC_CLAIMS,
                                  "order\x1f"
                                  "A1",
                                  rows[i].before);
        const char *after = rows[i].after ? rows[i].after : rows[i].before;
        struct kafka_message message;
        assert_int_equal(repartition_record(&plan, &claim, *state, &message), 1);
        assert_int_equal(message.partition, ids_partition(claim.key, claim.key_len, 4));
        assert_int_equal(message.value_len, strlen(after));
        assert_memory_equal(message.value, after, message.value_len);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_case_stays_together, start, end),
        cmocka_unit_test_setup_teardown(test_what_stays, start, end),
        cmocka_unit_test_setup_teardown(test_for_all_cases, start, end),
        cmocka_unit_test_setup_teardown(test_claims, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
