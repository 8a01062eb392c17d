/* What may be committed of an input partition, whatever happens between a poll and a commit. */
#include "map_inputs.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { NONE = -1, COMMITTED = 10, BEGIN = 3 };

static struct map_input standing(int64_t settled) {
    struct map_input input;
    map_input_assign(&input, TOPIC_COMPLAINTS, 1);
    map_input_stand(&input, settled, BEGIN);
    return input;
}

static void poll(struct map_input *input, int64_t from, int64_t to) {
    for (int64_t offset = from; offset < to; offset++) map_input_polled(input, offset);
}

static void test_decided_then_committed(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED);
    assert_int_equal(map_input_due(&input), NONE);
    poll(&input, 10, 15);
    assert_int_equal(map_input_due(&input), NONE); /* handed out is not decided */
    map_input_decide(&input, 13);
    assert_int_equal(map_input_due(&input), 13);
    map_input_settle(&input, 13);
    assert_int_equal(input.settled, 13);
    assert_int_equal(map_input_due(&input), NONE);
}

/* Behind the last record stand markers only; not while a record before them is in hand. */
static void test_an_end(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED);
    poll(&input, 10, 12);
    map_input_ended(&input, 14);
    map_input_decide(&input, 11);
    assert_int_equal(map_input_due(&input), 11);
    map_input_settle(&input, 11);
    assert_int_equal(map_input_due(&input), NONE);
    map_input_decide(&input, 12);
    assert_int_equal(map_input_due(&input), 14);
    map_input_settle(&input, 14);
    assert_int_equal(map_input_due(&input), NONE);

    poll(&input, 14, 15); /* more came behind the end */
    assert_int_equal(map_input_due(&input), NONE);
    map_input_decide(&input, 15);
    assert_int_equal(map_input_due(&input), 15);
}

/* The fault that lost complaints: record 10 waits, so fetching goes back to it, and the end that had been reported
 * behind it was committed. */
static void test_no_end_survives_a_rewind(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED);
    poll(&input, 10, 12);
    map_input_ended(&input, 12);
    assert_int_equal(map_input_rewind(&input), 10);
    assert_int_equal(map_input_due(&input), NONE);
    poll(&input, 10, 12); /* they come again, and the first of them waits once more */
    assert_int_equal(map_input_due(&input), NONE);
    map_input_decide(&input, 12);
    assert_int_equal(map_input_due(&input), 12);
}

/* Part of a batch was decided, and the record behind it waits. */
static void test_what_was_decided_stays(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED);
    poll(&input, 10, 20);
    map_input_ended(&input, 25);
    map_input_decide(&input, 15);
    map_input_settle(&input, 15);
    assert_int_equal(map_input_rewind(&input), 15);
    assert_int_equal(map_input_due(&input), NONE);
}

/* What was decided in a transaction that failed is decided again. */
static void test_what_was_not_committed_comes_again(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED);
    poll(&input, 10, 20);
    map_input_decide(&input, 20);
    assert_int_equal(map_input_rewind(&input), 10);
    assert_int_equal(map_input_due(&input), NONE);

    input = standing(NONE);
    poll(&input, BEGIN, 20);
    map_input_decide(&input, 20);
    assert_int_equal(map_input_rewind(&input), BEGIN);
}

/* A revoke and an assignment forget everything, also when the same partition comes back. */
static void test_another_assignment(void **state) {
    (void)state;
    struct map_input input = standing(COMMITTED);
    poll(&input, 10, 20);
    map_input_ended(&input, 20);
    map_input_assign(&input, TOPIC_COMPLAINTS, 1);
    assert_int_equal(map_input_due(&input), NONE);
    map_input_stand(&input, 12, BEGIN);
    assert_int_equal(input.decided, 12);
    assert_int_equal(map_input_due(&input), NONE);
}

/* A group that has committed nothing begins where the partition does; an empty partition commits nothing. */
static void test_a_new_group(void **state) {
    (void)state;
    struct map_input input;
    map_input_assign(&input, TOPIC_ACTIVITY, 0);
    map_input_stand(&input, NONE, 0);
    map_input_ended(&input, 0);
    assert_int_equal(map_input_due(&input), NONE);
    poll(&input, 0, 1);
    map_input_decide(&input, 1);
    assert_int_equal(map_input_due(&input), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decided_then_committed),
        cmocka_unit_test(test_an_end),
        cmocka_unit_test(test_no_end_survives_a_rewind),
        cmocka_unit_test(test_what_was_decided_stays),
        cmocka_unit_test(test_what_was_not_committed_comes_again),
        cmocka_unit_test(test_another_assignment),
        cmocka_unit_test(test_a_new_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
