/* contract_inbound: the tables of what comes in, on complaints, activity and decisions. */
#include "contract_row.h"

/* What a customer submits: the same rows open, repeat or answer in a case. */
#define SUBMISSION                                                                                 \
    TENANT(complaint),                                                                             \
        {FIELD(complaint, channel), MUST(FIELD_CHOICE), .choices = contract_channels,              \
         .doc = "The way it came in."},                                                            \
        {FIELD(complaint, customer), MUST(FIELD_PART), .of = &contract_customer,                   \
         .doc = "Who complains."},                                                                 \
        {FIELD(complaint, order), MAY(FIELD_PART), .of = &contract_order,                          \
         .doc = "The order it is about."},                                                         \
        {FIELD(complaint, items), MAY(FIELD_PARTS), .of = &contract_item,                          \
         .max = CONTRACT_ITEMS_MAX, .doc = "The articles that it is about."},                      \
        {FIELD(complaint, text), MUST(FIELD_TEXT), TEXT_RANGE,                                     \
         .doc = "The customer's words, byte for byte."},                                           \
        {FIELD(complaint, conversation), MAY(FIELD_ID),                                            \
         .doc = "Id of the chat or thread: its messages make one case."},                          \
        {FIELD(complaint, evidence), MAY(FIELD_PARTS), .of = &contract_evidence,                   \
         .max = CONTRACT_LIST_MAX, .doc = "Photographs and other proof."},                         \
        {FIELD(complaint, deadlines), MAY(FIELD_PARTS), .of = &contract_deadline,                  \
         .max = CONTRACT_LIST_MAX, .doc = "Deadlines set from outside."},                          \
    {                                                                                              \
        FIELD(complaint, requested), MAY(FIELD_PART), .of = &contract_requested,                   \
                                                      .doc = "What the customer asks for."         \
    }

static const struct field complaint_submitted_fields[] = {SUBMISSION, FIELDS_END};
TABLE(complaint_submitted, complaint, "complaint.submitted",
      "A complaint as the customer made it; the clock starts at the event's time.");

static const struct field case_opened_fields[] = {
    CASE_ID(complaint),
    {FIELD(complaint, opened_at), MUST(FIELD_TIME),
     .doc = "The complaint's time: the clock starts here."},
    SUBMISSION,
    FIELDS_END,
};
TABLE(case_opened, complaint, "case.opened", "A complaint was accepted and has a case of its own.");

static const struct field case_repeated_fields[] = {
    CASE_ID(complaint),
    {FIELD(complaint, repeats), MUST(FIELD_INT), BETWEEN(1, INT64_MAX),
     .doc = "Which repeat this is: 1, 2, …"},
    SUBMISSION,
    FIELDS_END,
};
TABLE(case_repeated, complaint, "case.repeated",
      "Another complaint about the order of an open case.");

static const struct field joined_fields[] = {CASE_ID(complaint), SUBMISSION, FIELDS_END};
TABLE(joined, complaint, "case.customer_replied",
      "Another message of the conversation of an open case, with all it brought.");

#define AUTOMATED                                                                                  \
    { FIELD(activity, automated), MAY(FIELD_BOOL), .doc = "A program did it, no person." }

static const struct field contacted_fields[] = {
    CASE_ID(activity),
    BY,
    {FIELD(activity, channel), MAY(FIELD_CHOICE), .choices = contract_channels,
     .doc = "The way it was done."},
    {FIELD(activity, note), MAY(FIELD_TEXT), TEXT_RANGE, .doc = "A note for colleagues."},
    AUTOMATED,
    FIELDS_END,
};
TABLE(contacted, activity, "contacted",
      "The customer was contacted, answered, or told how things stand.");

static const struct field customer_replied_fields[] = {
    CASE_ID(activity),
    {FIELD(activity, text), MAY(FIELD_TEXT), TEXT_RANGE, .doc = "The customer's words."},
    AUTOMATED,
    FIELDS_END,
};
TABLE(customer_replied, activity, "customer_replied", "The customer answered.");

