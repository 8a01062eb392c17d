/* hold: claims are built from the state alone, so that asking again gives the same key, id and
 * amount. */
#include "hold.h"
#include "rate.h"
#include "share.h"

#include <limits.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
/* As long as orders can be complained about (a year and the closing of its last case), two months,
 * two days (offsets of zones included). */
static const int64_t order_kept_ms = 400 * DAY_MS;
static const int64_t monthly_kept_ms = 70 * DAY_MS;
static const int64_t daily_kept_ms = 3 * DAY_MS;
/* What people approve beyond a cap is only counted. */
static const int64_t no_limit = CLAIMS_NO_LIMIT;

/* The local day ("20261122") or month ("202611") of the deciding: of the log's time, never of what
 * the record says of itself. */
static const char *period(const struct proposal_turn *turn, int digits) {
    return duty_budget_period(turn->policy, decision_logged_ms(turn->in), digits, turn->in->arena);
}

static const char *order_key(const struct proposal_turn *turn, const char *what) {
    const struct compensation_state *state = turn->state;
    if (!state->order_id) return NULL;
    return arena_printf(turn->in->arena, "cap\x1f%s\x1f%s\x1f%s\x1f%s", what, state->tenant,
                        state->order_amount.currency, state->order_id);
}

static const char *customer_key(const struct proposal_turn *turn, const char *what,
                                const char *currency) {
    const struct compensation_state *state = turn->state;
    const char *customer = state->customer_mark;

    if (!customer) customer = state->customer_id;
    if (!customer) return NULL;
    return arena_printf(turn->in->arena, "cap\x1f%s\x1f%s\x1f%s\x1f%s", what, state->tenant,
                        currency, customer);
}

static const char *with(const struct proposal_turn *turn, const char *key, const char *part) {
    if (!key) return NULL;
    return arena_printf(turn->in->arena, "%s\x1f%s", key, part);
}

/* NULL when a part of the key is not known (any more). */
static const char *key_of(const struct proposal_turn *turn, const struct compensation_hold *hold) {
    const struct compensation_state *state = turn->state;

    switch (hold->kind) {
    case COMPENSATION_HELD_ORDER: return order_key(turn, "order");
    case COMPENSATION_HELD_ITEM: return with(turn, order_key(turn, "item"), hold->by);
    case COMPENSATION_HELD_GOODWILL: return order_key(turn, "goodwill");
    case COMPENSATION_HELD_NO_ORDER: return customer_key(turn, "no_order", "");
    case COMPENSATION_HELD_CUSTOMER:
        return with(turn, customer_key(turn, "customer", hold->currency), hold->period);
    default:
        return duty_budget_key(hold->by, state->tenant, hold->currency, hold->period,
                               turn->in->arena);
    }
}

static int64_t kept_ms(const struct proposal_turn *turn, const struct compensation_hold *hold) {
    const struct offer_caps *caps = turn->policy->caps;

    if (hold->period && strlen(hold->period) == DUTY_DAY_DIGITS) return daily_kept_ms;
    if (hold->period && strlen(hold->period) == DUTY_MONTH_DIGITS) return monthly_kept_ms;
    if (hold->kind == COMPENSATION_HELD_NO_ORDER && caps) return caps->without_order_every;
    return order_kept_ms;
}

static int64_t freed_of(const struct proposal_turn *turn, const char *key) {
    int64_t sum = 0;
    for (int i = 0; i < turn->freed_count; i++)
        if (turn->freed[i].key && strcmp(turn->freed[i].key, key) == 0) sum += turn->freed[i].minor;
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
                                                 .time_ms = decision_logged_ms(turn->in),
                                                 .valid_ms = kept_ms(turn, hold),
                                                 .amount = hold->minor,
                                                 .limit = limit + freed_of(turn, key),
                                                 .shared = hold->kind == COMPENSATION_HELD_BUDGET,
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
    struct compensation_hold *added =
        parts_add(&turn->state->held, sizeof *hold, INT_MAX, turn->in->arena);

    *added = *hold;
}

/* Takes `minor` of what `hold` names, up to `limit`. True without a claim when it is nothing, or of
 * nothing that is known. */
static bool take(struct proposal_turn *turn, struct compensation_hold hold, int64_t minor,
                 int64_t limit) {
    hold.minor = minor;
    if (minor == 0) return true;
    int index = claim(turn, &hold, limit);
    if (index < 0) return true;
    bool granted = is_granted(turn, index);
    if (granted) note(turn, &hold);
    return granted;
}

