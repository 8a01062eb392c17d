/* Names made harmless and masked; addresses of one person, or none. */
#include "notification/person.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void expect(const char *found, const char *expected, const char *of) {
    if (!found && !expected) return;
    if (!found || !expected || strcmp(found, expected) != 0)
        fail_msg("%s: %s, expected %s", of, found ? found : "none", expected ? expected : "none");
}

static void nothing_unseen_and_no_link_in_names(void **unused) {
    (void)unused;
    static const struct {
        const char *text, *clean;
    } cases[] = {
        {"张伟", "张伟"},
        {"Anne-Marie O'Neil", "Anne-Marie O'Neil"},
        {"J.R. Smith", "J. R. Smith"},
        {"  Li \t\r\n Wei ", "Li Wei"},
        {"Li\u3000Wei\u00a0", "Li Wei"},
        {"a\u200bb\u200d\ufeffc\u00add", "abcd"},
        {"\U000E0041\U000E0042x\U000E007F", "x"},
        {"\u202egnp.exe", "gnp. exe"},
        {"\u2066a\u2069\u061cb", "ab"},
        {"\x01\x7fz", "z"},
        {"x\xc2\x85y", "x y"},
        {"\u200b\u200b", NULL},
        {" ", NULL},
        {"", NULL},
        {NULL, NULL},
        {"http://evil.com/x", "http: evil. com/x"},
        {"www.evil.com", "www. evil. com"},
        {"evil\u3002com", "evil\u3002 com"},
        {"evil.\u200bcom", "evil. com"},
        {"evil.中国", "evil. 中国"},
        {"li@evil.com", "li evil. com"},
        {"//evil.com", "/ evil. com"},
        {"cable 3.5mm", "cable 3.5mm"},
        {"1.2.3.4", "1.2.3.4"},
        {"{name} %s <b>", "{name} %s <b>"},
        {"01234567890123456789012345678901234567890123456789",
         "0123456789012345678901234567890123456789"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < LENGTH(cases); i++)
        expect(person_harmless(cases[i].text, PERSON_NAME_MAX, arena), cases[i].clean,
               cases[i].text);
    arena_free(arena);
}

static void masks_hide_all_but_a_little(void **unused) {
    (void)unused;
    static const struct {
        const char *phone, *masked;
    } phones[] = {
        {"+8613812341234", "138****1234"},
        {"13812341234", "138****1234"},
        {"+86 138-1234-1234", "138****1234"},
        {"+4915112345678", "****5678"},
        {"12345", "****"},
        {"0086", "****"},
        {"02112345678", "****5678"},
        {"none", "****"},
        {"12345678901234567890123456789012345678901234567890", "****7890"},
        {"", NULL},
        {NULL, NULL},
    };
    static const struct {
        const char *name, *masked;
    } names[] = {{"张伟", "张*"}, {"李", "李*"}, {"Lee", "L*"},
                 {"😀x", "😀*"},    {"", NULL},    {NULL, NULL}};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < LENGTH(phones); i++)
        expect(person_mask_phone(phones[i].phone, arena), phones[i].masked, phones[i].phone);
    for (size_t i = 0; i < LENGTH(names); i++)
        expect(person_mask_name(names[i].name, arena), names[i].masked, names[i].name);
    arena_free(arena);
}

static void mail_goes_to_one_address(void **unused) {
    (void)unused;
    static const char *const good[] = {"a@b.cn", "anne.o'neil+shop@mail.example.co.uk",
                                       "x@xn--fiqs8s.xn--fiqs8s", "1@2.com"};
    static const char *const bad[] = {
        "",
        "a",
        "@b.cn",
        "a@",
        "a@b",
        "a@b@c.cn",
        "a@b.cn,c@d.cn",
        "a@b.cn;c@d.cn",
        "a@b.cn c@d.cn",
        "Li <a@b.cn>",
        "a@b.cn\r\nBcc: c@d.cn",
        "a\n@b.cn",
        "a@b.cn%0aBcc:c@d.cn",
        "\"a b\"@c.cn",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@-b.cn",
        "a@b-.cn",
        "a@b..cn",
        ".a@b.cn",
        "a.@b.cn",
        "a..b@c.cn",
        "a@b.cn.",
        "张@b.cn",
        "a@例子.cn",
        "a@b.cn\u200b",
        "a,b@c.cn",
        "12345678901234567890123456789012345678901234567890123456789012345@b.cn",
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < LENGTH(good); i++)
        expect(person_email(good[i], arena), good[i], good[i]);
    for (size_t i = 0; i < LENGTH(bad); i++) expect(person_email(bad[i], arena), NULL, bad[i]);
    expect(person_email(" a@b.cn\n", arena), "a@b.cn", "white space around it");
    expect(person_email(NULL, arena), NULL, "none");
    arena_free(arena);
}

static void calls_go_to_one_number(void **unused) {
    (void)unused;
    static const struct {
        const char *phone, *locale, *to;
    } cases[] = {
        /* One reader of numbers for intake and here: contract/phone.h, test_phone.c. */
        {"+8613812341234", NULL, "+8613812341234"},
        {"+86 138-1234-1234", "en", "+8613812341234"},
        {"0086-138-0013-8000", "zh-CN", "+8613800138000"},
        {"138-0013-8000", "zh-CN", "+8613800138000"},
        {"13800138000", "zh-Hans-CN", "+8613800138000"},
        {"13800138000\n", "zh-CN", "+8613800138000"},
        {"13800138000", NULL, "+8613800138000"},
        {"13800138000", "zh-TW", NULL},
        {"13800138000", "zh-HK", NULL},
        {"1-415-555-2671", "en-US", "+14155552671"},
        {"1-415-555-2671", "en-SX", NULL},
        {"14155552671", "en-US", "+14155552671"},
        {"+44 (0)20 7946 0958", "en-GB", "+442079460958"},
        {"+81 (0)90-1234-5678", "ja-JP", "+819012345678"},
        {"+852 9123 4567", "zh-HK", "+85291234567"},
        {"13800138000 / 13900139000", "zh-CN", NULL},
        {"13800138000,13900139000", "zh-CN", NULL},
        {"+8613800138000+8613900139000", "zh-CN", NULL},
        {"17215550123", "en-SX", NULL},
        {"010-62345678转8001", "zh-CN", NULL},
        {"010-62345678", "zh-CN", NULL},
        {"110;+1900555", "zh-CN", NULL},
        {"+1900", NULL, NULL},
        {"+0123456789", NULL, NULL},
        {"+1234567890123456", NULL, NULL},
        {"tel:+8613800138000", NULL, NULL},
        {"none", NULL, NULL},
        {"", NULL, NULL},
        {NULL, NULL, NULL},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < LENGTH(cases); i++)
        expect(person_phone(cases[i].phone, cases[i].locale, arena), cases[i].to, cases[i].phone);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_unseen_and_no_link_in_names),
        cmocka_unit_test(masks_hide_all_but_a_little),
        cmocka_unit_test(mail_goes_to_one_address),
        cmocka_unit_test(calls_go_to_one_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
