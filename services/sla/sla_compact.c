/* sla_compact: windows of facts are left out, the replay is run without them, and its result is
 * compared: nobody has to say which facts can be spared under which policy. */
#include "sla_compact.h"

#include "sla_steps.h"
#include <string.h>

enum {
    REPLAYS_MAX = 300, /* of one attempt */
    AGAIN = 20,        /* an attempt each facts_kept / AGAIN facts */
    RECENT = 8,      /* the latest facts_kept / RECENT stay: records that are late come to these */
    AIM = 4,         /* a quarter below what may be kept */
    YOUNG_MS = 60000 /* what is younger stays: nothing starts up to what went */
};

struct attempt {
    const struct sla_state *state;
    const struct sla_policy *policy;
    int64_t now_ms;
    struct arena *arena;
    const enum event_type *types; /* of the facts */
    struct sla_replay whole;      /* with every fact */
    struct sla_cycles cycles;
    bool *gone; /* which of the facts are left out */
    int left, aim, replays;
    bool light;    /* what turns a case round stays: windows go whole more often */
    int64_t books; /* the latest cycle or fact that went */
};

/* What is the same. */

/* One for a deadline set from outside is made anew by every replay. */
static bool same_rule(const struct sla_rule *one, const struct sla_rule *two) {
    return one == two ||
           (one && two && one->open_ended && two->open_ended && strcmp(one->name, two->name) == 0);
}

static bool same_history(const struct sla_derived *one, const struct sla_derived *two) {
    if (one->begun != two->begun || one->gap_count != two->gap_count ||
        one->promise_count != two->promise_count)
        return false;
    for (int i = 0; i < one->gap_count; i++)
        if (one->gaps[i].from_ms != two->gaps[i].from_ms ||
            one->gaps[i].to_ms != two->gaps[i].to_ms)
            return false;
    for (int i = 0; i < one->promise_count; i++)
        if (!same_rule(one->promises[i], two->promises[i])) return false;
    return same_rule(one->kept, two->kept);
}

static bool same_cycle(const struct sla_derived *one, const struct sla_derived *two) {
    return same_rule(one->rule, two->rule) && one->due == two->due &&
           one->breached == two->breached && one->end == two->end && one->end_at == two->end_at &&
           one->paused == two->paused && sla_state_same_text(one->waits_for, two->waits_for) &&
           one->resumes_at == two->resumes_at && sla_state_same_text(one->cause, two->cause) &&
           sla_state_same_text(one->set_by, two->set_by) && same_history(one, two);
}

static const struct sla_derived *find(const struct sla_replay *replay,
                                      const struct sla_derived *derived) {
    for (int i = 0; i < replay->count; i++)
        if (replay->at[i].cycle == derived->cycle &&
            strcmp(replay->at[i].rule->name, derived->rule->name) == 0)
            return &replay->at[i];
    return NULL;
}

static bool same_spans(const struct sla_replay *one, const struct sla_replay *two) {
    if (one->span_count != two->span_count) return false;
    for (int i = 0; i < one->span_count; i++)
        if (one->spans[i].from != two->spans[i].from || one->spans[i].to != two->spans[i].to ||
            !sla_state_same_text(one->spans[i].reason, two->spans[i].reason))
            return false;
    return true;
}

static bool same_case(const struct sla_replay *one, const struct sla_replay *two) {
    return one->row == two->row && one->status == two->status && one->severity == two->severity &&
           sla_state_same_text(one->class_name, two->class_name) &&
           texts_equal(&one->flags, &two->flags) && one->contacted_at == two->contacted_at &&
           one->resolved_at == two->resolved_at && one->closed_at == two->closed_at &&
           same_spans(one, two);
}

/* What may go on with the rest of its time. */
static bool is_latest(const struct sla_replay *replay, const struct sla_derived *derived) {
    for (int i = 0; i < replay->count; i++)
        if (replay->at[i].cycle > derived->cycle &&
            strcmp(replay->at[i].rule->name, derived->rule->name) == 0)
            return false;
    return true;
}

/* Over, told, and nothing of it is to come. */
static bool is_history(struct attempt *attempt, const struct sla_derived *derived) {
    if (is_latest(&attempt->whole, derived)) return false;
    const struct sla_cycle *cycle =
        sla_state_find_cycle(&attempt->cycles, derived->rule->name, derived->cycle);
    if (!cycle) return derived->cycle <= attempt->state->closed_books;
    if (derived->breached && !cycle->breach_due) return false;
    if (derived->end == SLA_END_CANCELLED) return cycle->state == SLA_CYCLE_CANCELLED;
    if (derived->end != SLA_END_MET) return false;
    return cycle->state == SLA_CYCLE_MET || cycle->state == SLA_CYCLE_MET_LATE;
}

