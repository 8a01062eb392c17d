/* notification_order: orders without a case: how their customers are reached, from the facts that
 * are published of them, and the warning that they are given before they complain. */
#include "base/ids.h"
#include "notification_parts.h"

#include <string.h>

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

/* An order's words have its route as their key; a state of theirs is named as a case's is, so that
 * it lies where they lie. */
const char *notification_key(const struct event *ev, struct arena *arena) {
    static const char prefix[] = "order:";
    const char *tenant = tree_text(ev->data, "tenant");
    char id[IDS_CASE_LEN + 1];

    if (!ev->subject || strncmp(ev->subject, prefix, sizeof prefix - 1) != 0) return ev->subject;
    const char *order_id = ev->subject + sizeof prefix - 1;
    ids_case(contract_order_route(arena, tenant ? tenant : "default", order_id), "order", order_id,
             id);
    return arena_strdup(arena, id);
}

bool notification_opens(enum event_type type) {
    return type == EVENT_ORDER_UPDATED || type == EVENT_COHORT_MEMBER_WARNED ||
           type == EVENT_CAUSE_RISEN || type == EVENT_CAUSE_REVIEWED;
}

/* An order is kept for a while after the last that was heard of it. The first word is for those who
 * complain. */
static void open_order(struct message_turn *turn, const char *tenant, const char *order_id) {
    struct notification_state *state = turn->state;
    int64_t kept_for = turn->policy->orders_for;

    if (!kept_for) kept_for = turn->policy->keep_for;
    state->tenant = tenant ? tenant : "default";
    state->order_id = order_id;
    state->without_case = true;
    state->greeted = true;
    state->forget_at = turn->in->now_ms + kept_for;
}

static void take_contact(struct notification_state *state, const struct customer *customer) {
    state->customer_id = customer->id;
    if (customer->locale) state->locale = customer->locale;
    if (customer->timezone) state->timezone = customer->timezone;
    state->name = customer->name;
    state->phone = customer->phone;
    state->email = customer->email;
}

/* The latest facts hold. Of a customer who was erased later nothing is kept. */
void notification_on_order(struct message_turn *turn, const void *data) {
    struct notification_state *state = turn->state;
    const struct activity *facts = data;
    const struct item *items = facts->items.at;
    int64_t at = turn->in->ev->time_ms;

    if (!turn->policy->orders_for || (state->tenant && at < state->facts_at)) {
        turn->out->unchanged = true;
        return;
    }
    open_order(turn, facts->tenant, facts->order->id);
    state->facts_at = at;
    state->order_status = facts->order->status;
    state->warehouse = facts->order->warehouse;
    state->carrier = facts->order->carrier;
    if (facts->items.count) state->article = items[0].name;
    if (facts->items.count) state->batch = items[0].batch;
    if (at > state->erased_at) take_contact(state, facts->customer);
}

/* What comes with the warning, as an offer of one option is said. */
static struct parts token_of(const struct remedy *token, struct arena *arena) {
    struct option *option = ARENA_NEW(arena, struct option);

    if (!token) return (struct parts){0};
    *option = (struct option){.option = "A",
                              .remedies = {arena_memdup(arena, token, sizeof *token), 1},
                              .cost = token->amount,
                              .split = tree_new(arena, TREE_MAP)};
    return (struct parts){option, 1};
}

/* ---- The token ---- */

static void tell_token(struct message_turn *turn, const char *reason) {
    struct notification_state *state = turn->state;
    struct moment *moment = ARENA_NEW(arena_of(turn), struct moment);

    *moment = (struct moment){
        .type = MOMENT_TOKEN_DUE,
        .at = message_time(turn),
        .mark = state->cohort_id,
        .proposal_id = contract_token_id(arena_of(turn), state->cohort_id, state->order_id),
        .reason = reason};
    state->token_by = 0;
    message_tell(turn, moment);
}

void notification_watch_token(struct message_turn *turn) {
    int64_t token_by = turn->state->token_by;

    if (token_by && token_by <= turn->in->now_ms) tell_token(turn, NULL);
}

static bool is_token(const struct message_turn *turn, const struct activity *result) {
    const struct notification_state *state = turn->state;

    return state->token_by &&
           strcmp(result->settlement_id,
                  contract_token_id(arena_of(turn), state->cohort_id, state->order_id)) == 0;
}

void notification_on_token_done(struct message_turn *turn, const void *data) {
    if (is_token(turn, data))
        turn->state->token_by = 0;
    else
        turn->out->unchanged = true;
}

void notification_on_token_failed(struct message_turn *turn, const void *data) {
    const struct activity *result = data;

    if (is_token(turn, result))
        tell_token(turn, result->reason ? result->reason : "-");
    else
        turn->out->unchanged = true;
}

/* ---- The warning ---- */

void notification_on_member_warned(struct message_turn *turn, const void *data) {
    static const struct texts no_flags = {0};
    struct notification_state *state = turn->state;
    const struct cohort_event *warned = data;
    struct profile_place place = profile_place(turn->in->ev);
    struct moment *moment = notification_moment(turn);

    open_order(turn, warned->tenant, warned->order_id);
    state->cohort_id = warned->cohort_id;
    state->profile = profile_classified(state->profile, &place, warned->class_name, SEVERITY_P3,
                                        &no_flags, arena_of(turn));
    moment->mark = warned->cohort_id;
    moment->options = token_of(warned->token, arena_of(turn));
    if (warned->token)
        state->token_by = message_settle_by(turn->policy, warned->token, turn->in->now_ms);
    message_tell(turn, moment);
}