static const struct field paused_fields[] = {
    CASE_ID(activity),
    {FIELD_AS("reason", activity, pause_reason), MUST(FIELD_ID),
     .doc = "What the case waits for: `awaiting_customer`, `awaiting_third_party`, or one of "
            "sla.yaml's `pauses`; a second pause replaces it."},
    {FIELD(activity, until), MAY(FIELD_TIME), .doc = "The pause ends then by itself."},
    AUTOMATED,
    FIELDS_END,
};
TABLE(paused, activity, "paused", "The case waits for somebody else.");

static const struct field resumed_fields[] = {CASE_ID(activity), AUTOMATED, FIELDS_END};
TABLE(resumed, activity, "resumed", "The case goes on.");

static const struct field assigned_fields[] = {
    CASE_ID(activity),
    {FIELD(activity, to), MUST(FIELD_NAME), .doc = "The agent who has it from now on."},
    {FIELD(activity, team), MAY(FIELD_NAME), .doc = "The agent's team."},
    AUTOMATED,
    FIELDS_END,
};
TABLE(assigned, activity, "assigned", "The case has an agent.");

static const struct field reclassified_fields[] = {
    CASE_ID(activity),
    {FIELD_AS("class", activity, class_name), MUST(FIELD_NAME), .choices = contract_classes,
     .doc =
         "The class, one of those in deploy/contract/README.md; it wins over all given by rules."},
    {FIELD(activity, severity), MAY(FIELD_CHOICE), .choices = contract_severities,
     .doc = "The severity."},
    BY,
    {FIELD(activity, reason), MAY(FIELD_NAME),
     .doc = "Why: told with a deadline that moves by it."},
    AUTOMATED,
    FIELDS_END,
};
TABLE(reclassified, activity, "reclassified", "A person corrected the class.");

static const struct field assessed_fields[] = {
    CASE_ID(activity),
    {FIELD(activity, finding), MUST(FIELD_TEXT), TEXT_RANGE,
     .doc = "What an inspection or a feasibility check found."},
    {FIELD(activity, fault), MAY(FIELD_TREE),
     .schema = NAMED("{\"type\":\"number\",\"minimum\":0,\"maximum\":100}"),
     .doc = "Whose fault it is: {party: percent}."},
    {FIELD(activity, costs), MAY(FIELD_PARTS), .of = &contract_cost, .max = CONTRACT_LIST_MAX,
     .doc = "What it cost."},
    {FIELD(activity, facts), MAY(FIELD_TREE),
     .schema = NAMED("{\"type\":[\"number\",\"string\"],\"exclusiveMinimum\":-1."
                     "7976931348623157e308,\"exclusiveMaximum\":1.7976931348623157e308}"),
     .doc = "Facts found: {name: number or text}."},
    BY,
    AUTOMATED,
    FIELDS_END,
};
TABLE(assessed, activity, "assessed", "An inspection's or a feasibility check's result.");

static const struct field noted_fields[] = {
    CASE_ID(activity),
    BY,
    {FIELD(activity, note), MAY(FIELD_TEXT), TEXT_RANGE, .doc = "A note for colleagues."},
    AUTOMATED,
    FIELDS_END,
};
TABLE(noted, activity, "noted", "The case was resolved or reopened.");

static const struct field closed_fields[] = {
    CASE_ID(activity),
    BY,
    {FIELD(activity, note), MAY(FIELD_TEXT), TEXT_RANGE, .doc = "A note for colleagues."},
    {FIELD(activity, automated), MAY(FIELD_BOOL),
     .doc = "A program did it: what runs is cancelled, nothing is met."},
    {FIELD(activity, reason), MAY(FIELD_NAME),
     .doc = "Why a program did it: `silence` where sla did."},
    FIELDS_END,
};
TABLE(closed, activity, "closed", "The case was closed, by people or for its silence.");

