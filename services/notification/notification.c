/* notification: the spec, and which event is looked at by whom. */
#include "notification.h"
#include "base/ids.h"
#include "notification_parts.h"
#include "notification_visit.h"

#include <string.h>

static struct arena *arena_of(const struct message_turn *turn) {
    return turn->in->arena;
}

/* Of the event at hand. */
struct moment *notification_moment(const struct message_turn *turn) {
    struct moment *moment = ARENA_NEW(arena_of(turn), struct moment);
    moment->type = turn->in->ev->type;
    moment->at = turn->in->ev->time_ms;
    return moment;
}

const char *notification_number(const struct message_turn *turn, int64_t num) {
    return arena_printf(arena_of(turn), "%lld", (long long)num);
}

/* Of an event of which a case may have any number. */
const char *notification_event_mark(const struct message_turn *turn) {
    enum { MARK_LEN = 8 }; /* of 40 bits: a case has hundreds of events at most */
    char hash[27];
    ids_hash(hash, 2, turn->in->ev->source, turn->in->ev->id);
    return arena_strndup(arena_of(turn), hash, MARK_LEN);
}

/* ---- Gateways ---- */

static void on_delivered(struct message_turn *turn, const void *data) {
    message_delivered(turn, data);
}

static void on_undelivered(struct message_turn *turn, const void *data) {
    message_failed(turn, data);
}

static void on_collected(struct message_turn *turn, const void *data) {
    message_take_line(turn, data);
}

