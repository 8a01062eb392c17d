/* sla_explain: the replay once more, with every stretch of time named. */
#include "sla_explain.h"
#include "base/clock.h"
#include "sla_alarm.h"
#include "sla_clock.h"
#include <string.h>

struct explanation {
    const struct sla_replay *replay;
    const struct sla_derived *derived;
    struct calendar_pause *pauses;
    int pause_count;
    struct json_out *out;
    int spans;
};

static void put_text(struct json_out *out, const char *key, const char *text) {
    if (!text) return;
    json_key(out, key);
    json_text(out, text);
}

static void put_time(struct json_out *out, const char *key, int64_t ms) {
    char text[CLOCK_TEXT_MAX];
    if (ms) put_text(out, key, clock_format(ms, text));
}

static void put_seconds(struct json_out *out, const char *key, int64_t ms) {
    json_key(out, key);
    json_int(out, ms / 1000);
}

/* The pause that covers a moment, or NULL. */
static const struct sla_pause_span *pause_at(const struct explanation *explanation, int64_t at) {
    const struct sla_replay *replay = explanation->replay;

    for (int i = 0; i < replay->span_count; i++) {
        const struct sla_pause_span *span = &replay->spans[i];
        bool stops = texts_has(&sla_clock_rule(explanation->derived)->pause_on, span->reason);
        if (stops && span->from <= at && (!span->to || span->to > at)) return span;
    }
    return NULL;
}

static void put_span(struct explanation *explanation, int64_t from, int64_t to, const char *why) {
    struct json_out *out = explanation->out;

    if (to <= from || ++explanation->spans > SLA_EXPLAIN_SPANS_MAX) return;
    json_begin_map(out);
    put_time(out, "from", from);
    put_time(out, "to", to);
    json_key(out, "counted");
    json_bool(out, strcmp(why, "open") == 0);
    put_text(out, "why", why);
    json_end_map(out);
}

/* From the start to the end: what did not count is closed, or one of the pauses. */
static void put_spans(struct explanation *explanation, int64_t end_ms) {
    const struct calendar *calendar = sla_clock_calendar(explanation->replay, explanation->derived);
    int64_t at = explanation->derived->cycle;

    while (at < end_ms && explanation->spans <= SLA_EXPLAIN_SPANS_MAX) {
        int64_t from, to;
        const struct sla_pause_span *pause = pause_at(explanation, at);
        if (pause) {
            if (pause->to && pause->to < end_ms)
                to = pause->to;
            else
                to = end_ms;
            put_span(explanation, at, to, pause->reason);
            at = to;
            continue;
        }
        int64_t stop = end_ms;
        for (int i = 0; i < explanation->pause_count; i++)
            if (explanation->pauses[i].from_ms > at && explanation->pauses[i].from_ms < stop)
                stop = explanation->pauses[i].from_ms;
        if (calendar_next_open(calendar, at, &from, &to)) from = to = stop;
        if (from > stop) from = to = stop;
        put_span(explanation, at, from, "closed");
        if (to > stop) to = stop;
        put_span(explanation, from, to, "open");
        at = to;
    }
}

/* How late, by the clock on the wall and in working time. */
static void put_lateness(const struct explanation *explanation, int64_t end_ms) {
    const struct sla_derived *derived = explanation->derived;

    if (!derived->due || end_ms <= derived->due) return;
    put_seconds(explanation->out, "late_seconds", end_ms - derived->due);
    put_seconds(explanation->out, "late_working_seconds",
                calendar_elapsed(sla_clock_calendar(explanation->replay, derived), derived->due,
                                 end_ms, explanation->pauses, explanation->pause_count));
}

/* What the cycles before it, which it goes on with, have used. */
static void put_used(const struct explanation *explanation) {
    const struct sla_derived *derived = explanation->derived;
    int64_t begun = sla_clock_begun(derived);

    if (begun == derived->cycle) return;
    put_time(explanation->out, "goes_on_from", begun);
    put_seconds(explanation->out, "used_seconds",
                calendar_elapsed(sla_clock_calendar(explanation->replay, derived), begun,
                                 derived->cycle, explanation->pauses, explanation->pause_count));
}

/* When the warnings and steps ring, as far as it is known, and which were told. */

static void put_ring(struct json_out *out, int64_t at, bool told) {
    if (at != CALENDAR_NEVER) put_time(out, "rings_at", at);
    json_key(out, "told");
    json_bool(out, told);
    json_end_map(out);
}

static void put_warnings(const struct explanation *explanation, const struct sla_alarm *alarm) {
    const struct sla_rule *rule = alarm->derived->rule;
    struct json_out *out = explanation->out;
    if (!rule->warning_count) return;

    json_key(out, "warnings");
    json_begin_list(out);
    for (int i = 0; i < rule->warning_count; i++) {
        const struct sla_warning *warning = &rule->warnings[i];
        int64_t at = sla_clock_warn_at(alarm->replay, alarm->derived, warning);
        json_begin_map(out);
        put_text(out, "at", warning->text);
        if (warning->working) put_text(out, "time", "working");
        if (warning->unassigned) put_text(out, "if", "unassigned");
        put_ring(out, at, sla_alarm_is_warned(alarm, warning));
    }
    json_end_list(out);
}

/* The telling that comes next, or was the last. */
static int64_t next_of(const struct sla_step *step, int64_t told) {
    if (told < step->times) return told + 1;
    return step->times;
}

static void put_times(struct json_out *out, const struct sla_step *step, int64_t told) {
    if (step->times == 1) return;
    put_seconds(out, "every_seconds", step->every_ms);
    json_key(out, "times");
    json_int(out, step->times);
    json_key(out, "times_told");
    json_int(out, told);
}

