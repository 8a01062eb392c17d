/* sla_steps: facts to steps, in the facts' own order. */
#include "sla_steps.h"
#include "contract/profile.h"
#include <string.h>

/* Class, severity and flags. */

static bool classifies(enum event_type type) {
    return type == EVENT_CASE_CLASSIFIED || type == EVENT_CASE_RECLASSIFIED;
}

static struct profile_place place_of(const struct sla_fact *fact) {
    return (struct profile_place){fact->at, fact->ordered, fact->sequence};
}

static const struct profile *apply_classification(struct arena *arena,
                                                  const struct profile *profile,
                                                  const struct sla_fact *fact,
                                                  enum event_type type) {
    struct profile_place place = place_of(fact);

    if (type == EVENT_CASE_RECLASSIFIED)
        return profile_reclassified(profile, &place, fact->name, fact->severity, arena);
    return profile_classified(profile, &place, fact->name, fact->severity, &fact->flags, arena);
}

static void add_segment(struct sla_steps *run, const struct profile *known) {
    struct sla_segment *segment = &run->segments[run->segment_count++];
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
                                  .opened_at = state->opened_at,
                                  .customer = state->customer,
                                  .contract = state->contract,
                                  .region = state->region,
                                  .locale = state->locale,
                                  .categories = &state->categories,
                                  .team = run->team,
                                  .assignee = run->assignee,
                                  .repeats = run->repeats};
    segment->row = sla_policy_match(run->replay->policy, &profile);
}

/* Pauses. */

static void close_span(struct sla_steps *run, int64_t at) {
    struct sla_pause_span *span = &run->span;
    if (!span->reason) return;
    if (at && (!span->to || span->to > at)) span->to = at;
    if (!span->to || span->to > span->from) run->replay->spans[run->replay->span_count++] = *span;
    *span = (struct sla_pause_span){0};
}

/* When the wait ends by itself; 0: it does not. */
static int64_t end_of(const struct sla_steps *run, const struct sla_fact *fact) {
    const struct sla_wait *wait = sla_policy_wait(run->replay->policy, fact->reason);
    if (!wait || !wait->longest_ms) return fact->until;

    int64_t end = run->waits_since + wait->longest_ms;
    if (fact->until && fact->until < end) return fact->until;
    return end;
}

static void pause(struct sla_steps *run, const struct sla_replay_step *step) {
    const struct sla_fact *fact = step->fact;
    const struct sla_pause_span *span = &run->span;
    bool waits = span->reason && strcmp(span->reason, fact->reason) == 0 &&
                 (!span->to || span->to > step->at);

    if (!waits) run->waits_since = step->at;
    int64_t end = end_of(run, fact);
    if (waits && span->to == end) return;
    close_span(run, step->at);
    run->span = (struct sla_pause_span){step->at, end, fact->reason};
}

/* Status. */

static bool reopens(const struct sla_steps *run, int segment, enum event_type type) {
    const struct sla_row *row = run->segments[segment].row;
    int status = run->replay->status;

    if (type == EVENT_CASE_REOPENED) return status != SLA_OPEN;
    if (!row) return false;
    if (status == SLA_RESOLVED) return row->reopen_resolved_on.has[type];
    return status == SLA_CLOSED && row->reopen_closed_on.has[type];
}

/* The customer has answered, by whichever door. */
static bool is_answer(const struct sla_steps *run, const struct sla_replay_step *step) {
    const struct sla_row *row = run->segments[step->segment].row;
    if (row) return row->resume_on.has[step->type];
    return false;
}

static void note_status(struct sla_steps *run, const struct sla_replay_step *step) {
    struct sla_replay *replay = run->replay;

    if (run->span.reason && is_answer(run, step) &&
        strcmp(run->span.reason, CONTRACT_AWAITING_CUSTOMER) == 0)
        close_span(run, step->at);
    switch (step->type) {
    case EVENT_CASE_PAUSED: pause(run, step); break;
    case EVENT_CASE_RESUMED: close_span(run, step->at); break;
    case EVENT_CASE_CONTACTED:
    case EVENT_CASE_REPLIED:
        if (!replay->contacted_at && !step->fact->automated) replay->contacted_at = step->at;
        break;
    case EVENT_CASE_RESOLVED:
        if (replay->status == SLA_OPEN) {
            replay->status = SLA_RESOLVED;
            replay->resolved_at = step->at;
        }
        close_span(run, step->at);
        break;
    case EVENT_CASE_CLOSED:
        if (replay->status == SLA_OPEN) replay->resolved_at = step->at;
        if (replay->status != SLA_CLOSED && replay->status != SLA_WITHDRAWN) {
            replay->status = SLA_CLOSED;
            replay->closed_at = step->at;
        }
        close_span(run, step->at);
        break;
    case EVENT_CASE_REOPENED:
        if (replay->status != SLA_OPEN) close_span(run, step->at);
        replay->status = SLA_OPEN;
        replay->closed_at = 0;
        break;
    case EVENT_CASE_WITHDRAWN:
        replay->status = SLA_WITHDRAWN;
        close_span(run, step->at);
        break;
    default: break;
    }
}

