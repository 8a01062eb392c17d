/* A record that goes through a version which does not know all of its fields: whatever a newer
 * version has written is there again when it comes back, from JSON, through a hash and back to
 * JSON; and what was personal stays so. */
#include "base/ids.h"
#include "fields_world.h"

/* The older version. */
struct old_step {
    const char *name;
    int64_t at;
    struct rest rest;
};
static const struct field old_step_fields[] = {
    {FIELD(old_step, name), .type = FIELD_NAME},
    {FIELD(old_step, at), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD_REST_OF(old_step, rest)},
    FIELDS_END,
};
static const struct table old_step_table = {
    .name = "step", .size = sizeof(struct old_step), .fields = old_step_fields};

struct old {
    const char *id, *phone;
    struct money cost;
    struct old_step *last;
    struct parts steps, targets;
    struct rest rest;
};
static const struct field old_fields[] = {
    {FIELD(old, id), .type = FIELD_ID, .flags = FIELD_COUNTED},
    {FIELD(old, phone), .type = FIELD_NAME, .flags = FIELD_PRIVATE},
    {FIELD(old, cost), .type = FIELD_MONEY},
    {FIELD(old, last), .type = FIELD_PART, .of = &old_step_table},
    {FIELD(old, steps), .type = FIELD_PARTS, .of = &old_step_table},
    {FIELD(old, targets), .type = FIELD_GROUPS, .of = &old_step_table},
    {FIELD_REST_OF(old, rest)},
    FIELDS_END,
};
static const struct table old_table = {
    .name = "old", .size = sizeof(struct old), .fields = old_fields};

/* The newer one: one more field of every type, at every level. */
struct new_step {
    const char *name;
    int64_t at, until;
    bool late;
    struct rest rest;
};
static const struct field new_step_fields[] = {
    {FIELD(new_step, name), .type = FIELD_NAME},
    {FIELD(new_step, at), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD(new_step, until), .type = FIELD_TIME},
    {FIELD(new_step, late), .type = FIELD_BOOL},
    {FIELD_REST_OF(new_step, rest)},
    FIELDS_END,
};
static const struct table new_step_table = {
    .name = "step", .size = sizeof(struct new_step), .fields = new_step_fields};

struct new {
    const char *id, *phone, *words, *email;
    int64_t seen, seen_at, within;
    double ratio;
    bool flag;
    struct money cost, fee, secret;
    int colour;
    struct texts tags;
    struct new_step *last, *next;
    struct parts steps, more, targets, goals;
    const struct tree *any;
    struct rest rest;
};
static const struct field new_fields[] = {
    {FIELD(new, id), .type = FIELD_ID, .flags = FIELD_COUNTED},
    {FIELD(new, phone), .type = FIELD_NAME, .flags = FIELD_PRIVATE},
    {FIELD(new, words), .type = FIELD_TEXT},
    {FIELD(new, email), .type = FIELD_NAME, .flags = FIELD_PRIVATE},
    {FIELD(new, seen), .type = FIELD_INT},
    {FIELD(new, seen_at), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD(new, within), .type = FIELD_DURATION},
    {FIELD(new, ratio), .type = FIELD_REAL},
    {FIELD(new, flag), .type = FIELD_BOOL},
    {FIELD(new, cost), .type = FIELD_MONEY},
    {FIELD(new, fee), .type = FIELD_MONEY},
    {FIELD(new, secret), .type = FIELD_MONEY, .flags = FIELD_PRIVATE},
    {FIELD(new, colour), .type = FIELD_CHOICE, .choices = colours},
    {FIELD(new, tags), .type = FIELD_TEXTS},
    {FIELD(new, last), .type = FIELD_PART, .of = &new_step_table},
    {FIELD(new, next), .type = FIELD_PART, .of = &new_step_table},
    {FIELD(new, steps), .type = FIELD_PARTS, .of = &new_step_table},
    {FIELD(new, more), .type = FIELD_PARTS, .of = &new_step_table},
    {FIELD(new, targets), .type = FIELD_GROUPS, .of = &new_step_table},
    {FIELD(new, goals), .type = FIELD_GROUPS, .of = &new_step_table},
    {FIELD(new, any), .type = FIELD_TREE},
    {FIELD_REST_OF(new, rest)},
    FIELDS_END,
};
static const struct table new_table = {
    .name = "new", .size = sizeof(struct new), .fields = new_fields};

