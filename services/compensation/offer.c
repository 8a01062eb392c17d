/* offer: matching rules, computing amounts, dividing costs. */
#include "offer.h"
#include "share.h"

#include <stdio.h>
#include <string.h>

struct making {
    const struct offer_policy *policy;
    const struct compensation_state *state;
    const struct activity *assessed;
    const struct offer_rule *rule;
    struct arena *arena;
    const char *currency;
};

static void set_currency(char *to, const char *currency) {
    snprintf(to, sizeof((struct money){0}).currency, "%s", currency);
}

static bool has_text(const struct texts *texts, const char *text) {
    for (int i = 0; text && i < texts->count; i++)
        if (strcmp(texts->at[i], text) == 0) return true;
    return false;
}

static bool matches_text(const struct texts *wanted, const char *text) {
    return wanted->count == 0 || has_text(wanted, text);
}

static bool matches_class(const struct texts *patterns, const char *class_name) {
    for (int i = 0; i < patterns->count; i++)
        if (contract_class_matches(patterns->at[i], class_name)) return true;
    return patterns->count == 0;
}

static bool has_any(const struct texts *flags, const struct profile *profile) {
    for (int i = 0; i < flags->count; i++)
        if (profile_has_flag(profile, flags->at[i])) return true;
    return false;
}

static bool matches_yes(int wanted, bool fact) {
    return wanted == 0 || (wanted == OFFER_YES) == fact;
}

static bool has_order(const struct compensation_state *state) {
    return state->order_amount.currency[0] != 0;
}

static bool matches_amount(const struct offer_match *match, const struct money *amount) {
    int64_t from = offer_policy_amount(match->amount_from, amount->currency);
    int64_t below = offer_policy_amount(match->amount_below, amount->currency);
    if (match->amount_from && (from < 0 || amount->minor < from)) return false;
    return !match->amount_below || (below >= 0 && amount->minor < below);
}

static bool has_cost(const struct texts *kinds, const struct activity *assessed) {
    if (kinds->count == 0) return true;
    const struct cost *costs = NULL;
    if (assessed) costs = assessed->costs.at;
    for (int i = 0; assessed && i < assessed->costs.count; i++)
        if (has_text(kinds, costs[i].kind)) return true;
    return false;
}

static bool matches(const struct offer_match *match, const struct compensation_state *state,
                    const struct activity *assessed) {
    if (!match) return true;
    bool perishable = state->perishable || profile_has_flag(state->profile, "perishable");
    const char *severity =
        fields_choice_name(contract_severities, profile_severity(state->profile));

    return matches_class(&match->class_names, profile_class(state->profile)) &&
           matches_text(&match->severity, severity) &&
           matches_text(&match->tier, fields_choice_name(contract_tiers, state->tier)) &&
           matches_text(&match->tenant, state->tenant) &&
           matches_text(&match->order_status,
                        fields_choice_name(contract_order_statuses, state->order_status)) &&
           matches_text(&match->currency, state->order_amount.currency) &&
           matches_yes(match->order, has_order(state)) &&
           matches_yes(match->custom, state->custom) &&
           matches_yes(match->perishable, perishable) &&
           (match->flags.count == 0 || has_any(&match->flags, state->profile)) &&
           !has_any(&match->without_flags, state->profile) &&
           matches_amount(match, &state->order_amount) && has_cost(&match->costs, assessed);
}

/* Percent of an amount below 10^15: no overflow. */
static int64_t percent_of(int64_t minor, int64_t percent, int round) {
    int64_t exact = minor * percent;
    int64_t down = exact / 100;
    int64_t rest = exact % 100;

    if (round == OFFER_DOWN) return down;
    if (round == OFFER_UP) return down + (rest > 0);
    return down + (rest >= 50);
}

/* A share of the order's amount within its limits; false when there is no order, or a limit that
 * knows no such currency. */
static bool order_share(const struct making *making, const struct offer_remedy *row,
                        int64_t percent, int64_t *minor_out) {
    const struct money *amount = &making->state->order_amount;

    if (!amount->currency[0]) return false;
    int64_t most = offer_policy_amount(row->at_most, amount->currency);
    int64_t least = offer_policy_amount(row->at_least, amount->currency);
    if ((row->at_most && most < 0) || (row->at_least && least < 0)) return false;
    int64_t minor = percent_of(amount->minor, percent, row->round);
    if (row->at_least && minor < least) minor = least;
    if (row->at_most && minor > most) minor = most;
    *minor_out = minor;

    return true;
}

