/* Compensation: who approves, every refusal, settlement once, time, what is kept and for how long.
 */
#include "compensation_world.h"

static void refuses_what_does_not_count(void **unused) {
    (void)unused;
    struct world world;
    open_waiting(&world);
    decide(&world, "decision.approved", WORLD_CASE ".2", "wang", "supervisor", "");
    expect_refused(&world, "'reason':'unknown_proposal'");
    decide(&world, "decision.approved", "elsewhere", "wang", "supervisor", "");
    expect_refused(&world, "'proposal_id':'elsewhere'");
    decide(&world, "decision.approved", P1, "wang", "supervisor", ",'option':'Z'");
    expect_refused(&world, "'reason':'wrong_option'");
    decide(&world, "decision.rejected", P1, "wang", "supervisor", ",'option':'Z','reason':'no'");
    expect_refused(&world, "'reason':'wrong_option'");
    approve(&world, "li", "agent");
    expect_refused(&world, "'reason':'role_too_low'");
    decide(&world, "decision.rejected", P1, "li", "agent", ",'reason':'no'");
    expect_refused(&world, "'reason':'role_too_low'");
    choose(&world, P1, "A"); /* not offered yet */
    expect_refused(&world, "'reason':'unknown_proposal'");
    world.event_id = "d-77";
    approve(&world, "wang", "agent");
    expect_refused(&world, "'decision':{'source':'/test','id':'d-77'}");
    world.event_id = NULL;
    approve(&world, "wang", "supervisor");
    expect_status(&world, "approved");
    approve(&world, "zhao", "manager");
    expect_refused(&world, "'reason':'already_decided'");
    decide(&world, "decision.rejected", P1, "zhao", "manager", ",'reason':'no'");
    expect_refused(&world, "'reason':'already_decided'");
    choose(&world, P1, "C");
    expect_refused(&world, "'reason':'wrong_option'");
    choose(&world, P1, "A");
    expect_status(&world, "chosen");
    choose(&world, P1, "B");
    expect_refused(&world, "'reason':'already_decided'");
    assert_int_equal(world_count(&world, "settlement.ordered"), 0);
    request(&world, "li", "5000");
    decide(&world, "decision.approved", P1, "wang", "supervisor", "");
    expect_refused(&world, "'reason':'already_decided'");
    world_close(&world);
}

static void refuses_for_an_unknown_case(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    approve(&world, "wang", "supervisor");
    expect_refused(&world, "'reason':'unknown_proposal'");
    assert_false(world.exists);
    choose(&world, P1, "A");
    expect_refused(&world, "'reason':'unknown_proposal'");
    settle(&world, "settlement.done", P1 ".1");
    assert_int_equal(world.count, 0);
    assert_false(world.exists);
    world_close(&world);
}

static void counts_two_people(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular",
              "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':600000}}");
    classify(&world, "quality.damaged", "");
    world_expect(&world, "compensation.proposed", "'needs':{'role':'finance','approvals':2}");
    approve(&world, "li", "manager");
    expect_refused(&world, "'reason':'role_too_low'");
    approve(&world, "chen", "finance");
    world_expect(&world, "compensation.vote_counted", "'actor':'chen','approvals':1,'required':2");
    assert_int_equal(world.count, 1);
    assert_string_equal(world_pair(&world, "approvals"), "1");
    approve(&world, "chen", "finance");
    expect_refused(&world, "'reason':'same_person'");
    approve(&world, "zhou", "finance");
    world_expect(&world, "compensation.vote_counted", "'approvals':2,'required':2");
    world_expect(&world, "compensation.approved", "'by':['chen','zhou']");
    world_close(&world);
}

static void narrows_to_the_option_named(void **unused) {
    (void)unused;
    struct world world;
    open_waiting(&world);
    decide(&world, "decision.approved", P1, "wang", "supervisor", ",'option':'B'");
    world_expect(&world, "compensation.approved", "'option':'B'");
    assert_null(strstr(world_find(&world, "compensation.approved")->data, "\"option\":\"A\""));
    choose(&world, P1, "A");
    expect_refused(&world, "'reason':'wrong_option'");
    choose(&world, P1, "B");
    expect_status(&world, "chosen");
    assert_string_equal(world_pair(&world, "option"), "B");
    world_close(&world);
}