#define STEP(name) "{\"name\":\"" name "\",\"until\":\"2026-11-22T17:19:16Z\",\"late\":true}"
#define NEW                                                                                        \
    "{\"id\":\"a\",\"phone\":\"+86\",\"words\":\"a \\\"b\\\"\\n,\",\"email\":\"a@b\",\"seen\":7,"  \
    "\"seen_at\":\"2026-11-22T17:19:16Z\",\"within\":\"36h\",\"ratio\":0.25,\"flag\":true,"        \
    "\"cost\":{\"currency\":\"CNY\",\"minor\":1},\"fee\":{\"currency\":\"CNY\",\"minor\":-5},"     \
    "\"secret\":{\"currency\":\"CNY\",\"minor\":299},\"colour\":\"green\",\"tags\":[\"x,y\","      \
    "\"z\"],\"last\":" STEP("l") ",\"next\":" STEP("n") ",\"steps\":[" STEP(                       \
        "s") "],\"more\":[" STEP("m") "],\"targets\":[" STEP("t") "," STEP("u") "],"               \
                                                                                "\"goals\":"       \
                                                                                "[" STEP("g") "]," \
                                                                                              "\"" \
                                                                                              "an" \
                                                                                              "y"  \
                                                                                              "\"" \
                                                                                              ":{" \
                                                                                              "\"" \
                                                                                              "x"  \
                                                                                              "\"" \
                                                                                              ":[" \
                                                                                              "1," \
                                                                                              "2." \
                                                                                              "5," \
                                                                                              "nu" \
                                                                                              "ll" \
                                                                                              ",{" \
                                                                                              "}]" \
                                                                                              "}}"

static struct hashes flatten(const struct table *table, const void *data) {
    struct hashes hashes;
    fields_to_hashes(table, data, "c-1", arena, &hashes);
    return hashes;
}

static void reverse(struct pairs *pairs) {
    for (int i = 0, j = pairs->count - 1; i < j; i++, j--) {
        struct pair pair = pairs->at[i];
        pairs->at[i] = pairs->at[j];
        pairs->at[j] = pair;
    }
}

/* The older version's state from its hashes, in whatever order they come. */
static struct old unflatten(struct hashes hashes) {
    struct old old = {0};
    struct err err;
    uint64_t sum;
    reverse(&hashes.public);
    reverse(&hashes.private);
    if (fields_from_hashes(&old_table, &hashes, arena, &old, &sum, &err)) fail_msg("%s", err.text);
    assert_true(sum == hashes.sum);
    return old;
}

static const char *value_of(const struct pairs *pairs, const char *name) {
    for (int i = 0; i < pairs->count; i++)
        if (strcmp(pairs->at[i].name, name) == 0) return pairs->at[i].value;
    return NULL;
}

static const char *as_new(const char *text) {
    struct new new = {0};
    must_decode(&new_table, json(text), FIELDS_STATE, &new);
    assert_false(new.rest.shown || new.rest.private);
    return encoded(&new_table, &new);
}

static void a_record_survives_an_older_version(void **state) {
    (void)state;
    const char *text = as_new(NEW);
    for (int round = 0; round < 3; round++) {
        struct old old = {0}, copy;
        must_decode(&old_table, json(text), FIELDS_STATE, &old);
        assert_string_equal(as_new(encoded(&old_table, &old)), as_new(NEW));
        struct old back = unflatten(flatten(&old_table, &old));
        assert_string_equal(encoded(&old_table, &back), encoded(&old_table, &old));
        fields_copy(&old_table, &back, arena, &copy);
        assert_ptr_not_equal(copy.rest.shown, back.rest.shown);
        text = encoded(&old_table, &copy);
        assert_string_equal(as_new(text), as_new(NEW));
    }
}

static void what_was_personal_stays_so(void **state) {
    (void)state;
    struct old old = {0};
    must_decode(&old_table, json(as_new(NEW)), FIELDS_STATE, &old);
    struct hashes hashes = flatten(&old_table, &old);
    assert_string_equal(value_of(&hashes.private, "email"), "a@b");
    assert_null(strstr(pairs_text(&hashes.public), "a@b"));
    assert_null(strstr(pairs_text(&hashes.public), "299"));
    old = unflatten(hashes);
    fields_erase_private(&old_table, &old);
    assert_null(strstr(encoded(&old_table, &old), "a@b"));
    assert_null(strstr(encoded(&old_table, &old), "299"));
    assert_non_null(strstr(encoded(&old_table, &old), "\"seen\":7"));
    assert_null(strstr(encoded(&old_table, &old), "@private"));
}

/* A hash field that somebody set by hand, or another version's: it goes to the changelog as a text,
 * and stays. */
