/* offer_check: what the tables of compensation.yaml cannot say of it: sums, orders, names that must
 * exist. */
#include "data/currency.h"
#include "duty_check.h"
#include "offer_policy.h"
#include "rate.h"
#include "share.h"

#include <string.h>

static void check_rates(const struct check *check, const struct offer_policy *policy) {
    if (!policy->rates) return;
    if (policy->rates->kind != TREE_MAP) {
        fault(check, "rates", "expected {currency: units of the policy's currency}");
        return;
    }
    for (const struct tree *at = policy->rates->first; at; at = at->next)
        if (!currency_is_known(at->key, strlen(at->key)) || !rate_is_usable(at) ||
            strcmp(at->key, policy->currency) == 0)
            fault(check, "rates",
                  "expected other ISO 4217 codes with numbers from 0.000001 to 1000000, e.g. "
                  "{USD: 7.1}");
}

static void check_split(const struct check *check, const struct tree *split) {
    struct share_weights weights;
    int64_t sum = 0;

    if (!split) return;
    if (share_read_percents(split, &weights))
        for (int i = 0; i < weights.count; i++) sum += weights.weight[i];
    if (sum != 100000)
        fault(check, "split", "expected {party: percent} of at most 8 parties, 100 together");
}

static void check_words(const struct check *check, const char *member, const struct texts *words,
                        const char *const *known) {
    for (int i = 0; i < words->count; i++)
        if (!fields_choice_value(known, words->at[i]))
            fault(check, member, arena_printf(check->arena, "unknown: %s", words->at[i]));
}

/* Bounds that no time lies between. */
static void check_times(const struct check *check, const char *member, int64_t from,
                        int64_t below) {
    if (from && below && below <= from)
        fault(check, member, "expected more than where it begins, or nothing lies between");
}

static bool is_bound(const struct tree *bound) {
    return !bound || bound->kind == TREE_INT || bound->kind == TREE_REAL;
}

/* {name: text, or {from: number, below: number}} */
static void check_facts(const struct check *check, const struct tree *facts) {
    static const char *const expected =
        "expected {name: text, or {from: number, below: number}} of what case.assessed says";

    if (facts && facts->kind != TREE_MAP) fault(check, "facts", expected);
    if (!facts || facts->kind != TREE_MAP) return;
    for (const struct tree *at = facts->first; at; at = at->next) {
        const struct tree *from = tree_get(at, "from");
        const struct tree *below = tree_get(at, "below");
        bool bounds = at->kind == TREE_MAP && at->count == !!from + !!below && at->count > 0;
        if (at->kind != TREE_TEXT && !(bounds && is_bound(from) && is_bound(below)))
            fault(check, "facts", expected);
    }
}

static bool is_counted(const struct offer_policy *policy, const char *name) {
    const struct duty_history *rows = policy->history.at;
    for (int i = 0; i < policy->history.count; i++)
        if (strcmp(rows[i].name, name) == 0) return true;
    return false;
}

static bool is_count(const struct tree *bound) {
    return !bound || (bound->kind == TREE_INT && bound->num > 0);
}

/* {name: {from: number, below: number}} */
static void check_history(const struct check *check, const struct offer_policy *policy,
                          const struct tree *wanted) {
    for (const struct tree *at = wanted ? wanted->first : NULL; at; at = at->next) {
        const struct tree *from = tree_get(at, "from");
        const struct tree *below = tree_get(at, "below");
        bool bounds = at->kind == TREE_MAP && at->count == !!from + !!below && at->count > 0;
        if (!bounds || !is_count(from) || !is_count(below))
            fault(check, "history", "expected {name: {from: number, below: number}}, from 1");
        else if (from && below && below->num <= from->num)
            fault(check, "history", "expected `below` beyond `from`, or nothing lies between");
        else if (!is_counted(policy, at->key))
            fault(
                check, "history",
                arena_printf(check->arena, "%s: expected the name of a row of `history`", at->key));
    }
    if (wanted && wanted->kind != TREE_MAP)
        fault(check, "history", "expected {name: {from: number, below: number}}");
}

static void check_match(const struct check *check, const struct offer_policy *policy,
                        const struct offer_match *match) {
    for (int i = 0; i < match->class_names.count; i++)
        if (!is_class(match->class_names.at[i]))
            fault(
                check, "class",
                arena_printf(check->arena, "no class is matched by %s", match->class_names.at[i]));
    check_words(check, "severity", &match->severity, contract_severities);
    check_words(check, "tier", &match->tier, contract_tiers);
    check_words(check, "order_status", &match->order_status, contract_order_statuses);
    for (int i = 0; i < match->currency.count; i++)
        is_no_currency(check, "currency", match->currency.at[i]);
    check_words(check, "flags", &match->flags, contract_flags);
    check_words(check, "without_flags", &match->without_flags, contract_flags);
    check_words(check, "requested", &match->requested, contract_remedy_kinds);
    check_amounts(check, "amount_from", match->amount_from);
    check_amounts(check, "amount_below", match->amount_below);
    check_times(check, "late_below", match->late_from, match->late_below);
    check_times(check, "age_below", match->age_from, match->age_below);
    check_facts(check, match->facts);
    check_history(check, policy, match->history);
}

