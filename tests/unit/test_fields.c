/* Field tables: what is decoded, what is wrong and where, what they say of themselves. */
#include "fields_world.h"

static void everything_is_decoded_and_encoded(void **state) {
    (void)state;
    struct sample sample = {0};
    must_decode(&sample_table, json(FULL), FIELDS_STRICT, &sample);
    assert_int_equal(sample.count, -5);
    assert_int_equal(sample.opened_at, 1795367956000);
    assert_int_equal(sample.wake_at, 1795367956123);
    assert_int_equal(sample.within, 36 * 3600000);
    assert_true(sample.ratio == 0.25);
    assert_true(sample.flag);
    assert_string_equal(sample.amount.currency, "CNY");
    assert_int_equal(sample.amount.minor, -29900);
    assert_int_equal(sample.colour, 2);
    assert_int_equal(sample.flags.count, 3);
    assert_string_equal(sample.flags.at[1], "b,c");
    assert_int_equal(sample.main_part->quantity, 3);
    assert_int_equal(sample.parts.count, 2);
    assert_string_equal(((struct part *)sample.parts.at)[1].sku, "y");
    assert_string_equal(((struct goal *)sample.goals.at)[1].name, "resolution");
    assert_string_equal(encoded(&sample_table, &sample), FULL);
}

static void what_is_absent_stays_absent(void **state) {
    (void)state;
    static const struct sample nothing;
    static const char *const texts[] = {
        "{}",
        "{\"text\":null,\"amount\":null,\"parts\":null,\"part\":null,\"extra\":null}",
        "{\"text\":\"\",\"name\":\"\",\"parts\":[],\"flags\":[],\"goals\":[],\"flag\":false}",
        "{\"unknown\":{\"x\":1},\"Text\":\"abc\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sample sample = {0};
        must_decode(&sample_table, json(texts[i]), FIELDS_EVENT, &sample);
        assert_memory_equal(&sample, &nothing, sizeof sample);
        assert_string_equal(encoded(&sample_table, &sample), "{}");
        struct pairs public_pairs, private_pairs;
        fields_flatten(&sample_table, &sample, arena, &public_pairs, &private_pairs);
        assert_int_equal(public_pairs.count + private_pairs.count, 0);
    }
}

static void what_is_required_is_written_even_when_nothing(void **state) {
    (void)state;
    const char *text = "{\"text\":\"t\",\"name\":\"n\",\"id\":\"i\",\"count\":0,\"at\":\"2026-11-"
                       "22T17:19:16Z\",\"within\":\"0s\",\"ratio\":0.0,\"flag\":false,\"amount\":{"
                       "\"currency\":\"CNY\",\"minor\":0},\"colour\":\"red\",\"flags\":[\"f\"],"
                       "\"part\":{\"sku\":\"s\"},\"parts\":[{\"sku\":\"s\"}],\"extra\":0}";
    struct strict strict = {0};
    must_decode(&strict_table, json(text), FIELDS_STRICT, &strict);
    assert_string_equal(encoded(&strict_table, &strict), text);
}

static void all_that_is_missing_is_named(void **state) {
    (void)state;
    const char *expected =
        "0 missing text: missing\n0 missing name: missing\n0 missing id: missing\n"
        "0 missing count: missing\n0 missing at: missing\n0 missing within: missing\n"
        "0 missing ratio: missing\n0 missing flag: missing\n0 missing amount: missing\n"
        "0 missing colour: missing\n0 missing flags: missing\n0 missing part: missing\n"
        "0 missing parts: missing\n0 missing extra: missing\n";
    static const char *const texts[] = {"{}", "{\"text\":null,\"extra\":null,\"flag\":null}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct strict strict = {0};
        struct faults faults = {.arena = arena};
        assert_int_equal(
            fields_decode(&strict_table, json(texts[i]), FIELDS_EVENT, arena, &strict, &faults),
            -1);
        assert_string_equal(faults_text(&faults), expected);
    }
}

struct wrong {
    const char *json, *faults;
};

#define TIME_FAULT "expected a time with an offset as in RFC 3339, such as 2026-11-22T17:19:16Z"
#define ID_FAULT   "expected 1 to 128 bytes of [A-Za-z0-9._:-]"
#define NAME_FAULT "expected 1 to 10 characters without control or bidirectional characters, found "

