/* sla_replay: facts to steps (what each means, which policy holds, whether the clock stands), then
 * each target over these steps. */
#include "sla_replay.h"
#include "contract/profile.h"
#include <string.h>

struct step {
    const struct sla_fact *fact;
    const char *type; /* the fact's, or "case.reopened" where the policy says that it reopens */
    int64_t at;       /* not before the opening */
    int segment;      /* the policy's, from here on */
    bool silent;      /* nothing starts: the case was over before, in the same way */
};

/* A stretch of facts under one policy. */
struct segment {
    const struct sla_row *row;
    const char *class_name;
    int severity;
    struct texts flags;
};

struct run {
    struct sla_replay *replay;
    const struct sla_state *state;
    struct step *steps;
    int step_count;
    struct segment *segments;
    int segment_count;
    struct sla_pause_span span; /* the open one; reason 0: none */
};

/* Class, severity and flags. */

static bool is_type(const struct sla_fact *fact, const char *type) {
    return strcmp(fact->type, type) == 0;
}

static bool classifies(const struct sla_fact *fact) {
    return is_type(fact, "case.classified") || is_type(fact, "case.reclassified");
}

static struct profile_place place_of(const struct sla_fact *fact) {
    return (struct profile_place){fact->at, fact->ordered, fact->sequence};
}

static const struct profile *apply_classification(struct arena *arena,
                                                  const struct profile *profile,
                                                  const struct sla_fact *fact) {
    struct profile_place place = place_of(fact);

    if (is_type(fact, "case.reclassified"))
        return profile_reclassified(profile, &place, fact->name, fact->severity, arena);
    return profile_classified(profile, &place, fact->name, fact->severity, &fact->flags, arena);
}

static void add_segment(struct run *run, const struct profile *known) {
    struct segment *segment = &run->segments[run->segment_count++];
    const struct sla_state *state = run->state;

    segment->class_name = profile_class(known);
    segment->severity = profile_severity(known);
    segment->flags = profile_flags(known, run->replay->arena);
    struct sla_profile profile = {.tenant = state->tenant,
                                  .class_name = segment->class_name,
                                  .severity = segment->severity,
                                  .tier = state->tier,
                                  .channel = state->channel,
                                  .flags = &segment->flags,
                                  .order = state->order,
                                  .opened_at = state->opened_at};
    segment->row = sla_policy_match(run->replay->policy, &profile);
}

/* Pauses. */

static void close_span(struct run *run, int64_t at) {
    struct sla_pause_span *span = &run->span;
    if (!span->reason) return;
    if (at && (!span->to || span->to > at)) span->to = at;
    if (!span->to || span->to > span->from) run->replay->spans[run->replay->span_count++] = *span;
    *span = (struct sla_pause_span){0};
}

static void pause(struct run *run, const struct step *step) {
    const struct sla_fact *fact = step->fact;
    const struct sla_pause_span *span = &run->span;
    bool waits = span->reason == fact->reason && (!span->to || span->to > step->at);

    if (waits && span->to == fact->until) return;
    close_span(run, step->at);
    run->span = (struct sla_pause_span){step->at, fact->until, fact->reason};
}

/* Status. */

static bool reopens(const struct run *run, int segment, const char *type) {
    const struct sla_row *row = run->segments[segment].row;
    int status = run->replay->status;

    if (strcmp(type, "case.reopened") == 0) return status != SLA_OPEN;
    if (!row) return false;
    if (status == SLA_RESOLVED) return sla_policy_lists(&row->reopen_resolved_on, type);
    return status == SLA_CLOSED && sla_policy_lists(&row->reopen_closed_on, type);
}

/* The customer has answered, by whichever door. */
static bool is_answer(const struct run *run, const struct step *step) {
    const struct sla_row *row = run->segments[step->segment].row;
    if (row) return sla_policy_lists(&row->resume_on, step->type);
    return false;
}

