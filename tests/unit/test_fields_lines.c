/* Lists that stand in a view's hash as lines (fields_lines.c): whatever they hold comes back,
 * values are short enough for Redis to keep the hash as a list, and people can read them. */
#include "data/fields_parts.h"
#include "fields_world.h"
#include "sample_table.h"

#include <stdlib.h>
#include <string.h>

struct moment {
    int64_t at, until;
    const char *type, *target;
    struct rest rest;
};
struct log {
    const char *status;
    struct parts moments;
    struct rest rest;
};
static const struct field moment_fields[] = {{FIELD(moment, at), .type = FIELD_TIME},
                                             {FIELD(moment, type), .type = FIELD_NAME},
                                             {FIELD(moment, until), .type = FIELD_TIME},
                                             {FIELD(moment, target), .type = FIELD_ID},
                                             {FIELD_REST_OF(moment, rest)},
                                             FIELDS_END};
static const struct table moment_table = {
    .name = "moment", .size = sizeof(struct moment), .fields = moment_fields};
static const struct field log_fields[] = {
    {FIELD(log, status), .type = FIELD_NAME},
    {FIELD(log, moments), .type = FIELD_PARTS, .of = &moment_table, .flags = FIELD_LINES},
    {FIELD_REST_OF(log, rest)},
    FIELDS_END};
static const struct table log_table = {
    .name = "log", .size = sizeof(struct log), .fields = log_fields};

static const char *written(const struct log *log) {
    struct buf buf = {0};
    fields_encode(&log_table, log, &(struct json_out){.buf = &buf});
    const char *text = arena_strndup(arena, buf.at, buf.len);
    buf_free(&buf);
    return text;
}

static struct hashes hashes_of(const struct log *log) {
    struct hashes hashes;
    fields_to_hashes(&log_table, log, "x", arena, &hashes);
    return hashes;
}

static int from(const struct hashes *hashes, struct log *out, struct err *err) {
    uint64_t sum;
    *out = (struct log){0};
    int result = fields_from_hashes(&log_table, hashes, arena, out, &sum, err);
    if (result == 0 && sum != hashes->sum) return err_set(err, "another checksum");
    return result;
}

static void assert_back(const struct log *log) {
    struct hashes hashes = hashes_of(log);
    struct log back;
    struct err err;
    if (from(&hashes, &back, &err)) fail_msg("%s", err.text);
    assert_string_equal(written(&back), written(log));
}

static struct log log_of(struct moment *moments, int count) {
    return (struct log){.status = "open", .moments = {moments, count}};
}

static void people_can_read_it(void **state) {
    (void)state;
    struct moment moments[] = {{.at = 1795850345000, .type = "case.opened"},
                               {.at = 1795850345000, .type = "sla.started", .target = "resolution"},
                               {.at = 1795850345007, .until = 1795850345010, .target = "x"},
                               {.at = 5, .type = "case.closed"}};
    struct log log = log_of(moments, 4);
    struct hashes hashes = hashes_of(&log);

    assert_int_equal(hashes.public.count, 3);
    assert_string_equal(hashes.public.at[1].name, "moments");
    assert_string_equal(hashes.public.at[1].value,
                        "1795850345000 case.opened,+0 sla.started - resolution,+7 - +3 x");
    assert_string_equal(hashes.public.at[2].name, "moments~1");
    assert_string_equal(hashes.public.at[2].value, "5 case.closed");
    assert_back(&log);
}

/* A newer version's fields, and texts that have no place in a line, are kept: as JSON. */
static void what_has_no_line_is_json(void **state) {
    (void)state;
    static const char *const types[] = {"two words", "a,b", "-", "[", "- x"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct moment moment = {.at = 7, .type = types[i]};
        struct log log = log_of(&moment, 1);
        assert_int_equal(hashes_of(&log).public.at[1].value[0], '[');
        assert_back(&log);
    }
    struct log log = {0};
    struct faults faults = {.arena = arena};
    assert_int_equal(
        fields_decode(&log_table,
                      json("{\"moments\":[{\"at\":\"2026-11-22T10:00:00Z\",\"newer\":[1]}],"
                           "\"later\":2}"),
                      FIELDS_STATE, arena, &log, &faults),
        0);
    assert_non_null(strstr(written(&log), "newer"));
    assert_back(&log);
    struct moment nothing = {0};
    log = log_of(&nothing, 1);
    assert_back(&log);
}

