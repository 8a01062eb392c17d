/* labels: whose words become labels: the last of a person, not of erased customers. */
#include "redressctl/policy/labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LOG_MAX = 12 };

/* One event of a log. */
struct row {
    int partition, offset, time_ms, sequence;
    const char *type, *data;
};

#define OPENED(case_id, customer, text)                                                            \
    "case.opened", "{\"case_id\":\"" case_id "\",\"customer\":{\"id\":\"" customer                 \
                   "\"},\"text\":\"" text "\",\"tenant\":\"t\"}"
#define SAID(case_id, class)                                                                       \
    "case.reclassified", "{\"case_id\":\"" case_id "\",\"class\":\"" class "\",\"by\":\"ann\"}"
#define ERASED(tenant, customer)                                                                   \
    "customer.erased", "{\"tenant\":\"" tenant "\",\"customer_id\":\"" customer "\"}"

static const struct event *event_of(const struct row *row, struct arena *arena) {
    struct event *ev = ARENA_NEW(arena, struct event);
    struct raw *raw = ARENA_NEW(arena, struct raw);
    struct err err;
    *raw = (struct raw){.topic = TOPIC_EVENTS, .partition = row->partition, .offset = row->offset};
    *ev = (struct event){.raw = raw,
                         .type = row->type,
                         .time_ms = row->time_ms,
                         .sequence = row->sequence == 0 ? EVENT_NO_SEQUENCE : row->sequence};
    assert_int_equal(json_read(arena, row->data, strlen(row->data), NULL, &ev->data, &err),
                     JSON_OK);
    return ev;
}

/* What comes out of a log: "case text class;..." and how many erased and missing there were. */
static void check(const char *name, const struct row *log, int64_t since_ms, const char *wanted) {
    struct arena *arena = arena_new();
    struct labels *labels = labels_new(arena, since_ms);
    struct buf out = {0};
    struct err err;
    int erased = 0;
    for (int i = 0; i < LOG_MAX && log[i].type != NULL; i++)
        assert_int_equal(labels_note(labels, event_of(&log[i], arena), &err), 0);
    for (int i = 0; i < LOG_MAX && log[i].type != NULL; i++) {
        struct label label;
        enum labels_answer answer = labels_at(labels, event_of(&log[i], arena), &label);
        erased += answer == LABELS_ERASED;
        if (answer == LABELS_GIVEN)
            buf_printf(&out, "%s %s %s; ", label.case_id, label.text, label.class_name);
    }
    buf_printf(&out, "%d erased, %d missing", erased, labels_missing(labels));
    if (strcmp(out.at, wanted) != 0) fail_msg("%s: \"%s\", not \"%s\"", name, out.at, wanted);
    buf_free(&out);
    arena_free(arena);
}

