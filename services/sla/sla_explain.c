/* sla_explain: the replay once more, with every stretch of time named. */
#include "sla_explain.h"
#include "base/clock.h"
#include "sla_replay.h"
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
        bool stops = explanation->derived->rule->pause_on & 1u << span->reason;
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
    const struct calendar *calendar = explanation->derived->rule->calendar;
    int64_t at = explanation->derived->cycle;

    while (at < end_ms && explanation->spans <= SLA_EXPLAIN_SPANS_MAX) {
        int64_t from, to;
        const struct sla_pause_span *pause = pause_at(explanation, at);
        if (pause) {
            if (pause->to && pause->to < end_ms)
                to = pause->to;
            else
                to = end_ms;
            put_span(explanation, at, to, contract_pause_reasons[pause->reason - 1]);
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
                calendar_elapsed(derived->rule->calendar, derived->due, end_ms, explanation->pauses,
                                 explanation->pause_count));
}

static const char *state_of(const struct sla_derived *derived, const struct sla_cycle *record,
                            int64_t now_ms) {
    if (derived->end == SLA_END_MET) return derived->breached ? "met_late" : "met";
    if (derived->end == SLA_END_CANCELLED) return "cancelled";
    bool late = derived->breached || (derived->due && derived->due < now_ms);
    if (late) return record && record->breach_due ? "breached" : "late, not reported yet";
    if (derived->paused) return "paused";
    return "running";
}

static void explain(const struct sla_state *state, const struct sla_replay *replay,
                    const struct sla_derived *derived, struct sla_cycles *cycles,
                    struct json_out *out) {
    struct explanation explanation = {.replay = replay, .derived = derived, .out = out};
    const struct sla_rule *rule = derived->rule;
    const struct sla_cycle *record = sla_state_find_cycle(cycles, rule->name, derived->cycle);
    bool over = derived->end == SLA_END_MET || derived->end == SLA_END_CANCELLED;
    int64_t end_ms = over ? derived->end_at : replay->now_ms;

    explanation.pause_count = sla_replay_pauses(replay, rule, end_ms, &explanation.pauses);
    json_begin_map(out);
    put_text(out, "target", rule->name);
    put_time(out, "cycle", derived->cycle);
    put_text(out, "policy", state->policy);
    put_text(out, "policy_version", state->policy_version);
    put_text(out, "within", rule->within);
    put_text(out, "calendar", rule->calendar_name);
    put_text(out, "set_by", derived->set_by);
    put_time(out, "due_at", derived->due);
    put_text(out, "state", state_of(derived, record, replay->now_ms));
    put_text(out, "cause", derived->cause);
    if (derived->end == SLA_END_MET) put_time(out, "met_at", derived->end_at);
    if (record) put_time(out, "breached_at", record->breached_at);
    put_lateness(&explanation, end_ms);
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
