/* How many input partitions a worker keeps track of, and which partition a key goes to. */
#include "base/ids.h"
#include "runtime/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What is beyond the limit is refused, by its number: nothing of it is left out in silence. */
static void test_limit(void **state) {
    (void)state;
    struct err err = {""};
    assert_int_equal(watch_check_inputs(ENGINE_PLACES_MAX, &err), 0);
    assert_int_equal(watch_check_inputs(ENGINE_PLACES_MAX + 1, &err), -1);
    assert_non_null(strstr(err.text, "4097 partitions"));
    assert_non_null(strstr(err.text, "at most 4096"));
}

/* By the count of the start, whatever the broker has by now; without one, and without a key, it is
 * not decided here. */
static void test_partition(void **state) {
    (void)state;
    struct engine engine = {.counts = {[TOPIC_EVENTS] = 4}};
    struct kafka_message message = {.topic = TOPIC_EVENTS,
                                    .partition = -1,
                                    .key = "BYCRCNPA1C41H",
                                    .key_len = strlen("BYCRCNPA1C41H")};
    assert_int_equal(watch_partition(&engine, &message),
                     ids_partition(message.key, message.key_len, 4));
    assert_int_equal(watch_partition(&engine, &message), 3); /* the contract's example */
    message.topic = TOPIC_REJECTED;
    assert_int_equal(watch_partition(&engine, &message), -1);
    message =
        (struct kafka_message){.topic = TOPIC_EVENTS, .partition = 2, .key = "x", .key_len = 1};
    assert_int_equal(watch_partition(&engine, &message), 2);
    message = (struct kafka_message){.topic = TOPIC_EVENTS, .partition = -1};
    assert_int_equal(watch_partition(&engine, &message), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_limit),
                                       cmocka_unit_test(test_partition)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
