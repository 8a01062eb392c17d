/* The profile of a case: the rules one by one, and every order of the same facts with one result in
 * all three workers.
 */
#include "compensation/compensation.h"
#include "contract/profile.h"
#include "decision/rehearse.h"
#include "notification/notification.h"
#include "sla/sla.h"
#include "sla/sla_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { FACTS_MAX = 6 };

/* One event: a classification (severity and flag given), a person's word, or a move. */
struct fact {
    const char *type;
    int64_t at;
    const char *class_name;
    int severity;
    const char *flag; /* or NULL */
};

/* A fact that says nothing of the class. */
#define MOVE(type, at)                                                                             \
    { type, at, NULL, 0, NULL }

struct expected {
    const char *class_name;
    int severity;
    bool only_asks;
    enum profile_status status;
    const char *flags; /* joined by commas */
};

static const struct row {
    const char *what;
    struct fact facts[FACTS_MAX]; /* in their own order; ends with a NULL type */
    struct expected expected;
} rows[] = {
    {"nothing known", {MOVE(NULL, 0)}, {NULL, 0, false, PROFILE_OPEN, ""}},
    {"one text",
     {{"case.classified", 1, "logistics.delayed", SEVERITY_P3, NULL}},
     {"logistics.delayed", SEVERITY_P3, false, PROFILE_OPEN, ""}},
    {"a person's word wins over all, also over a graver text behind it",
     {{"case.classified", 1, "logistics.delayed", SEVERITY_P3, NULL},
      {"case.reclassified", 2, "inquiry.product", SEVERITY_P4, NULL},
      {"case.classified", 3, "quality.flaw", SEVERITY_P1, "safety"}},
     {"inquiry.product", SEVERITY_P4, true, PROFILE_OPEN, "question,safety"}},
    {"a person's later word wins over the earlier; without a severity that of the texts holds",
     {{"case.classified", 1, "logistics.delayed", SEVERITY_P3, NULL},
      {"case.reclassified", 2, "inquiry.product", SEVERITY_P4, NULL},
      {"case.reclassified", 3, "logistics.lost", 0, NULL}},
     {"logistics.lost", SEVERITY_P3, false, PROFILE_OPEN, ""}},
    {"unsure goes with the text that leads, whatever comes first",
     {{"case.classified", 1, "logistics.delayed", SEVERITY_P3, "unsure"},
      {"case.classified", 2, "quality.flaw", SEVERITY_P2, NULL},
      {"case.classified", 3, "other", SEVERITY_P3, "unsure"}},
     {"quality.flaw", SEVERITY_P2, false, PROFILE_OPEN, ""}},
    {"and stays with it",
     {{"case.classified", 1, "logistics.delayed", SEVERITY_P3, "unsure"},
      {"case.classified", 2, "other", SEVERITY_P3, NULL}},
     {"logistics.delayed", SEVERITY_P3, false, PROFILE_OPEN, "unsure"}},
    {"until a person says the class, also where the text comes later",
     {{"case.classified", 1, "logistics.delayed", SEVERITY_P3, "unsure"},
      {"case.reclassified", 2, "logistics.delayed", 0, NULL},
      {"case.classified", 3, "quality.flaw", SEVERITY_P1, "unsure"}},
     {"logistics.delayed", SEVERITY_P1, false, PROFILE_OPEN, ""}},
    {"a class leads before other",
     {{"case.classified", 1, "other", SEVERITY_P3, NULL},
      {"case.classified", 2, "logistics.delayed", SEVERITY_P3, NULL}},
     {"logistics.delayed", SEVERITY_P3, false, PROFILE_OPEN, ""}},
    {"other raises the severity, not the class",
     {{"case.classified", 1, "logistics.delayed", SEVERITY_P3, NULL},
      {"case.classified", 2, "other", SEVERITY_P2, "legal"}},
     {"logistics.delayed", SEVERITY_P2, false, PROFILE_OPEN, "legal"}},
    {"the graver text leads",
     {{"case.classified", 1, "logistics.delayed", SEVERITY_P3, NULL},
      {"case.classified", 2, "quality.expired", SEVERITY_P1, "safety"}},
     {"quality.expired", SEVERITY_P1, false, PROFILE_OPEN, "safety"}},
    {"of two as grave the earlier leads",
     {{"case.classified", 1, "quality.flaw", SEVERITY_P2, NULL},
      {"case.classified", 2, "aftersale.return", SEVERITY_P2, "repeat"}},
     {"quality.flaw", SEVERITY_P2, false, PROFILE_OPEN, "repeat"}},
    {"a complaint behind a question is a complaint",
     {{"case.classified", 1, "inquiry.product", SEVERITY_P4, "question"},
      {"case.classified", 2, "quality.flaw", SEVERITY_P3, "emotional"}},
     {"quality.flaw", SEVERITY_P3, false, PROFILE_OPEN, "emotional"}},
    {"a question behind a complaint does not make it one that only asks",
     {{"case.classified", 1, "quality.flaw", SEVERITY_P3, NULL},
      {"case.classified", 2, "inquiry.product", SEVERITY_P4, "question"}},
     {"quality.flaw", SEVERITY_P3, false, PROFILE_OPEN, ""}},
    {"questions only",
     {{"case.classified", 1, "inquiry.product", SEVERITY_P4, "question"},
      {"case.classified", 2, "inquiry.price", SEVERITY_P4, "question"}},
     {"inquiry.product", SEVERITY_P4, true, PROFILE_OPEN, "question"}},
    {"only the packaging is damaged",
     {{"case.classified", 1, "logistics.parcel_damaged", SEVERITY_P3, "packaging_only"},
      {"case.classified", 2, "order.urge", SEVERITY_P3, NULL},
      {"case.classified", 3, "logistics.parcel_damaged", SEVERITY_P3, "packaging_only"}},
     {"logistics.parcel_damaged", SEVERITY_P3, false, PROFILE_OPEN, "packaging_only"}},
    {"until a text is about more than that",
     {{"case.classified", 1, "logistics.parcel_damaged", SEVERITY_P3, "packaging_only"},
      {"case.classified", 2, "quality.damaged", SEVERITY_P3, NULL}},
     {"logistics.parcel_damaged", SEVERITY_P3, false, PROFILE_OPEN, ""}},
    {"resolved", {MOVE("case.resolved", 1)}, {NULL, 0, false, PROFILE_RESOLVED, ""}},
    {"closed behind resolved",
     {MOVE("case.resolved", 1), MOVE("case.closed", 2)},
     {NULL, 0, false, PROFILE_CLOSED, ""}},
    {"resolved behind closed",
     {MOVE("case.closed", 1), MOVE("case.resolved", 2)},
     {NULL, 0, false, PROFILE_CLOSED, ""}},
    {"a reopened case is open, a withdrawn one too",
     {MOVE("case.withdrawn", 1), MOVE("case.reopened", 2)},
     {NULL, 0, false, PROFILE_OPEN, ""}},
    {"reopened and resolved again",
     {MOVE("case.resolved", 1), MOVE("case.closed", 2), MOVE("case.reopened", 3),
      MOVE("case.resolved", 4)},
     {NULL, 0, false, PROFILE_RESOLVED, ""}},
    {"withdrawn for good",
     {MOVE("case.resolved", 1), MOVE("case.withdrawn", 2), MOVE("case.closed", 3)},
     {NULL, 0, false, PROFILE_WITHDRAWN, ""}},
    {"all together",
     {{"case.classified", 1, "other", SEVERITY_P3, "emotional"},
      {"case.reclassified", 2, "logistics.lost", SEVERITY_P2, NULL},
      MOVE("case.resolved", 3),
      MOVE("case.reopened", 4),
      {"case.classified", 5, "quality.flaw", SEVERITY_P1, "legal"},
      MOVE("case.closed", 6)},
     {"logistics.lost", SEVERITY_P2, false, PROFILE_CLOSED, "emotional,legal"}},
};

