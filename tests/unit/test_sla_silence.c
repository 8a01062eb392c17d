/* When a case that nobody closes is closed, and that it is said once: the same id and the same
 * time, whoever says it and however late. How it goes on is in tests/scenarios/silence*.txt. */
#include "base/clock.h"
#include "data/calendar.h"
#include "data/yaml.h"
#include "sla/sla.h"
#include "sla/sla_silence.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY_MS INT64_C(86400000)
#define CASE   "BYCRCNPA1C41H-FRGWX4V"

enum { AFTER = 90, NEVER = -1 }; /* days */

/* ---- When ---- */

static struct sla_fact fact(const char *type, int64_t day) {
    return (struct sla_fact){.type = type, .at = day * DAY_MS};
}

static struct sla_fact by_program(const char *type, int64_t day) {
    return (struct sla_fact){.type = type, .at = day * DAY_MS, .automated = true};
}

static void each_row(void **unused) {
    static const struct sla_rule once = {.name = "resolution"},
                                 again = {.name = "next_update", .chained = true};
    (void)unused;
    const struct {
        const char *what;
        int64_t heard, assigned;   /* days; opened on the first */
        struct sla_fact fact;      /* type NULL: none */
        struct sla_derived target; /* rule NULL: none; times in days */
        int64_t paused_to;         /* 0: no pause; NEVER: without an end */
        int status;                /* 0: open */
        int64_t closes;
    } rows[] = {
        {"nothing but the complaint", .closes = 1 + AFTER},
        {"the last word counts", .heard = 5, .closes = 5 + AFTER},
        {"a state of an earlier version has its facts", .fact = fact("case.updated", 7),
         .closes = 7 + AFTER},
        {"and whom it was given to", .assigned = 8, .closes = 8 + AFTER},
        {"our own classification is no word", .fact = fact("case.classified", 7),
         .closes = 1 + AFTER},
        {"nor is the closing that was said before", .fact = by_program("case.closed", 7),
         .closes = 1 + AFTER},
        {"a deadline within the time", .target = {.rule = &once, .due = 1 + AFTER},
         .closes = 1 + AFTER},
        {"a deadline behind it", .target = {.rule = &once, .due = 2 + AFTER},
         .closes = 2 + AFTER + AFTER},
        {"one that has been missed", .target = {.rule = &once, .due = 2 + AFTER, .breached = true},
         .closes = 1 + AFTER},
        {"one that was met", .target = {.rule = &once, .due = 2 + AFTER, .end = SLA_END_MET},
         .closes = 1 + AFTER},
        {"one without a due time", .target = {.rule = &once, .paused = true}, .closes = 1 + AFTER},
        {"one that would come again for ever", .target = {.rule = &again, .due = 2 + AFTER},
         .closes = 1 + AFTER},
        {"but that somebody outside has set",
         .target = {.rule = &again, .due = 2 + AFTER, .set_by = "court"},
         .closes = 2 + AFTER + AFTER},
        {"a pause with an end behind it", .paused_to = 3 + AFTER, .closes = 3 + AFTER + AFTER},
        {"one with an end within the time", .paused_to = 3, .closes = 1 + AFTER},
        {"one without an end", .paused_to = NEVER, .closes = 1 + AFTER},
        {"resolved, and nobody closes it", .status = SLA_RESOLVED, .closes = 1 + AFTER},
        {"closed", .status = SLA_CLOSED, .closes = NEVER},
        {"withdrawn", .status = SLA_WITHDRAWN, .closes = NEVER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sla_policy policy = {.close_silent_after = AFTER * DAY_MS};
        struct sla_derived target = rows[i].target;
        struct sla_fact one = rows[i].fact;
        struct sla_pause_span span = {
            .to = rows[i].paused_to == NEVER ? 0 : rows[i].paused_to * DAY_MS};
        struct sla_state state = {.opened_at = DAY_MS,
                                  .heard_at = rows[i].heard * DAY_MS,
                                  .assigned_at = rows[i].assigned * DAY_MS,
                                  .facts = {&one, one.type ? 1 : 0}};
        struct sla_replay replay = {.status = rows[i].status ? rows[i].status : SLA_OPEN,
                                    .at = &target,
                                    .count = target.rule ? 1 : 0,
                                    .spans = &span,
                                    .span_count = rows[i].paused_to ? 1 : 0};
        struct sla_report report = {.state = &state, .policy = &policy, .replay = &replay};
        target.due *= DAY_MS;

        int64_t expected = rows[i].closes == NEVER ? CALENDAR_NEVER : rows[i].closes * DAY_MS;
        int64_t found = sla_silence_ends(&report);
        if (found != expected)
            fail_msg("%s: %" PRId64 ", not %" PRId64, rows[i].what, found, expected);

        policy.close_silent_after = 0;
        assert_true(sla_silence_ends(&report) == CALENDAR_NEVER);
    }
}

/* ---- What is said ---- */

struct scene {
    struct arena *arena;
    struct policy_version version;
    struct policies policies;
    int64_t opened_ms;
};

static int begin(void **state) {
    static const char text[] =
        "version: \"1\"\nclose_silent_after: 90d\npolicies:\n  - name: a\n    targets:\n"
        "      resolution: {within: 24h}\n";
    static struct scene scene;
    const struct tree *tree;
    void *policy;
    struct err err = {""};
    scene = (struct scene){.arena = arena_new()};
    struct faults faults = {.arena = scene.arena};
    if (yaml_read(scene.arena, "sla.yaml", text, strlen(text), &tree, &err))
        fail_msg("%s", err.text);
    assert_int_equal(
        sla_policy_load(tree, "", scene.arena, &policy, &scene.version.version, &faults), 0);
    scene.version.policy = policy;
    scene.policies.current = &scene.version;
    assert_int_equal(clock_parse("2026-01-01T09:00:00Z", &scene.opened_ms), 0);
    *state = &scene;
    return 0;
}

static int end(void **state) {
    struct scene *scene = *state;
    arena_free(scene->arena);
    return 0;
}

/* A silent case whose resolution was breached long ago, as it sleeps until `wake_ms`. */
static struct sla_state silent_case(const struct scene *scene, int64_t wake_ms) {
    static struct sla_cycle cycle;
    cycle = (struct sla_cycle){.name = "resolution",
                               .state = SLA_CYCLE_BREACHED,
                               .cycle = scene->opened_ms,
                               .due = scene->opened_ms + DAY_MS,
                               .breach_due = scene->opened_ms + DAY_MS,
                               .breached_at = scene->opened_ms + DAY_MS + 1,
                               .watched = true};
    return (struct sla_state){.status = SLA_OPEN,
                              .case_id = CASE,
                              .tenant = "default",
                              .policy_version = "1",
                              .opened_at = scene->opened_ms,
                              .heard_at = scene->opened_ms,
                              .started = true,
                              .wake_at = wake_ms,
                              .targets = {&cycle, 1}};
}

static struct effects wake(const struct scene *scene, struct sla_state *state, int64_t now_ms,
                           bool unconfirmed) {
    struct effects out;
    const struct decision in = {.policies = &scene->policies,
                                .now_ms = now_ms,
                                .exists = true,
                                .unconfirmed = unconfirmed,
                                .arena = scene->arena};
    effects_init(&out, scene->arena);
    assert_int_equal(sla_spec.decide(&in, state, &out), DONE);
    return out;
}

static void test_said_once(void **state) {
    const struct scene *scene = *state;
    int64_t due_ms = scene->opened_ms + 90 * DAY_MS;
    char id[100];
    snprintf(id, sizeof id, CASE ".closed.%lld", (long long)scene->opened_ms);
    for (int replica = 0; replica < 3; replica++) { /* the third was down for a month */
        int64_t now_ms = due_ms + replica * 15 * DAY_MS;
        struct sla_state silent = silent_case(scene, due_ms);
        struct effects out = wake(scene, &silent, now_ms, false);

        assert_int_equal(out.count, 2);
        assert_string_equal(out.at[0].type, "case.closed");
        assert_string_equal(out.at[0].id, id);
        assert_string_equal(out.at[0].subject, CASE);
        assert_true(out.at[0].time_ms == due_ms);
        assert_non_null(strstr(out.at[0].data, "\"automated\":true"));
        assert_string_equal(out.at[1].type, "sla.cancelled");
        assert_int_equal(silent.status, SLA_CLOSED);
        assert_true(silent.closed_at == due_ms);
        assert_true(silent.forget_at == silent.wake_at && silent.wake_at > now_ms);
    }
}

/* While intake stands still nobody knows whether the customer has written. */
static void test_not_unconfirmed(void **state) {
    const struct scene *scene = *state;
    int64_t due_ms = scene->opened_ms + 90 * DAY_MS;
    struct sla_state silent = silent_case(scene, due_ms);
    struct effects out = wake(scene, &silent, due_ms + 1, true);
    assert_int_equal(out.count, 0);
    assert_int_equal(silent.status, SLA_OPEN);
    assert_true(silent.wake_at > due_ms + 1); /* it does not turn */

    out = wake(scene, &silent, silent.wake_at, false);
    assert_int_equal(out.count, 2);
    assert_true(out.at[0].time_ms == due_ms);
}

static int64_t read_late(const struct scene *scene, struct sla_state *silent, const char *type,
                         const char *data, int64_t now_ms) {
    struct effects out;
    struct event ev = {.id = "e1",
                       .source = "/test",
                       .type = type,
                       .subject = CASE,
                       .time_ms = scene->opened_ms + DAY_MS,
                       .sequence = EVENT_NO_SEQUENCE};
    assert_int_equal(json_read(scene->arena, data, strlen(data), NULL, &ev.data, NULL), JSON_OK);
    const struct decision in = {.policies = &scene->policies,
                                .ev = &ev,
                                .now_ms = now_ms,
                                .exists = true,
                                .arena = scene->arena};
    effects_init(&out, scene->arena);
    assert_int_equal(sla_spec.decide(&in, silent, &out), DONE);
    assert_int_equal(out.count, 0);
    assert_int_equal(silent->status, SLA_OPEN);
    return silent->wake_at - now_ms;
}

/* A word that lay for a year is heard when it is read. */
static void test_late_word(void **state) {
    const struct scene *scene = *state;
    struct sla_state silent = silent_case(scene, 0);
    const char *data = "{\"case_id\":\"" CASE "\",\"by\":\"li\"}";
    int64_t left_ms =
        read_late(scene, &silent, "case.updated", data, scene->opened_ms + 400 * DAY_MS);
    assert_true(left_ms == 90 * DAY_MS);
}

/* An old silence that is learned of only now, as under a new policy, waits a little for what else
 * is about to be read.
 */
static void test_old_silence_settles(void **state) {
    const struct scene *scene = *state;
    struct sla_state silent = silent_case(scene, 0);
    const char *data =
        "{\"case_id\":\"" CASE
        "\",\"class\":\"other\",\"severity\":\"P3\",\"confidence\":0.5,\"rules_version\":\"1\"}";
    int64_t left_ms =
        read_late(scene, &silent, "case.classified", data, scene->opened_ms + 400 * DAY_MS);
    assert_true(left_ms == decision_settings(&(struct decision){.settings = NULL})->late_settle_ms);

    struct effects out = wake(scene, &silent, silent.wake_at, false);
    assert_string_equal(out.at[0].type, "case.closed");
    assert_true(out.at[0].time_ms == scene->opened_ms + 90 * DAY_MS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test_setup_teardown(test_said_once, begin, end),
        cmocka_unit_test_setup_teardown(test_not_unconfirmed, begin, end),
        cmocka_unit_test_setup_teardown(test_late_word, begin, end),
        cmocka_unit_test_setup_teardown(test_old_silence_settles, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
