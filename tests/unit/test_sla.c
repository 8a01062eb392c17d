/* The deadline engine's promises: facts in any order give the same verdicts, a case's facts never
 * touch another's, breached exactly when the working time exceeds the allowance, a case stays
 * within its limits. Policies are in test_sla_policy.c, scenarios in tests/scenarios. */
#include "sla_play.h"

static const struct {
    const char *type, *data;
} kinds[] = {
    {"case.contacted", BY},
    {"case.contacted", BY},
    {"case.replied", BY},
    {"case.updated", BY},
    {"case.customer_replied", ""},
    {"case.customer_replied", ""},
    {"case.paused", "\"reason\":\"awaiting_customer\""},
    {"case.paused", "\"reason\":\"awaiting_third_party\""},
    {"case.resumed", ""},
    {"case.resumed", ""},
    {"case.resolved", BY},
    {"case.resolved", BY},
    {"case.closed", BY},
    {"case.reopened", BY},
    {"case.reopened", BY},
    {"case.withdrawn", "\"reason\":\"spam\"," BY},
    {"case.reclassified", "\"class\":\"logistics.lost\"," BY},
    {"case.reclassified", "\"class\":\"quality.flaw\",\"severity\":\"P1\"," BY},
    {"case.classified", CLASSIFIED("quality.flaw", "P2")},
    {"task.started", "\"task\":\"refund_settlement\"," BY},
    {"task.done", "\"task\":\"refund_settlement\"," BY},
    {"visit.scored", "\"score\":4"},
    {"case.deadline_set",
     "\"target\":\"resolution\",\"at\":\"2026-03-03T12:00:00Z\",\"set_by\":\"shop\""},
    {"case.deadline_set",
     "\"target\":\"resolution\",\"at\":\"2026-03-04T12:00:00Z\",\"set_by\":\"court\""},
    {"case.deadline_set",
     "\"target\":\"follow_up\",\"at\":\"2026-03-03T18:00:00Z\",\"set_by\":\"shop\""},
    {"case.deadline_set",
     "\"target\":\"next_update\",\"at\":\"2026-03-03T09:00:00Z\",\"set_by\":\"court\""},
    {"case.deadline_set",
     "\"target\":\"carrier_delivery\",\"at\":\"2026-03-03T15:00:00Z\",\"set_by\":\"shop\""},
    {"task.started", "\"task\":\"carrier_delivery\"," BY}};

static const char policy_text[] =
    "version: \"1\"\n"
    "keep_closed_for: 900d\n"
    "calendars:\n"
    "  office: {timezone: Europe/Berlin, weekly: {mon: [[\"09:00\",\"17:00\"]], tue: "
    "[[\"09:00\",\"17:00\"]], wed: [[\"22:00\",\"06:00\"]]}}\n"
    "policies:\n"
    "  - name: urgent\n"
    "    match: {severity: [P1]}\n"
    "    targets:\n"
    "      first_contact: {within: 20m, pause_on: [awaiting_customer]}\n"
    "      resolution: {within: 8h, pause_on: [awaiting_customer]}\n"
    "      next_update: {within: 9h}\n"
    "  - name: quality\n"
    "    match: {class: [\"quality.*\"]}\n"
    "    targets:\n"
    "      first_contact: {within: 1h, warn: [75%]}\n"
    "      resolution: {within: 9h, calendar: office, pause_on: [awaiting_customer], escalate: "
    "[{after: 1h, to: x}]}\n"
    "      next_reply: {within: 90m, pause_on: [awaiting_third_party]}\n"
    "      follow_up: {within: 1d}\n"
    "  - name: rest\n"
    "    targets:\n"
    "      first_contact: {within: 2h}\n"
    "      resolution: {within: 24h, pause_on: [awaiting_customer, awaiting_third_party]}\n"
    "      refund_settlement: {within: 1wd, calendar: office}\n";

enum { FACTS = 12 };

static int make_facts(struct fact *facts, int64_t opened_ms) {
    int count = 4 + (int)random_below(FACTS - 4);
    for (int i = 0; i < count; i++) {
        int kind = (int)random_below(sizeof kinds / sizeof *kinds);
        facts[i] = (struct fact){kinds[kind].type, kinds[kind].data,
                                 opened_ms + random_below(3 * DAY / MINUTE) * MINUTE, i + 2};
    }
    facts[count++] =
        (struct fact){"case.classified", CLASSIFIED("quality.flaw", "P3"), opened_ms, 1};
    return count;
}

