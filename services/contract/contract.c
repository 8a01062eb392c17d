/* contract: every event type with its topic and table, in the order of deploy/contract/contract.md.
 */
#include "contract.h"
#include "base/ids.h"
#include <string.h>

const struct contract_type contract_types[] = {
    {EVENT_COMPLAINT_SUBMITTED, "complaint.submitted", TOPIC_COMPLAINTS,
     &contract_complaint_submitted, false, "A complaint as the customer made it."},

    {EVENT_CASE_CONTACTED, "case.contacted", TOPIC_ACTIVITY, &contract_contacted, true,
     "The customer was contacted."},
    {EVENT_CASE_REPLIED, "case.replied", TOPIC_ACTIVITY, &contract_contacted, true,
     "The customer was answered."},
    {EVENT_CASE_UPDATED, "case.updated", TOPIC_ACTIVITY, &contract_contacted, true,
     "The customer was told how things stand."},
    {EVENT_CASE_CUSTOMER_REPLIED, "case.customer_replied", TOPIC_ACTIVITY,
     &contract_customer_replied, true, "The customer answered."},
    {EVENT_CASE_PAUSED, "case.paused", TOPIC_ACTIVITY, &contract_paused, true,
     "The case waits for somebody else."},
    {EVENT_CASE_RESUMED, "case.resumed", TOPIC_ACTIVITY, &contract_resumed, true,
     "The case goes on."},
    {EVENT_CASE_ASSIGNED, "case.assigned", TOPIC_ACTIVITY, &contract_assigned, true,
     "The case has an agent."},
    {EVENT_CASE_RECLASSIFIED, "case.reclassified", TOPIC_ACTIVITY, &contract_reclassified, true,
     "A person corrected the class."},
    {EVENT_CASE_ASSESSED, "case.assessed", TOPIC_ACTIVITY, &contract_assessed, true,
     "What an inspection or a feasibility check found."},
    {EVENT_CASE_RESOLVED, "case.resolved", TOPIC_ACTIVITY, &contract_noted, true,
     "The matter is put right."},
    {EVENT_CASE_CLOSED, "case.closed", TOPIC_ACTIVITY, &contract_closed, true,
     "The case is closed."},
    {EVENT_CASE_REOPENED, "case.reopened", TOPIC_ACTIVITY, &contract_noted, true,
     "The case is open again."},
    {EVENT_CASE_WITHDRAWN, "case.withdrawn", TOPIC_ACTIVITY, &contract_withdrawn, true,
     "The case is void."},
    {EVENT_CASE_DEADLINE_SET, "case.deadline_set", TOPIC_ACTIVITY, &contract_deadline_set, true,
     "A deadline was set from outside."},
    {EVENT_TASK_STARTED, "task.started", TOPIC_ACTIVITY, &contract_task, true,
     "A named task began."},
    {EVENT_TASK_DONE, "task.done", TOPIC_ACTIVITY, &contract_task, true, "A named task is done."},
    {EVENT_VISIT_SCORED, "visit.scored", TOPIC_ACTIVITY, &contract_visit_scored, true,
     "What the customer says when asked afterwards."},
    {EVENT_DECISION_CHOSEN, "decision.chosen", TOPIC_ACTIVITY, &contract_chosen, true,
     "The customer chose an option."},
    {EVENT_SETTLEMENT_DONE, "settlement.done", TOPIC_ACTIVITY, &contract_settlement_result, true,
     "A settlement was carried out."},
    {EVENT_SETTLEMENT_FAILED, "settlement.failed", TOPIC_ACTIVITY, &contract_settlement_result,
     true, "A settlement could not be carried out."},
    {EVENT_DELIVERY_DONE, "delivery.done", TOPIC_ACTIVITY, &contract_delivery_result, true,
     "A message was delivered."},
    {EVENT_DELIVERY_FAILED, "delivery.failed", TOPIC_ACTIVITY, &contract_delivery_result, true,
     "A message could not be delivered."},
    {EVENT_ORDER_UPDATED, "order.updated", TOPIC_ACTIVITY, &contract_order_updated, false,
     "One order's facts, for cohorts at risk."},
    {EVENT_CUSTOMER_ERASED, "customer.erased", TOPIC_ACTIVITY, &contract_customer_erased, false,
     "Personal data of a customer is to go."},
    {EVENT_COHORT_CONFIRMED, "cohort.confirmed", TOPIC_ACTIVITY, &contract_cohort_confirmed, false,
     "A person says that orders of a kind are at risk."},
    {EVENT_COHORT_ENDED, "cohort.ended", TOPIC_ACTIVITY, &contract_cohort_confirmed, false,
     "A person says that they no longer are."},
    {EVENT_CAUSE_ANSWERED, "cause.answered", TOPIC_ACTIVITY, &contract_cause_answered, false,
     "A person says what was done about a cause."},

    {EVENT_DECISION_APPROVED, "decision.approved", TOPIC_DECISIONS, &contract_decision_approved,
     true, "A person approved a proposal."},
    {EVENT_DECISION_REJECTED, "decision.rejected", TOPIC_DECISIONS, &contract_decision_rejected,
     true, "A person rejected a proposal."},
    {EVENT_COMPENSATION_REQUESTED, "compensation.requested", TOPIC_DECISIONS,
     &contract_compensation_requested, true, "An offer made by a person."},

    {EVENT_CASE_OPENED, "case.opened", TOPIC_EVENTS, &contract_case_opened, true,
     "A complaint was accepted and has a case of its own."},
    {EVENT_CASE_REPEATED, "case.repeated", TOPIC_EVENTS, &contract_case_repeated, true,
     "Another complaint about the order of an open case."},
    {EVENT_CASE_CLASSIFIED, "case.classified", TOPIC_EVENTS, &contract_classified, true,
     "Class, severity and flags, with the evidence."},
    {EVENT_CASE_ERASED, "case.erased", TOPIC_EVENTS, &contract_case_erased, true,
     "What a case held of a customer is blanked."},
    {EVENT_SLA_STARTED, "sla.started", TOPIC_EVENTS, &contract_sla_started, true,
     "The case has its deadlines."},
    {EVENT_SLA_RESCHEDULED, "sla.rescheduled", TOPIC_EVENTS, &contract_sla_rescheduled, true,
     "A deadline moved."},
    {EVENT_SLA_PAUSED, "sla.paused", TOPIC_EVENTS, &contract_sla_paused, true,
     "Clocks stand still."},
    {EVENT_SLA_RESUMED, "sla.resumed", TOPIC_EVENTS, &contract_sla_resumed, true,
     "Clocks run again."},
    {EVENT_SLA_WARNED, "sla.warned", TOPIC_EVENTS, &contract_sla_warned, true,
     "A deadline comes near."},
    {EVENT_SLA_BREACHED, "sla.breached", TOPIC_EVENTS, &contract_sla_breached, true,
     "A deadline has passed unmet."},
    {EVENT_SLA_ESCALATED, "sla.escalated", TOPIC_EVENTS, &contract_sla_escalated, true,
     "A breach goes up the ladder."},
    {EVENT_SLA_MET, "sla.met", TOPIC_EVENTS, &contract_sla_met, true, "A target was met."},
    {EVENT_SLA_CANCELLED, "sla.cancelled", TOPIC_EVENTS, &contract_sla_cancelled, true,
     "A target runs no longer."},
    {EVENT_SLA_RETRACTED, "sla.retracted", TOPIC_EVENTS, &contract_sla_retracted, true,
     "A breach that a later record disproved."},
    {EVENT_COMPENSATION_PROPOSED, "compensation.proposed", TOPIC_EVENTS, &contract_proposed, true,
     "What could be offered."},
    {EVENT_COMPENSATION_VOTE_COUNTED, "compensation.vote_counted", TOPIC_EVENTS,
     &contract_vote_counted, true, "One of several approvals."},
    {EVENT_COMPENSATION_DECISION_REFUSED, "compensation.decision_refused", TOPIC_EVENTS,
     &contract_decision_refused, true, "A decision that does not count."},
    {EVENT_COMPENSATION_REFUSED, "compensation.refused", TOPIC_EVENTS, &contract_refused, true,
     "A demand is refused, with what is offered instead."},
    {EVENT_COMPENSATION_REFERRED, "compensation.referred", TOPIC_EVENTS, &contract_referred, true,
     "A demand that the law may give goes to legal review."},
    {EVENT_COMPENSATION_RECOVERY_CLAIMED, "compensation.recovery_claimed", TOPIC_EVENTS,
     &contract_recovery_claimed, true, "A party owes something for an order that is late."},
    {EVENT_COMPENSATION_RECOVERY_FAILED, "compensation.recovery_failed", TOPIC_EVENTS,
     &contract_recovery_reported, true, "What a party owes was not paid."},
    {EVENT_COMPENSATION_RECOVERY_SETTLED, "compensation.recovery_settled", TOPIC_EVENTS,
     &contract_recovery_reported, true, "A party has paid what it owed for an order."},
    {EVENT_COMPENSATION_APPROVED, "compensation.approved", TOPIC_EVENTS, &contract_approved, true,
     "The offer stands; the customer is told from here on."},
    {EVENT_COMPENSATION_CHOSEN, "compensation.chosen", TOPIC_EVENTS, &contract_outcome, true,
     "The customer chose."},
    {EVENT_COMPENSATION_REJECTED, "compensation.rejected", TOPIC_EVENTS, &contract_outcome, true,
     "The proposal was rejected."},
    {EVENT_COMPENSATION_EXPIRED, "compensation.expired", TOPIC_EVENTS, &contract_outcome, true,
     "Nobody decided, or chose, in time."},
    {EVENT_COMPENSATION_ESCALATED, "compensation.escalated", TOPIC_EVENTS, &contract_escalated,
     true, "A role is asked to decide, or to see to a settlement."},
    {EVENT_COMPENSATION_WITHDRAWN, "compensation.withdrawn", TOPIC_EVENTS, &contract_outcome, true,
     "The proposal is void."},
    {EVENT_COMPENSATION_SETTLED, "compensation.settled", TOPIC_EVENTS, &contract_settled, true,
     "All of it is carried out."},
    {EVENT_COMPENSATION_FAILED, "compensation.failed", TOPIC_EVENTS, &contract_settled, true,
     "Something could not be carried out."},
    {EVENT_NOTIFICATION_REQUESTED, "notification.requested", TOPIC_EVENTS, &contract_notification,
     true, "A message is to be sent."},
    {EVENT_NOTIFICATION_DELIVERED, "notification.delivered", TOPIC_EVENTS, &contract_notification,
     true, "A message has arrived."},
    {EVENT_NOTIFICATION_FAILED, "notification.failed", TOPIC_EVENTS, &contract_notification, true,
     "A message could not be delivered."},
    {EVENT_NOTIFICATION_SUPPRESSED, "notification.suppressed", TOPIC_EVENTS, &contract_notification,
     true, "A message was not sent, and why."},
    {EVENT_NOTIFICATION_COLLECTED, "notification.collected", TOPIC_EVENTS, &contract_collected,
     true, "A line for colleagues, to be told together with others."},
    {EVENT_COHORT_OPENED, "cohort.opened", TOPIC_EVENTS, &contract_cohort, false,
     "Orders at risk from one cause."},
    {EVENT_COHORT_MEMBER_WARNED, "cohort.member_warned", TOPIC_EVENTS, &contract_cohort, false,
     "The customer of such an order was told."},
    {EVENT_COHORT_CLOSED, "cohort.closed", TOPIC_EVENTS, &contract_cohort, false,
     "The danger is over."},
    {EVENT_CAUSE_RISEN, "cause.risen", TOPIC_EVENTS, &contract_cause_risen, false,
     "More complaints than usual have one cause."},
    {EVENT_CAUSE_REVIEWED, "cause.reviewed", TOPIC_EVENTS, &contract_cause_reviewed, false,
     "What became of it: after an answer, and in the end."},

    {EVENT_ORDER_COMPLAINED, "order.complained", TOPIC_ORDERS, &contract_order_complained, true,
     "The customer of an order complains."},

    {EVENT_DELIVERY_REQUESTED, "delivery.requested", TOPIC_DELIVERIES, &contract_delivery, false,
     "One message to send on one channel."},
    {EVENT_SETTLEMENT_ORDERED, "settlement.ordered", TOPIC_SETTLEMENTS, &contract_settlement, true,
     "One remedy that somebody must carry out, once."},
    {EVENT_UNKNOWN, NULL, TOPIC_NONE, NULL, false, NULL},
};

