/* No text states a fact that its events do not hold: random cases, a thousand of them, and every
 * sentence that customers are told held against what has happened, as this test itself has counted
 * it: who was assigned and told, what was found, offered and chosen, which deadlines run. */
#include "notification_world.h"

enum { CASES = 1000, EVENTS = 40, PROPOSALS = 6, TARGETS = 5 };

static uint64_t seed = 0x9e3779b97f4a7c15;

static int pick(int count) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)(seed >> 33) % count;
}

static bool chance(int percent) {
    return pick(100) < percent;
}

/* ---- What has happened, counted anew ---- */

struct proposal {
    bool approved;
    int options;     /* amounts of option i of proposal p: (p * 10 + i) * 1000.00 */
    bool shared;     /* the customer bears a share */
    bool needs_back; /* an exchange: it needs the goods */
    int64_t choose_by;
    int chosen; /* 0: none, else the option's number from 1 */
};
struct target {
    bool runs;
    int64_t cycle, due_at;
};
static const char *const target_names[TARGETS] = {"first_contact", "resolution", "next_reply",
                                                  "next_update", "refund_settlement"};
static struct {
    bool assigned, assessed, urgent, gravest, complains, classified, escalated, reopened, over,
        withdrawn;
    bool told_finance, told_quality, told_warehouse, told_supervisor;
    struct proposal proposals[PROPOSALS];
    struct target targets[TARGETS];
    int repeats, assignments;
    int64_t heard_at;
    struct texts letters; /* ids of messages, each sent once */
} so;

static struct world world;

static const char *rfc(int64_t ms) {
    static char texts[8][CLOCK_TEXT_MAX];
    static int next;
    next = (next + 1) % 8;
    return clock_format(ms, texts[next]);
}

/* ---- Events ---- */

static void do_classify(void) {
    static const char *const classes[] = {"quality.flaw", "order.missing_items",
                                          "logistics.delayed", "service.attitude"};
    int severity = 1 + pick(4);
    bool asks = chance(30);
    char name[4];

    snprintf(name, sizeof name, "P%d", asks ? 4 : severity);
    classify_as(&world, asks ? "inquiry.product" : classes[pick(4)], name,
                asks         ? "'question'"
                : chance(30) ? "'excessive_demand'"
                : chance(30) ? "'evidence_missing'"
                             : "");
    so.classified = true;
    if (asks) return;
    so.complains = true;
    so.urgent |= severity <= 2;
    so.gravest |= severity == 1;
}

static void do_assign(void) {
    world_event(&world, "case.assigned", "{" IN_CASE ",'to':'lin'}");
    so.assigned = true;
}

static void do_assess(void) {
    world_event(&world, "case.assessed", "{" IN_CASE ",'finding':'x','by':'lab'}");
    so.assessed = true;
}

static void do_start(void) {
    int i = pick(TARGETS);
    struct target *target = &so.targets[i];

    if (!target->runs) target->cycle = world.now_ms;
    target->runs = true;
    target->due_at = chance(15) ? 0 : world.now_ms + (pick(200) - 20) * 60000;
    const char *due = "";
    if (target->due_at) due = arena_printf(world.arena, ",'due_at':'%s'", rfc(target->due_at));
    world_event(&world, "sla.started",
                "{" IN_CASE ",'policy':'p','policy_version':'1','targets':[{'name':'%s','cycle':"
                "'%s'%s}]}",
                target_names[i], rfc(target->cycle), due);
}

static void do_end(void) {
    int i = pick(TARGETS);
    struct target *target = &so.targets[i];

    if (!target->runs) return;
    target->runs = false;
    world_event(&world, "sla.cancelled",
                "{" IN_CASE ",'target':'%s','cycle':'%s','cause':'policy'}", target_names[i],
                rfc(target->cycle));
}

static void do_breach(void) {
    int i = pick(TARGETS);
    struct target *target = &so.targets[i];

    if (!target->runs || !target->due_at || target->due_at > world.now_ms) return;
    world_event(&world, "sla.breached",
                "{" IN_CASE ",'target':'%s','cycle':'%s','due_at':'%s','breached_at':'%s'}",
                target_names[i], rfc(target->cycle), rfc(target->due_at), rfc(world.now_ms));
}

static void do_escalate(void) {
    world_event(&world, "sla.escalated",
                "{" IN_CASE ",'target':'resolution'," CYCLE ",'level':%d,'to':'supervisor'}",
                1 + pick(9));
    so.escalated = true;
}

