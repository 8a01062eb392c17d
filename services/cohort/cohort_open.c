/* cohort_open: see the header. */
#include "cohort_open.h"
#include "base/clock.h"
#include "base/ids.h"
#include "cohort_orders.h"
#include "cohort_rate.h"
#include "cohort_warn.h"

#include <string.h>

/* ---- Which cohort ---- */

static bool is_same(const char *one, const char *two) {
    if (!one || !two) return one == two;
    return strcmp(one, two) == 0;
}

static bool is_same_match(const struct cohort *cohort, const struct activity *data) {
    const struct cohort_match *one = cohort->match;
    const struct cohort_match *two = data->match;

    return is_same(one->carrier, two->carrier) && is_same(one->warehouse, two->warehouse) &&
           is_same(one->sku, two->sku) && is_same(one->batch, two->batch) &&
           is_same(one->lane, two->lane) && cohort->placed_from == data->placed_from &&
           cohort->placed_to == data->placed_to;
}

static bool is_of_group(const struct cohort *cohort, const char *class_name, struct arena *arena) {
    return strcmp(cohort_rate_group(cohort->class_name, arena),
                  cohort_rate_group(class_name, arena)) == 0;
}

/* One that runs; data NULL: whatever it matches. */
static struct cohort *find(const struct cohort_turn *turn, const char *class_name,
                           const struct activity *data) {
    struct cohort *cohorts = turn->state->cohorts.at;

    for (int i = 0; i < turn->state->cohorts.count; i++)
        if (cohorts[i].status != COHORT_CLOSED &&
            is_of_group(&cohorts[i], class_name, turn->in->arena) &&
            (!data || is_same_match(&cohorts[i], data)))
            return &cohorts[i];
    return NULL;
}

/* ---- Opening ---- */

/* Orders that one word admits, by number and by money. */
static int64_t admitted(const struct cohort_policy *policy, const char *class_name) {
    const struct cohort_rule *rule = cohort_rule_of(policy, class_name);
    int64_t most = policy->people_over;

    if (!rule || !rule->token || rule->token->amount.minor <= 0) return most;
    int64_t affordable = policy->cost_over.minor / rule->token->amount.minor;
    return affordable < most ? affordable : most;
}

static void tell(const struct cohort_turn *turn, enum event_type type,
                 const struct cohort *cohort) {
    const char *word = type == EVENT_COHORT_OPENED ? "opened" : "closed";
    struct cohort_event event = {
        .tenant = turn->state->tenant,
        .cohort_id = cohort->cohort_id,
        .class_name = cohort->class_name,
        .match = cohort->match,
        .placed_from = cohort->placed_from,
        .placed_to = cohort->placed_to,
        .size = cohort->members,
    };

    contract_emit(turn->out, type, cohort->cohort_id,
                  arena_printf(turn->in->arena, "%s.%s", cohort->cohort_id, word), turn->now_ms,
                  &event);
}

static void start(const struct cohort_turn *turn, struct cohort *cohort) {
    cohort->status = COHORT_OPEN;
    cohort->ends_at = turn->now_ms + turn->policy->ends_after;
    if (cohort->opened_at) return;
    cohort->opened_at = turn->now_ms;
    tell(turn, EVENT_COHORT_OPENED, cohort);
}

/* Its id depends on the state and on what opened it alone. */
static const char *new_id(const struct cohort_turn *turn, const char *group) {
    const struct event *ev = turn->in->ev;
    const struct cohort_state *state = turn->state;
    struct arena *arena = turn->in->arena;
    char *id = arena_alloc(arena, IDS_CASE_LEN + 1);
    char route[IDS_ROUTE_LEN + 1];

    ids_route(
        state->tenant,
        arena_printf(arena, "cohort:%s:%s", cohort_dimensions[state->dimension - 1], state->value),
        route);
    ids_case(route, group, arena_printf(arena, "%s\x1f%s", ev->source, ev->id), id);
    return id;
}

/* Room for one more: a closed one goes first. NULL: all of them run. */
static struct cohort *add(const struct cohort_turn *turn) {
    struct parts *cohorts = &turn->state->cohorts;
    struct cohort *at = cohorts->at;
    int kept = 0;

    if (cohorts->count >= COHORT_MOST) {
        for (int i = 0; i < cohorts->count; i++)
            if (at[i].status != COHORT_CLOSED) at[kept++] = at[i];
        cohorts->count = kept;
    }
    if (cohorts->count >= COHORT_MOST) return NULL;
    return parts_add(cohorts, sizeof *at, COHORT_MOST, turn->in->arena);
}

/* Waits for a person if it is large, or if nobody knows how large it is; else starts. */
static void begin(const struct cohort_turn *turn, struct cohort *cohort) {
    const char *group = cohort_rate_group(cohort->class_name, turn->in->arena);

    cohort->cohort_id = new_id(turn, group);
    cohort->at = turn->now_ms;
    cohort->ends_at = turn->now_ms + turn->policy->ends_after;
    cohort->limit = admitted(turn->policy, cohort->class_name);
    cohort->status = COHORT_WAITING;
    cohort->members = cohort_warn_count(turn->policy, turn->state, cohort, turn->now_ms);
    bool whole = turn->state->incomplete_until <= turn->now_ms;
    if (whole && cohort->members <= cohort->limit) start(turn, cohort);
}

