/* Causes as redress-cohort runs them: what is counted, by whose days and how often; when a rise is
 * told, and by whom it is answered; stops, crashes and what comes late; and counts by day as text.
 */
#include "base/clock.h"
#include "cohort/cause_line.h"
#include "cohort/cohort_causes.h"
#include "cohort_world.h"

#define KEY                                                                                        \
    "default\x1f"                                                                                  \
    "carrier\x1fSF"

static const char policy_text[] =
    "version: v\nmigrate: true\nwindow: 7d\nends_after: 3d\nhalf_life: 28d\nfalse_alarm: 1e-12\n"
    "at_least: 1000\nper_thousand: 10\nweight: 100\nnot_flags: [question]\norders_most: 10\n"
    "people_over: 60\ncost_over: {currency: CNY, minor: 250000}\njoins: at_once\n"
    "borne_by: platform\n"
    "rules:\n"
    "  - {name: late, class: ['logistics.*'], at_risk: [created, paid, packed, shipped]}\n";
static const char causes_text[] =
    "causes:\n  timezone: Asia/Shanghai\n  tenants: [{tenant: eu, timezone: Europe/Berlin}]\n"
    "  judged_after: 2h\n  counts_at: shipped\n  false_alarm: 0.0001\n  at_least: 5\n"
    "  per_thousand: 20\n  weight: 50\n  half_within: 4d\n"
    "  parties:\n    - {party: carrier, dimension: [carrier, lane]}\n"
    "    - {party: product_page, class: [quality.not_as_described]}\n    - {party: quality}\n";

static struct cohort_world so;
static int numbers;

static int set_up(void **state) {
    (void)state;
    static char text[4000];
    snprintf(text, sizeof text, "%s%s", policy_text, causes_text);
    world_open(&so, text);
    so.now_ms = world_time("2026-06-01T02:00:00Z"); /* 10:00 in Shanghai */
    numbers = 0;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    world_close(&so);
    return 0;
}

/* ---- Records of one carrier ---- */

static void send_order(const char *order_id, const char *status, int64_t at_ms) {
    world_record(&so, KEY, "order.updated", arena_printf(so.arena, "e%d", ++numbers), at_ms,
                 arena_printf(so.arena,
                              "{'order':{'id':'%s','status':'%s','amount':{'currency':'CNY',"
                              "'minor':1},'carrier':'SF'},'items':[{'sku':'S','name':'x',"
                              "'quantity':1,'price':{'currency':'CNY','minor':1}}],"
                              "'customer':{'id':'c'}}",
                              order_id, status));
}

static const char *complain_as(const char *class_name, const char *flags, int64_t at_ms) {
    const char *case_id = arena_printf(so.arena, "BYCRCNPA1C41H-%07d", ++numbers);
    world_record(&so, KEY, "order.complained", arena_printf(so.arena, "e%d", numbers), at_ms,
                 arena_printf(so.arena, "{'case_id':'%s','order_id':'x%d'}", case_id, numbers));
    world_record(&so, KEY, "case.classified", arena_printf(so.arena, "c%d", numbers), at_ms,
                 arena_printf(so.arena,
                              "{'case_id':'%s','class':'%s','severity':'P3','flags':[%s],"
                              "'confidence':0.9,'rules_version':'1'}",
                              case_id, class_name, flags));
    return case_id;
}

static void complain(int count) {
    for (int i = 0; i < count; i++) complain_as("logistics.delayed", "", so.now_ms);
}

static void send_orders(int count) {
    for (int i = 0; i < count; i++)
        send_order(arena_printf(so.arena, "o%d", ++numbers), "shipped", so.now_ms);
}

/* As usual: 20 orders a day, one complaint every other day. */
static void live(int days) {
    for (int d = 0; d < days; d++) {
        send_orders(20);
        if (d % 2) complain(1);
        world_pass(&so, DAY_MS);
    }
}

static void say(const char *class_name, const char *note) {
    world_record(&so, KEY, "cause.answered", arena_printf(so.arena, "w%d", ++numbers), so.now_ms,
                 arena_printf(so.arena,
                              "{'match':{'carrier':'SF'},'class':'%s','note':'%s','by':'li'}",
                              class_name, note));
}