static const struct profile *fold(const struct profile *before, const struct fact *fact,
                                  struct arena *arena) {
    struct profile_place place = {.at = fact->at};
    struct texts flags = {(const char **)&fact->flag, fact->flag != NULL};

    if (strcmp(fact->type, "case.classified") == 0) {
        /* Named like the class, twice: what is remembered must be of the text that leads, once. */
        struct reason reasons[] = {{fact->class_name, "its words"}, {fact->class_name, "others"}};
        struct classified classified = {.class_name = fact->class_name,
                                        .severity = fact->severity,
                                        .flags = flags,
                                        .reasons = {reasons, 2}};
        return profile_classified_by(before, &place, &classified, arena);
    }
    if (strcmp(fact->type, "case.reclassified") == 0)
        return profile_reclassified(before, &place, fact->class_name, fact->severity, arena);
    return profile_moved(before, &place, contract_event(fact->type), arena);
}

static const char *joined(const struct texts *flags, struct arena *arena) {
    const char *all = "";

    for (int i = 0; i < flags->count; i++)
        all = arena_printf(arena, "%s%s%s", all, i ? "," : "", flags->at[i]);
    return all;
}

static void check_profile(const struct row *row, const struct profile *profile,
                          struct arena *arena) {
    struct texts flags = profile_flags(profile, arena);
    const char *class_name = profile_class(profile);

    assert_string_equal(class_name ? class_name : "-",
                        row->expected.class_name ? row->expected.class_name : "-");
    assert_int_equal(profile_severity(profile), row->expected.severity);
    assert_int_equal(profile_only_asks(profile), row->expected.only_asks);
    assert_int_equal(profile_status(profile), row->expected.status);
    assert_string_equal(joined(&flags, arena), row->expected.flags);
}

