/* Where a line goes, with which key, and which lines are refused in which words. */
#include "redressctl/log/publish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EVENT(type, data)                                                                          \
    "{\"id\":\"1\",\"source\":\"/s\",\"type\":\"" type                                             \
    "\",\"time\":\"2026-11-22T10:00:00Z\",\"data\":" data "}"

static void test_routes(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum topic topic;
        const char *key;
    } cases[] = {
        {EVENT("complaint.submitted",
               "{\"order\":{\"id\":\"A1\"},\"conversation\":\"v\",\"customer\":{\"id\":\"u\"}}"),
         TOPIC_COMPLAINTS, "A1"},
        {EVENT("complaint.submitted", "{\"conversation\":\"v\",\"customer\":{\"id\":\"u\"}}"),
         TOPIC_COMPLAINTS, "v"},
        {EVENT("complaint.submitted", "{\"customer\":{\"id\":\"u\"}}"), TOPIC_COMPLAINTS, "u"},
        {EVENT("complaint.submitted", "{\"order\":{\"id\":7},\"customer\":{\"id\":\"u\"}}"),
         TOPIC_COMPLAINTS, "u"},
        {"{\"id\":\"1\",\"source\":\"/"
         "s\",\"type\":\"complaint.submitted\",\"time\":\"2026-11-22T10:00:00Z\","
         "\"data_base64\":\"eyJvcmRlciI6eyJpZCI6IkExIn19\"}",
         TOPIC_COMPLAINTS, "A1"}, /* {"order":{"id":"A1"}} */
        {"{\"id\":\"1\",\"source\":\"/"
         "s\",\"type\":\"complaint.submitted\",\"time\":\"2026-11-22T10:00:00Z\","
         "\"data_base64\":\"e\"}",
         TOPIC_COMPLAINTS, ""}, /* for intake to refuse */
        {EVENT("complaint.submitted", "{\"order\":{\"id\":\"A1\\n\"}}"), TOPIC_COMPLAINTS, "A1"},
        {EVENT("complaint.submitted", "null"), TOPIC_COMPLAINTS, ""},
        {EVENT("complaint.submitted", "[1,{}]"), TOPIC_COMPLAINTS, ""},
        {EVENT("case.contacted", "{\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\"}"), TOPIC_ACTIVITY,
         "BYCRCNPA1C41H"},
        {EVENT("case.contacted", "{\"case_id\":\"4711\"}"), TOPIC_ACTIVITY, "4711"},
        {EVENT("case.contacted", "{}"), TOPIC_ACTIVITY, ""},
        {EVENT("settlement.done", "{\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\"}"), TOPIC_ACTIVITY,
         "BYCRCNPA1C41H"},
        {EVENT("order.updated", "{\"order\":{\"id\":\"A1\"}}"), TOPIC_ACTIVITY, "A1"},
        {EVENT("customer.erased", "{\"customer_id\":\"u\"}"), TOPIC_ACTIVITY, "u"},
        {EVENT("cohort.confirmed", "{\"match\":{}}"), TOPIC_ACTIVITY, "cohort"},
        {EVENT("decision.approved", "{\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\"}"), TOPIC_DECISIONS,
         "BYCRCNPA1C41H"},
        {EVENT("compensation.requested", "{\"case_id\":\"BYCRCNPA1C41H-FRGWX4V\"}"),
         TOPIC_DECISIONS, "BYCRCNPA1C41H"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct publish_record record;
        struct err err;
        if (publish_route(cases[i].line, strlen(cases[i].line), arena, &record, &err) < 0)
            fail_msg("%s: %s", cases[i].line, err.text);
        assert_int_equal(record.topic, cases[i].topic);
        assert_string_equal(record.key, cases[i].key);
    }
    arena_free(arena);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *line, *why;
    } cases[] = {
        {"", "not_json: "},
        {"{", "not_json: "},
        {"{\"id\":1,\"id\":2}", "duplicate_key: "},
        {"[]", "expected a CloudEvent as a JSON map, not a list"},
        {"{\"id\":1}", "id: expected a text"},
        {"{\"id\":\"1\",\"source\":\"s\",\"type\":\"case.contacted\"}", "time: expected a text"},
        {EVENT("case.invented", "{}"), "type \"case.invented\": unknown"},
        {EVENT("sla.breached", "{}"), "type \"sla.breached\": written by the workers only"},
        {EVENT("case.opened", "{}"), "type \"case.opened\": written by the workers only"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct publish_record record = {TOPIC_NONE, "untouched"};
        struct err err;
        assert_int_equal(publish_route(cases[i].line, strlen(cases[i].line), arena, &record, &err),
                         -1);
        assert_memory_equal(err.text, cases[i].why, strlen(cases[i].why));
        assert_string_equal(record.key, "untouched");
    }
    arena_free(arena);
}

/* What only intake refuses must reach it: a submission larger than 64 KiB is one. */
static void test_large(void **state) {
    (void)state;
    static const char head[] = "{\"id\":\"1\",\"source\":\"/"
                               "s\",\"type\":\"complaint.submitted\",\"time\":\"t\",\"data\":\"";
    struct arena *arena = arena_new();
    size_t len = 2 * 1024 * 1024;
    char *line = malloc(len);
    struct publish_record record;
    struct err err;
    memset(line, 'x', len);
    memcpy(line, head, sizeof head - 1);
    memcpy(line + 200000, "\"}", 2);
    assert_int_equal(publish_route(line, 200002, arena, &record, &err), 0);
    memset(line + 200000, 'x', 2);
    memcpy(line + len - 2, "\"}", 2);
    assert_int_equal(publish_route(line, len, arena, &record, &err), -1);
    assert_memory_equal(err.text, "too_large: ", 11);
    free(line);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_routes),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_large)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