static void do_repeat(void) {
    world_event(&world, "case.repeated",
                "{" IN_CASE ",'repeats':%d,'channel':'im','customer':{'id':'c1','tier':'vip'},"
                "'text':'y'}",
                ++so.repeats);
    so.heard_at = world.now_ms;
}

static void do_resolve(void) {
    world_event(&world, "case.resolved", "{" IN_CASE ",'by':'li'}");
    so.over = true;
}

static void do_reopen(void) {
    if (!so.over) return;
    so.over = false;
    so.reopened = true;
    so.escalated = false;
    world_event(&world, "case.reopened", "{" IN_CASE ",'by':'li'}");
}

static const char *option_json(int proposal, int option) {
    const struct proposal *of = &so.proposals[proposal];
    int minor = (proposal * 10 + option) * 100000;
    const char *share = "";
    if (of->shared) share = ",'customer':{'currency':'CNY','minor':100}";
    return arena_printf(world.arena,
                        "{'option':'%c','remedies':[{'kind':'coupon','amount':{'currency':'CNY',"
                        "'minor':%d}}%s],'cost':{'currency':'CNY','minor':%d},'split':{'platform':{"
                        "'currency':'CNY','minor':%d}%s}}",
                        'A' + option - 1, minor, of->needs_back ? ",{'kind':'exchange'}" : "",
                        minor, minor, share);
}

static void do_approve(void) {
    int i = 1 + pick(PROPOSALS - 1);
    struct proposal *proposal = &so.proposals[i];

    if (proposal->approved) return;
    *proposal = (struct proposal){.approved = true,
                                  .options = 1 + pick(2),
                                  .shared = chance(30),
                                  .needs_back = chance(30),
                                  .choose_by = world.now_ms + 3 * 24 * HOUR_MS};
    const char *options = option_json(i, 1);
    if (proposal->options == 2)
        options = arena_printf(world.arena, "%s,%s", options, option_json(i, 2));
    world_event(&world, "compensation.approved",
                "{" IN_CASE ",'proposal_id':'" WORLD_CASE
                ".%d','options':[%s],'choose_by':'%s','by':['policy']}",
                i, options, rfc(proposal->choose_by));
}

static void do_choose(void) {
    int i = 1 + pick(PROPOSALS - 1);
    struct proposal *proposal = &so.proposals[i];

    if (!proposal->approved || proposal->chosen) return;
    proposal->chosen = 1 + pick(proposal->options);
    world_event(&world, "compensation.chosen",
                "{" IN_CASE ",'proposal_id':'" WORLD_CASE ".%d','option':'%c'}", i,
                'A' + proposal->chosen - 1);
}

static void do_outcome(void) {
    static const char *const outcomes[][2] = {
        {"settled", ",'settlements':[{'settlement_id':'x.1'}]"},
        {"failed", ",'settlements':[{'settlement_id':'x.1'}]"},
        {"withdrawn", ",'reason':'reclassified'"},
        {"expired", ",'reason':'not chosen'"},
        {"rejected", ",'role':'manager','reason':'x'"}};
    int which = pick(5);
    world_event(&world, arena_printf(world.arena, "compensation.%s", outcomes[which][0]),
                "{" IN_CASE ",'proposal_id':'" WORLD_CASE ".%d'%s}", 1 + pick(PROPOSALS - 1),
                outcomes[which][1]);
}

static void do_task(void) {
    world_event(&world, chance(50) ? "task.started" : "task.done",
                "{" IN_CASE ",'task':'inspection','by':'lab'}");
}

static void do_score(void) {
    world_event(&world, "visit.scored", "{" IN_CASE ",'score':%d}", 1 + pick(5));
    so.heard_at = world.now_ms;
}

/* A gateway's word on any message of the case: in time, late, twice, or on one that failed. */
static void do_report(void) {
    if (!so.letters.count) return;
    const char *id = so.letters.at[pick(so.letters.count)];
    if (chance(50))
        world_event(&world, "delivery.done", "{" IN_CASE ",'notification_id':'%s'}", id);
    else
        world_event(&world, "delivery.failed",
                    "{" IN_CASE ",'notification_id':'%s','reason':'x','temporary':%s}", id,
                    chance(50) ? "true" : "false");
}

static void (*const deeds[])(void) = {
    do_classify, do_assign,   do_assess,  do_start,  do_start,   do_start,  do_end,     do_breach,
    do_breach,   do_escalate, do_repeat,  do_repeat, do_resolve, do_reopen, do_approve, do_approve,
    do_choose,   do_outcome,  do_outcome, do_task,   do_score,   do_report, do_report,  do_report};

/* ---- What was said ---- */