/* Who bears an assessed cost: what the policy says of its kind, else those at fault, else the
 * option's parties. */
static struct share_weights weights_of_cost(const struct making *making, const char *kind,
                                            const struct share_weights *option) {
    struct share_weights weights;
    const struct offer_share *shares = making->policy->shares.at;

    for (int i = 0; i < making->policy->shares.count; i++)
        if (strcmp(shares[i].cost, kind) == 0 && share_read_percents(shares[i].split, &weights))
            return weights;
    if (share_read_percents(making->assessed->fault, &weights)) return weights;
    return *option;
}

/* All assessed costs, divided; the amount is what the customer need not pay. */
static bool take_costs(const struct making *making, const struct share_weights *weights,
                       struct compensation_remedy *remedy, struct share_split *split,
                       int64_t *cost_out) {
    const struct cost *costs = making->assessed->costs.at;
    int64_t sum = 0;

    if (making->assessed->costs.count == 0) return false;
    for (int i = 0; i < making->assessed->costs.count; i++) {
        struct share_weights own = weights_of_cost(making, costs[i].kind, weights);
        if (strcmp(costs[i].amount.currency, making->currency) != 0) return false;
        if (!share_add(split, costs[i].amount.minor, &own)) return false;
        sum += costs[i].amount.minor;
    }
    remedy->amount.minor = sum - share_in(split, "customer");
    *cost_out = sum;

    return true;
}

static bool make_remedy(const struct making *making, const struct offer_remedy *row,
                        const struct share_weights *weights, struct compensation_remedy *remedy,
                        struct share_split *split, int64_t *cost_out) {
    int64_t cost = 0;
    *remedy = (struct compensation_remedy){
        .kind = row->kind, .valid_days = row->valid_days, .detail = row->detail};
    bool paid = row->fixed || row->percent || row->assessed_costs;
    if (paid) set_currency(remedy->amount.currency, making->currency);
    if (row->assessed_costs) {
        if (!take_costs(making, weights, remedy, split, &cost)) return false;
    } else {
        if (row->fixed && (cost = offer_policy_amount(row->fixed, making->currency)) < 0)
            return false;
        if (row->percent && !order_share(making, row, row->percent, &cost)) return false;
        if (row->cost_percent && !order_share(making, row, row->cost_percent, &cost)) return false;
        if (paid) remedy->amount.minor = cost;
        if (!share_add(split, cost, weights)) return false;
    }
    remedy->split = share_tree(split, making->currency, making->arena);
    *cost_out = cost;
    return true;
}

static void finish_option(struct compensation_option *option, const struct share_split *split,
                          const char *currency, int64_t cost, struct arena *arena) {
    set_currency(option->cost.currency, currency);
    option->cost.minor = cost;
    option->split = share_tree(split, currency, arena);
}

static bool make_option(const struct making *making, const struct offer_option *row,
                        struct compensation_option *option) {
    const struct offer_remedy *rows = row->remedies.at;
    int count = row->remedies.count;
    struct compensation_remedy *remedies =
        arena_alloc(making->arena, (size_t)count * sizeof *remedies);
    struct share_split split = {0};
    int64_t sum = 0;

    for (int i = 0; i < count; i++) {
        struct share_weights weights;
        struct share_split own = {0};
        const struct tree *shares = making->policy->split;
        if (row->split) shares = row->split;
        if (rows[i].split) shares = rows[i].split;
        int64_t cost;
        if (!share_read_percents(shares, &weights)) return false;
        if (!make_remedy(making, &rows[i], &weights, &remedies[i], &own, &cost)) return false;
        if (!share_merge(&split, &own)) return false;
        sum += cost;
    }
    *option = (struct compensation_option){.option = row->option, .remedies = {remedies, count}};
    finish_option(option, &split, making->currency, sum, making->arena);

    return true;
}

static void weigh(struct offer *offer, const char *currency) {
    const struct compensation_option *options = offer->options.at;

    set_currency(offer->currency, currency);
    for (int i = 0; i < offer->options.count; i++) {
        int64_t paid = options[i].cost.minor - share_of(options[i].split, "customer");
        if (options[i].cost.minor > offer->cost_minor) offer->cost_minor = options[i].cost.minor;
        if (paid > offer->paid_minor) offer->paid_minor = paid;
    }
}

