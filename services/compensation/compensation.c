/* compensation: the state table, the facts of a case, and which event leads to what. */
#include "compensation.h"
#include "base/ids.h"
#include "hold.h"
#include "proposal.h"

#include <string.h>

static const char *const statuses[] = {"proposed", "awaiting_approval", "approved", "chosen",
                                       "settling", "settled",           "failed",   "rejected",
                                       "expired",  "withdrawn",         NULL};
static const char *const held_kinds[] = {"order", "customer", "budget", NULL};
static const char *const outcomes[] = {"ordered", "done", "failed", NULL};

static const struct field remedy_fields[] = {
    {FIELD(compensation_remedy, kind), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = contract_remedy_kinds, .doc = "What is done."},
    {FIELD(compensation_remedy, amount), .type = FIELD_MONEY, .doc = "How much, in minor units."},
    {FIELD(compensation_remedy, valid_days), .type = FIELD_INT, .doc = "Days that it is valid."},
    {FIELD(compensation_remedy, detail), .type = FIELD_NAME, .doc = "A line for people."},
    {FIELD(compensation_remedy, split), .type = FIELD_TREE,
     .doc = "Who bears its cost: {party: money}."},
    {FIELD_REST_OF(compensation_remedy, rest)},
    FIELDS_END,
};
static const struct record remedy_record = {.name = "remedy",
                                            .size = sizeof(struct compensation_remedy),
                                            .fields = remedy_fields,
                                            .doc = "One thing that makes good."};

static const struct field option_fields[] = {
    {FIELD(compensation_option, option), .type = FIELD_NAME, .flags = FIELD_REQUIRED, .max = 16,
     .doc = "Its name."},
    {FIELD(compensation_option, remedies), .type = FIELD_RECORDS, .of = &remedy_record,
     .doc = "What the customer gets."},
    {FIELD(compensation_option, cost), .type = FIELD_MONEY,
     .doc = "What it costs all parties together."},
    {FIELD(compensation_option, split), .type = FIELD_TREE, .doc = "Who bears it: {party: money}."},
    {FIELD_REST_OF(compensation_option, rest)},
    FIELDS_END,
};
static const struct record option_record = {.name = "option",
                                            .size = sizeof(struct compensation_option),
                                            .fields = option_fields,
                                            .doc = "An option."};

static const struct field vote_fields[] = {
    {FIELD(compensation_vote, actor), .type = FIELD_NAME, .flags = FIELD_REQUIRED,
     .doc = "Who approved."},
    {FIELD_REST_OF(compensation_vote, rest)},
    FIELDS_END,
};
static const struct record vote_record = {.name = "vote",
                                          .size = sizeof(struct compensation_vote),
                                          .fields = vote_fields,
                                          .doc = "One approval."};