static const struct wrong wrong[] = {
    {"[]", "0 value : expected a map, found a list\n"},
    {"{\"text\":7}", "0 value text: expected a text, found an integer\n"},
    {"{\"text\":{}}", "0 value text: expected a text, found a map\n"},
    {"{\"text\":\"123456789\"}",
     "0 value text: expected a number of characters from 1 to 8, found 9\n"},
    {"{\"name\":\"12345678901\"}", "0 value name: " NAME_FAULT "11 characters\n"},
    {"{\"name\":\"a\\nb\"}", "0 value name: " NAME_FAULT "3 characters\n"},
    {"{\"name\":\"a\\u007fb\"}", "0 value name: " NAME_FAULT "3 characters\n"},
    {"{\"name\":\"a\\u0085b\"}", "0 value name: " NAME_FAULT "3 characters\n"},
    {"{\"name\":\"a\\u200fb\"}", "0 value name: " NAME_FAULT "3 characters\n"},
    {"{\"name\":\"a\\u202eb\"}", "0 value name: " NAME_FAULT "3 characters\n"},
    {"{\"name\":\"a\\u2066b\"}", "0 value name: " NAME_FAULT "3 characters\n"},
    {"{\"id\":\"\"}", "0 value id: " ID_FAULT "\n"},
    {"{\"id\":\"a b\"}", "0 value id: " ID_FAULT "\n"},
    {"{\"id\":\"\xc3\xa9\"}", "0 value id: " ID_FAULT "\n"},
    {"{\"count\":6}", "0 value count: expected an integer from -5 to 5, found 6\n"},
    {"{\"count\":-6}", "0 value count: expected an integer from -5 to 5, found -6\n"},
    {"{\"count\":1.5}", "0 value count: expected an integer from -5 to 5, found a number\n"},
    {"{\"count\":6.0}", "0 value count: expected an integer from -5 to 5, found 6\n"},
    {"{\"count\":1e999}", "0 value count: expected an integer from -5 to 5, found a number\n"},
    {"{\"count\":\"1\"}", "0 value count: expected an integer from -5 to 5, found a text\n"},
    {"{\"opened_at\":\"2026-11-22\"}", "0 value opened_at: " TIME_FAULT "\n"},
    {"{\"opened_at\":1795367956}", "0 value opened_at: " TIME_FAULT "\n"},
    {"{\"opened_at\":\"1970-01-01T00:00:00Z\"}", "0 value opened_at: " TIME_FAULT "\n"},
    {"{\"within\":\"1w\"}", "0 value within: expected a duration such as 90s, 15m, 1h or 3d\n"},
    {"{\"within\":60}", "0 value within: expected a duration such as 90s, 15m, 1h or 3d\n"},
    {"{\"ratio\":1.5}", "0 value ratio: expected a number from 0 to 1, found 1.5\n"},
    {"{\"ratio\":-0.1}", "0 value ratio: expected a number from 0 to 1, found -0.1\n"},
    {"{\"ratio\":\"1\"}", "0 value ratio: expected a number from 0 to 1, found a text\n"},
    {"{\"flag\":1}", "0 value flag: expected true or false, found an integer\n"},
    {"{\"amount\":5}", "0 value amount: expected a map of currency and minor, found an integer\n"},
    {"{\"amount\":{}}", "0 missing amount.currency: expected a currency of ISO 4217\n"
                        "0 missing amount.minor: expected an integer in minor units\n"},
    {"{\"amount\":{\"currency\":\"cny\",\"minor\":1.5}}",
     "0 value amount.currency: expected three capital letters of ISO 4217: CNY?\n"
     "0 value amount.minor: expected an integer in minor units, found a number\n"},
    {"{\"amount\":{\"currency\":\"Credits\",\"minor\":1}}",
     "0 value amount.currency: expected three capital letters of ISO 4217, such as CNY\n"},
    {"{\"amount\":{\"currency\":\"CNY\",\"minor\":1000000000000001}}",
     "0 value amount.minor: expected an integer in minor units from -1000000000000000 to "
     "1000000000000000, found 1000000000000001\n"},
    {"{\"colour\":\"Red\"}", "0 value colour: expected one of red, green, blue\n"},
    {"{\"colour\":1}", "0 value colour: expected one of red, green, blue\n"},
    {"{\"flags\":\"a\"}", "0 value flags: expected a list, found a text\n"},
    {"{\"flags\":[\"a\",7,\"\"]}", "0 value flags[1]: expected a text, found an integer\n"
                                   "0 value flags[2]: expected 1 to 200 characters without control "
                                   "or bidirectional characters, found 0 characters\n"},
    {"{\"flags\":[\"a\",\"a\",\"a\",\"a\",\"a\"]}",
     "0 value flags: expected a number of members from 0 to 4, found 5\n"},
    {"{\"part\":[]}", "0 value part: expected a map, found a list\n"},
    {"{\"part\":{\"quantity\":0}}",
     "0 missing part.sku: missing\n"
     "0 value part.quantity: expected an integer from 1 to 1000, found 0\n"},
    {"{\"parts\":[{\"sku\":\"a\"},{\"sku\":\"b\",\"price\":{\"currency\":\"CNY\"}},3]}",
     "0 missing parts[1].price.minor: expected an integer in minor units\n"
     "0 value parts[2]: expected a map, found an integer\n"},
    {"{\"goals\":[{\"due\":\"2026-11-22T18:19:16Z\"},{\"name\":\"a\"},{\"name\":\"a\"}]}",
     "0 missing goals[0].name: expected a name\n0 value goals[2].name: expected another name than "
     "member 1 has\n"},
    {"{\"goals\":[{\"name\":\"\"},3,{\"name\":null},{\"name\":5}]}",
     "0 value goals[1]: expected a map, found an integer\n0 value goals[3].name: expected a text, "
     "found an integer\n"
     "0 missing goals[0].name: expected a name\n0 missing goals[2].name: expected a name\n"},
    {"{\"count\":9,\"text\":7}", "0 value text: expected a text, found an integer\n"
                                 "0 value count: expected an integer from -5 to 5, found 9\n"},
};