/* Leaving out. */

static struct sla_state without(const struct attempt *attempt) {
    struct sla_state state = *attempt->state;
    const struct sla_fact *facts = attempt->state->facts.at;
    struct sla_fact *kept =
        arena_alloc(attempt->arena, ((size_t)state.facts.count + 1) * sizeof *kept);
    int count = 0;

    for (int i = 0; i < state.facts.count; i++)
        if (!attempt->gone[i]) kept[count++] = facts[i];
    state.facts = (struct parts){kept, count};
    return state;
}

/* *books_out: the latest of the cycles that are no more. */
static bool is_same(struct attempt *attempt, const struct sla_state *state, int64_t *books_out) {
    const struct sla_replay *whole = &attempt->whole;
    struct sla_replay less = {
        .arena = attempt->arena, .policy = attempt->policy, .now_ms = attempt->now_ms};
    sla_replay_run(&less, state);
    attempt->replays++;
    if (!same_case(whole, &less)) return false;

    for (int i = 0; i < less.count; i++) {
        const struct sla_derived *before = find(whole, &less.at[i]);
        if (!before || !same_cycle(before, &less.at[i])) return false;
    }
    *books_out = 0;
    for (int i = 0; i < whole->count; i++) {
        const struct sla_derived *derived = &whole->at[i];
        if (find(&less, derived)) continue;
        if (!is_history(attempt, derived)) return false;
        if (derived->cycle > *books_out) *books_out = derived->cycle;
    }

    return true;
}

static bool same_word(const struct sla_fact *one, const struct sla_fact *two) {
    return strcmp(one->type, two->type) == 0 && sla_state_same_text(one->name, two->name) &&
           sla_state_same_text(one->set_by, two->set_by) && one->severity == two->severity &&
           texts_equal(&one->flags, &two->flags);
}

/* Whether the facts from `from` up to `to` hold another that says the same. */
static bool is_said(const struct attempt *attempt, int from, int to, const struct sla_fact *fact) {
    const struct sla_fact *facts = attempt->state->facts.at;

    for (int i = from; i < to; i++)
        if (!attempt->gone[i] && same_word(&facts[i], fact)) return true;
    return false;
}

static bool turns(enum event_type type) {
    switch (type) {
    case EVENT_CASE_PAUSED:
    case EVENT_CASE_RESOLVED:
    case EVENT_CASE_CLOSED:
    case EVENT_CASE_REOPENED:
    case EVENT_CASE_WITHDRAWN:
    case EVENT_CASE_DEADLINE_SET:
    case EVENT_CASE_RECLASSIFIED: return true;
    default: return false;
    }
}

/* So many further complaints before it, as any policy may ask for. */
static bool is_counted_out(const struct attempt *attempt, int at) {
    int before = 0;

    for (int i = 0; i < at; i++)
        before += !attempt->gone[i] && attempt->types[i] == EVENT_CASE_REPEATED;
    return before >= SLA_REPEATS_MAX;
}

/* Is there a later word of the same kind, which counts in its place? */
static bool is_followed(const struct attempt *attempt, int at) {
    const struct sla_fact *facts = attempt->state->facts.at;
    const struct sla_fact *fact = &facts[at];
    bool one_each = attempt->types[at] == EVENT_CASE_DEADLINE_SET;

    for (int i = at + 1; i < attempt->state->facts.count; i++) {
        bool theirs = sla_state_same_text(facts[i].name, fact->name) &&
                      sla_state_same_text(facts[i].set_by, fact->set_by);
        if (attempt->types[i] == attempt->types[at] && (theirs || !one_each)) return true;
    }
    return false;
}

/* Some words count on, whatever they have decided so far: a text's class as long as no text before
 * and behind says the same, a person's until the next, who has the case until somebody else has it,
 * somebody's deadline until his next, a further complaint as long as it is counted. */