static const struct cohort_state *now(void) {
    return world_state(&so, world_at(&so, KEY));
}

static const struct cohort_cause *cause_at(int index) {
    const struct cohort_state *state = now();
    assert_in_range(index, 0, state->causes.count - 1);
    return (const struct cohort_cause *)state->causes.at + index;
}

static const char *line_text(const char *class_name) {
    const struct cohort_state *state = now();
    const struct cohort_line *lines = state->lines.at;
    for (int i = 0; i < state->lines.count; i++) {
        const char *name = lines[i].class_name;
        if ((!name && !class_name) || (name && class_name && strcmp(name, class_name) == 0))
            return lines[i].counts;
    }
    return "none";
}

/* ---- Counts as text ---- */

static void counts_are_texts(void **state) {
    (void)state;
    static const struct {
        int64_t day, count;
        const char *text;
        int64_t last;
    } rows[] = {
        {20000, 3, "3", 20000},
        {20000, 2, "5", 20000},
        {20003, 1, "5 0 0 1", 20003},
        {20001, 4, "5 4 0 1", 20003}, /* it comes late */
        {19998, 1, "1 0 5 4 0 1", 20003},
        {19998 + CAUSE_KEPT, 7, NULL, 19998 + CAUSE_KEPT}, /* the first is forgotten */
    };
    struct cause_line line = {0};
    int64_t counts[CAUSE_KEPT];

    for (size_t i = 0; i < LENGTH(rows); i++) {
        assert_true(cause_line_add(&line, rows[i].day, rows[i].count, so.arena));
        if (rows[i].text) assert_string_equal(line.counts, rows[i].text);
        assert_int_equal(line.last, rows[i].last);
    }
    assert_true(strncmp(line.counts, "5 4 0 1 0", 9) == 0);
    assert_false(cause_line_add(&line, 19998, 1, so.arena));
    struct cause_line full = line; /* the oldest day that is kept */
    assert_true(cause_line_add(&full, 19999, 2, so.arena));
    assert_true(strncmp(full.counts, "2 5 4 0 1 0", 11) == 0);
    cause_line_read(&line, line.last, counts);
    assert_int_equal(counts[CAUSE_KEPT - 1], 7);
    assert_int_equal(counts[1], 5);
    cause_line_read(&line, 20003, counts);
    assert_int_equal(counts[CAUSE_KEPT - 1], 1);
    assert_int_equal(counts[CAUSE_KEPT - 4], 5);
    cause_line_read(&line, line.last + CAUSE_KEPT, counts);
    for (int i = 0; i < CAUSE_KEPT; i++) assert_int_equal(counts[i], 0);
    cause_line_read(&(struct cause_line){20000, "3 x"}, 20000, counts); /* what nobody wrote */
    cause_line_read(&(struct cause_line){20000, NULL}, 20000, counts);
    assert_int_equal(counts[CAUSE_KEPT - 1], 0);
}

/* ---- Counting ---- */

static void orders_count_once(void **state) {
    (void)state;
    send_order("a", "paid", so.now_ms);
    assert_string_equal(line_text(NULL), "none");
    send_order("a", "shipped", so.now_ms + 1);
    send_order("a", "shipped", so.now_ms + 2);
    assert_string_equal(line_text(NULL), "1");
    world_pass(&so, HOUR_MS);
    send_order("b", "paid", so.now_ms);
    world_pass(&so, HOUR_MS);
    send_order("b", "delivered", so.now_ms); /* it has passed `shipped`, of which nobody told */
    send_order("c", "cancelled", so.now_ms);
    assert_string_equal(line_text(NULL), "2");
    for (int i = 0; i < 10; i++)
        send_order(arena_printf(so.arena, "d%d", i), "shipped", so.now_ms); /* a and b are let go */
    assert_string_equal(line_text(NULL), "12");
    send_order("a", "delivered", so.now_ms + 1);
    world_pass(&so, HOUR_MS);
    send_order("a", "signed", so.now_ms + 2);
    assert_string_equal(line_text(NULL), "12");
}

/* Midnight in Shanghai is 16:00 UTC; in Berlin it is not. What comes late counts on its own day,
 * and what comes from the future now. */