static const struct field hold_fields[] = {
    {FIELD(compensation_hold, kind), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = held_kinds, .doc = "Of which cap or budget."},
    {FIELD(compensation_hold, by), .type = FIELD_NAME, .doc = "The budget's owner."},
    {FIELD(compensation_hold, period), .type = FIELD_NAME, .doc = "The month or day."},
    {FIELD(compensation_hold, id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "The claimant."},
    {FIELD(compensation_hold, minor), .type = FIELD_INT, .doc = "The amount, in minor units."},
    {FIELD_REST_OF(compensation_hold, rest)},
    FIELDS_END,
};
static const struct record hold_record = {.name = "hold",
                                          .size = sizeof(struct compensation_hold),
                                          .fields = hold_fields,
                                          .doc = "A claim that was granted."};

static const struct field settlement_fields[] = {
    {FIELD(compensation_settlement, settlement_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "Its idempotency key."},
    {FIELD(compensation_settlement, proposal_id), .type = FIELD_ID, .flags = FIELD_REQUIRED,
     .doc = "Whose it is."},
    {FIELD(compensation_settlement, reference), .type = FIELD_NAME,
     .doc = "The reference of whoever carried it out."},
    {FIELD(compensation_settlement, outcome), .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
     .choices = outcomes, .doc = "How it stands."},
    {FIELD_REST_OF(compensation_settlement, rest)},
    FIELDS_END,
};
static const struct record settlement_record = {.name = "settlement",
                                                .size = sizeof(struct compensation_settlement),
                                                .fields = settlement_fields,
                                                .doc = "An ordered settlement."};

#define OWN(member, field_type)                                                                    \
    FIELD(compensation_state, member), .type = field_type, .flags = FIELD_HIDDEN
static const struct field state_fields[] = {
    {FIELD(compensation_state, status), .type = FIELD_CHOICE, .flags = FIELD_COUNTED,
     .choices = statuses, .doc = "Of the proposal at hand; absent before the first."},
    {FIELD(compensation_state, proposal_id), .type = FIELD_ID,
     .doc = "The proposal at hand: `<case_id>.<n>`."},
    {FIELD(compensation_state, needs), .type = FIELD_RECORD, .of = &contract_need,
     .doc = "Whose approval it waits, or waited, for."},
    {FIELD(compensation_state, approvals), .type = FIELD_INT, .doc = "Approvals counted by now."},
    {FIELD(compensation_state, cost_minor), .type = FIELD_INT,
     .doc = "Cost of its costliest option, in minor units."},
    {FIELD(compensation_state, currency), .type = FIELD_NAME, .doc = "Of the cost; ISO 4217."},
    {FIELD(compensation_state, option), .type = FIELD_NAME, .doc = "The option chosen."},
    {FIELD(compensation_state, approve_by), .type = FIELD_TIME, .flags = FIELD_INDEXED,
     .doc = "While it awaits approval: it expires then."},
    {FIELD(compensation_state, choose_by), .type = FIELD_TIME, .flags = FIELD_INDEXED,
     .doc = "While the customer may choose: the offer ends then."},
    {OWN(tenant, FIELD_ID), .doc = "The tenant."},
    {OWN(order_id, FIELD_ID), .doc = "The order."},
    {OWN(policy_version, FIELD_NAME),
     .doc = "The version of compensation.yaml that the case keeps."},
    {FIELD(compensation_state, customer_id), .type = FIELD_ID, .flags = FIELD_PRIVATE,
     .doc = "The customer."},
    {OWN(tier, FIELD_CHOICE), .choices = contract_tiers, .doc = "The customer's tier."},
    {OWN(order_status, FIELD_CHOICE), .choices = contract_order_statuses,
     .doc = "Where the order stood."},
    {OWN(profile, FIELD_RECORD), .of = &profile_record,
     .doc = "Class, severity, flags and status by now."},
    {OWN(order_amount, FIELD_MONEY), .doc = "What was paid for the order."},
    {OWN(custom, FIELD_BOOL), .doc = "Made to the customer's wish."},
    {OWN(perishable, FIELD_BOOL), .doc = "Holds perishable goods."},
    {OWN(proposals, FIELD_INT), .doc = "Proposals made by now."},
    {OWN(proposed_at, FIELD_TIME), .doc = "When the one at hand was made."},
    {OWN(escalated, FIELD_INT), .doc = "Its escalations by now."},
    {OWN(paid_minor, FIELD_INT),
     .doc = "What others than the customer pay of it at most, in minor units."},
    {OWN(proposer, FIELD_NAME), .doc = "The person who asked for it."},
    {OWN(options, FIELD_RECORDS), .of = &option_record, .doc = "Its options."},
    {OWN(votes, FIELD_RECORDS), .of = &vote_record, .doc = "Its approvals."},
    {OWN(held, FIELD_RECORDS), .of = &hold_record, .doc = "What it holds of caps and budgets."},
    {OWN(settlements, FIELD_RECORDS), .of = &settlement_record, .doc = "All that was ordered."},
    {OWN(seen, FIELD_TEXTS),
     .doc = "Hashes of the last decisions, so that a copy changes nothing."},
    {OWN(forget_at, FIELD_TIME), .doc = "The closed case is forgotten then."},
    {FIELD(compensation_state, wake_at), .type = FIELD_TIME, .flags = FIELD_INDEXED | FIELD_HIDDEN,
     .doc = "When it must be looked at again."},
    {FIELD_REST_OF(compensation_state, rest)},
    FIELDS_END,
};
#undef OWN
const struct record compensation_state_record = {
    .name = "compensation",
    .size = sizeof(struct compensation_state),
    .fields = state_fields,
    .doc = "What a case is offered, and what became of it."};

static void take_order(struct compensation_state *state, const struct order *order) {
    if (!order || state->order_id) return;
    state->order_id = order->id;
    state->order_amount = order->amount;
    state->order_status = order->status;
    state->custom = order->custom;
    state->perishable = order->perishable;
}

static void open_case(struct proposal_turn *turn, const struct complaint *complaint) {
    struct compensation_state *state = turn->state;

    if (complaint->tenant)
        state->tenant = complaint->tenant;
    else
        state->tenant = "default";
    if (complaint->customer) {
        state->customer_id = complaint->customer->id;
        state->tier = complaint->customer->tier;
    }
    state->policy_version = turn->policy->version;
    take_order(state, complaint->order);
}

static bool has_flag(const struct texts *flags, const char *flag) {
    for (int i = 0; i < flags->count; i++)
        if (strcmp(flags->at[i], flag) == 0) return true;
    return false;
}

static void propose(struct proposal_turn *turn, const struct activity *assessed) {
    const struct compensation_state *state = turn->state;
    const struct profile *profile = state->profile;
    struct offer offer;

    if (!profile_class(profile) || profile_only_asks(profile)) return;
    if (profile_status(profile) == PROFILE_WITHDRAWN ||
        state->proposals >= COMPENSATION_PROPOSALS_MAX)
        return;
    if (!offer_from_rules(turn->policy, state, assessed, turn->in->arena, &offer)) return;
    const char *why[] = {arena_printf(turn->in->arena, "rule %s", offer.rule),
                         profile_class(profile)};
    proposal_make(turn, &offer, NULL, &(struct texts){why, 2});
}

static void classify(struct proposal_turn *turn, const struct classified *classified) {
    struct compensation_state *state = turn->state;
    struct profile_place place = profile_place(turn->in->ev);

    state->profile = profile_classified(state->profile, &place, classified->class_name,
                                        classified->severity, &classified->flags, turn->in->arena);
    if (state->proposals == 0) propose(turn, NULL);
}

static bool same_class(const char *one, const char *two) {
    return one && two && strcmp(one, two) == 0;
}

/* A person's word on the class: what nobody has approved yet is made anew. */
static void reclassify(struct proposal_turn *turn, const struct activity *activity) {
    struct compensation_state *state = turn->state;
    struct profile_place place = profile_place(turn->in->ev);
    const char *class_before = profile_class(state->profile);
    int64_t proposals_before = state->proposals;
    bool fresh = proposals_before == 0;

    state->profile = profile_reclassified(state->profile, &place, activity->class_name,
                                          activity->severity, turn->in->arena);
    if (!fresh && same_class(class_before, profile_class(state->profile))) return;
    if (!fresh && (state->status != COMPENSATION_AWAITING_APPROVAL || state->proposer)) return;

    propose(turn, NULL);
    if (state->proposals == proposals_before) proposal_withdraw(turn, "reclassified");
}

/* True the first time; a copy of a decision changes nothing. */
static bool is_new(struct proposal_turn *turn) {
    struct texts *seen = &turn->state->seen;
    char hash[27];

    ids_hash(hash, 2, turn->in->ev->source, turn->in->ev->id);
    if (has_flag(seen, hash)) return false;
    int keep = seen->count < COMPENSATION_SEEN_MAX ? seen->count : COMPENSATION_SEEN_MAX - 1;
    const char **grown = arena_alloc(turn->in->arena, (size_t)(keep + 1) * sizeof *grown);
    for (int i = 0; i < keep; i++) grown[i] = seen->at[seen->count - keep + i];
    grown[keep] = arena_strdup(turn->in->arena, hash);
    *seen = (struct texts){grown, keep + 1};

    return true;
}

/* A case that is over is forgotten after a while; one that goes on is not. */
static void move(struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    struct profile_place place = profile_place(turn->in->ev);

    state->profile = profile_moved(state->profile, &place, turn->in->ev->type, turn->in->arena);
    bool over = profile_status(state->profile) >= PROFILE_CLOSED;
    if (over)
        state->forget_at = turn->in->now_ms + turn->policy->keep_for;
    else
        state->forget_at = 0;
}

static void on_opened(struct proposal_turn *turn, const void *data) {
    open_case(turn, data);
}
static void on_repeated(struct proposal_turn *turn, const void *data) {
    const struct complaint *complaint = data;
    if (!complaint->order || turn->state->order_id)
        turn->out->unchanged = true;
    else
        take_order(turn->state, complaint->order);
}
static void on_classified(struct proposal_turn *turn, const void *data) {
    classify(turn, data);
}
static void on_reclassified(struct proposal_turn *turn, const void *data) {
    reclassify(turn, data);
}
static void on_assessed(struct proposal_turn *turn, const void *data) {
    propose(turn, data);
}
static void on_moved(struct proposal_turn *turn, const void *data) {
    (void)data;
    move(turn);
}
static void on_withdrawn(struct proposal_turn *turn, const void *data) {
    const struct activity *activity = data;
    const char *reason = fields_choice_name(contract_withdraw_reasons, activity->withdraw_reason);

    move(turn);
    if (profile_status(turn->state->profile) == PROFILE_WITHDRAWN) proposal_withdraw(turn, reason);
}
/* A copy of a decision that was folded changes nothing. */
static bool is_copy(struct proposal_turn *turn) {
    if (is_new(turn)) return false;
    turn->out->unchanged = true;
    return true;
}
static void on_approved(struct proposal_turn *turn, const void *data) {
    if (!is_copy(turn)) proposal_approve(turn, data);
}
static void on_rejected(struct proposal_turn *turn, const void *data) {
    if (!is_copy(turn)) proposal_reject(turn, data);
}
static void on_chosen(struct proposal_turn *turn, const void *data) {
    if (!is_copy(turn)) proposal_choose(turn, data);
}
static void on_requested(struct proposal_turn *turn, const void *data) {
    if (!is_copy(turn)) proposal_request(turn, data);
}
static void on_settled(struct proposal_turn *turn, const void *data) {
    proposal_settle(turn, data, true);
}
static void on_failed(struct proposal_turn *turn, const void *data) {
    proposal_settle(turn, data, false);
}

/* What is folded, and what may claim (caps, budgets, or giving them back). */
static const struct reaction {
    const char *type;
    void (*act)(struct proposal_turn *turn, const void *data);
    const struct record *record;
    bool claims;
} reactions[] = {
    {"case.opened", on_opened, &contract_case_opened, false},
    {"case.classified", on_classified, &contract_classified, true},
    {"case.resolved", on_moved, &contract_noted, false},
    {"case.closed", on_moved, &contract_closed, false},
    {"case.repeated", on_repeated, &contract_case_repeated, false},
    {"case.customer_replied", on_repeated, &contract_joined, false},
    {"case.reclassified", on_reclassified, &contract_reclassified, true},
    {"case.assessed", on_assessed, &contract_assessed, true},
    {"case.withdrawn", on_withdrawn, &contract_withdrawn, true},
    {"case.reopened", on_moved, &contract_noted, false},
    {"decision.approved", on_approved, &contract_decision_approved, true},
    {"decision.rejected", on_rejected, &contract_decision_rejected, true},
    {"decision.chosen", on_chosen, &contract_chosen, false},
    {"compensation.requested", on_requested, &contract_compensation_requested, true},
    {"settlement.done", on_settled, &contract_settlement_result, false},
    {"settlement.failed", on_failed, &contract_settlement_result, false},
    {NULL, NULL, NULL, false},
};

static const struct reaction *find_reaction(const char *type) {
    for (const struct reaction *row = reactions; row->type; row++)
        if (strcmp(row->type, type) == 0) return row;
    return NULL;
}

static bool wants(const char *type) {
    return find_reaction(type);
}

/* A wake-up knows its case by its proposal; without one there is nothing to say of it. */
static const char *case_of(const struct decision *in, const struct compensation_state *state) {
    if (in->ev) return in->ev->subject;
    if (!state->proposal_id) return NULL;
    return arena_strndup(in->arena, state->proposal_id, IDS_CASE_LEN);
}

static struct proposal_turn turn_of(const struct decision *in, struct compensation_state *state,
                                    struct effects *out) {
    struct proposal_turn turn = {
        .in = in, .state = state, .out = out, .case_id = case_of(in, state)};
    const struct policy_version *chosen = policies_choose(in->policies, state->policy_version);

    ASSERT(chosen);
    if (state->policy_version) state->policy_version = chosen->version;
    turn.policy = chosen->policy;
    return turn;
}

/* The next thing that time will bring; never before the clock. */
static void set_wake(const struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    int64_t next = proposal_next(turn->policy, state);
    if (!next && state->forget_at && !proposal_is_pending(state)) next = state->forget_at;
    if (next && next < turn->in->now_ms)
        state->wake_at = turn->in->now_ms;
    else
        state->wake_at = next;
}

static void wake(struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    proposal_wake(turn);
    if (state->forget_at && state->forget_at <= turn->in->now_ms && !proposal_is_pending(state))
        turn->out->forget = true;
    set_wake(turn);
}

/* The customer's further messages bring a whole submission only when they came in as one. */
static bool is_bare_message(const struct event *ev) {
    return strcmp(ev->type, "case.customer_replied") == 0 && !tree_get(ev->data, "order");
}

/* What comes before the opening, or after the case was forgotten, finds nothing: a decision is
 * answered, the rest is passed over. */
static void meet_unknown(struct proposal_turn *turn, const struct reaction *row, const void *data) {
    const struct activity *decision = data;
    bool decides = row->act == on_approved || row->act == on_rejected || row->act == on_chosen;
    turn->out->unchanged = true;
    if (decides) proposal_refuse(turn, decision->proposal_id, "unknown_proposal");
}

static enum result fold(struct proposal_turn *turn, const struct reaction *row) {
    const struct decision *in = turn->in;

    void *data = arena_alloc(in->arena, row->record->size);
    if (effects_decode(turn->out, in->ev, row->record, data) != DONE) return REJECT;
    bool opening = row->act == on_opened;
    if (!turn->state->tenant && !opening) {
        meet_unknown(turn, row, data);
        return DONE;
    }
    if (turn->state->tenant && opening) {
        turn->out->unchanged = true;
        return DONE;
    }
    row->act(turn, data);
    set_wake(turn);

    return DONE;
}

/* Decides on a copy and keeps only what would be claimed. */
static void ask(const struct decision *in, const void *state, struct claims *claims) {
    struct compensation_state copy = *(const struct compensation_state *)state;
    struct effects scratch;

    effects_init(&scratch, in->arena);
    struct proposal_turn turn = turn_of(in, &copy, &scratch);
    turn.claims = claims;
    if (!in->ev) {
        wake(&turn);
        return;
    }
    const struct reaction *row = find_reaction(in->ev->type);
    if (row && row->claims && fold(&turn, row) != DONE) return;
}

static enum result decide(const struct decision *in, void *state, struct effects *out) {
    struct proposal_turn turn = turn_of(in, state, out);

    if (!in->ev) {
        wake(&turn);
        return DONE;
    }
    const struct reaction *row = find_reaction(in->ev->type);
    if (!row || is_bare_message(in->ev)) {
        out->unchanged = true;
        return DONE;
    }

    return fold(&turn, row);
}

static const enum topic reads[] = {TOPIC_EVENTS, TOPIC_NONE};
static const enum topic writes[] = {TOPIC_SETTLEMENTS, TOPIC_NONE};
const struct worker_spec compensation_spec = {
    .name = "compensation",
    .about = "proposes compensation, has it approved, and orders what the customer chose, once",
    .kind = WORKER_KEYED,
    .reads = reads,
    .writes = writes,
    .policy_file = "compensation.yaml",
    .load = offer_policy_load,
    .state = &compensation_state_record,
    .wants = wants,
    .ask = ask,
    .decide = decide,
};
