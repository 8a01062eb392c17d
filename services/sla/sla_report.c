/* sla_report: every event has an id that depends on what it says and on what caused it, so that a
 * fold that is done again says it again under the same id. */
#include "sla_report.h"
#include "base/ids.h"
#include "sla_clock.h"
#include <string.h>

struct sla_cycle *sla_report_cycle(struct sla_report *report, const struct sla_derived *derived) {
    return sla_state_find_cycle(&report->cycles, derived->rule->name, derived->cycle);
}

bool sla_report_breach_said(const struct sla_cycle *cycle) {
    return cycle->breach_due != 0;
}

const char *sla_report_cycle_id(const struct sla_report *report, const char *target,
                                int64_t cycle) {
    return arena_printf(report->in->arena, "%s.%lld", target, (long long)cycle);
}

const char *sla_report_breach_id(const struct sla_report *report, const struct sla_cycle *cycle) {
    const char *id = sla_report_cycle_id(report, cycle->name, cycle->cycle);
    if (!cycle->retracted) return id;
    return arena_printf(report->in->arena, "%s.%lld", id, (long long)cycle->retracted + 1);
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

static void emit(struct sla_report *report, enum event_type type, const char *id_end,
                 int64_t time_ms, const void *data) {
    struct sla_state *state = report->state;
    const char *what = contract_row(type)->name + strlen("sla.");
    const char *id = arena_printf(report->in->arena, "%s.%s.%s", state->case_id, what, id_end);
    struct output *output = contract_emit(report->out, type, state->case_id, id, time_ms, data);
    if (!report->in->ev) output->traceparent = state->traceparent;
}

void sla_report_emit(struct sla_report *report, enum event_type type, const char *id_end,
                     int64_t time_ms, const struct sla_event *data) {
    emit(report, type, id_end, time_ms, data);
    sla_state_add_moment(report->state, time_ms, type, data->target, report->in->arena);
}

static struct sla_event about(const struct sla_report *report, const struct sla_cycle *cycle) {
    return (struct sla_event){
        .case_id = report->state->case_id, .target = cycle->name, .cycle = cycle->cycle};
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
    int count = sla_clock_pauses(report->replay, derived, end_ms, &pauses);
    data->late_seconds = seconds_up(end_ms - derived->due);
    data->late_working_seconds = seconds_up(calendar_elapsed(
        sla_clock_calendar(report->replay, derived), derived->due, end_ms, pauses, count));
}

static void emit_met(struct sla_report *report, const struct sla_derived *derived,
                     struct sla_cycle *cycle) {
    struct sla_event data = about(report, cycle);

    data.due_at = derived->due;
    data.met_at = derived->end_at;
    data.on_time = !derived->breached;
    sla_report_verdict(report, derived, derived->end_at, &data);
    const char *id = arena_printf(report->in->arena, "%s.%lld.%lld",
                                  sla_report_cycle_id(report, cycle->name, cycle->cycle),
                                  (long long)data.met_at, (long long)data.due_at);
    sla_report_emit(report, EVENT_SLA_MET, id, data.met_at, &data);
    if (derived->breached)
        cycle->state = SLA_CYCLE_MET_LATE;
    else
        cycle->state = SLA_CYCLE_MET;
    cycle->met_at = derived->end_at;
}

static void emit_cancelled(struct sla_report *report, struct sla_cycle *cycle, const char *cause,
                           int64_t at) {
    struct sla_event data = about(report, cycle);

    data.cause = cause;
    const char *id =
        arena_printf(report->in->arena, "%s.%s",
                     sla_report_cycle_id(report, cycle->name, cycle->cycle), cause_id(report, at));
    sla_report_emit(report, EVENT_SLA_CANCELLED, id, at, &data);
    cycle->state = SLA_CYCLE_CANCELLED;
}

void sla_report_end(struct sla_report *report, const struct sla_derived *derived,
                    struct sla_cycle *cycle) {
    if (derived->end == SLA_END_MET) {
        int state = SLA_CYCLE_MET;
        if (derived->breached) state = SLA_CYCLE_MET_LATE;
        if (cycle->state != state || cycle->met_at != derived->end_at)
            emit_met(report, derived, cycle);
    } else if (derived->end == SLA_END_CANCELLED) {
        if (cycle->state != SLA_CYCLE_CANCELLED)
            emit_cancelled(report, cycle, derived->cause, derived->end_at);
    } else {
        cycle->state = SLA_CYCLE_BREACHED;
    }
}

/* A breach that the facts, as they are known now, do not have. */
static void retract(struct sla_report *report, struct sla_cycle *cycle, int64_t met_at) {
    if (!sla_report_breach_said(cycle)) return;
    struct sla_event data = about(report, cycle);
    data.due_at = cycle->breach_due;
    data.breached_at = cycle->breached_at;
    data.met_at = met_at;
    data.cause = "late_record";
    sla_report_emit(report, EVENT_SLA_RETRACTED, sla_report_breach_id(report, cycle),
                    time_of(report), &data);
    cycle->retracted++;
    cycle->breach_due = cycle->breached_at = 0;
    static const char *const nobody[] = {"retracted"};
    if (cycle->level) cycle->told = (struct texts){(const char **)nobody, 1}; /* of another one */
}

/* Starting. */

static void watch_deadline(struct sla_report *report, const struct sla_derived *derived,
                           struct sla_cycle *cycle, bool fresh) {
    bool moved = fresh || cycle->due != derived->due;
    bool passed = derived->due && derived->due < report->in->now_ms;

    if (moved && passed && report->settle)
        cycle->settle_at = report->in->now_ms + decision_settings(report->in)->late_settle_ms;
    cycle->due = derived->due;
    cycle->set_by = derived->set_by;
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
        struct sla_cycle *cycle = sla_report_cycle(report, derived);
        bool goes_on = derived->end == SLA_NOT_ENDED || derived->end == SLA_END_MISSED;
        bool again = cycle && goes_on && cycle->state == SLA_CYCLE_CANCELLED;
        if (cycle ? !again : !may_start(report, derived)) continue;
        if (!cycle)
            cycle = sla_state_add_cycle(&report->cycles, derived->rule->name, derived->cycle);
        if (derived->paused)
            cycle->state = SLA_CYCLE_PAUSED;
        else
            cycle->state = SLA_CYCLE_RUNNING;
        if (derived->paused)
            cycle->waits_for = derived->waits_for;
        else
            cycle->waits_for = NULL;
        watch_deadline(report, derived, cycle, true);
        targets[data.targets.count++] =
            (struct sla_target){cycle->name, cycle->cycle, cycle->due, cycle->set_by};
    }
    if (data.targets.count == 0) return;
    data.targets.at = targets;
    if (replay->row)
        data.policy = replay->row->name;
    else
        data.policy = "none"; /* only deadlines set from outside */
    emit(report, EVENT_SLA_STARTED, cause_id(report, targets[data.targets.count - 1].cycle),
         time_of(report), &data);
    sla_state_add_moment(report->state, time_of(report), EVENT_SLA_STARTED, NULL,
                         report->in->arena);
}

