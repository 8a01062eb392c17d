/* The packed text of what no dashboard reads: every type there and back, through a view's hashes;
 * the pieces; what is changed in it is noticed or harmless. */
#include "base/utf8.h"
#include "data/fields_parts.h"
#include "fields_world.h"
#include "sample_table.h"

#include <stdlib.h>
#include <string.h>

struct crate {
    const char *status, *id, *note, *phone;
    int64_t opened_at, wake_at, count, within;
    double ratio;
    bool flag;
    struct money amount;
    int colour;
    struct texts flags, tags;
    struct part *main_part;
    struct parts parts, goals;
    const struct tree *extra;
    struct rest rest;
};

struct aim {
    const char *name;
    int64_t due, met_at;
    bool watched;
    struct texts told;
    struct rest rest;
};
static const struct field aim_fields[] = {
    {FIELD(aim, name), .type = FIELD_NAME},
    {FIELD(aim, due), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD(aim, met_at), .type = FIELD_TIME, .flags = FIELD_HIDDEN},
    {FIELD(aim, watched), .type = FIELD_BOOL, .flags = FIELD_HIDDEN},
    {FIELD(aim, told), .type = FIELD_TEXTS, .flags = FIELD_HIDDEN},
    {FIELD_REST_OF(aim, rest)},
    FIELDS_END};
static const struct table aim_table = {
    .name = "aim", .size = sizeof(struct aim), .fields = aim_fields};

#define HIDDEN .flags = FIELD_HIDDEN
static const struct field crate_fields[] = {
    {FIELD(crate, status), .type = FIELD_NAME},
    {FIELD(crate, phone), .type = FIELD_NAME, .flags = FIELD_PRIVATE},
    {FIELD(crate, opened_at), .type = FIELD_TIME},
    {FIELD(crate, flags), .type = FIELD_TEXTS},
    {FIELD(crate, id), .type = FIELD_ID, HIDDEN},
    {FIELD(crate, note), .type = FIELD_TEXT, HIDDEN},
    {FIELD(crate, wake_at), .type = FIELD_TIME, .flags = FIELD_INDEXED | FIELD_HIDDEN},
    {FIELD(crate, count), .type = FIELD_INT, HIDDEN},
    {FIELD(crate, within), .type = FIELD_DURATION, HIDDEN},
    {FIELD(crate, ratio), .type = FIELD_REAL, HIDDEN},
    {FIELD(crate, flag), .type = FIELD_BOOL, HIDDEN},
    {FIELD(crate, amount), .type = FIELD_MONEY, HIDDEN},
    {FIELD(crate, colour), .type = FIELD_CHOICE, .choices = colours, HIDDEN},
    {FIELD(crate, tags), .type = FIELD_TEXTS, HIDDEN},
    {FIELD_AS("part", crate, main_part), .type = FIELD_PART, .of = &part_table, HIDDEN},
    {FIELD(crate, parts), .type = FIELD_PARTS, .of = &part_table, .flags = FIELD_PACKED},
    {FIELD(crate, goals), .type = FIELD_GROUPS, .of = &aim_table},
    {FIELD(crate, extra), .type = FIELD_TREE, HIDDEN},
    {FIELD_REST_OF(crate, rest)},
    FIELDS_END};
static const char *const words[] = {"spare.wheel", NULL};
static const struct table crate_table = {
    .name = "crate", .size = sizeof(struct crate), .fields = crate_fields, .words = words};

#define ID "BYCRCNPA1C41H-FRGWX4V"
static const char full[] =
    "{\"status\":\"open\",\"phone\":\"+86138\",\"opened_at\":\"2026-11-22T10:00:00Z\",\"flags\":"
    "[\"legal\",\"vip\"],\"id\":\"" ID "\",\"note\":\"收到的连衣裙\\n\\\"~\\\"\",\"wake_at\":"
    "\"2026-11-22T11:00:00.001Z\",\"count\":-7,\"within\":\"250ms\",\"ratio\":0.1,\"flag\":true,"
    "\"amount\":{\"currency\":\"CNY\",\"minor\":-299},\"colour\":\"blue\",\"tags\":[\"legal\","
    "\"" ID ".1\",\"spare.wheel\",\"收到的鞋\"],\"part\":{\"sku\":\"s-1\",\"quantity\":3},"
    "\"parts\":[{\"sku\":\"s-1\",\"quantity\":1,\"price\":{\"currency\":\"CNY\",\"minor\":5}},"
    "{\"sku\":\"s-2\",\"quantity\":1000,\"tags\":[\"a\",\"bb\"]}],\"goals\":[{\"name\":"
    "\"first_contact\",\"due\":\"2026-11-22T11:00:00Z\",\"watched\":true},{\"name\":\"only_kept\","
    "\"met_at\":\"2026-11-22T09:00:00Z\",\"told\":[\"x\"],\"newer\":[1,null],\"mine\":2,"
    "\"@private\":[\"mine\"]}],\"extra\":{\"a\":[1,2.5,\"x\"]},\"later\":\"as it "
    "is\",\"@private\":[\"phone\"]}";

