/* RFC 3339: what is read, what is refused, and every day of 80 centuries there and back. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct good {
    const char *text;
    int64_t ms;
};

static const struct good good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00:00.001Z", 1},
    {"1970-01-01T08:00:00+08:00", 0},
    {"1969-12-31T16:00:00-08:00", 0},
    {"2026-11-22T17:19:16Z", 1795367956000},
    {"2026-11-22t17:19:16z", 1795367956000},
    {"2026-11-23T01:19:16+08:00", 1795367956000},
    {"2026-11-22T17:19:16-00:00", 1795367956000},
    {"2026-11-22T17:19:16.1Z", 1795367956100},
    {"2026-11-22T17:19:16.123Z", 1795367956123},
    {"2026-11-22T17:19:16.123999999Z", 1795367956123},
    {"2026-11-22T17:19:16.000999999Z", 1795367956000},
    {"2000-02-29T00:00:00Z", 951782400000},
    {"2016-12-31T23:59:60Z", 1483228799999},
    {"2017-01-01T07:59:60+08:00", 1483228799999},
    {"2017-01-01T05:29:60.5+05:30", 1483228799999},
    {"9999-12-31T23:59:59.999Z", 253402300799999},
};

static const char *const bad[] = {
    "",
    "now",
    "2026-11-22",
    "2026-11-22T17:19:16",
    "2026-11-22 17:19:16Z",
    "2026-11-22T17:19Z",
    "2026-11-22T17:19:16.Z",
    "2026-11-22T17:19:16.1234567890Z",
    "2026-11-22T17:19:16,5Z",
    "2026-11-22T17:19:16+0800",
    "2026-11-22T17:19:16+8:00",
    "2026-11-22T17:19:16+24:00",
    "2026-11-22T17:19:16+08:60",
    "2026-11-22T17:19:16Z ",
    " 2026-11-22T17:19:16Z",
    "2026-11-22T17:19:16ZZ",
    "2026-13-22T17:19:16Z",
    "2026T17:19:16Z", /* a month or a day is missing */
    "2026-T17:19:16Z",
    "2026-11T17:19:16Z",
    "2026-11-T17:19:16Z",
    "2026-00-22T17:19:16Z",
    "2026-11-31T17:19:16Z",
    "2026-11-00T17:19:16Z",
    "2026-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T17:60:00Z",
    "2026-11-22T17:19:61Z",
    "2026-11-22T17:19:60Z",
    "2026-11-22T23:59:60+08:00",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "10000-01-01T00:00:00Z",
    "+2026-11-22T17:19:16Z",
    "2026-1-22T17:19:16Z",
    "26-11-22T17:19:16Z",
    "2026-11-22T-7:19:16Z",
    ("\xef\xbc\x92"
     "026-11-22T17:19:16Z"), /* a full-width digit */
};

static void good_times_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ms = -1;
        if (clock_parse(good[i].text, &ms)) fail_msg("refused: %s", good[i].text);
        if (ms != good[i].ms)
            fail_msg("%s: %lld, expected %lld", good[i].text, (long long)ms, (long long)good[i].ms);
    }
}

static void bad_times_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 4711;
        if (clock_parse(bad[i], &ms) != -1) fail_msg("accepted: %s", bad[i]);
        assert_int_equal(ms, 4711);
    }
}

static void fractions_are_written_only_when_there(void **state) {
    (void)state;
    char text[CLOCK_TEXT_MAX];
    assert_string_equal(clock_format(0, text), "1970-01-01T00:00:00Z");
    assert_string_equal(clock_format(1795367956000, text), "2026-11-22T17:19:16Z");
    assert_string_equal(clock_format(1795367956123, text), "2026-11-22T17:19:16.123Z");
    assert_string_equal(clock_format(1795367956003, text), "2026-11-22T17:19:16.003Z");
    assert_string_equal(clock_format(-1, text), "1969-12-31T23:59:59.999Z");
    assert_string_equal(clock_format(253402300799999, text), "9999-12-31T23:59:59.999Z");
    assert_string_equal(clock_format(253402300800000, text), "10000-01-01T00:00:00Z");
    assert_true(strlen(clock_format(INT64_MAX, text)) < CLOCK_TEXT_MAX);
    assert_true(strlen(clock_format(INT64_MIN, text)) < CLOCK_TEXT_MAX);
    assert_string_equal(clock_format_hour(1795367956123, text), "2026112217");
    assert_string_equal(clock_format_hour(-1, text), "1969123123");
    /* The widest there are still fit. */
    assert_true(strlen(clock_format(INT64_MAX, text)) < CLOCK_TEXT_MAX);
    assert_true(strlen(clock_format(INT64_MIN, text)) < CLOCK_TEXT_MAX);
}

static void every_day_agrees_with_the_system(void **state) {
    (void)state;
    for (int64_t day = 0; day < 8030 * 365; day++) {
        int64_t ms = day * 86400000 + (day * 7919) % 86400000, back = -1;
        char text[CLOCK_TEXT_MAX], expected[CLOCK_TEXT_MAX];
        clock_format(ms, text);
        if (clock_parse(text, &back) || back != ms) fail_msg("%s", text);
        time_t seconds = (time_t)(ms / 1000);
        struct tm tm;
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
        if (memcmp(text, expected, strlen(expected)) != 0)
            fail_msg("%s, expected %s", text, expected);
    }
}

static void clocks_run(void **state) {
    (void)state;
    int64_t now = clock_now_ms(), boot = clock_boot_us();
    assert_true(now > 1700000000000 && now < 253402300800000);
    assert_true(clock_boot_us() >= boot);
    int64_t again_ms = clock_boot_ms();
    assert_true(again_ms >= boot / 1000 && again_ms < boot / 1000 + 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_times_are_read),
        cmocka_unit_test(bad_times_are_refused),
        cmocka_unit_test(fractions_are_written_only_when_there),
        cmocka_unit_test(every_day_agrees_with_the_system),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
