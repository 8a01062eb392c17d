/* proposal: every change of a proposal's status is made here, with the event that tells of it. */
#include "proposal.h"
#include "base/ids.h"
#include "hold.h"

#include <string.h>

static struct arena *arena_of(const struct proposal_turn *turn) {
    return turn->in->arena;
}

/* People get the whole of a period, also for what was folded late. */
static int64_t base_ms(const struct proposal_turn *turn) {
    int64_t now = turn->in->now_ms;
    if (turn->in->ev && turn->in->ev->time_ms > now) return turn->in->ev->time_ms;
    return now;
}

static void tell(struct proposal_turn *turn, const char *type, const char *what,
                 const struct record *record, struct compensation *data) {
    if (turn->claims) return; /* asking: nobody would read it */
    data->case_id = turn->case_id;
    if (!data->proposal_id) data->proposal_id = turn->state->proposal_id;
    int64_t time_ms = turn->in->ev ? turn->in->ev->time_ms : turn->in->now_ms;
    const char *id = arena_printf(arena_of(turn), "%s.%s", turn->state->proposal_id, what);
    effects_emit(turn->out, type, turn->case_id, id, time_ms, record, data);
}

void proposal_refuse(struct proposal_turn *turn, const char *proposal_id, const char *reason) {
    const struct event *ev = turn->in->ev;
    char hash[27];

    ids_hash(hash, 2, ev->source, ev->id);
    struct decision_ref decision = {ev->source, ev->id};
    struct compensation data = {
        .case_id = turn->case_id, .proposal_id = proposal_id, .decision = &decision};
    data.refusal = fields_choice_value(contract_refusals, reason);
    ASSERT(data.refusal);
    const char *id = arena_printf(arena_of(turn), "%s.refused.%s", turn->case_id, hash);
    effects_emit(turn->out, "compensation.decision_refused", turn->case_id, id, ev->time_ms,
                 &contract_decision_refused, &data);
}

bool proposal_is_pending(const struct compensation_state *state) {
    const struct compensation_settlement *settlements = state->settlements.at;
    for (int i = 0; i < state->settlements.count; i++)
        if (settlements[i].outcome == COMPENSATION_ORDERED) return true;
    return state->status == COMPENSATION_AWAITING_APPROVAL ||
           state->status == COMPENSATION_APPROVED;
}

static bool is_open(const struct compensation_state *state) {
    return state->status == COMPENSATION_AWAITING_APPROVAL ||
           state->status == COMPENSATION_APPROVED;
}

/* The proposal ends without a choice. */
static void end(struct proposal_turn *turn, int status) {
    hold_release(turn);
    turn->state->status = status;
    turn->state->approve_by = 0;
    turn->state->choose_by = 0;
}

void proposal_withdraw(struct proposal_turn *turn, const char *reason) {
    if (!is_open(turn->state)) return;
    struct compensation data = {.reason = reason};
    tell(turn, "compensation.withdrawn", "withdrawn", &contract_outcome, &data);
    end(turn, COMPENSATION_WITHDRAWN);
}

static void approve(struct proposal_turn *turn, struct texts by) {
    struct compensation_state *state = turn->state;

    state->status = COMPENSATION_APPROVED;
    state->approve_by = 0;
    state->choose_by = base_ms(turn) + turn->policy->choose_within;
    struct compensation data = {.options = offer_publish(&state->options, arena_of(turn)),
                                .choose_by = state->choose_by,
                                .by = by};
    tell(turn, "compensation.approved", "approved", &contract_approved, &data);
}

static void start(struct proposal_turn *turn, const struct offer *offer,
                  const struct activity *asked) {
    struct compensation_state *state = turn->state;

    state->proposals++;
    state->proposal_id =
        arena_printf(arena_of(turn), "%s.%lld", turn->case_id, (long long)state->proposals);
    state->status = COMPENSATION_PROPOSED;
    state->needs = NULL;
    state->approvals = 0;
    state->cost_minor = offer->cost_minor;
    state->paid_minor = offer->paid_minor;
    state->currency = arena_strdup(arena_of(turn), offer->currency);
    state->option = NULL;
    state->options = offer->options;
    state->votes = (struct records){0};
    state->held = (struct records){0};
    state->escalated = 0;
    if (asked)
        state->proposer = asked->actor;
    else
        state->proposer = NULL;
    state->proposed_at = base_ms(turn);
}

