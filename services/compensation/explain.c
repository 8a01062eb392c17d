/* explain: what the state holds, beside the row of the policy that it was made by. */
#include "explain.h"
#include "base/clock.h"
#include "offer_price.h"
#include "rate.h"

#include <inttypes.h>
#include <string.h>

static void add_text(struct tree *map, const char *key, const char *text, struct arena *arena) {
    if (text && *text) tree_add(map, key, tree_new_text(arena, text));
}

static void add_int(struct tree *map, const char *key, int64_t num, struct arena *arena) {
    tree_add(map, key, tree_new_int(arena, num));
}

static void add_time(struct tree *map, const char *key, int64_t ms, struct arena *arena) {
    char text[CLOCK_TEXT_MAX];
    if (ms) add_text(map, key, arena_strdup(arena, clock_format(ms, text)), arena);
}

static void say(struct tree *list, const char *text, struct arena *arena) {
    tree_add(list, NULL, tree_new_text(arena, text));
}

/* ---- How an amount came about ---- */

static const struct offer_rule *find_rule(const struct offer_policy *policy, const char *name) {
    const struct offer_rule *rules = policy->rules.at;
    for (int i = 0; name && i < policy->rules.count; i++)
        if (strcmp(rules[i].name, name) == 0) return &rules[i];
    return NULL;
}

static const struct offer_option *find_row(const struct offer_rule *rule, const char *option) {
    const struct offer_option *rows = rule ? rule->options.at : NULL;
    for (int i = 0; rule && i < rule->options.count; i++)
        if (strcmp(rows[i].option, option) == 0) return &rows[i];
    return NULL;
}

/* The first row of its kind from `*next` on: a remedy that was left out leaves no other behind. */
static const struct offer_remedy *find_remedy(const struct offer_option *row, int kind, int *next) {
    const struct offer_remedy *remedies = row ? row->remedies.at : NULL;
    for (int i = *next; row && i < row->remedies.count; i++) {
        if (remedies[i].kind != kind) continue;
        *next = i + 1;
        return &remedies[i];
    }
    return NULL;
}

static const char *limits_of(const struct offer_remedy *row, const char *currency,
                             struct arena *arena) {
    const char *text = "";

    if (row->at_least)
        text = arena_printf(arena, "%s, at least %" PRId64, text,
                            offer_policy_amount(row->at_least, currency));
    if (row->at_most)
        text = arena_printf(arena, "%s, at most %" PRId64, text,
                            offer_policy_amount(row->at_most, currency));
    return text;
}

static const char *of_goods(const struct compensation_state *state, int64_t percent,
                            struct arena *arena) {
    const char *what = "the order";
    if (state->items.count > 0 && offer_price_goods(state) < state->order_amount.minor)
        what = "the articles named";
    return arena_printf(arena, "%" PRId64 " %% of %" PRId64 " paid for %s", percent,
                        offer_price_goods(state), what);
}

static const char *how_valued(const struct compensation_state *state,
                              const struct offer_policy *policy, int kind, struct arena *arena) {
    struct offer_value value = offer_policy_value(policy, kind);

    if (value.percent)
        return arena_printf(arena, "costs %s (values)", of_goods(state, value.percent, arena));
    if (value.fixed)
        return arena_printf(arena, "costs %" PRId64 " (values)",
                            offer_policy_amount(value.fixed, state->currency));
    return "costs nothing";
}

static const char *how_made(const struct compensation_state *state,
                            const struct offer_policy *policy, const struct offer_remedy *row,
                            int kind, struct arena *arena) {
    static const char *const rounds[] = {"half up", "up", "down", NULL};
    const char *round = fields_choice_name(rounds, row->round ? row->round : OFFER_HALF_UP);

    if (row->fixed) return "fixed by the rule";
    if (row->assessed_costs) return "the assessed costs without the customer's share";
    if (row->percent)
        return arena_printf(arena, "%s, rounded %s%s", of_goods(state, row->percent, arena), round,
                            limits_of(row, state->currency, arena));
    if (row->cost_percent)
        return arena_printf(arena, "costs %s", of_goods(state, row->cost_percent, arena));
    if (row->cost)
        return arena_printf(arena, "costs %" PRId64 ", fixed by the rule",
                            offer_policy_amount(row->cost, state->currency));
    return how_valued(state, policy, kind, arena);
}