static void all_that_is_wrong_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sample sample = {0};
        struct faults faults = {.arena = arena};
        if (fields_decode(&sample_table, json(wrong[i].json), FIELDS_EVENT, arena, &sample,
                          &faults) != -1)
            fail_msg("accepted: %s", wrong[i].json);
        assert_string_equal(faults_text(&faults), wrong[i].faults);
    }
}

static void texts_found_are_not_repeated(void **state) {
    (void)state;
    const char *text =
        "{\"text\":\"secretsecret\",\"name\":\"secret\\nsecret\",\"id\":\"sec ret "
        "secret\",\"count\":\"secret\",\"opened_at\":\"secret\",\"within\":\"secret\",\"colour\":"
        "\"secret\",\"secret\":\"secret\",\"amount\":{\"currency\":\"secret\",\"minor\":\"secret\"}"
        ",\"goals\":[{\"name\":\"secret\"},{\"name\":\"secret\"}]}";
    struct sample sample = {0};
    struct faults faults = {.arena = arena};
    assert_int_equal(
        fields_decode(&sample_table, json(text), FIELDS_EVENT, arena, &sample, &faults), -1);
    assert_int_equal(faults.count, 10);
    assert_null(strstr(faults_text(&faults), "secret"));
}

static void unknown_keys_are_faults_in_settings_only(void **state) {
    (void)state;
    const char *text = "name: Li\ncolor: red\namount: {currency: CNY, minor: 1, major: "
                       "2}\nparts:\n  - sku: 7\n    sk: x\n"
                       "    quantity: 2000\n";
    struct sample sample = {0};
    struct faults faults = {.arena = arena};
    assert_int_equal(
        fields_decode(&sample_table, yaml(text), FIELDS_STRICT, arena, &sample, &faults), -1);
    assert_string_equal(
        faults_text(&faults),
        "3 unknown amount.major: unknown key\n"
        "7 value parts[0].quantity: expected an integer from 1 to 1000, found 2000\n"
        "6 unknown parts[0].sk: unknown key\n"
        "2 unknown color: unknown key\n");
    struct buf buf = {0};
    faults_print(&faults, "policies/x.yaml", &buf);
    assert_int_equal(strncmp(buf.at, "policies/x.yaml:3: amount.major: unknown key\n", 45), 0);
    buf_free(&buf);
    struct sample again = {0};
    struct faults few = {.arena = arena};
    assert_int_equal(fields_decode(&sample_table, yaml(text), FIELDS_EVENT, arena, &again, &few),
                     -1);
    assert_int_equal(few.count, 1);
}

