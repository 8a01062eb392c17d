/* settle: the settlements of all proposals of a case. */
#include "settle.h"
#include "base/ids.h"
#include "recovery.h"

#include <limits.h>
#include <string.h>

static struct arena *arena_of(const struct proposal_turn *turn) {
    return turn->in->arena;
}

void settle_send(struct proposal_turn *turn, const char *id, struct settlement *data) {
    const struct compensation_state *state = turn->state;
    const char *route = arena_strndup(arena_of(turn), turn->case_id, IDS_ROUTE_LEN);

    data->case_id = turn->case_id;
    data->order_id = state->order_id;
    data->customer_id = state->customer_id ? state->customer_id : "erased";
    struct output *output = effects_send(turn->out, TOPIC_SETTLEMENTS, route, "settlement.ordered",
                                         id, proposal_time(turn), &contract_settlement, data);
    output->subject = turn->case_id;
}

/* The first order has the settlement's id; further ones are events of their own about the same. */
static void order(struct proposal_turn *turn, const struct compensation_settlement *settlement) {
    const struct compensation_remedy *from = settlement->remedy;
    struct remedy remedy = {from->kind, from->amount, from->valid_days, from->detail};
    struct settlement data = {.settlement_id = settlement->settlement_id,
                              .proposal_id = settlement->proposal_id,
                              .remedy = &remedy,
                              .split = from->split};
    const char *id = settlement->settlement_id;

    if (settlement->orders > 1) {
        data.attempt = settlement->orders;
        id = arena_printf(arena_of(turn), "%s.again.%lld", id, (long long)settlement->orders);
    }
    settle_send(turn, id, &data);
}

/* Numbered within the option; only one option of a proposal is ever chosen, so the ids are unique.
 */
void settle_order(struct proposal_turn *turn, const struct compensation_option *option) {
    struct compensation_state *state = turn->state;
    const struct compensation_remedy *remedies = option->remedies.at;

    for (int i = 0; i < option->remedies.count; i++) {
        const char *id = arena_printf(arena_of(turn), "%s.%d", state->proposal_id, i + 1);
        struct compensation_settlement *added =
            parts_add(&state->settlements, sizeof *added, INT_MAX, arena_of(turn));
        *added = (struct compensation_settlement){
            .settlement_id = id,
            .proposal_id = state->proposal_id,
            .outcome = COMPENSATION_ORDERED,
            .remedy = arena_memdup(arena_of(turn), &remedies[i], sizeof remedies[i]),
            .ordered_at = proposal_base(turn),
            .orders = 1};
        order(turn, added);
    }
}

static struct compensation_settlement *find_settlement(const struct compensation_state *state,
                                                       const char *settlement_id) {
    struct compensation_settlement *settlements = state->settlements.at;
    for (int i = 0; i < state->settlements.count; i++)
        if (strcmp(settlements[i].settlement_id, settlement_id) == 0) return &settlements[i];
    return NULL;
}

static bool is_of(const struct compensation_settlement *settlement, const char *proposal_id) {
    return strcmp(settlement->proposal_id, proposal_id) == 0;
}

/* How the settlements of a proposal stand: COMPENSATION_ORDERED while one is out. */
static int outcome_of(const struct compensation_state *state, const char *proposal_id) {
    const struct compensation_settlement *settlements = state->settlements.at;
    int outcome = COMPENSATION_DONE;

    for (int i = 0; i < state->settlements.count; i++) {
        if (!is_of(&settlements[i], proposal_id)) continue;
        if (settlements[i].outcome == COMPENSATION_ORDERED) return COMPENSATION_ORDERED;
        if (settlements[i].outcome == COMPENSATION_NOT_DONE) outcome = COMPENSATION_NOT_DONE;
    }

    return outcome;
}

static struct parts refs_of(const struct compensation_state *state, const char *proposal_id,
                            struct arena *arena) {
    const struct compensation_settlement *settlements = state->settlements.at;
    struct settlement_ref *refs =
        arena_alloc(arena, (size_t)(state->settlements.count + 1) * sizeof *refs);
    int count = 0;

    for (int i = 0; i < state->settlements.count; i++)
        if (is_of(&settlements[i], proposal_id))
            refs[count++] =
                (struct settlement_ref){settlements[i].settlement_id, settlements[i].reference};
    return (struct parts){refs, count};
}

/* That a proposal has failed is told once; it may be tried several times. */
static bool was_told(struct compensation_state *state, const char *proposal_id) {
    struct compensation_settlement *settlements = state->settlements.at;
    bool told = false;

    for (int i = 0; i < state->settlements.count; i++) {
        if (!is_of(&settlements[i], proposal_id)) continue;
        told = told || settlements[i].failure_told;
        settlements[i].failure_told = true;
    }

    return told;
}

static void tell_outcome(struct proposal_turn *turn, const char *proposal_id, int outcome) {
    struct compensation data = {.proposal_id = proposal_id,
                                .settlements = refs_of(turn->state, proposal_id, arena_of(turn))};

    if (outcome == COMPENSATION_DONE)
        proposal_tell(turn, EVENT_COMPENSATION_SETTLED, "settled", &data);
    else if (!was_told(turn->state, proposal_id))
        proposal_tell(turn, EVENT_COMPENSATION_FAILED, "failed", &data);
}

