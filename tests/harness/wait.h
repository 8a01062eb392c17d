/* wait: a test waits for a condition, with a limit, and never for a time. What cannot be set up
 * fails the test here. */
#ifndef REDRESS_HARNESS_WAIT_H
#define REDRESS_HARNESS_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* Looks every 10 ms; true as soon as check(context) is, false at the limit. */
bool wait_until(bool (*check)(void *context), void *context, int limit_ms);

/* Waits for an expression, which is evaluated again and again; the test fails at the limit, naming
 * it. */
#define WAIT_FOR(condition, limit_ms)                                                              \
    do {                                                                                           \
        int64_t wait_end_ms = wait_now_ms() + (limit_ms);                                          \
        while (!(condition)) wait_turn(wait_end_ms, __FILE__, __LINE__, #condition);               \
    } while (0)

int64_t wait_now_ms(void); /* monotonic */
/* One pause of 10 ms between two looks; fails the test when end_ms has passed. */
void wait_turn(int64_t end_ms, const char *file, int line, const char *what);

/* Fails the running test with a message. */
void wait_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
