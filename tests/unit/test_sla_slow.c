/* The deadline engine against a slow second implementation (slow_desk.h): random policies with
 * every key of the language, random facts; the same cycles, deadlines, verdicts, warnings and steps,
 * and the same verdicts in any order of arrival. */
#include "sla_play.h"
#include "slow_desk.h"

enum { ROUNDS = 600, FACTS_MAX = 14 };

static const struct slow_calendar calendars[] = {
    {"office",
     "timezone: Asia/Shanghai, weekly: {mon: [[\"09:00\",\"12:00\"],[\"13:00\",\"18:00\"]], "
     "tue: [[\"09:00\",\"12:00\"],[\"13:00\",\"18:00\"]], "
     "thu: [[\"09:00\",\"12:00\"],[\"13:00\",\"18:00\"]], "
     "fri: [[\"09:00\",\"12:00\"],[\"13:00\",\"18:00\"]]}",
     480,
     0x1b,
     {{540, 720}, {780, 1080}},
     2},
    {"late",
     "timezone: Asia/Kolkata, weekly: {wed: [[\"10:30\",\"21:00\"]], sat: [[\"10:30\",\"21:00\"]], "
     "sun: [[\"10:30\",\"21:00\"]]}",
     330,
     0x64,
     {{630, 1260}},
     1}};
static const char *const reasons[] = {"", "awaiting_customer", "awaiting_third_party",
                                      "awaiting_parts"};

/* A policy, at random. */

static void make_steps(struct slow_rule *rule) {
    int after = 0;

    rule->step_count = (int)random_below(SLOW_LISTS + 1);
    for (int i = 0; i < rule->step_count; i++) {
        struct slow_step *step = &rule->steps[i];
        *step = (struct slow_step){.after = after,
                                   .working = random_below(2),
                                   .unassigned = random_below(4) == 0,
                                   .times = 1};
        after += (int)random_below(600);
        if (random_below(4) == 0) {
            step->every = 5 + (int)random_below(300);
            step->times = 2 + (int)random_below(3);
        }
    }
}

/* The last step at a share of the allowance, where each row's is a length of time. */
static void make_shares(struct slow_policy *policy, enum slow_target target) {
    for (int row = 0; row < SLOW_ROWS; row++)
        if (!policy->rules[row][target].within) return;
    for (int row = 0; row < SLOW_ROWS; row++) {
        struct slow_rule *rule = &policy->rules[row][target];
        if (!rule->step_count || random_below(2)) continue;
        struct slow_step *step = &rule->steps[rule->step_count - 1];
        step->after = 0;
        step->percent = 100 + 5 * (int)random_below(30);
        step->working = true;
    }
}

/* The calendar of the case's own region, where there is one of that name. */
static void choose_by_region(struct slow_rule *rule) {
    size_t len = 0;
    if (customer_region) len = strcspn(customer_region, "-");

    rule->other = rule->calendar->name;
    for (int i = 0; i < 2; i++)
        if (len && strlen(calendars[i].name) == len &&
            strncmp(calendars[i].name, customer_region, len) == 0)
            rule->calendar = &calendars[i];
}

static void make_by(struct slow_rule *rule) {
    struct slow_by *by = &rule->by;

    rule->within = rule->days = 0;
    rule->continues = false;
    *by =
        (struct slow_by){.time = 30 + 30 * (int)random_below(46), .days = 1 + (int)random_below(2)};
    if (random_below(3) == 0) return;
    by->days = (int)random_below(2);
    by->before = 1 + (int)random_below(by->time);
    by->else_days = by->days + 1;
    by->else_time = 30 + 30 * (int)random_below(46);
}

static void make_rule(struct slow_rule *rule, enum slow_target target, bool texts) {
    *rule = (struct slow_rule){.within = (int)(1 + random_below(36)) * 20,
                               .pause_on = (unsigned)random_below(1 << (SLOW_WAITS - 1)) << 1,
                               .automated = random_below(4) == 0,
                               .continues = target != FIRST_CONTACT && target != NEXT_REPLY &&
                                            random_below(2)};
    if (random_below(2)) rule->calendar = &calendars[random_below(2)];
    if (rule->calendar && random_below(3) == 0) choose_by_region(rule);
    if (random_below(5) == 0) {
        rule->within = 0;
        rule->days = (int)(1 + random_below(2));
    }
    if (random_below(5) == 0) make_by(rule);
    if (rule->within && !texts) rule->warning_count = (int)random_below(SLOW_LISTS);
    for (int i = 0; i < rule->warning_count; i++)
        rule->warnings[i] =
            (struct slow_warning){.percent = (int)(1 + i * 9 + random_below(9)) * 5};
    if (rule->warning_count && random_below(2))
        rule->warnings[0] = (struct slow_warning){.before = 1 + 2 * (int)random_below(9)};
    for (int i = 0; i < rule->warning_count; i++)
        rule->warnings[i].unassigned = random_below(4) == 0;
    make_steps(rule);
}