static void yaml_numbers_may_stand_for_texts(void **state) {
    (void)state;
    struct sample sample = {0};
    must_decode(&sample_table,
                yaml("text: 1.10\nname: 2026\nid: 0x10\nflags: [1, b]\ncount: 0x5\nratio: 1\n"),
                FIELDS_STRICT, &sample);
    assert_string_equal(sample.text, "1.10");
    assert_string_equal(sample.name, "2026");
    assert_string_equal(sample.id, "0x10");
    assert_string_equal(sample.flags.at[0], "1");
    assert_int_equal(sample.count, 5);
    assert_true(sample.ratio == 1);
    struct faults faults = {.arena = arena};
    assert_int_equal(fields_decode(&sample_table, yaml("\nname: true\n"), FIELDS_STRICT, arena,
                                   &sample, &faults),
                     -1);
    assert_string_equal(faults_text(&faults), "2 value name: expected a text, found true or false "
                                              "(put quotes around it to make it a text)\n");
}

static void faults_have_a_limit_but_failure_is_told(void **state) {
    (void)state;
    struct strict strict = {0};
    struct faults faults = {.arena = arena, .limit = 3};
    assert_int_equal(
        fields_decode(&strict_table, json("{}"), FIELDS_EVENT, arena, &strict, &faults), -1);
    assert_int_equal(faults.count, 3);
    assert_int_equal(
        fields_decode(&strict_table, json("{}"), FIELDS_EVENT, arena, &strict, &faults), -1);
    assert_int_equal(faults.count, 3);
    assert_int_equal(fields_decode(&strict_table, NULL, FIELDS_EVENT, arena, &strict, &faults), -1);
    struct faults many = {.arena = arena};
    for (int i = 0; i < 150; i++) faults_add(&many, FAULT_VALUE, 0, "p", "%d", i);
    assert_int_equal(many.count, 100);
    assert_string_equal(many.at[99].text, "99");
}

static void durations_are_parsed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"0s", 0},       {"90s", 90000},    {"15m", 900000},
                {"1h", 3600000}, {"24h", 86400000}, {"3d", 259200000},
                {"250ms", 250},  {"0090s", 90000},  {"36525d", 3155760000000}};
    static const char *const bad[] = {"",
                                      "s",
                                      "1",
                                      "-1s",
                                      "+1s",
                                      "1 s",
                                      " 1s",
                                      "1s ",
                                      "1.5h",
                                      "1S",
                                      "1w",
                                      "3wd",
                                      "1h30m",
                                      "1mm",
                                      "36526d",
                                      "99999999999999999999s",
                                      "9223372036854775807ms",
                                      "1e3s"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ms = -1;
        assert_int_equal(fields_parse_duration(good[i].text, &ms), 0);
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 4711;
        if (fields_parse_duration(bad[i], &ms) != -1) fail_msg("accepted: %s", bad[i]);
        assert_int_equal(ms, 4711);
    }
}

static void ids_and_names_have_their_characters(void **state) {
    (void)state;
    char id[130];
    memset(id, 'x', 129);
    assert_true(fields_is_id(id, 128));
    assert_false(fields_is_id(id, 129));
    assert_false(fields_is_id("", 0));
    for (int c = 0; c < 256; c++) {
        char text = (char)c;
        const char *allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
        assert_int_equal(fields_is_id(&text, 1), c != 0 && strchr(allowed, c) != NULL);
        assert_int_equal(fields_is_name(&text, 1, 10), c >= 0x20 && c < 0x7f);
    }
    assert_true(fields_is_name("", 0, 10));
    assert_true(fields_is_name("\xe5\xba\x97\xe5\xba\x97", 6, 2));
    assert_false(fields_is_name("\xe5\xba\x97\xe5\xba\x97", 6, 1));
    assert_false(fields_is_name("\xe5\xba", 2, 10));
    assert_int_equal(fields_choice_value(colours, "blue"), 3);
    assert_int_equal(fields_choice_value(colours, "blu"), 0);
    assert_string_equal(fields_choice_name(colours, 1), "red");
    assert_null(fields_choice_name(colours, 0));
    assert_null(fields_choice_name(colours, 4));
    assert_null(fields_choice_name(colours, -1));
}