static bool may_go(const struct attempt *attempt, int at) {
    const struct sla_fact *facts = attempt->state->facts.at;
    const struct sla_fact *fact = &facts[at];
    enum event_type type = attempt->types[at];
    int count = attempt->state->facts.count;
    if (fact->at > attempt->now_ms - YOUNG_MS) return false;
    if (attempt->light && turns(type)) return false;

    if (type == EVENT_CASE_CLASSIFIED)
        return is_said(attempt, 0, at, fact) && is_said(attempt, at + 1, count, fact);
    if (type == EVENT_CASE_REPEATED) return is_counted_out(attempt, at);
    bool stands = type == EVENT_CASE_RECLASSIFIED || type == EVENT_CASE_ASSIGNED ||
                  type == EVENT_CASE_DEADLINE_SET;
    return !stands || is_followed(attempt, at);
}

/* Leaves out what can be of a window, the whole of it if that goes. */
static void leave_out(struct attempt *attempt, int from, int to) {
    const struct sla_fact *facts = attempt->state->facts.at;
    int64_t books = 0;
    int taken = 0;
    if (from >= to || attempt->left <= attempt->aim || attempt->replays >= REPLAYS_MAX) return;
    bool *before = arena_memdup(attempt->arena, attempt->gone, (size_t)to * sizeof *before);

    for (int i = from; i < to; i++) {
        if (attempt->gone[i] || !may_go(attempt, i)) continue;
        attempt->gone[i] = true;
        taken++;
    }
    if (!taken) return;

    struct sla_state state = without(attempt);
    if (is_same(attempt, &state, &books)) {
        attempt->left -= taken;
        for (int i = from; i < to; i++)
            if (attempt->gone[i] && facts[i].at > books) books = facts[i].at;
        if (books > attempt->books) attempt->books = books;
        return;
    }
    memcpy(attempt->gone, before, (size_t)to * sizeof *before);
    if (to - from == 1) return;
    leave_out(attempt, from, from + (to - from) / 2);
    leave_out(attempt, from + (to - from) / 2, to);
}

/* Waits. */

static struct sla_fact *pause_of(const struct attempt *attempt, const struct sla_state *state,
                                 const struct sla_pause_span *span) {
    struct sla_fact *facts = state->facts.at;

    for (int i = 0; i < state->facts.count; i++) {
        int64_t at = facts[i].at > state->opened_at ? facts[i].at : state->opened_at;
        if (at == span->from && sla_state_same_text(facts[i].reason, span->reason) &&
            attempt->types[i] == EVENT_CASE_PAUSED)
            return &facts[i];
    }
    return NULL;
}

/* A wait that is over keeps its end, so that what ended it may go. */
static void keep_ends(struct attempt *attempt, struct sla_state *state) {
    int64_t books;
    struct sla_fact *copy =
        arena_memdup(attempt->arena, state->facts.at, (size_t)state->facts.count * sizeof *copy);
    struct sla_state ended = *state;

    ended.facts.at = copy;
    for (int i = 0; i < attempt->whole.span_count; i++) {
        const struct sla_pause_span *span = &attempt->whole.spans[i];
        struct sla_fact *fact = pause_of(attempt, &ended, span);
        if (fact && span->to && span->to <= attempt->now_ms) fact->until = span->to;
    }
    if (is_same(attempt, &ended, &books) && !books) state->facts = ended.facts;
}

void sla_compact(struct sla_state *state, const struct sla_policy *policy, int64_t now_ms,
                 struct arena *arena) {
    int count = state->facts.count;
    int step = policy->facts_kept / AGAIN + 1;
    if (count <= policy->facts_kept || (count - policy->facts_kept) % step) return;

    struct attempt attempt = {.state = state,
                              .policy = policy,
                              .now_ms = now_ms,
                              .arena = arena,
                              .types = sla_state_events(state, arena),
                              .gone = arena_alloc(arena, (size_t)count * sizeof(bool)),
                              .left = count,
                              .aim = policy->facts_kept - policy->facts_kept / AIM};
    attempt.whole = (struct sla_replay){.arena = arena, .policy = policy, .now_ms = now_ms};
    sla_replay_run(&attempt.whole, state);
    sla_state_take_cycles(state, arena, &attempt.cycles);
    keep_ends(&attempt, state);
    int old = count - policy->facts_kept / RECENT;
    attempt.light = true;
    leave_out(&attempt, 0, old);
    attempt.light = false;
    leave_out(&attempt, 0, old);
    if (attempt.left == count) return;

    state->facts = without(&attempt).facts;
    if (attempt.books > state->closed_books) state->closed_books = attempt.books;
}
