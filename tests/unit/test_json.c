/* JSON: what is read into which tree, for which reason anything else is refused, and that what we
 * write reads back. */
#include "base/utf8.h"
#include "data/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Bytes in a block of their own, so that a read beyond them is seen. */
static enum json_fault read_bytes(const char *bytes, size_t len, const struct tree **out,
                                  struct err *err) {
    char *exact = malloc(len ? len : 1);
    if (len) memcpy(exact, bytes, len);
    enum json_fault fault = json_read(arena, exact, len, NULL, out, err);
    free(exact);
    return fault;
}

static const struct tree *must_read(const char *text) {
    const struct tree *tree = NULL;
    struct err err;
    if (read_bytes(text, strlen(text), &tree, &err) != JSON_OK) fail_msg("%s: %s", text, err.text);
    return tree;
}

static char *written(const struct tree *tree) {
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};
    json_tree(&out, tree);
    char *text = arena_strdup(arena, buf.at);
    buf_free(&buf);
    return text;
}

static void documents_are_read_and_written_back(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{}", "{}"},
        {" [ ] ", "[]"},
        {"null", "null"},
        {"[true,false,null]", "[true,false,null]"},
        {"{\"b\":1,\"a\":2,\"\":3}", "{\"b\":1,\"a\":2,\"\":3}"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775807", "9223372036854775807"},
        {"[0.1,1E2,-0.0,1e-7,1.5e300,100000.0]", "[0.1,100,0,1e-07,1.5e+300,100000]"},
        {"5e-324", "5e-324"},
        {"\"\\u00e9\\ud83d\\ude00\\/\"", "\"\xc3\xa9\xf0\x9f\x98\x80/\""},
        {"\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\""},
        {"\"\x7f\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf\xf4\x8f\xbf\xbf\"",
         "\"\x7f\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf\xf4\x8f\xbf\xbf\""},
        {"{\"a\":{\"b\":[{\"c\":[]},[[]],{}]},\"d\":\"\"}",
         "{\"a\":{\"b\":[{\"c\":[]},[[]],{}]},\"d\":\"\"}"},
        {"{\"\\u0061\\\"\":1}", "{\"a\\\"\":1}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct tree *tree = must_read(cases[i].in);
        const char *out = written(tree);
        assert_string_equal(out, cases[i].out);
        assert_true(tree_equal(tree, must_read(out)));
    }
}

static void kinds_and_values_are_kept(void **state) {
    (void)state;
    const struct tree *map =
        must_read("{\"i\":42,\"r\":42.5,\"t\":\"x\",\"b\":true,\"n\":null,\"l\":[1,2,3]}");
    assert_int_equal(map->kind, TREE_MAP);
    assert_int_equal(map->count, 6);
    assert_int_equal(tree_get(map, "i")->kind, TREE_INT);
    assert_int_equal(tree_get(map, "i")->num, 42);
    assert_true(tree_get(map, "i")->real == 42);
    assert_int_equal(tree_get(map, "r")->kind, TREE_REAL);
    assert_true(tree_get(map, "r")->real == 42.5);
    assert_string_equal(tree_text(map, "t"), "x");
    assert_int_equal(tree_get(map, "b")->num, 1);
    assert_int_equal(tree_get(map, "n")->kind, TREE_NULL);
    const struct tree *list = tree_get(map, "l");
    assert_int_equal(list->count, 3);
    assert_int_equal(list->first->next->num, 2);
    assert_null(list->first->key);
    assert_int_equal(map->line + list->line, 0);
    assert_null(tree_text(map, "i"));
    assert_null(tree_get(map, "none"));
    assert_null(tree_get(list, "i"));
    assert_null(tree_get(NULL, "i"));
}

static char *repeated(const char *text, int count) {
    struct buf buf = {0};
    for (int i = 0; i < count; i++) buf_puts(&buf, text);
    char *copy = arena_strndup(arena, buf.at, buf.len);
    buf_free(&buf);
    return copy;
}

static void numbers_of_any_size_are_read(void **state) {
    (void)state;
    static const struct {
        const char *in;
        enum tree_kind kind;
        int64_t num;
        double real;
    } cases[] = {
        {"29900.0", TREE_INT, 29900, 29900},
        {"2.99e4", TREE_INT, 29900, 29900},
        {"299e2", TREE_INT, 29900, 29900},
        {"-0.0", TREE_INT, 0, 0},
        {"0e5", TREE_INT, 0, 0},
        {"1e-400", TREE_INT, 0, 0}, /* nearer to 0 than any double */
        {"9007199254740991.0", TREE_INT, 9007199254740991, 9007199254740991.0},
        {"9007199254740992.0", TREE_REAL, 0, 9007199254740992.0}, /* as 9007199254740993.0 is */
        {"-9007199254740991.0", TREE_INT, -9007199254740991, -9007199254740991.0},
        {"29900.5", TREE_REAL, 0, 29900.5},
        {"999999999999999999", TREE_INT, 999999999999999999, 1e18},
        {"9223372036854775807", TREE_INT, INT64_MAX, 9223372036854775807.0},
        {"9223372036854775808", TREE_REAL, 0, 9223372036854775808.0},
        {"-9223372036854775808", TREE_INT, INT64_MIN, -9223372036854775808.0},
        {"-9223372036854775809", TREE_REAL, 0, -9223372036854775808.0},
        {"18446744073709551615", TREE_REAL, 0, 18446744073709551615.0},
        {"100000000000000000000000000000", TREE_REAL, 0, 1e29},
        {"1e308", TREE_REAL, 0, 1e308},
        {"1e309", TREE_REAL, 0, JSON_REAL_MAX},
        {"-1.5E+999", TREE_REAL, 0, -JSON_REAL_MAX},
        {"1e99999999999999999999", TREE_REAL, 0, JSON_REAL_MAX},
        {"0.000000000000000000000000000000001", TREE_REAL, 0, 1e-33},
    };
    static const char *const around[] = {"%s", " %s ", "[%s]", "{\"a\":[1,%s,2]}",
                                         "[\"\\ud83d\",%s]"};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t j = 0; j < sizeof around / sizeof *around; j++) {
            const char *at = strstr(around[j], "%s");
            const struct tree *tree = must_read(arena_printf(
                arena, "%.*s%s%s", (int)(at - around[j]), around[j], cases[i].in, at + 2));
            if (tree->kind == TREE_MAP) tree = tree_get(tree, "a");
            if (tree->kind == TREE_LIST) tree = tree->count == 3 ? tree->first->next : tree->last;
            if (tree->kind != cases[i].kind || tree->num != cases[i].num ||
                tree->real != cases[i].real)
                fail_msg("%s: %d %lld %.17g", cases[i].in, tree->kind, (long long)tree->num,
                         tree->real);
        }

    assert_true(must_read(repeated("7", 310))->real == JSON_REAL_MAX);
    assert_true(must_read(arena_printf(arena, "-%s.5", repeated("7", 310)))->real ==
                -JSON_REAL_MAX);
    assert_true(must_read(arena_printf(arena, "0.%s1", repeated("0", 60000)))->real == 0);
}

