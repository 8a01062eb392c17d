/* intake: from one inbound record to at most one event of the case log, and its copies for cohorts.
 */
#include "intake.h"
#include "contract/cohort_key.h"
#include "intake_join.h"
#include "intake_submission.h"

#include <string.h>

/* The submission's own attributes: readers that dedupe by them see it once. */
static void sign(struct output *output, const struct event *ev) {
    output->source = ev->source;
    output->sequence = ev->sequence;
}

/* What was said before an erasure and comes behind it says nothing of who said it. Whoever
 * publishes may not say that somebody is erased. */
static void take_away(struct customer *customer, int64_t erased_at) {
    customer->erased_at = erased_at;
    if (!erased_at) return;
    customer->name = NULL;
    customer->phone = NULL;
    customer->email = NULL;
    customer->address_id = NULL;
}

/* One record under each key, as one with the rest of the transaction. */
static void send_orders(const struct decision *in, const struct contract_type *type,
                        const struct texts *keys, const char *order_id, const void *data,
                        struct effects *out) {
    const struct event *ev = in->ev;

    for (int i = 0; i < keys->count; i++) {
        struct output *output = effects_send(out, TOPIC_ORDERS, keys->at[i], type->name, ev->id,
                                             ev->time_ms, type->table, data);
        if (order_id) output->subject = arena_printf(in->arena, "order:%s", order_id);
        sign(output, ev);
    }
}

/* Each value of a dimension that the complaint's order has: without its text, and without whose it
 * is. */
static void tell_cohorts(const struct decision *in, const struct intake_join *join,
                         const struct complaint *data, struct effects *out) {
    const struct order_complaint complaint = {.tenant = data->tenant,
                                              .case_id = join->case_id,
                                              .order_id = data->order->id,
                                              .again = join->kind != INTAKE_JOIN_NEW};
    struct texts keys;

    cohort_keys_of_order(data->tenant, data->order, &data->items, in->arena, &keys);
    send_orders(in, contract_row(EVENT_ORDER_COMPLAINED), &keys, data->order->id, &complaint, out);
}

static void emit_complaint(const struct decision *in, const struct intake_join *join,
                           struct complaint *data, struct effects *out) {
    const struct event *ev = in->ev;
    const struct table *table = &contract_joined;
    enum event_type type = EVENT_CASE_CUSTOMER_REPLIED;

    data->case_id = join->case_id;
    take_away(data->customer, join->erased_at);
    if (data->order) data->order->other_account = join->other_account;
    if (join->kind == INTAKE_JOIN_NEW) {
        table = &contract_case_opened;
        type = EVENT_CASE_OPENED;
        data->opened_at = ev->time_ms;
    } else if (join->kind == INTAKE_JOIN_BY_ORDER) {
        table = &contract_case_repeated;
        type = EVENT_CASE_REPEATED;
        data->repeats = join->repeats;
    }
    sign(effects_emit(out, contract_row(type)->name, join->case_id, ev->id, ev->time_ms, table,
                      data),
         ev);
    if (data->order) tell_cohorts(in, join, data, out);
}

/* To the case log: how an order's customer is reached is known where messages are made. */
static void send_order(const struct decision *in, const struct contract_type *type,
                       const char *order_id, const struct activity *data, struct effects *out) {
    const char *key = contract_order_route(in->arena, data->tenant, order_id);
    struct output *output = effects_send(out, TOPIC_EVENTS, key, type->name, in->ev->id,
                                         in->ev->time_ms, type->table, data);

    output->subject = arena_printf(in->arena, "order:%s", order_id);
    sign(output, in->ev);
}

/* Facts of an order, or a person's word about a cohort, to those whom they concern. */
static void send_facts(const struct decision *in, const struct contract_type *type,
                       const struct activity *data, struct effects *out) {
    struct texts keys = {0};

    if (data->order) send_order(in, type, data->order->id, data, out);
    if (data->order)
        cohort_keys_of_order(data->tenant, data->order, &data->items, in->arena, &keys);
    else
        texts_add(&keys,
                  cohort_key_of_match(data->tenant, data->match, data->placed_from, data->placed_to,
                                      in->arena),
                  in->arena);
    send_orders(in, type, &keys, data->order ? data->order->id : NULL, data, out);
}

/* What names no case: facts of orders, cohorts and customers, and what was done about an order
 * without a case. */
static void send_elsewhere(const struct decision *in, const struct contract_type *type,
                           const struct activity *data, struct effects *out) {
    const struct event *ev = in->ev;
    if (data->order || data->match) {
        send_facts(in, type, data, out);
        return;
    }
    if (!data->customer_id) {
        send_order(in, type, data->order_id, data, out);
        return;
    }
    struct output *output =
        effects_send(out, TOPIC_EVENTS, NULL, type->name, ev->id, ev->time_ms, type->table, data);
    output->subject = arena_printf(in->arena, "customer:%s", data->customer_id);
    sign(output, ev);
}

static void emit_activity(const struct decision *in, const struct intake_join *join,
                          const struct contract_type *type, struct activity *data,
                          struct effects *out) {
    const struct event *ev = in->ev;

    if (!join->case_id) {
        send_elsewhere(in, type, data, out);
        return;
    }
    data->case_id = join->case_id;
    sign(effects_emit(out, type->name, join->case_id, ev->id, ev->time_ms, type->table, data), ev);
}

/* A rejected submission claims nothing; one that has answers was accepted in the first round. */
static void ask(const struct decision *in, const void *state, struct claims *claims) {
    (void)state;
    struct intake_submission s = {0};
    struct rejection rejection;
    struct intake_join join;
    if (in->answer_count > 0)
        intake_submission_look(in, &s);
    else if (intake_submission_read(in, &s, &rejection) != 0)
        return;
    intake_join_find(in, &s, claims, &join);
}

static enum result decide(const struct decision *in, void *state, struct effects *out) {
    (void)state;
    struct intake_submission s;
    struct intake_join join;
    if (intake_submission_read(in, &s, &out->rejection) != 0) return REJECT;
    intake_join_find(in, &s, NULL, &join);
    ASSERT(join.kind != INTAKE_JOIN_WAITING);
    if (join.kind == INTAKE_JOIN_DUPLICATE) return DONE;
    if (s.complaint)
        emit_complaint(in, &join, s.complaint, out);
    else
        emit_activity(in, &join, s.type, s.activity, out);
    return DONE;
}

static const enum topic reads[] = {TOPIC_COMPLAINTS, TOPIC_ACTIVITY, TOPIC_DECISIONS, TOPIC_NONE};
static const enum topic writes[] = {TOPIC_ORDERS, TOPIC_NONE};

const struct worker_spec intake_spec = {
    .name = "intake",
    .about = "accepts complaints, activity and decisions into the case log, or rejects them with a "
             "reason",
    .kind = WORKER_MAP,
    .reads = reads,
    .writes = writes,
    .leads = TOPIC_COMPLAINTS,
    .ask = ask,
    .decide = decide,
};
