/* Field tables: what is decoded, what is wrong and where, and that nothing is lost on the way to JSON and to a hash and
 * back. */
#include "fields.h"
#include "sample_table.h"
#include "yaml.h"

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

struct strict {
    const char *text, *name, *id;
    int64_t count, at, within;
    double ratio;
    bool flag;
    struct money amount;
    int colour;
    struct texts flags;
    struct part *part;
    struct records parts;
    const struct tree *extra;
};
static const struct field strict_fields[] = {
    {FIELD(strict, text), .type = FIELD_TEXT, .flags = FIELD_REQUIRED},
    {FIELD(strict, name), .type = FIELD_NAME, .flags = FIELD_REQUIRED},
    {FIELD(strict, id), .type = FIELD_ID, .flags = FIELD_REQUIRED},
    {FIELD(strict, count), .type = FIELD_INT, .flags = FIELD_REQUIRED},
    {FIELD(strict, at), .type = FIELD_TIME, .flags = FIELD_REQUIRED},
    {FIELD(strict, within), .type = FIELD_DURATION, .flags = FIELD_REQUIRED},
    {FIELD(strict, ratio), .type = FIELD_REAL, .flags = FIELD_REQUIRED},
    {FIELD(strict, flag), .type = FIELD_BOOL, .flags = FIELD_REQUIRED},
    {FIELD(strict, amount), .type = FIELD_MONEY, .flags = FIELD_REQUIRED},
    {FIELD(strict, colour), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED, .choices = colours},
    {FIELD(strict, flags), .type = FIELD_TEXTS, .flags = FIELD_REQUIRED},
    {FIELD(strict, part), .type = FIELD_RECORD, .flags = FIELD_REQUIRED, .of = &part_record},
    {FIELD(strict, parts), .type = FIELD_RECORDS, .flags = FIELD_REQUIRED, .of = &part_record},
    {FIELD(strict, extra), .type = FIELD_TREE, .flags = FIELD_REQUIRED},
    FIELDS_END,
};
static const struct record strict_record = {.name = "strict", .size = sizeof(struct strict), .fields = strict_fields};

static const struct tree *json(const char *text) {
    const struct tree *tree = NULL;
    struct err err;
    if (json_read(arena, text, strlen(text), NULL, &tree, &err) != JSON_OK) fail_msg("%s: %s", text, err.text);
    return tree;
}

static const struct tree *yaml(const char *text) {
    const struct tree *tree = NULL;
    struct err err;
    if (yaml_read(arena, "x.yaml", text, strlen(text), &tree, &err)) fail_msg("%s: %s", text, err.text);
    return tree;
}

/* All faults as "line: kind: path: text" lines. */
static const char *faults_text(const struct faults *faults) {
    static const char *const kinds[] = {"missing", "value", "unknown"};
    const char *text = "";
    for (int i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->at[i];
        text = arena_printf(arena, "%s%d %s %s: %s\n", text, fault->line, kinds[fault->kind], fault->path, fault->text);
    }
    return text;
}

static const char *encoded(const struct record *record, const void *data) {
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};
    fields_encode(record, data, &out);
    const char *text = arena_strdup(arena, buf.at);
    buf_free(&buf);
    return text;
}

static void must_decode(const struct record *record, const struct tree *tree, enum fields_mode mode, void *out) {
    struct faults faults = {.arena = arena};
    if (fields_decode(record, tree, mode, arena, out, &faults)) fail_msg("%s", faults_text(&faults));
    assert_int_equal(faults.count, 0);
}

#define FULL                                                                                                           \
    "{\"text\":\"\xe5\x9d\x8f\xe4\xba\x86!\",\"name\":\"Li\",\"id\":\"a.b_c:d-9\",\"phone\":\"+86\",\"count\":-5,"     \
    "\"opened_at\":\"2026-11-22T17:19:16Z\",\"wake_at\":\"2026-11-22T17:19:16.123Z\",\"within\":\"36h\","              \
    "\"ratio\":0.25,\"flag\":true,\"amount\":{\"currency\":\"CNY\",\"minor\":-29900},\"colour\":\"green\","            \
    "\"flags\":[\"a\",\"b,c\",\"d\\\\\"],\"part\":{\"sku\":\"s\",\"quantity\":3},"                                     \
    "\"parts\":[{\"sku\":\"x\"},{\"sku\":\"y\",\"price\":{\"currency\":\"USD\",\"minor\":0},\"tags\":[\"t\"]}],"       \
    "\"goals\":[{\"name\":\"first_contact\",\"due\":\"2026-11-22T18:19:16Z\",\"colour\":\"red\"},"                     \
    "{\"name\":\"resolution\",\"met_at\":\"2026-11-22T19:00:00Z\",\"fee\":{\"currency\":\"CNY\",\"minor\":5},"         \
    "\"late\":true}],\"extra\":{\"any\":[1,2.5,null]}}"

