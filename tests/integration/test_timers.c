/* How late deadlines are reported, and that a burst of them is reported whole while newly published
 * complaints still pass. Times are printed, never asserted: the machine may be busy. Small for
 * every run; TIMERS_FULL=1 gives the sizes that figures are quoted for: 10 000 over a minute, 100
 * 000 at one instant. */
#include "base/clock.h"
#include "timers.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PARTITIONS = 4, LIMIT_MS = 600000, NEW_EVERY_MS = 100, NEWCOMERS_MAX = 6000 };

static bool full(void) {
    return getenv("TIMERS_FULL") != NULL;
}

/* Those whose deadline had passed before they were read wait for late_settle by design: not counted
 * as late. */
static int lateness(const struct timers *timers, int64_t *late_ms) {
    int count = 0;
    for (int i = 0; i < timers->count; i++) {
        const struct timers_case *item = &timers->cases[i];
        if (item->started_ms && item->started_ms < item->due_ms)
            late_ms[count++] = item->breached_ms - item->due_ms;
    }
    if (count < timers->count)
        print_message("%d were read only after their deadline, and not counted\n",
                      timers->count - count);
    return count;
}

static void test_spread(void **state) {
    (void)state;
    int count = full() ? 10000 : 1500, over_ms = full() ? 60000 : 15000,
        lead_ms = full() ? 15000 : 10000;
    struct timers *timers = timers_new("spread", count);
    timers_open(timers, PARTITIONS, true);
    timers_start(timers);
    int64_t first_ms = clock_now_ms() + lead_ms;
    for (int i = 0; i < count; i++) timers_publish(timers, first_ms + (int64_t)i * over_ms / count);
    world_flush(timers->world);
    assert_true(timers_follow(timers, LIMIT_MS, timers_all_breached));
    timers_follow(timers, 1000, NULL); /* a second report would come now */
    timers_check(timers, 0, count);
    int64_t *late_ms = calloc((size_t)count, sizeof *late_ms);
    timers_print("due to sla.breached readable", late_ms, lateness(timers, late_ms));
    free(late_ms);
    timers_close(timers);
}

static int passed_on_the_way(const struct timers *timers, int burst, int64_t *opened_ms,
                             int64_t *started_ms) {
    int passed = 0;
    for (int i = burst; i < timers->count; i++) {
        const struct timers_case *item = &timers->cases[i];
        opened_ms[i - burst] = item->opened_ms - item->published_ms;
        started_ms[i - burst] = item->started_ms - item->published_ms;
        passed += item->breached_then < burst;
    }
    return passed;
}

/* From the instant on: one new complaint every 100 ms until all are reported. */
static void drain(struct timers *timers, int burst, int64_t due_ms) {
    int64_t limit_ms = wait_now_ms() + LIMIT_MS;
    while (timers->breached < burst && wait_now_ms() < limit_ms) {
        timers_publish(timers,
                       clock_now_ms() + TIMERS_WITHIN_MS); /* submitted now, never due here */
        timers_follow(timers, NEW_EVERY_MS, NULL);
    }
    print_message("%d deadlines of one instant: the last readable after %lld ms\n", burst,
                  (long long)(clock_now_ms() - due_ms));
    assert_int_equal(timers->breached, burst);
    world_flush(timers->world);
    assert_true(timers_follow(timers, LIMIT_MS, timers_all_started));
}

static void test_burst(void **state) {
    (void)state;
    int burst = full() ? 100000 : 10000, lead_ms = full() ? 60000 : 20000;
    struct timers *timers = timers_new("burst", burst + NEWCOMERS_MAX);
    timers_open(timers, PARTITIONS, true);
    timers_start(timers);
    int64_t due_ms = clock_now_ms() + lead_ms, began_ms = wait_now_ms();
    for (int i = 0; i < burst; i++) timers_publish(timers, due_ms);
    world_flush(timers->world);
    bool all = timers_follow(timers, (int)(due_ms - clock_now_ms()), timers_all_started);
    print_message("%d of %d deadlines run when they fall due, after %lld ms\n", timers->started,
                  burst, (long long)(wait_now_ms() - began_ms));
    if (all) timers_follow(timers, (int)(due_ms - clock_now_ms()), NULL);
    drain(timers, burst, due_ms);
    timers_follow(timers, 1000, NULL); /* a second report would come now */
    timers_check(timers, 0, burst);
    int newcomers = timers->count - burst;
    int64_t *opened_ms = calloc((size_t)newcomers + 1, sizeof *opened_ms),
            *started_ms = calloc((size_t)newcomers + 1, sizeof *started_ms);
    int passed = passed_on_the_way(timers, burst, opened_ms, started_ms);
    print_message(
        "%d of %d complaints published meanwhile passed while breaches were outstanding\n", passed,
        newcomers);
    timers_print("published to case.opened meanwhile", opened_ms, newcomers);
    timers_print("published to sla.started meanwhile", started_ms, newcomers);
    assert_true(passed > 0);
    free(opened_ms);
    free(started_ms);
    timers_close(timers);
}

static bool some_moved(const struct timers *timers) {
    return timers->moved >= 500;
}

/* No event of any of them comes, and none is due: a newer version of the policy takes them along all
 * the same, each once, while new complaints pass; the worker is killed on the way. */
static void test_taken_along(void **state) {
    (void)state;
    enum { EARLIER_MS = 60000 };
    int count = full() ? 100000 : 3000;
    struct timers *timers = timers_new("along", count + NEWCOMERS_MAX);
    timers_open(timers, PARTITIONS, false);
    timers_start(timers);
    int64_t opened_ms = clock_now_ms();
    for (int i = 0; i < count; i++) timers_publish(timers, opened_ms + TIMERS_WITHIN_MS);
    world_flush(timers->world);
    assert_true(timers_follow(timers, LIMIT_MS, timers_all_started));

    int64_t began_ms = wait_now_ms();
    timers_reload(timers, TIMERS_WITHIN_MS - EARLIER_MS);
    if (!full()) {
        assert_true(timers_follow(timers, LIMIT_MS, some_moved));
        process_kill(timers->sla, SIGKILL);
        process_start(timers->sla);
    }
    int passed = 0;
    while (!timers_all_moved(timers) && wait_now_ms() < began_ms + LIMIT_MS) {
        timers_publish(timers, clock_now_ms() + TIMERS_WITHIN_MS);
        timers_follow(timers, NEW_EVERY_MS, timers_all_moved);
        passed = timers->opened - count;
    }
    print_message("%d cases taken along by a newer version after %lld ms; %d complaints passed "
                  "meanwhile\n",
                  timers->moved, (long long)(wait_now_ms() - began_ms), passed);
    assert_int_equal(timers->moved, count);
    world_flush(timers->world);
    assert_true(timers_follow(timers, LIMIT_MS, timers_all_started));
    timers_follow(timers, 1000, NULL); /* a second report would come now */
    for (int i = 0; i < timers->count; i++)
        assert_int_equal(timers->cases[i].moves, i < count ? 1 : 0);
    WAIT_FOR(process_log_count(timers->sla, "all cases visited") >= PARTITIONS, LIMIT_MS);
    timers_close(timers);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_spread), cmocka_unit_test(test_burst),
                                       cmocka_unit_test(test_taken_along)};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
