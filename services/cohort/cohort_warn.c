/* cohort_warn: see the header. */
#include "cohort_warn.h"
#include "base/ids.h"
#include "cohort_orders.h"

#include <inttypes.h>
#include <string.h>

#define ELSEWHERE "elsewhere" /* in place of a cohort that nobody can name any more */

struct pair_of {
    int cohort, order; /* their places in the state */
};
struct plan {
    struct pair_of at[COHORT_STEP];
    int count;
};

static bool is_running(const struct cohort *cohort, int64_t now_ms) {
    return cohort->status == COHORT_OPEN && cohort->ends_at > now_ms;
}

static bool is_planned(const struct plan *plan, int order) {
    for (int i = 0; i < plan->count; i++)
        if (plan->at[i].order == order) return true;
    return false;
}

/* As many as the cohort may warn beyond those that it has, were all of them to be. */
static void plan_cohort(const struct cohort_policy *policy, const struct cohort_state *state,
                        int index, int64_t now_ms, struct plan *plan) {
    const struct cohort *cohort = (const struct cohort *)state->cohorts.at + index;
    const struct cohort_order *orders = state->orders.at;
    int64_t left = cohort->limit - cohort->warned;

    if (!is_running(cohort, now_ms)) return;
    for (int i = 0; i < state->orders.count && plan->count < COHORT_STEP && left > 0; i++) {
        if (is_planned(plan, i) || !cohort_orders_due(policy, cohort, &orders[i], now_ms)) continue;
        plan->at[plan->count++] = (struct pair_of){index, i};
        left--;
    }
}

static struct plan plan_of(const struct cohort_policy *policy, const struct cohort_state *state,
                           int64_t now_ms) {
    struct plan plan = {.count = 0};

    for (int i = 0; i < state->cohorts.count; i++) plan_cohort(policy, state, i, now_ms, &plan);
    return plan;
}

bool cohort_warn_pending(const struct cohort_policy *policy, const struct cohort_state *state,
                         int64_t now_ms) {
    return plan_of(policy, state, now_ms).count > 0;
}

int64_t cohort_warn_count(const struct cohort_policy *policy, const struct cohort_state *state,
                          const struct cohort *cohort, int64_t now_ms) {
    const struct cohort_order *orders = state->orders.at;
    int64_t count = 0;

    for (int i = 0; i < state->orders.count; i++)
        count += cohort_orders_due(policy, cohort, &orders[i], now_ms);
    return count;
}

/* ---- Claims ---- */

static const struct cohort_order *order_of(const struct cohort_state *state,
                                           const struct plan *plan, int i) {
    return (const struct cohort_order *)state->orders.at + plan->at[i].order;
}

static const struct cohort *cohort_of(const struct cohort_state *state, const struct plan *plan,
                                      int i) {
    return (const struct cohort *)state->cohorts.at + plan->at[i].cohort;
}

static void look_for_case(const struct decision *in, const struct cohort_state *state,
                          const struct cohort_order *order, struct claims *claims) {
    struct claim claim = {
        .kind = CLAIM_LOOK,
        .key = contract_owner_claim(in->arena, state->tenant, order->order_id),
        .id = order->order_id,
        .time_ms = in->now_ms,
    };
    claims_add(claims, &claim);
}

/* An order that was let go and has come back is another claimant than it was. */
static const char *claimant(const struct decision *in, const struct cohort *cohort,
                            const struct cohort_order *order) {
    return arena_printf(in->arena, "%s@%" PRId64, cohort->cohort_id, order->first_at);
}

static void claim_warning(const struct decision *in, const struct cohort_state *state,
                          const struct cohort_order *order, const struct cohort *cohort,
                          struct claims *claims) {
    struct claim claim = {
        .kind = CLAIM_ONCE,
        .key = arena_printf(in->arena, "warned\x1f%s\x1f%s", state->tenant, order->order_id),
        .id = claimant(in, cohort, order),
        .value = cohort->cohort_id,
        .time_ms = in->now_ms,
        .valid_ms = COHORT_WARNED_FOR_MS,
        .logged = true,
    };
    claims_add(claims, &claim);
}

/* Who asked to be forgotten is not written to, and given nothing under his id. */
static void look_for_erasure(const struct decision *in, const struct cohort_state *state,
                             const struct cohort_order *order, struct claims *claims) {
    const char *account = contract_account(in->arena, &decision_settings(in)->persons,
                                           state->tenant, order->customer_id);
    struct claim claim = {
        .kind = CLAIM_LOOK,
        .key = contract_erased_claim(in->arena, account),
        .id = order->order_id,
        .time_ms = in->now_ms,
        .shared = true, /* as intake has it */
    };
    claims_add(claims, &claim);
}

