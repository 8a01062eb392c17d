/* recovery: rows in order; the first of a party that speaks claims. */
#include "recovery.h"
#include "offer_match.h"

#include <string.h>

/* As long as an order can be complained about. */
static const int64_t kept_ms = INT64_C(400) * 24 * 3600 * 1000;

static int64_t late_ms(const struct proposal_turn *turn) {
    struct offer_about about = {.state = turn->state, .at_ms = turn->state->order_told_at};
    return offer_match_late_ms(&about);
}

static bool speaks(const struct proposal_turn *turn, const struct duty_recovery *row) {
    struct offer_about about = {.state = turn->state, .at_ms = decision_logged_ms(turn->in)};

    return late_ms(turn) > row->late_over && offer_match_holds(row->match, &about) &&
           offer_policy_amount(row->amount, turn->state->order_amount.currency) > 0;
}

/* True for the case that asks first; asked again, it is the same one. */
static bool is_first(struct proposal_turn *turn, const struct duty_recovery *row) {
    const struct compensation_state *state = turn->state;
    int index = turn->claimed++;

    if (turn->claims && index >= turn->in->answer_count)
        claims_add(turn->claims, &(struct claim){.kind = CLAIM_ONCE,
                                                 .key = arena_printf(
                                                     turn->in->arena, "recovery\x1f%s\x1f%s\x1f%s",
                                                     row->party, state->tenant, state->order_id),
                                                 .id = turn->case_id,
                                                 .time_ms = decision_logged_ms(turn->in),
                                                 .valid_ms = kept_ms,
                                                 .logged = true});
    if (index < turn->in->answer_count) return turn->in->answers[index].granted;
    ASSERT(turn->claims);
    return true;
}

static void tell(struct proposal_turn *turn, const struct duty_recovery *row) {
    const struct compensation_state *state = turn->state;
    struct compensation data = {.case_id = turn->case_id,
                                .order_id = state->order_id,
                                .rule = row->name,
                                .party = row->party,
                                .carrier = state->carrier,
                                .amount = state->order_amount,
                                .late_seconds = late_ms(turn) / 1000};

    data.amount.minor = offer_policy_amount(row->amount, data.amount.currency);
    const char *id = arena_printf(turn->in->arena, "%s.recovery.%s", turn->case_id, row->party);
    contract_emit(turn->out, EVENT_COMPENSATION_RECOVERY_CLAIMED, turn->case_id, id,
                  proposal_time(turn), &data);
}

void recovery_claim(struct proposal_turn *turn) {
    const struct duty_recovery *rows = turn->policy->recovery.at;
    struct compensation_state *state = turn->state;

    if (!state->order_id || profile_status(state->profile) >= PROFILE_CLOSED) return;
    for (int i = 0; i < turn->policy->recovery.count; i++) {
        if (texts_has(&state->recovered, rows[i].party) || !speaks(turn, &rows[i])) continue;
        texts_add(&state->recovered, rows[i].party, turn->in->arena);
        if (is_first(turn, &rows[i]) && !turn->claims) tell(turn, &rows[i]);
    }
}
