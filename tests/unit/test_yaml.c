/* YAML: how scalars are typed, what is refused with which line, and that files pass through the
 * same trees as JSON. */
#include "data/json.h"
#include "data/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;

static int setup(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct tree *must_read(const char *text) {
    const struct tree *tree = NULL;
    struct err err;
    if (yaml_read(arena, "x.yaml", text, strlen(text), &tree, &err))
        fail_msg("%s: %s", text, err.text);
    return tree;
}

static void documents_are_what_json_would_say(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        {"a: 1\nb: [x, 'y', \"z\"]\nc: {d: e}\n",
         "{\"a\":1,\"b\":[\"x\",\"y\",\"z\"],\"c\":{\"d\":\"e\"}}"},
        {"- - 1\n  - 2\n- {}\n- []\n", "[[1,2],{},[]]"},
        {"a: 24:00\nb: 1h\nc: 09:00\nd: 2026-11-01\ne: 75%\n",
         "{\"a\":\"24:00\",\"b\":\"1h\",\"c\":\"09:00\",\"d\":\"2026-11-01\",\"e\":\"75%\"}"},
        {"[null, Null, NULL, ~, ]", "[null,null,null,null]"},
        {"a:\nb: ''\n", "{\"a\":null,\"b\":\"\"}"},
        {"[true, True, TRUE, false, False, FALSE]", "[true,true,true,false,false,false]"},
        {"[yes, no, on, off, tRUE, nULL, y]",
         "[\"yes\",\"no\",\"on\",\"off\",\"tRUE\",\"nULL\",\"y\"]"},
        {"['null', \"true\", '1']", "[\"null\",\"true\",\"1\"]"},
        {"[0, -1, +1, 007, 0o17, 0x1F, 9223372036854775807, -9223372036854775808]",
         "[0,-1,1,7,15,31,9223372036854775807,-9223372036854775808]"},
        {"[0o8, 0xg, 0o, 0x, -0x1, 1_000, '-', +]",
         "[\"0o8\",\"0xg\",\"0o\",\"0x\",\"-0x1\",\"1_000\",\"-\",\"+\"]"},
        {"[1.5, -0.5, .5, 5.25, 1e-3, 1E-3, +2.5e-1]", "[1.5,-0.5,0.5,5.25,0.001,0.001,0.25]"},
        {"[., e3, 1e, 1.5.5, 1e+, .e1, 1.5a]",
         "[\".\",\"e3\",\"1e\",\"1.5.5\",\"1e+\",\".e1\",\"1.5a\"]"},
        {"a: |\n  one\n  two\nb: >\n  three\n  four\n",
         "{\"a\":\"one\\ntwo\\n\",\"b\":\"three four\\n\"}"},
        {"---\na: 1\n...\n", "{\"a\":1}"},
        {"1: a\ntrue: b\n\"q\": c\n", "{\"1\":\"a\",\"true\":\"b\",\"q\":\"c\"}"},
        {"\xef\xbb\xbf"
         "a: \xe8\xb4\xa8\xe9\x87\x8f\n",
         "{\"a\":\"\xe8\xb4\xa8\xe9\x87\x8f\"}"},
        {"# nothing but this\n", "null"},
        {"", "null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct tree *expected = NULL, *tree = must_read(cases[i].yaml);
        struct err err;
        if (json_read(arena, cases[i].json, strlen(cases[i].json), NULL, &expected, &err))
            fail_msg("%s", err.text);
        if (tree_equal(tree, expected)) continue;
        struct buf buf = {0};
        struct json_out out = {.buf = &buf};
        json_tree(&out, tree);
        fail_msg("%s: %s, expected %s", cases[i].yaml, buf.at, cases[i].json);
    }
}

static void lines_and_characters_are_kept(void **state) {
    (void)state;
    const struct tree *map =
        must_read("# first\nversion: 1.10\n\nlist:\n  - a\n  - 0x10\nlast: true\n");
    assert_int_equal(tree_get(map, "version")->line, 2);
    assert_string_equal(tree_get(map, "version")->text, "1.10");
    assert_int_equal(tree_get(map, "version")->kind, TREE_REAL);
    /* Real numbers are those that are written so: a policy's body is what its file says. */
    assert_int_equal(must_read("5.")->kind, TREE_REAL);
    assert_int_equal(must_read("1e3")->kind, TREE_REAL);
    assert_int_equal(tree_get(map, "list")->line, 5);
    assert_int_equal(tree_get(map, "list")->last->line, 6);
    assert_string_equal(tree_get(map, "list")->last->text, "0x10");
    assert_string_equal(tree_get(map, "last")->text, "true");
    assert_int_equal(tree_get(map, "last")->line, 7);
}

struct refused {
    const char *yaml, *error;
};

static const struct refused refused[] = {
    {"a: 1\nb: 2\na: 3\n", "x.yaml:3: a: the key is there already, in line 1"},
    {"p:\n  {a: 1, 'a': 2}\n", "x.yaml:2: a: the key is there already, in line 2"},
    {"a: &x 1\nb: *x\n", "x.yaml:1: anchors and tags are not read here"},
    {"a: 1\nb: *x\n", "x.yaml:2: aliases are not read here"},
    {"a: &x [1]\n", "x.yaml:1: anchors and tags are not read here"},
    {"a: !!str 1\n", "x.yaml:1: anchors and tags are not read here"},
    {"a: !mine {b: 1}\n", "x.yaml:1: anchors and tags are not read here"},
    {"&x k: 1\n", "x.yaml:1: anchors and tags are not read here"},
    {"a: 1\n---\nb: 2\n", "x.yaml:2: expected one document"},
    {"a: 1\nb: 9223372036854775808\n", "x.yaml:2: a number out of range"},
    {"a: 1e999\n", "x.yaml:1: a number out of range"},
    {"a: .inf\n", "x.yaml:1: expected a number that is finite"},
    {"a: .NaN\n", "x.yaml:1: expected a number that is finite"},
    {"a: \"x\\0y\"\n", "x.yaml:1: expected a text without U+0000"},
    {"? [a]\n: 1\n", "x.yaml:1: expected a key"},
    {"? {a: 1}\n: 1\n", "x.yaml:1: expected a key"},
    {"? ''\n: 1\n", "x.yaml:1: expected a key"},
    {"a: 1\n b: 2\n", "x.yaml:2: not YAML: "},
    {"a: [1\nb: 2\n", "x.yaml:2: not YAML: "},
    {"a:\n\t- 1\n", "x.yaml:2: not YAML: "},
    {"a: 1\nb: \xff\n", "x.yaml:2: expected UTF-8"},
    {"%YAML 3.0\n---\na: 1\n", "x.yaml:1: not YAML: "},
};

static void the_rest_is_refused_with_its_line(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const struct tree *tree = NULL;
        struct err err = {""};
        if (yaml_read(arena, "x.yaml", refused[i].yaml, strlen(refused[i].yaml), &tree, &err) != -1)
            fail_msg("accepted: %s", refused[i].yaml);
        if (strncmp(err.text, refused[i].error, strlen(refused[i].error)) != 0)
            fail_msg("%s: %s, expected %s", refused[i].yaml, err.text, refused[i].error);
        assert_null(tree);
    }
}

