/* The Prometheus text of the registry, and that a scrape during changes sees whole numbers. */
#include "base/metrics.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct buf text;

static const char *scrape(void) {
    buf_clear(&text);
    metrics_print(&text);
    return text.at;
}

static void test_counter(void **state) {
    (void)state;
    struct metric *plain = metrics_counter("redress_aborts_total", "Aborted transactions.", NULL);
    assert_non_null(strstr(
        scrape(),
        "# HELP redress_aborts_total Aborted transactions.\n# TYPE redress_aborts_total counter\n"
        "redress_aborts_total 0\n"));
    metrics_add(plain, NULL, 3);
    metrics_add(plain, NULL, 4);
    assert_non_null(strstr(scrape(), "\nredress_aborts_total 7\n"));
    assert_ptr_equal(plain, metrics_counter("redress_aborts_total", "Aborted transactions.", NULL));
}

static void test_labels(void **state) {
    (void)state;
    struct metric *events = metrics_counter("redress_events_total", "Events by type.", "type");
    metrics_add(events, "case.opened", 2);
    metrics_add(events, "case.closed", 1);
    metrics_add(events, "case.opened", 1);
    metrics_add(events, "a\"b\\c\nd\xff", 1);
    scrape();
    assert_non_null(strstr(text.at, "redress_events_total{type=\"case.opened\"} 3\n"));
    assert_non_null(strstr(text.at, "redress_events_total{type=\"case.closed\"} 1\n"));
    assert_non_null(strstr(text.at, "redress_events_total{type=\"a\\\"b\\\\c?d?\"} 1\n"));
    assert_null(strstr(text.at, "type=\"other\""));
}

/* Types come from outside: they may not grow the process. The sum is kept, and no series appears
 * twice. */
static void test_too_many_values(void **state) {
    (void)state;
    struct metric *events = metrics_counter("redress_flood_total", "Flood.", "type");
    metrics_add(events, "other", 5);
    for (int i = 0; i < 1000; i++) {
        char type[160];
        snprintf(type, sizeof type, "type.%d.%0120d", i, 0);
        metrics_add(events, type, 1);
    }
    int64_t sum = 0;
    int lines = 0, others = 0;
    for (char *line = strstr(scrape(), "\nredress_flood_total{"); line;
         line = strstr(line + 1, "\nredress_flood_total{")) {
        sum += strtoll(strchr(line + 1, ' '), NULL, 10);
        others += strncmp(line, "\nredress_flood_total{type=\"other\"}", 34) == 0;
        lines++;
    }
    assert_int_equal(sum, 1005);
    assert_int_equal(lines, 200);
    assert_int_equal(others, 1);
}

static void test_overflow_without_other(void **state) {
    (void)state;
    struct metric *events = metrics_counter("redress_flood2_total", "Flood.", "type");
    for (int i = 0; i < 201; i++) {
        char type[16];
        snprintf(type, sizeof type, "t%d", i);
        metrics_add(events, type, 1);
    }
    metrics_add(events, "other", 1);
    assert_non_null(strstr(scrape(), "redress_flood2_total{type=\"other\"} 2\n"));
}

static void test_gauge(void **state) {
    (void)state;
    struct metric *lag = metrics_gauge("redress_lag_records", "Records not read yet.", "shard");
    metrics_set(lag, "0", 12);
    metrics_set(lag, "0", 1.5);
    metrics_set(lag, "1", -3);
    scrape();
    assert_non_null(strstr(text.at, "redress_lag_records{shard=\"0\"} 1.5\n"));
    assert_non_null(strstr(text.at, "redress_lag_records{shard=\"1\"} -3\n"));
}

static void test_several_labels(void **state) {
    (void)state;
    struct metric *used = metrics_gauge("redress_used", "Used.", "period,budget");
    struct metric *one = metrics_gauge("redress_one", "One.", "what");
    metrics_set(used, "day" METRICS_NEXT "policy", 7);
    metrics_set(used, "month" METRICS_NEXT "po,\"l" METRICS_NEXT "icy", 8);
    metrics_set(used, "day" METRICS_NEXT "policy", 9);
    metrics_set(used, "year", 3);
    metrics_set(one, "a" METRICS_NEXT "b", 1);
    scrape();
    assert_null(strstr(text.at, "} 7\n"));
    assert_non_null(strstr(text.at, "redress_used{period=\"day\",budget=\"policy\"} 9\n"));
    assert_non_null(strstr(text.at, "redress_used{period=\"month\",budget=\"po,\\\"l?icy\"} 8\n"));
    assert_non_null(strstr(text.at, "redress_used{period=\"year\",budget=\"\"} 3\n"));
    assert_non_null(strstr(text.at, "redress_one{what=\"a?b\"} 1\n"));
}

static void test_histogram(void **state) {
    (void)state;
    static const double bounds[] = {0.001, 0.01, 1, 0};
    struct metric *late =
        metrics_histogram("redress_timer_lateness_seconds", "Due to read.", bounds);
    metrics_observe(late, 0.001); /* a bound belongs to its bucket */
    metrics_observe(late, 0.0011);
    metrics_observe(late, 0.5);
    metrics_observe(late, 90);
    assert_non_null(strstr(scrape(), "# TYPE redress_timer_lateness_seconds histogram\n"
                                     "redress_timer_lateness_seconds_bucket{le=\"0.001\"} 1\n"
                                     "redress_timer_lateness_seconds_bucket{le=\"0.01\"} 2\n"
                                     "redress_timer_lateness_seconds_bucket{le=\"1\"} 3\n"
                                     "redress_timer_lateness_seconds_bucket{le=\"+Inf\"} 4\n"
                                     "redress_timer_lateness_seconds_sum 90.502100\n"
                                     "redress_timer_lateness_seconds_count 4\n"));
}

static atomic_bool over;

static void *scrape_meanwhile(void *arg) {
    struct buf out = {NULL, 0, 0};
    while (!atomic_load(&over)) {
        buf_clear(&out);
        metrics_print(&out);
    }
    buf_free(&out);
    return arg;
}

static void test_scraped_meanwhile(void **state) {
    (void)state;
    struct metric *busy = metrics_counter("redress_busy_total", "Busy.", "type");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, scrape_meanwhile, NULL), 0);
    for (int i = 0; i < 20000; i++) {
        char type[16];
        snprintf(type, sizeof type, "t%d", i % 150);
        metrics_add(busy, type, 1);
    }
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    assert_non_null(strstr(scrape(), "redress_busy_total{type=\"t49\"} 134\n"));
    assert_non_null(strstr(text.at, "redress_busy_total{type=\"t50\"} 133\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counter),         cmocka_unit_test(test_labels),
        cmocka_unit_test(test_too_many_values), cmocka_unit_test(test_overflow_without_other),
        cmocka_unit_test(test_gauge),           cmocka_unit_test(test_several_labels),
        cmocka_unit_test(test_histogram),       cmocka_unit_test(test_scraped_meanwhile),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_free(&text);
    return failed;
}
