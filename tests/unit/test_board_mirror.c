/* The mirror: what is to be read again, which rows stay, sorted lists and their pages. */
#include "board/mirror.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SHARDS = 2, MOST = 100 };
static const bool all_changed[SHARDS] = {true, true};
static const bool none_changed[SHARDS] = {false, false};

static struct sight_row row(const char *id, const char *status, const char *state, int64_t due_at) {
    static struct sight_target targets[8];
    static int next;
    struct sight_target *target = &targets[next++ % 8];
    *target = (struct sight_target){"resolution", state, due_at};
    return (struct sight_row){
        .case_id = id, .status = status, .tier = "vip", .targets = {target, 1}};
}

static void put(struct mirror *mirror, struct sight_row one) {
    mirror_put(mirror, &one);
}

static void see(struct mirror *mirror, int shard, int count, ...) {
    va_list args;
    va_start(args, count);
    mirror_index_begin(mirror, shard);
    for (int i = 0; i < count; i++) {
        const char *id = va_arg(args, const char *);
        mirror_index_saw(mirror, id, "resolution", va_arg(args, int));
    }
    mirror_index_end(mirror);
    va_end(args);
}

static int wanted(struct mirror *mirror, const bool *changed, const char **ids) {
    return mirror_wanted(mirror, changed, ids, MOST);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void assert_wanted(struct mirror *mirror, const bool *changed, const char *expected) {
    const char *ids[MOST];
    char found[200] = "";
    int count = wanted(mirror, changed, ids);
    qsort(ids, (size_t)count, sizeof *ids, by_text);
    for (int i = 0; i < count; i++) strcat(strcat(found, i ? " " : ""), ids[i]);
    assert_string_equal(found, expected);
}

static void test_what_is_read(void **state) {
    (void)state;
    struct mirror *mirror = mirror_new();

    see(mirror, 0, 2, "a", 300, "b", 100);
    see(mirror, 1, 1, "c", 200);
    const char *ids[MOST];
    assert_int_equal(wanted(mirror, none_changed, ids), 3);
    assert_string_equal(ids[0], "b"); /* the earliest first */
    assert_string_equal(ids[1], "c");
    assert_string_equal(ids[2], "a");
    assert_int_equal(mirror_behind(mirror), 3);
    put(mirror, row("a", "open", "running", 300));
    put(mirror, row("b", "open", "running", 100));
    put(mirror, row("c", "open", "running", 200));
    assert_int_equal(mirror_behind(mirror), 0);
    assert_wanted(mirror, none_changed, "");
    /* Nothing moved, but something was applied: an assignee may be another. */
    const bool second[SHARDS] = {false, true};
    assert_wanted(mirror, second, "c");
    /* One deadline moved, one is gone, one came. */
    see(mirror, 0, 2, "a", 301, "d", 50);
    assert_wanted(mirror, none_changed, "a b d");
    mirror_free(mirror);
}

static void test_rows_come_and_go(void **state) {
    (void)state;
    struct mirror *mirror = mirror_new();

    see(mirror, 0, 1, "a", 300);
    put(mirror, row("a", "open", "running", 300));
    assert_true(mirror_publish(mirror));
    assert_false(mirror_publish(mirror));
    put(mirror, row("a", "open", "running", 300)); /* the same */
    assert_false(mirror_publish(mirror));
    /* Paused: without a deadline, but open. */
    see(mirror, 0, 0);
    assert_wanted(mirror, none_changed, "a");
    put(mirror, row("a", "paused", "paused", 0));
    assert_true(mirror_publish(mirror));
    const struct mirror_list *list = mirror_lock(mirror);
    assert_int_equal(list->case_count, 1);
    assert_int_equal(list->deadline_count, 0);
    assert_string_equal(list->cases[0]->status, "paused");
    mirror_unlock(mirror);
    /* Closed: gone. */
    put(mirror, row("a", "closed", "met", 0));
    assert_int_equal(mirror_count(mirror), 0);
    assert_true(mirror_publish(mirror));
    list = mirror_lock(mirror);
    assert_int_equal(list->case_count, 0);
    mirror_unlock(mirror);
    /* Closed, and a task still runs. */
    see(mirror, 0, 1, "b", 300);
    put(mirror, row("b", "closed", "running", 300));
    assert_int_equal(mirror_count(mirror), 1);
    /* Met without a deadline, and over: no trace of it. */
    mirror_met(mirror, 0, "c");
    assert_int_equal(mirror_count(mirror), 2);
    put(mirror, row("c", "closed", "met", 0));
    assert_int_equal(mirror_count(mirror), 1);
    mirror_forget(mirror);
    assert_int_equal(mirror_count(mirror), 0);
    mirror_free(mirror);
}

/* A case that Redis has lost stands in the index: it is listed, for it may be late. */
static void test_lost(void **state) {
    (void)state;
    struct mirror *mirror = mirror_new();

    see(mirror, 0, 1, "a", 300);
    put(mirror, (struct sight_row){.case_id = "a"});
    mirror_publish(mirror);
    const struct mirror_list *list = mirror_lock(mirror);
    assert_int_equal(list->deadline_count, 1);
    assert_int_equal(list->deadlines[0].due_ms, 300);
    assert_string_equal(list->deadlines[0].target->state, "lost");
    mirror_unlock(mirror);
    see(mirror, 0, 0);
    put(mirror, (struct sight_row){.case_id = "a"});
    assert_int_equal(mirror_count(mirror), 0);
    mirror_free(mirror);
}

/* What somebody is shown is read again as soon as anything in its shard has changed, however many
 * others there are. */
static void test_shown_first(void **state) {
    (void)state;
    enum { CASES = 2000 };
    struct mirror *mirror = mirror_new();
    static char names[CASES][12];

    mirror_index_begin(mirror, 0);
    for (int i = 0; i < CASES; i++) {
        snprintf(names[i], sizeof names[i], "case%d", i);
        mirror_index_saw(mirror, names[i], "resolution", 1000 + i);
    }
    mirror_index_end(mirror);
    for (int i = 0; i < CASES; i++) put(mirror, row(names[i], "open", "running", 1000 + i));
    mirror_publish(mirror);
    const char *ids[CASES];
    (void)mirror_wanted(mirror, none_changed, ids, CASES);
    const struct mirror_list *list = mirror_lock(mirror);
    mirror_shown(list->cases[1777]);
    mirror_unlock(mirror);
    int count = mirror_wanted(mirror, all_changed, ids, CASES);
    assert_string_equal(ids[0], "case1777");
    assert_in_range(count, 2, 400); /* and some of the others, in turns: */
    static bool seen[CASES];
    int turns = 0;
    int missing = CASES;
    while (missing > 0 && turns < 2 * mirror_turns(mirror)) {
        count = mirror_wanted(mirror, all_changed, ids, CASES);
        for (int i = 0; i < count; i++) {
            int number = atoi(ids[i] + 4);
            missing -= !seen[number];
            seen[number] = true;
        }
        turns++;
    }
    assert_int_equal(missing, 0);
    assert_in_range(turns, 1, mirror_turns(mirror));
    mirror_free(mirror);
}

/* Pages are the list, whole and in order, whatever their size. */
static void test_pages(void **state) {
    (void)state;
    enum { CASES = 57 };
    struct mirror *mirror = mirror_new();
    struct arena *arena = arena_new();
    static char names[CASES][12];
    static const struct sight_filter filter = {.tier = "vip"};

    mirror_index_begin(mirror, 0);
    for (int i = 0; i < CASES; i++) {
        snprintf(names[i], sizeof names[i], "case%02d", i);
        mirror_index_saw(mirror, names[i], "resolution", 1000 + i / 5); /* many at one time */
    }
    mirror_index_end(mirror);
    for (int i = 0; i < CASES; i++) {
        struct sight_row one = row(names[i], "open", "running", 1000 + i / 5);
        if (i % 3 == 0) one.tier = "regular";
        mirror_put(mirror, &one);
    }
    mirror_publish(mirror);
    const struct mirror_list *list = mirror_lock(mirror);
    for (int limit = 1; limit < 45; limit += 4) {
        const struct mirror_entry *found[60];
        struct mirror_page page = {.filter = &filter, .limit = limit};
        int number = 0;
        int seen = 0;
        do {
            mirror_find_deadlines(list, &page, arena, found);
            assert_int_equal(page.total, 38);
            for (int i = 0; i < page.count; i++, seen++) {
                while (number % 3 == 0) number++;
                assert_string_equal(found[i]->row->case_id, names[number++]);
            }
            page.after = page.next;
        } while (page.next);
        assert_int_equal(seen, 38);
        const struct sight_row *rows[60];
        page = (struct mirror_page){.filter = &filter, .limit = limit};
        seen = 0;
        do {
            mirror_find_cases(list, &page, arena, rows);
            seen += page.count;
            page.after = page.next;
        } while (page.next);
        assert_int_equal(seen, 38);
    }
    mirror_unlock(mirror);
    arena_free(arena);
    mirror_free(mirror);
}

/* Of cases, a wish about deadlines takes those that have one such; without a wish all. */
static void test_wishes(void **state) {
    static const struct {
        struct sight_filter filter;
        int deadlines, cases;
    } rows[] = {
        {{0}, 2, 3}, /* met is no deadline any more */
        {{.target = "resolution"}, 2, 3},
        {{.target = "first_contact"}, 0, 0},
        {{.state = "running"}, 1, 1},
        {{.state = "breached"}, 1, 1},
        {{.from_ms = 150}, 1, 2},
        {{.to_ms = 150}, 1, 1},
        {{.from_ms = 100, .to_ms = 200}, 1, 1},
        {{.from_ms = 100, .to_ms = 201}, 2, 2},
        {{.target = "resolution", .to_ms = 150}, 1, 1},
    };
    struct mirror *mirror = mirror_new();
    struct arena *arena = arena_new();

    (void)state;
    see(mirror, 0, 3, "a", 100, "b", 200, "c", 300);
    put(mirror, row("a", "open", "breached", 100));
    put(mirror, row("b", "open", "running", 200));
    put(mirror, row("c", "resolved", "met", 300));
    mirror_publish(mirror);
    const struct mirror_list *list = mirror_lock(mirror);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct mirror_entry *entries[MOST];
        const struct sight_row *cases[MOST];
        struct mirror_page page = {.filter = &rows[i].filter, .limit = MOST};
        mirror_find_deadlines(list, &page, arena, entries);
        if (page.total != rows[i].deadlines) fail_msg("row %zu: %d deadlines", i, (int)page.total);
        page = (struct mirror_page){.filter = &rows[i].filter, .limit = MOST};
        mirror_find_cases(list, &page, arena, cases);
        if (page.total != rows[i].cases) fail_msg("row %zu: %d cases", i, (int)page.total);
    }
    mirror_unlock(mirror);
    arena_free(arena);
    mirror_free(mirror);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_read), cmocka_unit_test(test_rows_come_and_go),
        cmocka_unit_test(test_lost),         cmocka_unit_test(test_shown_first),
        cmocka_unit_test(test_pages),        cmocka_unit_test(test_wishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
