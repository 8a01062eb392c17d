/* The harness itself: Kafka and Redis start and answer, keep their data and port over kill -9, and
 * can be frozen; what a test starts is waited for with limits and gone at the end. */
#include "harness.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT_MS = 120000 }; /* for what takes a second, alone */

static void redis_command(struct harness *h, const char *verb, const char *key, const char *value,
                          const char *expected) {
    struct buf out = {0};
    char port[16];
    snprintf(port, sizeof port, "%d", h->redis_port);
    assert_int_equal(
        harness_run(h, &out, LIMIT_MS, "redis-cli", "-p", port, verb, key, value, NULL), 0);
    assert_string_equal(out.at, expected);
    buf_free(&out);
}

static void test_redis_survives_a_kill(void **state) {
    (void)state;
    struct harness *h = harness_new("redis");
    harness_start_redis(h);
    int port = h->redis_port;
    redis_command(h, "set", "kept", "yes", "OK\n");
    process_kill(&h->redis, SIGKILL);
    assert_false(net_redis_answers(port));
    assert_int_equal(process_exit_status(&h->redis), 128 + SIGKILL);
    harness_start_redis(h);
    assert_int_equal(h->redis_port, port);
    redis_command(h, "get", "kept", NULL, "yes\n");
    redis_command(h, "config", "get", "maxmemory-policy", "maxmemory-policy\nnoeviction\n");
    harness_close(h);
    assert_false(net_redis_answers(port));
}

static void test_kafka_survives_a_kill(void **state) {
    (void)state;
    struct harness *h = harness_new("kafka");
    harness_start_kafka(h);
    int port = h->kafka_port;
    assert_true(process_peak_kb(&h->kafka) > 50000);
    process_freeze(&h->kafka);
    assert_false(net_kafka_answers(port));
    process_thaw(&h->kafka);
    WAIT_FOR(net_kafka_answers(port), LIMIT_MS);
    process_kill(&h->kafka, SIGKILL);
    assert_false(net_kafka_answers(port));
    harness_start_kafka(h);
    WAIT_FOR(net_kafka_answers(port), LIMIT_MS);
    harness_close(h);
    assert_false(net_kafka_answers(port));
}

static void test_processes(void **state) {
    (void)state;
    struct harness *h = harness_new("processes");
    char dir[sizeof h->dir];
    strcpy(dir, h->dir);
    struct process shell;
    process_init(&shell, h->dir, "shell");
    process_env_basic(&shell);
    process_env(&shell, "GREETING=hello");
    process_env(&shell, "GREETING=good day");
    process_arg(&shell, "sh");
    process_arg(&shell, "-c");
    process_arg(&shell, "echo $GREETING; trap 'exit 3' TERM; while :; do sleep 0.01; done");
    process_start(&shell);
    WAIT_FOR(process_log_count(&shell, "good day") == 1, LIMIT_MS);
    assert_int_equal(process_stop(&shell, LIMIT_MS), 3);
    process_start(&shell);
    WAIT_FOR(process_log_count(&shell, "good day") == 2, LIMIT_MS);
    assert_true(process_rss_kb(&shell) > 0);
    process_kill(&shell, SIGKILL);
    assert_int_equal(process_exit_status(&shell), 128 + SIGKILL);
    assert_int_equal(process_rss_kb(&shell), 0);
    process_free(&shell);
    assert_int_equal(harness_run(h, NULL, LIMIT_MS, "sh", "-c", "exit 7", NULL), 7);
    harness_close(h);
    assert_int_not_equal(access(dir, F_OK), 0);
}

static void test_ports(void **state) {
    (void)state;
    int first = net_free_port(), second = net_free_port();
    assert_int_not_equal(first, second);
    char body[16] = "untouched";
    assert_int_equal(net_http_get(first, "/metrics", body, sizeof body), 0);
    assert_string_equal(body, "untouched");
}

/* One complaint as a line for `redressctl publish`. */
static void write_complaint(const char *path, const char *id) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/"
            "test\",\"type\":\"complaint.submitted\",\"time\":\"2026-11-22T17:19:16Z\",\"data\":{"
            "\"channel\":\"app\",\"customer\":{\"id\":\"u-1\",\"tier\":\"regular\"},\"order\":{"
            "\"id\":\"%s\",\"status\":\"shipped\",\"amount\":{\"currency\":\"CNY\",\"minor\":9900}}"
            ",\"text\":\"\\u5305\\u88f9\\u4e00\\u76f4\\u6ca1\\u5230\"}}\n",
            id, id);
    fclose(file);
}

static bool opened(struct harness *h, int count) {
    struct buf out = {0};
    assert_int_equal(harness_run(h, &out, LIMIT_MS, "redressctl", "events", "--type", "case.opened",
                                 "--json", NULL),
                     0);
    int found = 0;
    for (const char *at = out.at; at && (at = strstr(at, "\"case.opened\"")); at++) found++;
    buf_free(&out);
    assert_true(found <= count);
    return found == count;
}

/* A worker is started with everything it needs, is told ready, works, is killed and works again,
 * and leaves with status 0. */
static void test_worker(void **state) {
    (void)state;
    struct harness *h = harness_new("worker");
    harness_start_kafka(h);
    harness_start_redis(h);
    harness_create_topics(h, 2);
    struct process *intake = harness_worker(h, "intake", 0);
    process_start(intake);
    harness_wait_ready(h, intake);
    char path[300];
    snprintf(path, sizeof path, "%s/complaint", h->dir);
    write_complaint(path, "c-1");
    assert_int_equal(harness_run(h, NULL, LIMIT_MS, "redressctl", "publish", path, NULL), 0);
    WAIT_FOR(opened(h, 1), LIMIT_MS);
    assert_true(harness_metric(h, intake, "redress_events_total{type=\"complaint.submitted\"}") ==
                1);
    process_kill(intake, SIGKILL);
    write_complaint(path, "c-2");
    assert_int_equal(harness_run(h, NULL, LIMIT_MS, "redressctl", "publish", path, NULL), 0);
    process_start(intake);
    WAIT_FOR(opened(h, 2), LIMIT_MS);
    assert_true(process_peak_kb(intake) > 0);
    harness_close(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_redis_survives_a_kill),
        cmocka_unit_test(test_kafka_survives_a_kill),
        cmocka_unit_test(test_worker),
    };
    return cmocka_run_group_tests_name("harness", tests, NULL, NULL);
}
