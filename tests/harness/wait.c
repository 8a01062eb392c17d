/* wait: see wait.h. */
#include "wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum {
    LOOK_EVERY_MS = 10
}; /* often enough that a test loses nothing by it, seldom enough to leave the processor to the
      workers */

int64_t wait_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_shortly(void) {
    nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY_MS * 1000000L}, NULL);
}

bool wait_until(bool (*check)(void *context), void *context, int limit_ms) {
    int64_t end_ms = wait_now_ms() + limit_ms;

    while (!check(context)) {
        if (wait_now_ms() >= end_ms) return false;
        pause_shortly();
    }
    return true;
}

void wait_turn(int64_t end_ms, const char *file, int line, const char *what) {
    if (wait_now_ms() >= end_ms) wait_fail("%s:%d: still not: %s", file, line, what);
    pause_shortly();
}

void wait_fail(const char *fmt, ...) {
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fail_msg("%s", text);
    abort(); /* fail_msg() does not come back */
}
