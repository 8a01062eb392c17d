/* sla_fire: each warning, breach and step once per cycle, which says what was done. */
#include "sla_fire.h"
#include "sla_alarm.h"
#include "sla_clock.h"
#include "sla_silence.h"
#include <string.h>

enum {
    UNCONFIRMED_AGAIN_MS =
        10 * 60 * 1000 /* intake stands still: a little more of months does not matter */
};

static int64_t later(int64_t one, int64_t two) {
    if (one > two) return one;
    return two;
}

static void sooner(int64_t *wake_ms, int64_t at) {
    if (at < *wake_ms) *wake_ms = at;
}

/* A breach is to be said: at the first moment that is no longer on time. CALENDAR_NEVER: none is.
 */
static int64_t breach_at(const struct sla_derived *derived, const struct sla_cycle *cycle) {
    bool may_come = !derived->end && derived->due;
    if (cycle->frozen || sla_report_breach_said(cycle) || !(derived->breached || may_come))
        return CALENDAR_NEVER;
    return later(derived->due + 1, cycle->settle_at);
}

static void breach(struct sla_report *report, const struct sla_derived *derived,
                   struct sla_cycle *cycle) {
    struct sla_event data = {.case_id = report->state->case_id,
                             .target = cycle->name,
                             .cycle = cycle->cycle,
                             .due_at = derived->due,
                             .breached_at = report->in->now_ms,
                             .unconfirmed = report->in->unconfirmed};
    bool ended = derived->end == SLA_END_MET || derived->end == SLA_END_CANCELLED;

    sla_report_verdict(report, derived, ended ? derived->end_at : report->in->now_ms, &data);
    sla_report_emit(report, EVENT_SLA_BREACHED, sla_report_breach_id(report, cycle),
                    report->in->now_ms, &data);
    cycle->breach_due = cycle->due = derived->due;
    cycle->breached_at = report->in->now_ms;
    cycle->waits_for = NULL;
    sla_report_end(report, derived, cycle);
}

static struct sla_alarm alarm_of(const struct sla_report *report, const struct sla_derived *derived,
                                 const struct sla_cycle *cycle) {
    return (struct sla_alarm){report->in->arena, report->replay, derived, cycle};
}

static void warn(struct sla_report *report, const struct sla_derived *derived,
                 struct sla_cycle *cycle, const struct sla_warning *warning) {
    struct arena *arena = report->in->arena;
    struct sla_event data = {.case_id = report->state->case_id,
                             .target = cycle->name,
                             .cycle = cycle->cycle,
                             .due_at = derived->due,
                             .set_by = derived->set_by,
                             .percent = warning->percent,
                             .before = warning->before_ms};
    const struct sla_alarm alarm = alarm_of(report, derived, cycle);
    const char *step = warning->text;
    if (warning->percent) step = arena_printf(arena, "p%lld", (long long)warning->percent);
    const char *id =
        arena_printf(arena, "%s.%s%s", sla_report_cycle_id(report, cycle->name, cycle->cycle), step,
                     warning->kind);
    if (sla_alarm_was_warned_so(&alarm, warning)) /* of another deadline */
        id = arena_printf(arena, "%s.%lld", id, (long long)derived->due);

    sla_report_emit(report, EVENT_SLA_WARNED, id, report->in->now_ms, &data);
    texts_add(&cycle->warned, sla_alarm_warning_key(&alarm, warning), arena);
}

static void note_telling(const struct sla_alarm *alarm, struct sla_cycle *cycle, int step,
                         int64_t telling) {
    if (!cycle->told.count) /* of an earlier version */
        for (int i = 0; i < cycle->level; i++)
            texts_add(&cycle->told, sla_alarm_step_key(alarm, i, 1), alarm->arena);
    texts_add(&cycle->told, sla_alarm_step_key(alarm, step, telling), alarm->arena);
    cycle->level++;
}

/* One step that is due. What was to be told several times meanwhile is told once. */
static void escalate(struct sla_report *report, const struct sla_derived *derived,
                     struct sla_cycle *cycle, int64_t proven_ms) {
    const struct sla_alarm alarm = alarm_of(report, derived, cycle);
    const struct sla_step *steps = derived->rule->escalate.at;
    struct sla_alarm_next next = sla_alarm_next(&alarm);
    const struct sla_step *step = &steps[next.step];

    note_telling(&alarm, cycle, next.step, next.telling);
    while (next.telling < step->times &&
           sla_clock_step_at(report->replay, derived, cycle->breach_due, step, next.telling + 1) <
               proven_ms)
        note_telling(&alarm, cycle, next.step, ++next.telling);
    struct sla_event data = {.case_id = report->state->case_id,
                             .target = cycle->name,
                             .cycle = cycle->cycle,
                             .level = next.step + 1,
                             .telling = next.telling > 1 ? next.telling : 0,
                             .to = step->to};
    const char *id = arena_printf(report->in->arena, "%s.%lld",
                                  sla_report_cycle_id(report, cycle->name, cycle->cycle),
                                  (long long)cycle->level);
    sla_report_emit(report, EVENT_SLA_ESCALATED, id, report->in->now_ms, &data);
}