/* Nobody is offered more or less for them. */
static void check_pressure(const struct check *check, const char *member,
                           const struct texts *flags) {
    for (int i = 0; i < flags->count; i++)
        if (offer_policy_is_pressure(flags->at[i]))
            fault(check, member,
                  arena_printf(check->arena,
                               "%s: a threat, a demand or publicity never leads to an offer, nor "
                               "takes from one (`reviews` may ask for it)",
                               flags->at[i]));
}

static void check_remedy(const struct check *check, const struct offer_remedy *remedy) {
    check_amounts_from(check, "fixed", remedy->fixed, 1); /* 0 would be nothing */
    check_amounts_from(check, "at_most", remedy->at_most, 1);
    check_amounts(check, "at_least", remedy->at_least);
    check_split(check, remedy->split);
    check_amounts(check, "cost", remedy->cost);
    int sources = !!remedy->fixed + !!remedy->percent + remedy->assessed_costs +
                  !!remedy->cost_percent + !!remedy->cost;
    if (sources > 1)
        fault(check, "kind", "expected one of fixed, percent, assessed_costs, cost_percent, cost");
    if ((remedy->at_most || remedy->at_least || remedy->round) && !remedy->percent &&
        !remedy->cost_percent)
        fault(check, "kind", "at_most, at_least and round belong to a percentage");
}

static void check_options(const struct check *check, const struct offer_rule *rule) {
    const struct offer_option *options = rule->options.at;

    for (int i = 0; i < rule->options.count; i++) {
        struct check option = inside(check, "options", i);
        const struct offer_remedy *remedies = options[i].remedies.at;
        check_split(&option, options[i].split);
        for (int j = 0; j < i; j++)
            if (strcmp(options[i].option, options[j].option) == 0)
                fault(&option, "option", "is there twice");
        for (int j = 0; j < options[i].remedies.count; j++) {
            struct check remedy = inside(&option, "remedies", j);
            check_remedy(&remedy, &remedies[j]);
            if (remedies[j].assessed_costs && rule->on != OFFER_ON_ASSESSED)
                fault(&remedy, "assessed_costs", "expected only in a rule with `on: assessed`");
        }
    }
}

static void check_rules(const struct check *top, const struct offer_policy *policy) {
    const struct offer_rule *rules = policy->rules.at;

    for (int i = 0; i < policy->rules.count; i++) {
        struct check check = inside(top, "rules", i);
        for (int j = 0; j < i; j++)
            if (strcmp(rules[i].name, rules[j].name) == 0) fault(&check, "name", "is there twice");
        if (rules[i].match) {
            struct check match = check;
            match.node = tree_get(check.node, "match");
            match.path = arena_printf(check.arena, "%s.match", check.path);
            check_match(&match, policy, rules[i].match);
            check_pressure(&match, "flags", &rules[i].match->flags);
            check_pressure(&match, "without_flags", &rules[i].match->without_flags);
            bool assessed = rules[i].match->facts || rules[i].match->costs.count > 0;
            if (assessed && rules[i].on != OFFER_ON_ASSESSED)
                fault(&match, "facts",
                      "facts and costs are known only in a rule with `on: assessed`");
        }
        check_options(&check, &rules[i]);
    }
}

static void check_reviews(const struct check *top, const struct offer_policy *policy) {
    const struct offer_review *reviews = policy->reviews.at;

    for (int i = 0; i < policy->reviews.count; i++) {
        struct check check = inside(top, "reviews", i);
        for (int j = 0; j < i; j++)
            if (strcmp(reviews[i].name, reviews[j].name) == 0)
                fault(&check, "name", "is there twice");
        struct check match = check;
        match.node = tree_get(check.node, "match");
        match.path = arena_printf(check.arena, "%s.match", check.path);
        check_match(&match, policy, reviews[i].match);
        if (reviews[i].keep.count && reviews[i].demand != OFFER_REFUSED)
            fault(&check, "keep", "belongs to a refused demand");
    }
}

