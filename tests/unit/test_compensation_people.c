/* Who decides: reminders and the next level, what happens when nobody does, delegations with dates,
 * and budgets of a tenant, a class, a day or a month. */
#include "compensation_world.h"

#define POLICY_TEXT(more)                                                                          \
    "version: v\ncurrency: CNY\nsplit: {platform: 100}\napprove_within: 24h\nchoose_within: 3d\n"  \
    "keep_for: 1d\n"                                                                               \
    "approval:\n  - {by: policy, up_to: {CNY: 1000}}\n  - {by: agent, up_to: {CNY: 5000}}\n"       \
    "  - {by: manager, up_to: {CNY: 100000}}\n  - {by: finance, approvals: 2}\n"                   \
    "rules:\n  - {name: damaged, match: {class: [quality.damaged]}, options: [{option: A, "        \
    "remedies: [{kind: refund, percent: 10}]}]}\n"                                                 \
    "  - {name: other, options: [{option: A, remedies: [{kind: coupon, percent: 1}]}]}\n" more

/* An order of 299.00: 29.90 for who is damaged, 2.99 for others. */
static void begin(struct world *world, const char *policy, const char *class_name) {
    world_open_text(world, &compensation_spec, policy);
    open_case(world, "regular", ORDER_299);
    classify(world, class_name, "");
}

static void end_of_time(struct world *world) {
    world_wake(world, world->now_ms + 24 * HOUR_MS);
}

