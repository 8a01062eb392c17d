/* Which of the clocks counts, for the question whether an event is from the future. */
#include "runtime/clocks.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { TEN_MIN = 600000 };

static const struct {
    const char *what;
    int64_t own, redis, broker; /* against TRUE_MS; NONE: not known */
    int64_t now;
} rows[] = {
#define NONE INT64_MIN
    {"nobody else is there", 0, NONE, NONE, 0},
    {"all agree", 0, 0, 0, 0},
    {"this host is slow", -TEN_MIN, 0, NONE, 0},
    {"this host is slow, and Redis with it", -TEN_MIN, -TEN_MIN, 0, 0},
    {"this host is slow, and Redis is not known", -TEN_MIN, NONE, 0, 0},
    {"Redis is slow", 0, -TEN_MIN, NONE, 0},
    {"the broker is slow", 0, 0, -TEN_MIN, 0},
    {"the record lay for ten minutes", 0, 10, -TEN_MIN, 10},
    {"two clocks do not say which of them is fast", TEN_MIN, 0, NONE, TEN_MIN},
    {"with three, this host is alone", TEN_MIN, 0, 0, 0},
    {"alone, and the record lay for ten minutes", TEN_MIN, 0, -TEN_MIN, 0},
    {"a little apart is not alone", CLOCKS_APART_MS, 0, 0, CLOCKS_APART_MS},
    {"just more is", CLOCKS_APART_MS + 1, 0, 0, 0},
    {"Redis is fast: nobody is refused for it", 0, TEN_MIN, 0, TEN_MIN},
};

static void each_row(void **state) {
    const int64_t true_ms = INT64_C(1800000000000);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct clocks_times times = {.own_ms = true_ms + rows[i].own};
        if (rows[i].redis != NONE) times.redis_ms = true_ms + rows[i].redis;
        if (rows[i].broker != NONE) times.broker_ms = true_ms + rows[i].broker;

        int64_t now = clocks_now(&times) - true_ms;
        if (now != rows[i].now)
            fail_msg("%s: %" PRId64 ", not %" PRId64, rows[i].what, now, rows[i].now);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
