/* The clock of the sla worker alone, then that of Redis alone, is an hour ahead, an hour behind, and jumps to and fro
 * (libfaketime): no breach before its time by the true clock, none twice, and none missing once the clock is right
 * again. CLOCK_MONOTONIC and CLOCK_BOOTTIME stay true, as they do on a machine whose clock is set. */
#include "clock.h"
#include "timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PARTITIONS = 2,
    COUNT = 60,       /* deadlines of one part */
    LEAD_MS = 5000,   /* read and started by then; where not, nothing is early or missing either */
    OVER_MS = 2000,   /* they are spread over so long */
    STROBE_MS = 9000, /* so long the clock jumps: over all the deadlines of the part */
    LIMIT_MS = 240000
};

static char clock_file[300], preload[600];

/* `faketime` knows where its library is. */
static bool find_library(void) {
    char found[400] = "";
    FILE *pipe = popen("faketime -m -f +0 printenv LD_PRELOAD 2> /dev/null", "r");
    if (pipe && !fgets(found, sizeof found, pipe)) found[0] = 0;
    if (!pipe || pclose(pipe) != 0 || !found[0]) return false;
    found[strcspn(found, "\n")] = 0;
    snprintf(preload, sizeof preload, "%s:%s", TRUE_WAITS, found);
    return true;
}

/* Replaced whole: libfaketime reads it again at every look at the clock. */
static void set_clock(const char *offset) {
    char next[310];
    snprintf(next, sizeof next, "%s.next", clock_file);
    FILE *file = fopen(next, "w");
    if (!file) wait_fail("%s cannot be written", next);
    fprintf(file, "%s\n", offset);
    fclose(file);
    if (rename(next, clock_file) != 0) wait_fail("%s cannot be replaced", clock_file);
}

static void set_faketime(struct process *process) {
    const char *asan = getenv("ASAN_OPTIONS");
    process_env(process, "LD_PRELOAD=%s", preload);
    process_env(process, "FAKETIME_TIMESTAMP_FILE=%s", clock_file);
    process_env(process, "FAKETIME_NO_CACHE=1");
    process_env(process, "FAKETIME_DONT_FAKE_MONOTONIC=1"); /* nor CLOCK_BOOTTIME (0.9.10) */
    process_env(process, "ASAN_OPTIONS=%s%sverify_asan_link_order=0", asan ? asan : "", asan ? ":" : "");
}

static bool enough_here(const struct timers *timers) {
    return timers->breached == timers->count;
}

static int publish(struct timers *timers) {
    int first = timers->count;
    int64_t due_ms = clock_now_ms() + LEAD_MS;
    for (int i = 0; i < COUNT; i++) timers_publish(timers, due_ms + (int64_t)i * OVER_MS / COUNT);
    world_flush(timers->world);
    return first;
}

static void expect_all(struct timers *timers, int first, const char *what) {
    int64_t began_ms = wait_now_ms();
    bool all = timers_follow(timers, LIMIT_MS, enough_here);
    print_message("%s: all reported %lld ms later; ", what, (long long)(wait_now_ms() - began_ms));
    if (!all) print_message("%d are missing\n", timers->count - timers->breached);
    timers_check(timers, first, COUNT);
}

/* A clock that is ahead changes nothing: the other one counts. */
static void ahead(struct timers *timers) {
    int first = publish(timers);
    expect_all(timers, first, "an hour ahead");
}

/* A clock that is behind holds everything, until it is right again. */
static void behind(struct timers *timers) {
    set_clock("-3600");
    int first = publish(timers), before = timers->breached;
    timers_follow(timers, LEAD_MS + OVER_MS + 1000, NULL);
    assert_int_equal(timers->breached, before);
    set_clock("+0");
    expect_all(timers, first, "an hour behind, then right again");
}

static void strobing(struct timers *timers) {
    int first = publish(timers);
    int64_t end_ms = wait_now_ms() + STROBE_MS;
    for (int i = 0; wait_now_ms() < end_ms; i++) {
        set_clock(i % 2 ? "+2" : "-2");
        timers_follow(timers, 100, NULL);
    }
    print_message("while it jumped, %d of %d were reported\n", timers->breached - first, COUNT);
    set_clock("+0");
    expect_all(timers, first, "jumping by 2 s to and fro, then right again");
}

static void run(const char *name, bool of_redis) {
    if (!find_library()) {
        print_message("skipped: `faketime -m` does not work here; deploy/install test installs it\n");
        skip();
    }
    struct timers *timers = timers_new(name, 3 * COUNT);
    snprintf(clock_file, sizeof clock_file, "%s/clock", timers->h->dir);
    set_clock("+3600");
    if (of_redis) set_faketime(&timers->h->redis);
    timers_open(timers, PARTITIONS, false);
    if (!of_redis) set_faketime(timers->sla);
    process_env(timers->sla, "REDRESS_STEP_HOLD=3s"); /* not 10 s, nor the next: for the time the test takes */
    process_env(timers->sla, "REDRESS_LATE_SETTLE=1s");
    timers_start(timers);
    ahead(timers);
    behind(timers);
    strobing(timers);
    timers_follow(timers, 2000, NULL); /* a second report would come now */
    timers_check(timers, 0, timers->count);
    assert_true(process_log_count(timers->sla, "a clock stepped") > 0); /* the clock was really moved */
    timers_close(timers);
}

static void test_worker_clock(void **state) {
    (void)state;
    run("sla-clock", false);
}

static void test_redis_clock(void **state) {
    (void)state;
    run("redis-clock", true);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_worker_clock), cmocka_unit_test(test_redis_clock)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