static bool is_from(const char *id, const char *text) {
    return strncmp(id + strlen(WORLD_CASE) + 1, text, strlen(text)) == 0;
}

static void check_claims(const char *body) {
    const struct {
        const char *says;
        bool is_so;
    } claims[] = {
        {"专人", so.assigned},         {"核查", so.assessed},
        {"检测结果", so.assessed},     {"优先", so.urgent},
        {"加急", so.urgent},           {"升级", so.escalated},
        {"转给质检", so.told_quality}, {"转给仓库", so.told_warehouse},
        {"已请财务", so.told_finance}, {"已报告主管", so.told_supervisor},
        {"重新受理", so.reopened},
    };
    for (size_t i = 0; i < LENGTH(claims); i++)
        if (strstr(body, claims[i].says) && !claims[i].is_so)
            fail_msg("\"%s\" is not so: %s", claims[i].says, body);
}

/* Nobody is sorry for a question. */
static void check_manners(const char *id, const char *body) {
    static const char *const about_offers[] = {"choice_refused", "settlement_trouble",
                                               "decided_otherwise", "low_score", "refund_chase"};
    for (size_t i = 0; i < LENGTH(about_offers); i++)
        if (is_from(id, about_offers[i])) return;
    bool sorry = strstr(body, "抱歉") || strstr(body, "致歉") || strstr(body, "不对");
    if (sorry && so.classified && !so.complains && !strstr(body, "让您久等"))
        fail_msg("an apology to who asks: %s", body);
}

/* Amounts are those of the proposal in the message's id. */
static void check_amounts(const char *id, const char *body) {
    static const char yen[] = "¥";
    /* <case>.<text>.<number>[.<attempt>] */
    const char *dot = strchr(id + strlen(WORLD_CASE) + 1, '.');
    int number = dot ? atoi(dot + 1) : 0;

    for (const char *at = body; (at = strstr(at, yen)); at += strlen(yen)) {
        int amount = 0;
        for (const char *digit = at + strlen(yen); *digit != '.'; digit++)
            if (*digit != ',') amount = amount * 10 + (*digit - '0');
        if (amount == 1) continue; /* the customer's share */
        assert_in_range(number, 1, PROPOSALS - 1);
        const struct proposal *proposal = &so.proposals[number];
        int option = amount / 1000 - number * 10;
        if (!proposal->approved || option < 1 || option > proposal->options)
            fail_msg("an amount of another proposal: %s: %s", id, body);
        if (is_from(id, "settled") || is_from(id, "chosen"))
            assert_int_equal(option, proposal->chosen);
    }
    if (strstr(body, "任选其一")) assert_int_equal(so.proposals[number].options, 2);
    /* Of an offer that was made before the last four nothing is kept. */
    if (is_from(id, "offer") || (is_from(id, "chosen") && strstr(body, yen)))
        assert_int_equal(strstr(body, "由您承担") != NULL, so.proposals[number].shared);
    if (strstr(body, "无需再做")) {
        assert_false(so.proposals[number].shared);
        assert_false(so.proposals[number].needs_back);
    }
}

/* Minutes of the day in the reader's zone, which is always eight hours ahead of UTC. */
static int minute_of(int64_t ms) {
    return (int)((ms + 8 * HOUR_MS) / 60000 % (24 * 60));
}

static bool is_night(int64_t ms) {
    return minute_of(ms) < 8 * 60 || minute_of(ms) >= 21 * 60;
}

/* A deadline in the night is told as the morning after it, a contact an hour later. */
static bool is_morning_of(int64_t said, int64_t due_ms, bool contact) {
    int at = contact ? 9 * 60 : 8 * 60;
    return !so.gravest && is_night(due_ms - 1) && minute_of(said) == at && said > due_ms &&
           said - due_ms < 13 * HOUR_MS;
}

/* Nobody is woken but by P1, or has just written. */
static void check_hour(const char *id) {
    bool awake = !is_night(world.now_ms) || so.heard_at + 10 * 60000 > world.now_ms;
    if (!awake && !so.gravest) fail_msg("%s at %s: he sleeps", id, rfc(world.now_ms));
}

