/* CloudEvents as they come: both modes give the same event, and each fault its reason. */
#include "decision/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct arena *arena;

static int setup(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

enum { HEADERS_MAX = 16 };

/* A record from its value (NULL: none) and "name: value" lines. */
static struct raw raw_of(const char *value, const char *headers) {
    struct header *list = arena_alloc(arena, HEADERS_MAX * sizeof *list);
    struct raw raw = {.topic = TOPIC_COMPLAINTS, .offset = 7, .headers = list};
    if (value) {
        raw.value_len = strlen(value);
        raw.value = arena_memdup(arena, value, raw.value_len); /* as Kafka has it, without a NUL */
    }
    while (headers && *headers) {
        assert_in_range(raw.header_count, 0, HEADERS_MAX - 1);
        size_t name = strcspn(headers, ":"), line = strcspn(headers, "\n");
        struct header *header = &list[raw.header_count++];
        header->name = arena_strndup(arena, headers, name);
        header->value_len = line - name - 2;
        header->value = arena_memdup(arena, headers + name + 2, header->value_len);
        headers += line + (headers[line] == '\n');
    }
    return raw;
}

static struct event must_read(const struct raw *raw) {
    struct event ev = {0};
    struct rejection rejection = {0};
    if (event_read(raw, arena, &ev, &rejection))
        fail_msg("%s: %s", rejection.reason, rejection.detail);
    assert_ptr_equal(ev.raw, raw);
    return ev;
}

#define STRUCTURED "content-type: application/cloudevents+json"
#define BINARY                                                                                     \
    "ce_specversion: 1.0\nce_id: c-1\nce_source: /shop/app\nce_type: complaint.submitted\n"        \
    "ce_time: 2026-11-22T17:19:16+08:00"
#define ATTRIBUTES                                                                                 \
    "\"specversion\":\"1.0\",\"id\":\"c-1\",\"source\":\"/shop/"                                   \
    "app\",\"type\":\"complaint.submitted\","                                                      \
    "\"time\":\"2026-11-22T17:19:16+08:00\""

static void both_modes_give_the_same_event(void **state) {
    (void)state;
    struct raw raws[] = {
        raw_of("{" ATTRIBUTES ",\"subject\":\"s\",\"sequence\":42,\"traceparent\":\"" TRACE
               "\",\"data\":{\"a\":1}}",
               STRUCTURED),
        raw_of("{" ATTRIBUTES ",\"subject\":\"s\",\"sequence\":\"42\",\"traceparent\":\"" TRACE
               "\",\"data\":{\"a\":1}}",
               "Content-Type: Application/CloudEvents+JSON; charset=utf-8"),
        raw_of("{" ATTRIBUTES ",\"subject\":\"s\",\"sequence\":42,\"traceparent\":\"" TRACE
               "\",\"datacontenttype\":\"application/json\",\"other\":1,\"data\":{\"a\":1}}",
               NULL),
        raw_of("{\"a\":1}", BINARY "\nce_subject: s\nce_sequence: 42\nce_traceparent: " TRACE),
        raw_of("{\"a\":1}", BINARY "\nce_subject: s\nce_sequence: 42\nce_traceparent: " TRACE
                                   "\ncontent-type: application/json; charset=utf-8"),
    };
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        struct event ev = must_read(&raws[i]);
        assert_string_equal(ev.id, "c-1");
        assert_string_equal(ev.source, "/shop/app");
        assert_string_equal(ev.type, "complaint.submitted");
        assert_string_equal(ev.subject, "s");
        assert_string_equal(ev.traceparent, TRACE);
        assert_int_equal(ev.time_ms, 1795367956000 - 8 * 3600000);
        assert_int_equal(ev.sequence, 42);
        assert_int_equal(tree_get(ev.data, "a")->num, 1);
        assert_int_equal(ev.data->count, 1);
    }
}

static void the_optional_may_be_absent(void **state) {
    (void)state;
    struct raw raws[] = {
        raw_of("{" ATTRIBUTES ",\"data\":{}}", STRUCTURED),
        raw_of("{" ATTRIBUTES
               ",\"subject\":null,\"sequence\":null,\"traceparent\":\"nonsense\",\"data\":{}}",
               STRUCTURED),
        raw_of("{}", BINARY),
        raw_of("{}", BINARY "\nce_traceparent: 00-XYZ"),
    };
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        struct event ev = must_read(&raws[i]);
        assert_null(ev.subject);
        assert_null(ev.traceparent);
        assert_true(ev.sequence == EVENT_NO_SEQUENCE);
        assert_int_equal(ev.data->count, 0);
    }
}

