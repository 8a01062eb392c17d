/* offer: applying rules, computing amounts, dividing costs. */
#include "offer.h"
#include "offer_price.h"
#include "share.h"

#include <stdio.h>
#include <string.h>

static void set_currency(char *to, const char *currency) {
    snprintf(to, sizeof((struct money){0}).currency, "%s", currency);
}

static bool has_order(const struct compensation_state *state) {
    return state->order_amount.currency[0] != 0;
}

static void finish_option(struct compensation_option *option, const struct offer_price *sum,
                          const char *currency, struct arena *arena) {
    set_currency(option->cost.currency, currency);
    option->cost.minor = sum->cost_minor;
    option->given_minor = sum->given_minor;
    option->back_minor = sum->back_minor;
    option->goodwill_minor = sum->goodwill_minor;
    option->split = share_tree(&sum->split, currency, arena);
}

static bool make_option(const struct offer_making *making, const struct offer_option *row,
                        struct compensation_option *option) {
    const struct offer_remedy *rows = row->remedies.at;
    int count = row->remedies.count;
    struct compensation_remedy *remedies =
        arena_alloc(making->arena, (size_t)count * sizeof *remedies);
    struct offer_price sum = {0};

    int kept = 0;
    int given_before = 0;
    for (int i = 0; i < count; i++) {
        if (!offer_match_region(&rows[i].region, making->state->region)) continue;
        struct share_weights weights;
        struct offer_price price;
        const struct tree *shares = making->policy->split;
        if (row->split) shares = row->split;
        if (rows[i].split) shares = rows[i].split;
        if (!share_read_percents(shares, &weights)) return false;
        if (!offer_price_row(making, &rows[i], &weights, &remedies[kept], &price)) return false;
        if (making->state->gifted && price.goodwill_minor > 0) {
            given_before++;
            continue;
        }
        if (!offer_price_add(&sum, &price)) return false;
        kept++;
    }
    if (kept == 0 || (given_before > 0 && sum.given_minor == 0)) return false;
    if (sum.back_minor > 0 && !making->pays_back) return false;
    if (sum.cost_minor > CONTRACT_MONEY_MAX) return false; /* no reader would take it */
    *option = (struct compensation_option){.option = row->option, .remedies = {remedies, kept}};
    finish_option(option, &sum, making->currency, making->arena);

    return true;
}

static void raise(int64_t *most, int64_t minor) {
    if (minor > *most) *most = minor;
}

static void weigh(struct offer *offer, const char *currency) {
    const struct compensation_option *options = offer->options.at;

    set_currency(offer->currency, currency);
    for (int i = 0; i < offer->options.count; i++) {
        raise(&offer->cost_minor, options[i].cost.minor);
        raise(&offer->paid_minor, options[i].given_minor);
        raise(&offer->back_minor, options[i].back_minor);
        raise(&offer->goodwill_minor, options[i].goodwill_minor);
    }
}

static bool is_asked_for(const struct offer_option *row, int kind) {
    const struct offer_remedy *remedies = row->remedies.at;
    for (int i = 0; i < row->remedies.count; i++)
        if (remedies[i].kind == kind) return true;
    return false;
}

/* What the customer asks for, where the rule finds it fair, stands before what is offered anyway;
 * with it that is one. */
static struct offer apply_rule(const struct offer_making *making) {
    const struct offer_option *rows = making->rule->options.at;
    int count = making->rule->options.count;
    struct compensation_option *options =
        arena_alloc(making->arena, (size_t)(count + 1) * sizeof *options);
    struct offer offer = {.rule = making->rule->name, .options = {options, 0}};
    int *made = &offer.options.count;

    for (int i = 0; i < count && *made == 0; i++)
        if (rows[i].only_requested && is_asked_for(&rows[i], making->state->requested) &&
            make_option(making, &rows[i], &options[*made]))
            ++*made;
    int most = count;
    if (*made > 0) most = 2;
    for (int i = 0; i < count && *made < most; i++)
        if (!rows[i].only_requested && make_option(making, &rows[i], &options[*made])) ++*made;
    weigh(&offer, making->currency);

    return offer;
}

/* The order's currency, else that of the assessed costs, else the policy's. */
static const char *currency_of(const struct offer_policy *policy,
                               const struct compensation_state *state,
                               const struct activity *assessed) {
    const struct cost *costs = NULL;
    if (assessed) costs = assessed->costs.at;
    if (has_order(state)) return state->order_amount.currency;
    if (assessed && assessed->costs.count) return costs[0].amount.currency;
    return policy->currency;
}

bool offer_from_rules(const struct offer_policy *policy, const struct offer_about *about,
                      bool pays_back, struct arena *arena, struct offer *out) {
    const struct offer_rule *rules = policy->rules.at;
    const struct compensation_state *state = about->state;
    int on = OFFER_ON_CLASSIFIED;
    if (about->assessed) on = OFFER_ON_ASSESSED;

    for (int i = 0; i < policy->rules.count; i++) {
        struct offer_making making = {.policy = policy,
                                      .state = state,
                                      .assessed = about->assessed,
                                      .rule = &rules[i],
                                      .pays_back = pays_back,
                                      .arena = arena};
        making.currency = currency_of(policy, state, about->assessed);
        if ((rules[i].on ? rules[i].on : OFFER_ON_CLASSIFIED) != on ||
            !offer_match_holds(rules[i].match, about))
            continue;
        if (rules[i].options.count == 0) return false;
        struct offer offer = apply_rule(&making);
        if (offer.options.count == 0) continue;
        *out = offer;
        return true;
    }

    return false;
}