static void everything_is_decoded_and_encoded(void **state) {
    (void)state;
    struct sample sample = {0};
    must_decode(&sample_record, json(FULL), FIELDS_STRICT, &sample);
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
    assert_string_equal(encoded(&sample_record, &sample), FULL);
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
        must_decode(&sample_record, json(texts[i]), FIELDS_EVENT, &sample);
        assert_memory_equal(&sample, &nothing, sizeof sample);
        assert_string_equal(encoded(&sample_record, &sample), "{}");
        struct pairs public_pairs, private_pairs;
        fields_flatten(&sample_record, &sample, arena, &public_pairs, &private_pairs);
        assert_int_equal(public_pairs.count + private_pairs.count, 0);
    }
}

static void what_is_required_is_written_even_when_nothing(void **state) {
    (void)state;
    const char *text =
        "{\"text\":\"t\",\"name\":\"n\",\"id\":\"i\",\"count\":0,\"at\":\"2026-11-22T17:19:16Z\","
        "\"within\":\"0s\",\"ratio\":0.0,\"flag\":false,\"amount\":{\"currency\":\"CNY\",\"minor\":0},"
        "\"colour\":\"red\",\"flags\":[\"f\"],\"part\":{\"sku\":\"s\"},\"parts\":[{\"sku\":\"s\"}],\"extra\":0}";
    struct strict strict = {0};
    must_decode(&strict_record, json(text), FIELDS_STRICT, &strict);
    assert_string_equal(encoded(&strict_record, &strict), text);
}

static void all_that_is_missing_is_named(void **state) {
    (void)state;
    const char *expected = "0 missing text: missing\n0 missing name: missing\n0 missing id: missing\n"
                           "0 missing count: missing\n0 missing at: missing\n0 missing within: missing\n"
                           "0 missing ratio: missing\n0 missing flag: missing\n0 missing amount: missing\n"
                           "0 missing colour: missing\n0 missing flags: missing\n0 missing part: missing\n"
                           "0 missing parts: missing\n0 missing extra: missing\n";
    static const char *const texts[] = {"{}", "{\"text\":null,\"extra\":null,\"flag\":null}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct strict strict = {0};
        struct faults faults = {.arena = arena};
        assert_int_equal(fields_decode(&strict_record, json(texts[i]), FIELDS_EVENT, arena, &strict, &faults), -1);
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
    {"{\"text\":\"123456789\"}", "0 value text: expected a number of characters from 1 to 8, found 9\n"},
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
    {"{\"count\":1.0}", "0 value count: expected an integer from -5 to 5, found a number\n"},
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
     "0 value amount.currency: expected three capital letters of ISO 4217, such as CNY\n"
     "0 value amount.minor: expected an integer in minor units, found a number\n"},
    {"{\"amount\":{\"currency\":\"CNY\",\"minor\":1000000000000001}}",
     "0 value amount.minor: expected an integer in minor units from -1000000000000000 to 1000000000000000, "
     "found 1000000000000001\n"},
    {"{\"colour\":\"Red\"}", "0 value colour: expected one of red, green, blue\n"},
    {"{\"colour\":1}", "0 value colour: expected one of red, green, blue\n"},
    {"{\"flags\":\"a\"}", "0 value flags: expected a list, found a text\n"},
    {"{\"flags\":[\"a\",7,\"\"]}", "0 value flags[1]: expected a text, found an integer\n"
                                   "0 value flags[2]: expected 1 to 200 characters without control or bidirectional "
                                   "characters, found 0 characters\n"},
    {"{\"flags\":[\"a\",\"a\",\"a\",\"a\",\"a\"]}",
     "0 value flags: expected a number of members from 0 to 4, found 5\n"},
    {"{\"part\":[]}", "0 value part: expected a map, found a list\n"},
    {"{\"part\":{\"quantity\":0}}", "0 missing part.sku: missing\n"
                                    "0 value part.quantity: expected an integer from 1 to 1000, found 0\n"},
    {"{\"parts\":[{\"sku\":\"a\"},{\"sku\":\"b\",\"price\":{\"currency\":\"CNY\"}},3]}",
     "0 missing parts[1].price.minor: expected an integer in minor units\n"
     "0 value parts[2]: expected a map, found an integer\n"},
    {"{\"goals\":[{\"due\":\"2026-11-22T18:19:16Z\"},{\"name\":\"a\"},{\"name\":\"a\"}]}",
     "0 missing goals[0].name: expected a name\n0 value goals[2].name: expected another name than member 1 has\n"},
    {"{\"goals\":[{\"name\":\"\"},3,{\"name\":null},{\"name\":5}]}",
     "0 value goals[1]: expected a map, found an integer\n0 value goals[3].name: expected a text, found an integer\n"
     "0 missing goals[0].name: expected a name\n0 missing goals[2].name: expected a name\n"},
    {"{\"count\":9,\"text\":7}", "0 value text: expected a text, found an integer\n"
                                 "0 value count: expected an integer from -5 to 5, found 9\n"},
};

