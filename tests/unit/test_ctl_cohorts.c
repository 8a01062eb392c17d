/* redressctl cohorts: a person's word as an event, and what is refused before it is sent. */
#include "base/clock.h"
#include "redressctl/cases/cohorts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795341600000)

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

static int make(enum event_type type, const struct cohorts_word *word, const char **text_out,
                struct err *err) {
    struct buf buf = {NULL, 0, 0};
    int rc = cohorts_event(type, word, "w-1", NOW, arena, &buf, err);

    *text_out = rc == 0 ? arena_strndup(arena, buf.at, buf.len) : NULL;
    buf_free(&buf);
    return rc;
}

static void a_word_is_an_event(void **state) {
    (void)state;
    const struct cohorts_word word = {.match = {.lane = "HZ-SH", .carrier = "SF"},
                                      .placed_from = "2026-11-22T00:00:00Z",
                                      .placed_to = "2026-11-23T08:00:00+08:00",
                                      .class_name = "logistics.delayed",
                                      .by = "li"};
    const char *text;
    struct err err;

    assert_int_equal(make(EVENT_COHORT_CONFIRMED, &word, &text, &err), 0);
    assert_string_equal(
        text, "{\"specversion\":\"1.0\",\"id\":\"w-1\",\"source\":\"/redress/redressctl\",\"type\":"
              "\"cohort.confirmed\",\"time\":\"2026-11-22T10:00:00Z\",\"datacontenttype\":"
              "\"application/json\",\"data\":{\"match\":{\"carrier\":\"SF\",\"lane\":\"HZ-SH\"},"
              "\"placed_from\":\"2026-11-22T00:00:00Z\",\"placed_to\":\"2026-11-23T00:00:00Z\","
              "\"class\":\"logistics.delayed\",\"by\":\"li\"}}");
    assert_int_equal(make(EVENT_COHORT_ENDED, &word, &text, &err), 0);
    assert_non_null(strstr(text, "\"type\":\"cohort.ended\""));
}

static void what_intake_would_reject_is_refused(void **state) {
    (void)state;
    static const struct {
        struct cohorts_word word;
        const char *says;
    } rows[] = {
        {{.class_name = "logistics.delayed", .by = "li"}, "--lane"},
        {{.match = {.lane = "L"}, .class_name = "late", .by = "li"}, "class"},
        {{.match = {.lane = "L"}, .class_name = "logistics.delayed", .by = ""}, "by"},
        {{.match = {.lane = "L"}, .placed_from = "today", .class_name = "other", .by = "li"},
         "--placed-from"},
        {{.match = {.lane = "L"}, .placed_to = "24:00", .class_name = "other", .by = "li"},
         "--placed-to"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text;
        struct err err = {""};
        assert_int_equal(make(EVENT_COHORT_CONFIRMED, &rows[i].word, &text, &err), -1);
        if (!strstr(err.text, rows[i].says))
            fail_msg("%zu: expected %s, found %s", i, rows[i].says, err.text);
    }
}

/* Approving says what was found: the same match, times and class. */
static void a_listed_one_is_spoken_of(void **state) {
    (void)state;
    static const char listed[] =
        "{\"cohort_id\":\"FS8W31H786TVA-90PASXD\",\"class\":\"logistics.lost\",\"status\":"
        "\"waiting\",\"match\":{\"sku\":\"S-1\"},\"placed_from\":\"2026-11-22T00:00:00Z\"}";
    const struct tree *all;
    struct cohorts_word word;
    const char *text;
    struct err err;

    assert_int_equal(json_read(arena, listed, strlen(listed), NULL, &all, &err), JSON_OK);
    cohorts_word_about(all, "t1", &word);
    word.by = "wang";
    assert_int_equal(make(EVENT_COHORT_CONFIRMED, &word, &text, &err), 0);
    assert_non_null(strstr(text, "\"data\":{\"tenant\":\"t1\",\"match\":{\"sku\":\"S-1\"},\"placed_"
                                 "from\":\"2026-11-22T00:00:00Z\",\"class\":\"logistics.lost\","
                                 "\"by\":\"wang\"}}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_word_is_an_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_intake_would_reject_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_listed_one_is_spoken_of, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