static void silence_has_a_stated_outcome(void **unused) {
    (void)unused;
    static const struct {
        const char *policy, *type, *text;
    } cases[] = {
        {POLICY_TEXT(""), "compensation.expired", "'reason':'not decided'"},
        {POLICY_TEXT("undecided: {then: expire}\n"), "compensation.expired", "not decided"},
        {POLICY_TEXT("undecided: {then: reject}\n"), "compensation.rejected", "not decided"},
        {POLICY_TEXT("undecided: {then: approve, up_to: {CNY: 2990}}\n"), "compensation.approved",
         "'by':['policy']"},
        {POLICY_TEXT("undecided: {then: approve, up_to: {CNY: 2989}}\n"), "compensation.expired",
         "not decided"},
        {POLICY_TEXT("undecided: {then: approve, up_to: {USD: 2990}}\n"), "compensation.expired",
         "not decided"},
        {POLICY_TEXT("undecided: {then: approve, up_to: {CNY: 9999}}\nbudgets: [{by: policy, "
                     "daily: {CNY: 2989}}]\n"),
         "compensation.expired", "not decided"},
        {POLICY_TEXT("undecided: {then: approve, up_to: {CNY: 9999}}\ncaps: {customer_monthly: "
                     "{CNY: 2989}, over: agent}\n"),
         "compensation.expired", "not decided"},
        {POLICY_TEXT("undecided: {then: approve, up_to: {CNY: 9999}}\nbudgets: [{name: damages, "
                     "class: ['quality.*'], monthly: {CNY: 2989}, over: agent}]\n"),
         "compensation.expired", "not decided"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        begin(&world, cases[i].policy, "quality.damaged");
        expect_status(&world, "awaiting_approval");
        end_of_time(&world);
        world_expect(&world, cases[i].type, cases[i].text);
        assert_int_equal(world.count, 1);
        if (strcmp(cases[i].type, "compensation.approved") != 0)
            assert_int_equal(world.claim_count, 0);
        world_close(&world);
    }
}

/* What a person asks for is never approved by silence. */
static void silence_gives_nobody_what_he_asks_for(void **unused) {
    (void)unused;
    struct world world;
    begin(&world, POLICY_TEXT("undecided: {then: approve, up_to: {CNY: 2990}}\n"), "other");
    request(&world, "li", "100");
    expect_status(&world, "awaiting_approval");
    end_of_time(&world);
    world_expect(&world, "compensation.expired", "not decided");
    world_close(&world);
}

static void reminds_then_goes_up(void **unused) {
    (void)unused;
    static const char policy[] = POLICY_TEXT(
        "escalate: [{after: 1h}, {after: 2h, up: 1}, {after: 3h, to: manager, up: 2}, {after: 4h, "
        "to: supervisor}]\n");
    static const char *const roles[] = {"agent", "manager", "finance", "supervisor"};
    struct world world;
    begin(&world, policy, "quality.damaged");
    for (size_t i = 0; i < LENGTH(roles); i++) {
        world_wake(&world, world.wake_at);
        world_expect(&world, "compensation.escalated", roles[i]);
    }
    world_close(&world);
}

#define AWAY(more)                                                                                 \
    "delegations: [{from: wang, to: li, role: manager, begins: '2026-11-22T18:30:00+08:00', "      \
    "ends: '2026-11-22T20:00:00+08:00'" more "}]\n"

static void by_manager(struct world *world, const char *policy, const char *proposer) {
    world_open_text(world, &compensation_spec, policy);
    open_case(world, "regular", ORDER_299);
    request(world, proposer, "20000");
    world_expect(world, "compensation.proposed", "'role':'manager'");
}

static void delegates_within_dates(void **unused) {
    (void)unused;
    static const struct {
        const char *policy, *proposer, *actor, *at, *refusal; /* NULL: it counts */
    } cases[] = {
        {POLICY_TEXT(AWAY("")), "zhao", "li", "2026-11-22T10:30:00Z", NULL},
        {POLICY_TEXT(AWAY("")), "zhao", "li", "2026-11-22T11:59:59Z", NULL},
        {POLICY_TEXT(AWAY("")), "zhao", "chen", "2026-11-22T10:30:00Z", "role_too_low"},
        {POLICY_TEXT(AWAY("")), "zhao", "li", "2026-11-22T10:29:59Z", "role_too_low"},
        {POLICY_TEXT(AWAY("")), "zhao", "li", "2026-11-22T12:00:00Z", "role_too_low"},
        {POLICY_TEXT(AWAY(", up_to: {CNY: 20000}")), "zhao", "li", "2026-11-22T11:00:00Z", NULL},
        {POLICY_TEXT(AWAY(", up_to: {CNY: 19999}")), "zhao", "li", "2026-11-22T11:00:00Z",
         "role_too_low"},
        {POLICY_TEXT(AWAY(", up_to: {USD: 99999}")), "zhao", "li", "2026-11-22T11:00:00Z",
         "role_too_low"},
        {POLICY_TEXT(AWAY("")), "wang", "li", "2026-11-22T11:00:00Z", "own_proposal"},
        {POLICY_TEXT(AWAY("")), "li", "li", "2026-11-22T11:00:00Z", "own_proposal"},
        {POLICY_TEXT(AWAY("")), "zhao", "c1", "2026-11-22T11:00:00Z", "own_proposal"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        by_manager(&world, cases[i].policy, cases[i].proposer);
        world.now_ms = world_time(cases[i].at);
        decide(&world, "decision.approved", P1, cases[i].actor, "agent", "");
        if (cases[i].refusal) {
            expect_refused(&world, cases[i].refusal);
        } else {
            world_expect(&world, "compensation.vote_counted", "'in_place_of':'wang'");
            expect_status(&world, "approved");
        }
        world_close(&world);
    }
}

/* Who takes somebody's place is that person, too: one voice, not two. */
static void one_voice_for_two(void **unused) {
    (void)unused;
    static const struct {
        const char *first, *first_role, *second, *second_role, *refusal;
    } cases[] = {
        {"li", "agent", "wang", "finance", "same_person"},
        {"wang", "finance", "li", "agent", "same_person"},
        {"li", "agent", "li", "finance", "same_person"},
        {"li", "agent", "chen", "finance", NULL},
    };
    static const char policy[] =
        POLICY_TEXT("delegations: [{from: wang, to: li, role: finance, begins: "
                    "'2026-11-20T00:00:00Z', ends: '2026-11-30T00:00:00Z'}]\n");
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        world_open_text(&world, &compensation_spec, policy);
        open_case(&world, "regular",
                  "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':900000}}");
        request(&world, "zhao", "800000");
        world_expect(&world, "compensation.proposed", "'role':'finance','approvals':2");
        approve(&world, cases[i].first, cases[i].first_role);
        world_expect(&world, "compensation.vote_counted", "'approvals':1");
        approve(&world, cases[i].second, cases[i].second_role);
        if (cases[i].refusal)
            expect_refused(&world, cases[i].refusal);
        else
            expect_status(&world, "approved");
        world_close(&world);
    }
}

/* Absences are not known when a case is opened: the file in force now says who is away. */
static void delegates_for_running_cases(void **unused) {
    (void)unused;
    struct world world, later;
    by_manager(&world, POLICY_TEXT(""), "zhao");
    world_open_text(&later, &compensation_spec, POLICY_TEXT(AWAY("")));
    later.version.version = "w";
    later.version.older = &world.version;
    world.policies.current = &later.version;
    world.now_ms += HOUR_MS;
    approve(&world, "li", "agent");
    world_expect(&world, "compensation.vote_counted", "'in_place_of':'wang'");
    world_expect_version(&world, "v");
    world_close(&later);
    world_close(&world);
}

/* ---- Budgets ---- */

#define DAY   "20261122"
#define MONTH "202611"
#define BUDGET(name, period)                                                                       \
    "budget\x1f" name "\x1f"                                                                       \
    "default\x1f"                                                                                  \
    "CNY\x1f" period

static void counts_by_tenant_class_and_period(void **unused) {
    (void)unused;
    static const struct {
        const char *row, *key, *class_name;
        int64_t claimed;  /* 299 within; -1: not counted */
        const char *role; /* NULL: policy approves */
    } cases[] = {
        {"{name: m, class: ['logistics.*'], monthly: {CNY: 299}, over: manager}",
         BUDGET("m", MONTH), "logistics.delayed", 299, NULL},
        {"{name: m, class: ['logistics.*'], monthly: {CNY: 298}, over: manager}",
         BUDGET("m", MONTH), "logistics.delayed", 0, "manager"},
        {"{name: m, class: ['logistics.*'], monthly: {CNY: 298}, over: manager}",
         BUDGET("m", MONTH), "service.attitude", 0, NULL},
        {"{name: d, daily: {CNY: 298}, over: finance}", BUDGET("d", DAY), "service.attitude", 0,
         "finance"},
        {"{name: d, tenant: [shop], daily: {CNY: 298}, over: finance}", BUDGET("d", DAY),
         "service.attitude", 0, NULL},
        {"{name: d, tenant: [default], daily: {CNY: 298}, over: finance}", BUDGET("d", DAY),
         "service.attitude", 0, "finance"},
        {"{name: p, by: policy, class: [service.attitude], monthly: {CNY: 298}}",
         BUDGET("p", MONTH), "service.attitude", 0, "agent"},
        {"{by: policy, daily: {CNY: 299}}, {name: p, by: policy, monthly: {CNY: 299}}",
         BUDGET("p", MONTH), "service.attitude", 299, NULL},
        {"{by: policy, daily: {CNY: 299}}, {name: p, by: policy, monthly: {CNY: 298}}",
         BUDGET("policy", DAY), "service.attitude", 0, "agent"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        char policy[4096];
        snprintf(policy, sizeof policy, "%sbudgets: [%s]\n", POLICY_TEXT(""), cases[i].row);
        begin(&world, policy, cases[i].class_name);
        assert_int_equal(world_claimed(&world, cases[i].key), cases[i].claimed);
        if (!cases[i].role) {
            expect_status(&world, "approved");
        } else {
            world_expect(&world, "compensation.proposed", cases[i].role);
            world_expect(&world, "compensation.proposed", "over the budget");
        }
        world_close(&world);
    }
}

/* What is approved beyond it counts, so that the next one sees it; what is rejected does not. */
static void counts_what_goes_beyond(void **unused) {
    (void)unused;
    static const char policy[] =
        POLICY_TEXT("budgets: [{name: m, monthly: {CNY: 100}, over: manager}]\n");
    struct world world;
    begin(&world, policy, "service.attitude");
    decide(&world, "decision.approved", P1, "wang", "agent", "");
    expect_refused(&world, "role_too_low");
    decide(&world, "decision.approved", P1, "wang", "manager", "");
    expect_status(&world, "approved");
    assert_int_equal(world_claimed(&world, BUDGET("m", MONTH)), 299);
    world_wake(&world, world.wake_at);
    expect_status(&world, "expired");
    assert_int_equal(world.claim_count, 0);
    world_close(&world);
}

static void refuses_rows_that_make_no_sense(void **unused) {
    (void)unused;
    static const char *const bad[] = {
        "budgets: [{by: policy}]\n",
        "budgets: [{by: policy, daily: {CNY: 1}, monthly: {CNY: 1}}]\n",
        "budgets: [{name: x, daily: {CNY: 1}}]\n",
        "budgets: [{daily: {CNY: 1}, over: manager}]\n",
        "budgets: [{name: x, class: [qualty.x], daily: {CNY: 1}, over: manager}]\n",
        "budgets: [{by: policy, daily: {CNY: 1}}, {by: policy, monthly: {CNY: 1}}]\n",
        "undecided: {then: approve}\n",
        "undecided: {then: reject, up_to: {CNY: 1}}\n",
        "settle: [{after: 1h}]\n",
        "settle: [{after: 1h, retry: true, kinds: [money]}]\n",
        "settle: [{after: 1h, retry: true, to: finance}]\n",
        "settle: [{after: 2h, retry: true}, {after: 1h, to: finance}]\n",
        "delegations: [{from: a, to: a, role: agent, begins: '2026-11-20T00:00:00Z', ends: "
        "'2026-11-21T00:00:00Z'}]\n",
        "delegations: [{from: a, to: b, role: agent, begins: '2026-11-20T00:00:00Z', ends: "
        "'2026-11-20T00:00:00Z'}]\n",
    };
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct arena *arena = arena_new();
        struct faults faults = {.arena = arena};
        struct err err = {{0}};
        const struct tree *file;
        const char *text = arena_printf(arena, "%s%s", POLICY_TEXT(""), bad[i]);
        void *policy;
        const char *version;
        if (yaml_read(arena, "policy", text, strlen(text), &file, &err)) fail_msg("%s", err.text);
        if (compensation_spec.load(file, ".", arena, &policy, &version, &faults) == 0)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(faults.count, 1);
        arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_has_a_stated_outcome),
        cmocka_unit_test(silence_gives_nobody_what_he_asks_for),
        cmocka_unit_test(reminds_then_goes_up),
        cmocka_unit_test(delegates_within_dates),
        cmocka_unit_test(one_voice_for_two),
        cmocka_unit_test(delegates_for_running_cases),
        cmocka_unit_test(counts_by_tenant_class_and_period),
        cmocka_unit_test(counts_what_goes_beyond),
        cmocka_unit_test(refuses_rows_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