static void takes_a_persons_offer(void **unused) {
    (void)unused;
    struct world world;
    open_waiting(&world);
    request(&world, "li", "5000");
    world_expect(&world, "compensation.withdrawn", "'reason':'superseded'");
    world_expect(&world, "compensation.proposed", "'proposal_id':'" P2 "'");
    world_expect(&world, "compensation.proposed",
                 "'needs':{'role':'agent','approvals':1}"); /* policy would approve its own, not a
                                                               person's */
    decide(&world, "decision.approved", P2, "li", "finance", "");
    expect_refused(&world, "'reason':'own_proposal'");
    decide(&world, "decision.approved", P2, "wang", "agent", "");
    world_expect(&world, "compensation.approved", "'by':['wang']");
    choose(&world, P2, "A");
    assert_string_equal(world_find(&world, "settlement.ordered")->id, P2 ".1");
    world_close(&world);
}

/* He is an agent, and a customer, too. */
static void refuses_who_benefits(void **unused) {
    (void)unused;
    struct world world;
    open_waiting(&world);
    approve(&world, "c1", "finance");
    expect_refused(&world, "'reason':'own_proposal'");
    approve(&world, "wang", "supervisor");
    expect_status(&world, "approved");
    world_close(&world);
}

static void takes_back_a_persons_offer(void **unused) {
    (void)unused;
    struct world world;
    open_waiting(&world);
    request(&world, "li", "29900");
    decide(&world, "decision.rejected", P2, "li", "agent", ",'reason':'a mistake'");
    world_expect(&world, "compensation.rejected", "'reason':'a mistake'");
    expect_status(&world, "rejected");
    assert_int_equal(world.claim_count, 0);
    world_close(&world);
}

static void refuses_offers_that_are_none(void **unused) {
    (void)unused;
    static const char *const options[] = {
        "{'option':'A','remedies':[{'kind':'refund','amount':{'currency':'USD','minor':100}}],'"
        "cost':{'currency':'CNY','minor':100},'split':{'platform':{'currency':'CNY','minor':100}}}",
        "{'option':'A','remedies':[{'kind':'apology'}],'cost':{'currency':'CNY','minor':0},'split':"
        "{}},{'option':'A','remedies':[{'kind':'apology'}],'cost':{'currency':'CNY','minor':0},'"
        "split':{}}",
        /* Nothing. */
        "{'option':'A','remedies':[{'kind':'refund','amount':{'currency':'CNY','minor':0}}],'cost':"
        "{'currency':'CNY','minor':100},'split':{}}",
        /* Together more than an amount may be. */
        "{'option':'A','remedies':[{'kind':'refund','amount':{'currency':'CNY','minor':"
        "999999999999999}},{'kind':'coupon','amount':{'currency':'CNY','minor':1}}],'cost':{'"
        "currency':'CNY','minor':1},'split':{'platform':{'currency':'CNY','minor':1}}}",
    };
    for (size_t i = 0; i < LENGTH(options); i++) {
        struct world world;
        open_waiting(&world);
        world_event(&world, "compensation.requested",
                    "{'case_id':'" WORLD_CASE
                    "','actor':'li','role':'agent','reason':'x','options':[%s]}",
                    options[i]);
        expect_refused(&world, "'reason':'wrong_option'");
        expect_status(&world, "awaiting_approval");
        world_close(&world);
    }
}

/* Saying that it costs little does not make it so. */
static void computes_costs_itself(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular",
              "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':85000}}");
    classify(&world, "quality.damaged", "");
    world_event(
        &world, "compensation.requested",
        "{'case_id':'" WORLD_CASE
        "','actor':'li','role':'agent','reason':'x','options':[{'option':'A','remedies':[{'kind':'"
        "refund','amount':{'currency':'CNY','minor':80001}},{'kind':'coupon','amount':{'currency':'"
        "CNY','minor':2}}],'cost':{'currency':'CNY','minor':1},'split':{'platform':{'currency':'"
        "CNY','minor':50},'carrier':{'currency':'CNY','minor':50}}}]}");
    world_expect(&world, "compensation.proposed", "'cost':{'currency':'CNY','minor':80003}");
    world_expect(&world, "compensation.proposed",
                 "'split':{'platform':{'currency':'CNY','minor':40002},'carrier':{'currency':'CNY',"
                 "'minor':40001}}");
    /* No more than 850.00 may be paid back, and what .1 held of it goes back. */
    world_expect(&world, "compensation.proposed", "'role':'supervisor'");
    world_close(&world);
}