static void note_status(struct run *run, const struct step *step) {
    struct sla_replay *replay = run->replay;
    const char *type = step->type;

    if (run->span.reason == PAUSE_AWAITING_CUSTOMER && is_answer(run, step))
        close_span(run, step->at);
    if (strcmp(type, "case.paused") == 0) {
        pause(run, step);
    } else if (strcmp(type, "case.resumed") == 0) {
        close_span(run, step->at);
    } else if (strcmp(type, "case.contacted") == 0 || strcmp(type, "case.replied") == 0) {
        if (!replay->contacted_at && !step->fact->automated) replay->contacted_at = step->at;
    } else if (strcmp(type, "case.resolved") == 0) {
        if (replay->status == SLA_OPEN) {
            replay->status = SLA_RESOLVED;
            replay->resolved_at = step->at;
        }
        close_span(run, step->at);
    } else if (strcmp(type, "case.closed") == 0) {
        if (replay->status == SLA_OPEN) replay->resolved_at = step->at;
        if (replay->status != SLA_CLOSED && replay->status != SLA_WITHDRAWN) {
            replay->status = SLA_CLOSED;
            replay->closed_at = step->at;
        }
        close_span(run, step->at);
    } else if (strcmp(type, "case.reopened") == 0) {
        if (replay->status != SLA_OPEN) close_span(run, step->at);
        replay->status = SLA_OPEN;
        replay->closed_at = 0;
    } else if (strcmp(type, "case.withdrawn") == 0) {
        replay->status = SLA_WITHDRAWN;
        close_span(run, step->at);
    }
}

static void add_step(struct run *run, const struct sla_fact *fact, const char *type, int segment) {
    int64_t at = fact->at < run->state->opened_at ? run->state->opened_at : fact->at;
    struct step *step = &run->steps[run->step_count++];
    int before = run->replay->status;

    *step = (struct step){fact, type, at, segment, false};
    note_status(run, step);
    int status = run->replay->status;
    step->silent = status == SLA_WITHDRAWN || (status != SLA_OPEN && status == before);
}

/* The first classification is that of the complaint: it counts from the opening, however long it
 * took. */
static const struct sla_fact *first_classification(const struct sla_state *state) {
    const struct sla_fact *facts = state->facts.at;
    for (int i = 0; i < state->facts.count; i++)
        if (is_type(&facts[i], "case.classified")) return &facts[i];
    return NULL;
}

static void make_steps(struct run *run) {
    const struct sla_state *state = run->state;
    const struct sla_fact *facts = state->facts.at;
    const struct sla_fact *first = first_classification(state);
    struct arena *arena = run->replay->arena;
    size_t count = (size_t)state->facts.count;

    run->steps = arena_alloc(arena, (2 * count + 1) * sizeof *run->steps);
    run->segments = arena_alloc(arena, (count + 1) * sizeof *run->segments);
    run->replay->spans = arena_alloc(arena, (count + 1) * sizeof *run->replay->spans);
    const struct profile *profile = NULL;
    if (first) profile = apply_classification(arena, profile, first);
    add_segment(run, profile);
    static const struct sla_fact opened = {.type = "case.opened"};
    add_step(run, &opened, opened.type, 0);
    for (size_t i = 0; i < count; i++) {
        if (classifies(&facts[i]) && &facts[i] != first) {
            profile = apply_classification(arena, profile, &facts[i]);
            add_segment(run, profile);
        }
        int segment = run->segment_count - 1;
        bool again = reopens(run, segment, facts[i].type) && !is_type(&facts[i], "case.reopened");
        add_step(run, &facts[i], facts[i].type, segment);
        if (!again) continue;
        run->steps[run->step_count - 1].silent = false; /* the reply that it reopens with waits */
        add_step(run, &facts[i], "case.reopened", segment);
    }
    close_span(run, 0);
}

/* One target. */

struct limit { /* a deadline set from outside */
    const char *set_by;
    int64_t at;
};

struct course {
    struct run *run;
    const char *name;
    int segment;
    const struct sla_rule
        *rule; /* in force; where the policy lacks the target, that of the next one that has it */
    const struct sla_rule *bare; /* in force where the policy lacks it, since a deadline is set from
                                    outside; or NULL */
    bool shadow;                 /* nobody asks for it yet */
    struct limit *limits;
    int limit_count;
    bool running;
    struct sla_derived now; /* while running */
    int missed;             /* in a row */
};

int sla_replay_pauses(const struct sla_replay *replay, const struct sla_rule *rule, int64_t end_ms,
                      struct calendar_pause **pauses_out) {
    struct calendar_pause *pauses =
        arena_alloc(replay->arena, (size_t)(replay->span_count + 1) * sizeof *pauses);
    int count = 0;

    for (int i = 0; i < replay->span_count; i++) {
        const struct sla_pause_span *span = &replay->spans[i];
        if (!(rule->pause_on & 1u << span->reason) || span->from >= end_ms) continue;
        int64_t to = CALENDAR_NEVER;
        if (span->to) to = span->to;
        pauses[count++] = (struct calendar_pause){span->from, to < end_ms ? to : end_ms};
    }
    *pauses_out = pauses;

    return count;
}

