/* sla_report: every event has an id that depends on what it says and on what caused it, so that a
 * fold that is done again says it again under the same id. */
#include "sla_report.h"
#include "base/ids.h"
#include <string.h>

struct sla_cycle *sla_report_record(struct sla_report *report, const struct sla_derived *derived) {
    return sla_state_find_cycle(&report->cycles, derived->rule->name, derived->cycle);
}

bool sla_report_breach_said(const struct sla_cycle *record) {
    return record->breach_due != 0;
}

const char *sla_report_cycle_id(const struct sla_report *report, const char *target,
                                int64_t cycle) {
    return arena_printf(report->in->arena, "%s.%lld", target, (long long)cycle);
}

const char *sla_report_breach_id(const struct sla_report *report, const struct sla_cycle *record) {
    const char *id = sla_report_cycle_id(report, record->name, record->cycle);
    if (!record->retracted) return id;
    return arena_printf(report->in->arena, "%s.%lld", id, (long long)record->retracted + 1);
}

/* What caused it: the event folded, or a time that was reached. */
static const char *cause_id(const struct sla_report *report, int64_t reached_ms) {
    const struct event *ev = report->in->ev;
    if (!ev) return arena_printf(report->in->arena, "%lld", (long long)reached_ms);
    char hash[27];
    ids_hash(hash, 2, ev->source, ev->id);
    return arena_strdup(report->in->arena, hash);
}

/* The fact's time for what a fact did, the clock for what the clock did. */
static int64_t time_of(const struct sla_report *report) {
    if (report->in->ev) return report->in->ev->time_ms;
    return report->in->now_ms;
}

static void emit(struct sla_report *report, const char *type, const char *id_end, int64_t time_ms,
                 const struct record *record, const void *data) {
    struct sla_state *state = report->state;
    const char *id =
        arena_printf(report->in->arena, "%s.%s.%s", state->case_id, type + strlen("sla."), id_end);
    struct output *output =
        effects_emit(report->out, type, state->case_id, id, time_ms, record, data);
    if (!report->in->ev) output->traceparent = state->traceparent;
}

void sla_report_emit(struct sla_report *report, const char *type, const char *id_end,
                     int64_t time_ms, const struct sla_event *data) {
    emit(report, type, id_end, time_ms, contract_find(type)->record, data);
    sla_state_add_moment(report->state, time_ms, type, data->target, report->in->arena);
}

static struct sla_event about(const struct sla_report *report, const struct sla_cycle *record) {
    return (struct sla_event){
        .case_id = report->state->case_id, .target = record->name, .cycle = record->cycle};
}

static int64_t seconds_up(int64_t ms) {
    return ms / 1000 + (ms % 1000 > 0);
}

void sla_report_verdict(const struct sla_report *report, const struct sla_derived *derived,
                        int64_t end_ms, struct sla_event *data) {
    data->set_by = derived->set_by;
    data->policy_version = report->policy->version;
    if (!derived->breached && end_ms <= derived->due) return;
    struct calendar_pause *pauses;
    int count = sla_replay_pauses(report->replay, derived->rule, end_ms, &pauses);
    data->late_seconds = seconds_up(end_ms - derived->due);
    data->late_working_seconds =
        seconds_up(calendar_elapsed(derived->rule->calendar, derived->due, end_ms, pauses, count));
}

static void emit_met(struct sla_report *report, const struct sla_derived *derived,
                     struct sla_cycle *record) {
    struct sla_event data = about(report, record);

    data.due_at = derived->due;
    data.met_at = derived->end_at;
    data.on_time = !derived->breached;
    sla_report_verdict(report, derived, derived->end_at, &data);
    const char *id = arena_printf(report->in->arena, "%s.%lld.%lld",
                                  sla_report_cycle_id(report, record->name, record->cycle),
                                  (long long)data.met_at, (long long)data.due_at);
    sla_report_emit(report, "sla.met", id, data.met_at, &data);
    if (derived->breached)
        record->state = SLA_CYCLE_MET_LATE;
    else
        record->state = SLA_CYCLE_MET;
    record->met_at = derived->end_at;
}

static void emit_cancelled(struct sla_report *report, struct sla_cycle *record, const char *cause,
                           int64_t at) {
    struct sla_event data = about(report, record);

    data.cause = cause;
    const char *id = arena_printf(report->in->arena, "%s.%s",
                                  sla_report_cycle_id(report, record->name, record->cycle),
                                  cause_id(report, at));
    sla_report_emit(report, "sla.cancelled", id, at, &data);
    record->state = SLA_CYCLE_CANCELLED;
}