static void texts_are_not_borrowed(void **state) {
    (void)state;
    struct raw raw = raw_of("{\"text\":\"abc\"}", BINARY);
    struct event ev = must_read(&raw);
    memset((char *)raw.value, 'x', raw.value_len);
    for (int i = 0; i < raw.header_count; i++)
        memset((char *)raw.headers[i].value, 'x', raw.headers[i].value_len);
    assert_string_equal(ev.id, "c-1");
    assert_string_equal(tree_text(ev.data, "text"), "abc");
}

struct refused {
    const char *value, *headers, *reason, *detail; /* detail: how it begins */
};

static const struct refused refused[] = {
    {NULL, NULL, "not_json", "expected an event"},
    {NULL, STRUCTURED, "not_json", "expected an event"},
    {"", STRUCTURED, "not_json", ""},
    {"{", STRUCTURED, "not_json", "byte "},
    {"hello", NULL, "not_json", "byte "},
    {"[]", STRUCTURED, "bad_value", "expected an event as a map"},
    {"[{" ATTRIBUTES ",\"data\":{}}]", "content-type: application/cloudevents-batch+json",
     "bad_value", "expected an event as a map"},
    {"{}", NULL, "missing_field", "specversion: "},
    {"{\"specversion\":\"1.0\"}", NULL, "missing_field", "id: "},
    {"{\"specversion\":\"1.0\",\"id\":\"a\"}", NULL, "missing_field", "source: "},
    {"{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"s\"}", NULL, "missing_field", "type: "},
    {"{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"s\",\"type\":\"t\"}", NULL,
     "missing_field", "time: "},
    {"{\"specversion\":\"1.0\",\"id\":null}", NULL, "missing_field", "id: "},
    {"{" ATTRIBUTES "}", STRUCTURED, "missing_field", "data: "},
    {"{" ATTRIBUTES ",\"data\":null}", STRUCTURED, "missing_field", "data: "},
    {"{" ATTRIBUTES ",\"data_base64\":null}", STRUCTURED, "missing_field", "data: "},
    {"{" ATTRIBUTES ",\"data_base64\":\"\"}", STRUCTURED, "not_json", "data_base64: "},
    {"{" ATTRIBUTES ",\"data_base64\":{}}", STRUCTURED, "bad_value",
     "data_base64: expected a text, found a map"},
    {"{" ATTRIBUTES ",\"data_base64\":\"e30\"}", STRUCTURED, "bad_value",
     "data_base64: expected base64"},
    {"{" ATTRIBUTES ",\"data_base64\":\"e30=\",\"data\":{}}", STRUCTURED, "bad_value",
     "data_base64: expected data or data_base64, not both"},
    {"{" ATTRIBUTES ",\"data_base64\":\"bnVsbA==\"}", STRUCTURED, "missing_field", "data: "},
    {"{" ATTRIBUTES ",\"data_base64\":\"W10=\"}", STRUCTURED, "bad_value",
     "data: expected a map, found a list"},
    {"{" ATTRIBUTES ",\"data_base64\":\"ew==\"}", STRUCTURED, "not_json", "data_base64: byte "},
    {"{" ATTRIBUTES ",\"data_base64\":\"/w==\"}", STRUCTURED, "bad_utf8", "data_base64: byte "},
    {"{" ATTRIBUTES ",\"data_base64\":\"eyJhIjowLCJhIjoxfQ==\"}", STRUCTURED, "duplicate_key",
     "data_base64: byte "},
    {"{" ATTRIBUTES ",\"data\":\"{}\"}", STRUCTURED, "bad_value",
     "data: expected a map, found a text"},
    {"{" ATTRIBUTES ",\"data\":{},\"data\":{}}", STRUCTURED, "duplicate_key", "byte "},
    {"{" ATTRIBUTES ",\"data\":{},\"datacontenttype\":\"text/xml\"}", STRUCTURED, "bad_value",
     "datacontenttype: "},
    {"{" ATTRIBUTES ",\"data\":{},\"datacontenttype\":7}", STRUCTURED, "bad_value",
     "datacontenttype: "},
    {"{\"specversion\":\"0.3\"}", NULL, "bad_value", "specversion: "},
    {"{\"specversion\":1.0}", NULL, "bad_value", "specversion: expected a text, found an integer"},
    {"{\"specversion\":\"1.0\",\"id\":\"\"}", NULL, "bad_value", "id: "},
    {"{\"specversion\":\"1.0\",\"id\":\"a b\"}", NULL, "bad_value", "id: "},
    {"{\"specversion\":\"1.0\",\"id\":7}", NULL, "bad_value", "id: "},
    {"{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"\"}", NULL, "bad_value", "source: "},
    {"{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"a\\nb\"}", NULL, "bad_value", "source: "},
    {"{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"a\\u202eb\"}", NULL, "bad_value",
     "source: "},
    {"{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"s\",\"type\":\"\"}", NULL, "bad_value",
     "type: "},
    {"{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"s\",\"type\":\"t\",\"time\":\"2026-11-"
     "22\"}",
     NULL, "bad_value", "time: "},
    {"{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"s\",\"type\":\"t\",\"time\":1795367956}",
     NULL, "bad_value", "time: "},
    {"{}", "ce_specversion: 1.0\nce_id: a\nce_source: s\nce_type: t\nce_time: 1970-01-01T00:00:00Z",
     "bad_value", "time: "},
    {"{" ATTRIBUTES ",\"data\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", STRUCTURED, "too_deep", "byte "},
    {"{" ATTRIBUTES ",\"data\":{\"a\":\"\xff\"}}", STRUCTURED, "bad_utf8", "byte "},
    {NULL, BINARY, "missing_field", "data: "},
    {"", BINARY, "missing_field", "data: "},
    {"null", BINARY, "missing_field", "data: "},
    {"[]", BINARY, "bad_value", "data: expected a map, found a list"},
    {"x", BINARY, "not_json", "byte "},
    {"{}", BINARY "\nce_id: c-2", "duplicate_key", "ce_id: "},
    {"{}", BINARY "\ncontent-type: text/plain", "bad_value", "content-type: "},
    {"{}", "ce_id: a", "missing_field", "specversion: "},
    {"{}", "ce_specversion: 1.0\nce_id: a\nce_source: s\nce_type: t", "missing_field", "time: "},
    {"{}", "ce_specversion: 1.0\nce_id: \xff", "bad_utf8", "ce_id: "},
    {"{}", "ce_specversion: 1.0\nce_id: a\nce_source: a\tb", "bad_value", "source: "},
};

