/* recovery: rows in order; the first of a party that speaks claims. */
#include "recovery.h"
#include "duty_policy.h"
#include "offer_match.h"
#include "settle.h"
#include "share.h"

#include <limits.h>
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

/* All of it by the one who owes it. */
static const struct tree *borne_by(const char *party, const struct money *amount,
                                   struct arena *arena) {
    struct share_split split = {.sums = {.party = {party}, .weight = {amount->minor}, .count = 1}};

    return share_tree(&split, amount->currency, arena);
}

/* Asks for the money. The customer has no part in it, but every settlement names him. */
static void order(struct proposal_turn *turn, const struct compensation_recovery *recovery,
                  const char *rule) {
    struct remedy remedy = {.kind = fields_choice_value(contract_remedy_kinds, "recovery_claim"),
                            .amount = recovery->amount,
                            .detail = rule};
    struct settlement data = {.settlement_id = recovery->settlement_id,
                              .remedy = &remedy,
                              .split =
                                  borne_by(recovery->party, &recovery->amount, turn->in->arena)};

    settle_send(turn, recovery->settlement_id, &data);
}

static struct compensation about(const struct proposal_turn *turn,
                                 const struct compensation_recovery *recovery) {
    return (struct compensation){.case_id = turn->case_id,
                                 .order_id = turn->state->order_id,
                                 .party = recovery->party,
                                 .carrier = turn->state->carrier,
                                 .amount = recovery->amount,
                                 .settlement_id = recovery->settlement_id,
                                 .claimed_at = recovery->claimed_at,
                                 .reference = recovery->reference};
}

static void tell(struct proposal_turn *turn, const struct duty_recovery *row) {
    struct compensation_state *state = turn->state;
    const char *id = arena_printf(turn->in->arena, "%s.recovery.%s", turn->case_id, row->party);
    struct compensation_recovery *added =
        parts_add(&state->recoveries, sizeof *added, INT_MAX, turn->in->arena);
    struct money amount = state->order_amount;

    amount.minor = offer_policy_amount(row->amount, amount.currency);
    *added = (struct compensation_recovery){.settlement_id = id,
                                            .party = row->party,
                                            .amount = amount,
                                            .claimed_at = decision_logged_ms(turn->in),
                                            .outcome = COMPENSATION_ORDERED};
    struct compensation data = about(turn, added);
    data.rule = row->name;
    data.late_seconds = late_ms(turn) / 1000;
    contract_emit(turn->out, EVENT_COMPENSATION_RECOVERY_CLAIMED, turn->case_id,
                  arena_printf(turn->in->arena, "%s.claimed", id), proposal_time(turn), &data);
    order(turn, added, row->name);
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

static struct compensation_recovery *find(const struct compensation_state *state, const char *id) {
    struct compensation_recovery *recoveries = state->recoveries.at;

    for (int i = 0; i < state->recoveries.count && id; i++)
        if (strcmp(recoveries[i].settlement_id, id) == 0) return &recoveries[i];
    return NULL;
}

/* What is paid stays paid; what was refused may be paid later. */
bool recovery_report(struct proposal_turn *turn, const struct activity *result, bool done) {
    struct compensation_recovery *recovery = find(turn->state, result->settlement_id);
    int outcome = COMPENSATION_NOT_DONE;
    enum event_type type = EVENT_COMPENSATION_RECOVERY_FAILED;
    const char *what = "failed";

    if (!recovery) return false;
    if (done) {
        outcome = COMPENSATION_DONE;
        type = EVENT_COMPENSATION_RECOVERY_SETTLED;
        what = "settled";
    }
    if (recovery->outcome == COMPENSATION_DONE || recovery->outcome == outcome) {
        turn->out->unchanged = true;
        return true;
    }
    recovery->outcome = outcome;
    recovery->reference = result->reference;
    struct compensation data = about(turn, recovery);
    const char *id = arena_printf(turn->in->arena, "%s.%s", recovery->settlement_id, what);
    contract_emit(turn->out, type, turn->case_id, id, proposal_time(turn), &data);

    return true;
}

const char *recovery_sum_key(enum recovery_sum what, const char *party, const char *carrier,
                             const char *tenant, const char *currency, const char *month,
                             struct arena *arena) {
    static const char *const names[] = {[RECOVERY_CLAIMED] = "claimed", [RECOVERY_PAID] = "paid"};
    const char *of = party;

    if (carrier) of = arena_printf(arena, "%s/%s", party, carrier);
    return arena_printf(arena, "recovery_sum\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s", names[what], of,
                        tenant, currency, month);
}

static void sum_up(struct proposal_turn *turn, const struct compensation *data,
                   enum recovery_sum what, const char *carrier) {
    struct arena *arena = turn->in->arena;
    const char *month =
        duty_budget_period(turn->policy, data->claimed_at, DUTY_MONTH_DIGITS, arena);
    int index = turn->claimed++;

    if (!turn->claims || index < turn->in->answer_count) return;
    claims_add(turn->claims, &(struct claim){.kind = CLAIM_COUNT,
                                             .key = recovery_sum_key(
                                                 what, data->party, carrier, turn->state->tenant,
                                                 data->amount.currency, month, arena),
                                             .id = data->settlement_id,
                                             .time_ms = decision_logged_ms(turn->in),
                                             .valid_ms = kept_ms,
                                             .amount = data->amount.minor,
                                             .limit = CLAIMS_NO_LIMIT,
                                             .shared = true,
                                             .logged = true});
}

static void count(struct proposal_turn *turn, const struct compensation *data,
                  enum recovery_sum what, bool *counted) {
    if (!counted || *counted || !data->claimed_at) {
        turn->out->unchanged = true;
        return;
    }
    *counted = true;
    sum_up(turn, data, what, NULL);
    if (data->carrier) sum_up(turn, data, what, data->carrier);
}

void recovery_count_claimed(struct proposal_turn *turn, const void *said) {
    const struct compensation *data = said;
    struct compensation_recovery *recovery = find(turn->state, data->settlement_id);
    bool *counted = NULL;

    if (recovery) counted = &recovery->claimed_counted;
    count(turn, data, RECOVERY_CLAIMED, counted);
}

void recovery_count_paid(struct proposal_turn *turn, const void *said) {
    const struct compensation *data = said;
    struct compensation_recovery *recovery = find(turn->state, data->settlement_id);
    bool *counted = NULL;

    if (recovery) counted = &recovery->paid_counted;
    count(turn, data, RECOVERY_PAID, counted);
}
