/* What redressctl writes of other people's texts: nothing that a terminal obeys, and in JSON the
 * same values. */
#include "base/utf8.h"
#include "data/json.h"
#include "redressctl/ctl_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Clears the screen, moves the title, sets a colour by one byte of C1, turns the text around, and
 * goes on invisibly. */
#define HOSTILE                                                                                    \
    "\x1b[2J\x1b]0;root\x07\r\n\t\x7f\xc2\x9b"                                                     \
    "31m\xe2\x80\xae"                                                                              \
    "dna\xe2\x81\xa9\xe2\x80\xa8\xef\xbb\xbf\xef\xbf\xb9\xe2\x81\xa0\xf3\xa0\x81\x81"
#define WRITTEN_OUT                                                                                \
    "\\u001b[2J\\u001b]0;root\\u0007\\u000d\\u000a\\u0009\\u007f\\u009b"                           \
    "31m\\u202e"                                                                                   \
    "dna\\u2069\\u2028\\ufeff\\ufff9\\u2060\\udb40\\udc41"

static int saved, ends[2], which;
static char said[64 * 1024];

static void listen_to(int fd) {
    fflush(fd == STDOUT_FILENO ? stdout : stderr);
    which = fd;
    saved = dup(fd);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], fd);
    close(ends[1]);
}

static const char *heard(void) {
    fflush(which == STDOUT_FILENO ? stdout : stderr);
    dup2(saved, which);
    close(saved);
    ssize_t len = read(ends[0], said, sizeof said - 1); /* what was written lies in the pipe */
    said[len < 0 ? 0 : len] = 0;
    close(ends[0]);
    return said;
}

/* Nothing but line breaks that a terminal would obey, and no broken byte. */
static void assert_harmless(const char *text) {
    assert_int_equal(utf8_valid(text, strlen(text)), strlen(text));
    for (const char *at = text; *at;) {
        uint32_t character = utf8_next(&at);
        assert_true(character == '\n' || !utf8_is_hidden(character));
    }
}

static void test_lines(void **state) {
    (void)state;
    listen_to(STDOUT_FILENO);
    ctl_line("%-5s|%s", "a", HOSTILE);
    assert_string_equal(heard(), "a    |" WRITTEN_OUT "\n");
    assert_harmless(said);
    listen_to(STDERR_FILENO);
    ctl_note("key \"%.4s\": %s", HOSTILE, "包裹 \xff\xe5\x8c");
    assert_string_equal(heard(), "key \"\\u001b[2J\": 包裹 \\xff\\xe5\\x8c\n");
    assert_harmless(said);
}

/* Pages keep the breaks between their lines, and no other. */
static void test_pages(void **state) {
    (void)state;
    listen_to(STDOUT_FILENO);
    ctl_page("one\n\n\ttwo\x1b[1m\r\nthree");
    ctl_page(NULL);
    assert_string_equal(heard(), "one\n\n\\u0009two\\u001b[1m\\u000d\nthree\n");
    listen_to(STDERR_FILENO);
    ctl_notes("REDRESS_X: \"\xc2\x9b\": expected\nmore\n");
    ctl_notes(NULL);
    assert_string_equal(heard(), "REDRESS_X: \"\\u009b\": expected\nmore\n");
}

/* Keys and values come back as they were, and the line is harmless. */
static void test_json(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct buf buf = {NULL, 0, 0};
    struct json_out json = {.buf = &buf};
    const struct tree *tree;
    struct err err;
    json_begin_map(&json);
    json_key(&json, HOSTILE);
    json_text(&json, "back\\slash \\" HOSTILE);
    json_key(&json, "plain");
    json_text(&json, "包裹 📦");
    json_end_map(&json);
    listen_to(STDOUT_FILENO);
    ctl_json(buf.at, buf.len);
    assert_harmless(heard());
    assert_non_null(strstr(said, "包裹 📦"));
    assert_int_equal(json_read(arena, said, strlen(said), NULL, &tree, &err), JSON_OK);
    assert_string_equal(tree_text(tree, HOSTILE), "back\\slash \\" HOSTILE);
    assert_string_equal(tree_text(tree, "plain"), "包裹 📦");
    buf_free(&buf);
    arena_free(arena);
}

/* Headers may hold bytes that are no text: JSON has no way to hold those. */
static void test_broken_json(void **state) {
    (void)state;
    static const char json[] = "{\"detail\":\"a\xff\xc2\xed\xa0\x80z\"}";
    listen_to(STDOUT_FILENO);
    ctl_json(json, sizeof json - 1);
    assert_string_equal(heard(), "{\"detail\":\"a\\ufffd\\ufffd\\ufffd\\ufffd\\ufffdz\"}\n");
}

/* Every character by itself: hidden ones are written out, all others pass. */
static void test_all_characters(void **state) {
    (void)state;
    for (uint32_t c = 1; c < 0x110000; c += c < 0x3000 || c > 0xF000 ? 1 : 37) {
        char bytes[5] = {0}, expected[UTF8_ESCAPE_MAX] = "";
        struct buf out = {NULL, 0, 0};
        if (c >= 0xD800 && c < 0xE000) continue;
        if (c > 0x20000 && c < 0xE0000) c = 0xE0000;
        if (c > 0xE1000) break;
        if (c < 0x80)
            bytes[0] = (char)c;
        else if (c < 0x800)
            bytes[0] = (char)(0xC0 | c >> 6), bytes[1] = (char)(0x80 | (c & 0x3F));
        else if (c < 0x10000)
            bytes[0] = (char)(0xE0 | c >> 12), bytes[1] = (char)(0x80 | (c >> 6 & 0x3F)),
            bytes[2] = (char)(0x80 | (c & 0x3F));
        else
            bytes[0] = (char)(0xF0 | c >> 18), bytes[1] = (char)(0x80 | (c >> 12 & 0x3F)),
            bytes[2] = (char)(0x80 | (c >> 6 & 0x3F)), bytes[3] = (char)(0x80 | (c & 0x3F));
        ctl_safe(&out, bytes, strlen(bytes));
        assert_string_equal(out.at, utf8_is_hidden(c) ? utf8_escape(c, expected) : bytes);
        buf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),          cmocka_unit_test(test_pages),
        cmocka_unit_test(test_json),           cmocka_unit_test(test_broken_json),
        cmocka_unit_test(test_all_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
