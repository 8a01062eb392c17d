/* redressctl compensation: a case is explained, and a draft's cost is told in money. */
#include "ctl_play.h"
#include "redressctl/commands.h"

#define EVENT(id, type, time, data)                                                                \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"/shop\",\"type\":\"" type             \
    "\",\"time\":\"" time "\",\"data\":{" data "}}\n"
#define COMPLAINT(id, order, minor, text)                                                          \
    EVENT(id, "complaint.submitted", "2026-11-02T09:00:00Z",                                       \
          "\"channel\":\"app\",\"customer\":{\"id\":\"u-" id "\",\"tier\":\"regular\"},\"order\":" \
          "{\"id\":\"" order "\",\"status\":\"signed\",\"amount\":{\"currency\":\"CNY\","          \
          "\"minor\":" minor "}},\"text\":\"" text "\"")

static struct play play;

/* The id of the first case that the simulation tells of. */
static const char *case_of(const char *said) {
    const char *at = strstr(said, "\"proposal_id\":\"");
    assert_non_null(at);
    return arena_strndup(play.arena, at + strlen("\"proposal_id\":\""), 21);
}

/* deploy/policies in a folder of its own, with `from` replaced by `to` in compensation.yaml. */
static const char *draft_of(const char *from, const char *to) {
    char *dir = arena_strdup(play.arena, "/tmp/redressctl-draft-XXXXXX");
    assert_non_null(mkdtemp(dir));
    const char *command = arena_printf(
        play.arena, "cp deploy/policies/*.* %s && cd %s && sed -i 's/%s/%s/' compensation.yaml",
        dir, dir, from, to);
    assert_int_equal(system(command), 0);
    return dir;
}

static void remove_draft(const char *dir) {
    assert_int_equal(system(arena_printf(play.arena, "rm -r %s", dir)), 0);
}

static void has(const char *said, const char *text) {
    if (!strstr(said, text)) fail_msg("no %s in %s", text, said);
}

static void adds_up_by_class_rule_and_role(void **state) {
    (void)state;
    const char *said;
    play_begin(&play);
    play_events(&play, COMPLAINT("a", "A1", "29900", "the parcel arrived, the cup in it is broken")
                           COMPLAINT("b", "A2", "10000", "the cup is broken"));
    assert_int_equal(play_run(&play, &ctl_compensation,
                              "simulate --json --policies deploy/policies FILE", &said),
                     EXIT_OK);
    /* A reissue and a coupon of 20.00 each: 319.00 by a supervisor, 120.00 by an agent. */
    has(said, "\"class\":\"quality.damaged\",\"rule\":\"quality-damaged\",\"role\":\"supervisor\","
              "\"currency\":\"CNY\",\"proposals\":1,\"approved\":0,\"offered_minor\":31900,"
              "\"chosen\":0,\"chosen_minor\":0");
    has(said, "\"role\":\"agent\",\"currency\":\"CNY\",\"proposals\":1,\"approved\":0,"
              "\"offered_minor\":12000");
    play_end(&play);
}

static void says_what_a_draft_changes(void **state) {
    (void)state;
    const char *said;
    play_begin(&play);
    play_events(&play, COMPLAINT("a", "A1", "29900", "the cup is broken")
                           COMPLAINT("b", "A2", "29900", "the parcel is two days late"));
    const char *draft =
        draft_of("kind: coupon, fixed: {CNY: 2000, USD: 300, EUR: 300}, valid_days: 30}",
                 "kind: coupon, fixed: {CNY: 2500, USD: 300, EUR: 300}, valid_days: 30}");
    const char *arguments =
        arena_printf(play.arena, "simulate --policies deploy/policies --policies %s FILE", draft);
    assert_int_equal(play_run(&play, &ctl_compensation, arguments, &said), EXIT_OK);
    has(said, "\"rule\":\"quality-damaged\",\"role\":\"supervisor\",\"currency\":\"CNY\","
              "\"offered_minor\":31900");
    has(said, "\"offered_minor\":32400");
    has(said, "\"rule\":\"late\",\"role\":\"policy\",\"currency\":\"CNY\",\"offered_minor\":2000");
    has(said, "\"offered_minor\":2500");

    /* The same file twice differs in nothing. */
    assert_int_equal(play_run(&play, &ctl_compensation,
                              "simulate --policies deploy/policies --policies deploy/policies FILE",
                              &said),
                     EXIT_OK);
    assert_string_equal(said, "");
    remove_draft(draft);
    play_end(&play);
}

static void explains_a_case(void **state) {
    (void)state;
    const char *said;
    play_begin(&play);
    play_events(&play, COMPLAINT("a", "A1", "29900",
                                 "the cup is broken, give me 1000 or I post a bad review"));
    const char *draft = draft_of("percent: 100", "percent: 99");
    const char *arguments =
        arena_printf(play.arena, "simulate --policies deploy/policies --policies %s FILE", draft);
    assert_int_equal(play_run(&play, &ctl_compensation, arguments, &said), EXIT_OK);
    const char *case_id = case_of(said);
    arguments = arena_printf(play.arena,
                             "explain --json --policies deploy/policies --events FILE %s", case_id);
    assert_int_equal(play_run(&play, &ctl_compensation, arguments, &said), EXIT_OK);
    has(said, "\"rule\":\"quality-damaged\"");
    has(said, "\"kind\":\"reissue\",\"how\":\"costs 100 % of 29900 paid for the order\"");
    has(said, "\"kind\":\"coupon\",\"minor\":2000,\"how\":\"fixed by the rule\"");
    has(said, "\"by_amount\":\"supervisor\",\"up_to_minor\":100000,\"needs\":\"supervisor\"");
    has(said, "\"what\":\"paid back of the order\",\"minor\":29900");
    has(said, "never more than the 29900 that were paid for it");
    has(said, "a threat or an excessive demand raises nothing");

    arguments =
        arena_printf(play.arena, "explain --policies deploy/policies --events FILE %s", case_id);
    assert_int_equal(play_run(&play, &ctl_compensation, arguments, &said), EXIT_OK);
    has(said, "rule               quality-damaged\n");
    has(said, "  how                fixed by the rule\n");
    remove_draft(draft);
    play_end(&play);
}

static void refuses_what_it_cannot_do(void **state) {
    (void)state;
    static const struct {
        const char *arguments;
        int status;
    } cases[] = {
        {"", EXIT_BAD_USAGE},
        {"explain", EXIT_BAD_USAGE},
        {"explain nonsense", EXIT_BAD_USAGE},
        {"explain --policies deploy/policies --events FILE BZQ5KP2E0HMGQ-K6V96J8",
         EXIT_CANNOT_GO_ON},
        {"explain --policies /nowhere --events FILE BZQ5KP2E0HMGQ-K6V96J8", EXIT_BAD_CONFIG},
        {"simulate", EXIT_BAD_USAGE},
        {"simulate --policies deploy/policies /nowhere/at-all", EXIT_CANNOT_GO_ON},
        {"simulate --until tomorrow FILE", EXIT_BAD_USAGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *said;
        play_begin(&play);
        play_events(&play, "");
        assert_int_equal(play_run(&play, &ctl_compensation, cases[i].arguments, &said),
                         cases[i].status);
        assert_string_equal(said, "");
        play_end(&play);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_up_by_class_rule_and_role),
        cmocka_unit_test(says_what_a_draft_changes),
        cmocka_unit_test(explains_a_case),
        cmocka_unit_test(refuses_what_it_cannot_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
