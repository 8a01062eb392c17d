/* text: one form for what means the same, and the way back to the customer's own bytes. */
#include "base/utf8.h"
#include "data/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct text_tables *tables;

static int set_up(void **state) {
    (void)state;
    arena = arena_new();
    tables = text_tables_new(arena);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static struct text normal(const char *text) {
    struct text out;
    text_normalise(tables, text, strlen(text), arena, &out);
    return out;
}

static void test_forms(void **state) {
    static const struct {
        const char *name, *in, *out;
    } rows[] = {
        {"as it is", "快递一直没到", "快递一直没到"},
        {"traditional", "快遞損壞，顯示簽收未收到", "快递损坏,显示签收未收到"},
        {"traditional with a variant", "妳們發錯貨了", "你们发错货了"},
        {"traditional where neighbours decide", "甚麼時候到，看著沈重", "什么时候到,看着沉重"},
        {"full width", "Ｂｒｏｋｅｎ！", "broken!"},
        {"case", "BROKEN Straße", "broken strasse"},
        {"half-width katakana with its mark", "ｶﾞﾗｽ", "ガラス"},
        {"zero width", "假\u200b货\u200d\ufeff", "假货"},
        {"bidirectional controls", "\u202e假货\u202c", "假货"},
        {"control characters", "假\x01\x7f货", "假货"},
        {"combining accent", "cafe\u0301", "caf\u00e9"},
        {"combining accent behind a zero width", "cafe\u200b\u0301", "caf\u00e9"},
        {"ligature", "\ufb01ne", "fine"},
        {"repeated character", "好慢慢慢慢慢啊啊啊", "好慢啊"},
        {"a pair means something", "谢谢", "谢谢"},
        {"repeated letters", "sooooo slow, too bad", "so slow, too bad"},
        {"repeated signs", "假货！！！！？？", "假货!?"},
        {"dots", "等……。。", "等."},
        {"one digit", "3天了", "3天了"},
        {"a number", "等了15天，花了2999.50元", "等了00天,花了00.00元"},
        {"a hotline", "我打12315了", "我打12315了"},
        {"an order number", "订单JD2026112200017没到", "订单#没到"},
        {"a phone number", "打 138-1234-5678 找我", "打 # 找我"},
        {"white space", "  没有  收到 \r\n\r\n 还没 ", "没有 收到\n还没"},
        {"spaced out", "这 是 假 货", "这是假货"},
        {"an emoji", "👍👍👍好", "👍好"},
        {"mathematical letters", "𝐛𝐫𝐨𝐤𝐞𝐧", "broken"},
        {"empty", "", ""},
        {"only what goes", "\u200b\u200b", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text got = normal(rows[i].in);
        if (strcmp(got.at, rows[i].out) != 0)
            fail_msg("%s: \"%s\" became \"%s\", not \"%s\"", rows[i].name, rows[i].in, got.at,
                     rows[i].out);
        assert_int_equal(got.len, strlen(rows[i].out));
    }
}

/* The original bytes that a part of the normalised text came from. */
static void check_origin(const char *in, const char *part, const char *origin) {
    struct text got = normal(in);
    const char *at = strstr(got.at, part);
    if (at == NULL) fail_msg("\"%s\" is not in \"%s\"", part, got.at);
    size_t from = got.from[at - got.at], to = got.to[at - got.at + (ptrdiff_t)strlen(part) - 1];
    if (to - from != strlen(origin) || memcmp(in + from, origin, to - from) != 0)
        fail_msg("\"%s\" came from \"%.*s\", not from \"%s\"", part, (int)(to - from), in + from,
                 origin);
}

static void test_origin(void **state) {
    (void)state;
    check_origin("箱子，破損了", "破损", "破損");
    check_origin("很生气！！！假\u200b貨", "假货", "假\u200b貨");
    check_origin("太慢慢慢慢了", "慢", "慢慢慢慢");
    check_origin("订单JD2026112200017没到", "#", "JD2026112200017");
    check_origin("it came ＢＲＯＫＥＮ", "broken", "ＢＲＯＫＥＮ");
    check_origin("\ufb01ne", "fi", "\ufb01");
    check_origin("cafe\u0301 late", "\u00e9", "e\u0301");
}

/* Any bytes give valid UTF-8, with origins inside the original and in its order. */
static void test_any_bytes(void **state) {
    uint32_t seed = 7;
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct arena *work = arena_new();
        struct text got;
        char in[120];
        size_t len = (size_t)(round % 119) + 1;
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1664525u + 1013904223u;
            in[i] = (char)(seed >> 24);
        }
        text_normalise(tables, in, len, work, &got);
        for (size_t i = 0; i < got.len; i++) {
            assert_true(got.from[i] < got.to[i] && got.to[i] <= len);
            assert_true(i == 0 || got.from[i - 1] <= got.from[i]);
        }
        assert_int_equal(utf8_valid(got.at, got.len), got.len);
        arena_free(work);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_origin),
                                       cmocka_unit_test(test_any_bytes)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