/* Running ones: pauses and moved deadlines. */

struct moved {
    struct sla_pause pause, resume;
    struct sla_target *paused, *resumed;
};

static void reschedule(struct sla_report *report, const struct sla_derived *derived,
                       struct sla_cycle *cycle) {
    struct sla_event data = about(report, cycle);

    data.old_due_at = cycle->due;
    data.due_at = derived->due;
    data.set_by = derived->set_by;
    if (derived->set_by)
        data.cause = arena_printf(report->in->arena, "deadline_set:%s", derived->set_by);
    else
        data.cause = report->cause;
    const struct event *ev = report->in->ev;
    if (ev && contract_event(ev->type) == EVENT_CASE_RECLASSIFIED) {
        data.by = tree_text(ev->data, "by");
        data.reason = tree_text(ev->data, "reason");
    }
    const char *id = arena_printf(report->in->arena, "%s.%s",
                                  sla_report_cycle_id(report, cycle->name, cycle->cycle),
                                  cause_id(report, derived->due));
    sla_report_emit(report, EVENT_SLA_RESCHEDULED, id, time_of(report), &data);
}

static bool waits_so(const struct sla_cycle *cycle, const struct sla_derived *derived) {
    return cycle->waits_for && strcmp(cycle->waits_for, derived->waits_for) == 0;
}

