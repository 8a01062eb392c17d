/* Words: amounts, times, masks, locales, addresses and lengths, names filled once. */
#include "notification/message_policy.h"
#include "notification/words.h"
#include "notification_world.h"

static const struct message_locale *locale_of(const struct world *world, const char *name) {
    return message_policy_locale(world->version.policy, name);
}

static void formats_amounts(void **unused) {
    (void)unused;
    static const struct {
        const char *currency;
        int64_t minor;
        const char *zh, *en;
    } cases[] = {
        {"CNY", 29900, "¥299.00", "CNY 299.00"},
        {"CNY", 5, "¥0.05", "CNY 0.05"},
        {"CNY", 0, "¥0.00", "CNY 0.00"},
        {"USD", 123456789, "US$1234567.89", "USD 1234567.89"},
        {"JPY", 5000, "JPY 5000", "JPY 5000"},
        {"KRW", 1, "KRW 1", "KRW 1"},
        {"KWD", 1234, "KWD 1.234", "KWD 1.234"},
        {"BHD", 5, "BHD 0.005", "BHD 0.005"},
        {"CLF", 12345, "CLF 1.2345", "CLF 1.2345"},
        {"BRL", 1990, "BRL 19.90", "BRL 19.90"},
    };
    struct world world;
    world_open(&world, &notification_spec, POLICY);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct money money = {.minor = cases[i].minor};
        strcpy(money.currency, cases[i].currency);
        assert_string_equal(words_amount(locale_of(&world, "zh-CN"), &money, world.arena),
                            cases[i].zh);
        assert_string_equal(words_amount(locale_of(&world, "en"), &money, world.arena),
                            cases[i].en);
    }
    world_close(&world);
}

static void formats_times(void **unused) {
    (void)unused;
    static const struct {
        const char *at, *zh, *en;
    } cases[] = {
        {"2026-11-22T10:00:00Z", "2026年11月22日 18:00（北京时间）",
         "22 November 2026, 18:00 (UTC+8)"},
        {"2026-12-31T16:00:00Z", "2027年1月1日 00:00（北京时间）", "1 January 2027, 00:00 (UTC+8)"},
        {"2028-02-28T16:05:59Z", "2028年2月29日 00:05（北京时间）",
         "29 February 2028, 00:05 (UTC+8)"},
        {"2100-02-28T20:00:00Z", "2100年3月1日 04:00（北京时间）", "1 March 2100, 04:00 (UTC+8)"},
        {"2000-02-29T00:00:00Z", "2000年2月29日 08:00（北京时间）",
         "29 February 2000, 08:00 (UTC+8)"},
    };
    struct world world;
    world_open(&world, &notification_spec, POLICY);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        assert_string_equal(
            words_time(locale_of(&world, "zh-CN"), world_time(cases[i].at), world.arena),
            cases[i].zh);
        assert_string_equal(
            words_time(locale_of(&world, "en"), world_time(cases[i].at), world.arena), cases[i].en);
    }
    assert_null(words_time(locale_of(&world, "en"), 0, world.arena));
    world_close(&world);
}

static void masks_people(void **unused) {
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
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < LENGTH(phones); i++)
        assert_string_equal(words_mask_phone(phones[i].phone, arena), phones[i].masked);
    assert_null(words_mask_phone("", arena));
    assert_null(words_mask_phone(NULL, arena));
    assert_string_equal(words_mask_name("张伟", arena), "张*");
    assert_string_equal(words_mask_name("李", arena), "李*");
    assert_string_equal(words_mask_name("Lee", arena), "L*");
    assert_string_equal(words_mask_name("😀x", arena), "😀*");
    assert_null(words_mask_name("", arena));
    arena_free(arena);
}

static void finds_the_locale(void **unused) {
    (void)unused;
    static const struct {
        const char *wanted, *found;
    } cases[] = {{"zh-CN", "zh-CN"}, {"zh-TW", "zh-CN"}, {"zh", "zh-CN"},
                 {"en", "en"},       {"en-GB", "en"},    {"en_US", "en"},
                 {"de", "zh-CN"},    {"", "zh-CN"},      {NULL, "zh-CN"}};
    struct world world;
    world_open(&world, &notification_spec, POLICY);
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_string_equal(locale_of(&world, cases[i].wanted)->locale, cases[i].found);
    world_close(&world);
}