static struct crate read_crate(const char *text) {
    struct crate crate = {0};
    struct faults faults = {.arena = arena};
    if (fields_decode(&crate_table, json(text), FIELDS_STATE, arena, &crate, &faults))
        fail_msg("%s", faults_text(&faults));
    return crate;
}

static const char *written(const struct crate *crate) {
    struct buf buf = {0};
    fields_encode(&crate_table, crate, &(struct json_out){.buf = &buf});
    const char *text = arena_strndup(arena, buf.at, buf.len);
    buf_free(&buf);
    return text;
}

static struct hashes hashes_of(const struct crate *crate) {
    struct hashes hashes;
    fields_to_hashes(&crate_table, crate, ID, arena, &hashes);
    return hashes;
}

static int from(const struct hashes *hashes, struct crate *out, struct err *err) {
    uint64_t sum;
    *out = (struct crate){0};
    int result = fields_from_hashes(&crate_table, hashes, arena, out, &sum, err);
    if (result == 0 && sum != hashes->sum) return err_set(err, "another checksum");
    return result;
}

static void assert_back(const struct crate *crate) {
    struct hashes hashes = hashes_of(crate);
    struct crate back;
    struct err err;
    if (from(&hashes, &back, &err)) fail_msg("%s", err.text);
    assert_string_equal(written(&back), written(crate));
}

static void all_types_come_back(void **state) {
    (void)state;
    struct crate crate = read_crate(full);
    assert_string_equal(written(&crate), full);
    assert_back(&crate);
    assert_back(&(struct crate){.status = "open"});
    assert_back(&(struct crate){.wake_at = 1});
}

static void extremes_come_back(void **state) {
    (void)state;
    static const int64_t numbers[] = {INT64_MIN, INT64_MIN + 1, -1,   1,        46,
                                      47,        2208,          2209, INT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++) {
            struct crate crate = {
                .count = numbers[i], .opened_at = numbers[i], .wake_at = numbers[j]};
            struct hashes hashes = hashes_of(&crate);
            struct crate back;
            struct err err;
            if (from(&hashes, &back, &err)) fail_msg("%s", err.text);
            assert_true(back.count == crate.count && back.wake_at == crate.wake_at);
        }
}

/* What dashboards read has a column; nothing else has, and nothing personal is packed. */
static void only_what_is_shown_has_columns(void **state) {
    (void)state;
    struct crate crate = read_crate(full);
    struct hashes hashes = hashes_of(&crate);
    static const char *const columns[] = {"status", "opened_at", "flags", "first_contact_due",
                                          "later"};
    for (int i = 0; i < hashes.public.count; i++) {
        const struct pair *pair = &hashes.public.at[i];
        bool known = pair->name[0] == FIELDS_PACK_NAME;
        for (size_t j = 0; j < sizeof columns / sizeof *columns; j++)
            known |= strcmp(pair->name, columns[j]) == 0;
        if (!known) fail_msg("a column %s", pair->name);
        assert_true(pair->value_len <= 64);
        assert_null(memmem(pair->value, pair->value_len, "+86138", 6));
        assert_int_equal(utf8_valid(pair->value, pair->value_len), pair->value_len);
    }
    assert_int_equal(hashes.private.count, 1);
}