static void add_reason(struct proposal_turn *turn, struct texts *reasons, const char *text) {
    size_t size = sizeof *reasons->at;
    const char **grown = arena_alloc(arena_of(turn), (size_t)(reasons->count + 1) * size);
    if (reasons->count) memcpy(grown, reasons->at, (size_t)reasons->count * size);
    grown[reasons->count] = text;
    *reasons = (struct texts){grown, reasons->count + 1};
}

/* Who must approve, caps and the policy's budget considered; all claims are made whatever the
 * answers. `by` is 0 for policy. */
static struct approval_need needs_of(struct proposal_turn *turn, bool asked,
                                     struct texts *reasons) {
    struct compensation_state *state = turn->state;
    const struct offer_level *level =
        offer_policy_level(turn->policy, state->currency, state->paid_minor);
    struct approval_need need = {.role = level->by - OFFER_BY_AGENT + ROLE_AGENT,
                                 .approvals = level->approvals ? level->approvals : 1};
    bool by_policy = level->by == OFFER_BY_POLICY && !asked;
    bool in_order = hold_order_cap(turn);
    bool in_customer = hold_customer_cap(turn);
    bool in_budget = !by_policy || hold_budget(turn, "policy");

    if (!in_order) add_reason(turn, reasons, "over the order's cap");
    if (!in_customer) add_reason(turn, reasons, "over the customer's cap");
    if (!in_budget) add_reason(turn, reasons, "over the day's budget");
    if (level->by == OFFER_BY_POLICY) need.role = ROLE_AGENT;
    if ((!in_order || !in_customer) && need.role < turn->policy->caps->over)
        need.role = turn->policy->caps->over;
    if (by_policy && in_budget && (!in_order || !in_customer)) hold_drop_budget(turn);
    if (by_policy && in_order && in_customer && in_budget) need = (struct approval_need){0};
    return need;
}

void proposal_make(struct proposal_turn *turn, const struct offer *offer,
                   const struct activity *asked, const struct texts *reasons) {
    struct compensation_state *state = turn->state;
    struct texts why = *reasons;

    proposal_withdraw(turn, "superseded");
    start(turn, offer, asked);
    struct approval_need need = needs_of(turn, asked, &why);
    struct compensation data = {.options = offer_publish(&state->options, arena_of(turn)),
                                .reasons = why};
    if (need.role) {
        state->status = COMPENSATION_AWAITING_APPROVAL;
        state->needs = arena_memdup(arena_of(turn), &need, sizeof need);
        state->approve_by = state->proposed_at + turn->policy->approve_within;
        data.needs = state->needs;
        data.approve_by = state->approve_by;
    }
    tell(turn, "compensation.proposed", "proposed", &contract_proposed, &data);
    if (need.role) return;
    const char *policy = "policy";
    approve(turn, (struct texts){arena_memdup(arena_of(turn), &policy, sizeof policy), 1});
}

void proposal_request(struct proposal_turn *turn, const struct activity *asked) {
    struct compensation_state *state = turn->state;
    struct offer offer;
    const char *next_id =
        arena_printf(arena_of(turn), "%s.%lld", turn->case_id, (long long)state->proposals + 1);

    if (profile_status(state->profile) == PROFILE_WITHDRAWN ||
        state->proposals >= COMPENSATION_PROPOSALS_MAX) {
        proposal_refuse(turn, next_id, "already_decided");
    } else if (!offer_from_request(turn->policy, &asked->options, arena_of(turn), &offer)) {
        proposal_refuse(turn, next_id, "wrong_option");
    } else {
        const char *why[] = {asked->reason};
        proposal_make(turn, &offer, asked, &(struct texts){why, 1});
    }
}

static bool has_option(const struct compensation_state *state, const char *name) {
    const struct compensation_option *options = state->options.at;
    for (int i = 0; i < state->options.count; i++)
        if (strcmp(options[i].option, name) == 0) return true;
    return false;
}

/* "<case_id>.<n>" of an earlier proposal. */
static bool is_earlier(const struct proposal_turn *turn, const char *proposal_id) {
    for (int64_t i = 1; i < turn->state->proposals; i++)
        if (strcmp(proposal_id,
                   arena_printf(arena_of(turn), "%s.%lld", turn->case_id, (long long)i)) == 0)
            return true;
    return false;
}

