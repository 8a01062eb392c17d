/* Clocks: the earlier of two, steps of either, and what a slow answer of Redis does. Times from
 * CLOCK_BOOTTIME are small numbers here. */
#include "base/log.h"
#include "runtime/due_clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { HOLD_MS = 5000 };

static struct due_clock fresh(void) {
    return (struct due_clock){.step_hold_ms = HOLD_MS};
}

static void the_earlier_one_counts(void **state) {
    (void)state;
    struct due_clock clocks = fresh();

    assert_int_equal(due_clock_now_ms(&clocks, 100000, 10), 100000); /* Redis' is not known yet */
    due_clock_note_redis(&clocks, 99000, 10);
    assert_int_equal(due_clock_now_ms(&clocks, 100000, 10), 99000);
    assert_int_equal(due_clock_now_ms(&clocks, 100500, 510),
                     99500); /* it goes on between answers */
    due_clock_note_redis(&clocks, 103000, 510);
    assert_int_equal(due_clock_now_ms(&clocks, 100600, 610), 100600);
}

static void a_step_holds_what_would_fire(void **state) {
    (void)state;
    static const struct {
        int64_t by_ms;
        bool holds;
    } rows[] = {{1000, false}, {1001, true}, {-1000, false}, {-1001, true}, {3600000, true}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct due_clock worker = fresh();
        struct due_clock redis = fresh();
        due_clock_now_ms(&worker, 100000, 10);
        due_clock_now_ms(&worker, 100020 + rows[i].by_ms, 30);
        assert_int_equal(worker.hold_until_ms, rows[i].holds ? 30 + HOLD_MS : 0);

        due_clock_note_redis(&redis, 100000, 10);
        due_clock_note_redis(&redis, 100020 + rows[i].by_ms, 30);
        assert_int_equal(redis.hold_until_ms, rows[i].holds ? 30 + HOLD_MS : 0);
    }
}

/* After a step the new time counts at once, and holds only once. */
static void a_step_is_taken_over(void **state) {
    (void)state;
    struct due_clock clocks = fresh();

    due_clock_now_ms(&clocks, 100000, 10);
    due_clock_note_redis(&clocks, 100000, 10);
    assert_int_equal(due_clock_now_ms(&clocks, 160000, 20), 100010);
    assert_int_equal(clocks.hold_until_ms, 20 + HOLD_MS);
    due_clock_note_redis(&clocks, 160010, 30);
    assert_int_equal(due_clock_now_ms(&clocks, 160010, 30), 160010);
    assert_int_equal(clocks.hold_until_ms, 30 + HOLD_MS);
    due_clock_now_ms(&clocks, 160020, 40);
    due_clock_note_redis(&clocks, 160020, 40);
    assert_int_equal(clocks.hold_until_ms, 30 + HOLD_MS);
}

/* An answer that took 800 ms lets Redis look 800 ms behind. Its clock is believed down at once, and
 * up by an eighth of the way each time: a deadline may be late by that, never early. */
static void a_slow_answer_is_forgotten_slowly(void **state) {
    (void)state;
    struct due_clock clocks = fresh();

    due_clock_note_redis(&clocks, 100000, 1000);
    due_clock_note_redis(&clocks, 100000, 1800);
    assert_int_equal(due_clock_now_ms(&clocks, 200000, 1800), 100000);
    due_clock_note_redis(&clocks, 101000, 2000);
    assert_int_equal(due_clock_now_ms(&clocks, 200000, 2000), 100200 + 800 / 8);
    for (int i = 0; i < 100; i++) due_clock_note_redis(&clocks, 101000 + i, 2000 + i);
    assert_in_range(due_clock_now_ms(&clocks, 200000, 2100), 101100 - 8, 101100);
    assert_int_equal(clocks.hold_until_ms, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_earlier_one_counts),
        cmocka_unit_test(a_step_holds_what_would_fire),
        cmocka_unit_test(a_step_is_taken_over),
        cmocka_unit_test(a_slow_answer_is_forgotten_slowly),
    };

    log_init("test", "test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