static void all_that_is_wrong_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sample sample = {0};
        struct faults faults = {.arena = arena};
        if (fields_decode(&sample_record, json(wrong[i].json), FIELDS_EVENT, arena, &sample, &faults) != -1)
            fail_msg("accepted: %s", wrong[i].json);
        assert_string_equal(faults_text(&faults), wrong[i].faults);
    }
}

static void texts_found_are_not_repeated(void **state) {
    (void)state;
    const char *text =
        "{\"text\":\"secretsecret\",\"name\":\"secret\\nsecret\",\"id\":\"sec ret secret\",\"count\":\"secret\","
        "\"opened_at\":\"secret\",\"within\":\"secret\",\"colour\":\"secret\",\"secret\":\"secret\","
        "\"amount\":{\"currency\":\"secret\",\"minor\":\"secret\"},\"goals\":[{\"name\":\"secret\"},{\"name\":"
        "\"secret\"}]}";
    struct sample sample = {0};
    struct faults faults = {.arena = arena};
    assert_int_equal(fields_decode(&sample_record, json(text), FIELDS_EVENT, arena, &sample, &faults), -1);
    assert_int_equal(faults.count, 10);
    assert_null(strstr(faults_text(&faults), "secret"));
}

static void unknown_keys_are_faults_in_settings_only(void **state) {
    (void)state;
    const char *text =
        "name: Li\ncolor: red\namount: {currency: CNY, minor: 1, major: 2}\nparts:\n  - sku: 7\n    sk: x\n"
        "    quantity: 2000\n";
    struct sample sample = {0};
    struct faults faults = {.arena = arena};
    assert_int_equal(fields_decode(&sample_record, yaml(text), FIELDS_STRICT, arena, &sample, &faults), -1);
    assert_string_equal(faults_text(&faults),
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
    assert_int_equal(fields_decode(&sample_record, yaml(text), FIELDS_EVENT, arena, &again, &few), -1);
    assert_int_equal(few.count, 1);
}

static void yaml_numbers_may_stand_for_texts(void **state) {
    (void)state;
    struct sample sample = {0};
    must_decode(&sample_record, yaml("text: 1.10\nname: 2026\nid: 0x10\nflags: [1, b]\ncount: 0x5\nratio: 1\n"),
                FIELDS_STRICT, &sample);
    assert_string_equal(sample.text, "1.10");
    assert_string_equal(sample.name, "2026");
    assert_string_equal(sample.id, "0x10");
    assert_string_equal(sample.flags.at[0], "1");
    assert_int_equal(sample.count, 5);
    assert_true(sample.ratio == 1);
    struct faults faults = {.arena = arena};
    assert_int_equal(fields_decode(&sample_record, yaml("\nname: true\n"), FIELDS_STRICT, arena, &sample, &faults), -1);
    assert_string_equal(
        faults_text(&faults),
        "2 value name: expected a text, found true or false (put quotes around it to make it a text)\n");
}

static void faults_have_a_limit_but_failure_is_told(void **state) {
    (void)state;
    struct strict strict = {0};
    struct faults faults = {.arena = arena, .limit = 3};
    assert_int_equal(fields_decode(&strict_record, json("{}"), FIELDS_EVENT, arena, &strict, &faults), -1);
    assert_int_equal(faults.count, 3);
    assert_int_equal(fields_decode(&strict_record, json("{}"), FIELDS_EVENT, arena, &strict, &faults), -1);
    assert_int_equal(faults.count, 3);
    assert_int_equal(fields_decode(&strict_record, NULL, FIELDS_EVENT, arena, &strict, &faults), -1);
    struct faults many = {.arena = arena};
    for (int i = 0; i < 150; i++) faults_add(&many, FAULT_VALUE, 0, "p", "%d", i);
    assert_int_equal(many.count, 100);
    assert_string_equal(many.at[99].text, "99");
}

/* One pair as "name=value", in the order written. */
static const char *pairs_text(const struct pairs *pairs) {
    const char *text = "";
    for (int i = 0; i < pairs->count; i++) {
        assert_int_equal(strlen(pairs->at[i].value), pairs->at[i].value_len);
        text = arena_printf(arena, "%s%s=%s\n", text, pairs->at[i].name, pairs->at[i].value);
    }
    return text;
}

static void a_hash_is_for_people(void **state) {
    (void)state;
    struct sample sample = {0};
    must_decode(&sample_record, json(FULL), FIELDS_STRICT, &sample);
    struct pairs public_pairs, private_pairs;
    fields_flatten(&sample_record, &sample, arena, &public_pairs, &private_pairs);
    assert_string_equal(
        pairs_text(&public_pairs),
        "text=\xe5\x9d\x8f\xe4\xba\x86!\nname=Li\nid=a.b_c:d-9\ncount=-5\nopened_at=1795367956000\n"
        "wake_at=1795367956123\nwithin=129600000\nratio=0.25\nflag=1\ncolour=green\n"
        "flags=a,b\\,c,d\\\\\npart={\"sku\":\"s\",\"quantity\":3}\n"
        "parts=[{\"sku\":\"x\"},{\"sku\":\"y\",\"price\":{\"currency\":\"USD\",\"minor\":0},\"tags\":[\"t\"]}]\n"
        "first_contact_due=1795371556000\nfirst_contact_colour=red\n"
        "resolution_met_at=1795374000000\nresolution_fee_minor=5\nresolution_fee_currency=CNY\n"
        "resolution_late=1\nextra={\"any\":[1,2.5,null]}\n");
    assert_string_equal(pairs_text(&private_pairs), "phone=+86\namount_minor=-29900\namount_currency=CNY\n");
}

/* Names that would be taken for something else are spelled out. */
static void ambiguous_names_are_spelled_out(void **state) {
    (void)state;
    struct goal goals[] = {
        {.name = "opened", .met_at = 5}, /* opened_met_at: no harm */
        {.name = "x", .due_at = 1, .due = 2}, {.name = "_y", .due = 3},      {.name = "a:b.c", .due = 4, .late = true},
        {.name = "x_fee", .fee = {"CNY", 7}}, {.name = "wake", .due_at = 6},
    };
    struct sample sample = {.goals = {goals, 6}};
    struct pairs pairs, none;
    fields_flatten(&sample_record, &sample, arena, &pairs, &none);
    assert_string_equal(pairs_text(&pairs),
                        "opened_met_at=5\nx_due=2\nx_due_at=1\n_goals.due:_y=3\na:b.c_due=4\na:b.c_late=1\n"
                        "x_fee_fee_minor=7\nx_fee_fee_currency=CNY\nwake_due_at=6\n");
    struct goal hidden[] = {{.name = "phone", .due = 1}, {.name = "amount", .colour = 1}};
    sample.goals = (struct records){hidden, 2};
    fields_flatten(&sample_record, &sample, arena, &pairs, &none);
    assert_string_equal(pairs_text(&pairs), "phone_due=1\namount_colour=red\n");
}

/* A table made so that names collide: a group's field named like the end of another, and a top-level field like a
 * member's. */
struct clash_goal {
    const char *name;
    int64_t at, old_at;
};
static const struct field clash_goal_fields[] = {
    {FIELD(clash_goal, name), .type = FIELD_NAME},
    {FIELD(clash_goal, at), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD(clash_goal, old_at), .type = FIELD_TIME},
    FIELDS_END,
};
static const struct record clash_goal_record = {
    .name = "clash_goal", .size = sizeof(struct clash_goal), .fields = clash_goal_fields};
struct clash {
    int64_t opened_at;
    struct records goals;
};
static const struct field clash_fields[] = {
    {FIELD(clash, opened_at), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD(clash, goals), .type = FIELD_GROUPS, .of = &clash_goal_record},
    FIELDS_END,
};
static const struct record clash_record = {.name = "clash", .size = sizeof(struct clash), .fields = clash_fields};

static void colliding_names_survive(void **state) {
    (void)state;
    struct clash_goal goals[] = {{"opened", 1, 2}, {"x", 3, 4}, {"x_old", 5, 6}};
    struct clash clash = {.opened_at = 9, .goals = {goals, 3}}, back = {0};
    struct pairs pairs, none;
    fields_flatten(&clash_record, &clash, arena, &pairs, &none);
    assert_string_equal(pairs_text(&pairs), "opened_at=9\n_goals.at:opened=1\nopened_old_at=2\nx_at=3\nx_old_at=4\n"
                                            "_goals.at:x_old=5\nx_old_old_at=6\n");
    struct err err;
    assert_int_equal(fields_unflatten(&clash_record, &pairs, arena, &back, &err), 0);
    assert_string_equal(encoded(&clash_record, &back), encoded(&clash_record, &clash));
    struct marks marks;
    fields_indexes(&clash_record, &clash, arena, &marks);
    assert_int_equal(marks.count, 4);
    assert_string_equal(marks.at[1].name, "_goals.at:opened");
}

/* Redis does not give a name twice; should it happen, the last one counts. */
static void a_pair_given_twice_does_no_harm(void **state) {
    (void)state;
    struct pair list[] = {{"parts", "[{\"sku\":\"a\"},{\"sku\":\"b\"}]", 25},
                          {"parts", "[{\"sku\":\"c\"}]", 13},
                          {"flags", "a,b", 3},
                          {"flags", "c", 1}};
    const struct pairs pairs = {list, 4};
    struct sample sample = {0};
    struct err err;
    assert_int_equal(fields_unflatten(&sample_record, &pairs, arena, &sample, &err), 0);
    assert_string_equal(encoded(&sample_record, &sample), "{\"flags\":[\"c\"],\"parts\":[{\"sku\":\"c\"}]}");
}

static void hashes_of_other_tables_are_refused(void **state) {
    (void)state;
    static const struct pair others[] = {
        {"unknown", "1", 1},
        {"due", "1", 1},
        {"_due", "1", 1},
        {"x_unknown", "1", 1},
        {"text_minor", "1", 1},
        {"amount", "1", 1},
        {"amount_major", "1", 1},
        {"goals", "[]", 2},
        {"x_fee", "1", 1},
        {"count", "x", 1},
        {"count", "", 0},
        {"count", "1 ", 2},
        {"count", " 1", 2},
        {"flag", "true", 4},
        {"flag", "0", 1},
        {"colour", "pink", 4},
        {"ratio", "nan", 3},
        {"ratio", "1,5", 3},
        {"part", "{", 1},
        {"part", "[]", 2},
        {"text", "a\0b", 3},
        {"amount_currency", "", 0},
        {"amount_minor", "1.5", 3},
        {"parts", "{}", 2},
        {"flags", "a\\", 2},
        {"_goals.due", "1", 1},
        {"_goals.due:", "1", 1},
        {"_parts.sku:x", "1", 1},
        {"_goals.name:x", "x", 1},
        {"", "1", 1},
        {"opened_at", "9223372036854775808", 19},
        {"x_name", "x", 1},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct sample sample = {0};
        struct pair pair = others[i];
        const struct pairs pairs = {&pair, 1};
        struct err err = {""};
        if (fields_unflatten(&sample_record, &pairs, arena, &sample, &err) != -1)
            fail_msg("accepted: %s=%s", pair.name, pair.value);
        assert_non_null(strstr(err.text, "sample: hash field"));
    }
}

/* --- the property: random structs survive every way there and back --- */

static uint64_t seed = 88172645463325252;

static uint64_t any(uint64_t below) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed % below;
}