static void days_are_the_tenants(void **state) {
    (void)state;
    so.now_ms = world_time("2026-06-03T15:59:59Z");
    complain(1);
    so.now_ms = world_time("2026-06-03T16:00:00Z");
    complain(2);
    assert_string_equal(line_text("logistics.delayed"), "1 2");
    complain_as("logistics.delayed", "", so.now_ms - 3 * DAY_MS);
    assert_string_equal(line_text("logistics.delayed"), "1 0 1 2");
    complain_as("logistics.delayed", "", so.now_ms + 2 * DAY_MS);
    assert_string_equal(line_text("logistics.delayed"), "1 0 1 3");
    complain_as("logistics.delayed", "", so.now_ms - (CAUSE_KEPT + 1) * DAY_MS);
    send_order("old", "shipped", so.now_ms - 20 * DAY_MS); /* older than any window: it counts */
    send_order("too old", "shipped", so.now_ms - (CAUSE_KEPT + 1) * DAY_MS);
    assert_string_equal(line_text("logistics.delayed"), "1 0 1 3");
    assert_string_equal(line_text(NULL), "1");

    const struct cohort_policy *policy = so.version.policy;
    assert_string_equal(cohort_policy_zone(policy->causes, "eu")->name, "Europe/Berlin");
    assert_string_equal(cohort_policy_zone(policy->causes, "default")->name, "Asia/Shanghai");
}

static void what_does_not_count(void **state) {
    (void)state;
    complain_as("logistics.delayed", "'question'", so.now_ms);
    complain_as("other", "", so.now_ms);
    assert_int_equal(now()->lines.count, 0);
    complain_as("inquiry.product", "", so.now_ms); /* it needs no rule */
    assert_string_equal(line_text("inquiry.product"), "1");
}

/* ---- Rising ---- */

static void a_jump_is_told_once(void **state) {
    (void)state;
    so.crash = true;
    live(60);
    assert_int_equal(world_count(&so, "cause.risen", NULL), 0);
    send_orders(20);
    complain(8);
    complain_as("logistics.lost", "", so.now_ms);
    world_advance(&so, world_time("2026-07-31T17:59:59Z")); /* midnight and two hours */
    assert_int_equal(world_count(&so, "cause.risen", NULL), 0);
    world_advance(&so, world_time("2026-07-31T18:00:00Z"));
    assert_int_equal(world_count(&so, "cause.risen", NULL), 1);
    assert_int_equal(world_count(&so, "cause.risen",
                                 "'match':{'carrier':'SF'},'class':'logistics.delayed','party':"
                                 "'carrier','since':'2026-07-30T16:00:00Z','days':1,"
                                 "'complaints':9,'orders':20"),
                     1);
    const struct cohort_cause *cause = cause_at(0);
    assert_int_equal(cause->status, COHORT_CAUSE_RISEN);
    assert_int_equal(cause->examples.count, COHORT_EXAMPLES_MOST);
    assert_true(cause->rate_from < cause->rate && cause->rate < cause->rate_to);
    assert_true(cause->usual_rate < cause->rate_from);
    assert_true(cause->chance < 0.00005);
    assert_true(cause->expected > 0.3 && cause->expected < 1);
    for (int d = 0; d < 6; d++) {
        send_orders(20);
        complain(8);
        world_pass(&so, DAY_MS);
    }
    assert_int_equal(world_count(&so, "cause.risen", NULL), 1);
    assert_int_equal(world_count(&so, "cause.reviewed", NULL), 0);
    live(12);
    assert_int_equal(world_count(&so, "cause.reviewed", "'outcome':'over'"), 1);
    assert_int_equal(world_count(&so, "cause.reviewed", NULL), 1);
    assert_int_equal(cause_at(0)->outcome, CAUSE_OUTCOME_OVER);
    assert_int_equal(cause_at(0)->until_day, cause_at(0)->since_day + 13);
}

/* The same days, the same words: a worker that stood still for days tells what it would have told,
 * and one that did so twice tells it under the same id. */