/* What a browser leaves of an emoji when it cuts a text at so many units of UTF-16. */
static void half_of_a_pair_is_replaced(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"\\ud83d", "\xef\xbf\xbd"},
        {"\\ude00", "\xef\xbf\xbd"},
        {"a\\uD83Db", "a\xef\xbf\xbd"
                      "b"},
        {"\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\\ud83d\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
        {"\\ud83d\\ude00\\ude00", "\xf0\x9f\x98\x80\xef\xbf\xbd"},
        {"\\ud83d\\n", "\xef\xbf\xbd\n"},
        {"\\ud83d\\\\ude00", "\xef\xbf\xbd\\ude00"}, /* a backslash, and letters */
        {"\\\\ud83d", "\\ud83d"},
        {"\\\\\\ud83d", "\\\xef\xbf\xbd"},
        {"\\ud7ff\\ue000\\ufffd", "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd"},
        {"\\ud83dude00", "\xef\xbf\xbdude00"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = arena_printf(arena, "{\"%s\":[\"%s\",1e999]}", cases[i][0], cases[i][0]);
        const struct tree *map = must_read(text);
        assert_string_equal(map->first->key, cases[i][1]);
        assert_string_equal(map->first->first->text, cases[i][1]);
        assert_int_equal(map->first->first->text_len, strlen(cases[i][1]));
    }
}