static struct tree *explain_remedy(const struct compensation_state *state,
                                   const struct offer_policy *policy,
                                   const struct compensation_remedy *remedy,
                                   const struct offer_remedy *row, struct arena *arena) {
    struct tree *map = tree_new(arena, TREE_MAP);
    const char *how = "asked for by a person";

    if (row)
        how = how_made(state, policy, row, remedy->kind, arena);
    else if (state->rule)
        how = "its row is no longer in this policy";
    add_text(map, "kind", fields_choice_name(contract_remedy_kinds, remedy->kind), arena);
    if (remedy->amount.currency[0]) add_int(map, "minor", remedy->amount.minor, arena);
    add_text(map, "how", how, arena);
    return map;
}

static struct tree *explain_option(const struct compensation_state *state,
                                   const struct offer_policy *policy,
                                   const struct compensation_option *option, struct arena *arena) {
    const struct compensation_remedy *remedies = option->remedies.at;
    const struct offer_option *row = find_row(find_rule(policy, state->rule), option->option);
    struct tree *map = tree_new(arena, TREE_MAP);
    int next = 0;

    add_text(map, "option", option->option, arena);
    add_int(map, "cost_minor", option->cost.minor, arena);
    add_int(map, "given_minor", option->given_minor, arena);
    add_int(map, "pays_back_minor", option->back_minor, arena);
    add_int(map, "goodwill_minor", option->goodwill_minor, arena);
    struct tree *list = tree_add(map, "remedies", tree_new(arena, TREE_LIST));
    for (int i = 0; i < option->remedies.count; i++)
        tree_add(list, NULL,
                 explain_remedy(state, policy, &remedies[i],
                                find_remedy(row, remedies[i].kind, &next), arena));
    if (option->split) tree_add(map, "split", tree_copy(arena, option->split));

    return map;
}

/* ---- Who approves ---- */

static void add_limit(struct tree *map, const struct offer_level *level, const char *currency,
                      struct arena *arena) {
    int64_t up_to = offer_policy_amount(level->up_to, currency);
    if (up_to >= 0) add_int(map, "up_to_minor", up_to, arena);
}

static struct tree *explain_approval(const struct compensation_state *state,
                                     const struct offer_policy *policy, struct arena *arena) {
    const struct compensation_vote *votes = state->votes.at;
    struct tree *map = tree_new(arena, TREE_MAP);
    const struct offer_level *level =
        offer_policy_level(policy, state->currency, state->paid_minor);

    add_text(map, "by_amount", fields_choice_name(offer_policy_by, level->by), arena);
    add_limit(map, level, state->currency, arena);
    if (state->needs) {
        add_text(map, "needs", fields_choice_name(contract_roles, state->needs->role), arena);
        add_int(map, "approvals_needed", state->needs->approvals, arena);
    } else {
        add_text(map, "needs", "nobody: policy approved it", arena);
    }
    struct tree *list = tree_add(map, "approved_by", tree_new(arena, TREE_LIST));
    for (int i = 0; i < state->votes.count; i++)
        say(list,
            votes[i].in_place_of
                ? arena_printf(arena, "%s in place of %s", votes[i].actor, votes[i].in_place_of)
                : votes[i].actor,
            arena);
    add_time(map, "approve_by", state->approve_by, arena);
    add_time(map, "choose_by", state->choose_by, arena);

    return map;
}

/* ---- Why not more ---- */

static bool has_flag(const struct compensation_state *state, const char *flag) {
    return profile_has_flag(state->profile, flag);
}

static void say_caps(struct tree *list, const struct compensation_state *state,
                     const struct offer_policy *policy, struct arena *arena) {
    const struct offer_caps *caps = policy->caps;
    int64_t extra = caps ? offer_policy_amount(caps->order_extra, state->currency) : -1;

    if (extra >= 0 && state->order_id)
        say(list,
            arena_printf(arena, "goodwill beside an order is at most %" PRId64 " without a %s",
                         extra, fields_choice_name(contract_roles, caps->over)),
            arena);
    if (caps && caps->customer_monthly)
        say(list,
            arena_printf(arena, "a customer is given at most %s %" PRId64 " a month without a %s",
                         offer_policy_currency(caps->customer_monthly),
                         caps->customer_monthly->first->num,
                         fields_choice_name(contract_roles, caps->over)),
            arena);
}

static struct tree *explain_not_more(const struct compensation_state *state,
                                     const struct offer_policy *policy, struct arena *arena) {
    struct tree *list = tree_new(arena, TREE_LIST);

    if (compensation_has_paid_order(state))
        say(list,
            arena_printf(arena,
                         "an order is paid back once, and never more than the %" PRId64
                         " that were paid for it",
                         state->order_amount.minor),
            arena);
    else
        say(list, "nothing was paid for an order, so nothing is paid back", arena);
    if (state->rule)
        say(list,
            arena_printf(arena, "amounts are those of the rule %s, whatever is asked for",
                         state->rule),
            arena);
    if (has_flag(state, "review_threat") || has_flag(state, "excessive_demand"))
        say(list, "a threat or an excessive demand raises nothing and lowers nothing", arena);
    if (state->gifted) say(list, "goodwill was given already, and is not given twice", arena);
    say_caps(list, state, policy, arena);

    return list;
}