static void write_warning(struct buf *out, int at, const struct slow_warning *warning) {
    if (at) buf_puts(out, ", ");
    buf_puts(out, "{at: ");
    if (warning->before)
        buf_printf(out, "%dm, time: working", warning->before);
    else
        buf_printf(out, "%d%%", warning->percent);
    buf_printf(out, "%s}", warning->unassigned ? ", if: unassigned" : "");
}

static void write_step(struct buf *out, int at, const struct slow_step *step) {
    if (at) buf_puts(out, ", ");
    if (step->percent)
        buf_printf(out, "{after: %d%%", step->percent);
    else
        buf_printf(out, "{after: %dm", step->after);
    if (step->working) buf_puts(out, ", time: working");
    if (step->unassigned) buf_puts(out, ", if: unassigned");
    if (step->every) buf_printf(out, ", every: %dm, times: %d", step->every, step->times);
    buf_puts(out, ", to: x}");
}

static void write_by(struct buf *out, const struct slow_by *by) {
    buf_printf(out, "by: {time: \"%02d:%02d\", days: %d", by->time / 60, by->time % 60, by->days);
    if (by->before)
        buf_printf(out, ", if_before: \"%02d:%02d\", else_days: %d, else_time: \"%02d:%02d\"",
                   by->before / 60, by->before % 60, by->else_days, by->else_time / 60,
                   by->else_time % 60);
    buf_puts(out, "}");
}

static void write_rule(struct buf *out, const struct slow_rule *rule, enum slow_target target) {
    buf_printf(out, "      %s: {", slow_names[target]);
    if (rule->by.time)
        write_by(out, &rule->by);
    else if (rule->days)
        buf_printf(out, "within: %dwd", rule->days);
    else
        buf_printf(out, "within: %dm", rule->within);
    if (rule->other)
        buf_printf(out, ", calendar: {by: region, default: %s}", rule->other);
    else if (rule->calendar)
        buf_printf(out, ", calendar: %s", rule->calendar->name);
    if (rule->automated) buf_puts(out, ", automated: counts");
    if (rule->continues) buf_puts(out, ", on_reopen: continue");
    buf_puts(out, ", pause_on: [");
    const char *comma = "";
    for (int i = 1; i < SLOW_WAITS; i++) {
        if (!(rule->pause_on & 1u << i)) continue;
        buf_printf(out, "%s%s", comma, reasons[i]);
        comma = ", ";
    }
    buf_puts(out, "], warn: [");
    for (int i = 0; i < rule->warning_count; i++) write_warning(out, i, &rule->warnings[i]);
    buf_puts(out, "], escalate: [");
    for (int i = 0; i < rule->step_count; i++) write_step(out, i, &rule->steps[i]);
    buf_puts(out, "]}\n");
}

/* Two have a longest length, at random; the last is the shop's own. */
static void make_waits(struct slow_policy *policy, struct buf *out) {
    buf_puts(out, "pauses:\n");
    for (int i = 1; i < SLOW_WAITS; i++) {
        policy->longest[i] = SLOW_NEVER;
        if (i == 2) continue;
        buf_printf(out, "  %s: {", reasons[i]);
        if (random_below(2)) {
            policy->longest[i] = 30 + (int)random_below(2000);
            buf_printf(out, "max: %dm", policy->longest[i]);
        }
        buf_puts(out, "}\n");
    }
}

static void write_head(struct buf *out, const struct slow_policy *policy, int row) {
    static const char *const names[] = {"flaws", "rest"};

    buf_printf(out, "  - name: %s\n    also: [market]\n", names[row]);
    if (row == 0) {
        buf_puts(out, "    match: {class: [\"quality.*\"]");
        if (policy->no_team) buf_puts(out, ", team: [\"!returns\"]");
        if (policy->repeats) buf_printf(out, ", repeats: %d", policy->repeats);
        buf_puts(out, "}\n");
    }
    buf_puts(out, "    targets:\n");
}