/* Why a decision about the proposal that it names does not count while another status than `wanted`
 * holds; NULL: it does. */
static const char *status_refusal(const struct proposal_turn *turn, const struct activity *decision,
                                  int wanted) {
    const struct compensation_state *state = turn->state;

    if (!state->proposal_id || strcmp(decision->proposal_id, state->proposal_id) != 0)
        return is_earlier(turn, decision->proposal_id) ? "already_decided" : "unknown_proposal";
    if (state->status == COMPENSATION_EXPIRED) return "expired";
    if (state->status == wanted) return NULL;
    /* What nobody has approved yet has not been offered: the customer cannot know it. */
    if (state->status == COMPENSATION_AWAITING_APPROVAL) return "unknown_proposal";
    return "already_decided";
}

static bool has_voted(const struct compensation_state *state, const char *actor) {
    const struct compensation_vote *votes = state->votes.at;
    for (int i = 0; i < state->votes.count; i++)
        if (strcmp(votes[i].actor, actor) == 0) return true;
    return false;
}

static const char *approval_refusal(const struct proposal_turn *turn,
                                    const struct activity *decision) {
    const struct compensation_state *state = turn->state;
    const char *reason = status_refusal(turn, decision, COMPENSATION_AWAITING_APPROVAL);

    if (reason) return reason;
    if (decision->option && !has_option(state, decision->option)) return "wrong_option";
    if (state->proposer && strcmp(state->proposer, decision->actor) == 0) return "own_proposal";
    if (has_voted(state, decision->actor)) return "same_person";
    if (decision->role < state->needs->role) return "role_too_low";
    return NULL;
}

/* Only the option named is offered. */
static void narrow(struct proposal_turn *turn, const char *option) {
    struct compensation_state *state = turn->state;
    const struct compensation_option *options = state->options.at;
    for (int i = 0; i < state->options.count; i++)
        if (strcmp(options[i].option, option) == 0)
            state->options =
                (struct records){arena_memdup(arena_of(turn), &options[i], sizeof options[i]), 1};
}

static void count_vote(struct proposal_turn *turn, const char *actor) {
    struct compensation_state *state = turn->state;
    size_t size = sizeof(struct compensation_vote);
    struct compensation_vote *votes =
        arena_alloc(arena_of(turn), (size_t)(state->votes.count + 1) * size);

    if (state->votes.count) memcpy(votes, state->votes.at, (size_t)state->votes.count * size);
    votes[state->votes.count].actor = actor;
    state->votes = (struct records){votes, state->votes.count + 1};
    state->approvals = state->votes.count;
    struct compensation data = {
        .actor = actor, .approvals = state->approvals, .required = state->needs->approvals};
    const char *what = arena_printf(arena_of(turn), "vote.%lld", (long long)state->approvals);
    tell(turn, "compensation.vote_counted", what, &contract_vote_counted, &data);
}

static struct texts voters(const struct proposal_turn *turn) {
    const struct compensation_vote *votes = turn->state->votes.at;
    const char **names =
        arena_alloc(arena_of(turn), (size_t)turn->state->votes.count * sizeof *names);
    for (int i = 0; i < turn->state->votes.count; i++) names[i] = votes[i].actor;
    return (struct texts){names, turn->state->votes.count};
}

/* The last vote spends the budget of its role; a vote that finds it exhausted is not counted, and a
 * higher role may still approve. */
void proposal_approve(struct proposal_turn *turn, const struct activity *decision) {
    struct compensation_state *state = turn->state;
    const char *reason = approval_refusal(turn, decision);

    if (reason) {
        proposal_refuse(turn, decision->proposal_id, reason);
        return;
    }
    bool last = state->approvals + 1 >= state->needs->approvals;
    if (last && !hold_budget(turn, fields_choice_name(contract_roles, decision->role))) {
        proposal_refuse(turn, decision->proposal_id, "over_budget");
        hold_release_rest(turn);
        return;
    }
    if (decision->option) narrow(turn, decision->option);
    count_vote(turn, decision->actor);
    if (!last) return;
    hold_beyond_caps(turn);
    approve(turn, voters(turn));
}