static const char *any_text(size_t max, bool name) {
    static const char *const pieces[] = {"a",
                                         "Z",
                                         "0",
                                         ",",
                                         "\\",
                                         "\"",
                                         "_",
                                         "_due",
                                         "_at",
                                         " ",
                                         "=",
                                         ":",
                                         ".",
                                         "\xe5\xba\x97",
                                         "\xf0\x9f\x98\x80",
                                         "\n",
                                         "\x01",
                                         "\x7f",
                                         "\xe2\x80\xae"};
    struct buf buf = {0};
    size_t len = 1 + any(max);
    for (size_t i = 0; i < len; i++) buf_puts(&buf, pieces[any(name ? 15 : 19)]);
    const char *text = arena_strdup(arena, buf.at);
    buf_free(&buf);
    return any(4) ? text : name ? "n" : "t";
}

static const char *any_name(void) {
    const char *name = any_text(4, true);
    return fields_is_name(name, strlen(name), 10) ? name : "short";
}

static struct money any_money(void) {
    static const char *const currencies[] = {"CNY", "USD", "JPY"};
    struct money money = {.minor = (int64_t)any(2000000) - 1000000};
    memcpy(money.currency, currencies[any(3)], 4);
    return money;
}

static struct texts any_texts(uint64_t max) {
    struct texts texts = {.count = (int)any(max + 1)};
    if (texts.count == 0) return texts;
    texts.at = arena_alloc(arena, (size_t)texts.count * sizeof *texts.at);
    for (int i = 0; i < texts.count; i++) texts.at[i] = any_name();
    return texts;
}

