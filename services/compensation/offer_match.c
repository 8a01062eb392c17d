/* offer_match: each key of a match against the facts that it asks for. */
#include "offer_match.h"
#include "history.h"

#include <string.h>

static bool matches_text(const struct texts *wanted, const char *text) {
    return wanted->count == 0 || (text && texts_has(wanted, text));
}

static bool matches_choice(const struct texts *wanted, const char *const *names, int value) {
    return matches_text(wanted, fields_choice_name(names, value));
}

static bool matches_class(const struct texts *patterns, const char *class_name) {
    for (int i = 0; i < patterns->count; i++)
        if (class_name && contract_class_matches(patterns->at[i], class_name)) return true;
    return patterns->count == 0;
}

bool offer_match_region(const struct texts *wanted, const char *region) {
    for (int i = 0; region && i < wanted->count; i++) {
        size_t len = strlen(wanted->at[i]);
        if (strncmp(region, wanted->at[i], len) == 0 && (region[len] == 0 || region[len] == '-'))
            return true;
    }
    return wanted->count == 0;
}

/* The submission that names an order of another account says so before its text is classified. */
static bool has_any(const struct texts *flags, const struct compensation_state *state) {
    for (int i = 0; i < flags->count; i++)
        if (profile_has_flag(state->profile, flags->at[i])) return true;
    return state->other_account && texts_has(flags, "other_account");
}

static bool matches_one(const struct texts *wanted, const struct texts *texts) {
    for (int i = 0; i < wanted->count; i++)
        if (texts_has(texts, wanted->at[i])) return true;
    return wanted->count == 0;
}

static bool matches_yes(int wanted, bool fact) {
    return wanted == 0 || (wanted == OFFER_YES) == fact;
}

static bool matches_amount(const struct offer_match *match, const struct money *amount) {
    int64_t from = offer_policy_amount(match->amount_from, amount->currency);
    int64_t below = offer_policy_amount(match->amount_below, amount->currency);
    if (match->amount_from && (from < 0 || amount->minor < from)) return false;
    return !match->amount_below || (below >= 0 && amount->minor < below);
}

/* `ms` is -1 where it is not known. */
static bool matches_time(int64_t from, int64_t below, int64_t ms) {
    if (ms < 0) return !from && !below;
    return ms >= from && (!below || ms < below);
}

static bool is_there(const struct compensation_state *state) {
    return state->order_status == ORDER_DELIVERED || state->order_status == ORDER_SIGNED;
}

int64_t offer_match_late_ms(const struct offer_about *about) {
    const struct compensation_state *state = about->state;
    int64_t until = about->at_ms;

    if (!state->promised_at || state->order_status == ORDER_CANCELLED) return -1;
    if (state->delivered_at)
        until = state->delivered_at;
    else if (is_there(state))
        return -1;
    if (until < state->promised_at) return 0;
    return until - state->promised_at;
}

/* Since it came, else since it was placed; -1: not known. */
static int64_t age_ms(const struct offer_about *about) {
    int64_t since = about->state->delivered_at;

    if (!since) since = about->state->placed_at;
    if (!since || since > about->at_ms) return -1;
    return about->at_ms - since;
}

static bool has_cost(const struct texts *kinds, const struct activity *assessed) {
    const struct cost *costs = NULL;

    if (kinds->count == 0) return true;
    if (assessed) costs = assessed->costs.at;
    for (int i = 0; assessed && i < assessed->costs.count; i++)
        if (texts_has(kinds, costs[i].kind)) return true;
    return false;
}

static bool matches_number(const struct tree *wanted, const struct tree *fact) {
    const struct tree *from = tree_get(wanted, "from");
    const struct tree *below = tree_get(wanted, "below");

    if (fact->kind != TREE_INT && fact->kind != TREE_REAL) return false;
    if (from && fact->real < from->real) return false;
    return !below || fact->real < below->real;
}

/* Each one that is named: a text as it stands, a number within its bounds. */
static bool matches_facts(const struct tree *wanted, const struct activity *assessed) {
    for (const struct tree *at = wanted ? wanted->first : NULL; at; at = at->next) {
        const struct tree *fact = NULL;
        if (assessed) fact = tree_get(assessed->facts, at->key);
        if (!fact) return false;
        if (at->kind == TREE_MAP && !matches_number(at, fact)) return false;
        if (at->kind == TREE_TEXT && (fact->kind != TREE_TEXT || strcmp(at->text, fact->text) != 0))
            return false;
    }
    return true;
}

static bool matches_history(const struct tree *wanted, const struct compensation_state *state) {
    for (const struct tree *at = wanted ? wanted->first : NULL; at; at = at->next) {
        const struct tree *from = tree_get(at, "from");
        const struct tree *below = tree_get(at, "below");
        int64_t count = history_of(state, at->key);
        if ((from && count < from->num) || (below && count >= below->num)) return false;
    }
    return true;
}

static bool matches_customer(const struct offer_match *match,
                             const struct compensation_state *state) {
    return matches_choice(&match->tier, contract_tiers, state->tier) &&
           matches_text(&match->tenant, state->tenant) &&
           offer_match_region(&match->region, state->region) &&
           matches_history(match->history, state) && state->repeats >= match->repeats;
}

static bool matches_complaint(const struct offer_match *match,
                              const struct compensation_state *state) {
    const struct profile *profile = state->profile;

    return matches_class(&match->class_names, profile_class(profile)) &&
           matches_choice(&match->severity, contract_severities, profile_severity(profile)) &&
           (match->flags.count == 0 || has_any(&match->flags, state)) &&
           !has_any(&match->without_flags, state) &&
           matches_yes(match->evidence, state->evidence > 0) &&
           matches_one(&match->breached, &state->breached) &&
           matches_choice(&match->requested, contract_remedy_kinds, state->requested);
}

static bool matches_order(const struct offer_match *match, const struct offer_about *about) {
    const struct compensation_state *state = about->state;
    bool perishable = state->perishable || profile_has_flag(state->profile, "perishable");

    return matches_choice(&match->order_status, contract_order_statuses, state->order_status) &&
           matches_text(&match->currency, state->order_amount.currency) &&
           matches_text(&match->carrier, state->carrier) &&
           matches_text(&match->warehouse, state->warehouse) &&
           matches_yes(match->order, state->order_amount.currency[0] != 0) &&
           matches_yes(match->custom, state->custom) &&
           matches_yes(match->perishable, perishable) &&
           matches_yes(match->items, state->items.count > 0) &&
           matches_amount(match, &state->order_amount) &&
           matches_time(match->late_from, match->late_below, offer_match_late_ms(about)) &&
           matches_time(match->age_from, match->age_below, age_ms(about));
}

bool offer_match_holds(const struct offer_match *match, const struct offer_about *about) {
    if (!match) return true;
    return matches_complaint(match, about->state) && matches_customer(match, about->state) &&
           matches_order(match, about) && has_cost(&match->costs, about->assessed) &&
           matches_facts(match->facts, about->assessed);
}
