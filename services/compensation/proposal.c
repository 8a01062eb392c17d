/* proposal: every change of a proposal's status is made here, by the table of life.h, with the
 * event that tells of it. */
#include "proposal.h"
#include "base/ids.h"
#include "demand.h"
#include "history.h"
#include "hold.h"
#include "settle.h"
#include "vote.h"

#include <limits.h>
#include <string.h>

static struct arena *arena_of(const struct proposal_turn *turn) {
    return turn->in->arena;
}

int64_t proposal_time(const struct proposal_turn *turn) {
    if (turn->in->ev) return turn->in->ev->time_ms;
    return turn->in->now_ms;
}

int64_t proposal_base(const struct proposal_turn *turn) {
    int64_t now = turn->in->now_ms;
    if (turn->in->ev && turn->in->ev->time_ms > now) return turn->in->ev->time_ms;
    return now;
}

void proposal_tell(struct proposal_turn *turn, enum event_type type, const char *what,
                   struct compensation *data) {
    if (turn->claims) return; /* asking: nobody would read it */
    data->case_id = turn->case_id;
    if (!data->proposal_id) data->proposal_id = turn->state->proposal_id;
    const char *id = arena_printf(arena_of(turn), "%s.%s", data->proposal_id, what);
    contract_emit(turn->out, type, turn->case_id, id, proposal_time(turn), data);
}

void proposal_move(struct proposal_turn *turn, enum life_step step) {
    int next = life_next(turn->state->status, step);

    ASSERT(next != COMPENSATION_NONE);
    turn->state->status = next;
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
    contract_emit(turn->out, EVENT_COMPENSATION_DECISION_REFUSED, turn->case_id, id, ev->time_ms,
                  &data);
}

static bool is_open(const struct compensation_state *state) {
    return state->status == COMPENSATION_AWAITING_APPROVAL ||
           state->status == COMPENSATION_APPROVED;
}

bool proposal_is_pending(const struct offer_policy *policy,
                         const struct compensation_state *state) {
    return is_open(state) || settle_is_pending(policy, state);
}

/* The proposal ends without a choice, and another takes its place. */
static void make_room(struct proposal_turn *turn, enum life_step step) {
    hold_release(turn);
    proposal_move(turn, step);
    turn->state->approve_by = 0;
    turn->state->choose_by = 0;
}

/* The proposal ends without a choice. */
static void end(struct proposal_turn *turn, enum life_step step) {
    make_room(turn, step);
    history_drop(turn);
}

static void tell_withdrawn(struct proposal_turn *turn, const char *reason) {
    struct compensation data = {.reason = reason};
    proposal_tell(turn, EVENT_COMPENSATION_WITHDRAWN, "withdrawn", &data);
}

void proposal_withdraw(struct proposal_turn *turn, const char *reason) {
    if (!is_open(turn->state)) return;
    tell_withdrawn(turn, reason);
    end(turn, LIFE_WITHDRAW);
}

static void supersede(struct proposal_turn *turn) {
    if (!is_open(turn->state)) return;
    tell_withdrawn(turn, "superseded");
    make_room(turn, LIFE_WITHDRAW);
}

static void approve(struct proposal_turn *turn, struct texts by) {
    struct compensation_state *state = turn->state;

    proposal_move(turn, LIFE_APPROVE);
    state->approve_by = 0;
    state->choose_by = proposal_base(turn) + turn->policy->choose_within;
    struct compensation data = {.options = offer_publish(&state->options, arena_of(turn)),
                                .choose_by = state->choose_by,
                                .by = by};
    proposal_tell(turn, EVENT_COMPENSATION_APPROVED, "approved", &data);
}

static const char *proposal_name(const struct proposal_turn *turn, int64_t number) {
    return arena_printf(arena_of(turn), "%s.%lld", turn->case_id, (long long)number);
}

static void start(struct proposal_turn *turn, const struct offer *offer,
                  const struct activity *asked) {
    struct compensation_state *state = turn->state;

    state->proposals++;
    state->proposal_id = proposal_name(turn, state->proposals);
    state->status = COMPENSATION_PROPOSED;
    state->needs = NULL;
    state->approvals = 0;
    state->cost_minor = offer->cost_minor;
    state->paid_minor = offer->paid_minor;
    state->back_minor = offer->back_minor;
    state->goodwill_minor = offer->goodwill_minor;
    state->currency = arena_strdup(arena_of(turn), offer->currency);
    state->option = NULL;
    state->rule = offer->rule;
    state->unvalued = offer->unvalued;
    state->options = offer->options;
    state->votes = (struct parts){0};
    state->escalated = 0;
    if (asked)
        state->proposer = asked->actor;
    else
        state->proposer = NULL;
    state->proposed_at = proposal_base(turn);
}

