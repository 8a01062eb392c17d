/* cohort: from one record about a dimension's value, or one wake-up, to what is done about it. */
#include "cohort.h"
#include "cohort_causes.h"
#include "cohort_open.h"
#include "cohort_orders.h"
#include "cohort_rate.h"
#include "cohort_warn.h"

#include <string.h>

enum { KEY_SEPARATOR = 0x1F };
#define HOUR_MS (INT64_C(3600) * 1000)

const char *const cohort_dimensions[] = {"carrier", "warehouse", "sku", "batch",
                                         "lane",    "day",       NULL};

const struct cohort_rule *cohort_rule_of(const struct cohort_policy *policy,
                                         const char *class_name) {
    const struct cohort_rule *rules = policy->rules.at;

    for (int i = 0; i < policy->rules.count; i++)
        for (int k = 0; k < rules[i].classes.count; k++)
            if (contract_class_matches(rules[i].classes.at[k], class_name)) return &rules[i];
    return NULL;
}

/* ---- Which state ---- */

static const char *key_of(const struct event *ev, struct arena *arena) {
    if (!ev->raw || !ev->raw->key) return NULL;
    return arena_strndup(arena, ev->raw->key, ev->raw->key_len);
}

/* tenant 0x1F dimension 0x1F value. False: it is none. */
static bool name_state(struct cohort_state *state, const char *key, struct arena *arena) {
    const char *first = key ? strchr(key, KEY_SEPARATOR) : NULL;
    const char *second = first ? strchr(first + 1, KEY_SEPARATOR) : NULL;

    if (!second || first == key || !second[1]) return false;
    state->dimension = fields_choice_value(
        cohort_dimensions, arena_strndup(arena, first + 1, (size_t)(second - first - 1)));
    if (!state->dimension) return false;
    state->tenant = arena_strndup(arena, key, (size_t)(first - key));
    state->value = second + 1;
    return state->dimension != COHORT_DAY || strchr(state->value, '@') != NULL;
}

/* ---- Records ---- */

static enum result take_order(const struct cohort_turn *turn, bool *changed_out) {
    struct activity data = {0};
    enum result result = effects_decode(turn->out, turn->in->ev, &contract_order_updated, &data);

    if (result != DONE) return result;
    bool was_held = cohort_orders_find(turn->state, data.order->id) != NULL;
    *changed_out = cohort_orders_put(turn->state, turn->policy, turn->in->ev, &data, turn->now_ms,
                                     turn->in->arena);
    *changed_out |= cohort_causes_see_order(turn, &data, was_held);
    return DONE;
}

/* A customer counts once an order; and he is not warned any more. */
static enum result take_complaint(const struct cohort_turn *turn, bool *changed_out) {
    struct order_complaint data = {0};
    enum result result = effects_decode(turn->out, turn->in->ev, &contract_order_complained, &data);

    if (result != DONE) return result;
    struct cohort_order *order = cohort_orders_find(turn->state, data.order_id);
    bool first = !data.again;
    if (order) first = !order->complained;
    *changed_out = first;
    if (order) order->complained = true;
    if (!first) return DONE;
    struct cohort_pending *pending =
        parts_add(&turn->state->pending, sizeof *pending, COHORT_PENDING_MOST, turn->in->arena);
    *pending = (struct cohort_pending){
        .case_id = data.case_id, .at = turn->now_ms, .said_at = turn->in->ev->time_ms};
    return DONE;
}

static bool take_pending(struct cohort_state *state, const char *case_id,
                         struct cohort_pending *out) {
    struct cohort_pending *pending = state->pending.at;
    int before = state->pending.count;
    int kept = 0;

    for (int i = 0; i < before; i++) {
        if (strcmp(pending[i].case_id, case_id) == 0)
            *out = pending[i];
        else
            pending[kept++] = pending[i];
    }
    state->pending.count = kept;
    return kept < before;
}

static bool does_count(const struct cohort_policy *policy, const struct classified *data) {
    for (int i = 0; i < data->flags.count; i++)
        if (texts_has(&policy->not_flags, data->flags.at[i])) return false;
    return true;
}

/* Only the first class of a case counts. */
static enum result take_class(const struct cohort_turn *turn, bool *changed_out) {
    struct classified data = {0};
    struct cohort_pending pending;
    enum result result = effects_decode(turn->out, turn->in->ev, &contract_classified, &data);