static void a_mark_of_byte_order_is_passed_over(void **state) {
    (void)state;
    assert_int_equal(must_read("\xef\xbb\xbf{\"a\":1}")->count, 1);
    assert_int_equal(must_read("\xef\xbb\xbf 7")->num, 7);
    assert_string_equal(must_read("\xef\xbb\xbf\"\xef\xbb\xbf\"")->text, "\xef\xbb\xbf");
}

struct refused {
    const char *bytes;
    size_t len;
    enum json_fault fault;
};
#define REFUSED(text, fault)                                                                       \
    { text, sizeof text - 1, fault }

static const struct refused refused[] = {
    REFUSED("", JSON_NOT_JSON),
    REFUSED(" ", JSON_NOT_JSON),
    REFUSED("{", JSON_NOT_JSON),
    REFUSED("{}}", JSON_NOT_JSON),
    REFUSED("{} {}", JSON_NOT_JSON),
    REFUSED("[1,]", JSON_NOT_JSON),
    REFUSED("{\"a\"}", JSON_NOT_JSON),
    REFUSED("{\"a\":}", JSON_NOT_JSON),
    REFUSED("{a:1}", JSON_NOT_JSON),
    REFUSED("{1:1}", JSON_NOT_JSON),
    REFUSED("'a'", JSON_NOT_JSON),
    REFUSED("\"a", JSON_NOT_JSON),
    REFUSED("\"a\\", JSON_NOT_JSON),
    REFUSED("\"\\x\"", JSON_NOT_JSON),
    REFUSED("\"\\u12\"", JSON_NOT_JSON),
    REFUSED("\"\n\"", JSON_NOT_JSON),
    REFUSED("01", JSON_NOT_JSON),
    REFUSED("+1", JSON_NOT_JSON),
    REFUSED(".5", JSON_NOT_JSON),
    REFUSED("1.", JSON_NOT_JSON),
    REFUSED("NaN", JSON_NOT_JSON),
    REFUSED("True", JSON_NOT_JSON),
    REFUSED("\"\\u0000\"", JSON_NOT_JSON),
    REFUSED("\"a\0b\"", JSON_NOT_JSON),
    REFUSED("{}\0", JSON_NOT_JSON),
    REFUSED("\0", JSON_NOT_JSON),
    REFUSED("1\0", JSON_NOT_JSON),
    REFUSED("[1\0]", JSON_NOT_JSON),
    REFUSED("[1.5e3\0,2]", JSON_NOT_JSON),
    REFUSED("[true\0]", JSON_NOT_JSON),
    REFUSED("{\"a\":1\0,\"b\":true\0}", JSON_NOT_JSON),
    REFUSED("{\"a\"\0:1}", JSON_NOT_JSON),
    REFUSED("[1]\0\0", JSON_NOT_JSON),
    REFUSED("[1\x0b]", JSON_NOT_JSON),
    REFUSED("[1\x0c]", JSON_NOT_JSON),
    REFUSED("[1\xc2\xa0]", JSON_NOT_JSON),
    REFUSED("[1]\xef\xbb\xbf", JSON_NOT_JSON),
    REFUSED("\xef\xbb\xbf\xef\xbb\xbf[1]", JSON_NOT_JSON),
    REFUSED("\xef\xbb\xbf", JSON_NOT_JSON),
    REFUSED("\xef\xbb", JSON_BAD_UTF8),
    REFUSED("1e999-5", JSON_NOT_JSON),
    REFUSED("1e999x", JSON_NOT_JSON),
    REFUSED("-1e+", JSON_NOT_JSON),
    REFUSED("1e999.5", JSON_NOT_JSON),
    REFUSED("000000000000000000001", JSON_NOT_JSON),
    REFUSED("-000000000000000000001", JSON_NOT_JSON),
    REFUSED("18446744073709551615n", JSON_NOT_JSON),
    REFUSED("18446744073709551615.", JSON_NOT_JSON),
    REFUSED("+18446744073709551615", JSON_NOT_JSON),
    REFUSED("0x1fffffffffffffffff", JSON_NOT_JSON),
    REFUSED("Infinity", JSON_NOT_JSON),
    REFUSED("-Infinity", JSON_NOT_JSON),
    REFUSED("\"\\ud83\"", JSON_NOT_JSON),
    REFUSED("\"\\ud83", JSON_NOT_JSON),
    REFUSED("\"\\U0001f600\"", JSON_NOT_JSON),
    REFUSED("{\"\\ud800\":1,\"\\ud801\":2}", JSON_DUPLICATE_KEY), /* both are U+FFFD */
    REFUSED("{\"a\\u0000\":1}", JSON_NOT_JSON),
    REFUSED("{\"a\":1,\"a\":1}", JSON_DUPLICATE_KEY),
    REFUSED("{\"a\":1,\"\\u0061\":1}", JSON_DUPLICATE_KEY),
    REFUSED("[{\"b\":{\"\":1,\"\":2}}]", JSON_DUPLICATE_KEY),
    REFUSED("\"\xff\"", JSON_BAD_UTF8),
    REFUSED("\xff", JSON_BAD_UTF8),
    REFUSED("\"\xc0\x80\"", JSON_BAD_UTF8),
    REFUSED("\"\xe0\x80\x80\"", JSON_BAD_UTF8),
    REFUSED("\"\xed\xa0\x80\"", JSON_BAD_UTF8),
    REFUSED("\"\xf4\x90\x80\x80\"", JSON_BAD_UTF8),
    REFUSED("\"\xe4\xbd", JSON_BAD_UTF8),
    REFUSED("[[[[[[[[[[[[[[[[[ \xe4\xbd",
            JSON_BAD_UTF8), /* the whole is checked before its depth */
    REFUSED("[[[[[[[[[[[[[[[[[", JSON_TOO_DEEP),
    REFUSED("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", JSON_TOO_DEEP),
};