void sla_report_end(struct sla_report *report, const struct sla_derived *derived,
                    struct sla_cycle *record) {
    if (derived->end == SLA_END_MET) {
        int state = SLA_CYCLE_MET;
        if (derived->breached) state = SLA_CYCLE_MET_LATE;
        if (record->state != state || record->met_at != derived->end_at)
            emit_met(report, derived, record);
    } else if (derived->end == SLA_END_CANCELLED) {
        if (record->state != SLA_CYCLE_CANCELLED)
            emit_cancelled(report, record, derived->cause, derived->end_at);
    } else {
        record->state = SLA_CYCLE_BREACHED;
    }
}

/* A breach that the facts, as they are known now, do not have. */
static void retract(struct sla_report *report, struct sla_cycle *record, int64_t met_at) {
    if (!sla_report_breach_said(record)) return;
    struct sla_event data = about(report, record);
    data.due_at = record->breach_due;
    data.breached_at = record->breached_at;
    data.met_at = met_at;
    data.cause = "late_record";
    sla_report_emit(report, "sla.retracted", sla_report_breach_id(report, record), time_of(report),
                    &data);
    record->retracted++;
    record->breach_due = record->breached_at = 0;
    static const char *const nobody[] = {"retracted"};
    if (record->level) record->told = (struct texts){(const char **)nobody, 1}; /* of another one */
}

/* Starting. */

static void watch_deadline(struct sla_report *report, const struct sla_derived *derived,
                           struct sla_cycle *record, bool fresh) {
    bool moved = fresh || record->due != derived->due;
    bool passed = derived->due && derived->due < report->in->now_ms;

    if (moved && passed && report->settle)
        record->settle_at = report->in->now_ms + decision_settings(report->in)->late_settle_ms;
    record->due = derived->due;
    record->set_by = derived->set_by;
}

static bool may_start(const struct sla_report *report, const struct sla_derived *derived) {
    const struct sla_state *state = report->state;
    if (derived->cycle <= state->closed_books) return false;
    return !(derived->end && derived->end_at <= state->migrated_at);
}

static void start_cycles(struct sla_report *report) {
    struct sla_replay *replay = report->replay;
    struct sla_target *targets =
        arena_alloc(report->in->arena, (size_t)(replay->count + 1) * sizeof *targets);
    struct sla_started data = {.case_id = report->state->case_id,
                               .policy_version = report->policy->version};

    for (int i = 0; i < replay->count; i++) {
        const struct sla_derived *derived = &replay->at[i];
        struct sla_cycle *record = sla_report_record(report, derived);
        bool goes_on = derived->end == SLA_NOT_ENDED || derived->end == SLA_END_MISSED;
        bool again = record && goes_on && record->state == SLA_CYCLE_CANCELLED;
        if (record ? !again : !may_start(report, derived)) continue;
        if (!record)
            record = sla_state_add_cycle(&report->cycles, derived->rule->name, derived->cycle);
        if (derived->paused)
            record->state = SLA_CYCLE_PAUSED;
        else
            record->state = SLA_CYCLE_RUNNING;
        if (derived->paused)
            record->waits_for = derived->waits_for;
        else
            record->waits_for = 0;
        watch_deadline(report, derived, record, true);
        targets[data.targets.count++] =
            (struct sla_target){record->name, record->cycle, record->due, record->set_by};
    }
    if (data.targets.count == 0) return;
    data.targets.at = targets;
    if (replay->row)
        data.policy = replay->row->name;
    else
        data.policy = "none"; /* only deadlines set from outside */
    emit(report, "sla.started", cause_id(report, targets[data.targets.count - 1].cycle),
         time_of(report), &contract_sla_started, &data);
    sla_state_add_moment(report->state, time_of(report), "sla.started", NULL, report->in->arena);
}

/* Running ones: pauses and moved deadlines. */

struct moved {
    struct sla_pause pause, resume;
    struct sla_target *paused, *resumed;
};

static void reschedule(struct sla_report *report, const struct sla_derived *derived,
                       struct sla_cycle *record) {
    struct sla_event data = about(report, record);

    data.old_due_at = record->due;
    data.due_at = derived->due;
    data.set_by = derived->set_by;
    if (derived->set_by)
        data.cause = arena_printf(report->in->arena, "deadline_set:%s", derived->set_by);
    else
        data.cause = report->cause;
    const char *id = arena_printf(report->in->arena, "%s.%s",
                                  sla_report_cycle_id(report, record->name, record->cycle),
                                  cause_id(report, derived->due));
    sla_report_emit(report, "sla.rescheduled", id, time_of(report), &data);
}