static void settles_once(void **unused) {
    (void)unused;
    struct world world;
    open_approved(&world);
    world.event_id = "choice";
    choose(&world, P1, "A");
    assert_int_equal(world_count(&world, "settlement.ordered"), 2);
    choose(&world, P1, "A"); /* the same event once more */
    assert_int_equal(world.count, 0);
    assert_true(world.unchanged);
    world.event_id = NULL;
    choose(&world, P1, "A");
    expect_refused(&world, "'reason':'already_decided'");
    settle(&world, "settlement.done", P1 ".1");
    assert_int_equal(world.count, 0);
    expect_status(&world, "settling");
    settle(&world, "settlement.done", P1 ".1");
    assert_true(world.unchanged);
    settle(&world, "settlement.done", P1 ".9");
    assert_true(world.unchanged);
    settle(&world, "settlement.failed", P1 ".1"); /* late: it is done */
    assert_true(world.unchanged);
    settle(&world, "settlement.done", P1 ".2");
    world_expect(&world, "compensation.settled",
                 "'settlements':[{'settlement_id':'" P1
                 ".1','reference':'R-1.1'},{'settlement_id':'" P1 ".2','reference':'R-1.2'}]");
    expect_status(&world, "settled");
    settle(&world, "settlement.failed", P1 ".2");
    expect_status(&world, "settled");
    world_close(&world);
}

static void mends_a_failed_settlement(void **unused) {
    (void)unused;
    struct world world;
    open_approved(&world);
    choose(&world, P1, "A");
    settle(&world, "settlement.failed", P1 ".1");
    assert_int_equal(world.count, 0);
    settle(&world, "settlement.failed", P1 ".2");
    world_expect(&world, "compensation.failed", P1 ".2");
    expect_status(&world, "failed");
    settle(&world, "settlement.done", P1 ".1");
    assert_int_equal(world.count, 0); /* it has failed once already */
    settle(&world, "settlement.done", P1 ".2");
    world_expect(&world, "compensation.settled", P1 ".1");
    expect_status(&world, "settled");
    world_close(&world);
}

static void changes_nothing_by_copies(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular",
              "{'id':'A1','status':'signed','amount':{'currency':'CNY','minor':600000}}");
    classify(&world, "quality.damaged", "");
    world.event_id = "v-1";
    approve(&world, "chen", "finance");
    assert_int_equal(world.count, 1);
    approve(&world, "chen", "finance");
    assert_int_equal(world.count, 0);
    assert_true(world.unchanged);
    world.event_id = "r-1";
    approve(&world, "chen", "finance");
    expect_refused(&world, "same_person");
    approve(&world, "chen", "finance");
    assert_int_equal(world.count, 0);
    world_close(&world);
}

static void reminds_and_expires(void **unused) {
    (void)unused;
    struct world world;
    open_waiting(&world);
    int64_t start = world.now_ms;
    assert_int_equal(world.wake_at, start + 4 * HOUR_MS);
    assert_int_equal(strtoll(world_pair(&world, "approve_by"), NULL, 10), start + 24 * HOUR_MS);
    world_wake(&world, world.wake_at);
    world_expect(&world, "compensation.escalated", "'role':'supervisor'");
    assert_int_equal(world.count, 1);
    assert_int_equal(world.wake_at, start + 12 * HOUR_MS);
    world_wake(&world, world.wake_at);
    world_expect(&world, "compensation.escalated", "'role':'manager'");
    assert_int_equal(world.wake_at, start + 24 * HOUR_MS);
    world_wake(&world, world.wake_at);
    world_expect(&world, "compensation.expired", "'reason':'not decided'");
    expect_status(&world, "expired");
    assert_int_equal(world.wake_at, 0);
    assert_int_equal(world.claim_count, 0); /* what it held is given back */
    assert_null(world_pair(&world, "approve_by"));
    approve(&world, "wang", "supervisor");
    expect_refused(&world, "'reason':'expired'");
    world_close(&world);
}