static void a_stray_pair_is_carried(void **state) {
    (void)state;
    struct pair public[] = {{"id", "a", 1}, {"first_escalated_by", "anna", 4}},
                private[] = {{"mail", "a@b", 3}};
    struct old old =
        unflatten((struct hashes){NULL, {public, 2}, {private, 1}, ids_checksum("id", "a", 1)});
    const char *text = encoded(&old_table, &old);
    assert_string_equal(
        text,
        "{\"id\":\"a\",\"first_escalated_by\":\"anna\",\"mail\":\"a@b\",\"@private\":[\"mail\"]}");
    struct hashes hashes = flatten(&old_table, &old);
    assert_string_equal(pairs_text(&hashes.public), "id=a\nfirst_escalated_by=anna\n");
    assert_string_equal(pairs_text(&hashes.private), "mail=a@b\n");
}

/* Nothing that is carried takes the place of what this version reads: in a hash, nor in JSON. */
static void names_that_mean_something_here(void **state) {
    (void)state;
    const char *text = "{\"id\":\"a\",\"#\":\"sum\",\"@x\":\"y\",\"cost_minor\":\"12\",\"t_at\":"
                       "\"soon\",\"@rest\":1}";
    struct old old = {0};
    must_decode(&old_table, json(text), FIELDS_STATE, &old);
    struct hashes hashes = flatten(&old_table, &old);
    assert_string_equal(pairs_text(&hashes.public),
                        "id=a\n@#=\"sum\"\n@@x=\"y\"\n@cost_minor=\"12\"\n@t_at=\"soon\"\n");
    struct old back = unflatten(hashes);
    assert_int_equal(back.cost.minor, 0);
    assert_int_equal(back.targets.count, 0);
    assert_string_equal(encoded(&old_table, &back), encoded(&old_table, &old));

    struct pair stray[] = {
        {"id", "a", 1}, {"targets", "x", 1}, {"cost", "x", 1}, {"mail", "x", 1}, {"@mail", "2", 1}};
    struct pair hidden[] = {{"mail", "y", 1}, {"@id", "1", 1}};
    back = unflatten((struct hashes){NULL, {stray, 5}, {hidden, 2}, ids_checksum("id", "a", 1)});
    assert_string_equal(encoded(&old_table, &back),
                        "{\"id\":\"a\",\"mail\":\"y\",\"@private\":[\"mail\"]}");
}

static void what_no_version_writes_is_refused(void **state) {
    (void)state;
    static const struct pair wrong[] = {{"@x", "{", 1},   {"@x", "", 0},    {"x", "a\0b", 3},
                                        {"x", "\xff", 1}, {"\xff", "x", 1}, {"steps", "{}", 2}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct pair pair = wrong[i];
        struct old old = {0};
        struct err err = {""};
        assert_int_equal(fields_unflatten(&old_table, &(struct pairs){&pair, 1}, arena, &old, &err),
                         -1);
        assert_non_null(strstr(err.text, "old: hash field"));
    }
}

/* Events and policies: as the contract says. */
static void only_states_carry(void **state) {
    (void)state;
    struct old old = {0};
    must_decode(&old_table, json(NEW), FIELDS_EVENT, &old);
    assert_false(old.rest.shown || old.rest.private || old.last->rest.shown);
    struct faults faults = {.arena = arena};
    assert_int_equal(fields_decode(&old_table, json(NEW), FIELDS_STRICT, arena, &old, &faults), -1);
    assert_non_null(strstr(faults_text(&faults), "unknown words: unknown key"));
}

static void fingerprints_differ(void **state) {
    (void)state;
    char old[FIELDS_FINGERPRINT_SIZE], again[FIELDS_FINGERPRINT_SIZE], new[FIELDS_FINGERPRINT_SIZE];
    fields_fingerprint(&old_table, old);
    fields_fingerprint(&old_table, again);
    fields_fingerprint(&new_table, new);
    assert_string_equal(old, again);
    assert_string_not_equal(old, new);

    struct field fields[sizeof old_fields / sizeof *old_fields];
    struct table changed = {.name = "old", .size = sizeof(struct old), .fields = fields};
    memcpy(fields, old_fields, sizeof fields);
    fields[0].flags = 0; /* no longer counted */
    fields_fingerprint(&changed, new);
    assert_string_not_equal(old, new);
    fields[0] = old_fields[0];
    fields[0].doc = "Other words.";
    fields_fingerprint(&changed, new);
    assert_string_equal(old, new);
    changed.index_while = (struct field_while){"id", running};
    fields_fingerprint(&changed, new);
    assert_string_not_equal(old, new);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_survives_an_older_version),
        cmocka_unit_test(what_was_personal_stays_so),
        cmocka_unit_test(a_stray_pair_is_carried),
        cmocka_unit_test(names_that_mean_something_here),
        cmocka_unit_test(what_no_version_writes_is_refused),
        cmocka_unit_test(only_states_carry),
        cmocka_unit_test(fingerprints_differ),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
