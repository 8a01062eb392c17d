/* Numbers as text are what printf makes of them. */
#include "base/digits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void check(int64_t number) {
    char expected[40];
    char found[DIGITS_MAX];

    snprintf(expected, sizeof expected, "%lld", (long long)number);
    size_t len = digits_print(number, found);
    assert_string_equal(found, expected);
    assert_int_equal(len, strlen(expected));
}

static void as_printf_does(void **state) {
    uint64_t power = 1;

    (void)state;
    check(0);
    check(INT64_MIN);
    check(INT64_MAX);
    for (int digits = 1; digits <= 19; digits++, power *= 10) {
        for (int64_t step = -1; step <= 1; step++) {
            check((int64_t)power + step);
            check(-(int64_t)power + step);
        }
    }
}

static void with_zeros_before(void **state) {
    char found[8] = "xxxxxxx";

    (void)state;
    assert_ptr_equal(digits_pad(found, 4, 26), found + 4);
    assert_string_equal(found, "0026xxx");
    digits_pad(found, 2, 123);
    assert_string_equal(found, "2326xxx");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_printf_does),
                                       cmocka_unit_test(with_zeros_before)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
