/* What a process holds stays in it: it cannot be dumped, before and after it has asked twice; and a
 * process that has not asked can be. */
#include "runtime/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PRIVATE = 3, OPEN = 4 };

/* In a process of its own: the test's own dumps are of use. */
static int look(int times) {
    pid_t child = fork();

    if (child == 0) {
        const struct rlimit some = {1, 1};
        if (setrlimit(RLIMIT_CORE, &some) < 0) _exit(1);
        for (int i = 0; i < times; i++) memory_keep_private();
        struct rlimit found;
        if (getrlimit(RLIMIT_CORE, &found) < 0) _exit(1);
        bool dumpable = prctl(PR_GET_DUMPABLE) != 0;
        bool limited = found.rlim_cur == 0 && found.rlim_max == 0;
#ifdef REDRESS_SANITIZED
        if (dumpable && limited) _exit(PRIVATE); /* memory.c says why */
#else
        if (!dumpable && limited) _exit(PRIVATE);
#endif
        if (dumpable && !limited) _exit(OPEN);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void stays_private(void **state) {
    (void)state;
    assert_int_equal(look(0), OPEN);
    assert_int_equal(look(1), PRIVATE);
    assert_int_equal(look(2), PRIVATE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(stays_private)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
