/* Telephone numbers: what they become, and to which a message may go. */
#include "contract/phone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *written, *locale; /* NULL: none */
    const char *expected;         /* NULL: as written */
};

static const struct row rows[] = {
    /* China. */
    {"13800138000", NULL, "+8613800138000"},
    {"13800138000", "zh-CN", "+8613800138000"},
    {"13800138000", "zh", "+8613800138000"},
    {"13800138000", "zh-Hans", "+8613800138000"},
    {"13800138000", "zh_CN.UTF-8", "+8613800138000"},
    {"13800138000", "zh-Hans-CN-u-nu-latn", "+8613800138000"},
    {"13800138000", "en-CN", "+8613800138000"},
    {"13800138000", "zh-Hant-CN", "+8613800138000"},
    {"138 0013-8000", NULL, "+8613800138000"},
    {"138-0013-8000", "zh-CN", "+8613800138000"},
    {"138.0013.8000", "zh-CN", "+8613800138000"},
    {" 138\xc2\xa0"
     "0013\xe2\x88\x92"
     "8000 ",
     NULL, "+8613800138000"},
    {"\xef\xbc\x91\xef\xbc\x93\xef\xbc\x98\xef\xbc\x90\xef\xbc\x90\xef\xbc\x91\xef\xbc\x93\xef\xbc"
     "\x98\xef\xbc\x90\xef\xbc\x90\xef\xbc\x90",
     NULL, "+8613800138000"}, /* full width */
    {"+86 138.0013.8000", NULL, "+8613800138000"},
    {"\xef\xbc\x8b"
     "8613800138000",
     NULL, "+8613800138000"},
    {"(+86) 13800138000", "zh-CN", NULL}, /* nobody writes it, and nothing is lost */
    {"0086 13800138000", NULL, "+8613800138000"},
    {"0086-138-0013-8000", "zh-CN", "+8613800138000"},
    {"8613800138000", NULL, "+8613800138000"},
    {"+86 (0)10 6234 5678", NULL, "+861062345678"},
    {"+86 010 6234 5678", NULL, "+861062345678"},
    {"0086 0755 1234 5678", "zh-CN", "+8675512345678"},
    {"19912345678", NULL, "+8619912345678"},
    {"12800138000", NULL, NULL},
    {"15412345678", NULL, NULL}, /* not given out */
    {"010-62345678", "zh-CN", NULL},
    {"\xef\xbc\x88"
     "021\xef\xbc\x89"
     "6888\xe2\x80\x93"
     "0000",
     NULL, NULL},
    {"010-62345678\xe8\xbd\xac"
     "8001",
     "zh-CN", NULL},
    {"95555", NULL, NULL},

    /* No country is guessed. */
    {"13800138000", "en", NULL},
    {"13800138000", "zh-TW", NULL},
    {"13800138000", "zh-Hant", NULL},
    {"13800138000", "zh-yue-HK", NULL},
    {"13800138000", "zh-SG", NULL},
    {"13800138000", "de-DE", NULL},
    {"13800138000", "C", NULL},
    {"8613800138000", "en-GB", NULL},
    {"1-415-555-2671", "en-US", "+14155552671"},
    {"14155552671", "en-US", "+14155552671"},
    {"(415) 555-2671", "en-CA", "+14155552671"},
    {"415.555.2671", "es-US", "+14155552671"},
    {"13105551234", "en-US", "+13105551234"}, /* 131 is a Chinese prefix, too */
    {"1-310-555-1234", NULL, NULL},           /* but nobody writes a Chinese number like this */
    {"1-310-555-1234", "zh-CN", NULL},
    {"14155552671", NULL, NULL},
    {"115-555-2671", "en-US", NULL},
    {"17215550123", "en-SX", NULL},
    {"07700 900123", "en-GB", NULL},
    {"9123 4567", "zh-HK", NULL},

    /* A country that is written. */
    {"+44 (0)20 7946 0958", "en-GB", "+442079460958"},
    {"+44(0)2079460958", "en-GB", "+442079460958"},
    {"+81 (0)90-1234-5678", "ja-JP", "+819012345678"},
    {"0049 (0)30 123456", "de-DE", "+4930123456"},
    {"+852 9123 4567", "zh-HK", "+85291234567"},
    {"+1 (415) 555-2671", NULL, "+14155552671"},
    {"0044 20 7946 0018", NULL, "+442079460018"},
    {"0044 20 7946 0018", "fr-FR", "+442079460018"},
    {"001 44 20 7946 0018", "zh-HK", NULL}, /* 001 begins calls abroad there */
    {"0011 44 20 7946 0018", "en-AU", NULL},
    {"010 44 20 7946 0018", "ja-JP", NULL},
    {"0044 20 7946 0018", "en-US", NULL},
    {"+39 (0)6 1234 5678", "it-IT", NULL}, /* the 0 is part of it */
    {"+39 06 1234 5678", "it-IT", "+390612345678"},
    {"+353 1 234 5678", "en-IE", "+35312345678"},

    /* Two numbers, an extension, or none. */
    {"13800138000 / 13900139000", "zh-CN", NULL},
    {"13800138000/13900139000", "zh-CN", NULL},
    {"13800138000,13900139000", "zh-CN", NULL},
    {"13800138000 13900139000", "zh-CN", NULL},
    {"13800138000\xe3\x80\x81"
     "13900139000",
     "zh-CN", NULL},
    {"+8613800138000 +8613900139000", "zh-CN", NULL},
    {"+86 13800138000 13900139000", "zh-CN", NULL},
    {"+86 138 0013 8000 12", "zh-CN", NULL},
    {"+852 9123 4567 123", "zh-HK", NULL},
    {"+1 415 555 2671 8", "en-US", NULL},
    {"+353 1 234 5678 353 1 234 5679", "en-IE", NULL},
    {"110;+1900555", "zh-CN", NULL},
    {"+1900555", NULL, NULL},
    {"021-6888 ext 5", NULL, NULL},
    {"+", NULL, NULL},
    {"00", NULL, NULL},
    {"000", NULL, NULL},
    {"+0086 13800138000", NULL, NULL},
    {"++8613800138000", NULL, NULL},
    {"138+00138000", NULL, NULL},
    {"(13800138000", NULL, NULL},
    {"13800138000)", NULL, NULL},
    {"((138)00138000)", NULL, NULL},
    {"", NULL, NULL},
    {"(0)", NULL, NULL},
    {"()", NULL, NULL},
    {"13800138000 (0)", NULL, NULL},
    {"138\t00138000", NULL, NULL},
    {"138000000000000000000000000000000000000000000000000000000000000000000000000", NULL, NULL},
};

