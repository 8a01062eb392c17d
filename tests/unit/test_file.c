/* Files: read whole, line by line, whatever editor wrote them. */
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MARK "\xef\xbb\xbf"

struct row {
    const char *bytes;
    const char *lines; /* "<number>:<line>|" each */
};

static const struct row rows[] = {
    {"", ""},
    {"\n", ""},
    {"a", "1:a|"},
    {"a\n", "1:a|"},
    {"a\r\nb\r\n", "1:a|2:b|"},
    {"a\n\n \t\r\nb", "1:a|4:b|"},
    {" a \n", "1: a |"},
    {MARK "a\nb\n", "1:a|2:b|"},
    {MARK "\nb\n", "2:b|"},
    {MARK, ""},
    {MARK "\r\n" MARK "b", "2:" MARK "b|"}, /* only the first */
    {"\xef\xbb\n", "1:\xef\xbb|"},
    {"a\rb\n", "1:a\rb|"},
};

static void add_line(struct buf *found, const struct file_line *line) {
    buf_printf(found, "%d:%.*s|", (int)line->number, (int)line->len, line->at);
}

static void test_lines_in_memory(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].bytes);
        char *exact = malloc(len ? len : 1); /* so that a read beyond them is seen */
        struct buf found = {0};
        struct file_line line = {0};
        memcpy(exact, rows[i].bytes, len);
        buf_puts(&found, "");
        for (const char *at = exact; file_next_line(&at, exact + len, &line);)
            add_line(&found, &line);
        assert_string_equal(found.at, rows[i].lines);
        buf_free(&found);
        free(exact);
    }
}

static void test_lines_of_a_stream(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!rows[i].bytes[0]) continue; /* fmemopen() opens nothing of no bytes */
        FILE *file = fmemopen((void *)(uintptr_t)rows[i].bytes, strlen(rows[i].bytes), "r");
        struct buf found = {0};
        struct file_line line = {0};
        char *room = NULL;
        size_t size = 0;
        assert_non_null(file);
        buf_puts(&found, "");
        while (file_read_line(file, &room, &size, &line)) add_line(&found, &line);
        assert_string_equal(found.at, rows[i].lines);
        buf_free(&found);
        free(room);
        fclose(file);
    }
}

static void test_a_mark_is_no_part_of_a_file(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {MARK "a: 1\n", "a: 1\n"}, {"a" MARK, "a" MARK}, {MARK, ""}, {"\xef\xbb", "\xef\xbb"}};
    struct arena *arena = arena_new();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[] = "/tmp/redress-test-file-XXXXXX";
        int file = mkstemp(path);
        size_t len = strlen(cases[i][0]);
        const char *bytes;
        size_t found;
        struct err err;
        assert_true(file >= 0);
        assert_int_equal(write(file, cases[i][0], len), len);
        close(file);
        assert_int_equal(file_read(arena, path, 100, &bytes, &found, &err), 0);
        assert_string_equal(bytes, cases[i][1]);
        assert_int_equal(found, strlen(cases[i][1]));
        unlink(path);
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_in_memory),
        cmocka_unit_test(test_lines_of_a_stream),
        cmocka_unit_test(test_a_mark_is_no_part_of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
