/* sla_fire: each warning, breach and step once per cycle; the cycle's record says what was done. */
#include "sla_fire.h"
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
static int64_t breach_at(const struct sla_derived *derived, const struct sla_cycle *record) {
    bool may_come = !derived->end && derived->due;
    if (record->frozen || sla_report_breach_said(record) || !(derived->breached || may_come))
        return CALENDAR_NEVER;
    return later(derived->due + 1, record->settle_at);
}

static void breach(struct sla_report *report, const struct sla_derived *derived,
                   struct sla_cycle *record) {
    struct sla_event data = {.case_id = report->state->case_id,
                             .target = record->name,
                             .cycle = record->cycle,
                             .due_at = derived->due,
                             .breached_at = report->in->now_ms,
                             .unconfirmed = report->in->unconfirmed};
    bool ended = derived->end == SLA_END_MET || derived->end == SLA_END_CANCELLED;

    sla_report_verdict(report, derived, ended ? derived->end_at : report->in->now_ms, &data);
    sla_report_emit(report, "sla.breached", sla_report_breach_id(report, record),
                    report->in->now_ms, &data);
    record->breach_due = record->due = derived->due;
    record->breached_at = report->in->now_ms;
    record->waits_for = 0;
    sla_report_end(report, derived, record);
}

static struct texts with(struct arena *arena, const struct texts *texts, const char *text) {
    const char **grown = arena_alloc(arena, (size_t)(texts->count + 1) * sizeof *grown);
    if (texts->count) memcpy(grown, texts->at, (size_t)texts->count * sizeof *grown);
    grown[texts->count] = text;
    return (struct texts){grown, texts->count + 1};
}

/* A warning belongs to its deadline: that of a policy, which pauses move, or one set from outside.
 */
static const char *warning_key(const struct sla_report *report, const struct sla_derived *derived,
                               const struct sla_warning *warning) {
    struct arena *arena = report->in->arena;
    if (derived->set_by)
        return arena_printf(arena, "%s@%lld:%s", derived->set_by, (long long)derived->due,
                            warning->text);
    return arena_printf(arena, "%s:%s", derived->rule->policy, warning->text);
}

/* States of earlier versions have the text alone. */
static bool is_warned(const struct sla_report *report, const struct sla_derived *derived,
                      const struct sla_cycle *record, const struct sla_warning *warning) {
    return sla_policy_lists(&record->warned, warning->text) ||
           sla_policy_lists(&record->warned, warning_key(report, derived, warning));
}

static bool was_warned_so(const struct sla_cycle *record, const struct sla_warning *warning) {
    size_t len = strlen(warning->text);
    for (int i = 0; i < record->warned.count; i++) {
        const char *colon = strrchr(record->warned.at[i], ':');
        if (colon && strncmp(colon + 1, warning->text, len + 1) == 0) return true;
    }
    return false;
}

/* When a warning is to be given; CALENDAR_NEVER: not, or not any more. */
static int64_t warning_at(const struct sla_report *report, const struct sla_derived *derived,
                          const struct sla_cycle *record, const struct sla_warning *warning) {
    bool runs = !derived->end && !derived->breached && derived->due &&
                !sla_report_breach_said(record) && !record->frozen;
    if (!runs || (derived->paused && !derived->set_by) ||
        is_warned(report, derived, record, warning))
        return CALENDAR_NEVER;
    int64_t at = sla_replay_warn_at(report->replay, derived, warning);
    if (at) return at;
    return CALENDAR_NEVER;
}

static void warn(struct sla_report *report, const struct sla_derived *derived,
                 struct sla_cycle *record, const struct sla_warning *warning) {
    struct arena *arena = report->in->arena;
    struct sla_event data = {.case_id = report->state->case_id,
                             .target = record->name,
                             .cycle = record->cycle,
                             .due_at = derived->due,
                             .set_by = derived->set_by,
                             .percent = warning->percent,
                             .before = warning->before_ms};
    const char *step = warning->percent ? arena_printf(arena, "p%lld", (long long)warning->percent)
                                        : warning->text;
    const char *id = arena_printf(arena, "%s.%s",
                                  sla_report_cycle_id(report, record->name, record->cycle), step);
    if (was_warned_so(record, warning)) /* of another deadline */
        id = arena_printf(arena, "%s.%lld", id, (long long)derived->due);

    sla_report_emit(report, "sla.warned", id, report->in->now_ms, &data);
    record->warned = with(arena, &record->warned, warning_key(report, derived, warning));
}