static void test_phones(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *expected = rows[i].expected ? rows[i].expected : rows[i].written;
        const char *found = phone_e164(rows[i].written, rows[i].locale, arena);
        if (strcmp(found, expected) != 0)
            fail_msg("%s (%s): %s, expected %s", rows[i].written,
                     rows[i].locale ? rows[i].locale : "no locale", found, expected);
        /* Once it is E.164 it stays so, wherever it is read. */
        if (rows[i].expected) assert_string_equal(phone_e164(found, "en-AU", arena), found);
    }
    arena_free(arena);
}

/* Nothing is sent to what is no number, or more than one, wherever the customer is. */
static void test_what_is_no_number(void **state) {
    (void)state;
    static const char *const locales[] = {NULL, "zh-CN", "en-US", "en-GB"};
    static const char *const others[] = {"13800138000 / 13900139000",
                                         "110;+1900555",
                                         "010-62345678转8001",
                                         "13800138000 13900139000",
                                         "1234567890123456",
                                         "110",
                                         "95555",
                                         "123456",
                                         "+",
                                         "",
                                         "tel:+8613800138000",
                                         "13800138000#5",
                                         "a@b.c",
                                         "****",
                                         "+86138001+38000"};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        for (size_t l = 0; l < sizeof locales / sizeof *locales; l++)
            if (phone_certain(others[i], locales[l], arena))
                fail_msg("%s (%s)", others[i], locales[l] ? locales[l] : "no locale");
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phones),
        cmocka_unit_test(test_what_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