static void shuffle(struct fact *facts, int count) {
    for (int i = count - 1; i > 0; i--) {
        int k = (int)random_below(i + 1);
        struct fact swap = facts[i];
        facts[i] = facts[k];
        facts[k] = swap;
    }
}

static int by_time(const void *a, const void *b) {
    const struct fact *one = a, *two = b;
    if (one->time_ms != two->time_ms) return one->time_ms < two->time_ms ? -1 : 1;
    return one->sequence < two->sequence ? -1 : 1;
}

/* Plays facts: each `gap_ms` after the other or at its own time, then lets everything run out. */
static void play(struct verdicts *all, struct arena *arena, struct fact *facts, int count,
                 int64_t opened_ms, int64_t now_ms, int64_t gap_ms) {
    *all = (struct verdicts){0};
    struct rehearse *rehearse = begin(all, policy_text);
    open_case(rehearse, arena, CASE, opened_ms, now_ms);
    for (int i = 0; i < count; i++) {
        if (gap_ms < 0) now_ms = facts[i].time_ms > now_ms ? facts[i].time_ms : now_ms;
        if (gap_ms > 0) now_ms += random_below(gap_ms);
        publish(rehearse, arena, CASE, &facts[i], now_ms);
        if (random_below(4) == 0)
            publish(rehearse, arena, CASE, &facts[i], now_ms); /* once more: changes nothing */
    }
    rehearse_advance(rehearse, opened_ms + 30 * DAY > now_ms ? opened_ms + 30 * DAY : now_ms + DAY);
    rehearse_free(rehearse);
}

/* Late, as the last word has it: a met one by what met it said, another by the breach that stands.
 */
static bool is_late(const struct verdict *verdict) {
    return verdict->met ? !verdict->on_time : verdict->breaches > verdict->retractions;
}

static void print(const struct fact *facts, int count) {
    char time[CLOCK_TEXT_MAX];
    for (int i = 0; i < count; i++)
        print_message("  %s #%lld %s %s\n", clock_format(facts[i].time_ms, time),
                      (long long)facts[i].sequence, facts[i].type, facts[i].data);
}

/* Every cycle that counts in one has the same verdict in the other. Cancelled ones that were never
 * late may be missing: who hears of the end before the beginning has nothing to cancel. */
static void same(struct verdicts *one, struct verdicts *two, const struct fact *facts, int count) {
    int64_t first_ms = INT64_MAX;
    for (int i = 0; i < one->count; i++)
        if (one->at[i].cycle < first_ms) first_ms = one->at[i].cycle;
    for (int i = 0; i < one->count; i++) {
        const struct verdict *verdict = &one->at[i];
        if (verdict->cancelled && !is_late(verdict)) continue;
        if (verdict->cycle > first_ms + 20 * DAY)
            continue; /* weekly updates go on as long as it plays */
        const struct verdict *other = verdict_of(two, verdict->target, verdict->cycle);
        bool equal = verdict->met == other->met && verdict->met_at == other->met_at &&
                     is_late(verdict) == is_late(other) && verdict->cancelled == other->cancelled;
        if (equal) continue;
        print(facts, count);
        char time[CLOCK_TEXT_MAX];
        fail_msg("%s %s: met %d/%d late %d/%d cancelled %d/%d breaches %d/%d", verdict->target,
                 clock_format(verdict->cycle, time), verdict->met, other->met, is_late(verdict),
                 is_late(other), verdict->cancelled, other->cancelled, verdict->breaches,
                 other->breaches);
    }
}

/* In order as it happened; in order, all at once, a year later; shuffled, all at once; shuffled,
 * with time passing in between, so that breaches are reported that later records disprove. */
static void test_order_of_arrival(void **unused) {
    (void)unused;
    int64_t opened_ms, late = 0, retracted = 0;
    assert_int_equal(clock_parse("2026-03-02T08:00:00Z", &opened_ms), 0);
    struct arena *arena = arena_new();
    static struct verdicts reference, other;
    for (int round = 0; round < 600; round++) {
        struct fact facts[FACTS + 1], shuffled[FACTS + 1];
        int count = make_facts(facts, opened_ms);
        qsort(facts, (size_t)count, sizeof *facts, by_time);
        play(&reference, arena, facts, count, opened_ms, opened_ms, -1);
        for (int i = 0; i < reference.count; i++) late += is_late(&reference.at[i]);
        play(&other, arena, facts, count, opened_ms, opened_ms + 365 * DAY, 0);
        same(&reference, &other, facts, count);
        same(&other, &reference, facts, count);
        for (int k = 0; k < 3; k++) {
            memcpy(shuffled, facts, sizeof facts);
            shuffle(shuffled, count);
            play(&other, arena, shuffled, count, opened_ms, opened_ms + (k ? 4 * DAY : 0),
                 k == 1 ? 0 : 6 * HOUR);
            for (int i = 0; i < other.count; i++) retracted += other.at[i].retractions;
            same(&reference, &other, shuffled, count);
            same(&other, &reference, shuffled, count);
        }
        arena_reset(arena);
    }
    print_message("%lld late cycles, %lld retractions\n", (long long)late, (long long)retracted);
    assert_true(late > 300 && retracted > 50);
    arena_free(arena);
}