/* What nobody has put a value on goes to those without a limit. */
static const struct offer_level *level_of(const struct offer_policy *policy,
                                          const struct offer *offer, struct texts *reasons,
                                          struct arena *arena) {
    const struct offer_level *levels = policy->approval.at;

    if (!offer->unvalued) return offer_policy_level(policy, offer->currency, offer->paid_minor);
    texts_add(reasons, "what it costs is not known", arena);
    return &levels[policy->approval.count - 1];
}

/* Who must approve, caps and the policy's budget considered; all claims are made whatever the
 * answers. `by` is 0 for policy. */
static struct approval_need needs_of(struct proposal_turn *turn, const struct offer *offer,
                                     bool asked, struct texts *reasons) {
    const struct offer_level *level = level_of(turn->policy, offer, reasons, arena_of(turn));
    struct approval_need need = {.role = level->by - OFFER_BY_AGENT + ROLE_AGENT,
                                 .approvals = level->approvals ? level->approvals : 1};
    bool by_policy = level->by == OFFER_BY_POLICY && !asked && !offer->least_role;
    bool in_order = hold_goodwill_cap(turn);
    bool in_customer = hold_customer_cap(turn);
    int pool_role = hold_pools(turn);
    bool in_budget = !by_policy || hold_budget(turn, OFFER_BY_POLICY);

    if (!in_order) texts_add(reasons, "over the cap of goodwill beside an order", arena_of(turn));
    if (!in_customer) texts_add(reasons, "over the customer's cap", arena_of(turn));
    if (!in_budget || pool_role) texts_add(reasons, "over the budget", arena_of(turn));
    if (level->by == OFFER_BY_POLICY) need.role = ROLE_AGENT;
    if (need.role < offer->least_role) need.role = offer->least_role;
    if ((!in_order || !in_customer) && need.role < turn->policy->caps->over)
        need.role = turn->policy->caps->over;
    if (need.role < pool_role) need.role = pool_role;
    bool within = in_order && in_customer && !pool_role;
    if (by_policy && in_budget && !within) hold_drop_budget(turn);
    if (by_policy && in_budget && within) need = (struct approval_need){0};
    return need;
}

bool proposal_make(struct proposal_turn *turn, const struct offer *offer,
                   const struct activity *asked, const struct texts *reasons) {
    struct compensation_state *state = turn->state;
    struct texts why = *reasons;
    struct parts before = state->held;

    for (int i = 0; i < offer->reviews.count; i++)
        texts_add(&why, offer->reviews.at[i], arena_of(turn));
    if (is_open(state)) hold_reach(turn);
    if (!hold_paid_back(turn, offer, proposal_name(turn, state->proposals + 1))) return false;
    if (turn->waiting) return true;
    struct parts held = state->held;
    state->held = before;
    supersede(turn);
    start(turn, offer, asked);
    state->held = held;
    struct approval_need need = needs_of(turn, offer, asked, &why);
    struct compensation data = {.options = offer_publish(&state->options, arena_of(turn)),
                                .reasons = why};
    if (need.role) {
        proposal_move(turn, LIFE_ASK);
        state->needs = arena_memdup(arena_of(turn), &need, sizeof need);
        state->approve_by = state->proposed_at + turn->policy->approve_within;
        data.needs = state->needs;
        data.approve_by = state->approve_by;
    }
    proposal_tell(turn, EVENT_COMPENSATION_PROPOSED, "proposed", &data);
    if (need.role) return true;
    const char *policy = "policy";
    approve(turn, (struct texts){arena_memdup(arena_of(turn), &policy, sizeof policy), 1});
    return true;
}

void proposal_request(struct proposal_turn *turn, const struct activity *asked) {
    struct compensation_state *state = turn->state;
    struct offer offer;
    const char *next_id = proposal_name(turn, state->proposals + 1);

    if (profile_status(state->profile) >= PROFILE_CLOSED ||
        state->proposals >= COMPENSATION_PROPOSALS_MAX) {
        proposal_refuse(turn, next_id, "already_decided");
    } else if (!offer_from_request(turn->policy, state, &asked->options, arena_of(turn), &offer)) {
        proposal_refuse(turn, next_id, "wrong_option");
    } else if (state->order_id && strcmp(offer.currency, state->order_amount.currency) != 0) {
        proposal_refuse(turn, next_id, "other_currency");
    } else if (history_read(turn)) {
        const char *why[] = {asked->reason};
        demand_raise(turn, true, &offer);
        bool made = proposal_make(turn, &offer, asked, &(struct texts){why, 1});
        history_keep(turn, made);
        if (!made) proposal_refuse(turn, next_id, "over_paid");
    }
}