/* What is paid back, spread over the articles by their prices; none when they are not counted. */
static int spread(const struct compensation_state *state, int64_t back_minor,
                  int64_t parts_out[SHARE_PARTIES_MAX]) {
    const struct compensation_item *items = state->items.at;
    struct share_weights weights = {.count = state->items.count};

    if (weights.count > COMPENSATION_ITEMS_MAX) return 0;
    for (int i = 0; i < weights.count; i++) weights.weight[i] = items[i].minor;
    if (!share_is_useful(&weights)) return 0;
    share_divide(back_minor, &weights, parts_out);
    return weights.count;
}

static int64_t item_part(const struct compensation_state *state, const char *sku,
                         int64_t back_minor) {
    const struct compensation_item *items = state->items.at;
    int64_t parts[SHARE_PARTIES_MAX];
    int count = spread(state, back_minor, parts);

    for (int i = 0; i < count; i++)
        if (strcmp(items[i].sku, sku) == 0) return parts[i];
    return back_minor;
}

/* Each article is limited by its price. */
static bool take_items(struct proposal_turn *turn, int64_t back_minor, const char *id) {
    const struct compensation_item *items = turn->state->items.at;
    int64_t parts[SHARE_PARTIES_MAX];
    int count = spread(turn->state, back_minor, parts);
    bool granted = true;

    for (int i = 0; i < count; i++) {
        struct compensation_hold hold = {
            .kind = COMPENSATION_HELD_ITEM, .by = items[i].sku, .period = "", .id = id};
        if (!take(turn, hold, parts[i], items[i].minor)) granted = false;
    }

    return granted;
}

static bool take_paid_back(struct proposal_turn *turn, int64_t back_minor, const char *id) {
    const struct compensation_state *state = turn->state;
    struct compensation_hold order = {.kind = COMPENSATION_HELD_ORDER, .period = "", .id = id};
    int64_t paid = 0;

    if (back_minor == 0 || !state->order_id) return true;
    if (compensation_has_paid_order(state)) paid = state->order_amount.minor;
    bool granted = take(turn, order, back_minor, paid);
    return take_items(turn, back_minor, id) && granted;
}

/* Policy's goodwill for who has no paid order. */
static bool take_without_order(struct proposal_turn *turn, const char *id) {
    const struct offer_caps *caps = turn->policy->caps;
    struct compensation_hold hold = {.kind = COMPENSATION_HELD_NO_ORDER, .period = "", .id = id};

    if (!caps || !caps->without_order_every || compensation_has_paid_order(turn->state))
        return true;
    return take(turn, hold, 1, 1);
}

bool hold_paid_back(struct proposal_turn *turn, const struct offer *offer, const char *id) {
    int first = turn->claimed;
    struct parts before = turn->state->held;

    turn->state->held = (struct parts){0};
    bool granted = take_paid_back(turn, offer->back_minor, id);
    if (offer->rule && !take_without_order(turn, id)) granted = false;
    if (turn->claims && turn->claimed > turn->in->answer_count) turn->waiting = true;
    if (granted) return true;

    for (int i = first; i < turn->claimed && i < turn->in->answer_count; i++)
        if (turn->in->answers[i].granted) effects_release(turn->out, i);
    turn->state->held = before;
    return false;
}

/* All that is given, as much as it is in the currency of the limit. False when nobody knows that.
 */
static bool take_given(struct proposal_turn *turn, struct compensation_hold hold,
                       const struct tree *amounts, bool limited) {
    const struct compensation_state *state = turn->state;
    int64_t limit = no_limit;

    if (!amounts) return true;
    hold.currency = offer_policy_currency(amounts);
    if (limited) limit = offer_policy_amount(amounts, hold.currency);
    int64_t minor = rate_convert(turn->policy, state->paid_minor, state->currency, hold.currency);
    return minor >= 0 && take(turn, hold, minor, limit);
}

bool hold_goodwill_cap(struct proposal_turn *turn) {
    const struct compensation_state *state = turn->state;
    const struct offer_caps *caps = turn->policy->caps;
    struct compensation_hold hold = {
        .kind = COMPENSATION_HELD_GOODWILL, .period = "", .id = state->proposal_id};

    if (!caps || !caps->order_extra || !state->order_id || state->goodwill_minor == 0) return true;
    int64_t limit = offer_policy_amount(caps->order_extra, state->currency);
    return limit >= 0 && take(turn, hold, state->goodwill_minor, limit);
}

