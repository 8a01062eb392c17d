/* match: words and patterns found together, at their places. */
#include "data/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static struct match *compiled(const struct match_item *items, int count) {
    struct err err;
    int bad;
    struct match *match = match_new(items, count, arena, &bad, &err);
    assert_non_null(match);
    return match;
}

static void test_places(void **state) {
    const struct match_item items[] = {{"破损", false}, {"没.{0,2}收到", true}, {"a.b", false}};
    const char *text = "箱子破损,没有收到a.b axb";
    const struct match_hit *hits;
    (void)state;
    int count = match_scan(compiled(items, 3), text, strlen(text), arena, &hits);
    assert_int_equal(count, 3);
    assert_int_equal(hits[0].item, 0);
    assert_int_equal(hits[0].from, 6);
    assert_int_equal(hits[0].to, 12);
    assert_int_equal(hits[1].item, 1);
    assert_int_equal(hits[1].from, 13);
    assert_int_equal(hits[1].to, 25);
    assert_int_equal(hits[2].item, 2);
    assert_int_equal(hits[2].from, 25);
    assert_int_equal(hits[2].to, 28);
}

static void test_nothing(void **state) {
    const struct match_item items[] = {{"破损", false}};
    const struct match_hit *hits;
    (void)state;
    assert_int_equal(match_scan(compiled(items, 1), "", 0, arena, &hits), 0);
    assert_int_equal(match_scan(compiled(NULL, 0), "破损", 6, arena, &hits), 0);
}

static void test_bad_pattern(void **state) {
    const struct match_item items[] = {{"破损", false}, {"没(收到", true}};
    struct err err;
    int bad = -1;
    (void)state;
    assert_null(match_new(items, 2, arena, &bad, &err));
    assert_int_equal(bad, 1);
    assert_non_null(strstr(err.text, "parenthes"));
}

static void test_many_hits(void **state) {
    const struct match_item items[] = {{"a", false}};
    const struct match_hit *hits;
    static char text[2 * MATCH_HITS_MAX];
    (void)state;
    memset(text, 'a', sizeof text);
    struct match *match = compiled(items, 1);
    assert_int_equal(match_scan(match, text, sizeof text, arena, &hits), MATCH_HITS_MAX);
    assert_int_equal(match_scan(match, text, 10, arena, &hits), 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places), cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_bad_pattern), cmocka_unit_test(test_many_hits)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