/* With texts that come later there are no warnings: the slow desk does not know of what a kept
 * promise would be a share. */
static const char *make_policy(struct slow_policy *policy, bool texts, struct buf *out) {
    policy->no_team = random_below(2);
    policy->repeats = texts ? (int)random_below(3) : 0;

    buf_clear(out);
    buf_puts(out, "version: \"1\"\nkeep_closed_for: 900d\ncalendars:\n");
    for (int i = 0; i < 2; i++)
        buf_printf(out, "  %s: {%s}\n", calendars[i].name, calendars[i].yaml);
    make_waits(policy, out);
    buf_puts(out, "policies:\n");
    for (int i = 0; i < SLOW_TARGETS; i++) {
        for (int row = 0; row < SLOW_ROWS; row++) {
            make_rule(&policy->rules[row][i], (enum slow_target)i, texts);
            policy->rules[row][i].automated = policy->rules[0][i].automated; /* nothing is unmet */
        }
        make_shares(policy, (enum slow_target)i);
    }
    policy->rules[1][AGREED] = policy->rules[0][AGREED];
    policy->agreed = random_below(3) > 0;
    for (int row = 0; row < SLOW_ROWS; row++) {
        write_head(out, policy, row);
        for (int i = 0; i < AGREED; i++)
            write_rule(out, &policy->rules[row][i], (enum slow_target)i);
    }
    buf_printf(out, "  - name: market\n    match: {channel: [%s]}\n    targets:\n",
               policy->agreed ? "app" : "phone");
    write_rule(out, &policy->rules[0][AGREED], RESOLUTION);
    return out->at;
}

/* Facts, at random. */

static int by_minute(const void *a, const void *b) {
    const struct slow_fact *one = a;
    const struct slow_fact *two = b;
    return one->minute - two->minute;
}

static bool classifies(enum slow_fact_kind kind) {
    return kind == RECLASSIFIED || kind == CLASSIFIED_1 || kind == CLASSIFIED_2;
}

static int make_facts(struct slow_fact *facts, bool texts) {
    int count = 2 + (int)random_below(FACTS_MAX - 2);

    for (int i = 0; i < count; i++) {
        struct slow_fact *fact = &facts[i];
        *fact = (struct slow_fact){.kind = (enum slow_fact_kind)random_below(SLOW_FACT_KINDS),
                                   .minute = (int)random_below(5 * 1440),
                                   .until = SLOW_NEVER};
        if (random_below(4) == 0) fact->minute -= fact->minute % 20; /* where deadlines are */
        if (fact->kind == WITHDRAWN && random_below(3)) fact->kind = REOPENED;
        if (classifies(fact->kind) && !texts) fact->kind = RECLASSIFIED;
        if (classifies(fact->kind)) fact->arg = (int)random_below(SLOW_ROWS);
        if (random_below(5) == 0) fact->kind = PAUSED;
        if (random_below(8) == 0) fact->kind = ASSIGNED_BY_BOT;
        if (fact->kind == ASSIGNED_BY_BOT && !texts) fact->kind = ASSIGNED;
        if (fact->kind == ASSIGNED || fact->kind == ASSIGNED_BY_BOT)
            fact->arg = (int)random_below(2);
        if (fact->kind != PAUSED) continue;
        fact->arg = 1 + (int)random_below(SLOW_WAITS - 1);
        if (random_below(3) == 0) fact->until = fact->minute + (int)random_below(600);
        if (random_below(3) == 0)
            fact->until = (fact->minute / 30 + 1 + (int)random_below(40)) * 30;
    }
    qsort(facts, (size_t)count, sizeof *facts, by_minute);
    return count;
}

static const char *fact_type(const struct slow_fact *fact) {
    static const char *const types[] = {
        "case.contacted",  "case.replied",   "case.replied",      "case.customer_replied",
        "case.paused",     "case.resumed",   "case.resolved",     "case.closed",
        "case.reopened",   "case.withdrawn", "case.reclassified", "case.classified",
        "case.classified", "case.assigned",  "case.assigned",     "case.repeated"};
    return types[fact->kind];
}