/* Moving one case's fact changes nothing about another. */
static void test_cases_are_apart(void **unused) {
    (void)unused;
    static const char other_id[] = "BYCRCNPA1C41H-0000001";
    int64_t opened_ms;
    assert_int_equal(clock_parse("2026-03-02T08:00:00Z", &opened_ms), 0);
    struct arena *arena = arena_new();
    static struct verdicts with, without;
    for (int round = 0; round < 100; round++) {
        struct fact facts[FACTS + 1], others[FACTS + 1];
        int count = make_facts(facts, opened_ms), other_count = make_facts(others, opened_ms);
        qsort(facts, (size_t)count, sizeof *facts, by_time);
        qsort(others, (size_t)other_count, sizeof *others, by_time);
        for (int k = 0; k < 2; k++) {
            struct verdicts *all = k ? &with : &without;
            *all = (struct verdicts){0};
            snprintf(all->case_id, sizeof all->case_id, "%s", CASE);
            struct rehearse *rehearse = begin(all, policy_text);
            open_case(rehearse, arena, CASE, opened_ms, opened_ms);
            if (k) open_case(rehearse, arena, other_id, opened_ms, opened_ms);
            for (int i = 0, n = 0; i < count; i++) {
                for (; k && n < other_count && others[n].time_ms <= facts[i].time_ms; n++)
                    publish(rehearse, arena, other_id, &others[n], others[n].time_ms);
                publish(rehearse, arena, CASE, &facts[i], facts[i].time_ms);
            }
            rehearse_advance(rehearse, opened_ms + 30 * DAY);
            rehearse_free(rehearse);
        }
        assert_int_equal(with.outputs, without.outputs);
        same(&with, &without, facts, count);
        arena_reset(arena);
    }
    arena_free(arena);
}

/* One pause, one resolution: late exactly when the working time up to it exceeds the allowance, or
 * the allowance was used up at a closing and it comes while closed (due is the closing,
 * deploy/contract/README.md). */
static void test_breached_exactly_when_over(void **unused) {
    (void)unused;
    int64_t opened_ms;
    int late = 0;
    assert_int_equal(clock_parse("2026-03-02T08:00:00Z", &opened_ms), 0);
    struct arena *arena = arena_new();
    static struct verdicts all;
    struct faults faults = {.arena = arena};
    const char *office = "{\"timezone\":\"Europe/"
                         "Berlin\",\"weekly\":{\"mon\":[[\"09:00\",\"17:00\"]],\"tue\":[[\"09:00\","
                         "\"17:00\"]],\"wed\":[[\"22:00\",\"06:00\"]]}}";
    for (int round = 0; round < 1000; round++) {
        const struct tree *tree;
        assert_int_equal(json_read(arena, office, strlen(office), NULL, &tree, NULL), JSON_OK);
        const struct calendar *calendar = calendar_read(tree, "", FIELDS_STRICT, arena, &faults);
        struct calendar_pause pause = {.from_ms = opened_ms + random_below(600) * MINUTE};
        pause.to_ms = pause.from_ms + (1 + random_below(600)) * MINUTE;
        int64_t resolved_ms = opened_ms + random_below(4000) * MINUTE;
        if (random_below(4) == 0) {
            struct calendar_allowance allowance = {.ms = 9 * HOUR};
            resolved_ms = calendar_due(calendar, opened_ms, allowance, &pause, 1) + random_below(2);
        }
        int64_t worked_ms = calendar_elapsed(calendar, opened_ms, resolved_ms, &pause, 1);
        struct calendar_allowance nine = {.ms = 9 * HOUR};
        bool used_up = worked_ms == 9 * HOUR &&
                       resolved_ms > calendar_due(calendar, opened_ms, nine, &pause, 1);
        bool over = worked_ms > 9 * HOUR || used_up;
        struct fact facts[] = {
            {"case.classified", CLASSIFIED("quality.flaw", "P3"), opened_ms, 1},
            {"case.paused", "\"reason\":\"awaiting_customer\"", pause.from_ms, 2},
            {"case.resumed", "", pause.to_ms, 3},
            {"case.resolved", BY, resolved_ms, 4}};
        qsort(facts, 4, sizeof *facts, by_time);
        play(&all, arena, facts, 4, opened_ms, opened_ms, -1);
        const struct verdict *verdict = verdict_of(&all, "resolution", opened_ms);
        if (!verdict->met || verdict->on_time == over || verdict->breaches != over) {
            print(facts, 4);
            fail_msg("round %d: over %d, met %d, on time %d, breaches %d", round, over,
                     verdict->met, verdict->on_time, verdict->breaches);
        }
        late += over;
        arena_reset(arena);
    }
    print_message("%d of 1000 late\n", late);
    assert_true(late > 100 && late < 900);
    arena_free(arena);
}

