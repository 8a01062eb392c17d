/* compensation: the facts of a case, and which event leads to what. */
#include "compensation.h"
#include "base/ids.h"
#include "buyer.h"
#include "demand.h"
#include "history.h"
#include "hold.h"
#include "proposal.h"
#include "recovery.h"
#include "settle.h"
#include "shelf.h"

#include <limits.h>
#include <string.h>

bool compensation_has_paid_order(const struct compensation_state *state) {
    return state->order_amount.minor > 0 && state->order_status != ORDER_CREATED &&
           state->order_status != ORDER_CANCELLED;
}

/* The same order again brings how it stands now. */
static bool take_order(struct compensation_state *state, const struct order *order) {
    if (!order || (state->order_id && strcmp(state->order_id, order->id) != 0)) return false;
    state->order_id = order->id;
    state->order_amount = order->amount;
    state->order_status = order->status;
    state->custom = order->custom;
    state->perishable = order->perishable;
    if (order->other_account) state->other_account = true;
    state->carrier = order->carrier;
    state->warehouse = order->warehouse;
    state->placed_at = order->placed_at;
    state->promised_at = order->promised_at;
    state->delivered_at = order->delivered_at;

    return true;
}

static struct compensation_item *find_item(const struct compensation_state *state,
                                           const char *sku) {
    struct compensation_item *items = state->items.at;
    for (int i = 0; i < state->items.count; i++)
        if (strcmp(items[i].sku, sku) == 0) return &items[i];
    return NULL;
}

/* Those beyond COMPENSATION_ITEMS_MAX are one. */
static struct compensation_item *add_item(struct compensation_state *state, const char *sku,
                                          struct arena *arena) {
    if (state->items.count >= COMPENSATION_ITEMS_MAX) sku = "*";
    struct compensation_item *same = find_item(state, sku);
    if (same) return same;
    struct compensation_item *added = parts_add(&state->items, sizeof *added, INT_MAX, arena);
    *added = (struct compensation_item){.sku = sku};
    return added;
}

/* The articles of one submission, those of one kind together; what was named before stays. */
static void take_items(struct compensation_state *state, const struct complaint *complaint,
                       struct arena *arena) {
    const struct item *items = complaint->items.at;
    struct compensation_state named = {0};

    for (int i = 0; i < complaint->items.count; i++) {
        int64_t minor = CONTRACT_MONEY_MAX;
        if (strcmp(items[i].price.currency, state->order_amount.currency) != 0) return;
        if (items[i].price.minor < CONTRACT_MONEY_MAX / items[i].quantity)
            minor = items[i].price.minor * items[i].quantity;
        struct compensation_item *item = find_item(&named, items[i].sku);
        if (!item) item = add_item(&named, items[i].sku, arena);
        item->minor += minor;
        if (item->minor > CONTRACT_MONEY_MAX) item->minor = CONTRACT_MONEY_MAX;
    }
    const struct compensation_item *all = named.items.at;
    for (int i = 0; i < named.items.count; i++) {
        if (find_item(state, all[i].sku)) continue;
        struct compensation_item *item = add_item(state, all[i].sku, arena);
        item->minor += all[i].minor;
        if (item->minor > CONTRACT_MONEY_MAX) item->minor = CONTRACT_MONEY_MAX;
    }
}

/* What a submission brings. False when that is nothing that counts here. */
static bool take_submission(struct proposal_turn *turn, const struct complaint *complaint) {
    struct compensation_state *state = turn->state;
    int items_before = state->items.count;
    bool taken = take_order(state, complaint->order);

    if (taken) state->order_told_at = decision_logged_ms(turn->in);
    if (taken || !complaint->order) take_items(state, complaint, turn->in->arena);
    if (complaint->requested) state->requested = complaint->requested->remedy;
    state->evidence += complaint->evidence.count;
    return taken || complaint->requested || complaint->evidence.count > 0 ||
           state->items.count > items_before;
}

static void open_case(struct proposal_turn *turn, const struct complaint *complaint) {
    struct compensation_state *state = turn->state;

    if (complaint->tenant)
        state->tenant = complaint->tenant;
    else
        state->tenant = "default";
    if (complaint->customer) buyer_take(turn, complaint->customer);
    state->policy_version = turn->policy->version;
    state->opened_at = complaint->opened_at;
    take_submission(turn, complaint);
}

static bool has_chosen(const struct compensation_state *state) {
    return state->status >= COMPENSATION_CHOSEN && state->status <= COMPENSATION_FAILED;
}

static struct offer_about about_case(const struct proposal_turn *turn,
                                     const struct activity *assessed) {
    return (struct offer_about){
        .state = turn->state, .assessed = assessed, .at_ms = decision_logged_ms(turn->in)};
}

/* A higher role is asked for by now than the one that the proposal waits for. */
static bool is_raised(const struct proposal_turn *turn) {
    const struct compensation_state *state = turn->state;
    return state->status == COMPENSATION_AWAITING_APPROVAL &&
           demand_review(turn).role > state->needs->role;
}

