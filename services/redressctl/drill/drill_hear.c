/* drill_hear: what the workers make of a drill, as lists. Proposals and decisions are heard as they
 * come; promises are what sla's state says at the end. */
#include "contract/contract.h"
#include "redressctl/drill/drill_parts.h"
#include "sla/sla.h"
#include "sla/sla_state.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void drill_hear_opened(struct drill *drill, const char *case_id) {
    struct drill_result *result = drill->result;

    if (!case_id)
        drill_fault(drill, "case.opened: expected a subject, the case");
    else if (result->case_id && strcmp(result->case_id, case_id) != 0)
        drill_fault(drill, "a second case: a drill has one (this line opens %s)", case_id);
    else
        result->case_id = arena_strdup(drill->arena, case_id);
}

/* ---- Offers ---- */

static struct drill_offer *find_offer(struct drill *drill, const char *proposal_id) {
    struct drill_offer *offers = drill->result->offers.at;

    for (int i = 0; proposal_id && i < drill->result->offers.count; i++)
        if (strcmp(offers[i].proposal_id, proposal_id) == 0) return &offers[i];
    return NULL;
}

static struct money costliest(const struct tree *options) {
    struct money most = {0};

    for (const struct tree *at = options ? options->first : NULL; at; at = at->next) {
        const struct tree *cost = tree_get(at, "cost");
        const struct tree *minor = tree_get(cost, "minor");
        const char *currency = tree_text(cost, "currency");
        if (!minor || !currency || (most.currency[0] && minor->num <= most.minor)) continue;
        most.minor = minor->num;
        memcpy(most.currency, currency, sizeof most.currency - 1);
    }
    return most;
}

static const char *first_reason(const struct tree *data) {
    const struct tree *reasons = tree_get(data, "reasons");

    if (reasons && reasons->first && reasons->first->text) return reasons->first->text;
    return "";
}

/* A rule says "rule <name>"; anything else is a person's reason. */
static void hear_proposed(struct drill *drill, int64_t now_ms, const struct tree *data) {
    const char *why = first_reason(data);
    struct drill_offer *offer =
        parts_add(&drill->result->offers, sizeof *offer, INT_MAX, drill->arena);

    offer->proposal_id = tree_text(data, "proposal_id");
    offer->person = strncmp(why, "rule ", 5) != 0;
    offer->by = offer->person ? "person" : why;
    offer->needs = tree_text(tree_get(data, "needs"), "role");
    offer->at = now_ms;
    offer->outcome = "open";
    offer->cost = costliest(tree_get(data, "options"));
    offer->above = offer->person && drill->offered >= 0 && offer->cost.minor > drill->offered;
    if (!offer->person) drill->offered = offer->cost.minor;
}

static void hear_outcome(struct drill *drill, enum event_type type, const struct tree *data) {
    struct drill_offer *offer = find_offer(drill, tree_text(data, "proposal_id"));
    if (!offer) return;
    bool is_open = strcmp(offer->outcome, "open") == 0;

    switch (type) {
    case EVENT_COMPENSATION_APPROVED: offer->outcome = "approved"; break;
    case EVENT_COMPENSATION_CHOSEN: offer->outcome = "chosen"; break;
    case EVENT_COMPENSATION_REJECTED: offer->outcome = "rejected"; break;
    case EVENT_COMPENSATION_WITHDRAWN:
        offer->undecided = is_open && strcmp(tree_text(data, "reason"), "closed") == 0;
        offer->outcome = "withdrawn";
        break;
    case EVENT_COMPENSATION_SETTLED: offer->outcome = "settled"; break;
    case EVENT_COMPENSATION_FAILED: offer->outcome = "failed"; break;
    case EVENT_COMPENSATION_EXPIRED:
        offer->undecided = is_open;
        offer->outcome = "expired";
        break;
    default: break;
    }
}

/* ---- Decisions ---- */

