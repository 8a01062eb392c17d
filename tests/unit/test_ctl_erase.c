/* redressctl erase: of each place whether something of the customer may be left, and until when. */
#include "decision/claims.h"
#include "redressctl/cases/erase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DAY    (INT64_C(24) * 3600 * 1000)
#define ERASED INT64_C(1795341600000)

/* As `topics create` makes them. */
static struct erase_found found_after(int64_t ms, int64_t before) {
    return (struct erase_found){
        .erased_at = ERASED,
        .now = ERASED + ms,
        .window_ms = 14 * DAY,
        .pseudonyms = true,
        .topics = {{"t.events", "words", false, 30 * DAY, DAY, before},
                   {"t.cohort.state", "id", true, 7 * DAY, DAY, ERASE_NOT_COUNTED},
                   {"t.notification.state", "states", true, 7 * DAY, DAY, ERASE_NOT_COUNTED}},
        .topic_count = 3};
}

static struct erase_row row_of(const struct erase_found *found, const char *place) {
    static struct erase_row rows[ERASE_ROWS_MAX];
    int count = erase_rows(found, rows);

    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].place, place) == 0) return rows[i];
    fail_msg("no row %s", place);
    return rows[0];
}

static void views_show_it_themselves(void **state) {
    (void)state;
    struct erase_found found = found_after(0, 0);
    assert_false(row_of(&found, "redis, notification").left);
    found.notification = 2;
    assert_true(row_of(&found, "redis, notification").left);
    assert_int_equal(row_of(&found, "redis, notification").count, 2);
    assert_false(row_of(&found, "redis, compensation").left);
    /* However long ago: an erasure that nobody has read. */
    found = found_after(400 * DAY, 0);
    found.compensation = 1;
    assert_true(row_of(&found, "redis, compensation").left);
}

/* A broker may be late: what is there is there. */
static void a_topic_that_deletes_shows_it(void **state) {
    (void)state;
    struct erase_found found = found_after(DAY, 5);
    struct erase_row row = row_of(&found, "t.events");
    assert_true(row.left);
    assert_int_equal(row.count, 5);
    assert_int_equal(row.until, ERASED + ERASE_SETTLE_MS + 31 * DAY);
    found = found_after(40 * DAY, 1);
    assert_true(row_of(&found, "t.events").left);
    found = found_after(31 * DAY, 0);
    assert_false(row_of(&found, "t.events").left);
    found.topics[0].kept_ms = -1;
    assert_true(row_of(&found, "t.events").until == INT64_MAX);
}

static void compacted_topics_go_by_time(void **state) {
    static const struct {
        int64_t after_ms;
        const char *place;
        bool left;
    } rows[] = {{8 * DAY, "t.notification.state", true},
                {8 * DAY + ERASE_SETTLE_MS, "t.notification.state", false},
                {8 * DAY + ERASE_SETTLE_MS, "t.cohort.state", true},
                {22 * DAY, "t.cohort.state", true},
                {22 * DAY + ERASE_SETTLE_MS, "t.cohort.state", false},
                {14 * DAY - 1, "redis, cohort", true},
                {14 * DAY, "redis, cohort", false}};
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct erase_found found = found_after(rows[i].after_ms, 0);
        if (row_of(&found, rows[i].place).left != rows[i].left)
            fail_msg("%s after %lld ms", rows[i].place, (long long)rows[i].after_ms);
    }
    struct erase_found found = found_after(400 * DAY, 0);
    found.topics[2].kept_ms = -1; /* max.compaction.lag.ms is not set: nobody knows when */
    assert_true(row_of(&found, "t.notification.state").left);
}

/* Without a secret claims name him, for as long as the longest of them lives. */
static void claims_without_a_secret(void **state) {
    struct erase_row rows[ERASE_ROWS_MAX];
    (void)state;
    struct erase_found found = found_after(DAY, 0);
    int with = erase_rows(&found, rows);
    found.pseudonyms = false;
    assert_int_equal(erase_rows(&found, rows), with + 1);
    assert_int_equal(row_of(&found, "redis and topic, claims").until, ERASED + CLAIMS_KEPT_MAX_MS);
    found.now = ERASED + CLAIMS_KEPT_MAX_MS;
    assert_false(row_of(&found, "redis and topic, claims").left);
}

static void what_topics_hold(void **state) {
    (void)state;
    assert_non_null(erase_held(TOPIC_COMPLAINTS, NULL));
    assert_non_null(erase_held(TOPIC_STATE, "compensation"));
    assert_null(erase_held(TOPIC_STATE, "sla"));
    assert_null(erase_held(TOPIC_POLICIES, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_show_it_themselves), cmocka_unit_test(a_topic_that_deletes_shows_it),
        cmocka_unit_test(compacted_topics_go_by_time), cmocka_unit_test(claims_without_a_secret),
        cmocka_unit_test(what_topics_hold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
