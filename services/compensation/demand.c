/* demand: the answer is told; the customer reads it with what is offered. */
#include "demand.h"

enum { DEMAND_ANSWERS_MAX = 20 /* rows that answered: more than a policy has */ };

struct review demand_review(const struct proposal_turn *turn) {
    struct offer_about about = {.state = turn->state, .at_ms = decision_logged_ms(turn->in)};
    return review_of(turn->policy, &about, turn->in->arena);
}

void demand_raise(const struct proposal_turn *turn, bool by_person, struct offer *offer) {
    struct review review = demand_review(turn);
    bool refused = review.answers && review.answers->demand == OFFER_REFUSED;

    if (by_person && (refused || review.suspected) && turn->policy->exceptions > review.role)
        review.role = turn->policy->exceptions;
    offer->least_role = review.role;
    offer->reviews = review.names;
}

static bool is_offered(const struct compensation_state *state) {
    return state->status == COMPENSATION_AWAITING_APPROVAL ||
           state->status == COMPENSATION_APPROVED;
}

static void tell(struct proposal_turn *turn, const struct offer_review *row) {
    const struct compensation_state *state = turn->state;
    struct compensation data = {.case_id = turn->case_id, .rule = row->name, .role = row->by};
    enum event_type type = EVENT_COMPENSATION_REFERRED;

    if (is_offered(state)) data.proposal_id = state->proposal_id;
    if (row->demand == OFFER_REFUSED) {
        type = EVENT_COMPENSATION_REFUSED;
        data.keep = row->keep;
        if (data.proposal_id) data.options = offer_publish(&state->options, turn->in->arena);
    }
    const char *id =
        arena_printf(turn->in->arena, "%s.demand.%d", turn->case_id, state->answered.count);
    contract_emit(turn->out, type, turn->case_id, id, turn->in->ev->time_ms, &data);
}

void demand_answer(struct proposal_turn *turn) {
    struct compensation_state *state = turn->state;
    struct review review = demand_review(turn);

    if (turn->claims || !review.answers || profile_only_asks(state->profile)) return;
    if (profile_status(state->profile) >= PROFILE_CLOSED) return;
    if (texts_has(&state->answered, review.answers->name) ||
        state->answered.count == DEMAND_ANSWERS_MAX)
        return;
    texts_add(&state->answered, review.answers->name, turn->in->arena);
    tell(turn, review.answers);
}
