/* What log writes to stderr, byte by byte, through a pipe in its place. */
#include "base/log.h"
#include "data/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int saved_stderr, pipe_ends[2];
static char said[64 * 1024];

static void listen_to(void) {
    assert_int_equal(pipe(pipe_ends), 0);
    saved_stderr = dup(STDERR_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
    close(pipe_ends[1]);
}

/* What was written since listen_to(); one read(2), for a line is one write(2). */
static const char *heard(void) {
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    ssize_t len = read(pipe_ends[0], said, sizeof said - 1);
    said[len < 0 ? 0 : len] = 0;
    close(pipe_ends[0]);
    return said;
}

/* The line must be one JSON document; returns it as a tree. */
static const struct tree *read_line(struct arena *arena, const char *line) {
    const struct tree *tree = NULL;
    struct err err;
    size_t len = strlen(line);
    assert_true(len > 1 && line[len - 1] == '\n' && strchr(line, '\n') == line + len - 1);
    assert_int_equal(json_read(arena, line, len - 1, NULL, &tree, &err), JSON_OK);
    return tree;
}

static int start(void **state) {
    *state = arena_new();
    log_init("sla", "redress-sla-0", LOG_INFO);
    return 0;
}

static int end(void **state) {
    arena_free(*state);
    return 0;
}

static void test_line(void **state) {
    listen_to();
    log_say(LOG_WARN, "batch committed", "shard", log_int(-3), "error", "none", "absent", NULL,
            NULL);
    const struct tree *line = read_line(*state, heard());
    assert_string_equal(tree_text(line, "level"), "warn");
    assert_string_equal(tree_text(line, "worker"), "sla");
    assert_string_equal(tree_text(line, "instance"), "redress-sla-0");
    assert_string_equal(tree_text(line, "message"), "batch committed");
    assert_int_equal(tree_get(line, "shard")->kind, TREE_INT);
    assert_int_equal(tree_get(line, "shard")->num, -3);
    assert_string_equal(tree_text(line, "error"), "none");
    assert_int_equal(tree_get(line, "absent")->kind, TREE_NULL);
    assert_true(tree_text(line, "time")[10] == 'T');
}

static void test_level(void **state) {
    (void)state;
    enum log_level level;
    listen_to();
    log_say(LOG_DEBUG, "not this", NULL);
    log_say(LOG_INFO, "this", NULL);
    log_set_level(LOG_ERROR);
    log_say(LOG_WARN, "nor this", NULL);
    const char *text = heard();
    assert_null(strstr(text, "not this"));
    assert_null(strstr(text, "nor this"));
    assert_non_null(strstr(text, "\"this\""));
    assert_int_equal(log_parse_level("debug", &level), 0);
    assert_int_equal(level, LOG_DEBUG);
    assert_int_equal(log_parse_level("verbose", &level), -1);
    assert_int_equal(level, LOG_DEBUG);
}

/* Nothing that breaks a line, steers a terminal or turns text around is written as it came. */
static void test_escapes(void **state) {
    static const struct {
        const char *value, *written;
    } cases[] = {
        {"a\nb\tc", "\"a\\u000ab\\u0009c\""},
        {"\x1b[31mred", "\"\\u001b[31mred\""},
        {"quote\" back\\slash", "\"quote\\u0022 back\\u005cslash\""},
        {"\x7f\xc2\x9b", "\"\\u007f\\u009b\""},
        {"\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\""},
        {"\xe2\x80\xae\xe2\x81\xa6\xd8\x9c", "\"\\u202e\\u2066\\u061c\""},
        {"\xef\xbb\xbf\xe2\x81\xa0\xef\xbf\xb9", "\"\\ufeff\\u2060\\ufff9\""},
        {"\xf3\xa0\x81\x81", "\"\\udb40\\udc41\""},
        {"包裹 \xf0\x9f\x93\xa6", "\"包裹 \xf0\x9f\x93\xa6\""},
        {"cut \xe5\x8c", "\"cut \\ufffd\\ufffd\""},
        {"\xff\xc0\x80\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        listen_to();
        log_say(LOG_INFO, "value", "v", cases[i].value, NULL);
        const char *line = heard();
        read_line(*state, line);
        assert_non_null(strstr(line, cases[i].written));
    }
}

static void test_cut(void **state) {
    char value[2000];
    for (int shift = 0; shift < 3; shift++) { /* the cut falls on each byte of a character */
        memset(value, 'x', sizeof value);
        for (size_t i = (size_t)shift; i + 3 < sizeof value; i += 3) memcpy(value + i, "包", 3);
        value[sizeof value - 1] = 0;
        listen_to();
        log_say(LOG_INFO, "long", "v", value, NULL);
        const char *text = tree_text(read_line(*state, heard()), "v");
        assert_true(strlen(text) <= 503 && strlen(text) >= 500);
        assert_string_equal(text + strlen(text) - 3, "...");
        assert_null(strstr(text, "\xef\xbf\xbd"));
    }
    memset(value, 'x', 500);
    value[500] = 0;
    listen_to();
    log_say(LOG_INFO, "just fits", "v", value, NULL);
    assert_string_equal(tree_text(read_line(*state, heard()), "v"), value);
}

/* However much is said, a line stays JSON. */
static void test_full(void **state) {
    char bad[501];
    memset(bad, 1, 500);
    bad[500] = 0;
    listen_to();
    log_say(LOG_INFO, "much", "a", bad, "b", bad, "c", bad, "d", bad, "e", bad, "f", bad, "g", bad,
            NULL);
    const struct tree *line = read_line(*state, heard());
    assert_non_null(tree_get(line, "a"));
    assert_null(tree_get(line, "g"));
}

static void test_seldom(void **state) {
    struct log_gate gate = {0, 0};
    listen_to();
    for (int i = 0; i < 5; i++) log_seldom(&gate, 60000, LOG_WARN, "Redis is away", NULL);
    read_line(*state, heard());
    assert_int_equal(gate.left_out, 4);
    gate.next_ms = 0;
    listen_to();
    log_seldom(&gate, 60000, LOG_WARN, "Redis is away", "where", "here", NULL);
    const struct tree *line = read_line(*state, heard());
    assert_int_equal(tree_get(line, "repeated")->num, 4);
    assert_int_equal(gate.left_out, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_line, start, end),
        cmocka_unit_test_setup_teardown(test_level, start, end),
        cmocka_unit_test_setup_teardown(test_escapes, start, end),
        cmocka_unit_test_setup_teardown(test_cut, start, end),
        cmocka_unit_test_setup_teardown(test_full, start, end),
        cmocka_unit_test_setup_teardown(test_seldom, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
