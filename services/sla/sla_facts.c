/* sla_facts: what is remembered of an event. Types that a built-in target may start or end on are
 * kept whether or not the policy of today asks for them, since a later version may. */
#include "sla_facts.h"
#include "base/ids.h"
#include "sla_match.h"
#include <string.h>

static const struct event_set kept = {.has = {
                                          [EVENT_CASE_CONTACTED] = true,
                                          [EVENT_CASE_REPLIED] = true,
                                          [EVENT_CASE_UPDATED] = true,
                                          [EVENT_CASE_CUSTOMER_REPLIED] = true,
                                          [EVENT_CASE_REPEATED] = true,
                                          [EVENT_CASE_PAUSED] = true,
                                          [EVENT_CASE_RESUMED] = true,
                                          [EVENT_CASE_RESOLVED] = true,
                                          [EVENT_CASE_CLOSED] = true,
                                          [EVENT_CASE_REOPENED] = true,
                                          [EVENT_CASE_WITHDRAWN] = true,
                                          [EVENT_CASE_DEADLINE_SET] = true,
                                          [EVENT_TASK_STARTED] = true,
                                          [EVENT_TASK_DONE] = true,
                                          [EVENT_VISIT_SCORED] = true,
                                          [EVENT_CASE_CLASSIFIED] = true,
                                          [EVENT_CASE_RECLASSIFIED] = true,
                                          [EVENT_CASE_ASSIGNED] = true,
                                      }};

bool sla_facts_wanted(const char *type) {
    return sla_policy_takes(contract_event(type));
}

static struct sla_fact plain(const struct event *ev, struct arena *arena) {
    enum { ID_LEN = 8 }; /* of 40 bits: a case has hundreds of facts at most */
    bool ordered = ev->sequence != EVENT_NO_SEQUENCE;
    char id[27];

    ids_hash(id, 2, ev->source, ev->id);
    return (struct sla_fact){.at = ev->time_ms,
                             .ordered = ordered,
                             .sequence = ordered ? ev->sequence : 0,
                             .id = arena_strndup(arena, id, ID_LEN),
                             .type = ev->type};
}

/* What the customer wrote before a closing for silence, and what was read only behind it, disproves
 * the silence: it counts as at the closing, and reopens as the policy says. */
static bool add_word(struct sla_state *state, struct sla_fact fact, struct arena *arena) {
    const struct sla_fact *facts = state->facts.at;
    if (sla_state_has_fact(state, &fact)) return false;

    for (int i = 0; i < state->facts.count; i++) {
        bool closed = facts[i].automated && contract_event(facts[i].type) == EVENT_CASE_CLOSED;
        if (closed && facts[i].at > fact.at) fact.at = facts[i].at;
    }
    return sla_state_add_fact(state, &fact, arena);
}

static bool add_deadlines(struct sla_state *state, const struct decision *in,
                          const struct complaint *complaint) {
    const struct outside_deadline *deadlines = complaint->deadlines.at;
    bool news = false;

    for (int i = 0; i < complaint->deadlines.count; i++) {
        struct sla_fact fact = plain(in->ev, in->arena);
        fact.type = contract_row(EVENT_CASE_DEADLINE_SET)->name;
        fact.name = deadlines[i].target;
        fact.set_by = deadlines[i].set_by;
        fact.until = deadlines[i].at;
        news |= sla_state_add_fact(state, &fact, in->arena);
    }

    return news;
}

static struct sla_order *copy_order(const struct order *order, struct arena *arena) {
    if (!order) return NULL;
    struct sla_order *copy = ARENA_NEW(arena, struct sla_order);
    *copy = (struct sla_order){.status = order->status,
                               .carrier = order->carrier,
                               .warehouse = order->warehouse,
                               .lane = order->lane,
                               .custom = order->custom,
                               .perishable = order->perishable,
                               .amount = order->amount};
    return copy;
}

/* What policies may ask about who complains, and of what. */
static void copy_customer(struct sla_state *state, const struct complaint *complaint,
                          struct arena *arena) {
    const struct customer *customer = complaint->customer;
    const struct item *items = complaint->items.at;

    if (customer) {
        state->tier = customer->tier;
        state->customer = sla_match_customer(customer->id, arena);
        state->contract = customer->contract;
        state->region = customer->region;
        state->locale = customer->locale;
    }
    for (int i = 0; i < complaint->items.count; i++)
        if (items[i].category && !texts_has(&state->categories, items[i].category))
            texts_add(&state->categories, items[i].category, arena);
}

