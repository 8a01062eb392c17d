/* Words: times, languages, addresses and lengths, names filled once and harmless. */
#include "notification/words.h"
#include "notification_world.h"

static const struct wording_language *language_of(const struct world *world, const char *name) {
    return message_policy_language(world->version.policy, name);
}

static void finds_the_language(void **unused) {
    (void)unused;
    static const struct {
        const char *wanted, *found;
    } cases[] = {{"zh-CN", "zh-CN"},      {"zh-TW", "zh-TW"},      {"zh", "zh-CN"},
                 {"zh-HK", "zh-TW"},      {"zh-Hant-HK", "zh-TW"}, {"zh-SG", "zh-CN"},
                 {"zh-Hans-TW", "zh-CN"}, {"zh_TW", "zh-TW"},      {"en", "en"},
                 {"en-GB", "en"},         {"en_US", "en"},         {"de", "zh-CN"},
                 {"", "zh-CN"},           {NULL, "zh-CN"},         {"zhx", "zh-CN"}};
    struct world world;
    world_open(&world, &notification_spec, POLICY);
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_string_equal(language_of(&world, cases[i].wanted)->locale, cases[i].found);
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
        {"sms", ",'locale':'zh-CN','phone':'138-1234-1234'", "sms", "+8613812341234"},
        {"sms", ",'locale':'fr','phone':'138-1234-1234'", NULL,
         NULL}, /* nobody's country is guessed */
        {"sms", ",'phone':'138-1234-1234','email':'a@b.cn'", "sms", "+8613812341234"},
        {"sms", ",'locale':'fr','phone':'138-1234-1234','email':'a@b.cn'", "email", "a@b.cn"},
        {"email", ",'email':'a@b.cn,c@d.cn','phone':'+8613812341234'", "sms", "+8613812341234"},
        {"email", ",'email':'a@b.cn,c@d.cn'", NULL, NULL},
        {"email", ",'email':'Li <a@b.cn>'", NULL, NULL},
        {"sms", "", NULL, NULL},
        /* What is written there is no address: it is passed by. */
        {"sms", ",'phone':'13800138000 / 13900139000'", NULL, NULL},
        {"sms", ",'phone':'110;+1900555','email':'a@b.cn'", "email", "a@b.cn"},
        {"phone", ",'phone':'010-62345678转8001','email':'a@b.cn'", "email", "a@b.cn"},
        {"sms", ",'phone':'1380013800013900139000'", NULL, NULL},
        {"sms", ",'locale':'en-SX','phone':'17215550123'", NULL,
         NULL}, /* of which country nobody knows */
        {"email", ",'email':'none','phone':'+8613812341234'", "sms", "+8613812341234"},
        {"email", ",'email':'a@b.cn, c@d.cn'", NULL, NULL},
        {"email", ",'email':'a@b.cn Bcc: c@d.cn'", NULL, NULL},
        {"email", ",'email':'@b.cn'", NULL, NULL},
        {"email", ",'email':'李@店.cn'", NULL, NULL}, /* not every relay takes it (RFC 6531) */
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
                "{" IN_CASE ",'text':'x','channel':'im','conversation':'conv-9','"
                "customer':{'id':'c1','tier':'vip','name':'张三'}}");
    acknowledge(&world);
    expect_body(&world, "'to':'conv-9'");
    expect_body(&world, "张三");
    world_event(&world, "case.customer_replied", "{" IN_CASE ",'text':'x'}");
    assert_true(world.unchanged);
    world_close(&world);
}

static const char *repeat(struct arena *arena, const char *text, int count) {
    const char *all = "";
    for (int i = 0; i < count; i++) all = arena_printf(arena, "%s%s", all, text);
    return all;
}

