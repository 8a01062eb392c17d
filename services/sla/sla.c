/* sla: one fold. Facts first, then what they make of every deadline, then what is new in that, then
 * the next wake-up.
 */
#include "sla.h"
#include "base/ids.h"
#include "sla_compact.h"
#include "sla_facts.h"
#include "sla_fire.h"
#include "sla_silence.h"
#include <string.h>

static const enum topic reads[] = {TOPIC_EVENTS, TOPIC_NONE};

/* Verdicts stand as they were given; what runs is due anew. One that is late and not solved goes
 * on: its ladder, and what solves it. */
static void migrate(struct sla_state *state, int64_t now_ms) {
    state->migrated_at = now_ms;
    for (int i = 0; i < state->targets.count; i++) {
        struct sla_cycle *cycle = (struct sla_cycle *)state->targets.at + i;
        cycle->frozen = cycle->state == SLA_CYCLE_MET || cycle->state == SLA_CYCLE_MET_LATE ||
                        cycle->state == SLA_CYCLE_CANCELLED;
    }
    for (int i = 0; i < state->cycles.count; i++)
        ((struct sla_cycle *)state->cycles.at)[i].frozen = true;
}

/* The version that the case keeps, or a newer one that takes running cases. */
static const struct sla_policy *choose_policy(struct sla_state *state, const struct decision *in) {
    const struct policy_version *chosen = policies_choose(in->policies, state->policy_version);

    ASSERT(chosen);
    bool moved = state->policy_version && strcmp(state->policy_version, chosen->version) != 0;
    if (moved) migrate(state, in->now_ms);
    state->policy_version = chosen->version;
    return chosen->policy;
}

static bool is_paused(const struct sla_replay *replay, int64_t now_ms) {
    if (replay->status != SLA_OPEN || replay->span_count == 0) return false;
    const struct sla_pause_span *span = &replay->spans[replay->span_count - 1];
    return !span->to || span->to > now_ms;
}

/* What dashboards read. */
static void show(struct sla_state *state, const struct sla_replay *replay) {
    if (is_paused(replay, replay->now_ms))
        state->status = SLA_PAUSED;
    else
        state->status = replay->status;
    state->class_name = replay->class_name;
    state->severity = replay->severity;
    state->flags = replay->flags;
    state->contacted_at = replay->contacted_at;
    state->resolved_at = replay->resolved_at;
    state->closed_at = replay->closed_at;
    state->pauses = (struct parts){replay->spans, replay->span_count};
    if (replay->row)
        state->policy = replay->row->name;
    else
        state->policy = NULL;
}

static const char *cause_of(const struct event *ev) {
    if (!ev) return "policy";
    enum event_type type = contract_event(ev->type);

    if (type == EVENT_CASE_CLASSIFIED || type == EVENT_CASE_RECLASSIFIED) return "policy";
    return "late_record";
}

/* What the facts make of the deadlines, and what is new in that. */
static void derive(struct sla_report *report) {
    struct sla_state *state = report->state;
    struct sla_replay *replay = report->replay;

    *replay = (struct sla_replay){
        .arena = report->in->arena, .policy = report->policy, .now_ms = report->in->now_ms};
    sla_replay_run(replay, state);
    if (replay->class_name) state->started = true;
    bool moved = state->policy && replay->row && strcmp(state->policy, replay->row->name) != 0;
    if (moved) report->cause = "policy";
    if (!state->started) replay->count = 0;
    sla_report_changes(report);
}

static bool is_wake_up(const struct decision *in) {
    return !in->ev && !in->visit;
}

static void work_out(struct sla_state *state, const struct decision *in,
                     const struct sla_policy *policy, struct effects *out) {
    bool woken = is_wake_up(in);
    struct sla_replay replay;
    struct sla_report report = {
        .state = state, .in = in, .policy = policy, .out = out, .replay = &replay};
    bool fresh = !state->started;

    if (woken && fresh && state->start_by <= state->wake_at) state->started = true;
    if (woken)
        state->looked_at = state->wake_at > state->looked_at ? state->wake_at : state->looked_at;
    sla_state_take_cycles(state, in->arena, &report.cycles);
    if (state->migrated_at == in->now_ms)
        report.cause = "policy";
    else
        report.cause = cause_of(in->ev);
    report.settle = !woken || fresh;
    derive(&report);
    if (woken) sla_fire_due(&report, state->wake_at);
    if (woken && sla_silence_close(&report, state->wake_at)) derive(&report);
    show(state, &replay);
    sla_fire_plan(&report);
    sla_state_put_cycles(state, &report.cycles);
    sla_compact(state, policy, in->now_ms, in->arena);
}