/* All that became due while nobody looked comes in its order. */
static void catches_up_after_a_long_sleep(void **unused) {
    (void)unused;
    struct world world;
    open_waiting(&world);
    world_wake(&world, world.now_ms + 48 * HOUR_MS);
    assert_int_equal(world.count, 3);
    assert_string_equal(world.outputs[0].id, P1 ".escalated.1");
    assert_string_equal(world.outputs[1].id, P1 ".escalated.2");
    assert_string_equal(world.outputs[2].id, P1 ".expired");
    world_close(&world);
}

/* Folding an event never expires anything, but what the log took after the end does not count: and
 * what it took before does, however late it is folded. */
static void counts_decisions_by_the_log(void **unused) {
    (void)unused;
    static const struct {
        int64_t folded_ms, logged_ms; /* after the beginning of the period */
        bool counts;
    } cases[] = {
        {23 * HOUR_MS, 23 * HOUR_MS, true},    {24 * HOUR_MS - 1, 24 * HOUR_MS - 1, true},
        {24 * HOUR_MS, 24 * HOUR_MS, false},   {30 * HOUR_MS, 24 * HOUR_MS - 1, true},
        {30 * HOUR_MS, 24 * HOUR_MS, false},   {30 * HOUR_MS, 30 * HOUR_MS, false},
        {1000 * HOUR_MS, 24 * HOUR_MS, false}, {1000 * HOUR_MS, 1, true},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world world;
        open_waiting(&world);
        world.now_ms += cases[i].folded_ms;
        world.log_age_ms = cases[i].folded_ms - cases[i].logged_ms;
        if (!cases[i].counts) {
            decide(&world, "decision.rejected", P1, "wang", "supervisor", ",'reason':'no'");
            expect_refused(&world, "'reason':'expired'");
        }
        approve(&world, "wang", "supervisor");
        if (!cases[i].counts) {
            expect_refused(&world, "'reason':'expired'");
            expect_status(&world, "awaiting_approval");
            world_wake(&world, world.now_ms);
            assert_non_null(world_find(&world, "compensation.expired"));
            assert_int_equal(world.claim_count, 0);
        } else {
            expect_status(&world, "approved");
            assert_int_equal(world.wake_at, world.now_ms + 72 * HOUR_MS);
        }
        world_close(&world);
    }
}

/* The customer's choice, too. */
static void counts_choices_by_the_log(void **unused) {
    (void)unused;
    struct world world;
    open_approved(&world);
    world.now_ms += 80 * HOUR_MS;
    world.log_age_ms = 8 * HOUR_MS;
    choose(&world, P1, "A");
    expect_refused(&world, "'reason':'expired'");
    assert_int_equal(world_count(&world, "settlement.ordered"), 0);
    world.log_age_ms = 8 * HOUR_MS + 1;
    choose(&world, P1, "A");
    expect_status(&world, "chosen");
    world_close(&world);

    open_approved(&world);
    world_wake(&world, world.wake_at);
    world_expect(&world, "compensation.expired", "'reason':'not chosen'");
    choose(&world, P1, "A");
    expect_refused(&world, "'reason':'expired'");
    assert_int_equal(world.claim_count, 0);
    world_close(&world);
}

static void withdraws_what_was_not_chosen(void **unused) {
    (void)unused;
    static const char withdrawn[] = "{'case_id':'" WORLD_CASE "','reason':'duplicate','by':'li'}";
    struct world world;
    open_approved(&world);
    world_event(&world, "case.withdrawn", "%s", withdrawn);
    world_expect(&world, "compensation.withdrawn", "'reason':'duplicate'");
    expect_status(&world, "withdrawn");
    assert_int_equal(world.claim_count, 0);
    choose(&world, P1, "A");
    expect_refused(&world, "'reason':'already_decided'");
    request(&world, "li", "100");
    expect_refused(&world, "'reason':'already_decided'");
    classify(&world, "quality.flaw", "");
    assert_int_equal(world.count, 0);
    world_close(&world);

    open_approved(&world);
    choose(&world, P1, "B");
    world_event(&world, "case.withdrawn", "%s", withdrawn);
    assert_int_equal(world.count, 0); /* what was chosen goes on */
    settle(&world, "settlement.done", P1 ".1");
    world_expect(&world, "compensation.settled", P1);
    world_close(&world);
}