static void anything_else_is_refused_with_its_reason(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const struct tree *tree = NULL;
        struct err err = {""};
        enum json_fault fault = read_bytes(refused[i].bytes, refused[i].len, &tree, &err);
        if (fault != refused[i].fault)
            fail_msg("%s: %s, expected %s", refused[i].bytes, json_fault_name(fault),
                     json_fault_name(refused[i].fault));
        assert_null(tree);
        assert_int_equal(strncmp(err.text, "byte ", 5), 0);
    }
}

/* Lists of `count` members, all alike. */
static char *list_of(const char *member, int count, size_t *len_out) {
    struct buf buf = {0};
    buf_puts(&buf, "[");
    for (int i = 0; i < count; i++) buf_printf(&buf, "%s%s", i ? "," : "", member);
    buf_puts(&buf, "]");
    char *text = arena_strndup(arena, buf.at, buf.len);
    *len_out = buf.len;
    buf_free(&buf);
    return text;
}

static enum json_fault read_list(const char *member, int count) {
    size_t len;
    const char *text = list_of(member, count, &len);
    const struct tree *tree;
    struct err err;
    return read_bytes(text, len, &tree, &err);
}

static void limits_are_exact(void **state) {
    (void)state;
    assert_int_equal(read_list("1", 4095), JSON_OK); /* the list itself is a value */
    assert_int_equal(read_list("1", 4096), JSON_TOO_MANY_VALUES);
    assert_int_equal(read_list("\"a,:[]\"", 4095), JSON_OK);
    assert_int_equal(read_list("{}", 4096), JSON_TOO_MANY_VALUES);
    /* Keys are not counted, with whatever space before their colon. */
    assert_int_equal(read_list("{\"\\\"k\" \n :1}", 2047), JSON_OK);
    assert_int_equal(read_list("{\"k\":1}", 2048), JSON_TOO_MANY_VALUES);

    static const char deepest[] = "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]";
    assert_int_equal(must_read(deepest)->count, 1);
    assert_int_equal(must_read("\"[[[[[[[[[[[[[[[[[[[[[[[[[[\"")->kind, TREE_TEXT);

    const struct tree *tree;
    struct err err;
    char *large = malloc(65537);
    memset(large, 'a', 65537);
    large[0] = large[65535] = '"';
    assert_int_equal(json_read(arena, large, 65536, NULL, &tree, &err), JSON_OK);
    large[65535] = 'a';
    large[65536] = '"';
    assert_int_equal(json_read(arena, large, 65537, NULL, &tree, &err), JSON_TOO_LARGE);
    assert_string_equal(err.text, "65537 bytes, expected at most 65536");
    const struct json_limits mine = {.bytes = 100000, .depth = 1, .values = 2};
    assert_int_equal(json_read(arena, large, 65537, &mine, &tree, &err), JSON_OK);
    assert_int_equal(json_read(arena, "[1]", 3, &mine, &tree, &err), JSON_OK);
    assert_int_equal(json_read(arena, "[[]]", 4, &mine, &tree, &err), JSON_TOO_DEEP);
    assert_int_equal(json_read(arena, "[1,1]", 5, &mine, &tree, &err), JSON_TOO_MANY_VALUES);
    free(large);
}