static void add_step(struct sla_steps *run, const struct sla_fact *fact, enum event_type type,
                     int segment) {
    int64_t at = fact->at < run->state->opened_at ? run->state->opened_at : fact->at;
    struct sla_replay_step *step = &run->steps[run->step_count++];
    int before = run->replay->status;

    *step = (struct sla_replay_step){fact, type, at, segment, false};
    note_status(run, step);
    int status = run->replay->status;
    step->silent = status == SLA_WITHDRAWN || (status != SLA_OPEN && status == before);
}

/* The first classification is that of the complaint: it counts from the opening, however long it
 * took. */
static int first_classification(const struct sla_steps *run) {
    int first = 0;
    while (first < run->state->facts.count && run->types[first] != EVENT_CASE_CLASSIFIED) first++;
    return first;
}

/* A state of an earlier version knows the latest assignment alone. */
static void take_old_assignment(struct sla_steps *run) {
    for (int i = 0; i < run->state->facts.count; i++)
        if (run->types[i] == EVENT_CASE_ASSIGNED) return;
    run->assignee = run->state->assignee;
}

/* What policies may ask for changes: a new stretch, where another one matches by that. */
static void note_change(struct sla_steps *run, const struct sla_fact *fact, enum event_type type,
                        const struct profile *known) {
    if (type == EVENT_CASE_ASSIGNED) {
        run->assignee = fact->name;
        run->team = fact->team;
    } else if (type == EVENT_CASE_REPEATED) {
        run->repeats++;
    } else {
        return;
    }
    const struct sla_segment *before = &run->segments[run->segment_count - 1];
    add_segment(run, known);
    if (before[1].row == before->row) run->segment_count--;
}

static void take_fact(struct sla_steps *run, const struct sla_fact *fact, enum event_type type,
                      const struct profile *known) {
    note_change(run, fact, type, known);
    int segment = run->segment_count - 1;
    bool again = reopens(run, segment, type) && type != EVENT_CASE_REOPENED;
    add_step(run, fact, type, segment);
    if (!again) return;
    run->steps[run->step_count - 1].silent = false; /* the reply that it reopens with waits */
    add_step(run, fact, EVENT_CASE_REOPENED, segment);
}

static bool is_same_policy(const struct sla_row *one, const struct sla_row *two) {
    return one == two || (one && two && strcmp(one->name, two->name) == 0);
}

static void note_stretches(struct sla_steps *run) {
    struct sla_replay *replay = run->replay;
    const struct sla_row *last = NULL;

    for (int i = 0; i < run->step_count; i++) {
        const struct sla_row *row = run->segments[run->steps[i].segment].row;
        if (replay->stretch_count && is_same_policy(last, row)) continue;
        last = row;
        struct sla_stretch *added =
            ARENA_ADD(replay->arena, replay->stretches, replay->stretch_count);
        *added = (struct sla_stretch){run->steps[i].at, row, run->steps[i].fact->type};
    }
}

void sla_steps_make(struct sla_steps *run) {
    const struct sla_state *state = run->state;
    const struct sla_fact *facts = state->facts.at;
    struct arena *arena = run->replay->arena;
    int count = state->facts.count;
    size_t room = (size_t)count;

    run->types = sla_state_events(state, arena);
    run->steps = arena_alloc(arena, (2 * room + 1) * sizeof *run->steps);
    run->segments = arena_alloc(arena, (room + 2) * sizeof *run->segments);
    run->replay->spans = arena_alloc(arena, (room + 1) * sizeof *run->replay->spans);
    take_old_assignment(run);

    int first = first_classification(run);
    const struct profile *profile = NULL;
    if (first < count)
        profile = apply_classification(arena, profile, &facts[first], run->types[first]);
    add_segment(run, profile);
    static const struct sla_fact opened = {.type = "case.opened"};
    add_step(run, &opened, EVENT_CASE_OPENED, 0);
    for (int i = 0; i < count; i++) {
        if (classifies(run->types[i]) && i != first) {
            profile = apply_classification(arena, profile, &facts[i], run->types[i]);
            add_segment(run, profile);
        }
        take_fact(run, &facts[i], run->types[i], profile);
    }

    run->replay->assigned = run->assignee != NULL;
    note_stretches(run);
    close_span(run, 0);
}