/* One currency throughout, and names that differ. */
static const char *common_currency(const struct parts *options) {
    const struct option *at = options->at;

    for (int i = 0; i < options->count; i++) {
        const struct remedy *remedies = at[i].remedies.at;
        if (strcmp(at[i].cost.currency, at[0].cost.currency) != 0 ||
            at[i].remedies.count > OFFER_REMEDIES_MAX)
            return NULL;
        for (int j = 0; j < at[i].remedies.count; j++)
            if (remedies[j].amount.currency[0] &&
                strcmp(remedies[j].amount.currency, at[0].cost.currency) != 0)
                return NULL;
        for (int j = 0; j < i; j++)
            if (strcmp(at[i].option, at[j].option) == 0) return NULL;
    }

    if (options->count > 0 && options->count <= OFFER_OPTIONS_MAX) return at[0].cost.currency;
    return NULL;
}

/* What others than the customer bear of what an asker divides; the policy's split when he names
 * nobody else. */
static bool others_of(const struct offer_policy *policy, const struct tree *split,
                      struct share_weights *out) {
    struct share_weights others = {0};

    if (share_read_money(split, &others)) {
        for (int i = 0; i < others.count; i++)
            if (strcmp(others.party[i], "customer") == 0) others.weight[i] = 0;
        if (share_is_useful(&others)) {
            *out = others;
            return true;
        }
    }
    return share_read_percents(policy->split, out);
}

/* The stated cost beyond the remedies' own is divided as it was stated; only of that may the
 * customer bear something, for he does not pay for what he is given. */
static bool add_beyond(struct offer_price *sum, const struct option *asked,
                       const struct share_weights *others) {
    int64_t beyond = asked->cost.minor - sum->cost_minor;
    int64_t customer = share_of(asked->split, "customer");
    static const struct share_weights all_customer = {{"customer"}, {1}, 1};

    if (beyond <= 0) return true;
    if (customer > beyond) customer = beyond;
    sum->cost_minor += beyond;
    sum->given_minor += beyond - customer;
    if (customer > 0 && !share_add(&sum->split, customer, &all_customer)) return false;
    return share_add(&sum->split, beyond - customer, others);
}

static bool take_option(const struct offer_making *making, const struct option *asked,
                        struct compensation_option *option, bool *known) {
    const struct remedy *rows = asked->remedies.at;
    int count = asked->remedies.count;
    struct compensation_remedy *remedies =
        arena_alloc(making->arena, (size_t)count * sizeof *remedies);
    struct share_weights others;
    struct offer_price sum = {0};

    if (!others_of(making->policy, asked->split, &others)) return false;
    for (int i = 0; i < count; i++) {
        struct offer_price price;
        if (!offer_price_asked(making, &rows[i], &others, &remedies[i], &price, known) ||
            !offer_price_add(&sum, &price))
            return false;
    }
    if (sum.cost_minor > CONTRACT_MONEY_MAX || !add_beyond(&sum, asked, &others)) return false;
    *option = (struct compensation_option){.option = asked->option, .remedies = {remedies, count}};
    finish_option(option, &sum, making->currency, making->arena);

    return true;
}

bool offer_from_request(const struct offer_policy *policy, const struct compensation_state *state,
                        const struct parts *options, struct arena *arena, struct offer *out) {
    const struct option *asked = options->at;
    struct offer_making making = {.policy = policy, .state = state, .arena = arena};
    bool known = true;

    making.currency = common_currency(options);
    if (!making.currency) return false;
    struct compensation_option *taken = arena_alloc(arena, (size_t)options->count * sizeof *taken);
    for (int i = 0; i < options->count; i++)
        if (!take_option(&making, &asked[i], &taken[i], &known)) return false;
    struct offer offer = {.options = {taken, options->count}, .unvalued = !known};
    weigh(&offer, making.currency);
    *out = offer;

    return true;
}

static bool same_remedies(const struct parts *one, const struct parts *two) {
    const struct compensation_remedy *a = one->at;
    const struct compensation_remedy *b = two->at;

    if (one->count != two->count) return false;
    for (int i = 0; i < one->count; i++)
        if (a[i].kind != b[i].kind || a[i].amount.minor != b[i].amount.minor ||
            strcmp(a[i].amount.currency, b[i].amount.currency) != 0)
            return false;
    return true;
}

bool offer_is_same(const struct parts *one, const struct parts *two) {
    const struct compensation_option *a = one->at;
    const struct compensation_option *b = two->at;

    if (one->count != two->count) return false;
    for (int i = 0; i < one->count; i++)
        if (strcmp(a[i].option, b[i].option) != 0 || a[i].given_minor != b[i].given_minor ||
            !same_remedies(&a[i].remedies, &b[i].remedies))
            return false;
    return true;
}

static struct parts publish_remedies(const struct parts *remedies, struct arena *arena) {
    const struct compensation_remedy *from = remedies->at;
    struct remedy *to = arena_alloc(arena, (size_t)(remedies->count + 1) * sizeof *to);
    for (int i = 0; i < remedies->count; i++)
        to[i] = (struct remedy){from[i].kind, from[i].amount, from[i].valid_days, from[i].detail};
    return (struct parts){to, remedies->count};
}

struct parts offer_publish(const struct parts *options, struct arena *arena) {
    const struct compensation_option *from = options->at;
    struct option *to = arena_alloc(arena, (size_t)(options->count + 1) * sizeof *to);

    for (int i = 0; i < options->count; i++)
        to[i] = (struct option){from[i].option, publish_remedies(&from[i].remedies, arena),
                                from[i].cost, from[i].split};
    return (struct parts){to, options->count};
}
