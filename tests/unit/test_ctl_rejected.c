/* Rejected records: what they say, and the message that sends one again. */
#include "redressctl/log/rejected.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEADER(name, value)                                                                        \
    { name, value, sizeof value - 1 }

static const struct config config = {.topic_prefix = "shop"};
static const struct kafka kafka = {.config = &config};

static const struct header inbound[] = {
    HEADER("content-type", "application/cloudevents+json"),
    HEADER("traceparent", "00-ab"),
    HEADER("redress_reason", "bad_value"),
    HEADER("redress_detail", "data.channel: expected one of im"),
    HEADER("redress_topic", "shop.complaints"),
    HEADER("redress_partition", "2"),
    HEADER("redress_offset", "55")};
/* Of a record that any service may have sent with a header of ours: the runtime's own come later
 * and win. */
static const struct header forged[] = {
    HEADER("redress_reason", "forged"), HEADER("redress_reason", "in_future"),
    HEADER("redress_topic", "shop.activity"), HEADER("redress_replayed", "1-7")};

static struct raw raw_of(const struct header *headers, int count) {
    return (struct raw){.topic = TOPIC_REJECTED,
                        .partition = 3,
                        .offset = 127,
                        .timestamp_ms = 1000,
                        .key = "A1",
                        .key_len = 2,
                        .value = "{\0}",
                        .value_len = 3,
                        .headers = headers,
                        .header_count = count};
}

static int start(void **state) {
    *state = arena_new();
    return 0;
}

static int end(void **state) {
    arena_free(*state);
    return 0;
}

static void test_ids(void **state) {
    (void)state;
    static const char *const bad[] = {"",    "3",     "3-",   "-3",   "3-x",
                                      "x-3", "3-4-5", " 3-4", "3--4", "99999999999-1"};
    struct rejected_id id = {9, 9};
    char text[REJECTED_ID_MAX];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(rejected_parse_id(bad[i], &id), -1);
    assert_int_equal(id.partition, 9);
    assert_int_equal(rejected_parse_id("3-127", &id), 0);
    assert_int_equal(id.partition, 3);
    assert_int_equal(id.offset, 127);
    assert_string_equal(rejected_format_id(id, text), "3-127");
}

static void test_read(void **state) {
    struct raw raw = raw_of(inbound, 7);
    struct rejected rejected;
    rejected_read(&raw, *state, &rejected);
    assert_string_equal(rejected.reason, "bad_value");
    assert_string_equal(rejected.detail, "data.channel: expected one of im");
    assert_string_equal(rejected.topic, "shop.complaints");
    assert_string_equal(rejected.origin, "2-55");
    assert_int_equal(rejected.time_ms, 1000);
    assert_null(rejected.replayed);
    assert_false(rejected.is_mark);
    raw = raw_of(forged, 4);
    rejected_read(&raw, *state, &rejected);
    assert_string_equal(rejected.reason, "in_future");
    assert_string_equal(rejected.replayed, "1-7");
    assert_string_equal(rejected.origin, "");
    assert_false(rejected.is_mark);
}

static void test_replay(void **state) {
    struct raw raw = raw_of(inbound, 7);
    struct rejected rejected;
    struct kafka_message message;
    struct err err;
    rejected_read(&raw, *state, &rejected);
    assert_int_equal(rejected_replay(&raw, &rejected, &kafka, *state, &message, &err), 0);
    assert_int_equal(message.topic, TOPIC_COMPLAINTS);
    assert_int_equal(message.partition, -1); /* by key, as the first time */
    assert_int_equal(message.key_len, 2);
    assert_int_equal(message.value_len, 3);
    assert_memory_equal(message.value, "{\0}", 3);
    assert_int_equal(message.header_count, 3);
    assert_string_equal(message.headers[0].name, "content-type");
    assert_string_equal(message.headers[1].name, "traceparent");
    assert_string_equal(message.headers[2].name, "redress_replayed");
    assert_memory_equal(message.headers[2].value, "3-127", 5);
}

/* The mark is read back as one, and names the record. */
static void test_mark(void **state) {
    struct raw raw = raw_of(inbound, 7), again;
    struct rejected rejected;
    struct kafka_message message;
    struct err err;
    rejected_read(&raw, *state, &rejected);
    rejected_mark(&raw, &rejected, *state, &message);
    assert_int_equal(message.topic, TOPIC_REJECTED);
    assert_int_equal(message.partition, 3);
    assert_null(message.value);
    again = raw_of(message.headers, message.header_count);
    rejected_read(&again, *state, &rejected);
    assert_true(rejected.is_mark);
    assert_string_equal(rejected.replayed, "3-127");
    assert_int_equal(rejected_replay(&again, &rejected, &kafka, *state, &message, &err), -1);
    assert_non_null(strstr(err.text, "the mark that 3-127 was sent again"));
}

