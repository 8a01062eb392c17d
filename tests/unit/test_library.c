/* What a closed case leaves, written and read; which of several is told. */
#include "base/arena.h"
#include "notification/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define CASE  "DMTA64J62PQB0-WMXXS46"
#define OTHER "BYCRCNPA1C41H-FRGWX4V"
#define THIRD "2P8M8CKTNW83Q-V3F3C3P"

static struct arena *arena;

static int begin(void **unused) {
    (void)unused;
    arena = arena_new();
    return 0;
}

static int end(void **unused) {
    (void)unused;
    arena_free(arena);
    return 0;
}

static struct library_about about(const char *case_id, const char *article, const char *warehouse,
                                  const char *carrier) {
    return (struct library_about){.tenant = "default",
                                  .class_name = "logistics.lost",
                                  .case_id = case_id,
                                  .facts = {article, warehouse, carrier}};
}

/* Each line reads back as it was written; what is no entry is none. */
static void what_is_written_reads_back(void **unused) {
    (void)unused;
    static const struct {
        const char *value;
        bool good;
    } rows[] = {
        {CASE " 29401234 185 5 aaaaaa,-,cccccc B A=exchange;B=refund:29900CNY+coupon:2000CNY:30",
         true},
        {CASE " 29401234 0 0 -,-,- - -", true},
        {CASE " 29401234 0 0 -,-,- A A=warranty:0:180", true},
        {"", false},
        {"-", false},
        {CASE, false},
        {CASE " 29401234 185 5 -,-,-", false},
        {CASE " 29401234 185 5 -,-,- B", false},
        {CASE " x 185 5 -,-,- - -", false},
        {CASE " 29401234 -1 5 -,-,- - -", false},
        {CASE " 29401234 185 5 -,-,- - A=present", false},
        {CASE " 29401234 185 5 -,-,- - A=refund:CNY", false},
        {CASE " 29401234 185 5 -,-,- - A=refund:1EURO", false},
        {CASE " 29401234 185 5 -,-,- - A=coupon:1CNY:soon", false},
        {CASE " 29401234 185 5 -,-,- - =refund:1CNY", false},
        {"no/id 29401234 185 5 -,-,- - -", false},
    };
    struct library_about of = about(CASE, NULL, NULL, NULL);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct library_entry entry;
        bool good = library_read(rows[i].value, arena, &entry);
        if (good != rows[i].good) fail_msg("%s is %s", rows[i].value, good ? "read" : "refused");
        if (!good || !strstr(rows[i].value, "-,-,-")) continue;
        assert_string_equal(library_write(&entry, &of, arena), rows[i].value);
    }
}

static struct option option(const char *name, int remedies) {
    struct option made = {.option = name};

    for (int i = 0; i < remedies; i++) {
        struct remedy *remedy = parts_add(&made.remedies, sizeof *remedy, 100, arena);
        remedy->kind = fields_choice_value(contract_remedy_kinds, "refund_without_return");
        remedy->amount = (struct money){.minor = 99900, .currency = "CNY"};
        remedy->detail = "for Zhang Wei";
    }
    return made;
}

/* What is too long is told by what was chosen, or not at all; a person's remark never. */
static void what_is_too_long_is_told_in_less(void **unused) {
    (void)unused;
    static const struct {
        const char *name, *chosen;
        int first, second;
        const char *behind; /* the facts */
    } rows[] = {
        {"B", "A", 1, 1, " A A=refund_without_return:99900CNY;B=refund_without_return:99900CNY"},
        {"B", "A", 1, 8, " A A=refund_without_return:99900CNY"},
        {"B", "B", 1, 8, " B -"},
        {"B", NULL, 8, 8, " - -"},
        {"B C", "A", 1, 1, " A -"},
    };
    struct library_about of = about(CASE, "x", NULL, NULL);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct option options[] = {option("A", rows[i].first),
                                   option(rows[i].name, rows[i].second)};
        struct library_entry entry = {.case_id = CASE,
                                      .ended_at = INT64_C(1764074040000),
                                      .took = 61000,
                                      .options = {options, 2},
                                      .chosen = rows[i].chosen};
        const char *value = library_write(&entry, &of, arena);
        assert_true(strlen(value) <= LIBRARY_VALUE_MAX);
        assert_null(strstr(value, "Zhang"));
        assert_string_equal(strstr(value, ",-,-") + 4, rows[i].behind);
        assert_memory_equal(value, CASE " 29401234 2 0 ", strlen(CASE) + 14);
    }
}

/* A case is looked for wherever one that is like it may stand. */
static void places_are_found_again(void **unused) {
    (void)unused;
    struct library_about one = about(CASE, "tea", "W1", NULL);
    struct library_about two = about(OTHER, "tea", "W2", "SF");
    struct texts puts = library_places(&one, arena);
    struct texts looks = library_around(&two, arena);
    int found = 0;

    assert_int_equal(puts.count, 3);
    assert_int_equal(looks.count, LIBRARY_PLACES_MAX);
    for (int i = 0; i < puts.count; i++) found += texts_has(&looks, puts.at[i]);
    assert_int_equal(found, 2); /* the class's and the article's */
    two.tenant = "other";
    looks = library_around(&two, arena);
    for (int i = 0; i < puts.count; i++) assert_false(texts_has(&looks, puts.at[i]));
}

static void the_most_similar_is_chosen(void **unused) {
    (void)unused;
    struct library_about open = about("0419WQR0N3QTW-QT6B94G", "tea", "W1", "SF");
    static const struct entry {
        const char *case_id, *article, *warehouse, *carrier;
        int64_t minute, score;
    } rows[][3] = {
        {{CASE, "tea", "W1", "SF", 1, 1}, {OTHER, "tea", "W1", NULL, 9, 5}, {0}},
        {{CASE, "tea", NULL, NULL, 1, 4}, {OTHER, "tea", NULL, NULL, 9, 0}, {0}},
        {{CASE, "tea", NULL, NULL, 1, 0}, {OTHER, "tea", NULL, NULL, 9, 2}, {0}},
        {{CASE, "tea", NULL, NULL, 9, 0}, {OTHER, NULL, NULL, "SF", 1, 3}, {0}},
        {{CASE, "cup", "W1", NULL, 1, 0}, {OTHER, "cup", "W2", "YT", 9, 5}, {0}},
        {{CASE, NULL, NULL, NULL, 9, 0},
         {"0419WQR0N3QTW-QT6B94G", "tea", "W1", "SF", 1, 5},
         {OTHER, NULL, NULL, NULL, 8, 0}},
        {{"0419WQR0N3QTW-QT6B94G", "tea", "W1", "SF", 1, 5}, {0}, {0}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct library_entry entries[3];
        int count = 0;
        for (int k = 0; k < 3 && rows[i][k].case_id; k++) {
            const struct entry *row = &rows[i][k];
            struct library_about of =
                about(row->case_id, row->article, row->warehouse, row->carrier);
            struct library_entry entry = {
                .case_id = row->case_id, .ended_at = row->minute * 60000, .score = row->score};
            assert_true(library_read(library_write(&entry, &of, arena), arena, &entries[count++]));
        }
        const struct library_entry *best = library_choose(entries, count, &open, arena);
        if (i == sizeof rows / sizeof *rows - 1)
            assert_null(best);
        else if (!best || strcmp(best->case_id, CASE) != 0)
            fail_msg("row %zu: %s", i, best ? best->case_id : "none");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(what_is_too_long_is_told_in_less),
        cmocka_unit_test(places_are_found_again),
        cmocka_unit_test(the_most_similar_is_chosen),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