static struct part any_part(void) {
    struct part part = {.sku = "s-1"};
    if (any(2)) part.quantity = 1 + (int64_t)any(1000);
    if (any(2)) part.price = any_money();
    if (any(2)) part.tags = any_texts(3);
    return part;
}

static int64_t any_time(void) {
    return any(3) ? 1 + (int64_t)any(253402300799999) : 0;
}

static struct goal any_goal(int i) {
    struct goal goal = {.name = arena_printf(arena, "%s%d", any_text(3, true), i)};
    goal.due = 1 + (int64_t)any(1000000); /* a member with nothing but its name has no place in a hash */
    goal.due_at = any_time();
    goal.met_at = any_time();
    goal.colour = (int)any(4);
    if (any(2)) goal.fee = any_money();
    if (any(2)) goal.notes = any_texts(3);
    goal.late = any(2);
    return goal;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct goal *)a)->name, ((const struct goal *)b)->name);
}

static struct sample any_sample(void) {
    struct sample sample = {0};
    if (any(2)) sample.text = any(2) ? "8letters" : any_text(2, false);
    if (any(2)) sample.name = any_name();
    if (any(2)) sample.id = "a:b.c_d-e";
    if (any(2)) sample.phone = any_name();
    sample.count = (int64_t)any(11) - 5;
    sample.opened_at = any_time();
    sample.wake_at = any_time();
    static const int64_t durations[] = {0, 1, 999, 1000, 60000, 90000, 3600000, 86400000, 172800000, 3155760000000};
    sample.within = durations[any(10)];
    sample.ratio = (double)any(1000001) / 1000000;
    sample.flag = any(2);
    if (any(2)) sample.amount = any_money();
    sample.colour = (int)any(4);
    sample.flags = any_texts(4);
    if (any(2)) {
        sample.main_part = arena_alloc(arena, sizeof *sample.main_part);
        *sample.main_part = any_part();
    }
    sample.parts.count = (int)any(6);
    struct part *parts = arena_alloc(arena, 6 * sizeof *parts);
    for (int i = 0; i < sample.parts.count; i++) parts[i] = any_part();
    if (sample.parts.count) sample.parts.at = parts;
    sample.goals.count = (int)any(6);
    struct goal *goals = arena_alloc(arena, 6 * sizeof *goals);
    for (int i = 0; i < sample.goals.count; i++) goals[i] = any_goal(i);
    qsort(goals, (size_t)sample.goals.count, sizeof *goals, by_name);
    if (sample.goals.count) sample.goals.at = goals;
    if (any(2)) sample.extra = json("{\"a\":[1,-2.5,\"\\n\",{\"b\":null}],\"\":true}");
    return sample;
}

