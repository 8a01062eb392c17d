/* sla_silence: when, and the event. Its id and its time depend on the last word alone, so that
 * whoever closes the case, and however often, says the same. */
#include "sla_silence.h"
#include <string.h>

bool sla_silence_is_word(enum event_type type) {
    return type != EVENT_CASE_CLASSIFIED && type != EVENT_DELIVERY_DONE &&
           type != EVENT_DELIVERY_FAILED;
}

static int64_t later(int64_t one, int64_t two) {
    if (one > two) return one;
    return two;
}

/* States of an earlier version have only the facts. */
static int64_t heard_at(const struct sla_state *state) {
    const struct sla_fact *facts = state->facts.at;
    int64_t heard = later(later(state->opened_at, state->assigned_at), state->heard_at);

    for (int i = 0; i < state->facts.count; i++)
        if (!facts[i].automated && sla_silence_is_word(contract_event(facts[i].type)))
            heard = later(heard, facts[i].at);
    return heard;
}

/* The latest that was promised; 0: nothing is. */
static int64_t promised_at(const struct sla_replay *replay) {
    int64_t promised = 0;

    for (int i = 0; i < replay->count; i++) {
        const struct sla_derived *derived = &replay->at[i];
        bool runs = derived->end == SLA_NOT_ENDED && !derived->breached;
        bool comes_again = derived->rule->chained && !derived->set_by;
        if (runs && !comes_again) promised = later(promised, derived->due);
    }
    if (replay->span_count) promised = later(promised, replay->spans[replay->span_count - 1].to);
    return promised;
}

int64_t sla_silence_ends(const struct sla_report *report) {
    int64_t after = report->policy->close_silent_after;
    int status = report->replay->status;
    if (!after || status == SLA_CLOSED || status == SLA_WITHDRAWN) return CALENDAR_NEVER;

    int64_t at = heard_at(report->state) + after;
    int64_t promised = promised_at(report->replay);
    if (promised <= at) return at;
    return promised + after;
}

static void say(struct sla_report *report, int64_t at_ms) {
    struct sla_state *state = report->state;
    struct activity data = {
        .case_id = state->case_id, .by = "redress-sla", .automated = true, .reason = "silence"};
    const char *id = arena_printf(report->in->arena, "%s.closed.%lld", state->case_id,
                                  (long long)heard_at(state));
    struct output *output =
        contract_emit(report->out, EVENT_CASE_CLOSED, state->case_id, id, at_ms, &data);

    output->traceparent = state->traceparent;
    sla_state_add_moment(state, at_ms, EVENT_CASE_CLOSED, NULL, report->in->arena);
}

bool sla_silence_close(struct sla_report *report, int64_t proven_ms) {
    int64_t at_ms = sla_silence_ends(report);
    const struct sla_fact fact = {
        .at = at_ms, .type = contract_row(EVENT_CASE_CLOSED)->name, .automated = true};
    if (at_ms > proven_ms || report->in->unconfirmed) return false;
    if (!sla_state_add_fact(report->state, &fact, report->in->arena)) return false;

    say(report, at_ms);
    return true;
}
