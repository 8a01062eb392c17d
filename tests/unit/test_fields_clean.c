/* What came from outside: what is cleaned, what is not, and which currencies there are. */
#include "data/currency.h"
#include "fields_world.h"

#include <unicode/ucurr.h>

#define MARKS "\\u200e\\u202a\\u2066" /* of direction */

struct inner {
    const char *sku, *name;
    struct money price;
};
static const struct field inner_fields[] = {
    {FIELD(inner, sku), .type = FIELD_ID, .flags = FIELD_REQUIRED},
    {FIELD(inner, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 10},
    {FIELD(inner, price), .type = FIELD_MONEY, .flags = FIELD_REQUIRED},
    FIELDS_END,
};
static const struct table inner_table = {
    .name = "inner", .size = sizeof(struct inner), .fields = inner_fields};

struct outer {
    const char *by, *key, *name, *id, *text;
    int colour;
    int64_t at, within;
    struct money amount;
    struct texts names;
    struct inner *must;
    struct parts parts;
};
static const struct field outer_fields[] = {
    {FIELD(outer, by), .type = FIELD_NAME, .flags = FIELD_REQUIRED},
    {FIELD(outer, key), .type = FIELD_ID, .flags = FIELD_REQUIRED},
    {FIELD(outer, name), .type = FIELD_NAME, .max = 10},
    {FIELD(outer, id), .type = FIELD_ID},
    {FIELD(outer, text), .type = FIELD_TEXT},
    {FIELD(outer, colour), .type = FIELD_CHOICE, .choices = colours},
    {FIELD(outer, at), .type = FIELD_TIME},
    {FIELD(outer, within), .type = FIELD_DURATION},
    {FIELD(outer, amount), .type = FIELD_MONEY},
    {FIELD(outer, names), .type = FIELD_TEXTS},
    {FIELD(outer, must), .type = FIELD_PART, .flags = FIELD_REQUIRED, .of = &inner_table},
    {FIELD(outer, parts), .type = FIELD_PARTS, .of = &inner_table},
    FIELDS_END,
};
static const struct table outer_table = {
    .name = "outer", .size = sizeof(struct outer), .fields = outer_fields};

#define INNER(sku, name)                                                                           \
    "{\"sku\":\"" sku "\",\"name\":\"" name "\",\"price\":{\"currency\":\"CNY\",\"minor\":1}}"
#define MUST "\"by\":\"li\",\"key\":\"k\",\"must\":" INNER("s", "n")

struct row {
    const char *in;
    const char *out; /* what it becomes, or how the fault begins */
};

static const struct row cleaned[] = {
    {"\"name\":\"Li\\tLei\"", "\"name\":\"Li Lei\""},
    {"\"name\":\"Li\\r\\n\\tLei\\n\"", "\"name\":\"Li Lei\""},
    {"\"name\":\"\\nLi Lei\\r\\n\"", "\"name\":\"Li Lei\""},
    {"\"name\":\"" MARKS "Li" MARKS " Lei\"", "\"name\":\"Li Lei\""},
    {"\"name\":\"Li\\u2028Lei\\u0085\"", "\"name\":\"Li Lei\""},
    {"\"name\":\"L\\u001bi\\u0007\\u009f\\u007f\"", "\"name\":\"Li\""},
    {"\"name\":\"\\u202e\\t\\n\"", ""},
    {"\"name\":\"" MARKS " \"", ""},
    {"\"name\":\" Li \"", "\"name\":\" Li \""}, /* nothing that should not be there */
    {"\"name\":\"\xe6\x9d\x8e\\t\xe9\x9b\xb7\"", "\"name\":\"\xe6\x9d\x8e \xe9\x9b\xb7\""},
    {"\"name\":\"0123456789\\n\"", "\"name\":\"0123456789\""},
    {"\"id\":\"A1\\n\"", "\"id\":\"A1\""},
    {"\"id\":\" \\u202aA1\\u202c\\u00a0\\u200b\\ufeff\\u3000\"", "\"id\":\"A1\""},
    {"\"colour\":\"\\tred\\n\"", "\"colour\":\"red\""},
    {"\"at\":\"2026-11-22T10:00:00Z\\n\"", "\"at\":\"2026-11-22T10:00:00Z\""},
    {"\"within\":\"90s\\r\\n\"", "\"within\":\"90s\""},
    {"\"amount\":{\"currency\":\" CNY\\n\",\"minor\":1}",
     "\"amount\":{\"currency\":\"CNY\",\"minor\":1}"},
    {"\"names\":[\"a\\tb\",\"c\\n\"]", "\"names\":[\"a b\",\"c\"]"},
    {"\"text\":\"\\ta\\n\\u202e \"",
     "\"text\":\"\\ta\\n\xe2\x80\xae \""}, /* words pass as they are */
    {"\"parts\":[" INNER("S\\n", "N\\tM") "]", "\"parts\":[" INNER("S", "N M") "]"},
};

static const struct row still_refused[] = {
    {"\"by\":\"li\\n\",\"key\":\"k\",\"must\":" INNER("s", "n"), "by: expected 1 to 200"},
    {"\"by\":\"" MARKS "li\",\"key\":\"k\",\"must\":" INNER("s", "n"), "by: expected 1 to 200"},
    {"\"by\":\"li\",\"key\":\"k\\n\",\"must\":" INNER("s", "n"), "key: expected 1 to 128"},
    {"\"by\":\"li\",\"key\":\"k\",\"must\":" INNER("s\\n", "n"), "must.sku: expected 1 to 128"},
    {"\"by\":\"li\",\"key\":\"k\",\"must\":" INNER("s", "n\\t"), "must.name: expected 1 to 10"},
    {MUST ",\"parts\":[" INNER("s", "\\n\\t") "]", "parts[0].name: expected 1 to 10"},
    {MUST ",\"parts\":[" INNER("\\n", "n") "]", "parts[0].sku: expected 1 to 128"},
    {MUST ",\"id\":\"A\\n1\"", "id: expected 1 to 128"},
    {MUST ",\"id\":\"A\\u202e1\"", "id: expected 1 to 128"},
    {MUST ",\"id\":\"\\n\"", "id: expected 1 to 128"},
    {MUST ",\"colour\":\"re\\td\"", "colour: expected one of"},
    {MUST ",\"at\":\"2026-11-22T\\n10:00:00Z\"", "at: expected a time"},
    {MUST ",\"name\":\"01234\\t67890\\t1\"", "name: expected 1 to 10"},
    {MUST ",\"amount\":{\"currency\":\"RMB\",\"minor\":1}",
     "amount.currency: expected three capital letters of ISO 4217: CNY?"},
    {MUST ",\"amount\":{\"currency\":\"XXX\",\"minor\":1}",
     "amount.currency: expected three capital letters of ISO 4217, such as CNY"},
};

/* The name of a group's member is cleaned like any other: one that has none behind it is refused,
 * as are two that are the same. */
static void names_of_groups_are_cleaned(void **state) {
    static const struct row rows[] = {
        {"{\"name\":\"a\\n\"},{\"name\":\"\\tb\"}", NULL},
        {"{\"name\":\"a\"},{\"name\":\"\\t\"}", "goals[1].name: expected a name"},
        {"{\"name\":\"" MARKS "\\n\"}", "goals[0].name: expected a name"},
        {"{\"name\":\"a\"},{\"name\":\"\\na\\n\"}", "goals[1].name: expected another name"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tree *tree = json(arena_printf(arena, "{\"goals\":[%s]}", rows[i].in));
        struct sample sample = {0};
        struct faults faults = {.arena = arena};
        int result = fields_decode(&sample_table, tree, FIELDS_INBOUND, arena, &sample, &faults);
        const char *said = "";
        if (faults.count)
            said = arena_printf(arena, "%s: %s", faults.at[0].path, faults.at[0].text);
        assert_int_equal(result, rows[i].out ? -1 : 0);
        if (rows[i].out && strncmp(said, rows[i].out, strlen(rows[i].out)) != 0)
            fail_msg("%s: %s", rows[i].in, said);
    }
}

static int decode(const char *members, enum fields_mode mode, struct outer *out,
                  struct faults *faults) {
    *faults = (struct faults){.arena = arena};
    *out = (struct outer){0};
    return fields_decode(&outer_table, json(arena_printf(arena, "{%s}", members)), mode, arena, out,
                         faults);
}

static void the_optional_is_cleaned(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cleaned / sizeof *cleaned; i++) {
        const struct row *row = &cleaned[i];
        struct buf text = {0};
        struct json_out out = {.buf = &text};
        struct outer outer;
        struct faults faults;
        const char *members = arena_printf(arena, MUST ",%s", row->in);
        if (decode(members, FIELDS_INBOUND, &outer, &faults))
            fail_msg("%s: %s", row->in, faults.at[0].text);
        fields_encode(&outer_table, &outer, &out);
        if (!strstr(text.at, row->out) || (!*row->out && strstr(text.at, "\"name\":\"\"")))
            fail_msg("%s: %s", row->in, text.at);
        buf_free(&text);
    }
}

/* Who did something says so, and not something like it. */
static void what_must_be_there_is_not(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof still_refused / sizeof *still_refused; i++) {
        const struct row *row = &still_refused[i];
        struct outer outer;
        struct faults faults;
        if (decode(row->in, FIELDS_INBOUND, &outer, &faults) != -1) fail_msg("%s", row->in);
        const char *said = arena_printf(arena, "%s: %s", faults.at[0].path, faults.at[0].text);
        if (strncmp(said, row->out, strlen(row->out)) != 0) fail_msg("%s: %s", row->in, said);
    }
}