static void faults_have_their_reasons(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const struct refused *row = &refused[i];
        struct raw raw = raw_of(row->value, row->headers);
        struct event ev = {.sequence = 4711};
        struct rejection rejection = {0};
        if (event_read(&raw, arena, &ev, &rejection) != -1) fail_msg("accepted: %s", row->value);
        if (strcmp(rejection.reason, row->reason) != 0 ||
            strncmp(rejection.detail, row->detail, strlen(row->detail)) != 0)
            fail_msg("%s: %s: %s, expected %s: %s", row->value, rejection.reason, rejection.detail,
                     row->reason, row->detail);
        assert_int_equal(ev.sequence, 4711);
    }
}

/* What only orders, or is of no use here, costs nothing when it makes no sense. */
static void the_optional_costs_nothing(void **state) {
    (void)state;
    static const char *const sequences[] = {"\"\"",
                                            "\"1a\"",
                                            "\" 1\"",
                                            "\"1 \"",
                                            "\"-\"",
                                            "\"+1\"",
                                            "\"0x10\"",
                                            "1.5",
                                            "true",
                                            "[7]",
                                            "{}",
                                            "1e999",
                                            "18446744073709551615",
                                            "\"9223372036854775808\"",
                                            "-9223372036854775808",
                                            "\"first\"",
                                            "\"0000000000000000000000000000007x\""};
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        struct raw raw = raw_of(
            arena_printf(arena, "{" ATTRIBUTES ",\"data\":{},\"sequence\":%s}", sequences[i]),
            STRUCTURED);
        if (must_read(&raw).sequence != EVENT_NO_SEQUENCE) fail_msg("%s", sequences[i]);
    }

    struct raw raws[] = {raw_of("{}", BINARY "\nce_sequence: first"),
                         raw_of("{}", BINARY "\nce_sequence: 1\nce_sequence: 2"),
                         raw_of("{}", BINARY "\nce_sequence: \xff"),
                         raw_of("{}", BINARY "\nce_subject: a\tb"),
                         raw_of("{" ATTRIBUTES ",\"data\":{},\"subject\":\"\"}", STRUCTURED),
                         raw_of("{" ATTRIBUTES ",\"data\":{},\"subject\":[7]}", STRUCTURED)};
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        struct event ev = must_read(&raws[i]);
        assert_true(ev.sequence == EVENT_NO_SEQUENCE);
        assert_null(ev.subject);
    }
    struct raw first = raw_of("{" ATTRIBUTES ",\"data\":{},\"sequence\":\"000042\"}", NULL);
    struct raw second = raw_of("{" ATTRIBUTES ",\"data\":{},\"sequence\":-4.2e1}", NULL);
    assert_int_equal(must_read(&first).sequence, 42);
    assert_int_equal(must_read(&second).sequence, -42);
}

