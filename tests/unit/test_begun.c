/* What a worker without a state makes of its group's offset in a partition. */
#include "runtime/begun.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_judge(void **state) {
    (void)state;
    static const struct {
        int64_t committed, start, end;
        bool marked;
        enum begun_verdict verdict;
    } rows[] = {{KAFKA_NO_OFFSET, 0, 0, false, BEGUN_NEW},
                {KAFKA_NO_OFFSET, 3, 20, false, BEGUN_NEW},
                {KAFKA_NO_OFFSET, 0, 20, true, BEGUN_LOST},
                {KAFKA_NO_OFFSET, 0, 0, true, BEGUN_LOST},
                {0, 0, 0, true, BEGUN_GOES_ON},
                {20, 3, 20, true, BEGUN_GOES_ON},
                {3, 3, 20, false, BEGUN_GOES_ON},
                {2, 3, 20, true, BEGUN_DELETED},
                {0, 1, 1, true, BEGUN_DELETED},
                {21, 3, 20, true, BEGUN_RECREATED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(begun_judge(rows[i].committed, rows[i].start, rows[i].end, rows[i].marked),
                         rows[i].verdict);
}

static void test_key(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct place place = {.topic = TOPIC_COMPLAINTS, .partition = 3};
    assert_string_equal(begun_key(arena, "intake", &place), "@begun:intake:complaints:3");
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_judge), cmocka_unit_test(test_key)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