bool hold_customer_cap(struct proposal_turn *turn) {
    struct compensation_hold hold = {.kind = COMPENSATION_HELD_CUSTOMER,
                                     .period = period(turn, DUTY_MONTH_DIGITS),
                                     .id = turn->state->proposal_id};
    if (!turn->policy->caps) return true;
    return take_given(turn, hold, turn->policy->caps->customer_monthly, true);
}

static bool is_among(const struct texts *texts, const char *word) {
    return texts->count == 0 || (word && texts_has(texts, word));
}

/* Whether it counts what this case is given. */
static bool counts(const struct duty_budget *budget, const struct compensation_state *state) {
    const char *class_name = profile_class(state->profile);

    if (!is_among(&budget->tenant, state->tenant)) return false;
    for (int i = 0; i < budget->class_names.count; i++)
        if (class_name && contract_class_matches(budget->class_names.at[i], class_name))
            return true;
    return budget->class_names.count == 0;
}

static struct compensation_hold budget_hold(const struct proposal_turn *turn,
                                            const struct duty_budget *budget,
                                            const struct tree **limit_out) {
    int digits;

    *limit_out = duty_budget_limit(budget, &digits);
    return (struct compensation_hold){.kind = COMPENSATION_HELD_BUDGET,
                                      .by = duty_budget_name(budget),
                                      .period = period(turn, digits),
                                      .id = turn->state->proposal_id};
}

bool hold_budget(struct proposal_turn *turn, int by) {
    const struct duty_budget *budgets = turn->policy->budgets.at;
    bool granted = true;

    turn->budget_claimed = turn->claimed;
    turn->budget_held = turn->state->held.count;
    for (int i = 0; i < turn->policy->budgets.count; i++) {
        if (budgets[i].by != by || !counts(&budgets[i], turn->state)) continue;
        const struct tree *limit;
        struct compensation_hold hold = budget_hold(turn, &budgets[i], &limit);
        if (!take_given(turn, hold, limit, true)) granted = false;
    }

    if (!granted) hold_drop_budget(turn);
    return granted;
}

int hold_pools(struct proposal_turn *turn) {
    const struct duty_budget *budgets = turn->policy->budgets.at;
    int over = 0;

    for (int i = 0; i < turn->policy->budgets.count; i++) {
        if (budgets[i].by || !counts(&budgets[i], turn->state)) continue;
        const struct tree *limit;
        struct compensation_hold hold = budget_hold(turn, &budgets[i], &limit);
        if (!take_given(turn, hold, limit, true) && budgets[i].over > over) over = budgets[i].over;
    }

    return over;
}

/* `by` is a budget's name; NULL: whichever. */
static bool holds(const struct compensation_state *state, int kind, const char *by) {
    const struct compensation_hold *held = state->held.at;

    for (int i = 0; i < state->held.count; i++)
        if (held[i].kind == kind && (!by || (held[i].by && strcmp(held[i].by, by) == 0)))
            return true;
    return false;
}

bool hold_is_within_caps(const struct proposal_turn *turn) {
    const struct compensation_state *state = turn->state;
    const struct duty_budget *budgets = turn->policy->budgets.at;
    const struct offer_caps *caps = turn->policy->caps;

    for (int i = 0; i < turn->policy->budgets.count && state->paid_minor > 0; i++)
        if (!budgets[i].by && counts(&budgets[i], state) &&
            !holds(state, COMPENSATION_HELD_BUDGET, duty_budget_name(&budgets[i])))
            return false;
    if (caps && caps->order_extra && state->order_id && state->goodwill_minor > 0 &&
        !holds(state, COMPENSATION_HELD_GOODWILL, NULL))
        return false;
    return !caps || !caps->customer_monthly || !state->customer_id || state->paid_minor == 0 ||
           holds(state, COMPENSATION_HELD_CUSTOMER, NULL);
}