static const struct field withdrawn_fields[] = {
    CASE_ID(activity),
    {FIELD_AS("reason", activity, withdraw_reason), MUST(FIELD_CHOICE),
     .choices = contract_withdraw_reasons, .doc = "Why."},
    {FIELD(activity, of), MAY(FIELD_ID),
     .doc = "The case that goes on: what comes in about this one joins it."},
    BY,
    AUTOMATED,
    FIELDS_END,
};
TABLE(withdrawn, activity, "withdrawn", "The case is void; what runs is cancelled.");

static const struct field deadline_set_fields[] = {
    CASE_ID(activity),
    {FIELD(activity, target), MUST(FIELD_NAME), .doc = "The target that it limits."},
    {FIELD(activity, at), MUST(FIELD_TIME),
     .doc = "Due then; the earlier of theirs and ours counts."},
    {FIELD(activity, set_by), MUST(FIELD_NAME),
     .doc = "Who set it; the latest word of each holds."},
    AUTOMATED,
    FIELDS_END,
};
TABLE(deadline_set, activity, "deadline_set", "A deadline was set from outside.");

static const struct field task_fields[] = {
    CASE_ID(activity),
    {FIELD(activity, task), MUST(FIELD_NAME),
     .doc = "The task, e.g. `warehouse_intercept`, `refund_settlement`."},
    BY,
    {FIELD(activity, result), MAY(FIELD_NAME), .doc = "What came of it."},
    AUTOMATED,
    FIELDS_END,
};
TABLE(task, activity, "task", "A named task, often a third party's, began or is done.");

static const struct field visit_scored_fields[] = {
    CASE_ID(activity),
    {FIELD(activity, score), MUST(FIELD_INT), BETWEEN(1, 5), .doc = "1 (bad) to 5 (good)."},
    {FIELD(activity, text), MAY(FIELD_TEXT), TEXT_RANGE, .doc = "The customer's words."},
    AUTOMATED,
    FIELDS_END,
};
TABLE(visit_scored, activity, "visit_scored", "What the customer says when asked afterwards.");

static const struct field chosen_fields[] = {
    CASE_ID(activity),
    {FIELD(activity, proposal_id), MUST(FIELD_ID), .doc = "The proposal."},
    {FIELD(activity, option), MUST(FIELD_NAME), .max = 16,
     .doc = "The option that the customer chose."},
    FIELDS_END,
};
TABLE(chosen, activity, "chosen", "The customer chose.");

static const struct field settlement_result_fields[] = {
    ABOUT(activity),
    TENANT(activity),
    {FIELD(activity, settlement_id), MUST(FIELD_ID), .doc = "The settlement's idempotency key."},
    {FIELD(activity, reference), MAY(FIELD_NAME),
     .doc = "The reference of whoever carried it out."},
    {FIELD(activity, reason), MAY(FIELD_NAME), .doc = "Why it failed."},
    FIELDS_END,
};
TABLE_OF(settlement_result, activity, "settlement_result", CASE_OR_ORDER,
         "A settlement was carried out, or failed.");

static const struct field delivery_result_fields[] = {
    ABOUT(activity),
    TENANT(activity),
    {FIELD(activity, notification_id), MUST(FIELD_ID), .doc = "The message's idempotency key."},
    {FIELD(activity, reason), MAY(FIELD_NAME), .doc = "Why it failed."},
    {FIELD(activity, temporary), MAY(FIELD_BOOL),
     .doc = "Of delivery.failed: it may succeed later, on the same channel."},
    FIELDS_END,
};
TABLE_OF(delivery_result, activity, "delivery_result", CASE_OR_ORDER,
         "A message was delivered, or failed.");