void sla_fire_due(struct sla_report *report, int64_t proven_ms) {
    for (int i = 0; i < report->replay->count; i++) {
        const struct sla_derived *derived = &report->replay->at[i];
        struct sla_cycle *cycle = sla_report_cycle(report, derived);
        if (!cycle) continue;
        const struct sla_alarm alarm = alarm_of(report, derived, cycle);
        const struct sla_rule *rule = derived->rule;
        bool passed = breach_at(derived, cycle) <= proven_ms;
        bool late = passed || derived->due <= proven_ms;
        for (int k = 0; k < rule->warning_count && !late; k++)
            if (sla_alarm_warning_at(&alarm, &rule->warnings[k]) <= proven_ms)
                warn(report, derived, cycle, &rule->warnings[k]);
        if (passed) breach(report, derived, cycle);
        while (sla_alarm_next(&alarm).at_ms <= proven_ms)
            escalate(report, derived, cycle, proven_ms);
    }
}

/* A deadline that is reached, or waits for late records, is not warned of any more. */
static int64_t next_of(const struct sla_report *report, const struct sla_derived *derived,
                       const struct sla_cycle *cycle) {
    int64_t wake_ms = breach_at(derived, cycle);
    bool passed = derived->due && derived->due <= report->in->now_ms;
    const struct sla_alarm alarm = alarm_of(report, derived, cycle);

    for (int k = 0; k < derived->rule->warning_count && !passed; k++)
        sooner(&wake_ms, sla_alarm_warning_at(&alarm, &derived->rule->warnings[k]));
    sooner(&wake_ms, sla_alarm_next(&alarm).at_ms);
    if (derived->paused && derived->resumes_at) sooner(&wake_ms, derived->resumes_at);
    return wake_ms;
}

/* Closed or withdrawn, and nothing runs: what was breached and never met stays so. */
static bool is_over(const struct sla_report *report, int64_t wake_ms) {
    int status = report->state->status;

    if ((status != SLA_CLOSED && status != SLA_WITHDRAWN) || wake_ms != CALENDAR_NEVER)
        return false;
    for (int i = 0; i < report->cycles.count; i++) {
        int state = report->cycles.at[i].state;
        if (state == SLA_CYCLE_RUNNING || state == SLA_CYCLE_PAUSED) return false;
    }
    return true;
}

static void set_watched(struct sla_report *report, bool over) {
    for (int i = 0; i < report->cycles.count; i++) {
        struct sla_cycle *cycle = &report->cycles.at[i];
        bool open = cycle->state == SLA_CYCLE_RUNNING || cycle->state == SLA_CYCLE_PAUSED ||
                    cycle->state == SLA_CYCLE_BREACHED;
        cycle->watched = open && !over;
    }
}

/* When the silence is to be looked at. One that is over already waits for what else may be read,
 * and one that is not proven, for what is not known does not break it, is looked at again. */
static int64_t silence_at(const struct sla_report *report) {
    int64_t at = sla_silence_ends(report);
    int64_t now = report->in->now_ms;
    if (at >= now) return at;

    return now + (report->in->unconfirmed ? UNCONFIRMED_AGAIN_MS
                                          : decision_settings(report->in)->late_settle_ms);
}

void sla_fire_plan(struct sla_report *report) {
    struct sla_state *state = report->state;
    int64_t now = report->in->now_ms;
    int64_t wake_ms = CALENDAR_NEVER;

    for (int i = 0; i < report->replay->count; i++) {
        const struct sla_cycle *cycle = sla_report_cycle(report, &report->replay->at[i]);
        if (cycle) sooner(&wake_ms, next_of(report, &report->replay->at[i], cycle));
    }
    if (!state->started) sooner(&wake_ms, state->start_by);
    sooner(&wake_ms, silence_at(report));
    bool over = is_over(report, wake_ms);
    set_watched(report, over);
    if (over)
        state->forget_at = later(state->closed_at, now) + report->policy->keep_closed_for;
    else
        state->forget_at = 0;
    if (over) wake_ms = state->forget_at;
    if (wake_ms == CALENDAR_NEVER)
        state->wake_at = 0;
    else
        state->wake_at = later(wake_ms, now);
}