static void a_stop_changes_nothing(void **state) {
    (void)state;
    static const int stops[] = {0, 2, 5};
    const char *id = NULL;
    const char *since = NULL;

    for (size_t i = 0; i < LENGTH(stops); i++) {
        if (i) world_close(&so);
        if (i) set_up(NULL);
        live(60);
        send_orders(20);
        complain(8);
        so.now_ms += stops[i] * DAY_MS; /* nothing fires meanwhile */
        world_pass(&so, DAY_MS);
        assert_int_equal(world_count(&so, "cause.risen", NULL), 1);
        assert_int_equal(cause_at(0)->days, 1);
        char text[30];
        snprintf(text, sizeof text, "%lld", (long long)cause_at(0)->since_day);
        if (i) assert_string_equal(text, since);
        if (i) assert_string_equal(cause_at(0)->cause_id, id);
        static char kept_id[40], kept_since[30];
        snprintf(kept_id, sizeof kept_id, "%s", cause_at(0)->cause_id);
        snprintf(kept_since, sizeof kept_since, "%s", text);
        id = kept_id;
        since = kept_since;
    }
}

/* All complaints of three days come on one, with their own times: that is no jump. */
static void a_backlog_is_no_jump(void **state) {
    (void)state;
    for (int d = 0; d < 60; d++) {
        send_orders(20);
        complain(2);
        world_pass(&so, DAY_MS);
    }
    for (int d = 0; d < 4; d++) {
        send_orders(20);
        world_pass(&so, DAY_MS);
    }
    for (int d = 5; d > 0; d--)
        for (int i = 0; i < 2; i++) complain_as("logistics.delayed", "", so.now_ms - d * DAY_MS);
    world_pass(&so, 5 * DAY_MS);
    assert_int_equal(world_count(&so, "cause.risen", NULL), 0);
}

static void other_groups_and_dimensions(void **state) {
    (void)state;
    live(60);
    send_orders(20);
    for (int i = 0; i < 8; i++) complain_as("quality.not_as_described", "", so.now_ms);
    complain(8);
    world_pass(&so, DAY_MS);
    assert_int_equal(world_count(&so, "cause.risen", "'class':'quality.not_as_described'"), 1);
    assert_int_equal(world_count(&so, "cause.risen", "'class':'logistics.delayed'"), 1);
    assert_string_not_equal(cause_at(0)->cause_id, cause_at(1)->cause_id);

    const struct cohort_policy *policy = so.version.policy;
    assert_string_equal(cohort_policy_party(policy->causes, "sku", "quality.not_as_described"),
                        "product_page");
    assert_string_equal(cohort_policy_party(policy->causes, "batch", "quality.flaw"), "quality");
    assert_string_equal(cohort_policy_party(policy->causes, "lane", "quality.flaw"), "carrier");
}

/* ---- Answers ---- */

static void raise_it(void) {
    live(60);
    for (int d = 0; d < 8; d++) {
        send_orders(20);
        complain(8);
        world_pass(&so, DAY_MS);
    }
    assert_int_equal(world_count(&so, "cause.risen", NULL), 1);
}

static void an_answer_that_helps(void **state) {
    (void)state;
    say("logistics.delayed", "nothing has risen yet");
    assert_int_equal(so.result, DONE);
    raise_it();
    say("quality.flaw", "another group");
    assert_int_equal(cause_at(0)->status, COHORT_CAUSE_RISEN);
    say("logistics.lost", "more vans");
    assert_int_equal(cause_at(0)->status, COHORT_CAUSE_ANSWERED);
    assert_string_equal(cause_at(0)->answer, "more vans");
    assert_string_equal(cause_at(0)->by, "li");
    live(6);
    assert_int_equal(world_count(&so, "cause.reviewed", NULL), 0);
    live(3);
    assert_int_equal(world_count(&so, "cause.reviewed", "'outcome':'fallen','answer':'more vans'"),
                     1);
    assert_true(cause_at(0)->reviewed_rate < cause_at(0)->rate / 2);
    live(10);
    assert_int_equal(world_count(&so, "cause.reviewed", "'outcome':'over'"), 1);
    assert_int_equal(world_count(&so, "cause.reviewed", NULL), 2);
    assert_int_equal(cause_at(0)->status, COHORT_CAUSE_OVER);
}