/* What jansson would turn into 80 MB never reaches it. */
static void many_small_maps_cost_nothing(void **state) {
    (void)state;
    struct arena *own = arena_new();
    size_t len;
    const char *text = list_of("{}", 20000, &len);
    const struct tree *tree;
    const struct json_limits limits = {.bytes = 1000000, .depth = 16, .values = 4096};
    assert_int_equal(json_read(own, text, len, &limits, &tree, NULL), JSON_TOO_MANY_VALUES);
    assert_int_equal(arena_used(own), 0);
    arena_free(own);
}

static void errors_do_not_repeat_what_was_found(void **state) {
    (void)state;
    static const char *const texts[] = {"{\"secret\":secret}", "[\"secret\" \"secret\"]",
                                        "{\"secret\":1,\"secret\":2}", "\"secret\\u0000\"",
                                        "secret"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct tree *tree;
        struct err err;
        assert_int_not_equal(read_bytes(texts[i], strlen(texts[i]), &tree, &err), JSON_OK);
        if (strstr(err.text, "secret")) fail_msg("%s", err.text);
    }
}

static void reals_are_written_in_their_shortest_form(void **state) {
    (void)state;
    static const struct {
        double num;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1, "1.0"},
                 {-2.5, "-2.5"},
                 {1e100, "1e+100"},
                 {0, "0.0"},
                 {0.30000000000000004, "0.30000000000000004"},
                 {1.0 / 3, "0.3333333333333333"},
                 {123456, "123456.0"}};
    struct buf buf = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_out out = {.buf = &buf};
        buf_clear(&buf);
        json_real(&out, cases[i].num);
        assert_string_equal(buf.at, cases[i].text);
    }
    uint64_t bits = 88172645463325252;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        double num;
        memcpy(&num, &bits, sizeof num);
        if (num - num != 0) continue;
        struct json_out out = {.buf = &buf};
        buf_clear(&buf);
        json_real(&out, num);
        const struct tree *tree = must_read(buf.at);
        if (memcmp(&tree->real, &num, sizeof num) != 0) fail_msg("%s", buf.at);
    }
    buf_free(&buf);
}

