/* hold: claims are built from the state alone, so that asking again gives the same key, id and
 * amount. */
#include "hold.h"
#include "base/clock.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)
/* Longer than the longest life of what is counted: a year of cases about one order, two months, two
 * days (offsets of zones included). */
static const int64_t order_kept_ms = 400 * DAY_MS;
static const int64_t customer_kept_ms = 70 * DAY_MS;
static const int64_t budget_kept_ms = 3 * DAY_MS;
/* No limit: what people approve beyond a cap is only counted. Small enough to be added up. */
static const int64_t no_limit = INT64_MAX / 4;

/* The local day ("20261122") or month ("202611") of the record at hand. */
static const char *period(const struct proposal_turn *turn, int digits) {
    char text[CLOCK_TEXT_MAX];
    int64_t at_ms = turn->in->ev ? turn->in->ev->time_ms : turn->in->now_ms;
    clock_format_hour(at_ms + turn->policy->day_offset, text);
    return arena_strndup(turn->in->arena, text, (size_t)digits);
}

/* NULL when a part of the key is not known (any more). */
static const char *key_of(const struct proposal_turn *turn, const struct compensation_hold *hold) {
    const struct compensation_state *state = turn->state;
    struct arena *arena = turn->in->arena;

    switch (hold->kind) {
    case COMPENSATION_HELD_ORDER:
        if (!state->order_id) return NULL;
        return arena_printf(arena, "cap\x1forder\x1f%s\x1f%s\x1f%s", state->tenant, state->currency,
                            state->order_id);
    case COMPENSATION_HELD_CUSTOMER:
        if (!state->customer_id) return NULL;
        return arena_printf(arena,
                            "cap\x1f"
                            "customer\x1f%s\x1f%s\x1f%s\x1f%s",
                            state->tenant, state->currency, state->customer_id, hold->period);
    default:
        return arena_printf(arena, "budget\x1f%s\x1f%s\x1f%s\x1f%s", hold->by, state->tenant,
                            state->currency, hold->period);
    }
}

static int64_t kept_ms(int kind) {
    if (kind == COMPENSATION_HELD_ORDER) return order_kept_ms;
    if (kind == COMPENSATION_HELD_CUSTOMER) return customer_kept_ms;
    return budget_kept_ms;
}

static int64_t freed_of(const struct proposal_turn *turn, const char *key) {
    int64_t sum = 0;
    for (int i = 0; i < turn->freed_count; i++)
        if (strcmp(turn->freed[i].key, key) == 0) sum += turn->freed[i].minor;
    return sum;
}

/* Claims `hold`, up to `limit`. Returns the answer's index, or -1 when there is nothing to claim.
 */
static int claim(struct proposal_turn *turn, const struct compensation_hold *hold, int64_t limit) {
    const char *key = key_of(turn, hold);

    if (!key) return -1;
    int index = turn->claimed++;
    if (turn->claims && index >= turn->in->answer_count)
        claims_add(turn->claims, &(struct claim){.kind = CLAIM_COUNT,
                                                 .key = key,
                                                 .id = hold->id,
                                                 .time_ms = turn->in->ev ? turn->in->ev->time_ms
                                                                         : turn->in->now_ms,
                                                 .valid_ms = kept_ms(hold->kind),
                                                 .amount = hold->minor,
                                                 .limit = limit + freed_of(turn, key),
                                                 .logged = true});
    return index;
}

/* Asking counts on it; a decision has its answer, or the runtime has a bug. */
static bool is_granted(const struct proposal_turn *turn, int index) {
    if (index < turn->in->answer_count) return turn->in->answers[index].granted;
    ASSERT(turn->claims);
    return true;
}

static void note(struct proposal_turn *turn, const struct compensation_hold *hold) {
    struct records *held = &turn->state->held;
    size_t size = sizeof *hold;
    struct compensation_hold *grown = arena_grow(
        turn->in->arena, held->at, (size_t)held->count * size, (size_t)(held->count + 1) * size);
    grown[held->count] = *hold;
    *held = (struct records){grown, held->count + 1};
}