static const struct reaction {
    enum event_type type;
    notification_act *act;
    const struct table *table;
} reactions[] = {
    {EVENT_CASE_OPENED, notification_on_opened, &contract_case_opened},
    {EVENT_SLA_STARTED, notification_on_started, &contract_sla_started},
    {EVENT_CASE_CLASSIFIED, notification_on_classified, &contract_classified},
    {EVENT_DELIVERY_DONE, on_delivered, &contract_delivery_result},
    {EVENT_SLA_MET, notification_on_ended, &contract_sla_met},
    {EVENT_CASE_RESOLVED, notification_on_resolved, &contract_noted},
    {EVENT_CASE_CLOSED, notification_on_closed, &contract_closed},
    {EVENT_CASE_CUSTOMER_REPLIED, notification_on_message, &contract_joined},
    {EVENT_CASE_REPEATED, notification_on_repeated, &contract_case_repeated},
    {EVENT_CASE_RECLASSIFIED, notification_on_reclassified, &contract_reclassified},
    {EVENT_CASE_ASSIGNED, notification_on_assigned, &contract_assigned},
    {EVENT_CASE_ASSESSED, notification_on_assessed, &contract_assessed},
    {EVENT_CASE_REOPENED, notification_on_reopened, &contract_noted},
    {EVENT_CASE_WITHDRAWN, notification_on_withdrawn, &contract_withdrawn},
    {EVENT_TASK_STARTED, notification_on_task_started, &contract_task},
    {EVENT_TASK_DONE, notification_on_task_done, &contract_task},
    {EVENT_VISIT_SCORED, notification_on_scored, &contract_visit_scored},
    {EVENT_SLA_RESCHEDULED, notification_on_rescheduled, &contract_sla_rescheduled},
    {EVENT_SLA_PAUSED, notification_on_clock, &contract_sla_paused},
    {EVENT_SLA_RESUMED, notification_on_clock, &contract_sla_resumed},
    {EVENT_SLA_CANCELLED, notification_on_ended, &contract_sla_cancelled},
    {EVENT_SLA_WARNED, notification_on_warned, &contract_sla_warned},
    {EVENT_SLA_BREACHED, notification_on_breached, &contract_sla_breached},
    {EVENT_SLA_ESCALATED, notification_on_escalated, &contract_sla_escalated},
    {EVENT_SLA_RETRACTED, notification_on_retracted, &contract_sla_retracted},
    {EVENT_COMPENSATION_PROPOSED, notification_on_proposed, &contract_proposed},
    {EVENT_COMPENSATION_APPROVED, notification_on_approved, &contract_approved},
    {EVENT_COMPENSATION_CHOSEN, notification_on_chosen, &contract_outcome},
    {EVENT_COMPENSATION_SETTLED, notification_on_outcome, &contract_settled},
    {EVENT_COMPENSATION_FAILED, notification_on_outcome, &contract_settled},
    {EVENT_COMPENSATION_REJECTED, notification_on_outcome, &contract_outcome},
    {EVENT_COMPENSATION_EXPIRED, notification_on_outcome, &contract_outcome},
    {EVENT_COMPENSATION_WITHDRAWN, notification_on_outcome, &contract_outcome},
    {EVENT_COMPENSATION_ESCALATED, notification_on_reminded, &contract_escalated},
    {EVENT_COMPENSATION_REFUSED, notification_on_demand_refused, &contract_refused},
    {EVENT_COMPENSATION_REFERRED, notification_on_demand_referred, &contract_referred},
    {EVENT_COMPENSATION_DECISION_REFUSED, notification_on_refused, &contract_decision_refused},
    {EVENT_COMPENSATION_REQUESTED, notification_on_decided, &contract_compensation_requested},
    {EVENT_DECISION_APPROVED, notification_on_decided, &contract_decision_approved},
    {EVENT_DECISION_REJECTED, notification_on_decided, &contract_decision_rejected},
    {EVENT_DECISION_CHOSEN, notification_on_choice, &contract_chosen},
    {EVENT_DELIVERY_FAILED, on_undelivered, &contract_delivery_result},
    {EVENT_NOTIFICATION_COLLECTED, on_collected, &contract_collected},
    {EVENT_CUSTOMER_ERASED, notification_on_erased, &contract_customer_erased},
    {EVENT_ORDER_UPDATED, notification_on_order, &contract_order_updated},
    {EVENT_COHORT_MEMBER_WARNED, notification_on_member_warned, &contract_cohort},
    {EVENT_SETTLEMENT_DONE, notification_on_token_done, &contract_settlement_result},
    {EVENT_SETTLEMENT_FAILED, notification_on_token_failed, &contract_settlement_result},
    {EVENT_CAUSE_RISEN, notification_on_cause, &contract_cause_risen},
    {EVENT_CAUSE_REVIEWED, notification_on_cause, &contract_cause_reviewed},
    {EVENT_UNKNOWN, NULL, NULL},
};

static const struct reaction *find_reaction(const char *name) {
    enum event_type type = contract_event(name);

    for (const struct reaction *row = reactions; row->type; row++)
        if (row->type == type) return row;
    return NULL;
}

static bool wants(const char *type) {
    return find_reaction(type);
}

/* A further message brings a whole submission only when it came in as one; else there is nothing
 * new in it. */
static bool is_bare_message(const struct event *ev) {
    return contract_event(ev->type) == EVENT_CASE_CUSTOMER_REPLIED &&
           !tree_get(ev->data, "customer");
}

static struct message_turn turn_of(const struct decision *in, struct notification_state *state,
                                   struct effects *out, const char *case_id) {
    const struct policy_version *chosen = policies_choose(in->policies, state->policy_version);
    ASSERT(chosen);
    state->policy_version = chosen->version;
    return (struct message_turn){
        .in = in, .state = state, .out = out, .policy = chosen->policy, .case_id = case_id};
}

