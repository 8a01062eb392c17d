/* Cases with thousands of facts: what bounds the state changes no verdict, and the state is bounded.
 * (That folding changes nothing at all is shown on random cases by test_sla_slow.c.) */
#include "sla_play.h"

#define POLICY(targets)                                                                            \
    "version: '1'\npolicies:\n  - name: all\n    resume_on: [case.customer_replied]\n    "         \
    "targets:\n" targets

struct desk {
    struct arena *arena;
    struct rehearse *rehearse;
    struct verdicts all;
    int64_t opened_ms, now_ms, sequence;
};

static void open_desk(struct desk *desk, const char *policy) {
    *desk = (struct desk){.arena = arena_new()};
    assert_int_equal(clock_parse("2026-11-02T09:00:00Z", &desk->opened_ms), 0);
    desk->now_ms = desk->opened_ms;
    desk->rehearse = begin(&desk->all, policy);
    open_case(desk->rehearse, desk->arena, CASE, desk->opened_ms, desk->now_ms);
}

static void say(struct desk *desk, int64_t after_ms, const char *type, const char *data) {
    desk->now_ms += after_ms;
    const struct fact fact = {type, data, desk->now_ms, ++desk->sequence};
    publish(desk->rehearse, desk->arena, CASE, &fact, desk->now_ms);
}

static const struct sla_state *state_of(const struct desk *desk) {
    const struct sla_state *state = rehearse_state(desk->rehearse, &sla_spec, CASE);
    assert_non_null(state);
    return state;
}

static void close_desk(struct desk *desk) {
    rehearse_free(desk->rehearse);
    arena_free(desk->arena);
}

/* Half an hour's wait, then hundreds of messages, each classified and answered. */
static void test_talkative(void **unused) {
    (void)unused;
    enum { MESSAGES = 190 }; /* struct verdicts holds 200 */
    static struct desk desk;

    open_desk(&desk, POLICY("      first_contact: {within: 1h}\n"
                            "      resolution: {within: 90h, pause_on: [awaiting_customer]}\n"
                            "      next_reply: {within: 1h}\n"));
    say(&desk, 1000, "case.classified", CLASSIFIED("quality.flaw", "P3"));
    say(&desk, HOUR / 2, "case.contacted", BY);
    say(&desk, HOUR / 2 - 1000, "case.paused", "\"reason\":\"awaiting_customer\"");
    say(&desk, HOUR / 2, "case.customer_replied", "");
    for (int i = 0; i < MESSAGES; i++) {
        say(&desk, MINUTE, "case.customer_replied", "");
        say(&desk, MINUTE / 6, "case.classified", CLASSIFIED("quality.flaw", "P3"));
        say(&desk, MINUTE / 6, "case.replied", BY);
        assert_in_range(state_of(&desk)->facts.count, 1, SLA_FACTS_KEPT + 25);
    }
    rehearse_advance(desk.rehearse, desk.opened_ms + 100 * HOUR);

    const struct verdict *resolution = verdict_of(&desk.all, "resolution", desk.opened_ms);
    assert_true(resolution->due == desk.opened_ms + 90 * HOUR + HOUR / 2);
    assert_int_equal(resolution->breaches, 1);
    assert_int_equal(resolution->retractions, 0);
    const struct verdict *contact = verdict_of(&desk.all, "first_contact", desk.opened_ms);
    assert_true(contact->met && contact->on_time);
    assert_true(state_of(&desk)->contacted_at == desk.opened_ms + 1000 + HOUR / 2);
    close_desk(&desk);
}

/* Each wait counts, however many there are. */
static void test_waits(void **unused) {
    (void)unused;
    enum { WAITS = 380 };
    static struct desk desk;

    open_desk(&desk, POLICY("      resolution: {within: 24h, pause_on: [awaiting_customer]}\n"));
    say(&desk, 1000, "case.classified", CLASSIFIED("quality.flaw", "P3"));
    for (int i = 0; i < WAITS; i++) {
        say(&desk, MINUTE, "case.paused", "\"reason\":\"awaiting_customer\"");
        if (i % 2)
            say(&desk, 9 * MINUTE, "case.resumed", "");
        else
            say(&desk, 9 * MINUTE, "case.customer_replied", "");
    }
    assert_in_range(state_of(&desk)->facts.count, WAITS, SLA_FACTS_KEPT + 25);
    rehearse_advance(desk.rehearse, desk.opened_ms + 24 * HOUR + WAITS * 9 * MINUTE + 1000);

    const struct verdict *resolution = verdict_of(&desk.all, "resolution", desk.opened_ms);
    assert_true(resolution->due == desk.opened_ms + 24 * HOUR + WAITS * 9 * MINUTE);
    assert_int_equal(resolution->breaches, 1);
    close_desk(&desk);
}