static void put_steps(const struct explanation *explanation, const struct sla_alarm *alarm) {
    const struct parts *ladder = &alarm->derived->rule->escalate;
    struct json_out *out = explanation->out;
    int64_t due = alarm->derived->due;
    if (!ladder->count) return;

    if (alarm->cycle && alarm->cycle->breach_due) due = alarm->cycle->breach_due;
    json_key(out, "steps");
    json_begin_list(out);
    for (int i = 0; i < ladder->count; i++) {
        const struct sla_step *step = (const struct sla_step *)ladder->at + i;
        json_begin_map(out);
        json_key(out, "level");
        json_int(out, i + 1);
        put_text(out, "after", step->text);
        if (step->working && !step->percent) put_text(out, "time", "working");
        if (step->unassigned) put_text(out, "if", "unassigned");
        put_text(out, "to", step->to);
        int64_t at = CALENDAR_NEVER;
        int64_t told = sla_alarm_tellings(alarm, i);
        if (due)
            at = sla_clock_step_at(alarm->replay, alarm->derived, due, step, next_of(step, told));
        put_times(out, step, told);
        put_ring(out, at, told > 0);
    }
    json_end_list(out);
}

/* Which policies the case has had, where it was more than one. */
static void put_policies(const struct explanation *explanation) {
    const struct sla_replay *replay = explanation->replay;
    struct json_out *out = explanation->out;
    if (replay->stretch_count < 2) return;

    json_key(out, "policies");
    json_begin_list(out);
    for (int i = 0; i < replay->stretch_count; i++) {
        const struct sla_stretch *stretch = &replay->stretches[i];
        json_begin_map(out);
        put_time(out, "from", stretch->from);
        put_text(out, "policy", stretch->row ? stretch->row->name : "");
        put_text(out, "since", stretch->since);
        json_end_map(out);
    }
    json_end_list(out);
}

static const char *state_of(const struct sla_derived *derived, const struct sla_cycle *cycle,
                            int64_t now_ms) {
    if (derived->end == SLA_END_MET) return derived->breached ? "met_late" : "met";
    if (derived->end == SLA_END_CANCELLED) return "cancelled";
    bool late = derived->breached || (derived->due && derived->due < now_ms);
    if (late) return cycle && cycle->breach_due ? "breached" : "late, not reported yet";
    if (derived->paused) return "paused";
    return "running";
}

static void explain(const struct sla_state *state, const struct sla_replay *replay,
                    const struct sla_derived *derived, struct sla_cycles *cycles,
                    struct json_out *out) {
    struct explanation explanation = {.replay = replay, .derived = derived, .out = out};
    const struct sla_rule *rule = derived->rule;
    const struct sla_cycle *cycle = sla_state_find_cycle(cycles, rule->name, derived->cycle);
    bool over = derived->end == SLA_END_MET || derived->end == SLA_END_CANCELLED;
    int64_t end_ms = over ? derived->end_at : replay->now_ms;

    explanation.pause_count = sla_clock_pauses(replay, derived, end_ms, &explanation.pauses);
    json_begin_map(out);
    put_text(out, "target", rule->name);
    put_time(out, "cycle", derived->cycle);
    put_text(out, "policy", *rule->policy ? rule->policy : state->policy);
    put_text(out, "policy_version", state->policy_version);
    put_text(out, "within", rule->within);
    put_text(out, "by", rule->by_text);
    put_text(out, "calendar", sla_clock_hours(replay, rule).name);
    if (derived->kept) {
        put_text(out, "promised_by", derived->kept->policy);
        put_text(out, "promised_within", derived->kept->within);
        put_text(out, "promised_by_time", derived->kept->by_text);
        put_text(out, "promised_calendar", sla_clock_hours(replay, derived->kept).name);
    }
    put_text(out, "set_by", derived->set_by);
    put_used(&explanation);
    put_time(out, "due_at", derived->due);
    put_text(out, "state", state_of(derived, cycle, replay->now_ms));
    put_text(out, "cause", derived->cause);
    if (derived->end == SLA_END_MET) put_time(out, "met_at", derived->end_at);
    if (cycle) put_time(out, "breached_at", cycle->breached_at);
    put_lateness(&explanation, end_ms);
    put_policies(&explanation);
    const struct sla_alarm alarm = {replay->arena, replay, derived, cycle};
    put_warnings(&explanation, &alarm);
    put_steps(&explanation, &alarm);
    json_key(out, "spans");
    json_begin_list(out);
    /* Behind the deadline nothing counts any more, unless it is not known yet. */
    put_spans(&explanation, derived->due && derived->due < end_ms ? derived->due : end_ms);
    json_end_list(out);
    if (explanation.spans > SLA_EXPLAIN_SPANS_MAX) {
        json_key(out, "more");
        json_bool(out, true);
    }
    json_end_map(out);
    buf_puts(out->buf, "\n");
}

void sla_explain_case(const struct sla_state *state, const struct sla_policy *policy,
                      int64_t now_ms, struct arena *arena, struct buf *out) {
    struct sla_replay replay = {.arena = arena, .policy = policy, .now_ms = now_ms};
    struct sla_cycles cycles;

    sla_replay_run(&replay, state);
    sla_state_take_cycles(state, arena, &cycles);
    for (int i = 0; i < replay.count; i++) {
        struct json_out json = {.buf = out};
        explain(state, &replay, &replay.at[i], &cycles, &json);
    }
}