static bool take(struct proposal_turn *turn, struct compensation_hold hold, int64_t limit) {
    if (turn->state->paid_minor == 0) return true;
    hold.minor = turn->state->paid_minor;
    int index = claim(turn, &hold, limit);
    if (index < 0) return true;
    bool granted = is_granted(turn, index);
    if (granted) note(turn, &hold);
    return granted;
}

bool hold_order_cap(struct proposal_turn *turn) {
    const struct compensation_state *state = turn->state;
    const struct offer_caps *caps = turn->policy->caps;
    int64_t extra = offer_policy_amount(caps ? caps->order_extra : NULL, state->currency);

    if (extra < 0 || !state->order_id || strcmp(state->order_amount.currency, state->currency) != 0)
        return true;
    struct compensation_hold hold = {.kind = COMPENSATION_HELD_ORDER, .id = state->proposal_id};
    return take(turn, hold, state->order_amount.minor + extra);
}

bool hold_customer_cap(struct proposal_turn *turn) {
    const struct offer_caps *caps = turn->policy->caps;
    int64_t limit =
        offer_policy_amount(caps ? caps->customer_monthly : NULL, turn->state->currency);
    struct compensation_hold hold = {.kind = COMPENSATION_HELD_CUSTOMER,
                                     .period = period(turn, 6),
                                     .id = turn->state->proposal_id};
    return limit < 0 || take(turn, hold, limit);
}

bool hold_budget(struct proposal_turn *turn, const char *by) {
    const struct offer_budget *budgets = turn->policy->budgets.at;
    struct compensation_hold hold = {.kind = COMPENSATION_HELD_BUDGET,
                                     .by = by,
                                     .period = period(turn, 8),
                                     .id = turn->state->proposal_id};

    for (int i = 0; i < turn->policy->budgets.count; i++) {
        int64_t daily = offer_policy_amount(budgets[i].daily, turn->state->currency);
        if (strcmp(fields_choice_name(offer_policy_by, budgets[i].by), by) == 0 && daily >= 0)
            return take(turn, hold, daily);
    }

    return true;
}

static bool holds(const struct compensation_state *state, int kind) {
    const struct compensation_hold *held = state->held.at;
    for (int i = 0; i < state->held.count; i++)
        if (held[i].kind == kind) return true;
    return false;
}

void hold_beyond_caps(struct proposal_turn *turn) {
    const struct compensation_state *state = turn->state;

    if (!turn->policy->caps) return;
    const char *id = arena_printf(turn->in->arena, "%s.over", state->proposal_id);
    struct compensation_hold order = {.kind = COMPENSATION_HELD_ORDER, .id = id};
    struct compensation_hold customer = {
        .kind = COMPENSATION_HELD_CUSTOMER, .period = period(turn, 6), .id = id};
    if (turn->policy->caps->order_extra && !holds(state, COMPENSATION_HELD_ORDER))
        take(turn, order, no_limit);
    if (turn->policy->caps->customer_monthly && !holds(state, COMPENSATION_HELD_CUSTOMER))
        take(turn, customer, no_limit);
}

void hold_drop_budget(struct proposal_turn *turn) {
    struct records *held = &turn->state->held;
    const struct compensation_hold *last = held->at;
    if (held->count == 0 || last[held->count - 1].kind != COMPENSATION_HELD_BUDGET) return;
    held->count--;
    effects_release(turn->out, turn->claimed - 1);
}

void hold_release_rest(struct proposal_turn *turn) {
    for (int i = turn->claimed; i < turn->in->answer_count; i++)
        if (turn->in->answers[i].granted) effects_release(turn->out, i);
}

/* Claimed again under the same key and id it gives the index that is released; if the claim was
 * lost, it is taken and given back at once. */
void hold_release(struct proposal_turn *turn) {
    const struct compensation_hold *held = turn->state->held.at;

    for (int i = 0; i < turn->state->held.count; i++) {
        int index = claim(turn, &held[i], no_limit);
        if (index >= 0 && turn->freed_count < PROPOSAL_FREED_MAX) {
            turn->freed[turn->freed_count].key = key_of(turn, &held[i]);
            turn->freed[turn->freed_count++].minor = held[i].minor;
        }
        if (index >= 0 && index < turn->in->answer_count && turn->in->answers[index].granted)
            effects_release(turn->out, index);
    }
    turn->state->held = (struct records){0};
}
