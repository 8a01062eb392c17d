/* The real loops on fakes, in virtual time: seeded interleavings of an intake and two keyed workers
 * with faults between any two calls, and the invariants of common/protocol.md after each.
 *
 *     seam_loops [COUNT [FIRST [TEST]]]     so many seeds from this one; a seed alone is replayed
 * exactly */
#include "base/log.h"
#include "line.h"
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static long count = 12, first = 1;

/* Processes that are killed leave what they held. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0";
}

static const struct line_faults everything = {
    .kafka = 2, .redis = 3, .kills = 3, .freezes = 2, .losses = 2};

static void run_all(const char *what, const struct line_faults *faults) {
    struct timespec began, ended;
    int64_t recalled = line_recalled();
    int64_t switches = sim_switches();
    long wrong = 0,
         runs = faults->open && count > 3 ? count / 4 : count; /* 30 s of looking take long */

    clock_gettime(CLOCK_MONOTONIC, &began);
    for (long seed = first; seed < first + runs; seed++) wrong += !line_run((uint64_t)seed, faults);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double seconds =
        (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    print_message("%s: %ld runs, %lld switches of process, %.1f s, %ld wrong\n", what, runs,
                  (long long)(sim_switches() - switches), seconds, wrong);
    assert_int_equal(wrong, 0);
    if (runs > 2) assert_true(line_recalled() > recalled);
}

static void test_quiet(void **state) {
    (void)state;
    run_all("no faults", &(struct line_faults){0});
}

static void test_kafka(void **state) {
    (void)state;
    run_all("kafka", &(struct line_faults){.kafka = 4});
}

static void test_redis(void **state) {
    (void)state;
    run_all("redis", &(struct line_faults){.redis = 5, .losses = 3});
}

static void test_processes(void **state) {
    (void)state;
    run_all("kills and freezes", &(struct line_faults){.kills = 4, .freezes = 3});
}

/* Seeds that have found something: 5004, claims that were restored again and again, for a commit of
 * ends alone still looked at the markers of the batch before. */
static void test_found(void **state) {
    static const long found[] = {5004};
    (void)state;
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        assert_true(line_run((uint64_t)found[i], &everything));
}

static void test_everything(void **state) {
    (void)state;
    run_all("everything", &everything);
}

static void test_open(void **state) {
    (void)state;
    run_all("an open transaction",
            &(struct line_faults){.kafka = 1, .kills = 2, .freezes = 1, .open = true});
}

static void test_unread(void **state) {
    (void)state;
    long all = count;

    count = count > 4 ? count / 4 : count;
    run_all("cases that cannot be read", &(struct line_faults){.unread = true});
    count = all;
}

int main(int argc, char **argv) {
    if (argc > 1) count = atol(argv[1]);
    if (argc > 2) first = atol(argv[2]);
    if (argc > 3) cmocka_set_test_filter(argv[3]);
    log_init("seam", "seam", getenv("SEAM_LOG") ? LOG_DEBUG : LOG_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quiet), cmocka_unit_test(test_kafka),
        cmocka_unit_test(test_redis), cmocka_unit_test(test_processes),
        cmocka_unit_test(test_found), cmocka_unit_test(test_everything),
        cmocka_unit_test(test_open),  cmocka_unit_test(test_unread)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