static void shuffle(struct pairs *pairs) {
    for (int i = pairs->count - 1; i > 0; i--) {
        int j = (int)any((uint64_t)i + 1);
        struct pair pair = pairs->at[i];
        pairs->at[i] = pairs->at[j];
        pairs->at[j] = pair;
    }
}

static void random_structs_survive(void **state) {
    (void)state;
    struct arena *kept = arena;
    for (int round = 0; round < 3000; round++) {
        arena = arena_new();
        struct sample sample = any_sample(), decoded = {0}, unflattened = {0}, copy = {0};
        const char *text = encoded(&sample_record, &sample);

        must_decode(&sample_record, json(text), FIELDS_STRICT, &decoded);
        assert_string_equal(encoded(&sample_record, &decoded), text);

        struct pairs pairs, private_pairs;
        fields_flatten(&sample_record, &sample, arena, &pairs, &private_pairs);
        for (int i = 0; i < private_pairs.count; i++) {
            pairs.at = arena_grow(arena, pairs.at, (size_t)pairs.count * sizeof *pairs.at,
                                  (size_t)(pairs.count + 1) * sizeof *pairs.at);
            pairs.at[pairs.count++] = private_pairs.at[i];
        }
        for (int i = 0; i < pairs.count; i++)
            for (int j = 0; j < i; j++) assert_string_not_equal(pairs.at[i].name, pairs.at[j].name);
        shuffle(&pairs);
        struct err err;
        if (fields_unflatten(&sample_record, &pairs, arena, &unflattened, &err)) fail_msg("%s: %s", text, err.text);
        assert_string_equal(encoded(&sample_record, &unflattened), text);

        struct arena *other = arena_new();
        fields_copy(&sample_record, &sample, other, &copy);
        char *expected = strdup(text);
        arena_free(arena); /* the copy must not need it */
        arena = arena_new();
        assert_string_equal(encoded(&sample_record, &copy), expected);
        free(expected);
        arena_free(other);
        arena_free(arena);
    }
    arena = kept;
}

