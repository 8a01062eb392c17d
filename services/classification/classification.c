/* classification: the worker. A text comes in an event; its verdict goes to the case log and, where
 * an order is known, to its cohorts. */
#include "classification.h"
#include "base/ids.h"
#include "contract/cohort_key.h"

static bool wants(const char *type) {
    enum event_type wanted = contract_event(type);

    return wanted == EVENT_CASE_OPENED || wanted == EVENT_CASE_REPEATED ||
           wanted == EVENT_CASE_CUSTOMER_REPLIED;
}

/* The submission in an event: whole, or a further message that is nothing but a text. */
static int read_complaint(const struct event *ev, struct arena *arena, struct complaint *out,
                          struct faults *faults) {
    enum event_type type = contract_event(ev->type);
    struct activity activity = {0};

    if (type == EVENT_CASE_OPENED)
        return fields_decode(&contract_case_opened, ev->data, FIELDS_EVENT, arena, out, faults);
    if (type == EVENT_CASE_REPEATED)
        return fields_decode(&contract_case_repeated, ev->data, FIELDS_EVENT, arena, out, faults);
    if (tree_get(ev->data, "customer") != NULL)
        return fields_decode(&contract_joined, ev->data, FIELDS_EVENT, arena, out, faults);
    if (fields_decode(&contract_customer_replied, ev->data, FIELDS_EVENT, arena, &activity,
                      faults) != 0)
        return -1;
    out->case_id = activity.case_id;
    out->text = activity.text;

    return 0;
}

/* Cohorts count classes. What the customer wrote is none of their business. */
static void tell_cohorts(const struct decision *in, const struct complaint *complaint,
                         const struct classified *classified, const char *id, struct effects *out) {
    const char *tenant = complaint->tenant ? complaint->tenant : "default";
    struct classified data = *classified;
    struct texts keys;

    if (complaint->order == NULL) return;
    data.reasons = (struct parts){0};
    data.sketch = NULL;
    cohort_keys_of_order(tenant, complaint->order, &complaint->items, in->arena, &keys);
    for (int i = 0; i < keys.count; i++)
        effects_send(out, TOPIC_ORDERS, keys.at[i], contract_row(EVENT_CASE_CLASSIFIED)->name, id,
                     in->ev->time_ms, &contract_classified, &data)
            ->subject = complaint->case_id;
}

static enum result decide(const struct decision *in, void *state, struct effects *out) {
    const struct event *ev = in->ev;
    struct complaint complaint = {0};
    struct verdict verdict;
    struct faults faults = {.arena = in->arena};
    char id[27];

    (void)state;
    if (read_complaint(ev, in->arena, &complaint, &faults) != 0)
        return effects_reject(out, "bad_value", "%s: %s", faults.at[0].path, faults.at[0].text);
    if (complaint.text == NULL) return DONE;
    classification_classify(policies_current(in->policies), &complaint, complaint.customer != NULL,
                            in->arena, &verdict);
    verdict.classified.case_id = complaint.case_id;
    ids_hash(id, 3, contract_row(EVENT_CASE_CLASSIFIED)->name, ev->source, ev->id);
    const char *own_id = arena_strdup(in->arena, id);
    contract_emit(out, EVENT_CASE_CLASSIFIED, complaint.case_id, own_id, ev->time_ms,
                  &verdict.classified);
    tell_cohorts(in, &complaint, &verdict.classified, own_id, out);
    return DONE;
}

static const enum topic reads[] = {TOPIC_EVENTS, TOPIC_NONE};
static const enum topic writes[] = {TOPIC_ORDERS, TOPIC_NONE};

const struct worker_spec classification_spec = {
    .name = "classification",
    .about = "says what a complaint is about and how severe it is",
    .kind = WORKER_MAP,
    .reads = reads,
    .writes = writes,
    .policy_file = "classification.yaml",
    .policy_names = "model",
    .load = policy_load,
    .wants = wants,
    .decide = decide,
};