static const struct compensation_option *find_option(const struct compensation_state *state,
                                                     const char *name) {
    const struct compensation_option *options = state->options.at;
    for (int i = 0; i < state->options.count; i++)
        if (strcmp(options[i].option, name) == 0) return &options[i];
    return NULL;
}

/* "<case_id>.<n>" of an earlier proposal. */
static bool is_earlier(const struct proposal_turn *turn, const char *proposal_id) {
    for (int64_t i = 1; i < turn->state->proposals; i++)
        if (strcmp(proposal_id, proposal_name(turn, i)) == 0) return true;
    return false;
}

/* Expired means expired, also before the wake-up that says so has come. */
static bool is_overdue(const struct proposal_turn *turn) {
    const struct compensation_state *state = turn->state;
    int64_t end_ms = 0;

    if (state->status == COMPENSATION_AWAITING_APPROVAL) end_ms = state->approve_by;
    if (state->status == COMPENSATION_APPROVED) end_ms = state->choose_by;
    return end_ms && end_ms <= decision_logged_ms(turn->in);
}

/* Why a decision about the proposal that it names does not count while another status than `wanted`
 * holds; NULL: it does. */
static const char *status_refusal(const struct proposal_turn *turn, const struct activity *decision,
                                  int wanted) {
    const struct compensation_state *state = turn->state;

    if (!state->proposal_id || strcmp(decision->proposal_id, state->proposal_id) != 0)
        return is_earlier(turn, decision->proposal_id) ? "already_decided" : "unknown_proposal";
    if (state->status == COMPENSATION_EXPIRED || is_overdue(turn)) return "expired";
    if (state->status == wanted) return NULL;
    /* What nobody has approved yet has not been offered: the customer cannot know it. */
    if (state->status == COMPENSATION_AWAITING_APPROVAL) return "unknown_proposal";
    return "already_decided";
}

static struct vote vote_at_hand(const struct proposal_turn *turn, const struct activity *decision) {
    return vote_of(turn->now, turn->state, decision, decision_logged_ms(turn->in));
}

static const char *approval_refusal(const struct proposal_turn *turn,
                                    const struct activity *decision, struct vote *vote_out) {
    const struct compensation_state *state = turn->state;
    const char *reason = status_refusal(turn, decision, COMPENSATION_AWAITING_APPROVAL);

    if (reason) return reason;
    if (decision->option && !find_option(state, decision->option)) return "wrong_option";
    *vote_out = vote_at_hand(turn, decision);
    return vote_refusal(state, vote_out);
}

/* Only the option named is offered. */
static void narrow(struct proposal_turn *turn, const char *option) {
    const struct compensation_option *only = find_option(turn->state, option);
    turn->state->options = (struct parts){arena_memdup(arena_of(turn), only, sizeof *only), 1};
}

static void count_vote(struct proposal_turn *turn, const struct vote *vote) {
    struct compensation_state *state = turn->state;

    vote_add(state, vote, arena_of(turn));
    struct compensation data = {.actor = vote->actor,
                                .in_place_of = vote->in_place_of,
                                .approvals = state->approvals,
                                .required = state->needs->approvals};
    const char *what = arena_printf(arena_of(turn), "vote.%lld", (long long)state->approvals);
    proposal_tell(turn, EVENT_COMPENSATION_VOTE_COUNTED, what, &data);
}

/* The last vote spends the budget of its role; a vote that finds it exhausted is not counted, and a
 * higher role may still approve. */
void proposal_approve(struct proposal_turn *turn, const struct activity *decision) {
    struct compensation_state *state = turn->state;
    struct vote vote = {0};
    const char *reason = approval_refusal(turn, decision, &vote);

    if (reason) {
        proposal_refuse(turn, decision->proposal_id, reason);
        return;
    }
    bool last = state->approvals + 1 >= state->needs->approvals;
    if (last && !hold_budget(turn, vote.role - ROLE_AGENT + OFFER_BY_AGENT)) {
        proposal_refuse(turn, decision->proposal_id, "over_budget");
        hold_release_rest(turn);
        return;
    }
    if (decision->option) narrow(turn, decision->option);
    count_vote(turn, &vote);
    if (!last) return;
    hold_beyond_caps(turn);
    approve(turn, vote_actors(state, arena_of(turn)));
}