static const char *any_text(void) {
    static const char *const texts[] = {"case.opened", "sla.started", "+5", "7", "质量",
                                        "resolution",  "a_b-c",       "~1", "-", NULL};
    int at = rand() % 30;
    if (at < 9) return texts[at];
    return at < 20 ? texts[at % 2] : NULL;
}

static void any_list_comes_back(void **state) {
    (void)state;
    srand(7);
    for (int i = 0; i < 3000; i++) {
        int count = 1 + rand() % 100;
        struct moment *moments = arena_alloc(arena, sizeof *moments * (size_t)count);
        for (int k = 0; k < count; k++)
            moments[k] = (struct moment){.at = 1795850345000 + rand() % 9000 * (k % 5),
                                         .until = rand() % 9 ? 0 : 1 + rand(),
                                         .type = any_text(),
                                         .target = rand() % 3 ? NULL : "first_contact"};
        struct log log = log_of(moments, count);
        assert_back(&log);
        struct hashes hashes = hashes_of(&log);
        for (int k = 1; k < hashes.public.count; k++)
            if (hashes.public.at[k].value[0] != '[')
                assert_true(hashes.public.at[k].value_len <= FIELDS_PIECE_MAX);
        arena_reset(arena);
    }
}

static void a_lost_piece_is_noticed(void **state) {
    (void)state;
    struct moment moments[30];
    for (int i = 0; i < 30; i++)
        moments[i] = (struct moment){.at = 1795850345000 + i, .type = "case.replied"};
    struct log log = log_of(moments, 30);
    struct hashes hashes = hashes_of(&log);
    assert_true(hashes.public.count > 5);
    for (int gone = 1; gone < hashes.public.count; gone++) {
        struct hashes less = hashes;
        less.public.at = arena_memdup(arena, hashes.public.at,
                                      sizeof *hashes.public.at * (size_t)hashes.public.count);
        less.public.at[gone] = less.public.at[--less.public.count];
        struct log back;
        struct err err;
        if (!from(&less, &back, &err)) fail_msg("piece %d is gone", gone);
    }
}

/* A line begins with a time, in digits, or with how much later than the one before. */
static void what_is_no_line_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"5 a", true},
        {"0 a", true},
        {"9 a", true},
        {"5 a,+0 b", true},
        {"5 a,+9 b", true},
        {"x a", false},
        {"/5 a", false}, /* the characters beside the digits */
        {":5 a", false},
        {"-5 a", false},
        {" 5 a", false},
        {"5x a", false},
        {"5 a,+ b", false},
        {"5 a,+-1 b", false},
        {"5 a,++1 b", false},
        {"5  a", false},
        {"5 a,", false},
        {"9223372036854775807 a", true},
        {"9223372036854775808 a", false},
        {"9223372036854775807 a,+0 b", true},
        {"9223372036854775807 a,+1 b", false},
        {"5 a - b", true},
        {"5 a - b c", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair pair = {"moments", rows[i].text, strlen(rows[i].text)};
        struct hashes hashes = {.public = {&pair, 1}};
        struct log log;
        struct err err;
        uint64_t sum;
        log = (struct log){0};
        bool good = fields_from_hashes(&log_table, &hashes, arena, &log, &sum, &err) == 0;
        if (good != rows[i].good) fail_msg("\"%s\": %s", rows[i].text, good ? "" : err.text);
    }
}

/* Whatever bytes stand there: an error, or a state that can be written. */
static void any_bytes_are_survived(void **state) {
    (void)state;
    static const char sample[] = "1795850345000 case.opened,+0 sla.started - resolution";
    srand(9);
    for (int i = 0; i < 20000; i++) {
        size_t len = sizeof sample - 1 - (size_t)(rand() % 3 ? 0 : rand() % 40);
        char *bytes = malloc(len);
        memcpy(bytes, sample, len);
        for (int k = rand() % 4; k >= 0; k--) bytes[(size_t)rand() % len] = (char)rand();
        struct pair pair = {"moments", bytes, len};
        struct hashes hashes = {.public = {&pair, 1}};
        struct log back;
        struct err err;
        if (from(&hashes, &back, &err) == 0) hashes_of(&back);
        free(bytes);
        arena_reset(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_can_read_it),         cmocka_unit_test(what_has_no_line_is_json),
        cmocka_unit_test(any_list_comes_back),        cmocka_unit_test(a_lost_piece_is_noticed),
        cmocka_unit_test(what_is_no_line_is_refused), cmocka_unit_test(any_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