enum result notification_fold(const struct decision *in, struct notification_state *state,
                              struct effects *out, struct message_turn *turn) {
    const struct reaction *row = find_reaction(in->ev->type);
    bool of_no_case = row && notification_opens(row->type);
    bool opening = row && row->act == notification_on_opened;
    static const struct reaction reply = {EVENT_CASE_CUSTOMER_REPLIED, notification_on_reply,
                                          &contract_customer_replied};

    if (row && is_bare_message(in->ev) && notification_visit_is_answer(state, in->ev)) row = &reply;
    /* Nobody is told of a case that was never opened, and a case is opened once. */
    if (!row || (!of_no_case && !state->tenant != opening) ||
        (row != &reply && is_bare_message(in->ev))) {
        out->unchanged = true;
        return DONE;
    }
    void *data = arena_alloc(in->arena, row->table->size);
    if (effects_decode(out, in->ev, row->table, data) != DONE) return REJECT;
    state->case_id = notification_key(in->ev, in->arena);
    struct message_turn given = *turn;
    *turn = turn_of(in, state, out, state->case_id);
    turn->claims = given.claims;
    turn->alone = given.alone;
    turn->similar = given.similar;
    message_await_reports(turn);
    row->act(turn, data);
    if (turn->unanswered) return DONE;
    if (out->unchanged) return DONE; /* so is what waits: it is told by what changes something */
    notification_visit_ask(turn);
    message_flush_retries(turn);
    message_flush(turn);
    message_flush_lines(turn);

    return DONE;
}

/* An older version knew of no other wake-up. */
static int64_t forget_at(const struct notification_state *state) {
    if (state->forget_at || state->case_id) return state->forget_at;
    return state->wake_at;
}

/* Returns how much was claimed. */
static int wake(const struct decision *in, struct notification_state *state, struct effects *out,
                struct claims *claims) {
    if (forget_at(state) && forget_at(state) <= in->now_ms) {
        out->forget = true;
        return 0;
    }
    if (!state->case_id) return 0;
    struct message_turn turn = turn_of(in, state, out, state->case_id);
    turn.claims = claims;
    message_flush_unreported(&turn);
    notification_watch_token(&turn);
    notification_visit_ask(&turn);
    message_flush_retries(&turn);
    message_flush(&turn);
    message_flush_lines(&turn);
    return turn.claimed;
}

static enum result run(const struct decision *in, struct notification_state *state,
                       struct effects *out, struct claims *claims, int *claimed_out) {
    struct message_turn turn = {.claims = claims};
    enum result result = DONE;

    if (in->ev) {
        result = notification_fold(in, state, out, &turn);
        *claimed_out = turn.claimed;
    } else {
        *claimed_out = wake(in, state, out, claims);
    }
    return result;
}

/* Decides on a copy and keeps only what would be claimed. */
static void ask(const struct decision *in, const void *state, struct claims *claims) {
    struct notification_state copy = *(const struct notification_state *)state;
    struct effects scratch;
    int claimed;

    effects_init(&scratch, in->arena);
    if (run(in, &copy, &scratch, claims, &claimed) != DONE) return;
}

static enum result decide(const struct decision *in, void *state_at, struct effects *out) {
    struct notification_state *state = state_at;
    int claimed;
    enum result result = run(in, state, out, NULL, &claimed);

    /* What was asked for and is not used, because a claim before it was refused. */
    for (int i = claimed; i < in->answer_count; i++)
        if (in->answers[i].granted) effects_release(out, i);
    if (out->forget)
        state->wake_at = 0;
    else
        state->wake_at = message_wake(state);
    return result;
}

static const enum topic reads[] = {TOPIC_EVENTS, TOPIC_NONE};
static const enum topic writes[] = {TOPIC_DELIVERIES, TOPIC_NONE};
const struct worker_spec notification_spec = {
    .name = "notification",
    .about = "tells customers and colleagues what happens, each of it once",
    .kind = WORKER_KEYED,
    .reads = reads,
    .writes = writes,
    .policy_file = "notification.yaml",
    .policy_parts = "languages",
    .load = message_policy_load,
    .state = &notification_state_table,
    .wants = wants,
    .state_key = notification_key,
    .spreads = "customer.erased",
    .spreads_to = "customer_id",
    .names = contract_customer_named,
    .ask = ask,
    .decide = decide,
};