static void depth_and_size_have_limits(void **state) {
    (void)state;
    char text[512];
    const struct tree *tree = NULL;
    struct err err;
    for (int levels = 64; levels <= 65; levels++) {
        memset(text, '[', (size_t)levels);
        memset(text + levels, ']', (size_t)levels);
        int result = yaml_read(arena, "x.yaml", text, (size_t)levels * 2, &tree, &err);
        assert_int_equal(result, levels == 64 ? 0 : -1);
    }
    assert_string_equal(err.text, "x.yaml:1: deeper than 64 levels");
    size_t large = 4 * 1024 * 1024 + 1;
    char *bytes = malloc(large);
    memset(bytes, '#', large);
    assert_int_equal(yaml_read(arena, "x.yaml", bytes, large, &tree, &err), -1);
    assert_int_equal(yaml_read(arena, "x.yaml", bytes, large - 1, &tree, &err), 0);
    free(bytes);
}

/* Looking each key up among the others would take minutes. */
static void many_keys_are_no_trouble(void **state) {
    (void)state;
    struct buf buf = {0};
    for (int i = 0; i < 100000; i++) buf_printf(&buf, "k%d: %d\n", i, i);
    const struct tree *map = must_read(buf.at);
    assert_int_equal(map->count, 100000);
    assert_string_equal(map->first->next->key, "k1");
    buf_puts(&buf, "k77: 0\n");
    const struct tree *tree;
    struct err err;
    assert_int_equal(yaml_read(arena, "x.yaml", buf.at, buf.len, &tree, &err), -1);
    assert_string_equal(err.text, "x.yaml:100001: k77: the key is there already, in line 78");
    buf_free(&buf);
}

static void files_are_read(void **state) {
    (void)state;
    char path[] = "/tmp/redress-test-yaml-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: b\nc\n", 7), 7);
    const struct tree *tree = NULL;
    struct err err;
    assert_int_equal(yaml_read_file(arena, path, &tree, &err), -1);
    assert_int_equal(strncmp(err.text, path, strlen(path)), 0);
    assert_int_equal(ftruncate(fd, 5), 0);
    close(fd);
    assert_int_equal(yaml_read_file(arena, path, &tree, &err), 0);
    assert_string_equal(tree_text(tree, "a"), "b");
    unlink(path);
    assert_int_equal(yaml_read_file(arena, path, &tree, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_what_json_would_say),
        cmocka_unit_test(lines_and_characters_are_kept),
        cmocka_unit_test(the_rest_is_refused_with_its_line),
        cmocka_unit_test(depth_and_size_have_limits),
        cmocka_unit_test(many_keys_are_no_trouble),
        cmocka_unit_test(files_are_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