/* What stands in columns, in the words and in the id is not written again. */
static void what_is_known_is_short(void **state) {
    (void)state;
    struct crate crate = {.status = "open",
                          .opened_at = 1795771139000,
                          .id = ID,
                          .wake_at = 1795774739000,
                          .flags = {(const char *[]){"legal"}, 1},
                          .tags = {(const char *[]){"legal", "spare.wheel", ID ".1"}, 3}};
    struct buf buf = {0};
    fields_pack(&crate_table, &crate, ID, arena, &buf);
    if (buf.len > 20) fail_msg("%zu bytes: %s", buf.len, buf.at);
    buf_free(&buf);
}

static void long_ones_are_one_piece(void **state) {
    (void)state;
    static const struct {
        size_t len;
        int pieces;
    } table[] = {{10, 1}, {60, 1}, {61, 1}, {62, 2}, {4092, 64}, {4093, 1}, {100000, 1}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char *note = arena_alloc(arena, table[i].len + 1);
        memset(note, 'x', table[i].len);
        struct crate crate = {.note = note};
        struct hashes hashes = hashes_of(&crate);
        if (hashes.public.count != table[i].pieces)
            fail_msg("%zu bytes: %d pieces", table[i].len, hashes.public.count);
        assert_back(&crate);
    }
}

static void characters_stay_whole(void **state) {
    (void)state;
    struct buf buf = {0};
    for (int i = 0; i < 300; i++) buf_puts(&buf, i % 7 ? "衣" : "😀");
    struct crate crate = {.note = buf.at};
    struct hashes hashes = hashes_of(&crate);
    for (int i = 0; i < hashes.public.count; i++)
        assert_int_equal(utf8_valid(hashes.public.at[i].value, hashes.public.at[i].value_len),
                         hashes.public.at[i].value_len);
    assert_back(&crate);
    buf_free(&buf);
}

static void a_lost_piece_is_noticed(void **state) {
    (void)state;
    struct crate crate = read_crate(full);
    struct hashes hashes = hashes_of(&crate);
    for (int gone = 0; gone < hashes.public.count; gone++) {
        struct hashes less = hashes;
        if (strcmp(hashes.public.at[gone].name, "later") == 0)
            continue; /* no field of this table */
        less.public.at = arena_memdup(arena, hashes.public.at,
                                      sizeof *hashes.public.at * (size_t)hashes.public.count);
        less.public.at[gone] = less.public.at[--less.public.count];
        struct crate back;
        struct err err;
        if (!from(&less, &back, &err)) fail_msg("%s is gone", hashes.public.at[gone].name);
    }
}

/* Whatever bytes stand there: an error, or a table that can be written; nothing is read beyond
 * their end (the sanitizers look). */
static void any_bytes_are_survived(void **state) {
    (void)state;
    struct crate crate = read_crate(full);
    struct buf buf = {0};
    fields_pack(&crate_table, &crate, ID, arena, &buf);
    srand(15);
    for (int i = 0; i < 20000; i++) {
        size_t len = buf.len - (size_t)(rand() % 3 ? 0 : rand() % (int)buf.len);
        char *bytes = malloc(len ? len : 1);
        memcpy(bytes, buf.at, len);
        for (int j = rand() % 4; len && j >= 0; j--)
            bytes[rand() % (int)len] = (char)(rand() % 3 ? '!' + rand() % 94 : rand());
        struct crate back = {.status = "open", .opened_at = 1};
        if (fields_unpack(&crate_table, bytes, len, ID, arena, &back)) (void)written(&back);
        free(bytes);
        if (i % 100 == 0) arena_reset(arena);
    }
    buf_free(&buf);
}

static void a_hash_is_expanded(void **state) {
    (void)state;
    struct crate crate = read_crate(full);
    struct hashes hashes = hashes_of(&crate);
    struct pairs all, flat;
    struct err err;
    if (fields_expand(&crate_table, &hashes, arena, &all, &err)) fail_msg("%s", err.text);
    fields_flatten(&crate_table, &crate, arena, &flat, NULL);
    assert_int_equal(all.count, flat.count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_types_come_back),
        cmocka_unit_test(extremes_come_back),
        cmocka_unit_test(only_what_is_shown_has_columns),
        cmocka_unit_test(what_is_known_is_short),
        cmocka_unit_test(long_ones_are_one_piece),
        cmocka_unit_test(characters_stay_whole),
        cmocka_unit_test(a_lost_piece_is_noticed),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(a_hash_is_expanded),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