static void counts_short_messages(void **unused) {
    (void)unused;
    static const struct {
        const char *text;
        int count, parts;
    } cases[] = {
        {"a", 0, 1},   {"a", 160, 1}, {"a", 161, 2},  {"a", 306, 2},     {"a", 307, 3},
        {"€", 80, 1},  {"€", 81, 2},  {"é", 160, 1},  {"{", 80, 1},      {"{", 81, 2},
        {"好", 70, 1}, {"好", 71, 2}, {"好", 134, 2}, {"好", 135, 3},    {"😀", 35, 1},
        {"😀", 36, 2},  {"ç", 70, 1},  {"ç", 71, 2},   {"\u00a0", 71, 2}, {"\n", 160, 1},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_int_equal(words_sms_parts(repeat(arena, cases[i].text, cases[i].count)),
                         cases[i].parts);
    /* One character that the alphabet lacks makes all of it count otherwise. */
    assert_int_equal(words_sms_parts(arena_printf(arena, "%s好", repeat(arena, "a", 69))), 1);
    assert_int_equal(words_sms_parts(arena_printf(arena, "%s好", repeat(arena, "a", 70))), 2);
    arena_free(arena);
}

/* What takes more than eight short messages does not go out as one. */
static void keeps_to_lengths(void **unused) {
    (void)unused;
    static const char *const customers[] = {",'phone':'+8613812341234','email':'a@b.cn'",
                                            ",'phone':'+8613812341234'"};
    for (size_t i = 0; i < LENGTH(customers); i++) {
        struct world world;
        open_with(&world, "sms", customers[i]);
        acknowledge(&world);
        const char *gift = arena_printf(world.arena, ",{'kind':'gift','detail':'%s'}",
                                        repeat(world.arena, "0123456789", 8));
        world_event(&world, "compensation.approved",
                    PROPOSAL ",'options':[{'option':'A','remedies':[{'kind':'exchange'}%s],'cost':{"
                             "'currency':'CNY','minor':0},'split':{}}]" CHOOSE_BY,
                    repeat(world.arena, gift, 6));
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
    expect_body(&world, "'subject':'We have received your message (" WORLD_CASE ")'");
    const char *data = world_find(&world, "delivery.requested")->data;
    assert_non_null(strstr(data, "<p>Dear &lt;b&gt;O&#39;Neil &amp; {case}&lt;/b&gt;, thank you"));
    assert_null(strstr(data, "<b>"));
    world_close(&world);
}

/* What people write in names can neither break lines nor become a placeholder or a link. */
static void fills_names_once(void **unused) {
    (void)unused;
    static const struct {
        const char *name, *says;
    } cases[] = {
        {"{resolve_by} %s", "Dear {resolve_by} %s, thank you"},
        {"evil.com/x", "Dear evil. com/x, thank you"},
        {"a\\u200bb\\udb40\\udc41", "Dear ab, thank you"},
        {"\\u200b", "Dear customer, thank you"},
        {"", "Dear customer, thank you"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char customer[128];
        snprintf(customer, sizeof customer, ",'locale':'en','name':'%s','phone':'+8613812341234'",
                 cases[i].name);
        open_with(&world, "sms",
                  *cases[i].name ? customer : ",'locale':'en','phone':'+861381234123'");
        acknowledge(&world);
        expect_body(&world, cases[i].says);
        world_close(&world);
    }
    /* Nor can articles, reasons and colleagues' names. */
    struct world world;
    world_open(&world, &notification_spec, POLICY);
    world_event(&world, "case.opened",
                "{" IN_CASE ",'opened_at':'2026-11-22T10:00:00Z','channel':'im','customer':{'id':"
                "'c1','tier':'vip'},'items':[{'sku':'1','name':'cup www.evil.com','quantity':1,"
                "'price':{'currency':'CNY','minor':1}}],'text':'x'}");
    classify(&world, "");
    expect_told(&world, "quality", "cup www. evil. com");
    acknowledge(&world);
    world_event(&world, "delivery.failed",
                "{" IN_CASE ",'notification_id':'" ACK "','reason':'see http://evil.com'}");
    world_event(&world, "delivery.failed",
                "{" IN_CASE ",'notification_id':'" ACK ".2','reason':'see http://evil.com'}");
    world_close(&world);
}

static void says_who_bears_what(void **unused) {
    (void)unused;
    static const char json[] =
        "{\"carrier\":{\"currency\":\"CNY\",\"minor\":500000},\"customer\":{\"currency\":\"CNY\","
        "\"minor\":0},\"moon\":{\"currency\":\"CNY\",\"minor\":1},\"x\":7,\"y\":{\"currency\":"
        "\"RMB!\",\"minor\":5}}";
    struct world world;
    const struct tree *split;
    struct err err = {{0}};
    struct money share;

    world_open(&world, &notification_spec, POLICY);
    assert_int_equal(json_read(world.arena, json, strlen(json), NULL, &split, &err), JSON_OK);
    assert_string_equal(words_shares(language_of(&world, "zh-CN"), split, world.arena),
                        "承运商 ¥5,000.00，moon ¥0.01");
    assert_string_equal(words_shares(language_of(&world, "en"), NULL, world.arena), "");
    assert_false(words_share(split, "customer", &share));
    assert_false(words_share(split, "nobody", &share));
    assert_true(words_share(split, "carrier", &share));
    assert_int_equal(share.minor, 500000);
    assert_string_equal(share.currency, "CNY");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_language),
        cmocka_unit_test(finds_an_address),
        cmocka_unit_test(answers_in_the_conversation),
        cmocka_unit_test(counts_short_messages),
        cmocka_unit_test(keeps_to_lengths),
        cmocka_unit_test(writes_mail_in_html),
        cmocka_unit_test(fills_names_once),
        cmocka_unit_test(says_who_bears_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