static void go_on(struct sla_report *report, const struct sla_derived *derived,
                  struct sla_cycle *cycle, struct moved *moved) {
    struct sla_target target = {cycle->name, cycle->cycle, derived->due, derived->set_by};
    bool was_paused = cycle->state == SLA_CYCLE_PAUSED;

    if (!derived->due || derived->due >= report->in->now_ms) retract(report, cycle, 0);
    if (sla_report_breach_said(cycle)) {
        if (cycle->due != derived->due) reschedule(report, derived, cycle);
        cycle->state = SLA_CYCLE_BREACHED;
    } else if (derived->paused && (!was_paused || !waits_so(cycle, derived))) {
        target.due_at = 0;
        target.set_by = NULL;
        moved->paused[moved->pause.targets.count++] = target;
        moved->pause.reason = derived->waits_for;
        cycle->state = SLA_CYCLE_PAUSED;
        cycle->waits_for = derived->waits_for;
    } else if (was_paused && !derived->paused) {
        moved->resumed[moved->resume.targets.count++] = target;
        moved->resume.reason = cycle->waits_for;
        cycle->state = SLA_CYCLE_RUNNING;
        cycle->waits_for = NULL;
    } else {
        if (cycle->due != derived->due) reschedule(report, derived, cycle);
        if (derived->paused)
            cycle->state = SLA_CYCLE_PAUSED;
        else
            cycle->state = SLA_CYCLE_RUNNING;
    }
    cycle->met_at = 0;
    watch_deadline(report, derived, cycle, false);
}

static void compare(struct sla_report *report, const struct sla_derived *derived,
                    struct sla_cycle *cycle, struct moved *moved) {
    if (cycle->frozen) return;
    if (!derived->end && !derived->breached) {
        go_on(report, derived, cycle, moved);
    } else if (!derived->breached) {
        retract(report, cycle, derived->end == SLA_END_MET ? derived->end_at : 0);
        sla_report_end(report, derived, cycle);
        cycle->due = derived->due;
        cycle->waits_for = NULL;
    } else if (sla_report_breach_said(cycle)) {
        sla_report_end(report, derived, cycle);
        cycle->due = derived->due;
    } else { /* late, and the wake-up has yet to say so */
        cycle->state = SLA_CYCLE_RUNNING;
        cycle->met_at = 0;
        cycle->waits_for = NULL;
        watch_deadline(report, derived, cycle, false);
    }
}

/* A breach that was said before the case took another version of the policies. */
static bool is_of_earlier_version(const struct sla_report *report, const struct sla_cycle *cycle) {
    return sla_report_breach_said(cycle) && cycle->breached_at <= report->state->migrated_at;
}

/* Cycles that the facts, as they are known now, do not have. */
static void drop_others(struct sla_report *report) {
    for (int i = 0; i < report->cycles.count; i++) {
        struct sla_cycle *cycle = &report->cycles.at[i];
        bool found = cycle->frozen || cycle->cycle <= report->state->closed_books;
        for (int k = 0; k < report->replay->count && !found; k++)
            found = report->replay->at[k].cycle == cycle->cycle &&
                    strcmp(report->replay->at[k].rule->name, cycle->name) == 0;
        if (found) continue;
        bool policy = !sla_policy_rule(report->replay->row, cycle->name);
        if (!is_of_earlier_version(report, cycle)) retract(report, cycle, 0);
        if (cycle->state != SLA_CYCLE_CANCELLED)
            emit_cancelled(report, cycle, policy ? "policy" : "late_record", time_of(report));
    }
}

/* A breach that was said under an earlier version stands, whatever the new one promises; only a
 * fact in time disproves it. */
static void let_breaches_stand(struct sla_report *report) {
    for (int i = 0; i < report->replay->count; i++) {
        struct sla_derived *derived = &report->replay->at[i];
        const struct sla_cycle *cycle = sla_report_cycle(report, derived);
        if (!cycle || !is_of_earlier_version(report, cycle)) continue;
        if (derived->end && derived->end_at <= cycle->breach_due) continue;
        derived->breached = true;
        derived->paused = false;
        derived->due = cycle->breach_due;
        derived->set_by = cycle->set_by;
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
        struct sla_cycle *cycle = sla_report_cycle(report, &replay->at[i]);
        if (cycle) compare(report, &replay->at[i], cycle, &moved);
    }
    if (replay->span_count) reached = replay->spans[replay->span_count - 1].to;
    moved.pause.case_id = moved.resume.case_id = report->state->case_id;
    moved.pause.targets.at = moved.paused;
    moved.resume.targets.at = moved.resumed;
    if (moved.pause.targets.count) {
        emit(report, EVENT_SLA_PAUSED, cause_id(report, reached), time_of(report), &moved.pause);
        sla_state_add_moment(report->state, time_of(report), EVENT_SLA_PAUSED, NULL, arena);
    }
    if (moved.resume.targets.count) {
        emit(report, EVENT_SLA_RESUMED, cause_id(report, reached), time_of(report), &moved.resume);
        sla_state_add_moment(report->state, time_of(report), EVENT_SLA_RESUMED, NULL, arena);
    }
}
