/* sla_replay: each target over the steps that the facts are (sla_steps.h). */
#include "sla_replay.h"
#include "sla_clock.h"
#include "sla_steps.h"
#include <string.h>

struct limit { /* a deadline set from outside */
    const char *set_by;
    int64_t at;
};

struct course {
    struct sla_steps *run;
    const char *name;
    int segment;
    const struct sla_rule
        *rule; /* in force; where the policy lacks the target, that of the next one that has it */
    const struct sla_rule *bare; /* in force where the policy lacks it, since a deadline is set from
                                    outside; or NULL */
    const struct sla_rule *held; /* in force where the policy lacks it, since it was promised to who
                                    now writes of something else; or NULL */
    bool shadow;                 /* nobody asks for it yet */
    struct limit *limits;
    int limit_count;
    bool running;
    struct sla_derived now;  /* while running */
    struct sla_derived last; /* the cycle before; its `end` is 0: there was none */
    int missed;              /* in a row */
};

/* What the facts before `end_ms` make of the deadline: ours, or an earlier one set from outside. */
static int64_t due_of(struct course *course, int64_t end_ms, const char **set_by_out,
                      const struct sla_rule **kept_out) {
    course->now.rule = course->rule;
    int64_t due = sla_clock_due(course->run->replay, &course->now, end_ms, kept_out);

    *set_by_out = NULL;
    for (int i = 0; i < course->limit_count; i++) {
        const struct limit *limit = &course->limits[i];
        bool ours =
            limit->at > course->now.cycle || course->now.cycle == course->run->state->opened_at;
        if (!ours || limit->at >= due) continue;
        due = limit->at;
        *set_by_out = limit->set_by;
    }

    return due;
}

static void set_due(struct course *course, int64_t end_ms) {
    int64_t due = due_of(course, end_ms, &course->now.set_by, &course->now.kept);
    if (due == CALENDAR_NEVER)
        course->now.due = 0;
    else
        course->now.due = due;
}

/* Before something changes at `at`: a deadline that has passed by then has been missed. */
static void settle(struct course *course, int64_t at) {
    struct sla_derived *now = &course->now;

    if (!course->running || now->breached) return;
    const char *set_by;
    const struct sla_rule *kept;
    int64_t due = due_of(course, CALENDAR_NEVER, &set_by, &kept);
    if (due >= at) return;
    now->breached = true;
    now->due = due;
    now->set_by = set_by;
    now->kept = kept;
}

/* One that a policy cancelled and a later one takes up again is one cycle. */
static void add_result(struct course *course) {
    struct sla_replay *replay = course->run->replay;
    struct sla_derived *last = NULL;
    if (replay->count) last = &replay->at[replay->count - 1];

    course->now.rule = course->rule;
    if (last && last->cycle == course->now.cycle && strcmp(last->rule->name, course->name) == 0) {
        *last = course->now;
        return;
    }
    *ARENA_ADD(replay->arena, replay->at, replay->count) = course->now;
}

/* The rule in force, or the next one that will be. */
static void choose_rule(struct course *course, int segment) {
    const struct sla_steps *run = course->run;

    course->segment = segment;
    course->rule = sla_policy_rule(run->segments[segment].row, course->name);
    if (!course->rule) course->rule = course->held;
    if (!course->rule) course->rule = course->bare;
    course->shadow = !course->rule;
    for (int i = segment + 1; !course->rule && i < run->segment_count; i++)
        course->rule = sla_policy_rule(run->segments[i].row, course->name);
}

static void end(struct course *course, enum sla_end how, int64_t at, const char *cause) {
    if (!course->running) return;
    settle(course, at);
    if (!course->now.breached) set_due(course, at);
    course->now.end = how;
    course->now.end_at = at;
    course->now.cause = cause;
    course->running = false;
    course->last = course->now;
    if (!course->shadow) add_result(course);
    if (!course->held) return;
    course->held = NULL;
    choose_rule(course, course->segment);
}

static void start(struct course *course, int64_t at) {
    course->running = true;
    course->now = (struct sla_derived){.cycle = at};
}

/* The same cycle, as if nothing had become of it yet. */
static struct sla_derived afresh(const struct sla_derived *derived) {
    return (struct sla_derived){.cycle = derived->cycle,
                                .begun = derived->begun,
                                .gaps = derived->gaps,
                                .gap_count = derived->gap_count};
}

/* Where the policy says so, it goes on with the rest of the time of the one before. */
static void go_on(struct course *course) {
    struct arena *arena = course->run->replay->arena;
    const struct sla_derived *last = &course->last;
    struct sla_derived *now = &course->now;
    if (!last->end) return;

    now->begun = last->cycle;
    if (last->begun) now->begun = last->begun;
    struct calendar_pause *gaps = arena_alloc(arena, (size_t)(last->gap_count + 1) * sizeof *gaps);
    if (last->gap_count) memcpy(gaps, last->gaps, (size_t)last->gap_count * sizeof *gaps);
    gaps[last->gap_count] = (struct calendar_pause){last->end_at, now->cycle};
    now->gaps = gaps;
    now->gap_count = last->gap_count + 1;
}

