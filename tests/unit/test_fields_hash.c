/* Field tables and hashes: nothing is lost on the way to JSON and to a hash and back, colliding
 * names included. */
#include "fields_world.h"

static void a_hash_is_for_people(void **state) {
    (void)state;
    struct sample sample = {0};
    must_decode(&sample_table, json(FULL), FIELDS_STRICT, &sample);
    struct pairs public_pairs, private_pairs;
    fields_flatten(&sample_table, &sample, arena, &public_pairs, &private_pairs);
    assert_string_equal(
        pairs_text(&public_pairs),
        "text=\xe5\x9d\x8f\xe4\xba\x86!\nname=Li\nid=a.b_c:d-9\ncount=-5\nopened_at=1795367956000\n"
        "wake_at=1795367956123\nwithin=129600000\nratio=0.25\nflag=1\ncolour=green\n"
        "flags=a,b\\,c,d\\\\\npart={\"sku\":\"s\",\"quantity\":3}\n"
        "parts=[{\"sku\":\"x\"},{\"sku\":\"y\",\"price\":{\"currency\":\"USD\",\"minor\":0},"
        "\"tags\":[\"t\"]}]\n"
        "first_contact_due=1795371556000\nfirst_contact_colour=red\n"
        "resolution_met_at=1795374000000\nresolution_fee_minor=5\nresolution_fee_currency=CNY\n"
        "resolution_late=1\nextra={\"any\":[1,2.5,null]}\n");
    assert_string_equal(pairs_text(&private_pairs),
                        "phone=+86\namount_minor=-29900\namount_currency=CNY\n");
}

/* Names that would be taken for something else are spelled out. */
static void ambiguous_names_are_spelled_out(void **state) {
    (void)state;
    struct goal goals[] = {
        {.name = "opened", .met_at = 5}, /* opened_met_at: no harm */
        {.name = "x", .due_at = 1, .due = 2},
        {.name = "_y", .due = 3},
        {.name = "a:b.c", .due = 4, .late = true},
        {.name = "x_fee", .fee = {"CNY", 7}},
        {.name = "wake", .due_at = 6},
    };
    struct sample sample = {.goals = {goals, 6}};
    struct pairs pairs, none;
    fields_flatten(&sample_table, &sample, arena, &pairs, &none);
    assert_string_equal(
        pairs_text(&pairs),
        "opened_met_at=5\nx_due=2\nx_due_at=1\n_goals.due:_y=3\na:b.c_due=4\na:b.c_late=1\n"
        "x_fee_fee_minor=7\nx_fee_fee_currency=CNY\nwake_due_at=6\n");
    struct goal hidden[] = {{.name = "phone", .due = 1}, {.name = "amount", .colour = 1}};
    sample.goals = (struct parts){hidden, 2};
    fields_flatten(&sample_table, &sample, arena, &pairs, &none);
    assert_string_equal(pairs_text(&pairs), "phone_due=1\namount_colour=red\n");
}

/* A group's member may be called by what marks other pairs. */
static void names_that_are_marks_come_back(void **state) {
    static const char *const names[] = {"#",    "#view", "@",  "@x", "parts~1",
                                        "text", "~",     "~1", "~x"};
    enum { COUNT = sizeof names / sizeof *names };
    struct goal goals[COUNT] = {{.due = 0}};
    struct sample sample = {.goals = {goals, COUNT}}, back = {0};
    struct pairs pairs, none;
    struct err err = {""};
    (void)state;

    for (int i = 0; i < COUNT; i++)
        goals[i] = (struct goal){.name = names[i], .met_at = 1 + i, .late = true};
    fields_flatten(&sample_table, &sample, arena, &pairs, &none);
    if (fields_unflatten(&sample_table, &pairs, arena, &back, &err)) fail_msg("%s", err.text);
    assert_string_equal(encoded(&sample_table, &back), encoded(&sample_table, &sample));
    assert_non_null(strstr(pairs_text(&pairs), "_goals.met_at:~1=8\n"));
}

/* A table made so that names collide: a group's field named like the end of another, and a
 * top-level field like a member's. */
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
static const struct table clash_goal_table = {
    .name = "clash_goal", .size = sizeof(struct clash_goal), .fields = clash_goal_fields};
struct clash {
    int64_t opened_at;
    struct parts goals;
};
static const struct field clash_fields[] = {
    {FIELD(clash, opened_at), .type = FIELD_TIME, .flags = FIELD_INDEXED},
    {FIELD(clash, goals), .type = FIELD_GROUPS, .of = &clash_goal_table},
    FIELDS_END,
};
static const struct table clash_table = {
    .name = "clash", .size = sizeof(struct clash), .fields = clash_fields};

