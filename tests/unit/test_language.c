/* Languages: amounts, dates and spans as ICU's data has them, written by plain arithmetic. */
#include "base/clock.h"
#include "data/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const struct language *load(struct arena *arena, const char *tag) {
    struct err err = {{0}};
    const struct language *language = language_load(tag, arena, &err);
    if (!language) fail_msg("%s", err.text);
    return language;
}

static void amounts_have_signs_and_separators(void **unused) {
    (void)unused;
    static const struct {
        const char *tag, *currency;
        int64_t minor;
        const char *says;
    } cases[] = {
        {"zh-CN", "CNY", 29900, "¥299.00"},
        {"zh-CN", "CNY", 140000, "¥1,400.00"},
        {"zh-CN", "CNY", 5, "¥0.05"},
        {"zh-CN", "CNY", -5, "-¥0.05"},
        {"zh-CN", "USD", 123456789, "US$1,234,567.89"},
        {"zh-CN", "JPY", 5000, "JP¥5,000"},
        {"zh-CN", "CNY", INT64_C(100000000000000), "¥1,000,000,000,000.00"},
        {"zh-TW", "TWD", 99900, "$999.00"},
        {"zh-TW", "CNY", 29900, "CN¥299.00"},
        {"en", "CNY", 100000000, "CN¥1,000,000.00"},
        {"en", "USD", 99, "$0.99"},
        {"en", "KRW", 1, "₩1"},
        {"en", "KWD", 1234567, "KWD\u00a01,234.567"},
        {"en", "CLF", 12345, "CLF\u00a01.2345"},
        {"en", "IQD", 1000, "IQD\u00a01.000"}, /* ISO's digits, though everyday use has none */
        {"en", "XQQ", 1990, "XQQ\u00a019.90"},
        {"de", "EUR", 123456, "1.234,56\u00a0€"},
        {"en", "CNY", INT64_MIN, "-CN¥92,233,720,368,547,758.08"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_string_equal(
            language_amount(load(arena, cases[i].tag), cases[i].currency, cases[i].minor, arena),
            cases[i].says);
    assert_string_equal(language_number(load(arena, "en"), 1234567, arena), "1,234,567");
    assert_string_equal(language_number(load(arena, "en"), -12, arena), "-12");
    assert_string_equal(language_number(load(arena, "en"), 0, arena), "0");
    arena_free(arena);
}

static void dates_follow_the_language(void **unused) {
    (void)unused;
    static const struct {
        const char *tag, *local, *whole, *day, *clock;
    } cases[] = {
        {"zh-CN", "2026-11-22T18:00:00Z", "2026年11月22日", "11月22日", "18:00"},
        {"zh-TW", "2027-01-01T00:05:59Z", "2027年1月1日", "1月1日", "00:05"},
        {"en", "2028-02-29T09:05:00Z", "February 29, 2028", "February 29", "09:05"},
        {"en-GB", "2100-03-01T04:00:00Z", "1 March 2100", "1 March", "04:00"},
        {"de", "2000-02-29T23:59:59Z", "29. Februar 2000", "29. Februar", "23:59"},
        {"ja", "2026-10-05T07:00:00Z", "2026年10月5日", "10月5日", "7:00"},
        {"es", "2026-05-03T07:00:00Z", "3 de mayo de 2026", "3 de mayo", "7:00"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const struct language *language = load(arena, cases[i].tag);
        int64_t at;
        assert_int_equal(clock_parse(cases[i].local, &at), 0);
        assert_string_equal(language_date(language, at, true, arena), cases[i].whole);
        assert_string_equal(language_date(language, at, false, arena), cases[i].day);
        assert_string_equal(language_clock(language, at, arena), cases[i].clock);
    }
    assert_string_equal(language_date(load(arena, "en"), -60000, true, arena), "December 31, 1969");
    assert_int_equal(language_year(-1), 1969);
    assert_int_equal(language_year(0), 1970);
    arena_free(arena);
}

static void spans_have_their_plural(void **unused) {
    (void)unused;
    static const struct {
        const char *tag;
        int64_t count;
        enum language_unit unit;
        const char *says;
    } cases[] = {
        {"zh-CN", 30, LANGUAGE_DAY, "30天"},     {"zh-TW", 1, LANGUAGE_HOUR, "1 小時"},
        {"en", 1, LANGUAGE_DAY, "1 day"},        {"en", 2, LANGUAGE_DAY, "2 days"},
        {"en", 0, LANGUAGE_MINUTE, "0 minutes"}, {"en", 199, LANGUAGE_DAY, "199 days"},
        {"en", 365, LANGUAGE_DAY, "365 days"},   {"en", 1001, LANGUAGE_DAY, "1,001 days"},
        {"ru", 1, LANGUAGE_DAY, "1 день"},       {"ru", 3, LANGUAGE_DAY, "3 дня"},
        {"ru", 301, LANGUAGE_DAY, "301 день"},   {"ru", 1112, LANGUAGE_DAY, "1\u00a0112 дней"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_string_equal(
            language_span(load(arena, cases[i].tag), cases[i].count, cases[i].unit, arena),
            cases[i].says);
    const struct language *english = load(arena, "en");
    assert_string_equal(language_duration(english, 600000, arena), "10 minutes");
    assert_string_equal(language_duration(english, 600001, arena), "11 minutes");
    assert_string_equal(language_duration(english, 90 * 60000, arena), "90 minutes");
    assert_string_equal(language_duration(english, 36 * 3600000, arena), "36 hours");
    assert_string_equal(language_duration(english, INT64_C(172800000), arena), "2 days");
    arena_free(arena);
}

static void unknown_languages_are_refused(void **unused) {
    (void)unused;
    static const char *const tags[] = {"xx", "klingon", "", "zh CN", "en-", "../en"};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < LENGTH(tags); i++) {
        struct err err = {{0}};
        assert_null(language_load(tags[i], arena, &err));
        assert_non_null(strstr(err.text, "is no language that ICU knows"));
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_have_signs_and_separators),
        cmocka_unit_test(dates_follow_the_language),
        cmocka_unit_test(spans_have_their_plural),
        cmocka_unit_test(unknown_languages_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