static void check_recovery(const struct check *top, const struct offer_policy *policy) {
    const struct duty_recovery *rows = policy->recovery.at;

    for (int i = 0; i < policy->recovery.count; i++) {
        struct check check = inside(top, "recovery", i);
        check_amounts_from(&check, "amount", rows[i].amount, 1);
        if (strcmp(rows[i].party, "customer") == 0)
            fault(&check, "party", "expected another one than the customer");
        if (!rows[i].match) continue;
        struct check match = check;
        match.node = tree_get(check.node, "match");
        match.path = arena_printf(check.arena, "%s.match", check.path);
        check_match(&match, policy, rows[i].match);
        if (rows[i].match->facts || rows[i].match->costs.count > 0)
            fault(&match, "facts", "facts and costs are known only in a rule with `on: assessed`");
    }
}

static void check_levels(const struct check *top, const struct offer_policy *policy) {
    const struct offer_level *levels = policy->approval.at;
    int last = policy->approval.count - 1;

    for (int i = 0; i <= last; i++) {
        struct check check = inside(top, "approval", i);
        check_amounts(&check, "up_to", levels[i].up_to);
        if (i > 0 && levels[i].by <= levels[i - 1].by)
            fault(&check, "by", "expected a higher one than the level before");
        if (!levels[i].up_to != (i == last))
            fault(&check, "up_to", "expected in all levels but the last");
    }
    if (last >= 0 && levels[last].by == OFFER_BY_POLICY) {
        struct check check = inside(top, "approval", last);
        fault(&check, "by", "expected a role: what is without limit is approved by a person");
    }
}

static void check_values(const struct check *top, const struct offer_policy *policy) {
    const struct offer_value *values = policy->values.at;

    for (int i = 0; i < policy->values.count; i++) {
        struct check check = inside(top, "values", i);
        check_amounts(&check, "fixed", values[i].fixed);
        if (!values[i].fixed == !values[i].percent)
            fault(&check, "kind", "expected one of fixed, percent");
        for (int j = 0; j < i; j++)
            if (values[i].kind == values[j].kind) fault(&check, "kind", "is there twice");
    }
}

/* A limit that shrinks from one level to the next would never be reached. */
static void check_limits_rise(const struct check *top, const struct offer_policy *policy) {
    const struct offer_level *levels = policy->approval.at;

    for (int i = 1; i < policy->approval.count - 1; i++) {
        if (!levels[i].up_to || !levels[i - 1].up_to) continue;
        for (const struct tree *at = levels[i].up_to->first; at; at = at->next)
            if (at->num <= offer_policy_amount(levels[i - 1].up_to, at->key)) {
                struct check check = inside(top, "approval", i);
                fault(&check, "up_to",
                      arena_printf(top->arena, "%s: expected more than in the level before",
                                   at->key));
            }
    }
}

static void check_limits(const struct check *top, const struct offer_policy *policy) {
    const struct offer_share *shares = policy->shares.at;
    const struct offer_step *steps = policy->escalate.at;

    for (int i = 0; i < policy->shares.count; i++) {
        struct check check = inside(top, "shares", i);
        check_split(&check, shares[i].split);
    }
    for (int i = 0; i < policy->escalate.count; i++) {
        struct check check = inside(top, "escalate", i);
        if (i > 0 && steps[i].after <= steps[i - 1].after)
            fault(&check, "after", "expected more than in the step before");
        if (steps[i].after >= policy->approve_within)
            fault(&check, "after", "expected less than approve_within");
    }
    duty_check(top, policy);
    if (policy->caps) {
        struct check check = *top;
        check.node = tree_get(top->node, "caps");
        check.path = "caps";
        check_amounts(&check, "order_extra", policy->caps->order_extra);
        check_one_amount(&check, "customer_monthly", policy->caps->customer_monthly);
    }
}

int offer_policy_load(const struct tree *file, const char *dir, struct arena *arena,
                      void **policy_out, const char **version_out, struct faults *faults) {
    (void)dir;
    struct offer_policy *policy = ARENA_NEW(arena, struct offer_policy);
    int before = faults->count;

    if (fields_decode_whole(&offer_policy_table, file, arena, policy, faults)) return -1;
    int decoded = faults->count;
    struct check top = {.faults = faults, .arena = arena, .path = "", .node = file};
    is_no_currency(&top, "currency", policy->currency);
    check_rates(&top, policy);
    check_split(&top, policy->split);
    check_levels(&top, policy);
    check_limits(&top, policy);
    check_values(&top, policy);
    check_rules(&top, policy);
    check_reviews(&top, policy);
    check_recovery(&top, policy);
    if (faults->count == decoded) check_limits_rise(&top, policy);
    if (faults->count != before) return -1;
    *policy_out = policy;
    *version_out = policy->version;

    return 0;
}