_Static_assert(sizeof contract_types / sizeof *contract_types == EVENT_TYPES + 1,
               "one row an event type, and the end");

/* By name, for the search. */
static const enum event_type by_name[] = {
    EVENT_CASE_ASSESSED,
    EVENT_CASE_ASSIGNED,
    EVENT_CASE_CLASSIFIED,
    EVENT_CASE_CLOSED,
    EVENT_CASE_CONTACTED,
    EVENT_CASE_CUSTOMER_REPLIED,
    EVENT_CASE_DEADLINE_SET,
    EVENT_CASE_ERASED,
    EVENT_CASE_OPENED,
    EVENT_CASE_PAUSED,
    EVENT_CASE_RECLASSIFIED,
    EVENT_CASE_REOPENED,
    EVENT_CASE_REPEATED,
    EVENT_CASE_REPLIED,
    EVENT_CASE_RESOLVED,
    EVENT_CASE_RESUMED,
    EVENT_CASE_UPDATED,
    EVENT_CASE_WITHDRAWN,
    EVENT_CAUSE_ANSWERED,
    EVENT_CAUSE_REVIEWED,
    EVENT_CAUSE_RISEN,
    EVENT_COHORT_CLOSED,
    EVENT_COHORT_CONFIRMED,
    EVENT_COHORT_ENDED,
    EVENT_COHORT_MEMBER_WARNED,
    EVENT_COHORT_OPENED,
    EVENT_COMPENSATION_APPROVED,
    EVENT_COMPENSATION_CHOSEN,
    EVENT_COMPENSATION_DECISION_REFUSED,
    EVENT_COMPENSATION_ESCALATED,
    EVENT_COMPENSATION_EXPIRED,
    EVENT_COMPENSATION_FAILED,
    EVENT_COMPENSATION_PROPOSED,
    EVENT_COMPENSATION_RECOVERY_CLAIMED,
    EVENT_COMPENSATION_RECOVERY_FAILED,
    EVENT_COMPENSATION_RECOVERY_SETTLED,
    EVENT_COMPENSATION_REFERRED,
    EVENT_COMPENSATION_REFUSED,
    EVENT_COMPENSATION_REJECTED,
    EVENT_COMPENSATION_REQUESTED,
    EVENT_COMPENSATION_SETTLED,
    EVENT_COMPENSATION_VOTE_COUNTED,
    EVENT_COMPENSATION_WITHDRAWN,
    EVENT_COMPLAINT_SUBMITTED,
    EVENT_CUSTOMER_ERASED,
    EVENT_DECISION_APPROVED,
    EVENT_DECISION_CHOSEN,
    EVENT_DECISION_REJECTED,
    EVENT_DELIVERY_DONE,
    EVENT_DELIVERY_FAILED,
    EVENT_DELIVERY_REQUESTED,
    EVENT_NOTIFICATION_COLLECTED,
    EVENT_NOTIFICATION_DELIVERED,
    EVENT_NOTIFICATION_FAILED,
    EVENT_NOTIFICATION_REQUESTED,
    EVENT_NOTIFICATION_SUPPRESSED,
    EVENT_ORDER_COMPLAINED,
    EVENT_ORDER_UPDATED,
    EVENT_SETTLEMENT_DONE,
    EVENT_SETTLEMENT_FAILED,
    EVENT_SETTLEMENT_ORDERED,
    EVENT_SLA_BREACHED,
    EVENT_SLA_CANCELLED,
    EVENT_SLA_ESCALATED,
    EVENT_SLA_MET,
    EVENT_SLA_PAUSED,
    EVENT_SLA_RESCHEDULED,
    EVENT_SLA_RESUMED,
    EVENT_SLA_RETRACTED,
    EVENT_SLA_STARTED,
    EVENT_SLA_WARNED,
    EVENT_TASK_DONE,
    EVENT_TASK_STARTED,
    EVENT_VISIT_SCORED,
};
_Static_assert(sizeof by_name / sizeof *by_name == EVENT_TYPES, "each event type once");