/* A chained target that is missed goes on from its due time, up to `at`. */
static void chain(struct course *course, int64_t at) {
    if (!course->rule || !course->rule->chained) return;
    while (course->running && course->missed < course->rule->chain_max) {
        settle(course, at);
        if (!course->now.breached) return;
        int64_t due = course->now.due;
        end(course, SLA_END_MISSED, due, NULL);
        course->missed++;
        if (course->shadow) return; /* it was held for that one */
        start(course, due);
    }
}

/* What was promised until here, to who writes again. */
static void promise(struct course *course) {
    struct sla_derived *now = &course->now;
    size_t count = (size_t)now->promise_count;
    for (size_t i = 0; i < count; i++)
        if (now->promises[i] == course->rule) return;

    const struct sla_rule **grown =
        arena_alloc(course->run->replay->arena, (count + 1) * sizeof *grown);
    if (count) memcpy(grown, now->promises, count * sizeof *grown);
    grown[count] = course->rule;
    now->promises = grown;
    now->promise_count++;
}

/* Only a person takes back what was promised: with another class, or by handing the case on. */
static bool is_of_person(const struct sla_replay_step *step) {
    return step->type == EVENT_CASE_RECLASSIFIED ||
           (step->type == EVENT_CASE_ASSIGNED && !step->fact->automated);
}

/* A promise made to a customer is not taken back by what the customer writes; a person may. */
static void keep_promises(struct course *course, const struct sla_replay_step *step) {
    bool runs = course->running && !course->shadow && course->rule != course->bare;

    if (is_of_person(step)) {
        course->held = NULL;
        course->now.promise_count = 0;
    } else if (runs) {
        promise(course);
        course->held = course->rule;
    }
}

static void switch_policy(struct course *course, const struct sla_replay_step *step) {
    const struct sla_row *row = course->run->segments[step->segment].row;

    chain(course, step->at);
    settle(course, step->at);
    keep_promises(course, step);
    struct sla_derived before = course->now;
    bool ran = course->running;
    bool lacks = !sla_policy_rule(row, course->name) && !course->held;
    if (ran && !course->shadow && !course->bare && lacks)
        end(course, SLA_END_CANCELLED, step->at, "policy");
    choose_rule(course, step->segment);
    if (ran && course->shadow && !course->running &&
        course->rule) { /* kept in mind: a later policy asks for it again */
        course->now = afresh(&before);
        course->running = true;
    }
    if (!course->rule) course->running = false;
}

static void limit(struct course *course, const struct sla_replay_step *step) {
    const struct sla_fact *fact = step->fact;

    settle(course, step->at);
    int i = 0;
    while (i < course->limit_count && strcmp(course->limits[i].set_by, fact->set_by) != 0) i++;
    if (i == course->limit_count) course->limit_count++;
    course->limits[i] = (struct limit){fact->set_by, fact->until};
}

/* "inspection" of "marketplace.inspection". */
static const char *bare_name(const struct course *course) {
    const char *dot = strrchr(course->name, '.');
    if (dot) return dot + 1;
    return course->name;
}

/* A task's facts are only those of the task that has the target's name. */
static bool concerns(const struct course *course, const struct event_set *types,
                     const struct sla_replay_step *step) {
    bool of_task = step->type == EVENT_TASK_STARTED || step->type == EVENT_TASK_DONE;

    if (!types->has[step->type]) return false;
    return !of_task || (step->fact->name && strcmp(step->fact->name, bare_name(course)) == 0);
}

/* Closed by a program: nothing was met by that, and nothing is waited for any more. */
static bool is_given_up(const struct sla_replay_step *step) {
    return step->fact->automated && step->type == EVENT_CASE_CLOSED;
}

/* A bot's reply is no first contact, unless the policy says so. */
static bool may_meet(const struct sla_rule *rule, const struct sla_replay_step *step) {
    return rule->automated || !step->fact->automated;
}

/* "resolved" for case.resolved; where a policy's own `ends_on` names another type, that type. */
static const char *cause_of_end(enum event_type type) {
    const char *whole = contract_row(type)->name;
    const char *name = strchr(whole, '.') + 1;

    if (strncmp(whole, "case.", 5) == 0 && fields_choice_value(contract_cancel_causes, name))
        return name;
    return whole;
}