static void tables_document_themselves(void **state) {
    (void)state;
    struct buf buf = {0};
    fields_document(&sample_table, &buf);
    assert_int_equal(strncmp(buf.at, "| `text` ? | text, 1 to 8 | Words. |\n", 37), 0);
    assert_non_null(strstr(buf.at, "| `colour` ? | one of `red` `green` `blue` |  |\n"));
    assert_non_null(strstr(buf.at, "| `parts[].sku` | id |  |\n"));
    assert_null(strstr(buf.at, "wake_at"));
    buf_clear(&buf);
    struct json_out out = {.buf = &buf};
    fields_schema(&strict_table, FIELDS_EVENT, &out);
    const struct tree *schema = json(buf.at), *properties = tree_get(schema, "properties");
    assert_string_equal(tree_text(schema, "$schema"),
                        "https://json-schema.org/draft/2020-12/schema");
    assert_string_equal(tree_text(schema, "type"), "object");
    assert_int_equal(tree_get(schema, "required")->count, 14);
    assert_int_equal(properties->count, 14);
    assert_int_equal(tree_get(tree_get(properties, "text"), "minLength")->num, 1);
    assert_int_equal(tree_get(tree_get(properties, "colour"), "enum")->count, 3);
    assert_string_equal(tree_text(tree_get(properties, "at"), "format"), "date-time");
    const struct tree *items = tree_get(tree_get(properties, "parts"), "items");
    assert_string_equal(tree_get(items, "required")->first->text, "sku");
    assert_int_equal(tree_get(tree_get(tree_get(items, "properties"), "quantity"), "maximum")->num,
                     1000);
    const struct tree *money = tree_get(tree_get(items, "properties"), "price");
    assert_string_equal(tree_text(tree_get(tree_get(money, "properties"), "minor"), "type"),
                        "integer");
    buf_free(&buf);
}

struct purse {
    const char *owner, *secret, *colour;
};
static const struct field purse_fields[] = {
    {FIELD(purse, owner), .type = FIELD_TEXT, .max = 8, .flags = FIELD_REQUIRED},
    {FIELD(purse, secret), .type = FIELD_TEXT, .max = 8, .flags = FIELD_HIDDEN | FIELD_REQUIRED},
    {FIELD(purse, colour), .type = FIELD_TEXT, .max = 8, .flags = FIELD_REQUIRED},
    FIELDS_END,
};
static const struct table purse_table = {
    .name = "purse", .fields = purse_fields, .size = sizeof(struct purse)};

static void hidden_members_are_in_no_schema(void **state) {
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};
    (void)state;

    fields_schema(&purse_table, FIELDS_EVENT, &out);
    const struct tree *schema = json(buf.at);
    const struct tree *properties = tree_get(schema, "properties");
    assert_int_equal(properties->count, 2);
    assert_non_null(tree_get(properties, "owner"));
    assert_non_null(tree_get(properties, "colour"));
    assert_int_equal(tree_get(schema, "required")->count, 2);
    buf_free(&buf);
}

/* A list that was read may stand in two places: what is added to one is not seen in the other. */
static void lists_grow_in_copies(void **state) {
    (void)state;
    struct texts one = {0};

    assert_false(texts_has(&one, "a"));
    texts_add(&one, "a", arena);
    texts_add(&one, "b", arena);
    struct texts two = one;
    texts_add(&one, "c", arena);
    texts_keep(&two, "d", 2, arena);
    assert_int_equal(one.count, 3);
    assert_true(texts_has(&one, "c") && !texts_has(&one, "d") && !texts_has(&one, NULL));
    assert_int_equal(two.count, 2);
    assert_string_equal(two.at[0], "b");
    assert_string_equal(two.at[1], "d");

    struct parts parts = {0};
    for (int i = 0; i < 10; i++) *(int *)parts_add(&parts, sizeof(int), 4, arena) = i;
    assert_int_equal(parts.count, 4);
    for (int i = 0; i < 4; i++) assert_int_equal(((const int *)parts.at)[i], i + 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_decoded_and_encoded),
        cmocka_unit_test(what_is_absent_stays_absent),
        cmocka_unit_test(what_is_required_is_written_even_when_nothing),
        cmocka_unit_test(all_that_is_missing_is_named),
        cmocka_unit_test(all_that_is_wrong_is_named),
        cmocka_unit_test(texts_found_are_not_repeated),
        cmocka_unit_test(unknown_keys_are_faults_in_settings_only),
        cmocka_unit_test(yaml_numbers_may_stand_for_texts),
        cmocka_unit_test(faults_have_a_limit_but_failure_is_told),
        cmocka_unit_test(durations_are_parsed),
        cmocka_unit_test(ids_and_names_have_their_characters),
        cmocka_unit_test(tables_document_themselves),
        cmocka_unit_test(hidden_members_are_in_no_schema),
        cmocka_unit_test(lists_grow_in_copies),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
