/* redressctl causes: what was done as an event, and what is refused before it is sent. */
#include "base/clock.h"
#include "redressctl/cases/causes.h"

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

static int make(const struct causes_word *word, const char **text_out, struct err *err) {
    struct buf buf = {NULL, 0, 0};
    int rc = causes_event(word, "w-1", NOW, arena, &buf, err);

    *text_out = rc == 0 ? arena_strndup(arena, buf.at, buf.len) : NULL;
    buf_free(&buf);
    return rc;
}

static void an_answer_is_an_event(void **state) {
    (void)state;
    static const char *const dimensions[] = {"carrier", "warehouse", "sku", "batch", "lane"};

    for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++) {
        const struct causes_word word = {.tenant = "t1",
                                         .dimension = dimensions[i],
                                         .value = "V 1",
                                         .class_name = "order.urge",
                                         .note = "two more people pack",
                                         .by = "li"};
        const char *text;
        struct err err;
        assert_int_equal(make(&word, &text, &err), 0);
        assert_string_equal(
            text,
            arena_printf(arena,
                         "{\"specversion\":\"1.0\",\"id\":\"w-1\",\"source\":\"/redress/"
                         "redressctl\",\"type\":\"cause.answered\",\"time\":\"2026-11-22T10:00:00Z"
                         "\",\"datacontenttype\":\"application/json\",\"data\":{\"tenant\":\"t1\","
                         "\"match\":{\"%s\":\"V 1\"},\"class\":\"order.urge\",\"note\":\"two more "
                         "people pack\",\"by\":\"li\"}}",
                         dimensions[i]));
    }
}

static void what_intake_would_reject_is_refused(void **state) {
    (void)state;
    static const char *const too_long = "long";
    static char note[8002];
    static const struct {
        struct causes_word word;
        const char *says;
    } rows[] = {
        {{.dimension = "lane", .value = "L", .class_name = "order.urge", .note = "x"}, "--by"},
        {{.dimension = "lane", .value = "L", .class_name = "order.urge", .by = "li"}, "--done"},
        {{.dimension = "lane", .value = "L", .class_name = "order.urge", .note = "", .by = "li"},
         "--done"},
        {{.dimension = "day",
          .value = "L@2026-11-22",
          .class_name = "order.urge",
          .note = "x",
          .by = "li"},
         "carrier, warehouse"},
        {{.class_name = "order.urge", .note = "x", .by = "li"}, "carrier, warehouse"},
        {{.dimension = "lane",
          .value = "L",
          .class_name = "order.urge",
          .note = "long",
          .by = "li"},
         "note"},
    };

    memset(note, 'x', sizeof note - 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct causes_word word = rows[i].word;
        const char *text;
        struct err err = {""};
        if (word.note && strcmp(word.note, too_long) == 0) word.note = note;
        assert_int_equal(make(&word, &text, &err), -1);
        if (!strstr(err.text, rows[i].says))
            fail_msg("%zu: expected %s, found %s", i, rows[i].says, err.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_is_an_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_intake_would_reject_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