static void take_step(struct course *course, const struct sla_replay_step *step) {
    if (step->segment != course->segment) switch_policy(course, step);
    if (step->type == EVENT_CASE_DEADLINE_SET && strcmp(step->fact->name, course->name) == 0)
        limit(course, step);
    const struct sla_rule *rule = course->rule;
    if (!rule) return;
    chain(course, step->at);
    if (step->type == EVENT_CASE_WITHDRAWN)
        end(course, SLA_END_CANCELLED, step->at, "withdrawn");
    else if (is_given_up(step))
        end(course, SLA_END_CANCELLED, step->at, "closed");
    else if (course->running && may_meet(rule, step) && concerns(course, &rule->met_by, step))
        end(course, SLA_END_MET, step->at, NULL);
    else if (course->running && concerns(course, &rule->ends_on, step))
        end(course, SLA_END_CANCELLED, step->at, cause_of_end(step->type));
    rule = course->rule; /* one that was held has gone with its cycle */
    if (!rule || course->running || step->silent || is_given_up(step) ||
        !concerns(course, &rule->starts_on, step))
        return;
    start(course, step->at);
    if (step->type == EVENT_CASE_REOPENED) go_on(course);
    course->missed = 0;
}

/* Does the clock stand now? That of the deadline that would hold if the pause were over at once. */
static void note_pause(const struct sla_replay *replay, struct sla_derived *derived) {
    if (derived->breached || replay->span_count == 0) return;
    const struct sla_pause_span *span = &replay->spans[replay->span_count - 1];
    if (span->to && span->to <= replay->now_ms) return;
    if (derived->due && derived->due <= span->from) return;
    const struct sla_rule *kept;
    sla_clock_due(replay, derived, span->from, &kept);
    const struct sla_rule *rule = kept ? kept : derived->rule;
    if (!texts_has(&rule->pause_on, span->reason)) return;

    derived->paused = true;
    derived->waits_for = span->reason;
    derived->resumes_at = span->to;
}

/* A deadline set from outside holds whether or not the policy of the time has such a target. */
static const struct sla_rule *bare_rule(const struct sla_steps *run, const char *name) {
    struct arena *arena = run->replay->arena;
    const struct sla_fact *facts = run->state->facts.at;
    bool set = false;

    for (int i = 0; i < run->state->facts.count && !set; i++)
        set = run->types[i] == EVENT_CASE_DEADLINE_SET && strcmp(facts[i].name, name) == 0;
    if (!set) return NULL; /* as in nearly every case */
    struct sla_rule *rule = ARENA_NEW(arena, struct sla_rule);

    if (sla_policy_bare_rule(name, rule)) return rule;
    return NULL;
}

static void run_target(struct sla_steps *run, const char *name) {
    struct course course = {.run = run, .name = name, .bare = bare_rule(run, name)};

    course.limits =
        arena_alloc(run->replay->arena, (size_t)run->step_count * sizeof *course.limits);
    choose_rule(&course, 0);
    for (int i = 0; i < run->step_count; i++) take_step(&course, &run->steps[i]);
    if (!course.running || course.shadow || !course.rule) return;
    chain(&course, run->state->looked_at);
    if (!course.now.breached) set_due(&course, CALENDAR_NEVER);
    course.now.rule = course.rule;
    note_pause(run->replay, &course.now);
    add_result(&course);
}

static bool named_before(const struct sla_steps *run, int segment, const char *name) {
    for (int i = 0; i < segment; i++)
        if (sla_policy_rule(run->segments[i].row, name)) return true;
    return false;
}

/* Targets that no policy of this case has, and somebody outside set a deadline for. */
static void run_others(struct sla_steps *run) {
    const struct sla_fact *facts = run->state->facts.at;

    for (int i = 0; i < run->state->facts.count; i++) {
        if (run->types[i] != EVENT_CASE_DEADLINE_SET) continue;
        bool again = named_before(run, run->segment_count, facts[i].name);
        for (int k = 0; k < i && !again; k++)
            again = run->types[k] == EVENT_CASE_DEADLINE_SET &&
                    strcmp(facts[k].name, facts[i].name) == 0;
        if (!again) run_target(run, facts[i].name);
    }
}

void sla_replay_run(struct sla_replay *replay, const struct sla_state *state) {
    struct sla_steps run = {.replay = replay, .state = state};

    replay->state = state;
    replay->status = SLA_OPEN;
    sla_steps_make(&run);
    for (int i = 0; i < run.segment_count; i++) {
        const struct sla_row *row = run.segments[i].row;
        for (int k = 0; row && k < row->rule_count; k++)
            if (!named_before(&run, i, row->rules[k]->name)) run_target(&run, row->rules[k]->name);
    }
    run_others(&run);
    const struct sla_segment *last = &run.segments[run.segment_count - 1];
    replay->row = last->row;
    replay->class_name = last->class_name;
    replay->severity = last->severity;
    replay->flags = last->flags;
}
