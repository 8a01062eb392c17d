/* sla_clock: pauses and gaps are one list for the calendar, in order and apart from each other. */
#include "sla_clock.h"
#include <string.h>
#include <strings.h>

const struct sla_rule *sla_clock_rule(const struct sla_derived *derived) {
    if (derived->kept) return derived->kept;
    return derived->rule;
}

static bool goes_on(const struct sla_derived *derived) {
    return derived->begun && sla_clock_rule(derived)->continues;
}

/* "DE-BY", then "DE"; upper and lower case are one (RFC 4647 3.4, lookup). */
static const struct sla_hours *find_hours(const struct sla_rule *rule, const char *value) {
    for (size_t len = strlen(value); len > 0;) {
        for (int i = 0; i < rule->choice_count; i++) {
            const char *name = rule->choices[i].name;
            if (strlen(name) == len && strncasecmp(name, value, len) == 0) return &rule->choices[i];
        }
        while (len > 0 && value[--len] != '-') continue;
    }
    return NULL;
}

struct sla_hours sla_clock_hours(const struct sla_replay *replay, const struct sla_rule *rule) {
    const char *value = NULL;
    if (rule->hours_by == SLA_HOURS_BY_REGION) value = replay->state->region;
    if (rule->hours_by == SLA_HOURS_BY_CONTRACT) value = replay->state->contract;
    const struct sla_hours *own = NULL;
    if (value) own = find_hours(rule, value);

    if (own) return *own;
    return rule->hours;
}

const struct calendar *sla_clock_calendar(const struct sla_replay *replay,
                                          const struct sla_derived *derived) {
    return sla_clock_hours(replay, sla_clock_rule(derived)).calendar;
}

int64_t sla_clock_begun(const struct sla_derived *derived) {
    if (goes_on(derived)) return derived->begun;
    return derived->cycle;
}

struct pauses {
    struct calendar_pause *at;
    int count;
};

/* Behind those that begin earlier. */
static void put(struct pauses *pauses, struct calendar_pause pause) {
    int place = pauses->count++;

    while (place > 0 && pauses->at[place - 1].from_ms > pause.from_ms) {
        pauses->at[place] = pauses->at[place - 1];
        place--;
    }
    pauses->at[place] = pause;
}

static void join(struct pauses *pauses) {
    int kept = 0;

    for (int i = 0; i < pauses->count; i++) {
        struct calendar_pause pause = pauses->at[i];
        struct calendar_pause *last = &pauses->at[kept - 1];
        if (kept == 0 || pause.from_ms > last->to_ms)
            pauses->at[kept++] = pause;
        else if (pause.to_ms > last->to_ms)
            last->to_ms = pause.to_ms;
    }
    pauses->count = kept;
}

int sla_clock_pauses(const struct sla_replay *replay, const struct sla_derived *derived,
                     int64_t end_ms, struct calendar_pause **pauses_out) {
    int gap_count = 0;
    if (goes_on(derived)) gap_count = derived->gap_count;
    size_t room = (size_t)(replay->span_count + gap_count + 1);
    struct pauses pauses = {arena_alloc(replay->arena, room * sizeof *pauses.at), 0};

    for (int i = 0; i < replay->span_count; i++) {
        const struct sla_pause_span *span = &replay->spans[i];
        bool stops = texts_has(&sla_clock_rule(derived)->pause_on, span->reason);
        if (!stops || span->from >= end_ms) continue;
        int64_t to = CALENDAR_NEVER;
        if (span->to) to = span->to;
        put(&pauses, (struct calendar_pause){span->from, to < end_ms ? to : end_ms});
    }
    for (int i = 0; i < gap_count; i++) put(&pauses, derived->gaps[i]);
    if (gap_count) join(&pauses);
    *pauses_out = pauses.at;

    return pauses.count;
}