static void colliding_names_survive(void **state) {
    (void)state;
    struct clash_goal goals[] = {{"opened", 1, 2}, {"x", 3, 4}, {"x_old", 5, 6}};
    struct clash clash = {.opened_at = 9, .goals = {goals, 3}}, back = {0};
    struct pairs pairs, none;
    fields_flatten(&clash_table, &clash, arena, &pairs, &none);
    assert_string_equal(pairs_text(&pairs),
                        "opened_at=9\n_goals.at:opened=1\nopened_old_at=2\nx_at=3\nx_old_at=4\n"
                        "_goals.at:x_old=5\nx_old_old_at=6\n");
    struct err err;
    assert_int_equal(fields_unflatten(&clash_table, &pairs, arena, &back, &err), 0);
    assert_string_equal(encoded(&clash_table, &back), encoded(&clash_table, &clash));
    struct marks marks;
    fields_indexes(&clash_table, &clash, arena, &marks);
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
    assert_int_equal(fields_unflatten(&sample_table, &pairs, arena, &sample, &err), 0);
    assert_string_equal(encoded(&sample_table, &sample),
                        "{\"flags\":[\"c\"],\"parts\":[{\"sku\":\"c\"}]}");
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
        if (fields_unflatten(&sample_table, &pairs, arena, &sample, &err) != -1)
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
    goal.due =
        1 + (int64_t)any(1000000); /* a member with nothing but its name has no place in a hash */
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
    static const int64_t durations[] = {0,     1,       999,      1000,      60000,
                                        90000, 3600000, 86400000, 172800000, 3155760000000};
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
        const char *text = encoded(&sample_table, &sample);

        must_decode(&sample_table, json(text), FIELDS_STRICT, &decoded);
        assert_string_equal(encoded(&sample_table, &decoded), text);

        struct pairs pairs, private_pairs;
        fields_flatten(&sample_table, &sample, arena, &pairs, &private_pairs);
        for (int i = 0; i < private_pairs.count; i++) {
            pairs.at = arena_grow(arena, pairs.at, (size_t)pairs.count * sizeof *pairs.at,
                                  (size_t)(pairs.count + 1) * sizeof *pairs.at);
            pairs.at[pairs.count++] = private_pairs.at[i];
        }
        for (int i = 0; i < pairs.count; i++)
            for (int j = 0; j < i; j++) assert_string_not_equal(pairs.at[i].name, pairs.at[j].name);
        shuffle(&pairs);
        struct err err;
        if (fields_unflatten(&sample_table, &pairs, arena, &unflattened, &err))
            fail_msg("%s: %s", text, err.text);
        assert_string_equal(encoded(&sample_table, &unflattened), text);

        struct arena *other = arena_new();
        fields_copy(&sample_table, &sample, other, &copy);
        char *expected = strdup(text);
        arena_free(arena); /* the copy must not need it */
        arena = arena_new();
        assert_string_equal(encoded(&sample_table, &copy), expected);
        free(expected);
        arena_free(other);
        arena_free(arena);
    }
    arena = kept;
}

static void copies_share_nothing(void **state) {
    (void)state;
    struct sample sample = {0}, copy = {0};
    must_decode(&sample_table, json(FULL), FIELDS_STRICT, &sample);
    fields_copy(&sample_table, &sample, arena, &copy);
    assert_string_equal(encoded(&sample_table, &copy), encoded(&sample_table, &sample));
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
    struct sample sample = {.id = "i",
                            .colour = 3,
                            .opened_at = 1,
                            .wake_at = 2,
                            .flags = {flags, 2},
                            .goals = {goals, 3}};
    struct marks marks;
    fields_indexes(&sample_table, &sample, arena, &marks);
    assert_int_equal(marks.count, 2); /* b is not in a colour that is indexed, c has no time */
    assert_string_equal(marks.at[0].name, "wake_at");
    assert_int_equal(marks.at[0].ms, 2);
    assert_int_equal(fields_indexed(&sample_table, &sample, "wake_at", arena), 2);
    assert_int_equal(fields_indexed(&sample_table, &sample, "opened_at", arena),
                     0); /* it is not indexed */
    assert_int_equal(fields_indexed(&goal_table, &goals[0], "due", arena), 11);
    assert_int_equal(fields_indexed(&goal_table, &goals[1], "due", arena),
                     0); /* not in this colour */
    assert_string_equal(marks.at[1].name, "a_due");
    assert_int_equal(marks.at[1].ms, 11);

    fields_hours(&sample_table, &sample, arena, &marks);
    assert_int_equal(marks.count, 2);
    assert_string_equal(marks.at[0].name, "opened");
    assert_int_equal(marks.at[0].ms, 1);
    assert_string_equal(marks.at[1].name, "a_met");
    assert_int_equal(marks.at[1].ms, 12);

    fields_counters(&sample_table, &sample, arena, &marks);
    assert_int_equal(marks.count, 4);
    assert_string_equal(marks.at[0].name, "id");
    assert_string_equal(marks.at[1].name, "colour");
    assert_string_equal(marks.at[1].value, "blue");
    assert_string_equal(marks.at[3].name, "flags");
    assert_string_equal(marks.at[3].value, "y");
    sample.colour = 2;
    fields_counters(&sample_table, &sample, arena, &marks);
    assert_int_equal(marks.count, 0);
    sample.colour = 0;
    fields_counters(&sample_table, &sample, arena, &marks);
    assert_int_equal(marks.count, 0);
}

static void erasing_blanks_what_is_private(void **state) {
    (void)state;
    struct sample sample = {0};
    must_decode(&sample_table, json(FULL), FIELDS_STRICT, &sample);
    fields_erase_private(&sample_table, &sample);
    struct pairs pairs, private_pairs;
    fields_flatten(&sample_table, &sample, arena, &pairs, &private_pairs);
    assert_int_equal(private_pairs.count, 0);
    assert_int_equal(pairs.count, 20);
    assert_string_equal(sample.name, "Li");
    assert_null(strstr(encoded(&sample_table, &sample), "29900"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_is_for_people),
        cmocka_unit_test(ambiguous_names_are_spelled_out),
        cmocka_unit_test(names_that_are_marks_come_back),
        cmocka_unit_test(colliding_names_survive),
        cmocka_unit_test(a_pair_given_twice_does_no_harm),
        cmocka_unit_test(hashes_of_other_tables_are_refused),
        cmocka_unit_test(random_structs_survive),
        cmocka_unit_test(copies_share_nothing),
        cmocka_unit_test(marks_follow_their_conditions),
        cmocka_unit_test(erasing_blanks_what_is_private),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