    if (result != DONE) return result;
    *changed_out = take_pending(turn->state, data.case_id, &pending);
    if (!*changed_out || !does_count(turn->policy, &data)) return DONE;
    cohort_causes_see_complaint(turn, &pending, data.class_name);
    if (!cohort_rule_of(turn->policy, data.class_name)) return DONE;
    cohort_rate_see_complaint(turn->state, cohort_rate_group(data.class_name, turn->in->arena),
                              turn->now_ms, turn->in->arena);
    cohort_open_by_rate(turn, data.class_name);
    return DONE;
}

static enum result take_word(const struct cohort_turn *turn, bool *changed_out) {
    struct activity data = {0};
    enum result result = effects_decode(turn->out, turn->in->ev, &contract_cohort_confirmed, &data);

    if (result != DONE) return result;
    if (contract_event(turn->in->ev->type) == EVENT_COHORT_ENDED)
        *changed_out = cohort_open_end(turn, &data);
    else if (!cohort_rule_of(turn->policy, data.class_name))
        return effects_reject(turn->out, "bad_value",
                              "data.class: expected one that a rule of cohort.yaml names");
    else
        *changed_out = cohort_open_confirm(turn, &data);
    return DONE;
}

static enum result take_answer(const struct cohort_turn *turn, bool *changed_out) {
    struct activity data = {0};
    enum result result = effects_decode(turn->out, turn->in->ev, &contract_cause_answered, &data);

    if (result == DONE) *changed_out = cohort_causes_answer(turn, &data);
    return result;
}

static enum result take(const struct cohort_turn *turn, bool *changed_out) {
    switch (contract_event(turn->in->ev->type)) {
    case EVENT_ORDER_UPDATED: return take_order(turn, changed_out);
    case EVENT_ORDER_COMPLAINED: return take_complaint(turn, changed_out);
    case EVENT_CASE_CLASSIFIED: return take_class(turn, changed_out);
    case EVENT_COHORT_CONFIRMED:
    case EVENT_COHORT_ENDED: return take_word(turn, changed_out);
    case EVENT_CAUSE_ANSWERED: return take_answer(turn, changed_out);
    default: return DONE;
    }
}

/* ---- What time brings ---- */

static void sooner(int64_t *at_ms, int64_t other_ms) {
    if (!*at_ms || other_ms < *at_ms) *at_ms = other_ms;
}

/* When something leaves the window; by the hour, so that not every order costs a wake-up. */
static int64_t next_tidying(const struct cohort_turn *turn) {
    const struct cohort_state *state = turn->state;
    const struct cohort_order *orders = state->orders.at;
    const struct cohort_day *days = state->days.at;
    const struct cohort_count *counts = state->counts.at;
    const struct cohort_pending *pending = state->pending.at;
    int64_t window = turn->policy->window;
    int64_t next = 0;

    for (int i = 0; i < state->orders.count; i++) sooner(&next, orders[i].facts_at + window);
    for (int i = 0; i < state->pending.count; i++) sooner(&next, pending[i].at + window);
    for (int i = 0; i < state->days.count; i++)
        sooner(&next, days[i].at + COHORT_KEY_DAY_MS + window);
    for (int i = 0; i < state->counts.count; i++)
        sooner(&next, counts[i].at + COHORT_KEY_DAY_MS + window);
    if (!next && state->usual_orders > 0) next = turn->in->now_ms + turn->policy->half_life;
    if (!next) return 0;
    if (next <= turn->in->now_ms) next = turn->in->now_ms + 1;
    return next + HOUR_MS - next % HOUR_MS;
}

static void set_wake(const struct cohort_turn *turn) {
    struct cohort_state *state = turn->state;
    const struct cohort *cohorts = state->cohorts.at;
    int64_t now_ms = turn->in->now_ms;
    bool event = turn->in->ev != NULL;

    int64_t causes_at = cohort_causes_wake(turn);

    state->wake_at = next_tidying(turn);
    if (causes_at) sooner(&state->wake_at, causes_at);
    for (int i = 0; i < state->cohorts.count; i++) {
        int64_t ends_at = cohorts[i].ends_at;
        if (ends_at <= now_ms) ends_at = event ? now_ms : now_ms + 1;
        sooner(&state->wake_at, ends_at);
    }
    if (cohort_warn_pending(turn->policy, state, now_ms)) state->wake_at = now_ms + !event;
}