/* A rejection needs the role that an approval needs; who made the offer may take it back. */
void proposal_reject(struct proposal_turn *turn, const struct activity *decision) {
    struct compensation_state *state = turn->state;
    const char *reason = status_refusal(turn, decision, COMPENSATION_AWAITING_APPROVAL);
    bool own = state->proposer && decision->actor && strcmp(state->proposer, decision->actor) == 0;

    if (!reason && decision->option && !has_option(state, decision->option))
        reason = "wrong_option";
    if (!reason && !own && decision->role < state->needs->role) reason = "role_too_low";
    if (reason) {
        proposal_refuse(turn, decision->proposal_id, reason);
        return;
    }
    struct compensation data = {
        .role = decision->role, .reason = decision->reason, .option = decision->option};
    tell(turn, "compensation.rejected", "rejected", &contract_outcome, &data);
    end(turn, COMPENSATION_REJECTED);
}

static void order_settlement(struct proposal_turn *turn, const struct compensation_remedy *from,
                             const char *settlement_id) {
    const struct compensation_state *state = turn->state;
    struct remedy remedy = {from->kind, from->amount, from->valid_days, from->detail};
    struct settlement data = {.settlement_id = settlement_id,
                              .case_id = turn->case_id,
                              .order_id = state->order_id,
                              .customer_id = state->customer_id ? state->customer_id : "erased",
                              .proposal_id = state->proposal_id,
                              .remedy = &remedy,
                              .split = from->split};
    const char *route = arena_strndup(arena_of(turn), turn->case_id, IDS_ROUTE_LEN);
    struct output *output =
        effects_send(turn->out, TOPIC_SETTLEMENTS, route, "settlement.ordered", settlement_id,
                     turn->in->ev->time_ms, &contract_settlement, &data);
    output->subject = turn->case_id;
}

/* One settlement a remedy, numbered within the option; only one option of a proposal is ever
 * chosen, so the ids are unique. */
static void order_settlements(struct proposal_turn *turn,
                              const struct compensation_option *option) {
    struct records *settlements = &turn->state->settlements;
    const struct compensation_remedy *remedies = option->remedies.at;
    size_t size = sizeof(struct compensation_settlement);
    int before = settlements->count;
    int count = before + option->remedies.count;
    struct compensation_settlement *grown =
        arena_grow(arena_of(turn), settlements->at, (size_t)before * size, (size_t)count * size);

    for (int i = before; i < count; i++) {
        const char *id =
            arena_printf(arena_of(turn), "%s.%d", turn->state->proposal_id, i - before + 1);
        grown[i] = (struct compensation_settlement){.settlement_id = id,
                                                    .proposal_id = turn->state->proposal_id,
                                                    .outcome = COMPENSATION_ORDERED};
        order_settlement(turn, &remedies[i - before], id);
    }
    *settlements = (struct records){grown, count};
}

void proposal_choose(struct proposal_turn *turn, const struct activity *decision) {
    struct compensation_state *state = turn->state;
    const struct compensation_option *options = state->options.at;
    const char *reason = status_refusal(turn, decision, COMPENSATION_APPROVED);

    if (!reason && !has_option(state, decision->option)) reason = "wrong_option";
    if (reason) {
        proposal_refuse(turn, decision->proposal_id, reason);
        return;
    }
    struct compensation data = {.option = decision->option};
    tell(turn, "compensation.chosen", "chosen", &contract_outcome, &data);
    state->status = COMPENSATION_CHOSEN;
    state->option = decision->option;
    state->choose_by = 0;
    for (int i = 0; i < state->options.count; i++)
        if (strcmp(options[i].option, decision->option) == 0) order_settlements(turn, &options[i]);
}

static struct compensation_settlement *find_settlement(const struct compensation_state *state,
                                                       const char *settlement_id) {
    struct compensation_settlement *settlements = state->settlements.at;
    for (int i = 0; i < state->settlements.count; i++)
        if (strcmp(settlements[i].settlement_id, settlement_id) == 0) return &settlements[i];
    return NULL;
}