/* What sla refuses comes from the case log, where redressctl must not write. */
static void test_topics(void **state) {
    static const struct {
        const char *topic, *type;
        enum topic to;
    } cases[] = {{"shop.activity", "", TOPIC_ACTIVITY},
                 {"shop.decisions", "", TOPIC_DECISIONS},
                 {"shop.events", "case.contacted", TOPIC_ACTIVITY},
                 {"shop.events", "decision.approved", TOPIC_DECISIONS},
                 {"shop.events", "case.classified", TOPIC_NONE},
                 {"shop.events", "", TOPIC_NONE},
                 {"shop.claims", "", TOPIC_NONE},
                 {"redress.complaints", "", TOPIC_NONE},
                 {"", "", TOPIC_NONE}};
    struct raw raw = raw_of(inbound, 7);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rejected rejected = {.id = {3, 127}, .topic = cases[i].topic, .type = cases[i].type};
        struct kafka_message message;
        struct err err;
        int rc = rejected_replay(&raw, &rejected, &kafka, *state, &message, &err);
        assert_int_equal(rc, cases[i].to == TOPIC_NONE ? -1 : 0);
        if (rc == 0) assert_int_equal(message.topic, cases[i].to);
        if (rc < 0) assert_non_null(strstr(err.text, "where only workers write"));
    }
}

/* Intake has accepted, and remembers, what sla refused: the copy needs an id of its own, the same
 * each time. */
static void test_new_id(void **state) {
    char longest[129];
    memset(longest, 'x', 128);
    longest[128] = 0;
    struct header headers[] = {{"ce_id", "e-1", 3},
                               HEADER("ce_source", "/desk"),
                               HEADER("redress_reason", "unknown_case")};
    struct rejected rejected = {.id = {3, 127}, .topic = "shop.events", .type = "case.contacted"};
    struct raw raw = raw_of(headers, 3);
    struct kafka_message message;
    struct err err;
    assert_int_equal(rejected_replay(&raw, &rejected, &kafka, *state, &message, &err), 0);
    assert_int_equal(message.header_count, 3);
    assert_int_equal(message.headers[0].value_len, 9);
    assert_memory_equal(message.headers[0].value, "e-1.3-127", 9);
    assert_memory_equal(message.headers[1].value, "/desk", 5);
    headers[0] = (struct header){"ce_id", longest, 128};
    assert_int_equal(rejected_replay(&raw, &rejected, &kafka, *state, &message, &err), 0);
    assert_int_equal(message.headers[0].value_len, 26);
    rejected.topic = "shop.activity"; /* intake refused this one, and knows nothing of it */
    assert_int_equal(rejected_replay(&raw, &rejected, &kafka, *state, &message, &err), 0);
    assert_int_equal(message.headers[0].value_len, 128);
}

/* What is no record but a description is not sent again; a header of that name that somebody sent
 * is no description. */
static void test_described(void **state) {
    struct header headers[] = {HEADER("redress_described", "forged"),
                               HEADER("redress_reason", "too_large"),
                               HEADER("redress_topic", "shop.complaints"),
                               HEADER("redress_partition", "2"),
                               HEADER("redress_offset", "55"),
                               HEADER("redress_described", "too_large")};
    struct raw raw = raw_of(headers, 6);
    struct rejected rejected;
    struct kafka_message message;
    struct err err;
    rejected_read(&raw, *state, &rejected);
    assert_string_equal(rejected.described, "too_large");
    assert_int_equal(rejected_replay(&raw, &rejected, &kafka, *state, &message, &err), -1);
    assert_non_null(strstr(err.text, "It lies in shop.complaints at 2-55"));
    raw.header_count = 5;
    rejected_read(&raw, *state, &rejected);
    assert_null(rejected.described);
    assert_int_equal(rejected_replay(&raw, &rejected, &kafka, *state, &message, &err), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test_setup_teardown(test_read, start, end),
        cmocka_unit_test_setup_teardown(test_replay, start, end),
        cmocka_unit_test_setup_teardown(test_mark, start, end),
        cmocka_unit_test_setup_teardown(test_topics, start, end),
        cmocka_unit_test_setup_teardown(test_new_id, start, end),
        cmocka_unit_test_setup_teardown(test_described, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