static void the_writer_puts_commas(void **state) {
    (void)state;
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};
    json_begin_map(&out);
    json_key(&out, "a");
    json_begin_list(&out);
    json_int(&out, INT64_MIN);
    json_text(&out, NULL);
    json_begin_map(&out);
    json_end_map(&out);
    json_raw(&out, "[1]", 3);
    json_bool(&out, false);
    json_end_list(&out);
    json_key(&out, "b\n");
    json_null(&out);
    json_key(&out, "c");
    json_text(&out, "x\x1fy\"");
    json_end_map(&out);
    assert_string_equal(
        buf.at,
        "{\"a\":[-9223372036854775808,null,{},[1],false],\"b\\n\":null,\"c\":\"x\\u001fy\\\"\"}");
    buf_free(&buf);
}

static void trees_are_built_copied_and_compared(void **state) {
    (void)state;
    struct tree *map = tree_new(arena, TREE_MAP), *list = tree_new(arena, TREE_LIST);
    tree_add(map, "n", tree_new_int(arena, 7));
    tree_add(map, "l", list);
    tree_add(list, NULL, tree_new_text(arena, "a"));
    tree_add(list, NULL, tree_new_text(arena, "b"));
    assert_string_equal(written(map), "{\"n\":7,\"l\":[\"a\",\"b\"]}");
    struct arena *other = arena_new();
    struct tree *copy = tree_copy(other, map);
    assert_true(tree_equal(map, copy));
    tree_add(copy->last, NULL, tree_new_text(other, "c"));
    assert_false(tree_equal(map, copy));
    assert_int_equal(list->count, 2);
    assert_null(tree_copy(other, NULL));
    arena_free(other);
    assert_false(tree_equal(must_read("{\"a\":1,\"b\":2}"), must_read("{\"b\":2,\"a\":1}")));
    assert_false(tree_equal(must_read("1"), must_read("1.5")));
    assert_true(
        tree_equal(must_read("[\"a\",{\"k\":null}]"), must_read(" [ \"\\u0061\", {\"k\":null}]")));
}

/* Against a slow definition: every code point, and every two bytes behind a valid start. */
static void utf8_is_what_the_standard_says(void **state) {
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char text[4];
        size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
        uint32_t rest = c;
        for (size_t i = len; i-- > 1; rest >>= 6) text[i] = (char)(0x80 | (rest & 0x3F));
        text[0] = (char)(first[len] | rest);
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        assert_int_equal(utf8_valid(text, len), surrogate ? 0 : len);
        if (surrogate) continue;
        const char *at = text;
        if (utf8_next(&at) != c || at != text + len || utf8_count(text, len) != 1)
            fail_msg("U+%04X", c);
        assert_int_equal(utf8_valid(text, len - 1), 0); /* cut short */
    }
    assert_int_equal(utf8_valid("abcdefgh\xffxyz", 12), 8);
    assert_int_equal(utf8_valid("abcdefghabc\xe4\xbd", 13), 11);
    assert_int_equal(utf8_valid("\xf4\x90\x80\x80", 4), 0);
    assert_int_equal(utf8_valid("\xf8\x88\x80\x80\x80", 5), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_read_and_written_back),
        cmocka_unit_test(kinds_and_values_are_kept),
        cmocka_unit_test(numbers_of_any_size_are_read),
        cmocka_unit_test(half_of_a_pair_is_replaced),
        cmocka_unit_test(a_mark_of_byte_order_is_passed_over),
        cmocka_unit_test(anything_else_is_refused_with_its_reason),
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(many_small_maps_cost_nothing),
        cmocka_unit_test(errors_do_not_repeat_what_was_found),
        cmocka_unit_test(reals_are_written_in_their_shortest_form),
        cmocka_unit_test(the_writer_puts_commas),
        cmocka_unit_test(trees_are_built_copied_and_compared),
        cmocka_unit_test(utf8_is_what_the_standard_says),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