/* ---- All of it ---- */

static struct tree *explain_held(const struct compensation_state *state, struct arena *arena) {
    static const char *const names[] = {"paid back of the order",
                                        "given to the customer in the month",
                                        "budget",
                                        "goodwill beside the order",
                                        "paid back of an article",
                                        "goodwill without an order",
                                        NULL};
    const struct compensation_hold *held = state->held.at;
    struct tree *list = tree_new(arena, TREE_LIST);

    for (int i = 0; i < state->held.count; i++) {
        struct tree *map = tree_add(list, NULL, tree_new(arena, TREE_MAP));
        add_text(map, "what", fields_choice_name(names, held[i].kind), arena);
        add_text(map, "of", held[i].by, arena);
        add_text(map, "period", held[i].period, arena);
        add_text(map, "currency", held[i].currency, arena);
        add_int(map, "minor", held[i].minor, arena);
    }

    return list;
}

static struct tree *explain_settlements(const struct compensation_state *state,
                                        struct arena *arena) {
    static const char *const outcomes[] = {"ordered", "done", "failed", NULL};
    const struct compensation_settlement *settlements = state->settlements.at;
    struct tree *list = tree_new(arena, TREE_LIST);

    for (int i = 0; i < state->settlements.count; i++) {
        struct tree *map = tree_add(list, NULL, tree_new(arena, TREE_MAP));
        add_text(map, "settlement_id", settlements[i].settlement_id, arena);
        add_text(map, "outcome", fields_choice_name(outcomes, settlements[i].outcome), arena);
        add_text(map, "reference", settlements[i].reference, arena);
        add_int(map, "orders", settlements[i].orders, arena);
        add_time(map, "ordered_at", settlements[i].ordered_at, arena);
    }

    return list;
}

static struct tree *explain_history(const struct compensation_state *state, struct arena *arena) {
    const struct compensation_count *counts = state->history.at;
    struct tree *map = tree_new(arena, TREE_MAP);

    for (int i = 0; i < state->history.count; i++)
        add_int(map, counts[i].name, counts[i].count, arena);
    return map;
}

static struct tree *explain_facts(const struct compensation_state *state, struct arena *arena) {
    struct tree *map = tree_new(arena, TREE_MAP);

    add_text(map, "class", profile_class(state->profile), arena);
    add_text(map, "severity",
             fields_choice_name(contract_severities, profile_severity(state->profile)), arena);
    add_text(map, "tier", fields_choice_name(contract_tiers, state->tier), arena);
    add_text(map, "order_id", state->order_id, arena);
    add_text(map, "order_status", fields_choice_name(contract_order_statuses, state->order_status),
             arena);
    if (state->order_amount.currency[0]) {
        add_text(map, "order_currency", arena_strdup(arena, state->order_amount.currency), arena);
        add_int(map, "order_minor", state->order_amount.minor, arena);
    }
    if (state->history.count) tree_add(map, "history", explain_history(state, arena));

    return map;
}

const struct tree *explain_case(const struct compensation_state *state,
                                const struct offer_policy *policy, struct arena *arena) {
    const char *const *statuses = compensation_state_table.fields[0].choices;
    const struct compensation_option *options = state->options.at;
    struct tree *map = tree_new(arena, TREE_MAP);

    add_text(map, "proposal_id", state->proposal_id, arena);
    add_text(map, "status", fields_choice_name(statuses, state->status), arena);
    add_text(map, "rule", state->rule, arena);
    add_text(map, "proposer", state->proposer, arena);
    add_text(map, "policy_version", state->policy_version, arena);
    tree_add(map, "facts", explain_facts(state, arena));
    if (!state->proposal_id) return map;
    add_text(map, "currency", state->currency, arena);
    add_text(map, "chosen", state->option, arena);
    struct tree *list = tree_add(map, "options", tree_new(arena, TREE_LIST));
    for (int i = 0; i < state->options.count; i++)
        tree_add(list, NULL, explain_option(state, policy, &options[i], arena));
    tree_add(map, "approval", explain_approval(state, policy, arena));
    tree_add(map, "held", explain_held(state, arena));
    tree_add(map, "settlements", explain_settlements(state, arena));
    tree_add(map, "not_more", explain_not_more(state, policy, arena));

    return map;
}