/* A time that is said lies ahead, and comes from a deadline that runs, the offer, or the policy. */
static void check_times(const char *id, const char *body) {
    static const char *const of_the_past[] = {"apology", "progress"};
    int month, day, hour, minute;

    for (size_t i = 0; i < LENGTH(of_the_past); i++)
        if (is_from(id, of_the_past[i])) return;
    for (const char *at = body; (at = strstr(at, "月")); at += 3) {
        const char *start = at;
        while (start > body && start[-1] >= '0' && start[-1] <= '9') start--;
        if (sscanf(start, "%d月%d日 %d:%d", &month, &day, &hour, &minute) != 4) continue;
        int64_t said = world_time(arena_printf(world.arena, "2026-%02d-%02dT%02d:%02d:00+08:00",
                                               month, day, hour, minute));
        if (said + 60000 <= world.now_ms) fail_msg("%s: a time that is over: %s", id, start);
        bool known = said > world.now_ms + 6 * 24 * HOUR_MS; /* for answers */
        bool late = false;
        for (int i = 0; i < TARGETS; i++) {
            const struct target *target = &so.targets[i];
            if (!target->runs || !target->due_at) continue;
            known |= target->due_at / 60000 == said / 60000;
            known |= is_morning_of(said, target->due_at, i == 0 || i == 2);
            late |= (i == 0 || i == 2) && target->due_at <= world.now_ms;
        }
        for (int i = 0; i < PROPOSALS; i++)
            known |= so.proposals[i].choose_by / 60000 == said / 60000;
        if (!known && !late && !is_from(id, "chosen"))
            fail_msg("%s at %s: nobody promised %s", id, rfc(world.now_ms), start);
    }
}

/* No message goes out twice under one id; each is asked for in the log. */
static void check_once(const struct output *request, const struct output *delivery) {
    if (texts_has(&so.letters, delivery->id)) fail_msg("%s: twice", delivery->id);
    texts_add(&so.letters, delivery->id, world.arena);
    assert_string_equal(request->type, "notification.requested");
    if (!strstr(request->data, delivery->id)) fail_msg("%s: not asked for", delivery->id);
}

/* Whatever was to be said is said in the end, or it is said why not. */
static void check_nothing_waits(void) {
    const struct notification_state *state = world_state(&world);
    for (int i = 0; i < 100 && world.wake_at && state->waiting.count + state->retries.count; i++) {
        world_wake(&world, world.wake_at);
        state = world_state(&world);
    }
    assert_int_equal(state->waiting.count, 0);
    assert_int_equal(state->retries.count, 0);
}

/* Colleagues first: what customers hear may be that they were told. */
static void check_outputs(void) {
    for (int i = 0; i < world.count; i++) {
        const struct output *output = &world.outputs[i];
        if (strcmp(output->type, "notification.requested") == 0) {
            so.told_finance |= strstr(output->data, "\"audience\":\"finance\"") != NULL;
            so.told_quality |= strstr(output->data, "\"audience\":\"quality\"") != NULL;
            so.told_warehouse |= strstr(output->data, "\"audience\":\"warehouse\"") != NULL;
            so.told_supervisor |= strstr(output->data, "\"audience\":\"supervisor\"") != NULL;
        }
        if (strcmp(output->type, "delivery.requested") == 0)
            check_once(&world.outputs[i - 1], output);
        if (i == 0 || strcmp(output->type, "delivery.requested") != 0 ||
            !strstr(world.outputs[i - 1].data, "\"audience\":\"customer\""))
            continue;
        check_hour(output->id);
        check_claims(output->data);
        check_manners(output->id, output->data);
        check_amounts(output->id, output->data);
        check_times(output->id, output->data);
    }
}

static void begin_case(void) {
    world_open(&world, &notification_spec, POLICY);
    tell_one_by_one(&world);
    struct message_policy *policy = own_policy(&world);
    policy->customer_daily = 0; /* as much as there is to say */
    policy->report_within = 2 * HOUR_MS;
    memset(&so, 0, sizeof so);
    so.heard_at = world.now_ms;
}

static void random_cases_are_told_the_truth(void **unused) {
    (void)unused;
    int said = 0;

    for (int number = 0; number < CASES; number++) {
        begin_case();
        world_event(&world, "case.opened",
                    "{" IN_CASE ",'opened_at':'2026-11-22T10:00:00Z','channel':'im','customer':{"
                    "'id':'c1','tier':'vip'},'text':'x'}");
        for (int i = 0; i < EVENTS; i++) {
            world.now_ms += pick(20) * 60000 + pick(60000);
            if (chance(5)) world.now_ms += pick(8) * HOUR_MS; /* into the night, and out of it */
            world.count = 0;
            if (world.wake_at && world.wake_at <= world.now_ms)
                world_fold(&world, NULL);
            else
                deeds[pick((int)LENGTH(deeds))]();
            check_outputs();
            said += world_count(&world, "delivery.requested");
        }
        check_nothing_waits();
        world_close(&world);
    }
    print_message("  %d messages\n", said);
    assert_in_range(said, CASES * 5, CASES * EVENTS * 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_cases_are_told_the_truth)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