/* What was accepted by another version stays readable, and nothing of our own needs cleaning. */
static void only_from_outside(void **state) {
    (void)state;
    struct outer outer;
    struct faults faults;
    const char *rmb = MUST ",\"amount\":{\"currency\":\"RMB\",\"minor\":1}";
    assert_int_equal(decode(rmb, FIELDS_EVENT, &outer, &faults), 0);
    assert_int_equal(decode(rmb, FIELDS_STATE, &outer, &faults), 0);
    assert_int_equal(decode(rmb, FIELDS_STRICT, &outer, &faults), -1);
    for (int mode = FIELDS_EVENT; mode <= FIELDS_STATE; mode++)
        assert_int_equal(
            decode(MUST ",\"name\":\"a\\tb\"", (enum fields_mode)mode, &outer, &faults), -1);
}

static void texts_are_trimmed(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"a", "a"},
        {" a", "a"},
        {"a ", "a"},
        {"\ta b\n", "a b"},
        {" \r\n\xe2\x80\x8e", ""},
        {"\xe3\x80\x80\xe5\xba\x97\xc2\xa0", "\xe5\xba\x97"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(fields_trim(rows[i][0], arena), rows[i][1]);
    const char *text = "as it is";
    assert_ptr_equal(fields_trim(text, arena), text);
}