static void finds_an_address(void **unused) {
    (void)unused;
    static const struct {
        const char *channel, *customer, *used, *to; /* used NULL: no address */
    } cases[] = {
        {"im", ZHANG, "im", "c1"},
        {"app", ZHANG, "app", "c1"},
        {"email", ZHANG, "email", "zhang@example.com"},
        {"phone", ZHANG, "sms", "+8613812341234"},
        {"sms", ZHANG, "sms", "+8613812341234"},
        {"email", ",'phone':'+8613812341234'", "sms", "+8613812341234"},
        {"phone", ",'email':'a@b.cn'", "email", "a@b.cn"},
        {"sms", "", NULL, NULL},
        {"email", ",'name':'x'", NULL, NULL},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char text[128];
        open_with(&world, cases[i].channel, cases[i].customer);
        acknowledge(&world);
        if (cases[i].used) {
            snprintf(text, sizeof text, "'channel':'%s','to':'%s'", cases[i].used, cases[i].to);
            expect_body(&world, text);
        } else {
            assert_int_equal(world.count, 1);
            world_expect(&world, "notification.suppressed",
                         "'audience':'customer','reason':'no_address'");
        }
        world_close(&world);
    }
}

static void answers_in_the_conversation(void **unused) {
    (void)unused;
    struct world world;
    open_case(&world);
    world_event(&world, "case.customer_replied",
                "{'case_id':'" WORLD_CASE "','text':'x','channel':'im','conversation':'conv-9','"
                "customer':{'id':'c1','tier':'vip','name':'张三'}}");
    acknowledge(&world);
    expect_body(&world, "'to':'conv-9'");
    expect_body(&world, "张三");
    world_event(&world, "case.customer_replied", "{'case_id':'" WORLD_CASE "','text':'x'}");
    assert_true(world.unchanged);
    world_close(&world);
}

/* More than 500 characters do not go out as an SMS. */
static void keeps_to_lengths(void **unused) {
    (void)unused;
    static const char detail[] =
        "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "012345678901234567890123456789012345678901234567890123456789";
    static const char *const customers[] = {",'phone':'13812341234','email':'a@b.cn'",
                                            ",'phone':'13812341234'"};
    for (size_t i = 0; i < LENGTH(customers); i++) {
        struct world world;
        open_with(&world, "sms", customers[i]);
        world_event(
            &world, "compensation.approved",
            "{'case_id':'" WORLD_CASE "','proposal_id':'" P1
            "','choose_by':'2026-11-25T10:00:00Z','by':['policy'],'options':[{'option':'A','"
            "remedies':[{'kind':'gift','detail':'%s'},{'kind':'gift','detail':'%s'},{'kind':'gift',"
            "'detail':'%s'}],'cost':{'currency':'CNY','minor':0},'split':{}}]}",
            detail, detail, detail);
        if (i == 0)
            expect_body(&world, "'channel':'email'");
        else
            world_expect(&world, "notification.suppressed", "'reason':'too_long'");
        world_close(&world);
    }
}

static void writes_mail_in_html(void **unused) {
    (void)unused;
    struct world world;
    open_with(&world, "email",
              ",'locale':'en-GB','name':'<b>O\\u0027Neil & {case}</b>','email':'a@b.cn'");
    acknowledge(&world);
    expect_body(&world, "'subject':'We have received your complaint (" WORLD_CASE ")'");
    const char *data = world_find(&world, "delivery.requested")->data;
    assert_non_null(
        strstr(data, "<p>Dear &lt;b&gt;O&#39;Neil &amp; {case}&lt;/b&gt;, we are sorry"));
    assert_null(strstr(data, "<b>"));
    world_close(&world);
}

/* What people write in names can neither break lines nor become a placeholder. */
static void fills_names_once(void **unused) {
    (void)unused;
    struct world world;
    open_with(&world, "sms", ",'locale':'en','name':'{resolution_due} %s','phone':'13812341234'");
    acknowledge(&world);
    expect_body(&world, "Dear {resolution_due} %s, we are sorry");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_amounts),  cmocka_unit_test(formats_times),
        cmocka_unit_test(masks_people),     cmocka_unit_test(finds_the_locale),
        cmocka_unit_test(finds_an_address), cmocka_unit_test(answers_in_the_conversation),
        cmocka_unit_test(keeps_to_lengths), cmocka_unit_test(writes_mail_in_html),
        cmocka_unit_test(fills_names_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