/* A missed update is escalated as long as the next one is missing too. */
static bool is_relieved(const struct sla_report *report, const struct sla_derived *derived) {
    if (derived->end != SLA_END_MISSED) return derived->end != SLA_NOT_ENDED;
    for (int i = 0; i < report->replay->count; i++) {
        const struct sla_derived *other = &report->replay->at[i];
        bool later_one = other->rule == derived->rule && other->cycle > derived->cycle;
        if (later_one && other->end != SLA_NOT_ENDED && other->end != SLA_END_MISSED) return true;
    }
    return false;
}

static const char *step_key(const struct sla_report *report, const struct sla_rule *rule,
                            int step) {
    return arena_printf(report->in->arena, "%s:%d", rule->policy, step);
}

/* A step belongs to the ladder of its policy: whoever a graver one names is told, however many were
 * told by the one before. */
static bool is_told(const struct sla_report *report, const struct sla_rule *rule,
                    const struct sla_cycle *record, int step) {
    if (!record->told.count) return step < record->level;
    return sla_policy_lists(&record->told, step_key(report, rule, step));
}

/* The next step of the ladder; its number of steps: none. */
static int next_step(const struct sla_report *report, const struct sla_derived *derived,
                     const struct sla_cycle *record) {
    int step = 0;
    while (step < derived->rule->escalate.count && is_told(report, derived->rule, record, step))
        step++;
    return step;
}

/* When the next step is to be told; CALENDAR_NEVER: there is none. */
static int64_t step_at(const struct sla_report *report, const struct sla_derived *derived,
                       const struct sla_cycle *record) {
    const struct sla_step *steps = derived->rule->escalate.at;
    bool open = sla_report_breach_said(record) && !record->frozen && !is_relieved(report, derived);
    if (!open) return CALENDAR_NEVER;
    int step = next_step(report, derived, record);
    if (step == derived->rule->escalate.count) return CALENDAR_NEVER;
    return record->breach_due + steps[step].after + 1;
}

static void escalate(struct sla_report *report, const struct sla_derived *derived,
                     struct sla_cycle *record) {
    struct arena *arena = report->in->arena;
    const struct sla_step *steps = derived->rule->escalate.at;
    int step = next_step(report, derived, record);
    if (!record->told.count) /* of an earlier version */
        for (int i = 0; i < record->level; i++)
            record->told = with(arena, &record->told, step_key(report, derived->rule, i));
    record->told = with(arena, &record->told, step_key(report, derived->rule, step));
    record->level++;

    struct sla_event data = {.case_id = report->state->case_id,
                             .target = record->name,
                             .cycle = record->cycle,
                             .level = step + 1,
                             .to = steps[step].to};
    const char *id =
        arena_printf(arena, "%s.%lld", sla_report_cycle_id(report, record->name, record->cycle),
                     (long long)record->level);
    sla_report_emit(report, "sla.escalated", id, report->in->now_ms, &data);
}

void sla_fire_due(struct sla_report *report, int64_t proven_ms) {
    for (int i = 0; i < report->replay->count; i++) {
        const struct sla_derived *derived = &report->replay->at[i];
        struct sla_cycle *record = sla_report_record(report, derived);
        if (!record) continue;
        const struct sla_rule *rule = derived->rule;
        bool passed = breach_at(derived, record) <= proven_ms;
        bool late = passed || derived->due < proven_ms;
        for (int k = 0; k < rule->warning_count && !late; k++)
            if (warning_at(report, derived, record, &rule->warnings[k]) <= proven_ms)
                warn(report, derived, record, &rule->warnings[k]);
        if (passed) breach(report, derived, record);
        while (step_at(report, derived, record) <= proven_ms) escalate(report, derived, record);
    }
}

/* A deadline that has passed but waits for late records is not warned of any more. */
static int64_t next_of(const struct sla_report *report, const struct sla_derived *derived,
                       const struct sla_cycle *record) {
    int64_t wake_ms = breach_at(derived, record);
    bool passed = derived->due && derived->due < report->in->now_ms;

    for (int k = 0; k < derived->rule->warning_count && !passed; k++)
        sooner(&wake_ms, warning_at(report, derived, record, &derived->rule->warnings[k]));
    sooner(&wake_ms, step_at(report, derived, record));
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
        struct sla_cycle *record = &report->cycles.at[i];
        bool open = record->state == SLA_CYCLE_RUNNING || record->state == SLA_CYCLE_PAUSED ||
                    record->state == SLA_CYCLE_BREACHED;
        record->watched = open && !over;
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
        const struct sla_cycle *record = sla_report_record(report, &report->replay->at[i]);
        if (record) sooner(&wake_ms, next_of(report, &report->replay->at[i], record));
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