static const struct field order_updated_fields[] = {
    TENANT(activity),
    {FIELD(activity, order), MUST(FIELD_PART), .of = &contract_order,
     .doc = "The order as it stands."},
    {FIELD(activity, items), MUST(FIELD_PARTS), .of = &contract_item, .max = CONTRACT_ITEMS_MAX,
     .doc = "Its articles."},
    {FIELD(activity, customer), MUST(FIELD_PART), .of = &contract_contact, .doc = "Whose it is."},
    FIELDS_END,
};
TABLE(order_updated, activity, "order_updated",
      "One order's facts, for cohorts of orders at risk.");

static const struct field customer_erased_fields[] = {
    TENANT(activity),
    {FIELD(activity, customer_id), MUST(FIELD_ID), .doc = "The customer."},
    FIELDS_END,
};
TABLE(customer_erased, activity, "customer_erased", "Personal data of this customer is to go.");

static const struct field cohort_confirmed_fields[] = {
    TENANT(activity),
    {FIELD(activity, match), MUST(FIELD_PART), .of = &contract_match, .doc = "Which orders."},
    {FIELD(activity, placed_from), MAY(FIELD_TIME), .doc = "Placed at this time or later."},
    {FIELD(activity, placed_to), MAY(FIELD_TIME), .doc = "Placed before this time."},
    {FIELD_AS("class", activity, class_name), MUST(FIELD_NAME), .choices = contract_classes,
     .doc = "The class of complaint that threatens, one of those in deploy/contract/README.md."},
    BY,
    FIELDS_END,
};
TABLE(cohort_confirmed, activity, "cohort_confirmed",
      "A person says that orders of a kind are at risk, or no longer.");

static const struct field cause_answered_fields[] = {
    TENANT(activity),
    {FIELD(activity, match), MUST(FIELD_PART), .of = &contract_match,
     .doc = "Whose it is, as cause.risen has it."},
    {FIELD_AS("class", activity, class_name), MUST(FIELD_NAME), .choices = contract_classes,
     .doc = "Its class, or another of the same group."},
    {FIELD(activity, note), MUST(FIELD_TEXT), TEXT_RANGE, .doc = "What was done."},
    BY,
    FIELDS_END,
};
TABLE(cause_answered, activity, "cause_answered", "What was done about a cause.");

#define DECISION                                                                                   \
    CASE_ID(activity), {FIELD(activity, proposal_id), MUST(FIELD_ID), .doc = "The proposal."},     \
        {FIELD(activity, actor), MUST(FIELD_NAME), .doc = "Who decided."},                         \
        {FIELD(activity, role), MUST(FIELD_CHOICE), .choices = contract_roles,                     \
         .doc = "In which role."},                                                                 \
        {FIELD(activity, option), MAY(FIELD_NAME), .max = 16, .doc = "Only this option."}, {       \
        FIELD(activity, comment), MAY(FIELD_TEXT), TEXT_RANGE, .doc = "For colleagues."            \
    }

static const struct field decision_approved_fields[] = {DECISION, FIELDS_END};
TABLE(decision_approved, activity, "decision.approved", "A person approved a proposal.");

static const struct field decision_rejected_fields[] = {
    DECISION,
    {FIELD(activity, reason), MUST(FIELD_NAME), .doc = "Why."},
    FIELDS_END,
};
TABLE(decision_rejected, activity, "decision.rejected", "A person rejected a proposal.");

static const struct field compensation_requested_fields[] = {
    CASE_ID(activity),
    {FIELD(activity, options), MUST(FIELD_PARTS), .of = &contract_option, .max = CONTRACT_LIST_MAX,
     .doc = "What is to be offered."},
    {FIELD(activity, reason), MUST(FIELD_NAME), .doc = "Why."},
    {FIELD(activity, actor), MUST(FIELD_NAME), .doc = "Who asks."},
    {FIELD(activity, role), MUST(FIELD_CHOICE), .choices = contract_roles, .doc = "In which role."},
    FIELDS_END,
};
TABLE(compensation_requested, activity, "compensation.requested",
      "An offer made by a person, an exception asked for.");