static void test_logs(void **state) {
    static const struct {
        const char *name;
        int64_t since_ms;
        struct row log[LOG_MAX];
        const char *wanted;
    } rows[] = {
        {"nobody spoke", 0, {{0, 1, 5, 0, OPENED("A", "u", "late")}}, "0 erased, 0 missing"},
        {"one word",
         0,
         {{0, 1, 5, 0, OPENED("A", "u", "late")}, {0, 2, 6, 0, SAID("A", "order.urge")}},
         "A late order.urge; 0 erased, 0 missing"},
        {"the last word, also where the class before comes again",
         0,
         {{0, 1, 5, 0, OPENED("A", "u", "late")},
          {0, 2, 6, 0, SAID("A", "order.urge")},
          {0, 3, 7, 0, SAID("A", "other")}},
         "A late other; 0 erased, 0 missing"},
        {"the last by time, not by arrival",
         0,
         {{0, 1, 5, 0, OPENED("A", "u", "late")},
          {0, 2, 9, 0, SAID("A", "order.urge")},
          {0, 3, 7, 0, SAID("A", "other")}},
         "A late order.urge; 0 erased, 0 missing"},
        {"of one time by sequence",
         0,
         {{0, 1, 5, 0, OPENED("A", "u", "late")},
          {0, 2, 6, 2, SAID("A", "order.urge")},
          {0, 3, 6, 1, SAID("A", "other")},
          {0, 4, 6, 0, SAID("A", "other")}},
         "A late order.urge; 0 erased, 0 missing"},
        {"a word before the opening, and an opening read twice",
         0,
         {{0, 1, 4, 0, SAID("A", "other")},
          {0, 2, 5, 0, OPENED("A", "u", "late")},
          {0, 3, 5, 0, OPENED("A", "u", "later")}},
         "A late other; 0 erased, 0 missing"},
        {"an opening that the log no longer holds",
         0,
         {{0, 2, 6, 0, SAID("A", "other")}},
         "0 erased, 1 missing"},
        {"words before the time asked for do not count",
         7,
         {{0, 1, 5, 0, OPENED("A", "u", "late")},
          {0, 2, 5, 0, OPENED("B", "u", "lost")},
          {0, 3, 6, 0, SAID("A", "other")},
          {0, 4, 7, 0, SAID("B", "logistics.lost")}},
         "B lost logistics.lost; 0 erased, 0 missing"},
        {"erased behind the opening, in its partition",
         0,
         {{1, 8, 5, 0, OPENED("A", "u", "late")},
          {1, 9, 6, 0, SAID("A", "other")},
          {0, 3, 7, 0, ERASED("t", "u")},
          {1, 10, 7, 0, ERASED("t", "u")}},
         "1 erased, 0 missing"},
        {"a customer who came again after having been erased",
         0,
         {{1, 8, 5, 0, OPENED("A", "u", "late")},
          {1, 9, 7, 0, ERASED("t", "u")},
          {0, 99, 7, 0, ERASED("t", "u")},
          {1, 10, 8, 0, OPENED("B", "u", "lost")},
          {1, 11, 9, 0, SAID("A", "other")},
          {1, 12, 9, 0, SAID("B", "logistics.lost")}},
         "B lost logistics.lost; 1 erased, 0 missing"},
        {"another tenant's customer of the same name, and another's",
         0,
         {{0, 1, 5, 0, OPENED("A", "u", "late")},
          {0, 2, 6, 0, SAID("A", "other")},
          {0, 3, 7, 0, ERASED("s", "u")},
          {0, 4, 7, 0, ERASED("t", "v")}},
         "A late other; 0 erased, 0 missing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(rows[i].name, rows[i].log, rows[i].since_ms, rows[i].wanted);
}

static void test_many(void **state) {
    struct arena *arena = arena_new();
    struct labels *labels = labels_new(arena, INT64_MIN);
    struct label label;
    struct err err;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct row row = {0,
                          i,
                          i,
                          0,
                          "case.reclassified",
                          arena_printf(arena, "{\"case_id\":\"C%d\",\"class\":\"other\"}", i)};
        assert_int_equal(labels_note(labels, event_of(&row, arena), &err), 0);
    }
    assert_int_equal(labels_corrected(labels), 3000);
    for (int i = 0; i < 3000; i += 2) {
        struct row row = {0,
                          i,
                          i,
                          0,
                          "case.opened",
                          arena_printf(arena, "{\"case_id\":\"C%d\",\"text\":\"%d\"}", i, i)};
        assert_int_equal(labels_at(labels, event_of(&row, arena), &label), LABELS_GIVEN);
    }
    assert_int_equal(labels_missing(labels), 1500);
    arena_free(arena);
}

static void test_faults(void **state) {
    static const struct row rows[] = {
        {0, 1, 1, 0, "case.reclassified", "{\"case_id\":\"A\",\"class\":\"quality.flaws\"}"},
        {0, 1, 1, 0, "case.reclassified", "{\"class\":\"quality.flaw\"}"},
        {0, 1, 1, 0, "customer.erased", "{\"tenant\":\"t\"}"},
    };
    struct arena *arena = arena_new();
    struct labels *labels = labels_new(arena, INT64_MIN);
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(labels_note(labels, event_of(&rows[i], arena), &err), -1);
        assert_non_null(strstr(err.text, "expected"));
    }
    assert_int_equal(labels_corrected(labels), 0);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_logs), cmocka_unit_test(test_many),
                                       cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