/* By the table; what would pay back more than was paid is passed over. Anew, where the customer has
 * had something, it is nothing but what pays the order back, and never the same once more. False
 * when nothing is offered. */
static bool propose_by_table(struct proposal_turn *turn, const struct activity *assessed,
                             bool anew) {
    const struct compensation_state *state = turn->state;
    bool had = has_chosen(state);
    struct offer_about about = about_case(turn, assessed);
    struct offer offer;

    for (int pays_back = 1; pays_back >= 0; pays_back--) {
        if (!offer_from_rules(turn->policy, &about, pays_back, turn->in->arena, &offer))
            return false;
        bool same = offer_is_same(&offer.options, &state->options) && !is_raised(turn);
        if (anew && (same || (had && !pays_back))) return false;
        if (anew && had && offer.back_minor == 0) return false;
        demand_raise(turn, false, &offer);
        const char *why[] = {arena_printf(turn->in->arena, "rule %s", offer.rule),
                             profile_class(state->profile)};
        if (proposal_make(turn, &offer, NULL, &(struct texts){why, 2})) return true;
    }
    return false;
}

static void propose(struct proposal_turn *turn, const struct activity *assessed, bool anew) {
    const struct compensation_state *state = turn->state;
    const struct profile *profile = state->profile;

    if (!profile_class(profile) || (profile_only_asks(profile) && !assessed)) return;
    if (profile_status(profile) >= PROFILE_CLOSED || state->proposals >= COMPENSATION_PROPOSALS_MAX)
        return;
    if (!history_read(turn)) return;
    history_keep(turn, propose_by_table(turn, assessed, anew));
}

/* Facts have changed. What a person offered or rejected stands. */
static void propose_anew(struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;

    if (state->proposals == 0) return propose(turn, NULL, false);
    if (state->proposer || state->status == COMPENSATION_REJECTED ||
        state->status == COMPENSATION_WITHDRAWN)
        return;
    propose(turn, NULL, true);
}

static void classify(struct proposal_turn *turn, const struct classified *classified) {
    struct compensation_state *state = turn->state;
    struct profile_place place = profile_place(turn->in->ev);
    bool perishable_before = profile_has_flag(state->profile, "perishable");

    state->profile = profile_classified_by(state->profile, &place, classified, turn->in->arena);
    recovery_claim(turn);
    bool proves = !perishable_before && profile_has_flag(state->profile, "perishable");
    if (state->proposals == 0 || proves || is_raised(turn)) propose_anew(turn);
}

static bool same_class(const char *one, const char *two) {
    return one && two && strcmp(one, two) == 0;
}

/* A person's word on the class: what nobody has chosen from yet is made anew, or withdrawn where
 * the class has no rule. */
static void reclassify(struct proposal_turn *turn, const struct activity *activity) {
    struct compensation_state *state = turn->state;
    struct profile_place place = profile_place(turn->in->ev);
    const char *class_before = profile_class(state->profile);

    state->profile = profile_reclassified(state->profile, &place, activity->class_name,
                                          activity->severity, turn->in->arena);
    recovery_claim(turn);
    if (state->proposals > 0 && same_class(class_before, profile_class(state->profile))) return;
    struct offer_about about = about_case(turn, NULL);
    struct offer offer;
    bool has_rule = !profile_only_asks(state->profile) &&
                    offer_from_rules(turn->policy, &about, true, turn->in->arena, &offer);
    if (state->proposals > 0 && !has_rule && !state->proposer)
        proposal_withdraw(turn, "reclassified");
    else
        propose_anew(turn);
}

/* True the first time; a copy of a decision changes nothing. */
static bool is_new(struct proposal_turn *turn) {
    struct texts *seen = &turn->state->seen;
    char hash[27];

    ids_hash(hash, 2, turn->in->ev->source, turn->in->ev->id);
    if (texts_has(seen, hash)) return false;
    texts_keep(seen, arena_strdup(turn->in->arena, hash), COMPENSATION_SEEN_MAX, turn->in->arena);

    return true;
}

/* A case that is over is forgotten after a while; one that goes on is not. */
static void move(struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    struct profile_place place = profile_place(turn->in->ev);

    state->profile =
        profile_moved(state->profile, &place, contract_event(turn->in->ev->type), turn->in->arena);
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
    bool again = complaint->repeats > turn->state->repeats;

    if (again) turn->state->repeats = complaint->repeats;
    bool more = take_submission(turn, complaint);
    if (more) recovery_claim(turn);
    if (!more && !again)
        turn->out->unchanged = true;
    else if (turn->state->proposals > 0 && (more || !has_chosen(turn->state)))
        propose_anew(turn);
}
static void on_classified(struct proposal_turn *turn, const void *data) {
    classify(turn, data);
    demand_answer(turn);
}
static void on_reclassified(struct proposal_turn *turn, const void *data) {
    reclassify(turn, data);
    demand_answer(turn);
}
static void on_assessed(struct proposal_turn *turn, const void *data) {
    propose(turn, data, false);
}
static void on_breached(struct proposal_turn *turn, const void *data) {
    const struct sla_event *breach = data;
    struct texts *breached = &turn->state->breached;

    if (texts_has(breached, breach->target)) {
        turn->out->unchanged = true;
        return;
    }
    texts_keep(breached, breach->target, COMPENSATION_BREACHED_MAX, turn->in->arena);
    propose_anew(turn);
}
static void on_moved(struct proposal_turn *turn, const void *data) {
    (void)data;
    move(turn);
}
static void on_closed(struct proposal_turn *turn, const void *data) {
    (void)data;
    move(turn);
    if (profile_status(turn->state->profile) >= PROFILE_CLOSED) proposal_withdraw(turn, "closed");
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
    settle_report(turn, data, true);
}
static void on_failed(struct proposal_turn *turn, const void *data) {
    settle_report(turn, data, false);
}