/* An event that comes again after its wait was folded is the same fact. */
static void test_again(void **unused) {
    (void)unused;
    static struct desk desk;

    open_desk(&desk, POLICY("      resolution: {within: 24h, pause_on: [awaiting_customer]}\n"));
    say(&desk, 1000, "case.classified", CLASSIFIED("quality.flaw", "P3"));
    say(&desk, HOUR, "case.paused", "\"reason\":\"awaiting_customer\"");
    const struct fact paused = {"case.paused", "\"reason\":\"awaiting_customer\"", desk.now_ms,
                                desk.sequence};
    say(&desk, HOUR, "case.customer_replied", "");
    for (int i = 0; i < 600; i++) say(&desk, MINUTE, "case.customer_replied", "");
    publish(desk.rehearse, desk.arena, CASE, &paused, desk.now_ms);
    rehearse_advance(desk.rehearse, desk.opened_ms + 26 * HOUR);

    const struct verdict *resolution = verdict_of(&desk.all, "resolution", desk.opened_ms);
    assert_true(resolution->due == desk.opened_ms + 25 * HOUR);
    assert_int_equal(resolution->breaches, 1);
    close_desk(&desk);
}

/* Each target's latest cycle, and the earlier ones: by their beginning and then by name, in whatever
 * order they come. */
static void test_cycles_in_order(void **unused) {
    (void)unused;
    static const struct {
        const char *name;
        int64_t cycle;
    } rows[] = {{"b", 20}, {"a", 10}, {"c", 20}, {"c", 10}, {"a", 20}, {"b", 10}};
    enum { COUNT = sizeof rows / sizeof *rows };
    struct arena *arena = arena_new();

    for (int from = 0; from < COUNT; from++) {
        struct sla_state state = {0};
        struct sla_cycles cycles = {.arena = arena};
        for (int i = 0; i < COUNT; i++)
            sla_state_add_cycle(&cycles, rows[(from + i) % COUNT].name,
                                rows[(from + i) % COUNT].cycle);
        sla_state_put_cycles(&state, &cycles);
        const struct sla_cycle *latest = state.targets.at;
        const struct sla_cycle *earlier = state.cycles.at;
        assert_int_equal(state.targets.count, 3);
        assert_int_equal(state.cycles.count, 3);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(latest[i].cycle, 20);
            assert_int_equal(earlier[i].cycle, 10);
            assert_int_equal(latest[i].name[0], 'a' + i);
            assert_int_equal(earlier[i].name[0], 'a' + i);
        }
        assert_int_equal(state.closed_books, 0);
    }
    arena_free(arena);
}

/* Of too many the oldest go, and the books are closed up to the latest of these. */
static void test_too_many_cycles(void **unused) {
    (void)unused;
    struct arena *arena = arena_new();

    for (int more = -1; more <= 2; more++) {
        struct sla_state state = {0};
        struct sla_cycles cycles = {.arena = arena};
        int earlier_count = SLA_CYCLES_MAX + more;
        int gone = more > 0 ? more : 0;
        for (int i = 0; i <= earlier_count; i++) sla_state_add_cycle(&cycles, "a", 100 + i);
        sla_state_put_cycles(&state, &cycles);
        assert_int_equal(state.targets.count, 1);
        assert_int_equal(state.cycles.count, earlier_count - gone);
        const struct sla_cycle *earlier = state.cycles.at;
        assert_int_equal(earlier[0].cycle, 100 + gone);
        assert_int_equal(state.closed_books, gone ? 99 + gone : 0);
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cycles_in_order),
                                       cmocka_unit_test(test_too_many_cycles),
                                       cmocka_unit_test(test_talkative),
                                       cmocka_unit_test(test_waits), cmocka_unit_test(test_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