/* What dashboards look for. */
static void set_status(struct cohort_state *state) {
    const struct cohort *cohorts = state->cohorts.at;

    state->status = 0;
    state->ends_at = 0;
    state->waits_since = 0;
    for (int i = 0; i < state->cohorts.count; i++) {
        if (!state->status || cohorts[i].status < state->status) state->status = cohorts[i].status;
        if (cohorts[i].status == COHORT_CLOSED) continue;
        sooner(&state->ends_at, cohorts[i].ends_at);
        if (cohorts[i].status == COHORT_WAITING) sooner(&state->waits_since, cohorts[i].at);
    }
}

static void tidy(const struct cohort_turn *turn) {
    struct cohort_state *state = turn->state;
    struct cohort_pending *pending = state->pending.at;
    int kept = 0;

    cohort_orders_expire(state, turn->policy, turn->now_ms);
    for (int i = 0; i < state->pending.count; i++)
        if (pending[i].at + turn->policy->window > turn->now_ms) pending[kept++] = pending[i];
    state->pending.count = kept;
    cohort_rate_roll(state, turn->policy, turn->now_ms, turn->in->arena);
    cohort_causes_tidy(turn);
}

/* Nothing is held, and what was usual has faded: half an order. A day does not come back, so what
 * was usual on it is of no use. */
static bool is_empty(const struct cohort_turn *turn) {
    const struct cohort_state *state = turn->state;

    if (state->orders.count || state->pending.count || state->days.count || state->counts.count)
        return false;
    if (state->cohorts.count || !cohort_causes_empty(state)) return false;
    return state->dimension == COHORT_DAY || cohort_rate_faded(state, turn->policy, turn->now_ms);
}

static void finish(const struct cohort_turn *turn) {
    cohort_open_review(turn);
    set_status(turn->state);
    cohort_causes_set_status(turn->state);
    set_wake(turn);
    turn->out->forget = is_empty(turn);
}

/* ---- Deciding ---- */

static const struct policy_version *version_of(const struct decision *in,
                                               const struct cohort_state *state) {
    const struct policy_version *version = policies_choose(in->policies, state->policy_version);

    ASSERT(version);
    return version;
}

static void ask(const struct decision *in, const void *state, struct claims *claims) {
    if (in->ev || in->visit || !in->exists) return;
    cohort_warn_ask(in, version_of(in, state)->policy, state, claims);
}

static enum result decide_event(const struct cohort_turn *turn) {
    bool changed = false;

    if (!turn->state->tenant &&
        !name_state(turn->state, key_of(turn->in->ev, turn->in->arena), turn->in->arena))
        return effects_reject(turn->out, "bad_value",
                              "key: expected tenant 0x1F dimension 0x1F value");
    tidy(turn);
    enum result result = take(turn, &changed);
    if (result != DONE) return result;
    turn->out->unchanged = !changed;
    if (changed) finish(turn);
    return DONE;
}

static enum result decide(const struct decision *in, void *data, struct effects *out) {
    struct cohort_state *state = data;
    const struct policy_version *version = version_of(in, state);
    struct cohort_turn turn = {.in = in,
                               .policy = version->policy,
                               .state = state,
                               .out = out,
                               .now_ms = decision_logged_ms(in)};

    state->policy_version = version->version;
    if (in->visit) return DONE;
    if (in->ev) return decide_event(&turn);
    cohort_warn(in, turn.policy, state, out);
    cohort_open_expire(&turn);
    cohort_causes_judge(&turn);
    tidy(&turn);
    finish(&turn);
    return DONE;
}

static bool wants(const char *type) {
    switch (contract_event(type)) {
    case EVENT_ORDER_UPDATED:
    case EVENT_ORDER_COMPLAINED:
    case EVENT_CASE_CLASSIFIED:
    case EVENT_COHORT_CONFIRMED:
    case EVENT_COHORT_ENDED:
    case EVENT_CAUSE_ANSWERED: return true;
    default: return false;
    }
}

static const enum topic reads[] = {TOPIC_ORDERS, TOPIC_NONE};
static const enum topic writes[] = {TOPIC_SETTLEMENTS, TOPIC_NONE};

const struct worker_spec cohort_spec = {
    .name = "cohort",
    .about = "warns customers whose orders share a cause with those of others who complained",
    .kind = WORKER_KEYED,
    .reads = reads,
    .writes = writes,
    .policy_file = "cohort.yaml",
    .load = cohort_policy_load,
    .state = &cohort_state_table,
    .wants = wants,
    .state_key = key_of,
    .ask = ask,
    .decide = decide,
};