static void on_scored(struct proposal_turn *turn, const void *data) {
    const struct activity *activity = data;

    if (turn->state->score == activity->score) turn->out->unchanged = true;
    turn->state->score = activity->score;
}

static void on_erased(struct proposal_turn *turn, const void *data) {
    buyer_erase(turn, data);
}

/* What is folded, and what may claim (caps, budgets, or giving them back). */
static const struct reaction {
    enum event_type type;
    void (*act)(struct proposal_turn *turn, const void *data);
    const struct table *table;
    bool claims;
} reactions[] = {
    {EVENT_CASE_OPENED, on_opened, &contract_case_opened, false},
    {EVENT_CASE_CLASSIFIED, on_classified, &contract_classified, true},
    {EVENT_CASE_RESOLVED, on_moved, &contract_noted, false},
    {EVENT_CASE_CLOSED, on_closed, &contract_closed, true},
    {EVENT_CASE_REPEATED, on_repeated, &contract_case_repeated, true},
    {EVENT_CASE_CUSTOMER_REPLIED, on_repeated, &contract_joined, true},
    {EVENT_SLA_BREACHED, on_breached, &contract_sla_breached, true},
    {EVENT_CASE_RECLASSIFIED, on_reclassified, &contract_reclassified, true},
    {EVENT_CASE_ASSESSED, on_assessed, &contract_assessed, true},
    {EVENT_CASE_WITHDRAWN, on_withdrawn, &contract_withdrawn, true},
    {EVENT_CASE_REOPENED, on_moved, &contract_noted, false},
    {EVENT_DECISION_APPROVED, on_approved, &contract_decision_approved, true},
    {EVENT_DECISION_REJECTED, on_rejected, &contract_decision_rejected, true},
    {EVENT_DECISION_CHOSEN, on_chosen, &contract_chosen, true},
    {EVENT_COMPENSATION_REQUESTED, on_requested, &contract_compensation_requested, true},
    {EVENT_SETTLEMENT_DONE, on_settled, &contract_settlement_result, false},
    {EVENT_SETTLEMENT_FAILED, on_failed, &contract_settlement_result, false},
    {EVENT_COMPENSATION_RECOVERY_CLAIMED, recovery_count_claimed, &contract_recovery_claimed, true},
    {EVENT_COMPENSATION_RECOVERY_SETTLED, recovery_count_paid, &contract_recovery_reported, true},
    {EVENT_VISIT_SCORED, on_scored, &contract_visit_scored, false},
    {EVENT_CUSTOMER_ERASED, on_erased, &contract_customer_erased, false},
    {EVENT_UNKNOWN, NULL, NULL, false},
};

static const struct reaction *find_reaction(const char *name) {
    enum event_type type = contract_event(name);

    for (const struct reaction *row = reactions; row->type; row++)
        if (row->type == type) return row;
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
    turn.now = policies_current(in->policies);
    return turn;
}

/* The next thing that time will bring; never before the clock. */
static void set_wake(const struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    int64_t next = proposal_next(turn->policy, state);
    int64_t settle = settle_next(turn->policy, state);
    if (settle && (!next || settle < next)) next = settle;
    if (!next && state->forget_at && !proposal_is_pending(turn->policy, state))
        next = state->forget_at;
    if (next && next < turn->in->now_ms)
        state->wake_at = turn->in->now_ms;
    else
        state->wake_at = next;
}

static void wake(struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    proposal_wake(turn);
    settle_wake(turn);
    if (state->forget_at && state->forget_at <= turn->in->now_ms &&
        !proposal_is_pending(turn->policy, state))
        turn->out->forget = true;
    set_wake(turn);
}

/* The customer's further messages bring a whole submission only when they came in as one. */
static bool is_bare_message(const struct event *ev) {
    return contract_event(ev->type) == EVENT_CASE_CUSTOMER_REPLIED &&
           !tree_get(ev->data, "customer");
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

    void *data = arena_alloc(in->arena, row->table->size);
    if (effects_decode(turn->out, in->ev, row->table, data) != DONE) return REJECT;
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
    shelf_put(turn->state, turn->in->arena);
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
    .state = &compensation_state_table,
    .wants = wants,
    .spreads = "customer.erased",
    .spreads_to = "customer_id",
    .names = contract_customer_named,
    .ask = ask,
    .decide = decide,
};