/* A rejection needs the role that an approval needs; who made the offer may take it back. */
void proposal_reject(struct proposal_turn *turn, const struct activity *decision) {
    struct compensation_state *state = turn->state;
    const char *reason = status_refusal(turn, decision, COMPENSATION_AWAITING_APPROVAL);
    bool own = state->proposer && decision->actor && strcmp(state->proposer, decision->actor) == 0;

    if (!reason && decision->option && !find_option(state, decision->option))
        reason = "wrong_option";
    if (!reason && !own && vote_at_hand(turn, decision).role < state->needs->role)
        reason = "role_too_low";
    if (reason) {
        proposal_refuse(turn, decision->proposal_id, reason);
        return;
    }
    struct compensation data = {
        .role = decision->role, .reason = decision->reason, .option = decision->option};
    proposal_tell(turn, EVENT_COMPENSATION_REJECTED, "rejected", &data);
    end(turn, LIFE_REJECT);
}

void proposal_choose(struct proposal_turn *turn, const struct activity *decision) {
    struct compensation_state *state = turn->state;
    const struct compensation_option *option = find_option(state, decision->option);
    const char *reason = status_refusal(turn, decision, COMPENSATION_APPROVED);

    if (!reason && !option) reason = "wrong_option";
    if (reason) {
        proposal_refuse(turn, decision->proposal_id, reason);
        return;
    }
    struct compensation data = {.option = decision->option};
    proposal_tell(turn, EVENT_COMPENSATION_CHOSEN, "chosen", &data);
    proposal_move(turn, LIFE_CHOOSE);
    state->option = decision->option;
    if (option->goodwill_minor > 0) state->gifted = true;
    state->choose_by = 0;
    hold_keep_chosen(turn, option);
    settle_order(turn, option);
}

/* The level `up` levels of the policy above a role; the last one has none above. */
static int role_above(const struct offer_policy *policy, int role, int64_t up) {
    const struct offer_level *levels = policy->approval.at;

    for (int i = 0; i < policy->approval.count && up > 0; i++) {
        int level = levels[i].by - OFFER_BY_AGENT + ROLE_AGENT;
        if (level <= role) continue;
        role = level;
        up--;
    }

    return role;
}

/* Who cannot approve it is not asked to. */
static void escalate(struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    const struct offer_step *steps = turn->policy->escalate.at;

    while (state->escalated < turn->policy->escalate.count &&
           state->proposed_at + steps[state->escalated].after <= turn->in->now_ms) {
        const struct offer_step *step = &steps[state->escalated++];
        int role = role_above(turn->policy, state->needs->role, step->up);
        if (step->to > role) role = step->to;
        struct compensation data = {.role = role, .reason = "not decided"};
        const char *what =
            arena_printf(arena_of(turn), "escalated.%lld", (long long)state->escalated);
        proposal_tell(turn, EVENT_COMPENSATION_ESCALATED, what, &data);
    }
}

static void expire(struct proposal_turn *turn, const char *reason) {
    struct compensation data = {.reason = reason};
    proposal_tell(turn, EVENT_COMPENSATION_EXPIRED, "expired", &data);
    end(turn, LIFE_EXPIRE);
}

/* Silence approves nothing that a person has asked for, nothing beyond a cap or of which nobody
 * knows the value, and nothing that policy's budget does not reach. */
static bool may_by_silence(struct proposal_turn *turn) {
    const struct compensation_state *state = turn->state;
    const struct duty_undecided *undecided = turn->policy->undecided;

    if (state->proposer || state->unvalued || !hold_is_within_caps(turn)) return false;
    if (state->paid_minor > offer_policy_amount(undecided->up_to, state->currency)) return false;
    hold_reach(turn); /* whether it expires depends on the answer */
    return hold_budget(turn, OFFER_BY_POLICY);
}

/* Nobody has decided by approve_by. */
static void conclude(struct proposal_turn *turn) {
    const struct duty_undecided *undecided = turn->policy->undecided;
    static const char *const policy[] = {"policy"};

    if (undecided && undecided->then == DUTY_APPROVE && may_by_silence(turn)) {
        approve(turn, (struct texts){arena_memdup(arena_of(turn), policy, sizeof policy), 1});
    } else if (undecided && undecided->then == DUTY_REJECT) {
        struct compensation data = {.reason = "not decided"};
        proposal_tell(turn, EVENT_COMPENSATION_REJECTED, "rejected", &data);
        end(turn, LIFE_REJECT);
    } else {
        expire(turn, "not decided");
    }
}

void proposal_wake(struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    int64_t now = turn->in->now_ms;

    if (state->status == COMPENSATION_AWAITING_APPROVAL) escalate(turn);
    if (state->status == COMPENSATION_AWAITING_APPROVAL && state->approve_by <= now)
        conclude(turn);
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
