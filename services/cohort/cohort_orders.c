/* cohort_orders: see the header. */
#include "cohort_orders.h"
#include "cohort_rate.h"

#include <string.h>

struct cohort_order *cohort_orders_find(const struct cohort_state *state, const char *order_id) {
    struct cohort_order *orders = state->orders.at;

    for (int i = 0; order_id && i < state->orders.count; i++)
        if (strcmp(orders[i].order_id, order_id) == 0) return &orders[i];
    return NULL;
}

/* Nothing was heard of it for a window. */
static bool is_expired(const struct cohort_order *order, const struct cohort_policy *policy,
                       int64_t now_ms) {
    return order->facts_at + policy->window <= now_ms;
}

/* ---- Room ---- */

static bool is_over(const struct cohort_order *order) {
    return order->status == ORDER_CANCELLED || order->status == ORDER_SIGNED;
}

static bool goes_before(const struct cohort_order *one, const struct cohort_order *two) {
    if (is_over(one) != is_over(two)) return is_over(one);
    return one->facts_at < two->facts_at;
}

/* One that is gone may be in a cohort, which then is not whole, until it would have expired. */
static void let_go(struct cohort_state *state, const struct cohort_policy *policy) {
    struct cohort_order *orders = state->orders.at;
    int first = 0;

    for (int i = 1; i < state->orders.count; i++)
        if (goes_before(&orders[i], &orders[first])) first = i;
    int64_t until = orders[first].facts_at + policy->window;
    if (orders[first].status != ORDER_CANCELLED && until > state->incomplete_until)
        state->incomplete_until = until;
    state->orders.count--;
    memmove(&orders[first], &orders[first + 1],
            (size_t)(state->orders.count - first) * sizeof *orders);
}

void cohort_orders_expire(struct cohort_state *state, const struct cohort_policy *policy,
                          int64_t now_ms) {
    struct cohort_order *orders = state->orders.at;
    int kept = 0;

    for (int i = 0; i < state->orders.count; i++)
        if (!is_expired(&orders[i], policy, now_ms)) orders[kept++] = orders[i];
    state->orders.count = kept;
    if (state->incomplete_until <= now_ms) state->incomplete_until = 0;
}

/* It will not be in a cohort: nobody misses it there. */
void cohort_orders_drop_erased(struct cohort_state *state) {
    struct cohort_order *orders = state->orders.at;
    int kept = 0;

    for (int i = 0; i < state->orders.count; i++)
        if (!orders[i].erased) orders[kept++] = orders[i];
    state->orders.count = kept;
}

/* ---- Facts ---- */

static bool is_older(const struct event *ev, const struct cohort_order *order) {
    if (ev->time_ms != order->facts_at) return ev->time_ms < order->facts_at;
    return ev->sequence < order->facts_order;
}

static void take_items(struct cohort_order *order, const struct parts *items, struct arena *arena) {
    const struct item *item = items->at;

    order->skus = (struct texts){0};
    order->batches = (struct texts){0};
    for (int i = 0; i < items->count && i < COHORT_KEY_ITEMS_MOST; i++) {
        if (!texts_has(&order->skus, item[i].sku)) texts_add(&order->skus, item[i].sku, arena);
        if (item[i].batch && !texts_has(&order->batches, item[i].batch))
            texts_add(&order->batches, item[i].batch, arena);
    }
}

static void take_facts(struct cohort_order *order, const struct event *ev,
                       const struct activity *data, struct arena *arena) {
    order->customer_id = data->customer->id;
    order->carrier = data->order->carrier;
    order->warehouse = data->order->warehouse;
    order->lane = data->order->lane;
    order->status = data->order->status;
    order->placed_at = data->order->placed_at;
    order->facts_at = ev->time_ms;
    order->facts_order = ev->sequence;
    take_items(order, &data->items, arena);
}

bool cohort_orders_put(struct cohort_state *state, const struct cohort_policy *policy,
                       const struct event *ev, const struct activity *data, int64_t now_ms,
                       struct arena *arena) {
    struct cohort_order *order = cohort_orders_find(state, data->order->id);

    if (order && is_older(ev, order)) return false;
    if (!order && ev->time_ms + policy->window <= now_ms) return false;
    if (!order) {
        while (state->orders.count >= policy->orders_most) let_go(state, policy);
        order = parts_add(&state->orders, sizeof *order, state->orders.count + 1, arena);
        order->order_id = data->order->id;
        order->first_at = now_ms;
        cohort_rate_see_order(state, now_ms, arena);
    }
    take_facts(order, ev, data, arena);

    return true;
}

/* ---- Who is meant ---- */

static bool is_same(const char *wanted, const char *found) {
    return !wanted || (found && strcmp(wanted, found) == 0);
}

/* Whether a cohort is about an order. */
static bool is_about(const struct cohort *cohort, const struct cohort_order *order) {
    const struct cohort_match *match = cohort->match;

    if (!is_same(match->carrier, order->carrier)) return false;
    if (!is_same(match->warehouse, order->warehouse)) return false;
    if (!is_same(match->lane, order->lane)) return false;
    if (match->sku && !texts_has(&order->skus, match->sku)) return false;
    if (match->batch && !texts_has(&order->batches, match->batch)) return false;
    if (cohort->placed_from && order->placed_at < cohort->placed_from) return false;
    return !cohort->placed_to || order->placed_at < cohort->placed_to;
}

bool cohort_orders_due(const struct cohort_policy *policy, const struct cohort *cohort,
                       const struct cohort_order *order, int64_t now_ms) {
    const struct cohort_rule *rule = cohort_rule_of(policy, cohort->class_name);
    bool handed_over = order->status >= ORDER_SHIPPED && order->status != ORDER_CANCELLED;
    bool joined = order->first_at > cohort->at;

    if (!rule || order->complained || order->warned_by) return false;
    if (is_expired(order, policy, now_ms)) return false;
    if (joined && policy->joins == COHORT_AT_HAND_OVER && !handed_over) return false;
    if (!texts_has(&rule->at_risk, contract_order_statuses[order->status - 1])) return false;
    return is_about(cohort, order);
}