enum result sla_facts_open(struct sla_state *state, const struct decision *in,
                           struct effects *out) {
    struct complaint complaint = {0};
    enum result result = effects_decode(out, in->ev, &contract_case_opened, &complaint);

    if (result != DONE) return result;
    *state = (struct sla_state){.status = SLA_OPEN,
                                .case_id = complaint.case_id,
                                .tenant = complaint.tenant ? complaint.tenant : "default",
                                .channel = complaint.channel,
                                .opened_at = complaint.opened_at,
                                .traceparent = in->ev->traceparent,
                                .order = copy_order(complaint.order, in->arena)};
    copy_customer(state, &complaint, in->arena);
    add_deadlines(state, in, &complaint);

    return DONE;
}

static enum result add_classified(struct sla_state *state, const struct decision *in,
                                  bool *news_out, struct effects *out) {
    struct classified classified = {0};
    enum result result = effects_decode(out, in->ev, &contract_classified, &classified);

    if (result != DONE) return result;
    struct sla_fact fact = plain(in->ev, in->arena);
    fact.name = classified.class_name;
    fact.severity = classified.severity;
    fact.flags = classified.flags;
    *news_out = sla_state_add_fact(state, &fact, in->arena);

    return DONE;
}

/* A repeated complaint, and a customer's message that came as a submission, may bring deadlines. */
static enum result add_submission(struct sla_state *state, const struct decision *in,
                                  bool *news_out, struct effects *out) {
    struct complaint complaint = {0};
    enum result result = effects_decode(out, in->ev, &contract_case_repeated, &complaint);

    if (result != DONE) return result;
    *news_out = add_word(state, plain(in->ev, in->arena), in->arena);
    *news_out |= add_deadlines(state, in, &complaint);
    if (complaint.repeats > state->repeats) {
        state->repeats = complaint.repeats;
        *news_out = true;
    }

    return DONE;
}

/* A customer's message that came as a submission brings all that one may have. */
static enum result add_joined_deadlines(struct sla_state *state, const struct decision *in,
                                        bool *news_out, struct effects *out) {
    struct complaint complaint = {0};
    if (!tree_get(in->ev->data, "deadlines")) return DONE;
    enum result result = effects_decode(out, in->ev, &contract_joined, &complaint);
    if (result == DONE) *news_out |= add_deadlines(state, in, &complaint);
    return result;
}

/* Of what is not kept among the facts the timeline knows whether it came before. */
static bool in_timeline(const struct sla_state *state, const struct event *ev) {
    const struct sla_moment *moments = state->timeline.at;
    for (int i = 0; i < state->timeline.count; i++)
        if (moments[i].at == ev->time_ms && strcmp(moments[i].type, ev->type) == 0) return true;
    return false;
}

/* By time, then sequence (none comes first), then arrival. */
static void assign(struct sla_state *state, const struct event *ev, const char *to) {
    int64_t sequence = ev->sequence == EVENT_NO_SEQUENCE ? 0 : ev->sequence;
    if (ev->time_ms < state->assigned_at) return;
    if (ev->time_ms == state->assigned_at && sequence < state->assigned_sequence) return;
    state->assignee = to;
    state->assigned_at = ev->time_ms;
    state->assigned_sequence = sequence;
}

enum result sla_facts_add(struct sla_state *state, const struct decision *in,
                          const struct sla_policy *policy, bool *news_out, struct effects *out) {
    enum event_type type = contract_event(in->ev->type);

    *news_out = false;
    if (type == EVENT_CASE_CLASSIFIED) return add_classified(state, in, news_out, out);
    if (type == EVENT_CASE_REPEATED) return add_submission(state, in, news_out, out);
    struct activity activity = {0};
    enum result result = effects_decode(out, in->ev, contract_row(type)->table, &activity);
    if (result != DONE) return result;
    if (activity.pause_reason && !sla_policy_wait(policy, activity.pause_reason))
        return effects_reject(out, "bad_value",
                              "$.reason: expected awaiting_customer, awaiting_third_party or one "
                              "of the policy's `pauses`");
    struct sla_fact fact = plain(in->ev, in->arena);
    fact.name = activity.class_name;
    if (activity.target) fact.name = activity.target;
    if (activity.task) fact.name = activity.task;
    fact.set_by = activity.set_by;
    if (activity.at)
        fact.until = activity.at;
    else
        fact.until = activity.until;
    fact.reason = activity.pause_reason;
    fact.severity = activity.severity;
    if (activity.to) fact.name = activity.to;
    fact.team = activity.team;
    fact.automated = activity.automated;
    bool is_word = type == EVENT_CASE_CUSTOMER_REPLIED;
    bool asked_for = policy->types.has[type] || kept.has[type];
    if (is_word)
        *news_out = add_word(state, fact, in->arena);
    else
        *news_out =
            asked_for ? sla_state_add_fact(state, &fact, in->arena) : !in_timeline(state, in->ev);
    if (type == EVENT_CASE_ASSIGNED) assign(state, in->ev, activity.to);
    if (!is_word) return DONE;
    return add_joined_deadlines(state, in, news_out, out);
}