static void move(struct proposal_turn *turn, const char *proposal_id, enum life_step step) {
    if (strcmp(proposal_id, turn->state->proposal_id) == 0) proposal_move(turn, step);
}

/* A settlement that is done stays done; one that failed may be done later, and the proposal is
 * settled then. */
void settle_report(struct proposal_turn *turn, const struct activity *result, bool done) {
    static const enum life_step steps[] = {[COMPENSATION_ORDERED] = LIFE_REPORT,
                                           [COMPENSATION_DONE] = LIFE_SETTLE,
                                           [COMPENSATION_NOT_DONE] = LIFE_FAIL};
    struct compensation_state *state = turn->state;
    struct compensation_settlement *settlement = find_settlement(state, result->settlement_id);
    int outcome = COMPENSATION_NOT_DONE;
    if (done) outcome = COMPENSATION_DONE;

    if (!settlement && recovery_report(turn, result, done)) return;
    if (!settlement || settlement->outcome == COMPENSATION_DONE || settlement->outcome == outcome) {
        turn->out->unchanged = true;
        return;
    }
    int before = outcome_of(state, settlement->proposal_id);
    settlement->outcome = outcome;
    settlement->reference = result->reference;
    if (done) settlement->remedy = NULL; /* never ordered again */
    int after = outcome_of(state, settlement->proposal_id);
    move(turn, settlement->proposal_id, steps[after]);
    if (after != COMPENSATION_ORDERED && after != before)
        tell_outcome(turn, settlement->proposal_id, after);
}

/* ---- The watch ---- */

/* The next step that is about it; NULL: none is left, or an earlier version ordered it. */
static const struct duty_settle *step_of(const struct offer_policy *policy,
                                         const struct compensation_settlement *settlement) {
    const struct duty_settle *steps = policy->settle.at;
    if (settlement->outcome == COMPENSATION_DONE || !settlement->remedy) return NULL;

    for (int64_t i = settlement->steps; i < policy->settle.count; i++)
        if (duty_settle_is_about(&steps[i], settlement->remedy->kind)) return &steps[i];
    return NULL;
}

/* 0: never. */
static int64_t due_of(const struct offer_policy *policy,
                      const struct compensation_settlement *settlement) {
    const struct duty_settle *step = step_of(policy, settlement);

    if (!step) return 0;
    return settlement->ordered_at + step->after;
}

static void order_again(struct proposal_turn *turn, struct compensation_settlement *settlement) {
    settlement->outcome = COMPENSATION_ORDERED;
    settlement->orders++;
    move(turn, settlement->proposal_id, LIFE_RETRY);
    order(turn, settlement);
}

static void tell_people(struct proposal_turn *turn,
                        const struct compensation_settlement *settlement, int role) {
    struct compensation data = {.proposal_id = settlement->proposal_id,
                                .settlement_id = settlement->settlement_id,
                                .role = role,
                                .reason = "not settled"};
    const char *number = strrchr(settlement->settlement_id, '.') + 1;
    const char *what =
        arena_printf(arena_of(turn), "unsettled.%s.%lld", number, (long long)settlement->steps);
    proposal_tell(turn, EVENT_COMPENSATION_ESCALATED, what, &data);
}

/* After a long absence several steps are due; it is ordered again once. */
static void watch(struct proposal_turn *turn, struct compensation_settlement *settlement) {
    const struct duty_settle *first = turn->policy->settle.at;
    bool again = false;
    int64_t due = due_of(turn->policy, settlement);

    while (due && due <= turn->in->now_ms) {
        const struct duty_settle *step = step_of(turn->policy, settlement);
        settlement->steps = step - first + 1;
        if (step->to)
            tell_people(turn, settlement, step->to);
        else
            again = true;
        due = due_of(turn->policy, settlement);
    }
    if (again) order_again(turn, settlement);
}

void settle_wake(struct proposal_turn *turn) {
    struct compensation_settlement *settlements = turn->state->settlements.at;

    if (turn->claims) return; /* asking: it claims nothing */
    for (int i = 0; i < turn->state->settlements.count; i++) watch(turn, &settlements[i]);
}

int64_t settle_next(const struct offer_policy *policy, const struct compensation_state *state) {
    const struct compensation_settlement *settlements = state->settlements.at;
    int64_t next = 0;

    for (int i = 0; i < state->settlements.count; i++) {
        int64_t due = due_of(policy, &settlements[i]);
        if (due && (!next || due < next)) next = due;
    }

    return next;
}

bool settle_is_pending(const struct offer_policy *policy, const struct compensation_state *state) {
    const struct compensation_settlement *settlements = state->settlements.at;

    for (int i = 0; i < state->settlements.count; i++)
        if (settlements[i].outcome == COMPENSATION_ORDERED) return true;
    return settle_next(policy, state) != 0;
}