/* What the facts before `end_ms` make of the deadline: ours, or an earlier one set from outside. */
static int64_t due_of(const struct course *course, int64_t end_ms, const char **set_by_out) {
    const struct sla_rule *rule = course->rule;
    struct calendar_pause *pauses;
    int count = sla_replay_pauses(course->run->replay, rule, end_ms, &pauses);
    int64_t due = CALENDAR_NEVER;

    if (!rule->open_ended)
        due = calendar_due(rule->calendar, course->now.cycle, rule->allowance, pauses, count);
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
    int64_t due = due_of(course, end_ms, &course->now.set_by);
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
    int64_t due = due_of(course, CALENDAR_NEVER, &set_by);
    if (due >= at) return;
    now->breached = true;
    now->due = due;
    now->set_by = set_by;
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
    if ((replay->count & (replay->count - 1)) == 0) {
        size_t count = (size_t)replay->count;
        replay->at = arena_grow(replay->arena, replay->at, count * sizeof *replay->at,
                                (count ? 2 * count : 1) * sizeof *replay->at);
    }
    replay->at[replay->count++] = course->now;
}

static void end(struct course *course, enum sla_end how, int64_t at, const char *cause) {
    if (!course->running) return;
    settle(course, at);
    if (!course->now.breached) set_due(course, at);
    course->now.end = how;
    course->now.end_at = at;
    course->now.cause = cause;
    course->running = false;
    if (!course->shadow) add_result(course);
}

static void start(struct course *course, int64_t at) {
    course->running = true;
    course->now = (struct sla_derived){.cycle = at};
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
        start(course, due);
    }
}

/* The rule in force, or the next one that will be. */
static void choose_rule(struct course *course, int segment) {
    const struct run *run = course->run;

    course->segment = segment;
    course->rule = sla_policy_rule(run->segments[segment].row, course->name);
    if (!course->rule) course->rule = course->bare;
    course->shadow = !course->rule;
    for (int i = segment + 1; !course->rule && i < run->segment_count; i++)
        course->rule = sla_policy_rule(run->segments[i].row, course->name);
}

static void switch_policy(struct course *course, const struct step *step) {
    const struct sla_row *row = course->run->segments[step->segment].row;

    chain(course, step->at);
    settle(course, step->at);
    struct sla_derived before = course->now;
    bool ran = course->running;
    if (ran && !course->shadow && !course->bare && !sla_policy_rule(row, course->name))
        end(course, SLA_END_CANCELLED, step->at, "policy");
    choose_rule(course, step->segment);
    if (ran && course->shadow && !course->running &&
        course->rule) { /* kept in mind: a later policy asks for it again */
        course->now = (struct sla_derived){.cycle = before.cycle};
        course->running = true;
    }
    if (!course->rule) course->running = false;
}

static void limit(struct course *course, const struct step *step) {
    const struct sla_fact *fact = step->fact;

    settle(course, step->at);
    int i = 0;
    while (i < course->limit_count && strcmp(course->limits[i].set_by, fact->set_by) != 0) i++;
    if (i == course->limit_count) course->limit_count++;
    course->limits[i] = (struct limit){fact->set_by, fact->until};
}

/* A task's facts are only those of the task that has the target's name. */
static bool concerns(const struct course *course, const struct texts *types,
                     const struct step *step) {
    if (!sla_policy_lists(types, step->type)) return false;
    return strncmp(step->type, "task.", 5) != 0 ||
           (step->fact->name && strcmp(step->fact->name, course->name) == 0);
}

/* Closed by a program: nothing was met by that, and nothing is waited for any more. */
static bool is_given_up(const struct step *step) {
    return step->fact->automated && strcmp(step->type, "case.closed") == 0;
}

/* A bot's reply is no first contact, unless the policy says so. */
static bool may_meet(const struct sla_rule *rule, const struct step *step) {
    return rule->automated || !step->fact->automated;
}

static void take_step(struct course *course, const struct step *step) {
    if (step->segment != course->segment) switch_policy(course, step);
    if (strcmp(step->type, "case.deadline_set") == 0 && strcmp(step->fact->name, course->name) == 0)
        limit(course, step);
    const struct sla_rule *rule = course->rule;
    if (!rule) return;
    chain(course, step->at);
    if (strcmp(step->type, "case.withdrawn") == 0)
        end(course, SLA_END_CANCELLED, step->at, "withdrawn");
    else if (is_given_up(step))
        end(course, SLA_END_CANCELLED, step->at, "closed");
    else if (course->running && may_meet(rule, step) && concerns(course, &rule->met_by, step))
        end(course, SLA_END_MET, step->at, NULL);
    else if (course->running && concerns(course, &rule->ends_on, step))
        end(course, SLA_END_CANCELLED, step->at,
            strcmp(step->type, "case.reopened") == 0 ? "reopened" : "resolved");
    if (course->running || step->silent || is_given_up(step) ||
        !concerns(course, &rule->starts_on, step))
        return;
    start(course, step->at);
    course->missed = 0;
}