static void copies_share_nothing(void **state) {
    (void)state;
    struct sample sample = {0}, copy = {0};
    must_decode(&sample_record, json(FULL), FIELDS_STRICT, &sample);
    fields_copy(&sample_record, &sample, arena, &copy);
    assert_string_equal(encoded(&sample_record, &copy), encoded(&sample_record, &sample));
    const struct part *parts = sample.parts.at, *part_copies = copy.parts.at;
    const struct goal *goals = sample.goals.at, *goal_copies = copy.goals.at;
    assert_ptr_not_equal(copy.text, sample.text);
    assert_ptr_not_equal(copy.name, sample.name);
    assert_ptr_not_equal(copy.id, sample.id);
    assert_ptr_not_equal(copy.flags.at, sample.flags.at);
    assert_ptr_not_equal(copy.flags.at[1], sample.flags.at[1]);
    assert_ptr_not_equal(copy.main_part, sample.main_part);
    assert_ptr_not_equal(copy.main_part->sku, sample.main_part->sku);
    assert_ptr_not_equal(part_copies, parts);
    assert_ptr_not_equal(part_copies[1].tags.at[0], parts[1].tags.at[0]);
    assert_ptr_not_equal(goal_copies[0].name, goals[0].name);
    assert_ptr_not_equal(copy.extra, sample.extra);
    assert_ptr_not_equal(copy.extra->first->key, sample.extra->first->key);
}