/* A case whose systems run wild stays small, and its first verdicts stand. */
static void test_limits(void **unused) {
    (void)unused;
    int64_t opened_ms;
    assert_int_equal(clock_parse("2026-03-02T08:00:00Z", &opened_ms), 0);
    struct arena *arena = arena_new();
    static struct verdicts all;
    all = (struct verdicts){0};
    struct rehearse *rehearse = begin(&all, "version: \"1\"\npolicies:\n  - name: a\n    "
                                            "targets:\n      first_contact: {within: 1h}\n");
    open_case(rehearse, arena, CASE, opened_ms, opened_ms);
    publish(rehearse, arena, CASE, &(struct fact){"case.contacted", BY, opened_ms + MINUTE, 1},
            opened_ms + MINUTE);
    for (int i = 0; i < 3 * SLA_FACTS_MAX; i++) {
        struct fact fact = {i % 2 ? "case.updated" : "case.customer_replied", i % 2 ? BY : "",
                            opened_ms + i * HOUR, i + 2};
        publish(rehearse, arena, CASE, &fact, opened_ms + i * HOUR);
    }
    const struct sla_state *state = rehearse_state(rehearse, &sla_spec, CASE);
    assert_true(state->facts.count <= SLA_FACTS_MAX && state->timeline.count == SLA_TIMELINE_MAX);
    assert_int_equal(state->contacted_at, opened_ms + MINUTE);
    assert_true(verdict_of(&all, "first_contact", opened_ms)->on_time);
    assert_int_equal(verdict_of(&all, "first_contact", opened_ms)->breaches, 0);
    rehearse_free(rehearse);
    arena_free(arena);
}

/* State to hash and back is the same state: what Redis loses nothing of. */
static void test_state_survives_its_hash(void **unused) {
    (void)unused;
    int64_t opened_ms;
    assert_int_equal(clock_parse("2026-03-02T08:00:00Z", &opened_ms), 0);
    struct arena *arena = arena_new();
    static struct verdicts all;
    for (int round = 0; round < 100; round++) {
        struct fact facts[FACTS + 1];
        int count = make_facts(facts, opened_ms);
        all = (struct verdicts){0};
        struct rehearse *rehearse = begin(&all, policy_text);
        open_case(rehearse, arena, CASE, opened_ms, opened_ms);
        for (int i = 0; i < count; i++)
            publish(rehearse, arena, CASE, &facts[i], opened_ms + i * HOUR);
        const struct sla_state *state = rehearse_state(rehearse, &sla_spec, CASE);
        struct pairs pairs, again_pairs;
        struct sla_state again = {0};
        struct err err = {""};
        fields_flatten(&sla_state_table, state, arena, &pairs, NULL);
        if (fields_unflatten(&sla_state_table, &pairs, arena, &again, &err))
            fail_msg("%s", err.text);
        fields_flatten(&sla_state_table, &again, arena, &again_pairs, NULL);
        assert_int_equal(pairs.count, again_pairs.count);
        assert_int_equal(state->facts.count, again.facts.count);
        assert_int_equal(state->cycles.count, again.cycles.count);
        for (int i = 0; i < again.facts.count; i++)
            assert_int_equal(((struct sla_fact *)again.facts.at)[i].at,
                             ((const struct sla_fact *)state->facts.at)[i].at);
        rehearse_free(rehearse);
        arena_reset(arena);
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_arrival),           cmocka_unit_test(test_cases_are_apart),
        cmocka_unit_test(test_breached_exactly_when_over), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_state_survives_its_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