/* ---- By the rate ---- */

/* Where the day begins behind the lane; of a day's lane only. */
static const char *day_in(const struct cohort_state *state) {
    const char *day = strrchr(state->value, '@');

    ASSERT(day);
    return day;
}

struct cohort_match *cohort_open_match(const struct cohort_state *state, struct arena *arena) {
    struct cohort_match *match = ARENA_NEW(arena, struct cohort_match);
    const char *value = state->value;

    switch (state->dimension) {
    case COHORT_CARRIER: match->carrier = value; break;
    case COHORT_WAREHOUSE: match->warehouse = value; break;
    case COHORT_SKU: match->sku = value; break;
    case COHORT_BATCH: match->batch = value; break;
    case COHORT_LANE: match->lane = value; break;
    default: match->lane = arena_strndup(arena, value, (size_t)(day_in(state) - value));
    }
    return match;
}

static void set_day(const struct cohort_state *state, struct cohort *cohort, struct arena *arena) {
    int64_t from;

    if (clock_parse(arena_printf(arena, "%sT00:00:00Z", day_in(state) + 1), &from) != 0) return;
    cohort->placed_from = from;
    cohort->placed_to = from + COHORT_KEY_DAY_MS;
}

void cohort_open_by_rate(const struct cohort_turn *turn, const char *class_name) {
    const char *group = cohort_rate_group(class_name, turn->in->arena);
    struct cohort_rate rate = cohort_rate_of(turn->state, turn->policy, group, turn->now_ms);
    double chance = cohort_rate_chance(&rate);

    if (find(turn, class_name, NULL)) return;
    if (rate.complaints < turn->policy->at_least || chance > turn->policy->false_alarm) return;
    struct cohort *cohort = add(turn);
    if (!cohort) return;

    cohort->class_name = class_name;
    cohort->complaints = rate.complaints;
    cohort->expected = cohort_rate_expected(&rate);
    cohort->chance = chance;
    cohort->match = cohort_open_match(turn->state, turn->in->arena);
    if (turn->state->dimension == COHORT_DAY) set_day(turn->state, cohort, turn->in->arena);
    begin(turn, cohort);
}

/* ---- By people ---- */

/* Whoever found it does not admit it himself. */
static bool confirm_again(const struct cohort_turn *turn, struct cohort *cohort,
                          const struct activity *data) {
    if (cohort->status == COHORT_OPEN) {
        int64_t ends_at = turn->now_ms + turn->policy->ends_after;
        if (ends_at <= cohort->ends_at) return false;
        cohort->ends_at = ends_at;
        return true;
    }
    if (is_same(cohort->by, data->by)) return false;

    cohort->members =
        cohort->warned + cohort_warn_count(turn->policy, turn->state, cohort, turn->now_ms);
    cohort->limit = cohort->members + admitted(turn->policy, cohort->class_name);
    start(turn, cohort);
    return true;
}

bool cohort_open_confirm(const struct cohort_turn *turn, const struct activity *data) {
    struct cohort *cohort = find(turn, data->class_name, data);

    if (cohort) return confirm_again(turn, cohort, data);
    cohort = add(turn);
    if (!cohort) return false;
    cohort->class_name = data->class_name;
    cohort->match = data->match;
    cohort->placed_from = data->placed_from;
    cohort->placed_to = data->placed_to;
    cohort->by = data->by;
    begin(turn, cohort);
    return true;
}

/* ---- The end ---- */

static void close_one(const struct cohort_turn *turn, struct cohort *cohort) {
    cohort->status = COHORT_CLOSED;
    cohort->ends_at = turn->now_ms + turn->policy->window;
    if (cohort->opened_at) tell(turn, EVENT_COHORT_CLOSED, cohort);
    if (!find(turn, cohort->class_name, NULL))
        cohort_rate_explained(turn->state, cohort_rate_group(cohort->class_name, turn->in->arena));
}

bool cohort_open_end(const struct cohort_turn *turn, const struct activity *data) {
    struct cohort *cohort = find(turn, data->class_name, data);

    if (cohort) close_one(turn, cohort);
    return cohort != NULL;
}

void cohort_open_expire(const struct cohort_turn *turn) {
    struct parts *parts = &turn->state->cohorts;
    struct cohort *cohorts = parts->at;
    int kept = 0;

    for (int i = 0; i < parts->count; i++)
        if (cohorts[i].status != COHORT_CLOSED && cohorts[i].ends_at <= turn->now_ms)
            close_one(turn, &cohorts[i]);
    for (int i = 0; i < parts->count; i++)
        if (cohorts[i].ends_at > turn->now_ms) cohorts[kept++] = cohorts[i];
    parts->count = kept;
}

void cohort_open_review(const struct cohort_turn *turn) {
    struct cohort *cohorts = turn->state->cohorts.at;

    for (int i = 0; i < turn->state->cohorts.count; i++) {
        struct cohort *cohort = &cohorts[i];
        if (cohort->status == COHORT_CLOSED) continue;
        int64_t count = cohort_warn_count(turn->policy, turn->state, cohort, turn->now_ms);
        cohort->members = cohort->warned + count;
        if (cohort->status == COHORT_OPEN && count > 0 && cohort->warned >= cohort->limit)
            cohort->status = COHORT_WAITING;
    }
}
