/* What a process says of itself: that it is this one, and that it changes with it. */
#include "runtime/memory.h"
#include "runtime/vitals.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static double asked(const char *name) {
    struct buf out = {0};
    char line[100];

    vitals_print(&out);
    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(out.at, line);
    assert_non_null(at);
    double number = strtod(at + strlen(line), NULL);
    buf_free(&out);
    return number;
}

static void test_files(void **state) {
    (void)state;
    double before = asked("process_open_fds");
    int file = open("/dev/null", O_RDONLY);
    assert_true(asked("process_open_fds") == before + 1);
    close(file);
    assert_true(asked("process_open_fds") == before);
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(asked("process_max_fds") == (double)limit.rlim_cur);
}

static void test_memory_and_time(void **state) {
    enum { MORE = 64 << 20, PAGE = 4096 };
    (void)state;
    double before = asked("process_resident_memory_bytes");
    char *more = malloc(MORE);
    for (size_t at = 0; at < MORE; at += PAGE) ((volatile char *)more)[at] = 1;
    assert_true(asked("process_resident_memory_bytes") >= before + MORE / 2);
    assert_true(asked("process_virtual_memory_bytes") >= asked("process_resident_memory_bytes"));
    free(more);
    double started = asked("process_start_time_seconds");
    double now = (double)time(NULL);
    assert_true(started <= now + 1 && started > now - 300);
    double used = asked("process_cpu_seconds_total");
    assert_true(used > 0 && used < 300);
}

static void test_version(void **state) {
    (void)state;
    struct buf out = {0};
    vitals_print(&out);
    assert_non_null(
        strstr(out.at, "\nredress_build_info{version=\"" REDRESS_VERSION "\",librdkafka=\""));
    buf_free(&out);
}

/* What keeps others from reading it does not keep it from reading itself. */
static void test_private(void **state) {
    (void)state;
    memory_keep_private();
    assert_true(asked("process_open_fds") >= 3);
    assert_true(asked("process_resident_memory_bytes") > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files), cmocka_unit_test(test_memory_and_time),
        cmocka_unit_test(test_version), cmocka_unit_test(test_private)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