/* It may be answered again, and is reviewed again; what lasts for eight weeks is what is usual. */
static void an_answer_that_does_not(void **state) {
    (void)state;
    int days = 8;

    raise_it();
    say("logistics.delayed", "a letter");
    for (; days < 62; days++) {
        send_orders(20);
        complain(8);
        if (days == 20) say("logistics.delayed", "a call");
        world_pass(&so, DAY_MS);
        if (days == 18) assert_int_equal(world_count(&so, "cause.reviewed", NULL), 1);
    }
    assert_int_equal(world_count(&so, "cause.reviewed", "'outcome':'stays','answer':'a letter'"),
                     1);
    assert_int_equal(world_count(&so, "cause.reviewed", "'outcome':'stays','answer':'a call'"), 1);
    assert_int_equal(world_count(&so, "cause.reviewed", "'outcome':'lasting'"), 1);
    assert_int_equal(world_count(&so, "cause.reviewed", NULL), 3);
    assert_int_equal(world_count(&so, "cause.risen", NULL), 1);
    for (int i = 0; i < so.count; i++) /* a reader who dedupes by ids loses nothing */
        for (int k = 0; k < i; k++) assert_string_not_equal(so.outputs[i].id, so.outputs[k].id);
    for (int d = 0; d < 20; d++) {
        send_orders(20);
        complain(8);
        world_pass(&so, DAY_MS);
    }
    assert_int_equal(world_count(&so, "cause.risen", NULL), 1);
}

/* ---- The end ---- */

static void nothing_is_kept(void **state) {
    (void)state;
    raise_it();
    live(12);
    world_pass(&so, 50 * DAY_MS);
    assert_true(world_at(&so, KEY)->exists);
    assert_int_equal(now()->cause_status, COHORT_CAUSE_OVER);
    world_pass(&so, 400 * DAY_MS);
    assert_false(world_at(&so, KEY)->exists);
}

/* A value with few complaints is not woken for them. */
static void few_are_not_woken(void **state) {
    (void)state;
    complain(4);
    const struct world_state *at = world_at(&so, KEY);
    assert_true(at->wake_at > so.now_ms + 5 * DAY_MS);
    complain(1);
    assert_int_equal(at->wake_at, world_time("2026-06-01T18:00:00Z"));
}

/* Of a value with very many: the bound that the header states. */
static void memory_is_bounded(void **state) {
    (void)state;
    static const char *const classes[] = {"quality.damaged",  "logistics.delayed",
                                          "order.change",     "aftersale.return",
                                          "service.attitude", "inquiry.product"};
    struct cause_line line = {0};

    for (int d = 0; d < 300; d++) cause_line_add(&line, 20000 + d, 30000, so.arena);
    assert_in_range(strlen(line.counts), 500, 6 * CAUSE_KEPT);
    for (int d = 0; d < 2; d++)
        for (size_t i = 0; i < LENGTH(classes); i++) complain_as(classes[i], "", so.now_ms);
    assert_int_equal(now()->lines.count, LENGTH(classes));
    const struct cohort_line *lines = now()->lines.at;
    for (int i = 0; i < 20; i++) complain(1);
    for (int i = 0; i < now()->lines.count; i++)
        assert_in_range(lines[i].examples.count, 0, COHORT_EXAMPLES_MOST);
}

static void without_the_section_nobody_looks(void **state) {
    (void)state;
    world_close(&so);
    world_open(&so, policy_text);
    send_orders(3);
    complain(3);
    assert_int_equal(now()->lines.count, 0);
    say("logistics.delayed", "x");
    assert_int_equal(so.result, DONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(counts_are_texts),     TEST(orders_count_once),
        TEST(days_are_the_tenants), TEST(what_does_not_count),
        TEST(a_jump_is_told_once),  TEST(a_stop_changes_nothing),
        TEST(a_backlog_is_no_jump), TEST(other_groups_and_dimensions),
        TEST(an_answer_that_helps), TEST(an_answer_that_does_not),
        TEST(nothing_is_kept),      TEST(few_are_not_woken),
        TEST(memory_is_bounded),    TEST(without_the_section_nobody_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
