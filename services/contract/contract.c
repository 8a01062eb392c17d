/* contract: every event type with its topic and table, in the order of deploy/contract/contract.md.
 */
#include "contract.h"
#include <string.h>

const struct contract_type contract_types[] = {
    {"complaint.submitted", TOPIC_COMPLAINTS, &contract_complaint_submitted, false,
     "A complaint as the customer made it."},

    {"case.contacted", TOPIC_ACTIVITY, &contract_contacted, true, "The customer was contacted."},
    {"case.replied", TOPIC_ACTIVITY, &contract_contacted, true, "The customer was answered."},
    {"case.updated", TOPIC_ACTIVITY, &contract_contacted, true,
     "The customer was told how things stand."},
    {"case.customer_replied", TOPIC_ACTIVITY, &contract_customer_replied, true,
     "The customer answered."},
    {"case.paused", TOPIC_ACTIVITY, &contract_paused, true, "The case waits for somebody else."},
    {"case.resumed", TOPIC_ACTIVITY, &contract_resumed, true, "The case goes on."},
    {"case.assigned", TOPIC_ACTIVITY, &contract_assigned, true, "The case has an agent."},
    {"case.reclassified", TOPIC_ACTIVITY, &contract_reclassified, true,
     "A person corrected the class."},
    {"case.assessed", TOPIC_ACTIVITY, &contract_assessed, true,
     "What an inspection or a feasibility check found."},
    {"case.resolved", TOPIC_ACTIVITY, &contract_noted, true, "The matter is put right."},
    {"case.closed", TOPIC_ACTIVITY, &contract_closed, true, "The case is closed."},
    {"case.reopened", TOPIC_ACTIVITY, &contract_noted, true, "The case is open again."},
    {"case.withdrawn", TOPIC_ACTIVITY, &contract_withdrawn, true, "The case is void."},
    {"case.deadline_set", TOPIC_ACTIVITY, &contract_deadline_set, true,
     "A deadline was set from outside."},
    {"task.started", TOPIC_ACTIVITY, &contract_task, true, "A named task began."},
    {"task.done", TOPIC_ACTIVITY, &contract_task, true, "A named task is done."},
    {"visit.scored", TOPIC_ACTIVITY, &contract_visit_scored, true,
     "What the customer says when asked afterwards."},
    {"decision.chosen", TOPIC_ACTIVITY, &contract_chosen, true, "The customer chose an option."},
    {"settlement.done", TOPIC_ACTIVITY, &contract_settlement_result, true,
     "A settlement was carried out."},
    {"settlement.failed", TOPIC_ACTIVITY, &contract_settlement_result, true,
     "A settlement could not be carried out."},
    {"delivery.done", TOPIC_ACTIVITY, &contract_delivery_result, true, "A message was delivered."},
    {"delivery.failed", TOPIC_ACTIVITY, &contract_delivery_result, true,
     "A message could not be delivered."},
    {"order.updated", TOPIC_ACTIVITY, &contract_order_updated, false,
     "One order's facts, for cohorts at risk."},
    {"customer.erased", TOPIC_ACTIVITY, &contract_customer_erased, false,
     "Personal data of a customer is to go."},
    {"cohort.confirmed", TOPIC_ACTIVITY, &contract_cohort_confirmed, false,
     "A person says that orders of a kind are at risk."},
    {"cohort.ended", TOPIC_ACTIVITY, &contract_cohort_confirmed, false,
     "A person says that they no longer are."},

    {"decision.approved", TOPIC_DECISIONS, &contract_decision_approved, true,
     "A person approved a proposal."},
    {"decision.rejected", TOPIC_DECISIONS, &contract_decision_rejected, true,
     "A person rejected a proposal."},
    {"compensation.requested", TOPIC_DECISIONS, &contract_compensation_requested, true,
     "An offer made by a person."},

    {"case.opened", TOPIC_EVENTS, &contract_case_opened, true,
     "A complaint was accepted and has a case of its own."},
    {"case.repeated", TOPIC_EVENTS, &contract_case_repeated, true,
     "Another complaint about the order of an open case."},
    {"case.classified", TOPIC_EVENTS, &contract_classified, true,
     "Class, severity and flags, with the evidence."},
    {"sla.started", TOPIC_EVENTS, &contract_sla_started, true, "The case has its deadlines."},
    {"sla.rescheduled", TOPIC_EVENTS, &contract_sla_rescheduled, true, "A deadline moved."},
    {"sla.paused", TOPIC_EVENTS, &contract_sla_paused, true, "Clocks stand still."},
    {"sla.resumed", TOPIC_EVENTS, &contract_sla_resumed, true, "Clocks run again."},
    {"sla.warned", TOPIC_EVENTS, &contract_sla_warned, true, "A deadline comes near."},
    {"sla.breached", TOPIC_EVENTS, &contract_sla_breached, true, "A deadline has passed unmet."},
    {"sla.escalated", TOPIC_EVENTS, &contract_sla_escalated, true, "A breach goes up the ladder."},
    {"sla.met", TOPIC_EVENTS, &contract_sla_met, true, "A target was met."},
    {"sla.cancelled", TOPIC_EVENTS, &contract_sla_cancelled, true, "A target runs no longer."},
    {"sla.retracted", TOPIC_EVENTS, &contract_sla_retracted, true,
     "A breach that a later record disproved."},
    {"compensation.proposed", TOPIC_EVENTS, &contract_proposed, true, "What could be offered."},
    {"compensation.vote_counted", TOPIC_EVENTS, &contract_vote_counted, true,
     "One of several approvals."},
    {"compensation.decision_refused", TOPIC_EVENTS, &contract_decision_refused, true,
     "A decision that does not count."},
    {"compensation.approved", TOPIC_EVENTS, &contract_approved, true,
     "The offer stands; the customer is told from here on."},
    {"compensation.chosen", TOPIC_EVENTS, &contract_outcome, true, "The customer chose."},
    {"compensation.rejected", TOPIC_EVENTS, &contract_outcome, true, "The proposal was rejected."},
    {"compensation.expired", TOPIC_EVENTS, &contract_outcome, true,
     "Nobody decided, or chose, in time."},
    {"compensation.escalated", TOPIC_EVENTS, &contract_outcome, true, "A higher role is asked."},
    {"compensation.withdrawn", TOPIC_EVENTS, &contract_outcome, true, "The proposal is void."},
    {"compensation.settled", TOPIC_EVENTS, &contract_settled, true, "All of it is carried out."},
    {"compensation.failed", TOPIC_EVENTS, &contract_settled, true,
     "Something could not be carried out."},
    {"notification.requested", TOPIC_EVENTS, &contract_notification, true,
     "A message is to be sent."},
    {"notification.delivered", TOPIC_EVENTS, &contract_notification, true,
     "A message has arrived."},
    {"notification.failed", TOPIC_EVENTS, &contract_notification, true,
     "A message could not be delivered."},
    {"notification.suppressed", TOPIC_EVENTS, &contract_notification, true,
     "A message was not sent, and why."},
    {"cohort.opened", TOPIC_EVENTS, &contract_cohort, false, "Orders at risk from one cause."},
    {"cohort.member_warned", TOPIC_EVENTS, &contract_cohort, false,
     "The customer of such an order was told."},
    {"cohort.closed", TOPIC_EVENTS, &contract_cohort, false, "The danger is over."},

    {"delivery.requested", TOPIC_DELIVERIES, &contract_delivery, false,
     "One message to send on one channel."},
    {"settlement.ordered", TOPIC_SETTLEMENTS, &contract_settlement, true,
     "One remedy that somebody must carry out, once."},
    {NULL, TOPIC_NONE, NULL, false, NULL},
};

const struct contract_type *contract_find(const char *type) {
    for (const struct contract_type *row = contract_types; row->name; row++)
        if (strcmp(row->name, type) == 0) return row;
    return NULL;
}

bool contract_class_matches(const char *pattern, const char *class_name) {
    size_t len = strlen(pattern);
    if (strcmp(pattern, "*") == 0) return true;
    if (len >= 2 && strcmp(pattern + len - 2, ".*") == 0)
        return strncmp(pattern, class_name, len - 1) == 0;
    return strcmp(pattern, class_name) == 0;
}