/* How the settlements of a proposal stand: COMPENSATION_ORDERED while one is out. */
static int outcome_of(const struct compensation_state *state, const char *proposal_id,
                      struct records *refs_out, struct arena *arena) {
    const struct compensation_settlement *settlements = state->settlements.at;
    struct settlement_ref *refs =
        arena_alloc(arena, (size_t)state->settlements.count * sizeof *refs);
    int outcome = COMPENSATION_DONE;
    int count = 0;

    for (int i = 0; i < state->settlements.count; i++) {
        if (strcmp(settlements[i].proposal_id, proposal_id) != 0) continue;
        refs[count++] =
            (struct settlement_ref){settlements[i].settlement_id, settlements[i].reference};
        if (settlements[i].outcome == COMPENSATION_ORDERED) outcome = COMPENSATION_ORDERED;
        if (settlements[i].outcome == COMPENSATION_NOT_DONE && outcome == COMPENSATION_DONE)
            outcome = COMPENSATION_NOT_DONE;
    }
    *refs_out = (struct records){refs, count};

    return outcome;
}

/* A settlement that is done stays done; one that failed may be done later, and the proposal is
 * settled then. */
void proposal_settle(struct proposal_turn *turn, const struct activity *result, bool done) {
    struct compensation_state *state = turn->state;
    struct compensation_settlement *settlement = find_settlement(state, result->settlement_id);
    int outcome = COMPENSATION_NOT_DONE;
    if (done) outcome = COMPENSATION_DONE;

    if (!settlement || settlement->outcome == COMPENSATION_DONE || settlement->outcome == outcome) {
        turn->out->unchanged = true;
        return;
    }
    struct compensation data = {.case_id = turn->case_id, .proposal_id = settlement->proposal_id};
    int before = outcome_of(state, settlement->proposal_id, &data.settlements, arena_of(turn));
    settlement->outcome = outcome;
    settlement->reference = result->reference;
    int after = outcome_of(state, settlement->proposal_id, &data.settlements, arena_of(turn));
    static const int statuses[] = {0, COMPENSATION_SETTLING, COMPENSATION_SETTLED,
                                   COMPENSATION_FAILED};
    if (strcmp(settlement->proposal_id, state->proposal_id) == 0) state->status = statuses[after];
    if (after == COMPENSATION_ORDERED || after == before) return;
    const char *type = "compensation.failed";
    if (after == COMPENSATION_DONE) type = "compensation.settled";
    const char *id =
        arena_printf(arena_of(turn), "%s%s", settlement->proposal_id, strchr(type, '.'));
    effects_emit(turn->out, type, turn->case_id, id, turn->in->ev->time_ms, &contract_settled,
                 &data);
}

static void escalate(struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    const struct offer_step *steps = turn->policy->escalate.at;

    while (state->escalated < turn->policy->escalate.count &&
           state->proposed_at + steps[state->escalated].after <= turn->in->now_ms) {
        /* Who cannot approve it is not asked to. */
        int role = steps[state->escalated].to > state->needs->role ? steps[state->escalated].to
                                                                   : state->needs->role;
        struct compensation data = {.role = role, .reason = "not decided"};
        const char *what =
            arena_printf(arena_of(turn), "escalated.%lld", (long long)++state->escalated);
        tell(turn, "compensation.escalated", what, &contract_outcome, &data);
    }
}

static void expire(struct proposal_turn *turn, const char *reason) {
    struct compensation data = {.reason = reason};
    tell(turn, "compensation.expired", "expired", &contract_outcome, &data);
    end(turn, COMPENSATION_EXPIRED);
}

void proposal_wake(struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    int64_t now = turn->in->now_ms;

    if (state->status == COMPENSATION_AWAITING_APPROVAL) escalate(turn);
    if (state->status == COMPENSATION_AWAITING_APPROVAL && state->approve_by <= now)
        expire(turn, "not decided");
    else if (state->status == COMPENSATION_APPROVED && state->choose_by <= now)
        expire(turn, "not chosen");
}

int64_t proposal_next(const struct offer_policy *policy, const struct compensation_state *state) {
    const struct offer_step *steps = policy->escalate.at;

    if (state->status == COMPENSATION_APPROVED) return state->choose_by;
    if (state->status != COMPENSATION_AWAITING_APPROVAL) return 0;
    if (state->escalated >= policy->escalate.count) return state->approve_by;
    int64_t step = state->proposed_at + steps[state->escalated].after;
    if (step < state->approve_by) return step;
    return state->approve_by;
}