static void go_on(struct sla_report *report, const struct sla_derived *derived,
                  struct sla_cycle *record, struct moved *moved) {
    struct sla_target target = {record->name, record->cycle, derived->due, derived->set_by};
    bool was_paused = record->state == SLA_CYCLE_PAUSED;

    if (!derived->due || derived->due >= report->in->now_ms) retract(report, record, 0);
    if (sla_report_breach_said(record)) {
        if (record->due != derived->due) reschedule(report, derived, record);
        record->state = SLA_CYCLE_BREACHED;
    } else if (derived->paused && (!was_paused || record->waits_for != derived->waits_for)) {
        target.due_at = 0;
        target.set_by = NULL;
        moved->paused[moved->pause.targets.count++] = target;
        moved->pause.reason = contract_pause_reasons[derived->waits_for - 1];
        record->state = SLA_CYCLE_PAUSED;
        record->waits_for = derived->waits_for;
    } else if (was_paused && !derived->paused) {
        moved->resumed[moved->resume.targets.count++] = target;
        moved->resume.reason = contract_pause_reasons[record->waits_for - 1];
        record->state = SLA_CYCLE_RUNNING;
        record->waits_for = 0;
    } else {
        if (record->due != derived->due) reschedule(report, derived, record);
        if (derived->paused)
            record->state = SLA_CYCLE_PAUSED;
        else
            record->state = SLA_CYCLE_RUNNING;
    }
    record->met_at = 0;
    watch_deadline(report, derived, record, false);
}

static void compare(struct sla_report *report, const struct sla_derived *derived,
                    struct sla_cycle *record, struct moved *moved) {
    if (record->frozen) return;
    if (!derived->end && !derived->breached) {
        go_on(report, derived, record, moved);
    } else if (!derived->breached) {
        retract(report, record, derived->end == SLA_END_MET ? derived->end_at : 0);
        sla_report_end(report, derived, record);
        record->due = derived->due;
        record->waits_for = 0;
    } else if (sla_report_breach_said(record)) {
        sla_report_end(report, derived, record);
        record->due = derived->due;
    } else { /* late, and the wake-up has yet to say so */
        record->state = SLA_CYCLE_RUNNING;
        record->met_at = 0;
        record->waits_for = 0;
        watch_deadline(report, derived, record, false);
    }
}

/* A breach that was said before the case took another version of the policies. */
static bool is_of_earlier_version(const struct sla_report *report, const struct sla_cycle *record) {
    return sla_report_breach_said(record) && record->breached_at <= report->state->migrated_at;
}

/* Cycles that the facts, as they are known now, do not have. */
static void drop_others(struct sla_report *report) {
    for (int i = 0; i < report->cycles.count; i++) {
        struct sla_cycle *record = &report->cycles.at[i];
        bool found = record->frozen || record->cycle <= report->state->closed_books;
        for (int k = 0; k < report->replay->count && !found; k++)
            found = report->replay->at[k].cycle == record->cycle &&
                    strcmp(report->replay->at[k].rule->name, record->name) == 0;
        if (found) continue;
        bool policy = !sla_policy_rule(report->replay->row, record->name);
        if (!is_of_earlier_version(report, record)) retract(report, record, 0);
        if (record->state != SLA_CYCLE_CANCELLED)
            emit_cancelled(report, record, policy ? "policy" : "late_record", time_of(report));
    }
}

/* A breach that was said under an earlier version stands, whatever the new one promises; only a
 * fact in time disproves it. */
static void let_breaches_stand(struct sla_report *report) {
    for (int i = 0; i < report->replay->count; i++) {
        struct sla_derived *derived = &report->replay->at[i];
        const struct sla_cycle *record = sla_report_record(report, derived);
        if (!record || !is_of_earlier_version(report, record)) continue;
        if (derived->end && derived->end_at <= record->breach_due) continue;
        derived->breached = true;
        derived->paused = false;
        derived->due = record->breach_due;
        derived->set_by = record->set_by;
    }
}

void sla_report_changes(struct sla_report *report) {
    struct arena *arena = report->in->arena;
    struct sla_replay *replay = report->replay;
    size_t size = (size_t)(replay->count + 1) * sizeof(struct sla_target);
    struct moved moved = {.paused = arena_alloc(arena, size), .resumed = arena_alloc(arena, size)};

    let_breaches_stand(report);
    drop_others(report);
    start_cycles(report);
    int64_t reached = 0;
    for (int i = 0; i < replay->count; i++) {
        struct sla_cycle *record = sla_report_record(report, &replay->at[i]);
        if (record) compare(report, &replay->at[i], record, &moved);
    }
    if (replay->span_count) reached = replay->spans[replay->span_count - 1].to;
    moved.pause.case_id = moved.resume.case_id = report->state->case_id;
    moved.pause.targets.at = moved.paused;
    moved.resume.targets.at = moved.resumed;
    if (moved.pause.targets.count) {
        emit(report, "sla.paused", cause_id(report, reached), time_of(report), &contract_sla_paused,
             &moved.pause);
        sla_state_add_moment(report->state, time_of(report), "sla.paused", NULL, arena);
    }
    if (moved.resume.targets.count) {
        emit(report, "sla.resumed", cause_id(report, reached), time_of(report),
             &contract_sla_resumed, &moved.resume);
        sla_state_add_moment(report->state, time_of(report), "sla.resumed", NULL, arena);
    }
}