const struct contract_type *contract_row(enum event_type type) {
    ASSERT(type > EVENT_UNKNOWN && type <= EVENT_TYPES);
    return &contract_types[type - 1];
}

const struct contract_type *contract_find(const char *name) {
    int low = 0;
    int high = EVENT_TYPES;

    while (low < high) {
        int middle = (low + high) / 2;
        const struct contract_type *row = contract_row(by_name[middle]);
        int order = strcmp(name, row->name);
        if (order == 0) return row;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

enum event_type contract_event(const char *name) {
    const struct contract_type *row = contract_find(name);
    if (row) return row->type;
    return EVENT_UNKNOWN;
}

struct output *contract_emit(struct effects *out, enum event_type type, const char *case_id,
                             const char *id, int64_t time_ms, const void *data) {
    const struct contract_type *row = contract_row(type);
    return effects_emit(out, row->name, case_id, id, time_ms, row->table, data);
}

struct output *contract_send(struct effects *out, enum event_type type, const char *key,
                             const char *id, int64_t time_ms, const void *data) {
    const struct contract_type *row = contract_row(type);
    return effects_send(out, row->topic, key, row->name, id, time_ms, row->table, data);
}

const char *contract_customer_named(const struct event *ev) {
    if (contract_event(ev->type) == EVENT_CUSTOMER_ERASED)
        return tree_text(ev->data, "customer_id");
    return tree_text(tree_get(ev->data, "customer"), "id");
}

bool contract_class_matches(const char *pattern, const char *class_name) {
    size_t len = strlen(pattern);
    if (strcmp(pattern, "*") == 0) return true;
    if (len >= 2 && strcmp(pattern + len - 2, ".*") == 0)
        return strncmp(pattern, class_name, len - 1) == 0;
    return strcmp(pattern, class_name) == 0;
}

const char *contract_order_route(struct arena *arena, const char *tenant, const char *order_id) {
    char *route = arena_alloc(arena, IDS_ROUTE_LEN + 1);

    ids_route(tenant, arena_printf(arena, "order:%s", order_id), route);
    return route;
}

const char *contract_account(struct arena *arena, const struct secrets *secrets, const char *tenant,
                             const char *customer_id) {
    char hash[27];

    ids_hash(hash, 2, tenant, customer_id);
    return secrets_pseudonym(secrets, arena_strdup(arena, hash), arena);
}

const char *contract_erased_claim(struct arena *arena, const char *account) {
    return arena_printf(arena, "erased\x1f%s", account);
}

const char *contract_token_id(struct arena *arena, const char *cohort_id, const char *order_id) {
    const char *id = arena_printf(arena, "%s.%s", cohort_id, order_id);
    char hash[27];

    if (fields_is_id(id, strlen(id))) return id;
    ids_hash(hash, 1, order_id);
    return arena_printf(arena, "%s.%s", cohort_id, hash);
}

const char *contract_owner_claim(struct arena *arena, const char *tenant, const char *order_id) {
    return arena_printf(arena, "owner\x1f%s\x1f%s", tenant, order_id);
}