static struct offer apply_rule(const struct making *making) {
    const struct offer_option *rows = making->rule->options.at;
    int count = making->rule->options.count;
    struct compensation_option *options =
        arena_alloc(making->arena, (size_t)(count + 1) * sizeof *options);
    struct offer offer = {.rule = making->rule->name, .options = {options, 0}};

    for (int i = 0; i < count; i++)
        if (make_option(making, &rows[i], &options[offer.options.count])) offer.options.count++;
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

bool offer_from_rules(const struct offer_policy *policy, const struct compensation_state *state,
                      const struct activity *assessed, struct arena *arena, struct offer *out) {
    const struct offer_rule *rules = policy->rules.at;
    int on = OFFER_ON_CLASSIFIED;
    if (assessed) on = OFFER_ON_ASSESSED;

    for (int i = 0; i < policy->rules.count; i++) {
        struct making making = {.policy = policy,
                                .state = state,
                                .assessed = assessed,
                                .rule = &rules[i],
                                .arena = arena};
        making.currency = currency_of(policy, state, assessed);
        if ((rules[i].on ? rules[i].on : OFFER_ON_CLASSIFIED) != on ||
            !matches(rules[i].match, state, assessed))
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
static const char *common_currency(const struct records *options) {
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

/* What the stated cost has beyond the amounts (goods that are sent, work that is done) is divided
 * as all of it. */
static bool take_option(const struct option *asked, const struct share_weights *weights,
                        const char *currency, struct arena *arena,
                        struct compensation_option *option) {
    const struct remedy *rows = asked->remedies.at;
    int count = asked->remedies.count;
    struct compensation_remedy *remedies = arena_alloc(arena, (size_t)count * sizeof *remedies);
    struct share_split split = {0};
    int64_t sum = 0;

    for (int i = 0; i < count; i++) {
        struct share_split own = {0};
        remedies[i] = (struct compensation_remedy){.kind = rows[i].kind,
                                                   .amount = rows[i].amount,
                                                   .valid_days = rows[i].valid_days,
                                                   .detail = rows[i].detail};
        if (!share_add(&own, rows[i].amount.minor, weights) || !share_merge(&split, &own))
            return false;
        remedies[i].split = share_tree(&own, currency, arena);
        sum += rows[i].amount.minor;
    }
    int64_t beyond = 0;
    if (asked->cost.minor > sum) beyond = asked->cost.minor - sum;
    if (!share_add(&split, beyond, weights)) return false;
    *option = (struct compensation_option){.option = asked->option, .remedies = {remedies, count}};
    finish_option(option, &split, currency, sum + beyond, arena);

    return true;
}

bool offer_from_request(const struct offer_policy *policy, const struct records *options,
                        struct arena *arena, struct offer *out) {
    const struct option *asked = options->at;
    const char *currency = common_currency(options);

    if (!currency) return false;
    struct compensation_option *taken = arena_alloc(arena, (size_t)options->count * sizeof *taken);
    for (int i = 0; i < options->count; i++) {
        struct share_weights weights;
        if (!share_read_money(asked[i].split, &weights) &&
            !share_read_percents(policy->split, &weights))
            return false;
        if (!take_option(&asked[i], &weights, currency, arena, &taken[i])) return false;
    }
    struct offer offer = {.options = {taken, options->count}};
    weigh(&offer, currency);
    *out = offer;

    return true;
}

static struct records publish_remedies(const struct records *remedies, struct arena *arena) {
    const struct compensation_remedy *from = remedies->at;
    struct remedy *to = arena_alloc(arena, (size_t)(remedies->count + 1) * sizeof *to);
    for (int i = 0; i < remedies->count; i++)
        to[i] = (struct remedy){from[i].kind, from[i].amount, from[i].valid_days, from[i].detail};
    return (struct records){to, remedies->count};
}

struct records offer_publish(const struct records *options, struct arena *arena) {
    const struct compensation_option *from = options->at;
    struct option *to = arena_alloc(arena, (size_t)(options->count + 1) * sizeof *to);

    for (int i = 0; i < options->count; i++)
        to[i] = (struct option){from[i].option, publish_remedies(&from[i].remedies, arena),
                                from[i].cost, from[i].split};
    return (struct records){to, options->count};
}