/* Does the clock stand now? */
static void note_pause(const struct sla_replay *replay, struct sla_derived *derived,
                       const struct sla_rule *rule) {
    if (derived->breached || replay->span_count == 0) return;
    const struct sla_pause_span *span = &replay->spans[replay->span_count - 1];
    if (!(rule->pause_on & 1u << span->reason) || (span->to && span->to <= replay->now_ms)) return;
    if (derived->due && derived->due <= span->from) return;
    derived->paused = true;
    derived->waits_for = span->reason;
    derived->resumes_at = span->to;
}

/* A deadline set from outside holds whether or not the policy of the time has such a target. */
static const struct sla_rule *bare_rule(const struct run *run, const char *name) {
    struct arena *arena = run->replay->arena;
    const struct sla_fact *facts = run->state->facts.at;
    bool set = false;

    for (int i = 0; i < run->state->facts.count && !set; i++)
        set = is_type(&facts[i], "case.deadline_set") && strcmp(facts[i].name, name) == 0;
    if (!set) return NULL; /* as in nearly every case */
    struct sla_rule *rule = ARENA_NEW(arena, struct sla_rule);

    if (sla_policy_bare_rule(name, arena, rule)) return rule;
    return NULL;
}

static void run_target(struct run *run, const char *name) {
    struct course course = {.run = run, .name = name, .bare = bare_rule(run, name)};

    course.limits =
        arena_alloc(run->replay->arena, (size_t)run->step_count * sizeof *course.limits);
    choose_rule(&course, 0);
    for (int i = 0; i < run->step_count; i++) take_step(&course, &run->steps[i]);
    if (!course.running || course.shadow || !course.rule) return;
    chain(&course, run->state->looked_at);
    if (!course.now.breached) set_due(&course, CALENDAR_NEVER);
    note_pause(run->replay, &course.now, course.rule);
    add_result(&course);
}

static bool named_before(const struct run *run, int segment, const char *name) {
    for (int i = 0; i < segment; i++)
        if (sla_policy_rule(run->segments[i].row, name)) return true;
    return false;
}

/* Targets that no policy of this case has, and somebody outside set a deadline for. */
static void run_others(struct run *run) {
    const struct sla_fact *facts = run->state->facts.at;

    for (int i = 0; i < run->state->facts.count; i++) {
        if (!is_type(&facts[i], "case.deadline_set")) continue;
        bool again = named_before(run, run->segment_count, facts[i].name);
        for (int k = 0; k < i && !again; k++)
            again = is_type(&facts[k], "case.deadline_set") &&
                    strcmp(facts[k].name, facts[i].name) == 0;
        if (!again) run_target(run, facts[i].name);
    }
}

void sla_replay_run(struct sla_replay *replay, const struct sla_state *state) {
    struct run run = {.replay = replay, .state = state};

    replay->status = SLA_OPEN;
    make_steps(&run);
    for (int i = 0; i < run.segment_count; i++) {
        const struct sla_row *row = run.segments[i].row;
        for (int k = 0; row && k < row->rule_count; k++)
            if (!named_before(&run, i, row->rules[k].name)) run_target(&run, row->rules[k].name);
    }
    run_others(&run);
    const struct segment *last = &run.segments[run.segment_count - 1];
    replay->row = last->row;
    replay->class_name = last->class_name;
    replay->severity = last->severity;
    replay->flags = last->flags;
}

int64_t sla_replay_warn_at(const struct sla_replay *replay, const struct sla_derived *derived,
                           const struct sla_warning *warning) {
    const struct sla_rule *rule = derived->rule;
    int64_t at;

    if (!derived->due) return 0;
    if (warning->before_ms) {
        at = derived->due - warning->before_ms;
    } else {
        struct calendar_pause *pauses = NULL;
        const struct calendar *calendar = NULL;
        if (!derived->set_by) calendar = rule->calendar;
        int count = 0;
        if (!derived->set_by) count = sla_replay_pauses(replay, rule, CALENDAR_NEVER, &pauses);
        int64_t whole = calendar_elapsed(calendar, derived->cycle, derived->due, pauses, count);
        struct calendar_allowance part = {.ms = whole / 100 * warning->percent +
                                                whole % 100 * warning->percent / 100};
        at = calendar_due(calendar, derived->cycle, part, pauses, count);
    }

    if (at > derived->cycle && at < derived->due) return at;
    return 0;
}