static void forgets_closed_cases(void **unused) {
    (void)unused;
    static const char closed[] = "{'case_id':'" WORLD_CASE "','by':'li'}";
    struct world world;
    open_approved(&world);
    choose(&world, P1, "B");
    world_event(&world, "case.closed", "%s", closed);
    assert_int_equal(world.wake_at, world.now_ms + 4 * HOUR_MS); /* a settlement is out */
    settle(&world, "settlement.done", P1 ".1");
    assert_int_equal(world.wake_at, world.now_ms + 90 * 24 * HOUR_MS);
    world_event(&world, "case.reopened", "%s", closed);
    assert_int_equal(world.wake_at, 0);
    world_event(&world, "case.closed", "%s", closed);
    world_wake(&world, world.wake_at);
    assert_true(world.forgotten);
    assert_false(world.exists);
    world_close(&world);

    open_world(&world);
    open_case(&world, "regular", NULL);
    world_event(&world, "case.closed", "%s", closed);
    world_wake(&world, world.wake_at);
    assert_true(world.forgotten);
    world_close(&world);
}

static void keeps_personal_data_apart(void **unused) {
    (void)unused;
    struct world world;
    struct pairs open, personal;
    open_waiting(&world);
    fields_flatten(compensation_spec.state, world_state(&world), world.arena, &open, &personal);
    for (int i = 0; i < open.count; i++) assert_null(strstr(open.at[i].value, "c1"));
    assert_int_equal(personal.count, 1);
    /* After an erasure the settlement still goes out. */
    void *state = world_state(&world);
    fields_erase_private(compensation_spec.state, state);
    fields_flatten(compensation_spec.state, state, world.arena, &world.pairs, &personal);
    approve(&world, "wang", "supervisor");
    choose(&world, P1, "B");
    world_expect(&world, "settlement.ordered", "'customer_id':'erased'");
    world_close(&world);
}

static void wants_only_what_it_folds(void **unused) {
    (void)unused;
    static const char *const no[] = {"sla.started",
                                     "notification.requested",
                                     "compensation.proposed",
                                     "case.contacted",
                                     "task.done",
                                     "delivery.done",
                                     ""};
    for (size_t i = 0; i < LENGTH(no); i++) assert_false(compensation_spec.wants(no[i]));
    assert_true(compensation_spec.wants("settlement.failed"));
}

/* Whatever file the process has that folds it next. */
static void keeps_its_version(void **unused) {
    (void)unused;
    struct world world;
    open_world(&world);
    open_case(&world, "regular", ORDER_299);
    world_expect_version(&world, world.version.version);
    world_roll_out(&world, "next", false);
    classify(&world, "quality.damaged", "");
    world_expect_version(&world, world.version.version);
    world_close(&world);

    open_world(&world);
    open_case(&world, "regular", ORDER_299);
    world_roll_out(&world, "next", true);
    classify(&world, "quality.damaged", "");
    world_expect_version(&world, "next");
    world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_does_not_count),
        cmocka_unit_test(refuses_for_an_unknown_case),
        cmocka_unit_test(counts_two_people),
        cmocka_unit_test(narrows_to_the_option_named),
        cmocka_unit_test(takes_a_persons_offer),
        cmocka_unit_test(refuses_who_benefits),
        cmocka_unit_test(takes_back_a_persons_offer),
        cmocka_unit_test(refuses_offers_that_are_none),
        cmocka_unit_test(computes_costs_itself),
        cmocka_unit_test(settles_once),
        cmocka_unit_test(mends_a_failed_settlement),
        cmocka_unit_test(changes_nothing_by_copies),
        cmocka_unit_test(reminds_and_expires),
        cmocka_unit_test(catches_up_after_a_long_sleep),
        cmocka_unit_test(counts_decisions_by_the_log),
        cmocka_unit_test(counts_choices_by_the_log),
        cmocka_unit_test(withdraws_what_was_not_chosen),
        cmocka_unit_test(forgets_closed_cases),
        cmocka_unit_test(keeps_personal_data_apart),
        cmocka_unit_test(wants_only_what_it_folds),
        cmocka_unit_test(keeps_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