/* By one rule alone. */
static int64_t due_by(const struct sla_replay *replay, const struct sla_derived *derived,
                      int64_t end_ms) {
    static const struct calendar_allowance nothing = {0};
    const struct sla_rule *rule = sla_clock_rule(derived);
    if (rule->open_ended) return CALENDAR_NEVER;
    struct calendar_pause *pauses;
    int count = sla_clock_pauses(replay, derived, end_ms, &pauses);
    const struct calendar *calendar = sla_clock_calendar(replay, derived);

    if (rule->by) return calendar_cutoff_due(calendar, derived->cycle, rule->by, pauses, count);
    int64_t due = calendar_due(calendar, sla_clock_begun(derived), rule->allowance, pauses, count);
    if (due >= derived->cycle) return due;
    return calendar_due(calendar, derived->cycle, nothing, pauses, count); /* used up before */
}

int64_t sla_clock_due(const struct sla_replay *replay, const struct sla_derived *derived,
                      int64_t end_ms, const struct sla_rule **kept_out) {
    struct sla_derived by = *derived;
    by.kept = NULL;
    int64_t due = due_by(replay, &by, end_ms);

    *kept_out = NULL;
    for (int i = 0; i < derived->promise_count; i++) {
        by.kept = derived->promises[i];
        int64_t promised = due_by(replay, &by, end_ms);
        if (promised >= due) continue;
        due = promised;
        *kept_out = by.kept;
    }

    return due;
}

static int64_t share_of(int64_t whole, int64_t percent) {
    return whole / 100 * percent + whole % 100 * percent / 100;
}

/* What a share is of: the allowance, or, where that is no length of time, what counted up to the
 * deadline. */
static int64_t whole_of(const struct sla_replay *replay, const struct sla_derived *derived,
                        int64_t due) {
    const struct sla_rule *rule = sla_clock_rule(derived);
    struct calendar_pause *pauses;
    if (derived->set_by) return due - derived->cycle;
    if (!rule->allowance.in_days && !rule->by) return rule->allowance.ms;

    int count = sla_clock_pauses(replay, derived, CALENDAR_NEVER, &pauses);
    return calendar_elapsed(sla_clock_calendar(replay, derived), sla_clock_begun(derived), due,
                            pauses, count);
}

int64_t sla_clock_step_at(const struct sla_replay *replay, const struct sla_derived *derived,
                          int64_t due, const struct sla_step *step, int64_t telling) {
    struct calendar_allowance after = {.ms = step->after_ms + (telling - 1) * step->every_ms};
    const struct calendar *calendar = sla_clock_calendar(replay, derived);
    struct calendar_pause *pauses = NULL;
    int count = 0;
    if (!step->working) return due + after.ms;

    if (step->percent) after.ms += share_of(whole_of(replay, derived, due), step->percent - 100);
    if (step->percent && derived->set_by)
        calendar = NULL; /* one set from outside has no hours of its own */
    else
        count = sla_clock_pauses(replay, derived, CALENDAR_NEVER, &pauses);
    return calendar_due(calendar, due, after, pauses, count);
}

/* When so much of the time up to the deadline is left, or used, as the deadline's clock counts; one
 * set from outside does not wait, and has no hours of its own. */
static int64_t warn_working_at(const struct sla_replay *replay, const struct sla_derived *derived,
                               const struct sla_warning *warning) {
    struct calendar_pause *pauses = NULL;
    const struct calendar *calendar = sla_clock_calendar(replay, derived);
    int64_t begun = sla_clock_begun(derived);
    int count = 0;
    if (derived->set_by)
        begun = derived->cycle;
    else
        count = sla_clock_pauses(replay, derived, CALENDAR_NEVER, &pauses);
    if (derived->set_by && !warning->before_ms) calendar = NULL;

    int64_t whole = calendar_elapsed(calendar, begun, derived->due, pauses, count);
    struct calendar_allowance used = {.ms = whole - warning->before_ms};
    if (!warning->before_ms) used.ms = share_of(whole, warning->percent);
    if (used.ms <= 0) return 0;
    return calendar_due(calendar, begun, used, pauses, count);
}

int64_t sla_clock_warn_at(const struct sla_replay *replay, const struct sla_derived *derived,
                          const struct sla_warning *warning) {
    int64_t at = derived->due - warning->before_ms;
    if (!derived->due) return 0;

    if (warning->working || !warning->before_ms) at = warn_working_at(replay, derived, warning);
    if (at > derived->cycle && at < derived->due) return at;
    return 0;
}