static void beyond_pools(struct proposal_turn *turn, const char *id) {
    const struct duty_budget *budgets = turn->policy->budgets.at;

    for (int i = 0; i < turn->policy->budgets.count; i++) {
        if (budgets[i].by || !counts(&budgets[i], turn->state)) continue;
        const struct tree *limit;
        struct compensation_hold hold = budget_hold(turn, &budgets[i], &limit);
        hold.id = id;
        if (!holds(turn->state, COMPENSATION_HELD_BUDGET, hold.by))
            take_given(turn, hold, limit, false); /* without a rate it cannot be counted */
    }
}

void hold_beyond_caps(struct proposal_turn *turn) {
    const struct compensation_state *state = turn->state;
    const struct offer_caps *caps = turn->policy->caps;

    const char *id = arena_printf(turn->in->arena, "%s.over", state->proposal_id);
    beyond_pools(turn, id);
    if (!caps) return;
    struct compensation_hold goodwill = {
        .kind = COMPENSATION_HELD_GOODWILL, .period = "", .id = id};
    struct compensation_hold customer = {
        .kind = COMPENSATION_HELD_CUSTOMER, .period = period(turn, DUTY_MONTH_DIGITS), .id = id};
    if (caps->order_extra && !holds(state, COMPENSATION_HELD_GOODWILL, NULL))
        take(turn, goodwill, state->goodwill_minor, no_limit);
    if (caps->customer_monthly && !holds(state, COMPENSATION_HELD_CUSTOMER, NULL) &&
        !take_given(turn, customer, caps->customer_monthly, false))
        return; /* of a currency without a rate nothing can be counted */
}

void hold_drop_budget(struct proposal_turn *turn) {
    turn->state->held.count = turn->budget_held;
    for (int i = turn->budget_claimed; i < turn->claimed && i < turn->in->answer_count; i++)
        if (turn->in->answers[i].granted) effects_release(turn->out, i);
}

void hold_release_rest(struct proposal_turn *turn) {
    for (int i = turn->claimed; i < turn->in->answer_count; i++)
        if (turn->in->answers[i].granted) effects_release(turn->out, i);
}

/* Claimed again under the same key and id it gives the index that is released; if the claim was
 * lost, it is taken and given back at once. */
void hold_reach(struct proposal_turn *turn) {
    const struct compensation_hold *held = turn->state->held.at;
    int count = turn->state->held.count;

    if (turn->freed) return;
    turn->freed = arena_alloc(turn->in->arena, (size_t)(count + 1) * sizeof *turn->freed);
    for (int i = 0; i < count; i++) {
        const char *key = key_of(turn, &held[i]);
        turn->freed[i] =
            (struct proposal_freed){key, held[i].minor, claim(turn, &held[i], no_limit)};
    }
    turn->freed_count = count;
}

static void release(struct proposal_turn *turn, int index) {
    if (index >= 0 && index < turn->in->answer_count && turn->in->answers[index].granted)
        effects_release(turn->out, index);
}

void hold_release(struct proposal_turn *turn) {
    hold_reach(turn);
    for (int i = 0; i < turn->freed_count; i++) release(turn, turn->freed[i].index);
    turn->state->held = (struct parts){0};
}

/* What of a hold the chosen option needs. */
static int64_t needed_of(const struct proposal_turn *turn, const struct compensation_hold *hold,
                         const struct compensation_option *option) {
    const struct compensation_state *state = turn->state;

    switch (hold->kind) {
    case COMPENSATION_HELD_ORDER: return option->back_minor;
    case COMPENSATION_HELD_GOODWILL: return option->goodwill_minor;
    case COMPENSATION_HELD_NO_ORDER: return hold->minor;
    case COMPENSATION_HELD_ITEM: return item_part(state, hold->by, option->back_minor);
    default:
        return rate_convert(turn->policy, option->given_minor, state->currency, hold->currency);
    }
}

void hold_keep_chosen(struct proposal_turn *turn, const struct compensation_option *option) {
    struct compensation_state *state = turn->state;
    const struct compensation_hold *held = state->held.at;
    int count = state->held.count;
    const char *id = arena_printf(turn->in->arena, "%s.chosen", state->proposal_id);

    hold_reach(turn);
    state->held = (struct parts){0};
    for (int i = 0; i < count; i++) {
        int64_t needed = needed_of(turn, &held[i], option);
        if (needed < 0 || needed >= held[i].minor) {
            note(turn, &held[i]);
            continue;
        }
        struct compensation_hold chosen = held[i];
        chosen.id = id;
        release(turn, turn->freed[i].index);
        take(turn, chosen, needed, no_limit);
    }
}
