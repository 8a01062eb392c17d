/* offer_price: percentages, costs, values. */
#include "offer_price.h"

#include <stdio.h>
#include <string.h>

int64_t offer_price_goods(const struct compensation_state *state) {
    const struct compensation_item *items = state->items.at;
    int64_t sum = 0;

    if (!compensation_has_paid_order(state)) return 0;
    for (int i = 0; i < state->items.count; i++) sum += items[i].minor;
    if (sum > 0 && sum < state->order_amount.minor) return sum;
    return state->order_amount.minor;
}

/* Percent of at most CONTRACT_MONEY_MAX: no overflow. */
static int64_t percent_of(int64_t minor, int64_t percent, int round) {
    int64_t exact = minor * percent;
    int64_t down = exact / 100;
    int64_t rest = exact % 100;

    if (round == OFFER_DOWN) return down;
    if (round == OFFER_UP) return down + (rest > 0);
    return down + (rest >= 50);
}

/* A share of what was paid for the goods, within its limits; false when nothing was, or when a
 * limit knows no such currency. */
static bool goods_share(const struct offer_making *making, const struct offer_remedy *row,
                        int64_t percent, int64_t *minor_out) {
    const char *currency = making->state->order_amount.currency;
    int64_t goods = offer_price_goods(making->state);

    if (goods == 0 || strcmp(currency, making->currency) != 0) return false;
    int64_t most = offer_policy_amount(row->at_most, currency);
    int64_t least = offer_policy_amount(row->at_least, currency);
    if ((row->at_most && most < 0) || (row->at_least && least < 0)) return false;
    int64_t minor = percent_of(goods, percent, row->round);
    if (row->at_least && minor < least) minor = least;
    if (row->at_most && minor > most) minor = most;
    *minor_out = minor;

    return true;
}

/* Who bears an assessed cost: what the remedy's own row says, else the policy of its kind, else
 * those at fault, else the option's parties. */
static struct share_weights weights_of_cost(const struct offer_making *making,
                                            const struct offer_remedy *row, const char *kind,
                                            const struct share_weights *option) {
    struct share_weights weights;
    const struct offer_share *shares = making->policy->shares.at;

    if (row->split) return *option;
    for (int i = 0; i < making->policy->shares.count; i++)
        if (strcmp(shares[i].cost, kind) == 0 && share_read_percents(shares[i].split, &weights))
            return weights;
    if (share_read_percents(making->assessed->fault, &weights)) return weights;
    return *option;
}

/* All assessed costs, divided; the amount is what the customer need not pay. */
static bool take_costs(const struct offer_making *making, const struct offer_remedy *row,
                       const struct share_weights *weights, struct compensation_remedy *remedy,
                       struct share_split *split, int64_t *cost_out) {
    const struct cost *costs = making->assessed->costs.at;
    int64_t sum = 0;

    if (making->assessed->costs.count == 0) return false;
    for (int i = 0; i < making->assessed->costs.count; i++) {
        struct share_weights own = weights_of_cost(making, row, costs[i].kind, weights);
        if (strcmp(costs[i].amount.currency, making->currency) != 0) return false;
        if (!share_add(split, costs[i].amount.minor, &own)) return false;
        sum += costs[i].amount.minor;
    }
    remedy->amount.minor = sum - share_in(split, "customer");
    *cost_out = sum;

    return true;
}

/* What goods and work cost for which no amount is said; false when nothing says it. */
static bool value_of(const struct offer_making *making, int kind, int64_t *minor_out) {
    const struct offer_remedy row = {.kind = kind};
    struct offer_value value = offer_policy_value(making->policy, kind);

    if (value.percent) return goods_share(making, &row, value.percent, minor_out);
    int64_t minor = offer_policy_amount(value.fixed, making->currency);
    if (minor < 0) return false;
    *minor_out = minor;

    return true;
}

