/* intake: from one inbound record to at most one event. */
#include "intake.h"
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
}

static const char *order_route(struct arena *arena, const char *tenant, const char *order_id) {
    char *route = arena_alloc(arena, IDS_ROUTE_LEN + 1);
    ids_route(tenant, arena_printf(arena, "order:%s", order_id), route);
    return route;
}

/* What names no case: facts of orders, cohorts and customers, and what was done about an order
 * without a case. */
static void send_elsewhere(const struct decision *in, const struct contract_type *type,
                           const struct activity *data, struct effects *out) {
    const struct event *ev = in->ev;
    enum topic topic = TOPIC_ORDERS;
    const char *key = "cohort";
    const char *subject = NULL;
    const char *order_id = data->order ? data->order->id : data->order_id;

    if (data->customer_id) {
        topic = TOPIC_EVENTS;
        key = NULL;
        subject = arena_printf(in->arena, "customer:%s", data->customer_id);
    } else if (order_id) {
        if (data->order)
            topic = TOPIC_ORDERS;
        else
            topic = TOPIC_EVENTS;
        key = order_route(in->arena, data->tenant, order_id);
        subject = arena_printf(in->arena, "order:%s", order_id);
    }
    struct output *output =
        effects_send(out, topic, key, type->name, ev->id, ev->time_ms, type->table, data);
    output->subject = subject;
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