static void marks_follow_their_conditions(void **state) {
    (void)state;
    struct goal goals[] = {{.name = "a", .due = 11, .met_at = 12, .colour = 1},
                           {.name = "b", .due = 21, .colour = 2},
                           {.name = "c", .colour = 3}};
    const char *flags[] = {"x", "y"};
    struct sample sample = {
        .id = "i", .colour = 3, .opened_at = 1, .wake_at = 2, .flags = {flags, 2}, .goals = {goals, 3}};
    struct marks marks;
    fields_indexes(&sample_record, &sample, arena, &marks);
    assert_int_equal(marks.count, 2); /* b is not in a colour that is indexed, c has no time */
    assert_string_equal(marks.at[0].name, "wake_at");
    assert_int_equal(marks.at[0].ms, 2);
    assert_string_equal(marks.at[1].name, "a_due");
    assert_int_equal(marks.at[1].ms, 11);

    fields_hours(&sample_record, &sample, arena, &marks);
    assert_int_equal(marks.count, 2);
    assert_string_equal(marks.at[0].name, "opened");
    assert_int_equal(marks.at[0].ms, 1);
    assert_string_equal(marks.at[1].name, "a_met");
    assert_int_equal(marks.at[1].ms, 12);

    fields_counters(&sample_record, &sample, arena, &marks);
    assert_int_equal(marks.count, 4);
    assert_string_equal(marks.at[0].name, "id");
    assert_string_equal(marks.at[1].name, "colour");
    assert_string_equal(marks.at[1].value, "blue");
    assert_string_equal(marks.at[3].name, "flags");
    assert_string_equal(marks.at[3].value, "y");
    sample.colour = 2;
    fields_counters(&sample_record, &sample, arena, &marks);
    assert_int_equal(marks.count, 0);
    sample.colour = 0;
    fields_counters(&sample_record, &sample, arena, &marks);
    assert_int_equal(marks.count, 0);
}

static void erasing_blanks_what_is_private(void **state) {
    (void)state;
    struct sample sample = {0};
    must_decode(&sample_record, json(FULL), FIELDS_STRICT, &sample);
    fields_erase_private(&sample_record, &sample);
    struct pairs pairs, private_pairs;
    fields_flatten(&sample_record, &sample, arena, &pairs, &private_pairs);
    assert_int_equal(private_pairs.count, 0);
    assert_int_equal(pairs.count, 20);
    assert_string_equal(sample.name, "Li");
    assert_null(strstr(encoded(&sample_record, &sample), "29900"));
}

static void durations_are_parsed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"0s", 0},         {"90s", 90000}, {"15m", 900000},  {"1h", 3600000},          {"24h", 86400000},
                {"3d", 259200000}, {"250ms", 250}, {"0090s", 90000}, {"36525d", 3155760000000}};
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
    fields_document(&sample_record, &buf);
    assert_int_equal(strncmp(buf.at, "| `text` ? | text, 1 to 8 | Words. |\n", 37), 0);
    assert_non_null(strstr(buf.at, "| `colour` ? | one of `red` `green` `blue` |  |\n"));
    assert_non_null(strstr(buf.at, "| `parts[].sku` | id |  |\n"));
    assert_null(strstr(buf.at, "wake_at"));
    buf_clear(&buf);
    struct json_out out = {.buf = &buf};
    fields_schema(&strict_record, &out);
    const struct tree *schema = json(buf.at), *properties = tree_get(schema, "properties");
    assert_string_equal(tree_text(schema, "$schema"), "https://json-schema.org/draft/2020-12/schema");
    assert_string_equal(tree_text(schema, "type"), "object");
    assert_int_equal(tree_get(schema, "required")->count, 14);
    assert_int_equal(properties->count, 14);
    assert_int_equal(tree_get(tree_get(properties, "text"), "minLength")->num, 1);
    assert_int_equal(tree_get(tree_get(properties, "colour"), "enum")->count, 3);
    assert_string_equal(tree_text(tree_get(properties, "at"), "format"), "date-time");
    const struct tree *items = tree_get(tree_get(properties, "parts"), "items");
    assert_string_equal(tree_get(items, "required")->first->text, "sku");
    assert_int_equal(tree_get(tree_get(tree_get(items, "properties"), "quantity"), "maximum")->num, 1000);
    const struct tree *money = tree_get(tree_get(items, "properties"), "price");
    assert_string_equal(tree_text(tree_get(tree_get(money, "properties"), "minor"), "type"), "integer");
    buf_free(&buf);
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
        cmocka_unit_test(a_hash_is_for_people),
        cmocka_unit_test(ambiguous_names_are_spelled_out),
        cmocka_unit_test(colliding_names_survive),
        cmocka_unit_test(a_pair_given_twice_does_no_harm),
        cmocka_unit_test(hashes_of_other_tables_are_refused),
        cmocka_unit_test(random_structs_survive),
        cmocka_unit_test(copies_share_nothing),
        cmocka_unit_test(marks_follow_their_conditions),
        cmocka_unit_test(erasing_blanks_what_is_private),
        cmocka_unit_test(durations_are_parsed),
        cmocka_unit_test(ids_and_names_have_their_characters),
        cmocka_unit_test(tables_document_themselves),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