/* The cost of a row that is no assessed cost. */
static bool cost_of_row(const struct offer_making *making, const struct offer_remedy *row,
                        int64_t *minor_out) {
    int64_t minor = 0;
    const struct tree *fixed = row->fixed;
    int64_t percent = row->percent;

    if (row->cost) fixed = row->cost;
    if (row->cost_percent) percent = row->cost_percent;
    if (fixed) {
        minor = offer_policy_amount(fixed, making->currency);
        if (minor < 0) return false;
    } else if (percent) {
        if (!goods_share(making, row, percent, &minor)) return false;
    } else if (!value_of(making, row->kind, &minor) && offer_policy_is_goods(row->kind)) {
        return false;
    }
    *minor_out = minor;

    return true;
}

/* Which cap it counts for. */
static void sort(struct offer_price *price, int kind, bool goodwill) {
    static const char *const pays_back[] = {"refund", "refund_without_return", "reissue",
                                            "exchange", NULL};
    static const char *const is_goodwill[] = {"gift",      "coupon",   "stored_value",
                                              "insurance", "warranty", NULL};
    const char *name = fields_choice_name(contract_remedy_kinds, kind);

    if (goodwill || fields_choice_value(is_goodwill, name))
        price->goodwill_minor = price->given_minor;
    else if (fields_choice_value(pays_back, name))
        price->back_minor = price->given_minor;
}

bool offer_price_row(const struct offer_making *making, const struct offer_remedy *row,
                     const struct share_weights *weights, struct compensation_remedy *remedy_out,
                     struct offer_price *out) {
    struct offer_price price = {0};
    struct compensation_remedy remedy = {
        .kind = row->kind, .valid_days = row->valid_days, .detail = row->detail};
    bool paid = row->fixed || row->percent;

    if (paid || row->assessed_costs)
        snprintf(remedy.amount.currency, sizeof remedy.amount.currency, "%s", making->currency);
    if (row->assessed_costs) {
        if (!take_costs(making, row, weights, &remedy, &price.split, &price.cost_minor))
            return false;
    } else {
        if (!cost_of_row(making, row, &price.cost_minor)) return false;
        if (paid) remedy.amount.minor = price.cost_minor;
        if (!share_add(&price.split, price.cost_minor, weights)) return false;
    }
    if (remedy.amount.currency[0] && remedy.amount.minor == 0) return false; /* it is nothing */
    /* What is paid to the customer he does not bear; of goods and work he may bear a part. */
    price.given_minor = remedy.amount.minor;
    if (!remedy.amount.currency[0])
        price.given_minor = price.cost_minor - share_in(&price.split, "customer");
    sort(&price, row->kind, row->goodwill);
    remedy.split = share_tree(&price.split, making->currency, making->arena);
    *remedy_out = remedy;
    *out = price;

    return true;
}

bool offer_price_asked(const struct offer_making *making, const struct remedy *row,
                       const struct share_weights *weights, struct compensation_remedy *remedy_out,
                       struct offer_price *out, bool *known) {
    struct offer_price price = {.cost_minor = row->amount.minor};
    int64_t value = 0;

    if (row->amount.currency[0] && row->amount.minor == 0) return false; /* it is nothing */
    bool valued = value_of(making, row->kind, &value);

    if (valued && value > price.cost_minor) price.cost_minor = value;
    if (!valued && row->amount.currency[0])
        valued = !offer_policy_is_goods(row->kind);
    else if (!valued)
        valued = offer_policy_is_costless(row->kind);
    if (!valued) *known = false;
    price.given_minor = price.cost_minor;
    sort(&price, row->kind, false);
    if (!share_add(&price.split, price.cost_minor, weights)) return false;
    *remedy_out = (struct compensation_remedy){.kind = row->kind,
                                               .amount = row->amount,
                                               .valid_days = row->valid_days,
                                               .detail = row->detail};
    remedy_out->split = share_tree(&price.split, making->currency, making->arena);
    *out = price;

    return true;
}

bool offer_price_add(struct offer_price *sum, const struct offer_price *one) {
    sum->cost_minor += one->cost_minor;
    sum->given_minor += one->given_minor;
    sum->back_minor += one->back_minor;
    sum->goodwill_minor += one->goodwill_minor;
    return share_merge(&sum->split, &one->split);
}