void drill_hear_decision(struct drill *drill, const struct event *ev) {
    struct drill_decision *decision =
        parts_add(&drill->result->decisions, sizeof *decision, INT_MAX, drill->arena);

    *decision = (struct drill_decision){.type = ev->type,
                                        .actor = tree_text(ev->data, "actor"),
                                        .event_id = ev->id,
                                        .outcome = "counted",
                                        .at = ev->time_ms};
}

static void hear_refused(struct drill *drill, const struct tree *data) {
    const char *id = tree_text(tree_get(data, "decision"), "id");
    struct drill_decision *decisions = drill->result->decisions.at;

    for (int i = 0; id && i < drill->result->decisions.count; i++)
        if (strcmp(decisions[i].event_id, id) == 0)
            decisions[i].outcome = tree_text(data, "reason");
}

/* ---- Listening ---- */

void drill_listen(void *context, const struct worker_spec *spec, int64_t now_ms,
                  const struct output *output, const struct event *ev,
                  const struct rejection *rejection) {
    struct drill *drill = context;
    const struct tree *data;

    if (rejection)
        drill_fault(drill, "%s is rejected by %s: %s: %s", ev ? ev->type : "", spec->name,
                    rejection->reason, rejection->detail);
    if (!output || output->topic != TOPIC_EVENTS) return;
    enum event_type type = contract_event(output->type);
    if (type == EVENT_CASE_OPENED) drill_hear_opened(drill, output->subject);
    if (json_read(drill->arena, output->data, output->data_len, NULL, &data, NULL) != JSON_OK)
        return;
    if (type == EVENT_COMPENSATION_PROPOSED)
        hear_proposed(drill, now_ms, data);
    else if (type == EVENT_COMPENSATION_DECISION_REFUSED)
        hear_refused(drill, data);
    else
        hear_outcome(drill, type, data);
}

/* ---- The end ---- */

static const char *verdict_of(const struct sla_cycle *cycle) {
    switch (cycle->state) {
    case SLA_CYCLE_MET: return "kept";
    case SLA_CYCLE_MET_LATE: return "late";
    case SLA_CYCLE_BREACHED: return "missed";
    case SLA_CYCLE_CANCELLED: return cycle->breached_at ? "missed" : "void";
    default: return "open";
    }
}

static void add_promises(struct drill *drill, const struct parts *cycles) {
    const struct sla_cycle *at = cycles->at;

    for (int i = 0; i < cycles->count; i++) {
        struct drill_promise *promise =
            parts_add(&drill->result->promises, sizeof *promise, INT_MAX, drill->arena);
        *promise = (struct drill_promise){.target = arena_strdup(drill->arena, at[i].name),
                                          .verdict = verdict_of(&at[i]),
                                          .began_at = at[i].cycle,
                                          .due_at = at[i].due,
                                          .met_at = at[i].met_at};
        if (at[i].breach_due) promise->due_at = at[i].breach_due;
    }
}

static int by_time(const void *one, const void *two) {
    const struct drill_promise *left = one;
    const struct drill_promise *right = two;

    if (left->began_at != right->began_at) return left->began_at < right->began_at ? -1 : 1;
    return strcmp(left->target, right->target);
}

static const char *status_of(int status) {
    static const char *const names[] = {"open", "paused", "resolved", "closed", "withdrawn", NULL};
    return fields_choice_name(names, status);
}

void drill_conclude(struct drill *drill) {
    struct drill_result *result = drill->result;
    const struct sla_state *state = NULL;

    if (result->case_id) state = rehearse_state(drill->rehearse, &sla_spec, result->case_id);
    if (!state) {
        drill_fault(drill, result->case_id ? "the case is over and forgotten: --until is too late"
                                           : "nobody complains in it");
        return;
    }
    if (state->class_name) result->class_name = arena_strdup(drill->arena, state->class_name);
    result->severity = fields_choice_name(contract_severities, state->severity);
    result->status = status_of(state->status);
    add_promises(drill, &state->cycles);
    add_promises(drill, &state->targets);
    if (result->promises.count)
        qsort(result->promises.at, (size_t)result->promises.count, sizeof(struct drill_promise),
              by_time);
    drill_score(result);
}