/* In the case log it is the case's id: without one the event would be passed over. */
static void the_log_needs_its_subjects(void **state) {
    (void)state;
    static const char *const headers[] = {BINARY "\nce_subject: a\tb", BINARY "\nce_subject: \xff"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct raw raw = raw_of("{}", headers[i]);
        struct event ev;
        struct rejection rejection;
        raw.topic = TOPIC_EVENTS;
        assert_int_equal(event_read(&raw, arena, &ev, &rejection), -1);
    }
}

static void every_type_of_json_is_accepted(void **state) {
    (void)state;
    static const struct {
        const char *type;
        bool accepted;
    } rows[] = {
        {"application/json", true},
        {"text/json", true},
        {"Application/JSON", true},
        {"application/json;charset=utf-8", true},
        {"application/json ; charset=utf-8", true},
        {"application/vnd.shop.complaint+json", true},
        {"application/vnd.shop.complaint+JSON; version=2", true},
        {"application/ld+json", true},
        {"x-shop/y+z+json", true},
        {"application/jsonx", false},
        {"application/xjson", false},
        {"application/x-json", false},
        {"application/json+xml", false},
        {"application/+", false},
        {"application/", false},
        {"/json", false},
        {"json", false},
        {"text/plain", false},
        {"text/plain; a='application/json'", false},
        {"text/plain;a=/json", false},
        {"application/json,text/plain", false},
        {"application /json", false},
        {"application/octet-stream", false},
        {"application/jso", false},
        {"a/n", false},
        {";", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct raw raws[] = {
            raw_of("{}", arena_printf(arena, BINARY "\ncontent-type: %s", rows[i].type)),
            raw_of(arena_printf(arena, "{" ATTRIBUTES ",\"data\":{},\"datacontenttype\":\"%s\"}",
                                rows[i].type),
                   STRUCTURED),
            raw_of(arena_printf(arena,
                                "{" ATTRIBUTES
                                ",\"data_base64\":\"e30=\",\"datacontenttype\":\"%s\"}",
                                rows[i].type),
                   STRUCTURED)};
        for (size_t j = 0; j < sizeof raws / sizeof *raws; j++) {
            struct event ev;
            struct rejection rejection = {0};
            bool accepted = event_read(&raws[j], arena, &ev, &rejection) == 0;
            if (accepted != rows[i].accepted)
                fail_msg("%s: %s", rows[i].type, accepted ? "accepted" : rejection.detail);
            if (!accepted && !strstr(rejection.detail, "expected a type of JSON"))
                fail_msg("%s: %s", rows[i].type, rejection.detail);
        }
    }
}

static void data_may_come_as_base64(void **state) {
    (void)state;
    static const char *const texts[] = {
        "eyJhIjoxfQ==",                     /* {"a":1} */
        "eyJhIjogMX0=",                     /* {"a": 1} */
        "eyJhIjoxIH0K",                     /* {"a":1 } and a line feed */
        "77u/eyJhIjoxfQ==",                 /* behind a byte order mark */
        "eyJhIjoxLjAsImIiOiJcdWQ4M2QifQ==", /* {"a":1.0,"b":"\ud83d"} */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct raw raw = raw_of(
            arena_printf(arena, "{" ATTRIBUTES ",\"data\":null,\"data_base64\":\"%s\"}", texts[i]),
            STRUCTURED);
        struct event ev = must_read(&raw);
        assert_int_equal(tree_get(ev.data, "a")->num, 1);
    }
}

static void limits_count_the_whole_value(void **state) {
    (void)state;
    struct buf buf = {0};
    buf_puts(&buf, "{" ATTRIBUTES ",\"data\":{\"text\":\"");
    while (buf.len < 65536 - 3) buf_puts(&buf, "x");
    buf_puts(&buf, "\"}}");
    struct raw raw = raw_of(buf.at, STRUCTURED);
    assert_int_equal(raw.value_len, 65536);
    must_read(&raw);
    buf_puts(&buf, " ");
    raw = raw_of(buf.at, STRUCTURED);
    struct event ev;
    struct rejection rejection;
    assert_int_equal(event_read(&raw, arena, &ev, &rejection), -1);
    assert_string_equal(rejection.reason, "too_large");
    buf_clear(&buf);
    buf_puts(&buf, "{\"a\":[0");
    for (int i = 1; i < 4094; i++) buf_puts(&buf, ",0");
    raw = raw_of(arena_printf(arena, "%s]}", buf.at), BINARY);
    must_read(&raw);
    raw = raw_of(arena_printf(arena, "%s,0]}", buf.at), BINARY);
    assert_int_equal(event_read(&raw, arena, &ev, &rejection), -1);
    assert_string_equal(rejection.reason, "too_many_values");
    buf_free(&buf);
}

static void names_may_have_200_characters(void **state) {
    (void)state;
    struct buf buf = {0};
    for (int i = 0; i < 200; i++) buf_puts(&buf, "\xe5\xba\x97");
    struct event ev;
    struct rejection rejection;
    char headers[2048];
    snprintf(
        headers, sizeof headers,
        "ce_specversion: 1.0\nce_id: a\nce_type: t\nce_time: 2026-11-22T17:19:16Z\nce_source: %s",
        buf.at);
    struct raw raw = raw_of("{}", headers);
    assert_string_equal(must_read(&raw).source, buf.at);
    strcat(headers, "x");
    raw = raw_of("{}", headers);
    assert_int_equal(event_read(&raw, arena, &ev, &rejection), -1);
    assert_string_equal(rejection.reason, "bad_value");
    assert_null(strstr(rejection.detail, buf.at));
    buf_free(&buf);
}

static void a_nul_in_a_header_is_refused(void **state) {
    (void)state;
    struct raw raw = raw_of("{}", BINARY);
    struct header *id = (struct header *)&raw.headers[1];
    id->value = "c\0x";
    id->value_len = 3;
    struct event ev;
    struct rejection rejection;
    assert_int_equal(event_read(&raw, arena, &ev, &rejection), -1);
    assert_string_equal(rejection.reason, "bad_value");
    id->value = NULL;
    id->value_len = 0;
    assert_int_equal(event_read(&raw, arena, &ev, &rejection), -1);
    assert_string_equal(rejection.reason, "missing_field");
}

static void the_type_is_peeked_at_in_binary_mode_only(void **state) {
    (void)state;
    size_t len = 0;
    struct raw binary = raw_of("this is no JSON", "ce_type: sla.met"),
               structured = raw_of("{}", STRUCTURED "\nce_type: sla.met");
    struct raw none = raw_of("{}", NULL);
    const char *type = event_peek_type(&binary, &len);
    assert_int_equal(len, 7);
    assert_memory_equal(type, "sla.met", 7);
    assert_null(event_peek_type(&structured, &len));
    assert_null(event_peek_type(&none, &len));
}

static void topics_have_names(void **state) {
    (void)state;
    assert_string_equal(topic_name(TOPIC_COMPLAINTS), "complaints");
    assert_string_equal(topic_name(TOPIC_STATE), "state");
    for (int a = TOPIC_NONE; a < TOPIC_COUNT; a++)
        for (int b = TOPIC_NONE; b < a; b++)
            assert_string_not_equal(topic_name((enum topic)a), topic_name((enum topic)b));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_modes_give_the_same_event),
        cmocka_unit_test(the_optional_may_be_absent),
        cmocka_unit_test(texts_are_not_borrowed),
        cmocka_unit_test(faults_have_their_reasons),
        cmocka_unit_test(the_optional_costs_nothing),
        cmocka_unit_test(the_log_needs_its_subjects),
        cmocka_unit_test(every_type_of_json_is_accepted),
        cmocka_unit_test(data_may_come_as_base64),
        cmocka_unit_test(limits_count_the_whole_value),
        cmocka_unit_test(names_may_have_200_characters),
        cmocka_unit_test(a_nul_in_a_header_is_refused),
        cmocka_unit_test(the_type_is_peeked_at_in_binary_mode_only),
        cmocka_unit_test(topics_have_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