static const char *fact_data(const struct slow_fact *fact, int64_t opened_ms, struct arena *arena) {
    static const char *const classes[] = {"quality.flaw", "logistics.lost"};
    char time[CLOCK_TEXT_MAX];

    switch (fact->kind) {
    case CUSTOMER_REPLIED:
    case RESUMED: return "";
    case ASSIGNED:
    case ASSIGNED_BY_BOT:
        return arena_printf(arena, "\"to\":\"a\",\"team\":\"%s\"%s", fact->arg ? "returns" : "desk",
                            fact->kind == ASSIGNED_BY_BOT ? ",\"automated\":true" : "");
    case REPEATED: return COMPLAINT ",\"repeats\":1";
    case BOT_REPLIED: return BY ",\"automated\":true";
    case WITHDRAWN: return BY ",\"reason\":\"spam\"";
    case RECLASSIFIED: return arena_printf(arena, BY ",\"class\":\"%s\"", classes[fact->arg]);
    case CLASSIFIED_1:
        return fact->arg ? CLASSIFIED("logistics.lost", "P1") : CLASSIFIED("quality.flaw", "P1");
    case CLASSIFIED_2:
        return fact->arg ? CLASSIFIED("logistics.lost", "P2") : CLASSIFIED("quality.flaw", "P2");
    case PAUSED:
        if (fact->until == SLOW_NEVER)
            return arena_printf(arena, "\"reason\":\"%s\"", reasons[fact->arg]);
        return arena_printf(arena, "\"reason\":\"%s\",\"until\":\"%s\"", reasons[fact->arg],
                            clock_format(opened_ms + fact->until * MINUTE, time));
    default: return BY;
    }
}

/* Playing and comparing. */

struct round {
    struct arena *arena;
    const char *policy;
    struct slow_fact facts[FACTS_MAX];
    struct fact events[FACTS_MAX + 1];
    int count;
    int64_t opened_ms;
    struct slow_desk desk;
    struct verdicts all;
};

static int64_t ms_of(const struct round *round, int minute) {
    if (minute == SLOW_NEVER) return 0;
    return round->opened_ms + minute * MINUTE;
}

static void explain(const struct round *round) {
    char time[CLOCK_TEXT_MAX];
    print_message("facts kept: %d (0: all)\n", facts_kept);
    fputs(round->policy, stdout); /* longer than what print_message() takes */
    for (int i = 0; i <= round->count; i++)
        print_message("  %s %s %s\n", clock_format(round->events[i].time_ms, time),
                      round->events[i].type, round->events[i].data);
    for (int i = 0; i < round->all.note_count; i++)
        print_message("  %s %s %s\n", clock_format(round->all.notes[i].at, time),
                      round->all.notes[i].target, round->all.notes[i].what);
}

/* Each event at its own time, or (gap_ms >= 0) in the order they stand, so far apart. */
static void play(struct round *round, int64_t gap_ms) {
    int64_t now_ms = round->opened_ms;
    if (gap_ms >= 0) now_ms += 2 * DAY;

    round->all = (struct verdicts){0};
    struct rehearse *rehearse = begin(&round->all, round->policy);
    open_case(rehearse, round->arena, CASE, round->opened_ms, now_ms);
    for (int i = 0; i <= round->count; i++) {
        if (gap_ms > 0) now_ms += random_below(gap_ms);
        if (gap_ms < 0 && round->events[i].time_ms > now_ms) now_ms = round->events[i].time_ms;
        publish(rehearse, round->arena, CASE, &round->events[i], now_ms);
    }
    rehearse_advance(rehearse, round->opened_ms + SLOW_MINUTES * MINUTE);
    rehearse_free(rehearse);
}

static bool is_late(const struct verdict *verdict) {
    return verdict->met ? !verdict->on_time : verdict->breaches > verdict->retractions;
}

static void same_cycle(struct round *round, const struct slow_cycle *cycle, bool in_order) {
    const char *name = slow_names[cycle->target];
    const struct verdict *verdict = verdict_of(&round->all, name, ms_of(round, cycle->start));
    bool nothing = cycle->cancelled && !cycle->late;
    if (nothing && !in_order) return; /* who hears of the end first has nothing to cancel */

    char time[CLOCK_TEXT_MAX];
    char due[CLOCK_TEXT_MAX];
    char expected[CLOCK_TEXT_MAX];
    bool same_due = nothing || !in_order || verdict->due == ms_of(round, cycle->due);
    if (verdict->met == cycle->met && is_late(verdict) == cycle->late && same_due &&
        verdict->cancelled == cycle->cancelled &&
        (!cycle->met || verdict->met_at == ms_of(round, cycle->met_at)))
        return;
    explain(round);
    fail_msg("%s %s: met %d, expected %d; late %d, %d; cancelled %d, %d; due %s, expected %s", name,
             clock_format(ms_of(round, cycle->start), time), verdict->met, cycle->met,
             is_late(verdict), cycle->late, verdict->cancelled, cycle->cancelled,
             clock_format(verdict->due, due), clock_format(ms_of(round, cycle->due), expected));
}

