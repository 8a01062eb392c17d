/* Unit tests of options: what is taken, what remains, and what is said about the rest. */
#include "base/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *file, *limit;
static bool check;
static const struct options_row rows[] = {
    {"--file", &file, NULL}, {"--limit", &limit, NULL}, {"--check", NULL, &check}, {0}};

static const struct {
    const char *line[8];
    const char *file, *limit;
    bool check;
    const char *rest; /* what remains, separated by blanks */
    const char *err;  /* NULL: none */
} cases[] = {
    {{"p"}, NULL, NULL, false, "", NULL},
    {{"p", "a", "b"}, NULL, NULL, false, "a b", NULL},
    {{"p", "--file", "f", "a", "--check"}, "f", NULL, true, "a", NULL},
    {{"p", "--file=f", "--limit="}, "f", "", false, "", NULL},
    {{"p", "--file=a=b"}, "a=b", NULL, false, "", NULL},
    {{"p", "--file", "--check"}, "--check", NULL, false, "", NULL},
    {{"p", "--file", "f", "--file", "g"}, "g", NULL, false, "", NULL},
    {{"p", "-", "--check"}, NULL, NULL, true, "-", NULL},
    {{"p", "a", "--", "--check", "--"}, NULL, NULL, false, "a --check --", NULL},
    {{"p", "--check", "--"}, NULL, NULL, true, "", NULL},
    {{"p", "--chek"}, NULL, NULL, false, "", "unknown option --chek, did you mean --check?"},
    {{"p", "--limt=3"}, NULL, NULL, false, "", "unknown option --limt, did you mean --limit?"},
    {{"p", "-x"}, NULL, NULL, false, "", "unknown option -x"},
    {{"p", "--check=1"}, NULL, NULL, true, "", "--check takes no value"},
    {{"p", "a", "--limit"}, NULL, NULL, false, "", "--limit needs a value"},
};

static void same(const char *found, const char *expected) {
    if (expected)
        assert_string_equal(found, expected);
    else
        assert_null(found);
}

static void lines_are_taken_apart(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *argv[8];
        char rest[100] = "";
        int argc = 0;
        struct err err = {""};
        while (argc < 8 && cases[i].line[argc]) {
            argv[argc] = (char *)(uintptr_t)cases[i].line[argc];
            argc++;
        }
        file = limit = NULL;
        check = false;

        int result = options_take(rows, &argc, argv, &err);
        assert_int_equal(result, cases[i].err ? -1 : 0);
        same(file, cases[i].file);
        same(limit, cases[i].limit);
        assert_int_equal(check, cases[i].check);
        if (cases[i].err) {
            assert_string_equal(err.text, cases[i].err);
            continue;
        }
        for (int k = 1; k < argc; k++) {
            if (k > 1) strcat(rest, " ");
            strcat(rest, argv[k]);
        }
        assert_string_equal(rest, cases[i].rest);
    }
}

/* Its values in the order in which they are given; what is beyond goes to the last. */
static void a_name_in_two_rows_is_given_twice(void **state) {
    (void)state;
    const char *first = NULL, *second = NULL;
    const struct options_row twice[] = {
        {"--policies", &first, NULL}, {"--policies", &second, NULL}, {NULL, NULL, NULL}};
    char program[] = "p", one[] = "--policies=a", name[] = "--policies", two[] = "b", three[] = "c";
    struct err err;

    int argc = 2;
    assert_int_equal(options_take(twice, &argc, (char *[]){program, one}, &err), 0);
    same(first, "a");
    same(second, NULL);

    first = NULL;
    argc = 4;
    assert_int_equal(options_take(twice, &argc, (char *[]){program, one, name, two}, &err), 0);
    same(first, "a");
    same(second, "b");

    argc = 3;
    assert_int_equal(options_take(twice, &argc, (char *[]){program, name, three}, &err), 0);
    same(first, "a");
    same(second, "c");
}

/* Longer than what is shown: the name is cut, and nothing is written beyond it. */
static void a_long_name_is_cut(void **state) {
    (void)state;
    char name[3000];
    char program[] = "p";
    struct err err;
    int argc = 2;

    memset(name, 'x', sizeof name);
    memcpy(name, "--", 2);
    name[sizeof name - 1] = 0;
    char *argv[] = {program, name, NULL};
    assert_int_equal(options_take(rows, &argc, argv, &err), -1);
    assert_true(strlen(err.text) < 200);
    assert_non_null(strstr(err.text, "unknown option --xxxx"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines_are_taken_apart),
                                       cmocka_unit_test(a_name_in_two_rows_is_given_twice),
                                       cmocka_unit_test(a_long_name_is_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