/* ---- Currencies ---- */

static void currencies_are_those_of_the_standard(void **state) {
    (void)state;
    UErrorCode status = U_ZERO_ERROR;
    UEnumeration *common = ucurr_openISOCurrencies(UCURR_COMMON | UCURR_NON_DEPRECATED, &status);
    const char *code;
    int count = 0;
    while ((code = uenum_next(common, NULL, &status))) {
        if (!currency_is_known(code, strlen(code))) fail_msg("%s", code);
        count++;
    }
    uenum_close(common);
    assert_true(count > 140);
    assert_int_equal(strlen(currency_codes) % 4, 3);
    for (const char *at = currency_codes; at[3]; at += 4)
        assert_true(at[3] == '|' && strncmp(at, at + 4, 3) < 0);
}

static void others_are_none(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"RMB", "CNY"},
        {"rmb", "CNY"},
        {"CNH", "CNY"},
        {"Yuan", "CNY"},
        {"\xe5\x85\x83", "CNY"},
        {"cny", "CNY"},
        {"usd", "USD"},
        {"Euro", "EUR"},
        {"NTD", "TWD"},
        {"HK$", "HKD"},
        {"ABC", NULL},
        {"XXX", NULL},
        {"XAU", NULL},
        {"$", NULL},
        {"", NULL},
        {"CNY ", NULL},
        {"|AF", NULL},
        {"ED|", NULL},
        {"CNYCNYCNYCNY", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char code[CURRENCY_SIZE];
        size_t len = strlen(rows[i][0]);
        assert_false(currency_is_known(rows[i][0], len));
        const char *meant = currency_meant(rows[i][0], len, code);
        assert_true(!meant == !rows[i][1]);
        if (meant) assert_string_equal(meant, rows[i][1]);
    }
    assert_true(currency_is_known("CNY", 3));
    assert_true(currency_is_known("AED", 3));
    assert_true(currency_is_known("ZWL", 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_optional_is_cleaned),
        cmocka_unit_test(names_of_groups_are_cleaned),
        cmocka_unit_test(what_must_be_there_is_not),
        cmocka_unit_test(only_from_outside),
        cmocka_unit_test(texts_are_trimmed),
        cmocka_unit_test(currencies_are_those_of_the_standard),
        cmocka_unit_test(others_are_none),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