static bool is_expected(const struct round *round, const struct verdict *verdict) {
    for (int i = 0; i < round->desk.cycle_count; i++) {
        const struct slow_cycle *cycle = &round->desk.cycles[i];
        if (verdict->cycle == ms_of(round, cycle->start) &&
            strcmp(verdict->target, slow_names[cycle->target]) == 0)
            return true;
    }
    return false;
}

static void same_verdicts(struct round *round, bool in_order) {
    for (int i = 0; i < round->desk.cycle_count; i++)
        same_cycle(round, &round->desk.cycles[i], in_order);
    for (int i = 0; i < round->all.count; i++) {
        const struct verdict *verdict = &round->all.at[i];
        if (is_expected(round, verdict) || (verdict->cancelled && !is_late(verdict))) continue;
        explain(round);
        fail_msg("%s was not expected", verdict->target);
    }
}

static void same_notes(struct round *round) {
    const struct slow_desk *desk = &round->desk;
    int found = 0;

    for (int i = 0; i < desk->note_count; i++) {
        const struct slow_note *note = &desk->notes[i];
        bool told = false;
        for (int k = 0; k < round->all.note_count && !told; k++) {
            const struct note *other = &round->all.notes[k];
            told = strcmp(other->what, note->what) == 0 &&
                   other->at / MINUTE == ms_of(round, note->minute) / MINUTE &&
                   other->cycle == ms_of(round, note->start) &&
                   strcmp(other->target, slow_names[note->target]) == 0;
        }
        found += told;
        if (told) continue;
        explain(round);
        char time[CLOCK_TEXT_MAX];
        fail_msg("%s of %s at %s was not told", note->what, slow_names[note->target],
                 clock_format(ms_of(round, note->minute), time));
    }
    if (round->all.note_count == found) return;
    explain(round);
    fail_msg("%d were told, expected %d", round->all.note_count, found);
}

static void shuffle(struct fact *events, int count) {
    for (int i = count - 1; i > 0; i--) {
        int k = (int)random_below(i + 1);
        struct fact swap = events[i];
        events[i] = events[k];
        events[k] = swap;
    }
}

static void test_as_the_slow_desk(void **unused) {
    (void)unused;
    static struct round round;
    struct slow_policy policy;
    struct buf text = {0};
    int late = 0;
    int notes = 0;

    round.arena = arena_new();
    assert_int_equal(clock_parse("2026-03-02T08:00:00Z", &round.opened_ms), 0);
    for (int i = 0; i < ROUNDS; i++) {
        static const char *const regions[] = {NULL, "late", "office-7", "mars-office"};
        bool texts = i % 2 == 1;
        customer_region = regions[random_below(4)];
        round.policy = make_policy(&policy, texts, &text);
        round.count = make_facts(round.facts, texts);
        round.events[0] =
            (struct fact){"case.classified", CLASSIFIED("quality.flaw", "P3"), round.opened_ms, 1};
        for (int k = 0; k < round.count; k++)
            round.events[k + 1] =
                (struct fact){fact_type(&round.facts[k]),
                              fact_data(&round.facts[k], round.opened_ms, round.arena),
                              ms_of(&round, round.facts[k].minute), k + 2};
        slow_play(&round.desk, &policy, round.opened_ms / MINUTE, round.facts, round.count);
        play(&round, -1);
        same_verdicts(&round, true);
        same_notes(&round);
        facts_kept = 1 + (int)random_below(8); /* what is folded decides as before */
        play(&round, -1);
        same_verdicts(&round, true);
        same_notes(&round);
        facts_kept = 0;
        for (int k = 0; k < 3; k++) {
            shuffle(round.events, round.count + 1);
            play(&round, k * 6 * HOUR);
            same_verdicts(&round, false);
        }
        for (int k = 0; k < round.desk.cycle_count; k++) late += round.desk.cycles[k].late;
        notes += round.desk.note_count;
        arena_reset(round.arena);
    }
    print_message("%d late cycles, %d warnings and steps\n", late, notes);
    assert_true(late > ROUNDS && notes > ROUNDS);
    buf_free(&text);
    arena_free(round.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_the_slow_desk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