/* A word counts from its own time, but one that is read days late from then: a complaint that lay
 * for months is not closed before anybody has seen it. */
static void note_word(struct sla_state *state, const struct decision *in) {
    enum { LATE_MS = 24 * 3600 * 1000 };
    const struct event *ev = in->ev;
    const struct tree *automated = tree_get(ev->data, "automated");
    bool by_program = automated && automated->kind == TREE_BOOL && automated->num;
    if (by_program || !sla_silence_is_word(contract_event(ev->type))) return;

    bool late = in->now_ms > ev->time_ms + LATE_MS;
    int64_t at_ms = late ? in->now_ms : ev->time_ms;
    if (at_ms > state->heard_at) state->heard_at = at_ms;
}

static enum result fold(struct sla_state *state, const struct decision *in, struct effects *out) {
    const struct event *ev = in->ev;
    enum event_type type = contract_event(ev->type);
    bool opens = type == EVENT_CASE_OPENED;
    bool news = true;
    enum result result = DONE;

    if (!in->exists && !opens) {
        if (type != EVENT_CASE_CLASSIFIED)
            return effects_reject(
                out, "unknown_case",
                "$.case_id: expected a case that was opened and is not long over");
        out->unchanged = true;
        return DONE;
    }
    if (opens && in->exists) {
        out->unchanged = true;
        return DONE;
    }
    const struct sla_policy *policy = choose_policy(state, in);
    if (opens) {
        result = sla_facts_open(state, in, out);
        state->policy_version = policy->version;
        state->start_by = in->now_ms + policy->classify_within;
    } else {
        result = sla_facts_add(state, in, policy, &news, out);
    }
    if (result != DONE) return result;
    if (!news) {
        out->unchanged = true;
        return DONE;
    }
    note_word(state, in);
    const struct tree *name =
        tree_get(ev->data, "task") ? tree_get(ev->data, "task") : tree_get(ev->data, "target");
    sla_state_add_moment(state, ev->time_ms, type, name ? name->text : NULL, in->arena);
    work_out(state, in, policy, out);

    return DONE;
}

/* What runs is due by the newer version from now on, whether or not anything happens. */
static enum result visit(struct sla_state *state, const struct decision *in, struct effects *out) {
    const char *before = state->policy_version;
    const struct sla_policy *policy = choose_policy(state, in);

    if (before && strcmp(before, state->policy_version) == 0)
        out->unchanged = true;
    else
        work_out(state, in, policy, out);
    return DONE;
}

static enum result decide(const struct decision *in, void *state_in, struct effects *out) {
    struct sla_state *state = state_in;

    if (in->ev) return fold(state, in, out);
    if (in->visit) return visit(state, in, out);
    if (state->forget_at && state->forget_at <= state->wake_at) {
        out->forget = true;
        state->wake_at = 0;
        return DONE;
    }
    work_out(state, in, choose_policy(state, in), out);

    return DONE;
}

/* What is about an order without a case has no deadlines. */
static const char *state_key(const struct event *ev, struct arena *arena) {
    (void)arena;
    if (ev->subject && ids_is_case(ev->subject)) return ev->subject;
    return NULL;
}

const struct worker_spec sla_spec = {
    .name = "sla",
    .about = "puts deadlines on cases, watches them, and says what became of them",
    .kind = WORKER_KEYED,
    .reads = reads,
    .policy_file = "sla.yaml",
    .load = sla_policy_load,
    .state = &sla_state_table,
    .wants = sla_facts_wanted,
    .state_key = state_key,
    .fires_unconfirmed = true,
    .visits = true,
    .decide = decide};