/* What is beyond the first few names is not remembered. */
static void test_rules(void **state) {
    enum { MANY = PROFILE_RULES_MAX + 3 };
    struct arena *arena = arena_new();
    struct profile_place place = {.at = 1};
    struct reason reasons[MANY];

    (void)state;
    for (int i = 0; i < MANY; i++) reasons[i] = (struct reason){arena_printf(arena, "r%d", i), "x"};
    struct classified classified = {
        .class_name = "other", .severity = SEVERITY_P3, .reasons = {reasons, MANY}};
    const struct profile *profile = profile_classified_by(NULL, &place, &classified, arena);
    assert_int_equal(profile->text_rules.count, PROFILE_RULES_MAX);
    for (int i = 0; i < PROFILE_RULES_MAX; i++)
        assert_string_equal(profile->text_rules.at[i], reasons[i].rule);
    classified.reasons = (struct parts){0};
    classified.class_name = "quality.flaw";
    profile = profile_classified_by(profile, &place, &classified, arena);
    assert_int_equal(profile->text_rules.count, 0);
    arena_free(arena);
}

static int count_facts(const struct row *row) {
    int count = 0;
    while (count < FACTS_MAX && row->facts[count].type) count++;
    return count;
}

/* The next permutation in lexical order; false after the last. */
static bool permute(int *order, int count) {
    int pivot = count - 2, swap = count - 1;
    while (pivot >= 0 && order[pivot] > order[pivot + 1]) pivot--;
    if (pivot < 0) return false;

    while (order[swap] < order[pivot]) swap--;
    int kept = order[pivot];
    order[pivot] = order[swap];
    order[swap] = kept;
    for (int low = pivot + 1, high = count - 1; low < high; low++, high--) {
        kept = order[low];
        order[low] = order[high];
        order[high] = kept;
    }
    return true;
}

static void each_order(void (*check)(const struct row *row, const int *order, int count,
                                     struct arena *arena)) {
    struct arena *arena = arena_new();
    int orders = 0;

    for (size_t i = 0; i < LENGTH(rows); i++) {
        int order[FACTS_MAX] = {0, 1, 2, 3, 4, 5}, count = count_facts(&rows[i]);
        do {
            check(&rows[i], order, count, arena);
            orders++;
        } while (permute(order, count));
        arena_reset(arena);
    }
    assert_true(orders > 720);
    arena_free(arena);
}

static void check_folded(const struct row *row, const int *order, int count, struct arena *arena) {
    const struct profile *profile = NULL;
    for (int i = 0; i < count; i++) profile = fold(profile, &row->facts[order[i]], arena);
    check_profile(row, profile, arena);
    if (!profile || !profile->text_class) return;
    assert_int_equal(profile->text_rules.count, 1);
    assert_string_equal(profile->text_rules.at[0], profile->text_class);
}

static void test_every_order(void **state) {
    (void)state;
    each_order(check_folded);
}

/* ---- The three workers on the same events ---- */

enum { OPENED = 0 }; /* minutes; the facts lie behind it */

static const int64_t base_ms = INT64_C(1763805600000); /* 2025-11-22T10:00:00Z */
static const struct worker_spec *const specs[] = {&sla_spec, &compensation_spec,
                                                  &notification_spec};
static struct rehearse *rehearse;