/* The first round's answers about the i-th order of a plan. */
static bool has_case(const struct decision *in, int i) {
    return in->answers[2 * i].found;
}

/* What the shop says of the order afterwards counts again. */
static bool is_erased(const struct decision *in, const struct cohort_order *order, int i) {
    const struct answer *erased = &in->answers[2 * i + 1];
    return erased->found && erased->last_ms >= order->facts_at;
}

void cohort_warn_ask(const struct decision *in, const struct cohort_policy *policy,
                     const struct cohort_state *state, struct claims *claims) {
    struct plan plan = plan_of(policy, state, in->now_ms);

    for (int i = 0; in->answer_count == 0 && i < plan.count; i++) {
        look_for_case(in, state, order_of(state, &plan, i), claims);
        look_for_erasure(in, state, order_of(state, &plan, i), claims);
    }
    if (plan.count == 0 || in->answer_count != 2 * plan.count) return;
    for (int i = 0; i < plan.count; i++)
        if (!has_case(in, i) && !is_erased(in, order_of(state, &plan, i), i))
            claim_warning(in, state, order_of(state, &plan, i), cohort_of(state, &plan, i), claims);
}

/* ---- Effects ---- */

static const struct tree *split_of(const struct cohort_policy *policy, const struct money *amount,
                                   struct arena *arena) {
    struct tree *split = tree_new(arena, TREE_MAP);
    struct tree *money = tree_add(split, policy->borne_by, tree_new(arena, TREE_MAP));

    tree_add(money, "currency", tree_new_text(arena, arena_strdup(arena, amount->currency)));
    tree_add(money, "minor", tree_new_int(arena, amount->minor));
    return split;
}

static void order_token(const struct decision *in, const struct cohort_policy *policy,
                        const struct cohort_state *state, const struct cohort *cohort,
                        const struct cohort_order *order, const char *route, struct effects *out) {
    const struct cohort_rule *rule = cohort_rule_of(policy, cohort->class_name);

    if (!rule->token) return;
    struct settlement settlement = {
        .settlement_id = contract_token_id(in->arena, cohort->cohort_id, order->order_id),
        .order_id = order->order_id,
        .cohort_id = cohort->cohort_id,
        .tenant = state->tenant,
        .customer_id = order->customer_id,
        .remedy = rule->token,
        .split = split_of(policy, &rule->token->amount, in->arena),
    };
    struct output *output = contract_send(out, EVENT_SETTLEMENT_ORDERED, route,
                                          settlement.settlement_id, in->now_ms, &settlement);
    output->subject = arena_printf(in->arena, "order:%s", order->order_id);
}

static void warn_order(const struct decision *in, const struct cohort_policy *policy,
                       const struct cohort_state *state, struct cohort *cohort,
                       struct cohort_order *order, struct effects *out) {
    struct cohort_event event = {
        .tenant = state->tenant,
        .cohort_id = cohort->cohort_id,
        .class_name = cohort->class_name,
        .match = cohort->match,
        .placed_from = cohort->placed_from,
        .placed_to = cohort->placed_to,
        .order_id = order->order_id,
        .token = cohort_rule_of(policy, cohort->class_name)->token,
    };
    const char *subject = arena_printf(in->arena, "order:%s", order->order_id);
    const char *route = contract_order_route(in->arena, state->tenant, order->order_id);
    char hash[27];

    ids_hash(hash, 2, state->tenant, order->order_id);
    struct output *output =
        contract_send(out, EVENT_COHORT_MEMBER_WARNED, route,
                      arena_printf(in->arena, "warned.%s", hash), in->now_ms, &event);
    output->subject = subject;
    order_token(in, policy, state, cohort, order, route, out);
    order->warned_by = cohort->cohort_id;
    cohort->warned++;
}

void cohort_warn(const struct decision *in, const struct cohort_policy *policy,
                 struct cohort_state *state, struct effects *out) {
    struct plan plan = plan_of(policy, state, in->now_ms);
    struct cohort_order *orders = state->orders.at;
    struct cohort *cohorts = state->cohorts.at;
    bool erased = false;
    int next = 2 * plan.count;

    for (int i = 0; i < plan.count; i++) {
        struct cohort_order *order = &orders[plan.at[i].order];
        struct cohort *cohort = &cohorts[plan.at[i].cohort];
        if (has_case(in, i) || is_erased(in, order, i)) {
            order->complained = has_case(in, i);
            order->erased = is_erased(in, order, i);
            erased |= order->erased;
            continue;
        }
        ASSERT(next < in->answer_count);
        const struct answer *answer = &in->answers[next++];
        if (answer->granted)
            warn_order(in, policy, state, cohort, order, out);
        else
            order->warned_by = answer->value[0] ? answer->value : ELSEWHERE;
    }
    if (erased) cohort_orders_drop_erased(state);
}