static void ignore(void *context, const struct worker_spec *spec, int64_t now_ms,
                   const struct output *output, const struct event *ev,
                   const struct rejection *rejection) {
    (void)context, (void)spec, (void)now_ms, (void)output;
    if (rejection) fail_msg("%s: %s", ev->type, rejection->detail);
}

static void publish(const char *case_id, const char *type, int64_t minute, const char *data,
                    struct arena *arena) {
    const int64_t now_ms = base_ms + FACTS_MAX * 60000;
    struct event ev = {.source = "/test",
                       .type = type,
                       .subject = case_id,
                       .time_ms = base_ms + minute * 60000,
                       .sequence = EVENT_NO_SEQUENCE};
    struct err err;

    ev.id = arena_printf(arena, "%s.%lld", case_id, (long long)minute);
    if (json_read(arena, data, strlen(data), NULL, &ev.data, &err) != JSON_OK)
        fail_msg("%s: %s", err.text, data);
    rehearse_publish_event(rehearse, TOPIC_EVENTS, &ev, now_ms);
}

static void publish_fact(const char *case_id, const struct fact *fact, struct arena *arena) {
    const char *data = arena_printf(arena, "{\"case_id\":\"%s\",\"by\":\"anna\"", case_id);

    if (strcmp(fact->type, "case.withdrawn") == 0)
        data = arena_printf(arena, "%s,\"reason\":\"spam\"", data);
    if (fact->class_name) data = arena_printf(arena, "%s,\"class\":\"%s\"", data, fact->class_name);
    if (fact->severity)
        data = arena_printf(arena, "%s,\"severity\":\"%s\"", data,
                            fields_choice_name(contract_severities, fact->severity));
    if (fact->flag) data = arena_printf(arena, "%s,\"flags\":[\"%s\"]", data, fact->flag);
    if (strcmp(fact->type, "case.classified") == 0)
        data = arena_printf(arena, "%s,\"confidence\":0.9,\"rules_version\":\"1\"", data);
    publish(case_id, fact->type, fact->at, arena_printf(arena, "%s}", data), arena);
}

/* What sla says of itself for dashboards: texts before anything is classified are as good as none.
 */
static void check_sla(const struct row *row, const char *case_id, struct arena *arena) {
    static const int statuses[] = {SLA_OPEN, SLA_RESOLVED, SLA_CLOSED, SLA_WITHDRAWN};
    const struct sla_state *state = rehearse_state(rehearse, &sla_spec, case_id);
    assert_non_null(state);

    assert_string_equal(state->class_name ? state->class_name : "-",
                        row->expected.class_name ? row->expected.class_name : "-");
    assert_int_equal(state->severity, row->expected.severity);
    assert_int_equal(state->status, statuses[row->expected.status]);
    assert_string_equal(joined(&state->flags, arena), row->expected.flags);
}

static void check_workers(const struct row *row, const int *order, int count, struct arena *arena) {
    static int cases;
    const char *case_id = arena_printf(arena, "BYCRCNPA1C41H-%07d", ++cases);

    publish(
        case_id, "case.opened", OPENED,
        arena_printf(
            arena,
            "{\"case_id\":\"%s\",\"opened_at\":\"2025-11-22T10:00:00Z\",\"tenant\":\"default\","
            "\"channel\":\"im\",\"customer\":{\"id\":\"c1\",\"tier\":\"regular\"},\"text\":\"x\"}",
            case_id),
        arena);
    for (int i = 0; i < count; i++) publish_fact(case_id, &row->facts[order[i]], arena);

    check_sla(row, case_id, arena);
    const struct compensation_state *compensation =
        rehearse_state(rehearse, &compensation_spec, case_id);
    assert_non_null(compensation);
    check_profile(row, compensation->profile, arena);
    const struct notification_state *notification =
        rehearse_state(rehearse, &notification_spec, case_id);
    assert_non_null(notification);
    check_profile(row, notification->profile, arena);
}

static void test_three_workers(void **state) {
    (void)state;
    struct buf errors = {0};
    rehearse = rehearse_new(ignore, NULL);

    for (size_t i = 0; i < LENGTH(specs); i++)
        if (rehearse_add(rehearse, specs[i], "deploy/policies", &errors)) fail_msg("%s", errors.at);
    each_order(check_workers);
    rehearse_free(rehearse);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules),
                                       cmocka_unit_test(test_every_order),
                                       cmocka_unit_test(test_three_workers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
